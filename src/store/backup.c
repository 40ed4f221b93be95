#include "store/backup_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

const char *const backup_folders[BACKUP_FOLDER_COUNT] = {"ca", "tls", "functions"};

const struct field backup_file_fields[BACKUP_FILE_FIELD_COUNT] = {
    FIELD(1, struct backup_file, mode),
    FIELD(2, struct backup_file, content),
};

status backup_path(char out[BACKUP_PATH_MAX], const char *first, const char *second) {
    if (snprintf(out, BACKUP_PATH_MAX, "%s%s", first, second) >= BACKUP_PATH_MAX)
        return FAIL(E_INVALID, "The path is too long: %.100s…", first);
    return OK;
}

/* ---- the files beside the store ---- */

static status save_piece(struct txn *t, bytes key, uint64_t mode, bytes content) {
    AUTO(buf) value = {0};
    struct backup_file file = {mode, content};
    record_encode(backup_file_fields, BACKUP_FILE_FIELD_COUNT, &file, &value);
    status s = store_save(t, TABLE_BACKUP_FILES, key, buf_bytes(&value));
    mem_wipe(value.ptr, value.len); /* it may be a key */
    return s;
}

/* Reads until the piece is full or the file at its end. */
static status read_piece(int fd, const char *path, uint8_t *piece, size_t *out_len) {
    size_t len = 0;
    for (ssize_t n = 1; n != 0 && len < BACKUP_PIECE_BYTES; len += (size_t)n) {
        n = read(fd, piece + len, BACKUP_PIECE_BYTES - len);
        if (n < 0)
            return FAIL(E_UNAVAILABLE, "%s cannot be read: %s", path, strerror(errno));
    }
    *out_len = len;
    return OK;
}

static status save_pieces(struct txn *t, int fd, const char *path, const char *key) {
    char name[BACKUP_PATH_MAX];
    struct stat about;
    size_t len = BACKUP_PIECE_BYTES;
    status s = fstat(fd, &about) == 0
                   ? OK
                   : FAIL(E_UNAVAILABLE, "%s cannot be looked at: %s", path, strerror(errno));
    uint8_t *piece = mem_new(BACKUP_PIECE_BYTES);
    for (unsigned number = 0; s == OK && len == BACKUP_PIECE_BYTES; number++) {
        (void)snprintf(name, sizeof name, number ? "%s/%08x" : "%s", key, number);
        s = read_piece(fd, path, piece, &len);
        if (s == OK && (len > 0 || number == 0))
            s = save_piece(t, bytes_from(name), about.st_mode & 0777, bytes_of(piece, len));
    }
    mem_wipe(piece, BACKUP_PIECE_BYTES);
    mem_free(piece);
    return s;
}

static status save_file(struct txn *t, const char *path, const char *key) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return FAIL(E_UNAVAILABLE, "%s cannot be read: %s", path, strerror(errno));
    status s = save_pieces(t, fd, path, key);
    (void)close(fd);
    return s;
}

/* A file that is being replaced (NAME.new) is there under its own name, too. */
static bool belongs(const char *path, const char *name) {
    struct stat about;
    return !bytes_end_with(bytes_from(name), BYTES(".new")) && stat(path, &about) == 0 &&
           S_ISREG(about.st_mode);
}

static status save_folder(struct txn *t, const char *data, const char *folder) {
    char place[BACKUP_PATH_MAX];
    status s = OK;
    (void)snprintf(place, sizeof place, "%s/%s", data, folder);
    DIR *d = opendir(place);
    if (!d)
        return errno == ENOENT
                   ? OK
                   : FAIL(E_UNAVAILABLE, "%s cannot be read: %s", place, strerror(errno));
    for (struct dirent *e; s == OK && (e = readdir(d));) {
        char key[300], path[BACKUP_PATH_MAX];
        (void)snprintf(key, sizeof key, "/%s/%s", folder, e->d_name);
        s = backup_path(path, data, key);
        if (s == OK && belongs(path, e->d_name))
            s = save_file(t, path, key + 1);
    }
    (void)closedir(d);
    return s;
}

static status save_folders(struct store *copy, const char *data) {
    struct txn *t;
    status s = OK;
    TRY(store_begin_write(copy, &t));
    for (size_t i = 0; s == OK && i < BACKUP_FOLDER_COUNT; i++)
        s = save_folder(t, data, backup_folders[i]);
    if (s == OK)
        return store_commit(t);
    store_rollback(t);
    return s;
}

/* ---- the file ---- */

/* The copy is half of the way, its digest the other. */
static void at_copy(void *context, uint64_t done, uint64_t total) {
    const struct store_progress *told = context;
    told->at(told->context, done, 2 * total);
}

static void at_digest(void *context, uint64_t done, uint64_t total) {
    const struct store_progress *told = context;
    told->at(told->context, total + done, 2 * total);
}

static status seal(const char *path, const struct store_progress *progress) {
    FILE *file = fopen(path, "r+e");
    if (!file)
        return FAIL(E_UNAVAILABLE, "%s cannot be opened: %s", path, strerror(errno));
    status s = seal_append(file, path, progress);
    if (fclose(file) != 0 && s == OK)
        s = FAIL(E_UNAVAILABLE, "%s cannot be written: %s", path, strerror(errno));
    return s;
}

/* Makes the copy in the folder `part`, complete and sealed. */
static status make_copy(struct store *s, const char *data, const char *part, const char *copy_path,
                        const struct store_progress *progress) {
    struct store_progress first = {at_copy, (void *)progress},
                          second = {at_digest, (void *)progress};
    struct store *copy;
    TRY(store_copy(s, part, progress ? &first : NULL));
    TRY(store_open(&store_sqlite, part, &copy));
    status saved = save_folders(copy, data);
    store_close(copy); /* what its log held is in the file now */
    TRY(saved);
    return seal(copy_path, progress ? &second : NULL);
}

static status check_target(const char *file) {
    FILE *f = fopen(file, "re");
    if (!f && errno == ENOENT)
        return OK;
    if (!f)
        return FAIL(E_UNAVAILABLE, "%s is there and cannot be read: %s", file, strerror(errno));
    bool replaceable = seal_is_there(f);
    (void)fclose(f);
    if (replaceable)
        return OK;
    return FAIL(E_EXISTS, "%s is there already and is not a backup: choose another name", file);
}

static status put_in_place(const char *copy_path, const char *file) {
    char folder[BACKUP_PATH_MAX];
    if (rename(copy_path, file) != 0)
        return FAIL(E_UNAVAILABLE, "%s cannot be made: %s", file, strerror(errno));
    TRY(backup_path(folder, file, ""));
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    return folder_sync(slash ? folder : ".");
}

/* Of a backup that was cut short. */
static void remove_leftovers(const char *copy_path) {
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    char path[BACKUP_PATH_MAX + 16];
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        (void)snprintf(path, sizeof path, "%s%s", copy_path, ends[i]);
        (void)unlink(path);
    }
}

status backup_write(struct store *s, const char *data, const char *file,
                    const struct store_progress *progress) {
    char part[BACKUP_PATH_MAX], copy_path[BACKUP_PATH_MAX];
    int lock;
    TRY(check_target(file));
    TRY(backup_path(part, file, ".part"));
    TRY(backup_path(copy_path, part, "/kedge.db"));
    TRY(store_lock_directory(part, &lock)); /* nobody else makes the same file at this time */
    remove_leftovers(copy_path);
    status result = make_copy(s, data, part, copy_path, progress);
    if (result == OK)
        result = put_in_place(copy_path, file);
    status removed = folder_remove(part);
    store_unlock_directory(lock);
    return result == OK ? removed : result;
}
