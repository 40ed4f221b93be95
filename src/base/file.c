#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static status trouble(const char *what, const char *path) {
    return FAIL(E_UNAVAILABLE, "cannot %s %s: %s", what, path, strerror(errno));
}

static status read_all(int fd, const char *path, struct buf *out) {
    for (;;) {
        if (out->len > FILE_BYTES_MAX)
            return FAIL(E_UNAVAILABLE, "%s is larger than %d bytes: not the file that belongs here",
                        path, FILE_BYTES_MAX);
        ssize_t n = read(fd, buf_reserve(out, 4096), 4096);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return trouble("read", path);
        if (n == 0)
            return OK;
        out->len += (size_t)n;
    }
}

status file_read(const char *path, struct buf *out_content) {
    struct buf content = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return FAIL(E_NOT_FOUND, "there is no %s", path);
    if (fd < 0)
        return trouble("open", path);
    (void)buf_reserve(&content, 16384); /* a key then never moves, and is wiped where it was */
    status s = read_all(fd, path, &content);
    (void)close(fd);
    if (s == OK)
        buf_append(out_content, buf_bytes(&content));
    if (content.ptr)
        mem_wipe(content.ptr, content.capacity); /* it may be a key */
    buf_done(&content);
    return s;
}

static bool write_all(int fd, bytes content) {
    while (content.len > 0) {
        ssize_t n = write(fd, content.ptr, content.len);
        if (n < 0 && errno != EINTR)
            return false;
        content = bytes_skip(content, n > 0 ? (size_t)n : 0);
    }
    return fsync(fd) == 0;
}

status folder_sync(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return trouble("open the folder", path);
    status s = fsync(fd) == 0 ? OK : trouble("keep", path);
    (void)close(fd);
    return s;
}

/* The new name is on disk only when its folder is. */
static status sync_folder_of(const char *path) {
    char folder[4096];
    (void)snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder ? 1 : 0] = 0;
    return folder_sync(slash ? folder : ".");
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place) {
    UNUSED(about), UNUSED(kind), UNUSED(place);
    return remove(path);
}

status folder_remove(const char *path) {
    if (access(path, F_OK) != 0)
        return OK;
    return nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0 ? OK : trouble("remove", path);
}

status file_write(const char *path, bytes content, unsigned mode) {
    char draft[4096];
    if ((size_t)snprintf(draft, sizeof draft, "%s.new", path) >= sizeof draft)
        return FAIL(E_UNAVAILABLE, "the path of %.100s… is too long", path);
    (void)unlink(draft); /* of a crash */
    int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return trouble("write", draft);
    bool written = fchmod(fd, (mode_t)mode) == 0 && write_all(fd, content);
    written = close(fd) == 0 && written;
    if (!written || rename(draft, path) != 0) {
        status s = trouble("write", path);
        (void)unlink(draft);
        return s;
    }
    return sync_folder_of(path);
}

status folder_make(const char *path) {
    struct stat s;
    if (mkdir(path, 0700) == 0)
        return OK;
    if (errno != EEXIST)
        return trouble("make the folder", path);
    if (stat(path, &s) != 0)
        return trouble("look at", path);
    if (!S_ISDIR(s.st_mode))
        return FAIL(E_UNAVAILABLE, "%s is in the way: a folder belongs there", path);
    return OK;
}
