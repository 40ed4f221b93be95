/* Inside store/: what writing and restoring backups share. */
#pragma once
#include "store/backup.h"
#include "store/record.h"

#include <stdio.h>

/* The folders of a data directory that belong to a backup: keys, certificates, the code of
 * functions. Of each the files, not what is in folders below. Whoever keeps more beside the store
 * adds its folder here. */
extern const char *const backup_folders[];
enum { BACKUP_FOLDER_COUNT = 3 };

/* A row of BACKUP_FILES: "ca/ats-root.pem" → mode and content. What is longer than a piece goes on
 * in further rows, whose keys end in a number: "functions/<id>.zip/00000001". */
enum { BACKUP_PIECE_BYTES = 768 << 10, BACKUP_NUMBER_LEN = 8 };
struct backup_file {
    uint64_t mode;
    bytes content;
};
extern const struct field backup_file_fields[];
enum { BACKUP_FILE_FIELD_COUNT = 2 };

/* The seal is a text of this length at the end of the file. */
enum { SEAL_BYTES = 128 };

/* seal_copy copies `from`, without the seal at its end, to `to`, which may be NULL; E_INVALID when
 * the seal is missing or does not fit what precedes it. */
NODISCARD
status seal_copy(FILE *from, FILE *to, const char *name, const struct store_progress *progress);
/* seal_append reads all of `file`, which is open for reading and writing, and appends its seal. */
NODISCARD
status seal_append(FILE *file, const char *name, const struct store_progress *progress);
/* seal_is_there tells whether a file ends as backups do. */
bool seal_is_there(FILE *file);

/* A path made of two parts; E_INVALID when it is too long. */
enum { BACKUP_PATH_MAX = 4096 };
NODISCARD
status backup_path(char out[BACKUP_PATH_MAX], const char *first, const char *second);
