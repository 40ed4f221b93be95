#include "runtime/launch.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "runtime/abilities.h"
#include "runtime/variables.h"

enum {
    OWN_VARIABLES_MAX = 250,
    WORDS_MAX = 96,
    CONFINE_ENVIRONMENT = 3, /* descriptors of `kedge confine` */
    CONFINE_REPORT = 4,
    OUT_OF_THE_WAY = 10, /* descriptors from here on */
};

/* A command line as it grows. */
struct words {
    struct arena *a;
    const char *list[WORDS_MAX + 1];
    size_t count;
};

static void put(struct words *w, const char *word) {
    if (w->count < WORDS_MAX)
        w->list[w->count++] = word;
}

static void put_number(struct words *w, const char *option, unsigned value) {
    put(w, option);
    put(w, arena_printf(w->a, "%u", value));
}

/* ---- names and variables ---- */

/* "2026/01/02/[$LATEST]0123456789abcdef0123456789abcdef", one per process [9] */
static void name_log(struct environment *e, const struct runtime_code *c) {
    uint8_t raw[16];
    char hex[33] = "", day[16];
    time_t now = (time_t)(clock_wall_ms() / 1000);
    struct tm t;
    random_fill(raw, sizeof raw);
    hex_encode(bytes_of(raw, sizeof raw), hex);
    (void)strftime(day, sizeof day, "%Y/%m/%d", gmtime_r(&now, &t));
    e->log_stream = arena_printf(&e->memory, "%s/[%.*s]%.32s", day, BYTES_ARG(c->version), hex);
    e->log_group = c->log_group.len
                       ? arena_string(&e->memory, c->log_group)
                       : arena_printf(&e->memory, "/aws/lambda/%.*s", BYTES_ARG(c->name));
}

/* False when there are none; the log says why. */
static bool lend_credentials(struct environment *e, const struct runtime_code *c, struct arena *a,
                             struct runtime_credentials *out) {
    const struct runtime_host *host = e->runtimes->host;
    if (!host->credentials)
        return false;
    if (host->credentials(host->context, c->account, c->role_arn, c->name, a, out) == OK) {
        e->expires_ms = out->expires_ms;
        return true;
    }
    transcript_say(&e->output, clock_wall_ms(), "[kedge] no credentials for this function: %s\n",
                   failure_text());
    return false;
}

static void build_variables(struct environment *e, const struct runtime_code *c, const char *root,
                            struct buf *out) {
    AUTO(arena) a = {0};
    struct runtime_credentials credentials = {0};
    bool has = lend_credentials(e, c, &a, &credentials);
    struct variables_about about = {.code = c,
                                    .credentials = has ? &credentials : NULL,
                                    .family = e->family,
                                    .region = e->runtimes->host->region,
                                    .endpoint_url = e->runtimes->host->endpoint_url,
                                    .api = e->door.address,
                                    .root = root,
                                    .temporary = e->temporary ? e->temporary : "/tmp",
                                    .log_group = e->log_group,
                                    .log_stream = e->log_stream};
    variables_build(out, &about);
    arena_wipe(&a);
}

/* ---- how it is confined ---- */

/* Whether another user gets to the folder: all above it let him through. */
static bool is_open_to_all(const char *folder) {
    char path[4096];
    struct stat about;
    (void)snprintf(path, sizeof path, "%s", folder);
    for (char *slash; path[0]; *slash = 0) {
        if (stat(path, &about) != 0 || !(about.st_mode & S_IXOTH))
            return false;
        slash = strrchr(path, '/');
        if (!slash)
            return false;
    }
    return true;
}

/* Without a root of its own: a folder for its temporary files, removed with it. */
static status make_temporary(struct environment *e, unsigned uid) {
    char *path = arena_string(&e->memory, BYTES("/tmp/kedge-function-XXXXXX"));
    if (!mkdtemp(path) || (uid && chown(path, uid, uid) != 0))
        return FAIL(E_UNAVAILABLE, "a function cannot have a folder for temporary files: %s",
                    strerror(errno));
    e->temporary = path;
    return OK;
}

static void put_ports(struct words *w, const struct environment *e) {
    const struct runtime_host *host = e->runtimes->host;
    put_number(w, "--port", e->door.port);
    for (size_t i = 0; i < COUNT_OF(host->ports) && host->ports[i]; i++)
        put_number(w, "--port", host->ports[i]);
    put(w, "--closed-network");
}

static void put_limits(struct words *w, const struct environment *e, const struct runtime_code *c,
                       const struct abilities *can) {
    put_number(w, "--memory-mb", c->memory_mb);
    put_number(w, "--storage-mb", c->storage_mb);
    put_number(w, "--processes", CONFINE_PROCESSES_MAX);
    if (!e->uid && !can->namespaces)
        put(w, "--shared-user");
}

static status put_confinement(struct words *w, struct environment *e, const struct runtime_code *c,
                              const struct interpreter *i) {
    const struct abilities *can;
    TRY(abilities_of(e->runtimes, &can));
    e->has_root = can->namespaces && can->root;
    if (can->user && (e->has_root || is_open_to_all(c->folder)))
        e->uid = CONFINE_UID_FIRST + (e->runtimes->first_uid + e->slot) % CONFINE_UIDS;
    if (!e->has_root)
        TRY(make_temporary(e, e->uid));
    put(w, e->runtimes->options.program);
    put(w, "confine");
    put_number(w, "--environment", CONFINE_ENVIRONMENT);
    put_number(w, "--report", CONFINE_REPORT);
    put(w, "--folder"), put(w, c->folder);
    if (e->temporary)
        put(w, "--temporary"), put(w, e->temporary);
    if (e->uid)
        put_number(w, "--uid", e->uid);
    if (can->namespaces)
        put(w, "--own-namespaces");
    if (e->has_root)
        put(w, "--own-root");
    if (can->landlock)
        put(w, "--landlock");
    if (can->seccomp)
        put(w, "--seccomp");
    for (size_t n = 0; i->reads[n]; n++)
        put(w, "--read"), put(w, i->reads[n]);
    if (!e->runtimes->options.open_network)
        put_ports(w, e);
    put_limits(w, e, c, can);
    put(w, "--");
    return OK;
}

/* ---- descriptors ---- */

struct descriptors {
    int output, report, environment; /* the process's ends; -1: none */
};

static void close_if(int fd) {
    if (fd >= 0)
        (void)close(fd);
}

/* Moves a descriptor out of the way of those the process is to have. */
static int aside(int fd) {
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    close_if(fd);
    return moved;
}

static status make_pipe(struct environment *e, struct descriptors *d) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return FAIL(E_UNAVAILABLE, "a function cannot have a pipe: %s", strerror(errno));
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    e->pipe = ends[0];
    d->output = aside(ends[1]);
    return OK;
}

static status make_report(struct environment *e, struct descriptors *d) {
    int ends[2], one = 1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return FAIL(E_UNAVAILABLE, "a function cannot have a socket: %s", strerror(errno));
    (void)setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof one);
    e->report = ends[0];
    d->report = aside(ends[1]);
    return OK;
}

/* In memory: a command line or the environment of `confine` itself could be seen or be heeded. */
static status make_environment(const struct buf *variables, struct descriptors *d) {
    int fd = memfd_create("environment", MFD_CLOEXEC);
    d->environment = fd >= 0 ? aside(fd) : -1;
    if (d->environment < 0 ||
        write(d->environment, variables->ptr, variables->len) != (ssize_t)variables->len)
        return FAIL(E_UNAVAILABLE, "a function cannot have an environment: %s", strerror(errno));
    return OK;
}

/* ---- starting ---- */

static status run(struct environment *e, const struct words *w, char **variables,
                  const char *folder, const struct descriptors *d) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    assert(w->list[0]);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, d->output, 1);
    posix_spawn_file_actions_adddup2(&files, d->output, 2);
    if (d->environment >= 0)
        posix_spawn_file_actions_adddup2(&files, d->environment, CONFINE_ENVIRONMENT);
    if (d->report >= 0)
        posix_spawn_file_actions_adddup2(&files, d->report, CONFINE_REPORT);
    if (folder)
        posix_spawn_file_actions_addchdir_np(&files, folder);
    posix_spawnattr_init(&how);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setflags(&how,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    pid_t pid = -1;
    int error =
        posix_spawn(&pid, w->list[0], &files, &how, (char *const *)(uintptr_t)w->list, variables);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0)
        return FAIL(E_UNAVAILABLE, "%s cannot be started: %s", w->list[0], strerror(error));
    pthread_mutex_lock(&e->runtimes->mutex);
    e->pid = pid;
    if (e->runtimes->closing)
        environment_kill(e);
    pthread_mutex_unlock(&e->runtimes->mutex);
    e->handle = (int)syscall(SYS_pidfd_open, pid, 0);
    return e->handle >= 0
               ? OK
               : FAIL(E_UNAVAILABLE, "a function's process cannot be watched: %s", strerror(errno));
}

/* The texts of `block`, which has a zero after each. */
static char **list_texts(struct buf *block, struct arena *a) {
    bytes left = buf_bytes(block), one;
    char **list = ARENA_ARRAY(a, char *, OWN_VARIABLES_MAX + 1);
    size_t n = 0;
    while (n < OWN_VARIABLES_MAX && bytes_split(&left, 0, &one))
        if (one.len > 0)
            list[n++] = (char *)(uintptr_t)one.ptr;
    return list;
}

static status start(struct environment *e, const struct words *w, struct buf *variables,
                    const struct runtime_code *c) {
    struct descriptors d = {-1, -1, -1};
    char *nothing[] = {NULL};
    bool plain = e->runtimes->options.unconfined;
    status s = make_pipe(e, &d);
    if (s == OK && !plain)
        s = make_report(e, &d);
    if (s == OK && !plain)
        s = make_environment(variables, &d);
    if (s == OK)
        s = run(e, w, plain ? list_texts(variables, w->a) : nothing, plain ? c->folder : NULL, &d);
    close_if(d.output);
    close_if(d.report);
    close_if(d.environment);
    return s;
}

status launch(struct environment *e, const struct runtime_code *c, const struct interpreter *i) {
    AUTO(arena) a = {0};
    AUTO(buf) variables = {0};
    struct words words = {.a = &a};
    const char *command[COMMAND_WORDS_MAX];
    e->family = i->family;
    e->born_us = clock_monotonic_us();
    name_log(e, c);
    if (!e->runtimes->options.unconfined)
        TRY(put_confinement(&words, e, c, i));
    const char *root = e->has_root ? "/var/task" : c->folder;
    (void)buf_reserve(&variables, 64 * 1024); /* it then never moves, and is wiped where it was */
    build_variables(e, c, root, &variables);
    language_command(i->family, i->path, root, c->memory_mb, &a, command);
    for (size_t n = 0; command[n]; n++)
        put(&words, command[n]);
    status s = start(e, &words, &variables, c);
    mem_wipe(variables.ptr, variables.capacity);
    return s;
}
