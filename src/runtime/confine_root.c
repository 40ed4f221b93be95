#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/memory.h"
#include "runtime/confine.h"

/* Where the new root is put together: a folder that every system has and nothing here comes from.
 */
#define SITE "/sys"

static status trouble(const char *what, const char *path) {
    return FAIL(E_UNAVAILABLE, "cannot %s %s: %s", what, path, strerror(errno));
}

static void inside(char out[PATH_MAX], const char *path) {
    (void)snprintf(out, PATH_MAX, SITE "%s", path);
}

/* The folders above `path`, which begins with SITE. */
static status make_parents(const char *path) {
    char part[PATH_MAX];
    for (const char *slash = strchr(path + sizeof SITE, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        (void)snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return trouble("make", part);
    }
    return OK;
}

static status make_place(const char *path, bool folder) {
    TRY(make_parents(path));
    if (folder)
        return mkdir(path, 0755) == 0 || errno == EEXIST ? OK : trouble("make", path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return trouble("make", path);
    (void)close(fd);
    return OK;
}

/* What a mount forbids already must stay forbidden when it is mounted again in a user namespace. */
static unsigned long kept_flags(const char *path) {
    static const struct {
        unsigned long is, flag;
    } kept[] = {{ST_NODEV, MS_NODEV},           {ST_NOEXEC, MS_NOEXEC},
                {ST_NOSUID, MS_NOSUID},         {ST_NOATIME, MS_NOATIME},
                {ST_NODIRATIME, MS_NODIRATIME}, {ST_RELATIME, MS_RELATIME}};
    struct statvfs about;
    unsigned long flags = 0;
    if (statvfs(path, &about) != 0)
        return 0;
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        if (about.f_flag & kept[i].is)
            flags |= kept[i].flag;
    return flags;
}

static status bind_at(const char *from, const char *to, unsigned long flags) {
    char place[PATH_MAX];
    struct stat about;
    inside(place, to);
    if (stat(from, &about) != 0)
        return trouble("find", from);
    TRY(make_place(place, S_ISDIR(about.st_mode)));
    if (mount(from, place, NULL, MS_BIND | MS_REC, NULL) != 0)
        return trouble("mount", from);
    flags |= MS_BIND | MS_REMOUNT | MS_NOSUID | kept_flags(place);
    return mount(NULL, place, NULL, flags, NULL) == 0 ? OK : trouble("protect", from);
}

/* The same path inside, read-only; a link to another folder stays one (/bin to usr/bin). */
static status show(const char *path) {
    char place[PATH_MAX], target[PATH_MAX];
    struct stat about;
    if (lstat(path, &about) != 0 || access(path, R_OK) != 0)
        return OK; /* not every system has it */
    ssize_t len = S_ISLNK(about.st_mode) ? readlink(path, target, sizeof target - 1) : -1;
    if (len > 0 && strrchr(path, '/') == path) {
        target[len] = 0;
        inside(place, path);
        return symlink(target, place) == 0 || errno == EEXIST ? OK : trouble("link", place);
    }
    return bind_at(path, path, MS_RDONLY | MS_NODEV);
}

static status make_dev(void) {
    static const char *const nodes[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                        "/dev/urandom"};
    static const char *const links[][2] = {{"/proc/self/fd", "/dev/fd"},
                                           {"/proc/self/fd/0", "/dev/stdin"},
                                           {"/proc/self/fd/1", "/dev/stdout"},
                                           {"/proc/self/fd/2", "/dev/stderr"},
                                           {"/tmp", "/dev/shm"}};
    char place[PATH_MAX];
    for (size_t i = 0; i < COUNT_OF(nodes); i++)
        TRY(bind_at(nodes[i], nodes[i], 0));
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        inside(place, links[i][1]);
        if (symlink(links[i][0], place) != 0)
            return trouble("link", place);
    }
    return OK;
}

static status make_tmp(const struct confinement *c) {
    char how[64];
    TRY(make_place(SITE "/tmp", true));
    (void)snprintf(how, sizeof how, "mode=1777,size=%um,nr_inodes=65536", c->storage_mb);
    if (mount("tmpfs", SITE "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, how) != 0)
        return trouble("mount", "/tmp");
    return OK;
}

/* Of its own processes only; some containers do not allow it, and programs can do without. */
static status make_proc(void) {
    TRY(make_place(SITE "/proc", true));
    (void)mount("proc", SITE "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL);
    return OK;
}

static status fill(const struct confinement *c) {
    for (size_t i = 0; confine_system_paths[i]; i++)
        TRY(show(confine_system_paths[i]));
    for (size_t i = 0; c->reads[i]; i++)
        TRY(show(c->reads[i]));
    TRY(bind_at(c->folder, "/var/task", MS_RDONLY | MS_NODEV));
    TRY(make_place(SITE "/var/runtime", true));
    TRY(make_dev());
    TRY(make_tmp(c));
    return make_proc();
}

static status move_in(void) {
    if (mount(NULL, SITE, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) != 0)
        return trouble("protect", "the root folder");
    if (chdir(SITE) != 0 || syscall(SYS_pivot_root, ".", ".") != 0)
        return trouble("enter", "the root folder");
    if (umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
        return trouble("leave", "the old root folder");
    return OK;
}

status confine_root(const struct confinement *c) {
    (void)umask(022);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return trouble("part with", "the mounts of the system");
    if (mount("tmpfs", SITE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m") != 0)
        return trouble("mount", "a root folder");
    if (sethostname("function", 8) != 0)
        return trouble("name", "the host");
    TRY(fill(c));
    return move_in();
}
