#include "runtime/abilities.h"

#include <stdio.h>
#include <string.h>

#include "runtime/program.h"

static bool says_yes(bytes line, const char *name) {
    return bytes_start_with(line, bytes_from(name)) &&
           bytes_equal(bytes_skip(line, strlen(name)), BYTES(" yes"));
}

struct abilities abilities_read(bytes said) {
    struct abilities a = {0};
    bytes line;
    uint64_t version;
    while (bytes_split(&said, '\n', &line)) {
        a.user |= says_yes(line, "user");
        a.namespaces |= says_yes(line, "namespaces");
        a.root |= says_yes(line, "root");
        a.seccomp |= says_yes(line, "seccomp");
        if (bytes_start_with(line, BYTES("landlock ")) &&
            bytes_to_u64(bytes_skip(line, 9), 1000, &version) == OK)
            a.landlock = (int)version;
    }
    return a;
}

static void notice(struct runtimes *r, bool lacks, const char *sentence) {
    if (lacks && r->host->notice)
        r->host->notice(r->host->context, "function.unconfined", sentence);
}

/* Once, never silently [AWS rules-and-functions 10]. */
static void tell(struct runtimes *r, const struct abilities *a) {
    notice(r, !a->user && !a->namespaces,
           "functions run as the server's own user: it is not root, and user namespaces are not to "
           "be had");
    notice(r, !a->namespaces,
           "functions see the machine's processes: namespaces are not to be had (in a container "
           "they take CAP_SYS_ADMIN)");
    notice(r, !a->root,
           "functions have no root folder and no bounded /tmp of their own: they cannot be mounted "
           "here");
    notice(r, !a->landlock,
           a->root ? "functions are confined by namespaces alone: the kernel has no Landlock"
                   : "functions may read all files that are open to their user: the kernel has no "
                     "Landlock");
    notice(r, a->landlock && a->landlock < LANDLOCK_NETWORK && !r->options.open_network,
           "functions may connect to any address by TCP: the kernel's Landlock is older than "
           "version 4 (Linux 6.7)");
    notice(r, a->landlock && a->landlock < LANDLOCK_SCOPES && !a->namespaces,
           "functions may send signals to processes of the server's user: the kernel's Landlock is "
           "older than version 6 (Linux 6.12)");
    notice(r, !a->seccomp,
           "functions may make all system calls: the kernel has no seccomp filters");
}

static status ask(struct runtimes *r) {
    AUTO(buf) said = {0};
    const char *words[] = {r->options.program, "confine", "--probe", NULL};
    TRY(program_read(words, &said));
    if (bytes_search(buf_bytes(&said), BYTES("landlock ")) >= said.len)
        return FAIL(E_UNAVAILABLE,
                    "%s confine --probe does not answer: functions cannot be "
                    "confined, so none runs",
                    r->options.program);
    r->abilities = abilities_read(buf_bytes(&said));
    tell(r, &r->abilities);
    return OK;
}

status abilities_of(struct runtimes *r, const struct abilities **out) {
    pthread_mutex_lock(&r->finding);
    status s = r->has_abilities ? OK : ask(r);
    r->has_abilities = s == OK;
    pthread_mutex_unlock(&r->finding);
    *out = &r->abilities;
    return s;
}
