/* Restoring a backup. Everything is made ready in DATA/restoring, then moved into its place, the
 * store last: a DATA that has a folder `restoring` is not one to serve from. */
#include "store/backup_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

static const char restoring[] = "/restoring";

/* ---- what is there ---- */

/* What a data directory may hold and still counts as empty, and what is never moved away. */
static bool counts_as_nothing(const char *name) {
    static const char *const names[] = {".", "..", "lock", "restoring", "lost+found"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return strncmp(name, "replaced-", 9) == 0;
}

static status move(const char *data, const char *name, const char *to) {
    char before[BACKUP_PATH_MAX], after[BACKUP_PATH_MAX], part[300];
    (void)snprintf(part, sizeof part, "/%s", name);
    TRY(backup_path(before, data, part));
    TRY(backup_path(after, to, part));
    if (rename(before, after) == 0)
        return OK;
    return FAIL(E_UNAVAILABLE, "%s cannot be moved to %s: %s", before, after, strerror(errno));
}

/* Moves everything that counts to the folder `to`, or with none only tells whether there is any. */
static status each_entry(const char *data, const char *to, bool *out_any) {
    status s = OK;
    DIR *d = opendir(data);
    if (!d)
        return FAIL(E_UNAVAILABLE, "%s cannot be read: %s", data, strerror(errno));
    *out_any = false;
    for (struct dirent *e; s == OK && (e = readdir(d));) {
        if (counts_as_nothing(e->d_name))
            continue;
        *out_any = true;
        if (to)
            s = move(data, e->d_name, to);
    }
    (void)closedir(d);
    return s;
}

static status check_empty(const char *data, bool replace) {
    bool any;
    TRY(each_entry(data, NULL, &any));
    if (!any || replace)
        return OK;
    return FAIL(E_EXISTS,
                "%s is not empty: choose another directory, or say --replace, which moves what is "
                "there to %s/replaced-TIME",
                data, data);
}

/* ---- making it ready ---- */

static status copy_store(const char *file, const char *path,
                         const struct store_progress *progress) {
    FILE *from = fopen(file, "re");
    if (!from)
        return FAIL(E_UNAVAILABLE, "%s cannot be opened: %s", file, strerror(errno));
    FILE *to = fopen(path, "wxe");
    status s = OK;
    if (!to)
        s = FAIL(E_UNAVAILABLE, "%s cannot be written: %s", path, strerror(errno));
    if (s == OK)
        s = seal_copy(from, to, file, progress);
    if (to && fclose(to) != 0 && s == OK)
        s = FAIL(E_UNAVAILABLE, "%s cannot be written: %s", path, strerror(errno));
    (void)fclose(from);
    return s;
}

/* "FOLDER/NAME" of one of our folders; a file that came from elsewhere could say "../…". */
static bool is_ours(bytes key) {
    size_t slash = bytes_find(key, '/');
    bytes name = bytes_skip(key, slash + 1);
    bool known = false;
    for (size_t i = 0; i < BACKUP_FOLDER_COUNT; i++)
        known |= bytes_equal(bytes_slice(key, 0, slash), bytes_from(backup_folders[i]));
    return known && slash + 1 < key.len && key.len < 256 && bytes_find(name, '/') == name.len &&
           bytes_find(name, 0) == name.len && !bytes_equal(name, BYTES(".")) &&
           !bytes_equal(name, BYTES(".."));
}

/* Takes the number of a further piece off its key: 0 for the first. */
static unsigned piece_number(bytes *key) {
    uint8_t digits[BACKUP_NUMBER_LEN / 2];
    size_t len = BACKUP_NUMBER_LEN + 1;
    bytes end = key->len > len ? bytes_skip(*key, key->len - len) : (bytes){0};
    bytes file = bytes_slice(*key, 0, key->len - end.len);
    if (end.len == 0 || end.ptr[0] != '/' || hex_decode(bytes_skip(end, 1), digits) != OK ||
        bytes_find(file, '/') == file.len)
        return 0;
    *key = file;
    return (unsigned)digits[0] << 24 | (unsigned)digits[1] << 16 | (unsigned)digits[2] << 8 |
           digits[3];
}

/* Pieces follow each other by their keys. */
static status append_piece(const char *path, bytes content) {
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    bool written = fd >= 0;
    while (written && content.len > 0) {
        ssize_t n = write(fd, content.ptr, content.len);
        written = n > 0;
        content = bytes_skip(content, written ? (size_t)n : 0);
    }
    written = written && fsync(fd) == 0;
    if (fd >= 0)
        written = close(fd) == 0 && written;
    return written ? OK : FAIL(E_UNAVAILABLE, "%s cannot be written: %s", path, strerror(errno));
}

static status write_file(const char *place, const struct row *row) {
    char path[BACKUP_PATH_MAX], name[300];
    struct backup_file file = {0};
    bytes key = row->key;
    unsigned number = piece_number(&key);
    if (!is_ours(key))
        return FAIL(E_INVALID, "The backup holds a file with a name that is not ours: '%.*s'",
                    BYTES_ARG(bytes_slice(row->key, 0, 100)));
    TRY(record_decode(backup_file_fields, BACKUP_FILE_FIELD_COUNT, row->value, &file));
    (void)snprintf(name, sizeof name, "/%.*s", BYTES_ARG(key));
    TRY(backup_path(path, place, name));
    if (number > 0)
        return append_piece(path, file.content);
    return file_write(path, file.content, (unsigned)(file.mode & 0777));
}

/* The next files, which leave the store for their folders; false when there were none. */
static status take_files_out(struct txn *t, const char *place, bool *out_more) {
    AUTO(arena) memory = {0};
    struct scan scan = {.limit = 32};
    struct row *rows;
    size_t count;
    TRY(store_scan(t, TABLE_BACKUP_FILES, &scan, &memory, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(write_file(place, &rows[i]));
        TRY(store_remove(t, TABLE_BACKUP_FILES, rows[i].key));
    }
    *out_more = count > 0;
    return OK;
}

static status unpack(struct store *store, const char *place) {
    struct txn *t;
    bool more = true;
    status s = OK;
    TRY(store_begin_write(store, &t));
    while (s == OK && more)
        s = take_files_out(t, place, &more);
    if (s == OK)
        return store_commit(t);
    store_rollback(t);
    return s;
}

static status make_folders(const char *place) {
    TRY(folder_remove(place)); /* of one that was cut short */
    TRY(folder_make(place));
    for (size_t i = 0; i < BACKUP_FOLDER_COUNT; i++) {
        char path[BACKUP_PATH_MAX], name[40];
        (void)snprintf(name, sizeof name, "/%s", backup_folders[i]);
        TRY(backup_path(path, place, name));
        TRY(folder_make(path));
    }
    return OK;
}

static status make_ready(const char *file, const char *place,
                         const struct store_progress *progress) {
    char path[BACKUP_PATH_MAX];
    struct store *store;
    TRY(make_folders(place));
    TRY(backup_path(path, place, "/kedge.db"));
    TRY(copy_store(file, path, progress));
    TRY(store_open(&store_sqlite, place, &store)); /* refuses a newer layout, migrates older ones */
    status s = unpack(store, place);
    store_close(store);
    return s;
}

/* ---- moving it in ---- */

static status move_away(const char *data) {
    char place[BACKUP_PATH_MAX], time[25], name[48];
    bool any;
    clock_format(clock_wall_ms(), time);
    (void)snprintf(name, sizeof name, "/replaced-%s", time);
    TRY(backup_path(place, data, name));
    TRY(each_entry(data, NULL, &any));
    if (!any)
        return OK;
    TRY(folder_make(place));
    TRY(each_entry(data, place, &any));
    return folder_sync(place);
}

static status move_in(const char *data, const char *place) {
    TRY(move_away(data));
    for (size_t i = 0; i < BACKUP_FOLDER_COUNT; i++)
        TRY(move(place, backup_folders[i], data));
    TRY(move(place, "kedge.db", data));
    TRY(folder_sync(data));
    TRY(folder_remove(place));
    return folder_sync(data);
}

static status restore(const char *file, const char *data, bool replace,
                      const struct store_progress *progress) {
    char place[BACKUP_PATH_MAX];
    TRY(backup_path(place, data, restoring));
    TRY(check_empty(data, replace));
    status s = make_ready(file, place, progress);
    if (s == OK)
        return move_in(data, place);
    char why[512];
    (void)snprintf(why, sizeof why, "%s", failure_text());
    if (folder_remove(place) != OK)
        return FAIL(s, "%s. Remove %s", why, place);
    return FAIL(s, "%s", why);
}

status backup_restore(const char *file, const char *data, bool replace,
                      const struct store_progress *progress) {
    int lock;
    if (access(file, R_OK) != 0)
        return FAIL(E_UNAVAILABLE, "%s cannot be read: %s", file, strerror(errno));
    TRY(store_lock_directory(data, &lock));
    status s = restore(file, data, replace, progress);
    store_unlock_directory(lock);
    return s;
}

status backup_check_restored(const char *data) {
    char place[BACKUP_PATH_MAX];
    TRY(backup_path(place, data, restoring));
    if (access(place, F_OK) != 0)
        return OK;
    return FAIL(E_UNAVAILABLE,
                "Restoring %s was cut short: run kedge restore FILE --data %s --replace again",
                data, data);
}
