#include "runtime/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "runtime/report.h"

enum { VARIABLES_MAX = 256, ENVIRONMENT_BYTES_MAX = 256 * 1024, CANNOT_START = 125 };

const char *const confine_system_paths[] = {"/usr",
                                            "/bin",
                                            "/sbin",
                                            "/lib",
                                            "/lib32",
                                            "/lib64",
                                            "/libx32", /* */
                                            "/etc/alternatives",
                                            "/etc/ca-certificates",
                                            "/etc/group",
                                            "/etc/host.conf",
                                            "/etc/hosts",
                                            "/etc/ld.so.cache",
                                            "/etc/ld.so.conf",
                                            "/etc/ld.so.conf.d",
                                            "/etc/localtime",
                                            "/etc/mime.types",
                                            "/etc/nsswitch.conf",
                                            "/etc/passwd",
                                            "/etc/pki",
                                            "/etc/python3",
                                            "/etc/python3.11",
                                            "/etc/python3.13",
                                            "/etc/resolv.conf",
                                            "/etc/services",
                                            "/etc/ssl/certs",
                                            "/etc/ssl/openssl.cnf",
                                            "/etc/timezone",
                                            NULL};

/* ---- words ---- */

enum kind { FLAG, NUMBER, TEXT, READ, PORT };

struct option {
    const char *name;
    enum kind kind;
    size_t at; /* of the field */
};
#define FIELD(name) offsetof(struct confinement, name)
static const struct option options[] = {
    {"--folder", TEXT, FIELD(folder)},
    {"--temporary", TEXT, FIELD(temporary)},
    {"--uid", NUMBER, FIELD(uid)},
    {"--memory-mb", NUMBER, FIELD(memory_mb)},
    {"--storage-mb", NUMBER, FIELD(storage_mb)},
    {"--processes", NUMBER, FIELD(processes_max)},
    {"--report", NUMBER, FIELD(report)},
    {"--environment", NUMBER, FIELD(environment)},
    {"--own-namespaces", FLAG, FIELD(own_namespaces)},
    {"--own-root", FLAG, FIELD(own_root)},
    {"--landlock", FLAG, FIELD(landlock)},
    {"--closed-network", FLAG, FIELD(closed_network)},
    {"--seccomp", FLAG, FIELD(seccomp)},
    {"--shared-user", FLAG, FIELD(shared_user)},
    {"--read", READ, FIELD(reads)},
    {"--port", PORT, FIELD(ports)},
};

static status add_read(struct confinement *c, const char *path) {
    for (size_t i = 0; i < CONFINE_READS_MAX; i++) {
        if (c->reads[i])
            continue;
        c->reads[i] = path;
        return OK;
    }
    return FAIL(E_INVALID, "--read: at most %d", CONFINE_READS_MAX);
}

static status add_port(struct confinement *c, unsigned port) {
    for (size_t i = 0; i < CONFINE_PORTS_MAX; i++) {
        if (c->ports[i])
            continue;
        c->ports[i] = port;
        return OK;
    }
    return FAIL(E_INVALID, "--port: at most %d", CONFINE_PORTS_MAX);
}

static status take_value(struct confinement *c, const struct option *o, const char *value) {
    uint64_t number = 0;
    void *field = (char *)c + o->at;
    if (o->kind == NUMBER || o->kind == PORT) {
        uint64_t most = o->kind == PORT ? UINT16_MAX : INT32_MAX;
        if (bytes_to_u64(bytes_from(value), most, &number) != OK)
            return FAIL(E_INVALID, "%s takes a number", o->name);
    }
    if (o->kind == READ)
        return add_read(c, value);
    if (o->kind == PORT)
        return add_port(c, (unsigned)number);
    if (o->kind == NUMBER)
        *(unsigned *)field = (unsigned)number;
    else
        *(const char **)field = value;
    return OK;
}

static status take_option(struct confinement *c, char **words, int *at, int count) {
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        const struct option *o = &options[i];
        if (strcmp(words[*at], o->name) != 0)
            continue;
        if (o->kind == FLAG) {
            *(bool *)((char *)c + o->at) = true;
            return OK;
        }
        if (++*at >= count)
            return FAIL(E_INVALID, "%s takes a value", o->name);
        return take_value(c, o, words[*at]);
    }
    return FAIL(E_INVALID, "there is no option %s", words[*at]);
}

static status parse(int count, char **words, struct confinement *out) {
    struct confinement c = {.report = -1, .environment = -1};
    int i = 0;
    for (; i < count && strcmp(words[i], "--") != 0; i++)
        TRY(take_option(&c, words, &i, count));
    if (i + 1 >= count)
        return FAIL(E_INVALID, "kedge confine OPTIONS -- COMMAND …");
    if (!c.folder || c.folder[0] != '/')
        return FAIL(E_INVALID, "--folder takes an absolute path");
    c.command = words + i + 1; /* ends with NULL, as argv does */
    *out = c;
    return OK;
}

/* ---- descriptors and environment ---- */

/* Everything but 0, 1, 2 and what `keep` names goes. */
static void close_others(int keep_a, int keep_b) {
    int low = keep_a < keep_b ? keep_a : keep_b, high = keep_a < keep_b ? keep_b : keep_a;
    unsigned from = 3;
    if (low >= 3) {
        (void)close_range(from, (unsigned)low - 1, 0);
        from = (unsigned)low + 1;
    }
    if (high >= 3 && high != low) {
        if ((unsigned)high > from)
            (void)close_range(from, (unsigned)high - 1, 0);
        from = (unsigned)high + 1;
    }
    (void)close_range(from, ~0U, 0);
}

static status read_environment(int fd, char ***out) {
    static char text[ENVIRONMENT_BYTES_MAX];
    static char *list[VARIABLES_MAX + 1];
    size_t len = 0, n = 0;
    ssize_t got;
    (void)lseek(fd, 0, SEEK_SET);
    while (len < sizeof text - 1 && (got = read(fd, text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)got;
    (void)close(fd);
    for (char *at = text; at < text + len && n < VARIABLES_MAX; at += strlen(at) + 1)
        list[n++] = at;
    *out = list;
    return len < sizeof text - 1 ? OK : FAIL(E_INVALID, "the environment is too large");
}

/* ---- inner ---- */

static status become(const struct confinement *c) {
    if (setpriority(PRIO_PROCESS, 0, 10) != 0) /* the server comes first */
        return FAIL(E_UNAVAILABLE, "its priority cannot be lowered: %s", strerror(errno));
    TRY(confine_user(c->uid));
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (chdir(c->own_root ? "/var/task" : c->folder) != 0)
        return FAIL(E_UNAVAILABLE, "it cannot enter its code in %s: %s", c->folder,
                    strerror(errno));
    if (c->landlock)
        TRY(confine_landlock(c));
    if (c->seccomp)
        TRY(confine_seccomp(c->closed_network, c->own_namespaces));
    return confine_limits(c); /* last: what came before it needs memory */
}

static void __attribute__((noreturn)) run_inner(const struct confinement *c, char **environment) {
    sigset_t none;
    if (become(c) != OK) {
        report_send(c->report, REPORT_FAILED, 0, failure_text());
        _exit(CANNOT_START);
    }
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (c->report >= 0)
        (void)fcntl(c->report, F_SETFD, FD_CLOEXEC);
    (void)execve(c->command[0], c->command, environment);
    (void)dprintf(2, "%s cannot be executed: %s\n", c->command[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

/* ---- middle ---- */

/* Reaps whoever ends, until `child` does. */
static int wait_for(pid_t child) {
    int how = 0;
    for (;;) {
        pid_t ended = waitpid(-1, &how, 0);
        if (ended == child)
            return how;
        if (ended < 0 && errno != EINTR)
            return 0;
    }
}

static void __attribute__((noreturn)) run_middle(const struct confinement *c, char **environment) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)prctl(PR_SET_NAME, "kedge-function");
    (void)setpgid(0, 0); /* what is frozen and killed together */
    status s = c->own_root ? confine_root(c) : OK;
    if (s != OK) {
        report_send(c->report, REPORT_FAILED, 0, failure_text());
        _exit(CANNOT_START);
    }
    report_send(c->report, REPORT_GROUP, 0, "");
    pid_t inner = fork();
    if (inner == 0) {
        report_send(c->report, REPORT_STARTED, 0, "");
        run_inner(c, environment);
    }
    (void)close_range(0, 2, 0); /* who reads the output sees its end when the function's ends */
    int how = inner > 0 ? wait_for(inner) : CANNOT_START << 8;
    report_send(c->report, REPORT_ENDED, how, "");
    _exit(WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how));
}

/* ---- outer ---- */

/* As waitpid has it. */
static int describe(const siginfo_t *ended) {
    return ended->si_code == CLD_EXITED ? ended->si_status << 8 : ended->si_status;
}

/* Until the server hangs up; without a server, until the rest has ended. The middle stays a zombie
 * as long as the server may send a signal to its number. */
static int run_outer(const struct confinement *c, pid_t middle) {
    int how = 0;
    if (c->report < 0) {
        (void)waitpid(middle, &how, 0);
        return WIFEXITED(how) ? WEXITSTATUS(how) : 1;
    }
    struct pollfd both[] = {{.fd = c->report, .events = POLLIN},
                            {.fd = (int)syscall(SYS_pidfd_open, middle, 0), .events = POLLIN}};
    siginfo_t ended = {0};
    (void)close_range(0, 2, 0);
    while (both[0].revents == 0) {
        (void)poll(both, 2, -1);
        if (both[1].revents == 0)
            continue;
        (void)waitid(P_PID, (id_t)middle, &ended, WEXITED | WNOWAIT);
        report_send(c->report, REPORT_ENDED, describe(&ended), "");
        both[1].fd = -1; /* said once */
        both[1].revents = 0;
    }
    (void)kill(-middle, SIGKILL);
    (void)kill(middle, SIGKILL);
    (void)waitpid(middle, &how, 0);
    return 0;
}

static int start(const struct confinement *c, char **environment) {
    if (c->own_namespaces && confine_namespaces() != OK) {
        report_send(c->report, REPORT_FAILED, 0, failure_text());
        (void)fprintf(stderr, "kedge confine: %s\n", failure_text());
        return CANNOT_START;
    }
    pid_t middle = fork();
    if (middle == 0)
        run_middle(c, environment);
    if (middle < 0) {
        report_send(c->report, REPORT_FAILED, 0, strerror(errno));
        return CANNOT_START;
    }
    (void)setpgid(middle, middle); /* whoever of us is first */
    return run_outer(c, middle);
}

static int print_abilities(void);

int confine_command(int count, char **words) {
    struct confinement c;
    char **environment = environ;
    if (count == 1 && strcmp(words[0], "--probe") == 0)
        return print_abilities();
    status s = parse(count, words, &c);
    if (s == OK) {
        close_others(c.report, c.environment);
        confine_count(&c);
        s = c.environment >= 0 ? read_environment(c.environment, &environment) : OK;
    }
    if (s != OK) {
        (void)fprintf(stderr, "kedge confine: %s\n", failure_text());
        return 2;
    }
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGXFSZ, SIG_DFL);
    _exit(start(&c, environment)); /* nothing to tidy up in a process that owns nothing */
}

/* ---- probing ---- */

/* Tries something in a child; what it says is printed. */
static bool works(status (*attempt)(void), const char *name) {
    (void)fflush(stdout);
    pid_t child = fork();
    int how = 0;
    if (child == 0) {
        status s = attempt();
        if (s != OK)
            (void)printf("%s no: %s\n", name, failure_text());
        else
            (void)printf("%s yes\n", name);
        (void)fflush(stdout);
        _exit(s == OK ? 0 : 1);
    }
    return child > 0 && waitpid(child, &how, 0) == child && how == 0;
}

static status try_user(void) {
    if (geteuid() != 0)
        return FAIL(E_DENIED, "the server does not run as root");
    return confine_user(CONFINE_UID_FIRST);
}

static status try_root(void) {
    static const struct confinement c = {.folder = "/usr", .storage_mb = 1};
    TRY(confine_namespaces());
    pid_t child = fork();
    int how = 0;
    if (child == 0) {
        bool made = confine_root(&c) == OK;
        if (!made)
            (void)printf("# %s\n", failure_text());
        (void)fflush(stdout);
        _exit(made ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &how, 0) != child || how != 0)
        return FAIL(E_UNAVAILABLE, "a root folder of its own cannot be mounted");
    return OK;
}

static status try_seccomp(void) {
    return confine_seccomp(true, true);
}

static int print_abilities(void) {
    (void)works(try_user, "user");
    if (works(confine_namespaces, "namespaces"))
        (void)works(try_root, "root");
    (void)works(try_seccomp, "seccomp");
    (void)printf("landlock %d\n", landlock_version());
    return 0;
}
