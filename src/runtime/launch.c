#include "runtime/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "runtime/variables.h"

enum { OWN_VARIABLES_MAX = 200 };

static int open_handle(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

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
    const struct runtime_host *host = &e->runtimes->host;
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
                                    .region = e->runtimes->host.region,
                                    .endpoint_url = e->runtimes->host.endpoint_url,
                                    .api = e->door.address,
                                    .root = root,
                                    .temporary = "/tmp",
                                    .log_group = e->log_group,
                                    .log_stream = e->log_stream};
    variables_build(out, &about);
    arena_wipe(&a);
}

/* The texts of `block`, which has a zero after each. */
static void list_texts(struct buf *block, struct arena *a, char ***out) {
    bytes left = buf_bytes(block), one;
    char **list = ARENA_ARRAY(a, char *, OWN_VARIABLES_MAX + 1);
    size_t n = 0;
    while (n < OWN_VARIABLES_MAX && bytes_split(&left, 0, &one))
        if (one.len > 0)
            list[n++] = (char *)(uintptr_t)one.ptr;
    *out = list;
}

static status make_pipe(struct environment *e, int *out_writer) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return FAIL(E_UNAVAILABLE, "a function cannot have a pipe: %s", strerror(errno));
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    e->pipe = ends[0];
    *out_writer = ends[1];
    return OK;
}

static status run_plain(struct environment *e, const struct runtime_code *c, const char **words,
                        char **variables, int output) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, 1);
    posix_spawn_file_actions_adddup2(&files, output, 2);
    posix_spawn_file_actions_addchdir_np(&files, c->folder);
    posix_spawnattr_init(&how);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setflags(&how,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int error =
        posix_spawn(&e->pid, words[0], &files, &how, (char *const *)(uintptr_t)words, variables);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) {
        e->pid = -1;
        return FAIL(E_UNAVAILABLE, "%s cannot be started: %s", words[0], strerror(error));
    }
    return OK;
}

status launch(struct environment *e, const struct runtime_code *c, const char *interpreter) {
    AUTO(arena) a = {0};
    AUTO(buf) variables = {0};
    const char *words[COMMAND_WORDS_MAX];
    char **list;
    int output = -1;
    (void)language_of(c->runtime, &e->family);
    name_log(e, c);
    (void)buf_reserve(&variables, 16384); /* it then never moves, and is wiped where it was */
    build_variables(e, c, c->folder, &variables);
    list_texts(&variables, &a, &list);
    language_command(e->family, interpreter, c->folder, c->memory_mb, &a, words);
    e->born_us = clock_monotonic_us();
    status s = make_pipe(e, &output);
    if (s == OK)
        s = run_plain(e, c, words, list, output);
    if (output >= 0)
        (void)close(output);
    mem_wipe(variables.ptr, variables.capacity);
    TRY(s);
    e->handle = open_handle(e->pid);
    return e->handle >= 0
               ? OK
               : FAIL(E_UNAVAILABLE, "a function's process cannot be watched: %s", strerror(errno));
}
