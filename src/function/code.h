/* The code of functions on disk:
 *
 *     DIR/functions/<id>/code/…      unpacked: what a process sees as its folder
 *     DIR/functions/<id>/code.zip    as it was uploaded
 *
 * A folder never changes once a record names it (registry/function.h): other code is another
 * folder, and the record's transaction is the swap. So a crash leaves at most folders that no
 * record names, which are swept. Who makes one holds a lock on it until its record is there; code
 * that was replaced stays for as long as a process that began with it may run.
 *
 * Folders are 0755 and files 0644 (0755 what may be executed) below DIR/functions: a confined
 * process of another user reads them. Blocks: workers and command-line tools only. */
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

/* code_folder is where the code lies; code_zip_read appends the zip. E_NOT_FOUND. */
const char *code_folder(const char *data, bytes id, struct arena *a);
NODISCARD
status code_zip_read(const char *data, bytes id, struct buf *out_zip);
