/* Confinement: `kedge confine OPTIONS -- COMMAND …` puts itself away and runs the command there
 * [AWS rules-and-functions 10]. The server starts it once per process of a function; it can be
 * tried by hand as well.
 *
 *     outer   the server's child: waits until the server hangs up or the rest ends
 *       └─ middle   first in its own namespaces: makes the root folder, reaps who is left behind
 *            └─ inner   gives up user, rights and limits, then becomes the command
 *
 * What is to be done is said in options and done or the command does not run: nothing is left out
 * silently. confine_probe finds out beforehand what this machine can do. One thread; its own
 * process. */
#pragma once
#include "base/status.h"

enum {
    CONFINE_READS_MAX = 8,
    CONFINE_PORTS_MAX = 10,
    /* users for functions when the server is root, one per process; Debian gives numbers below
     * 60000 to people from 1000 up */
    CONFINE_UID_FIRST = 58000,
    CONFINE_UIDS = 1000,
    CONFINE_PROCESSES_MAX = 128, /* and threads, of one function's process */
};

struct confinement {
    const char *folder;    /* the code; /var/task with a root of its own */
    const char *temporary; /* without a root of its own: a folder for it alone */
    unsigned uid;          /* to become, group too; 0: as it is */
    unsigned memory_mb, storage_mb, processes_max;
    unsigned processes_now; /* of the same user, by confine_count */
    bool own_namespaces;    /* processes, IPC, host name, mounts; for who is not root by a user
                               namespace */
    bool own_root;          /* a root folder with only what is listed */
    bool landlock, closed_network; /* closed: TCP to `ports` only, no UDP */
    bool seccomp;
    bool shared_user;        /* others run as the same user: processes_max is beside theirs */
    int report, environment; /* descriptors; -1: none, and the environment as it is */
    const char *reads[CONFINE_READS_MAX + 1]; /* more folders that may be read: an interpreter's */
    unsigned ports[CONFINE_PORTS_MAX + 1];
    char **command;
};

/* What confinement the machine allows to this process. */
struct abilities {
    bool user, namespaces, root, seccomp;
    int landlock; /* version of its interface; 0: none */
};
enum { LANDLOCK_FILES = 1, LANDLOCK_NETWORK = 4, LANDLOCK_SCOPES = 6 };

/* confine_command is `kedge confine`: the words after it, the exit status. */
int confine_command(int count, char **words);

/* ---- the parts; each in the process it concerns ---- */

/* confine_root.c: moves into a root folder that has only the system's libraries and programs, the
 * code at /var/task (read-only) and a /tmp of its own. In a mount namespace of its own. */
NODISCARD
status confine_root(const struct confinement *c);
/* confine_namespaces.c */
NODISCARD
status confine_namespaces(void);
/* confine_rights.c: becomes the user, without any privilege from here on. */
NODISCARD
status confine_user(unsigned uid);
/* confine_count counts what runs as the same user; before Landlock hides it. */
void confine_count(struct confinement *c);
NODISCARD
status confine_limits(const struct confinement *c);
/* confine_landlock.c */
int landlock_version(void);
NODISCARD
status confine_landlock(const struct confinement *c);
/* confine_seccomp.c */
NODISCARD
status confine_seccomp(bool closed_network, bool may_leave_group);

/* The system's folders and files a program needs; the list ends with NULL. */
extern const char *const confine_system_paths[];
