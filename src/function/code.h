/* The code of functions on disk:
 *
 *     DIR/functions/<id>.zip    as it was uploaded: belongs to backups (store/backup.h)
 *     DIR/functions/<id>/       unpacked: what a process sees as its folder; made of the zip again
 *                               when it is missing
 *
 * A folder never changes once a record names it (registry/function.h): other code is another
 * folder, and the record's transaction is the swap. So a crash leaves at most folders that no
 * record names, which are swept. Who makes one holds a lock on it until its record is there; code
 * that was replaced stays for as long as a process that began with it may run.
 *
 * Folders are 0755 and files 0644 (0755 what may be executed) below DIR/functions/<id>, zips 0600.
 * Blocks: workers and command-line tools only. */
#pragma once
#include "function/package.h"
#include "store/store.h"

enum { CODE_ID_LEN = 32 };

struct code {
    char id[CODE_ID_LEN + 1];
    char sha256[45]; /* of the zip, base64 */
    int64_t size;    /* of the zip */
    int lock;
};

/* code_open makes DIR/functions when missing. */
NODISCARD
status code_open(const char *data);

/* code_place unpacks a zip into a folder of its own, durably. Then exactly one of the two below. */
NODISCARD
status code_place(const char *data, bytes zip, struct code *out_code);
void code_keep(struct code *c);                   /* a committed record names it */
void code_drop(const char *data, struct code *c); /* none will */

/* code_check unpacks nothing: for a dry run. Fills what is known of the zip. */
NODISCARD
status code_check(bytes zip, struct code *out_code);

/* code_replaced says that a committed change took a record away from this folder. */
void code_replaced(const char *data, bytes id);

/* code_sweep removes folders that no record names: all of them when nothing can be running from
 * them (`at_start`), else those left long enough ago. */
NODISCARD
status code_sweep(const char *data, struct store *s, bool at_start);

/* code_unpack_missing unpacks what records name and is not there: after a restore. `problem` is
 * told of each zip that is missing or damaged; what else goes wrong is returned. */
NODISCARD
status code_unpack_missing(const char *data, struct store *s,
                           void (*problem)(void *context, const char *sentence), void *context);
/* code_verify tells of each record's zip that is missing or not the one that was uploaded. */
NODISCARD
status code_verify(const char *data, struct store *s,
                   void (*problem)(void *context, const char *sentence), void *context);

/* Of one folder of code; for the two above. */
NODISCARD
status code_unpack(const char *data, const char *id);
NODISCARD
status code_check_zip(const char *data, const char *id, bytes sha256);

/* code_folder is where the code lies; code_zip_read appends the zip. E_NOT_FOUND. */
const char *code_folder(const char *data, bytes id, struct arena *a);
NODISCARD
status code_zip_read(const char *data, bytes id, struct buf *out_zip);
