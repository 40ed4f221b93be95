#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "runtime/confine.h"

static bool write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        (void)close(fd);
    return written;
}

/* Whoever we are is who we are inside, and nobody else is there. */
static bool map_self(unsigned uid, unsigned gid) {
    char users[64], groups[64];
    (void)snprintf(users, sizeof users, "%u %u 1", uid, uid);
    (void)snprintf(groups, sizeof groups, "%u %u 1", gid, gid);
    return write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/gid_map", groups) &&
           write_text("/proc/self/uid_map", users);
}

status confine_namespaces(void) {
    int wanted = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
    unsigned uid = geteuid(), gid = getegid();
    if (uid != 0)
        wanted |= CLONE_NEWUSER;
    (void)prctl(PR_SET_DUMPABLE, 1); /* else what is in /proc/self belongs to root */
    if (unshare(wanted) != 0)
        return FAIL(E_UNAVAILABLE, "namespaces are not to be had: %s", strerror(errno));
    if (uid != 0 && !map_self(uid, gid))
        return FAIL(E_UNAVAILABLE, "the user namespace takes no user: %s", strerror(errno));
    return OK;
}
