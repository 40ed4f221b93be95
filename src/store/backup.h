/* Backups: a whole data directory as one file, made while its server runs.
 *
 *     FILE   a store of its own, as of one commit, │ seal: SHA-256
 *            with the files of ca/, tls/ and       │ of all before it
 *            functions/ as rows                     │
 *
 * The file holds every secret of the server, so it is for its owner only (0600). It is a SQLite
 * database, but not one to serve from: the keys in it belong into files, which restoring does. */
#pragma once
#include "store/store.h"

/* backup_write makes `file` of the store `s`, which lies in `data`. It appears whole or not at all;
 * an older backup of that name is replaced, any other file is not (E_EXISTS). Beside it, while the
 * copy is made, lies the folder FILE.part. E_UNAVAILABLE names the disk that refuses. `progress`
 * may be NULL. */
NODISCARD
status backup_write(struct store *s, const char *data, const char *file,
                    const struct store_progress *progress);

/* backup_restore makes a data directory of `file`: checks that the file is complete and what it
 * was, brings the store's layout up to date, and puts everything in its place at the end. E_EXISTS
 * when `data` is not empty, unless `replace`; then what was there is kept in DATA/replaced-TIME.
 * E_UNAVAILABLE when a server runs on it; E_INVALID when the file is none, is damaged, or a newer
 * Kedge wrote it. */
NODISCARD
status backup_restore(const char *file, const char *data, bool replace,
                      const struct store_progress *progress);

/* backup_check_restored fails when restoring `data` was cut short, which leaves it unfit to serve.
 */
NODISCARD
status backup_check_restored(const char *data);
