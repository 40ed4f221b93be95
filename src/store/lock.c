/* One server per data directory. The lock is the kernel's, so it ends with the process, however it
 * ends; the process id inside is for the sentence. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static status make_one(const char *path) {
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return OK;
    return FAIL(E_UNAVAILABLE, "Cannot make the data directory %s: %s", path, strerror(errno));
}

static status make_directory(const char *directory) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s", directory) >= (int)sizeof path)
        return FAIL(E_INVALID, "The name of the data directory is too long");
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        TRY(make_one(path));
        *slash = '/';
    }
    return make_one(path);
}

static status held_by_another(const char *directory, int lock) {
    char text[24] = "";
    ssize_t len = pread(lock, text, sizeof text - 1, 0);
    if (len <= 0)
        return FAIL(E_UNAVAILABLE,
                    "The data directory %s is in use by another process: choose another one",
                    directory);
    text[strcspn(text, "\n")] = '\0';
    return FAIL(E_UNAVAILABLE,
                "The data directory %s is in use by the server with process id %s: stop that one, "
                "or choose another directory",
                directory, text);
}

static status write_process_id(int lock, const char *path) {
    char text[24];
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(lock, 0) != 0 || pwrite(lock, text, (size_t)len, 0) != len)
        return FAIL(E_UNAVAILABLE, "Cannot write %s: %s", path, strerror(errno));
    return OK;
}

/* A command that only looks (store_directory_holder) has it for a moment. */
static bool take_lock(int lock) {
    for (int attempt = 0; attempt < 5; attempt++) {
        if (flock(lock, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK)
            return false;
        (void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    errno = EWOULDBLOCK;
    return false;
}

static status lock_file(int lock, const char *directory, const char *path) {
    if (take_lock(lock))
        return write_process_id(lock, path);
    if (errno == EWOULDBLOCK)
        return held_by_another(directory, lock);
    return FAIL(E_UNAVAILABLE, "Cannot lock %s: %s", path, strerror(errno));
}

status store_lock_directory(const char *directory, int *out_lock) {
    char path[PATH_MAX];
    TRY(make_directory(directory));
    if (snprintf(path, sizeof path, "%s/lock", directory) >= (int)sizeof path)
        return FAIL(E_INVALID, "The name of the data directory is too long");
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0)
        return FAIL(E_UNAVAILABLE, "Cannot open %s: %s", path, strerror(errno));
    status s = lock_file(lock, directory, path);
    if (s != OK) {
        (void)close(lock);
        return s;
    }
    *out_lock = lock;
    return OK;
}

void store_unlock_directory(int lock) {
    (void)close(lock);
}

int64_t store_directory_holder(const char *directory) {
    char path[PATH_MAX], text[24] = "";
    uint64_t id = 0;
    if (snprintf(path, sizeof path, "%s/lock", directory) >= (int)sizeof path)
        return 0;
    int lock = open(path, O_RDONLY | O_CLOEXEC);
    if (lock < 0)
        return 0;
    bool held = flock(lock, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    bool known = held && pread(lock, text, sizeof text - 1, 0) > 0 &&
                 bytes_to_u64(bytes_trim(bytes_from(text)), INT64_MAX, &id) == OK;
    (void)close(lock);
    return known ? (int64_t)id : 0;
}
