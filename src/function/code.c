#include "function/code.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"
#include "codec/base64.h"

static status trouble(const char *what, const char *path) {
    return FAIL(E_UNAVAILABLE, "Cannot %s %s: %s", what, path, strerror(errno));
}

static void path_of(const char *data, const char *id, const char *rest, char out[PATH_MAX]) {
    (void)snprintf(out, PATH_MAX, "%s/functions/%s%s", data, id, rest);
}

/* What others may read has its mode whatever the umask is. */
static status make_folder(const char *path) {
    if ((mkdir(path, 0755) != 0 && errno != EEXIST) || chmod(path, 0755) != 0)
        return trouble("make the folder", path);
    return OK;
}

status code_open(const char *data) {
    char path[PATH_MAX];
    path_of(data, "", "", path);
    return make_folder(path);
}

/* ---- unpacking onto the disk ---- */

/* The sink of a package. Names were checked; what is there already is in the way. */
struct unpacked {
    int root;
    int file;
    char path[PACKAGE_NAME_BYTES_MAX + 1];
};

static status in_the_way(const char *path) {
    if (errno == EEXIST || errno == ENOTDIR || errno == EISDIR || errno == ELOOP)
        return FAIL(E_INVALID,
                    "Could not unzip uploaded file. Please check your file, then try to "
                    "upload again. It has the entry '%s' twice",
                    path);
    return trouble("unpack", path);
}

/* Its mode is what it is whatever the umask is. */
static bool make_at(const struct unpacked *u) {
    return mkdirat(u->root, u->path, 0755) == 0 && fchmodat(u->root, u->path, 0755, 0) == 0;
}

/* Makes the folders above the last part of u->path. */
static status make_parents(struct unpacked *u) {
    for (char *slash = strchr(u->path, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        bool fine = make_at(u) || errno == EEXIST;
        status s = fine ? OK : in_the_way(u->path);
        *slash = '/';
        TRY(s);
    }
    return OK;
}

static void set_path(struct unpacked *u, bytes name) {
    memcpy(u->path, name.ptr, name.len);
    u->path[name.len] = 0;
}

static status put_folder(void *context, bytes name) {
    struct unpacked *u = context;
    struct stat about;
    set_path(u, name);
    TRY(make_parents(u));
    if (make_at(u))
        return OK;
    bool is_there = errno == EEXIST &&
                    fstatat(u->root, u->path, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
                    S_ISDIR(about.st_mode);
    return is_there ? OK : in_the_way(u->path);
}

static status put_file(void *context, bytes name, bool executable) {
    struct unpacked *u = context;
    mode_t mode = executable ? 0755 : 0644;
    set_path(u, name);
    TRY(make_parents(u));
    u->file = openat(u->root, u->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    return u->file >= 0 && fchmod(u->file, mode) == 0 ? OK : in_the_way(u->path);
}

static status put_data(void *context, bytes piece) {
    struct unpacked *u = context;
    while (piece.len > 0) {
        ssize_t n = write(u->file, piece.ptr, piece.len);
        if (n < 0 && errno != EINTR)
            return trouble("unpack", u->path);
        piece = bytes_skip(piece, n > 0 ? (size_t)n : 0);
    }
    return OK;
}

static status put_end(void *context) {
    struct unpacked *u = context;
    int fd = u->file;
    u->file = -1;
    return close(fd) == 0 ? OK : trouble("unpack", u->path);
}

static status unpack(bytes zip, const char *folder) {
    struct unpacked u = {.file = -1};
    u.root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (u.root < 0)
        return trouble("open", folder);
    const struct package_sink sink = {&u, put_folder, put_file, put_data, put_end};
    status s = package_unpack(zip, &sink);
    if (s == OK && syncfs(u.root) != 0)
        s = trouble("keep", folder);
    (void)close(u.root);
    return s;
}

/* ---- placing ---- */

static void describe(bytes zip, struct code *c) {
    AUTO(buf) text = {0};
    uint8_t hash[32];
    unsigned len = sizeof hash;
    (void)EVP_Digest(zip.ptr, zip.len, hash, &len, EVP_sha256(), NULL);
    base64_encode(bytes_of(hash, sizeof hash), &text);
    memcpy(c->sha256, buf_string(&text), sizeof c->sha256);
    c->size = (int64_t)zip.len;
}

static status ignore_name(void *context, bytes name) {
    UNUSED(context), UNUSED(name);
    return OK;
}
static status ignore_file(void *context, bytes name, bool executable) {
    UNUSED(context), UNUSED(name), UNUSED(executable);
    return OK;
}
static status ignore_end(void *context) {
    UNUSED(context);
    return OK;
}

status code_check(bytes zip, struct code *out_code) {
    static const struct package_sink sink = {NULL, ignore_name, ignore_file, ignore_name,
                                             ignore_end};
    *out_code = (struct code){.lock = -1};
    TRY(package_unpack(zip, &sink));
    describe(zip, out_code);
    return OK;
}

static status lock_folder(const char *path, int *out_lock) {
    int lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0)
        return trouble("open", path);
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        (void)close(lock);
        return FAIL(E_UNAVAILABLE, "%s is being swept", path);
    }
    *out_lock = lock;
    return OK;
}

/* The zip comes last: who has one has all of the folder, too. */
static status fill(const char *data, bytes zip, struct code *c) {
    char path[PATH_MAX];
    path_of(data, c->id, "", path);
    TRY(make_folder(path));
    TRY(lock_folder(path, &c->lock));
    TRY(unpack(zip, path));
    path_of(data, c->id, ".zip", path);
    return file_write(path, zip, 0600);
}

status code_place(const char *data, bytes zip, struct code *out_code) {
    struct code c = {.lock = -1};
    random_text("0123456789abcdef", c.id, CODE_ID_LEN);
    describe(zip, &c);
    status s = fill(data, zip, &c);
    if (s != OK) {
        AUTO(buf) why = {0};
        buf_text(&why, failure_text());
        code_drop(data, &c);
        return FAIL(s, "%s", buf_string(&why));
    }
    *out_code = c;
    return OK;
}

void code_keep(struct code *c) {
    if (c->lock >= 0)
        (void)close(c->lock);
    c->lock = -1;
}

void code_drop(const char *data, struct code *c) {
    char path[PATH_MAX];
    path_of(data, c->id, ".zip", path);
    (void)unlink(path);
    path_of(data, c->id, "", path);
    status removed = folder_remove(path);
    UNUSED(removed); /* what stays is swept */
    code_keep(c);
}

void code_replaced(const char *data, bytes id) {
    char path[PATH_MAX], text[CODE_ID_LEN + 1];
    if (id.len != CODE_ID_LEN)
        return;
    memcpy(text, id.ptr, CODE_ID_LEN);
    text[CODE_ID_LEN] = 0;
    path_of(data, text, "", path);
    (void)utimensat(AT_FDCWD, path, NULL, 0); /* from now on it counts how long it stays */
}

/* ---- after a restore ---- */

/* Under another name until it is whole. */
status code_unpack(const char *data, const char *id) {
    AUTO(buf) zip = {0};
    char path[PATH_MAX], draft[PATH_MAX];
    path_of(data, id, "", path);
    path_of(data, id, ".new", draft);
    if (access(path, F_OK) == 0)
        return OK;
    TRY(code_zip_read(data, bytes_from(id), &zip));
    TRY(folder_remove(draft)); /* of one that was cut short */
    TRY(make_folder(draft));
    TRY(unpack(buf_bytes(&zip), draft));
    return rename(draft, path) == 0 ? OK : trouble("make", path);
}

status code_check_zip(const char *data, const char *id, bytes sha256) {
    AUTO(buf) zip = {0};
    struct code c;
    TRY(code_zip_read(data, bytes_from(id), &zip));
    describe(buf_bytes(&zip), &c);
    if (!bytes_equal(bytes_from(c.sha256), sha256))
        return FAIL(E_INVALID, "it is not what was uploaded");
    return OK;
}

/* ---- reading ---- */

const char *code_folder(const char *data, bytes id, struct arena *a) {
    return arena_printf(a, "%s/functions/%.*s", data, BYTES_ARG(id));
}

status code_zip_read(const char *data, bytes id, struct buf *out_zip) {
    char path[PATH_MAX];
    struct stat about;
    if (id.len != CODE_ID_LEN)
        return FAIL(E_NOT_FOUND, "There is no such code");
    (void)snprintf(path, sizeof path, "%s/functions/%.*s.zip", data, BYTES_ARG(id));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return FAIL(E_NOT_FOUND, "There is no such code");
    status s = fstat(fd, &about) == 0 && about.st_size <= PACKAGE_ZIP_BYTES_MAX
                   ? OK
                   : trouble("read", path);
    size_t size = s == OK ? (size_t)about.st_size : 0;
    uint8_t *at = buf_reserve(out_zip, size);
    for (size_t done = 0; done < size && s == OK;) {
        ssize_t n = read(fd, at + done, size - done);
        if (n <= 0)
            s = trouble("read", path);
        done += n > 0 ? (size_t)n : 0;
    }
    (void)close(fd);
    if (s == OK)
        out_zip->len += size;
    return s;
}
