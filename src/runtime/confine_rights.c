#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory.h"
#include "runtime/confine.h"

enum { FILES_MAX = 1024, LOCKED_BYTES_MAX = 64 * 1024, STACK_BYTES_MAX = 8 * 1024 * 1024 };

/* Beside what the function uses: what an interpreter reserves and does not touch. What is touched
 * is measured by the server. */
enum { RESERVE_MB = 1024 };

status confine_user(unsigned uid) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return FAIL(E_UNAVAILABLE, "new privileges cannot be ruled out: %s", strerror(errno));
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0); /* who has none cannot drop any */
    if (uid == 0)
        return OK;
    if (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
        return FAIL(E_UNAVAILABLE, "it cannot become user %u: %s", uid, strerror(errno));
    return OK;
}

/* Threads that run as this user, as the kernel counts them for RLIMIT_NPROC. */
static unsigned count_threads(void) {
    DIR *folder = opendir("/proc");
    const struct dirent *entry;
    unsigned count = 0;
    while (folder && (entry = readdir(folder))) {
        char path[300], line[128];
        unsigned uid = 0, threads = 0;
        (void)snprintf(path, sizeof path, "/proc/%s/status", entry->d_name);
        FILE *f = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? fopen(path, "re") : NULL;
        while (f && fgets(line, sizeof line, f))
            if (sscanf(line, "Uid: %u", &uid) != 1)
                (void)sscanf(line, "Threads: %u", &threads);
        if (f)
            (void)fclose(f);
        count += uid == getuid() ? threads : 0;
    }
    if (folder)
        (void)closedir(folder);
    return count;
}

/* Where the user is shared, what the others have is beside it. */
static rlim_t processes_of(const struct confinement *c) {
    if (c->processes_max == 0)
        return RLIM_INFINITY;
    return c->processes_max + (c->shared_user ? c->processes_now : 0);
}

void confine_count(struct confinement *c) {
    if (c->shared_user)
        c->processes_now = count_threads();
}

status confine_limits(const struct confinement *c) {
    const struct {
        __rlimit_resource_t resource;
        rlim_t most;
    } limits[] = {
        {RLIMIT_NOFILE, FILES_MAX},
        {RLIMIT_CORE, 0},
        {RLIMIT_MEMLOCK, LOCKED_BYTES_MAX},
        {RLIMIT_STACK, STACK_BYTES_MAX},
        {RLIMIT_MSGQUEUE, 0},
        {RLIMIT_RTPRIO, 0},
        {RLIMIT_FSIZE, c->storage_mb ? (rlim_t)c->storage_mb << 20 : RLIM_INFINITY},
        {RLIMIT_DATA, c->memory_mb ? (rlim_t)(c->memory_mb + RESERVE_MB) << 20 : RLIM_INFINITY},
        {RLIMIT_NPROC, processes_of(c)},
    };
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        struct rlimit now, wanted = {limits[i].most, limits[i].most};
        if (getrlimit(limits[i].resource, &now) == 0 && now.rlim_max < wanted.rlim_max)
            wanted = (struct rlimit){now.rlim_max, now.rlim_max};
        if (setrlimit(limits[i].resource, &wanted) != 0)
            return FAIL(E_UNAVAILABLE, "a limit cannot be set: %s", strerror(errno));
    }
    return OK;
}
