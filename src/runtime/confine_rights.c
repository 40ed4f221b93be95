#include <errno.h>
#include <grp.h>
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
        {RLIMIT_NPROC, c->processes_max ? c->processes_max : RLIM_INFINITY},
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
