#include "runtime/environment.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "runtime/launch.h"
#include "runtime/report.h"

enum { READ_BYTES = 64 * 1024, READS_PER_TURN = 16 };

/* ---- output ---- */

static void emit(struct transcript *o, const struct runtime_line *lines, size_t count) {
    struct environment *e = OWNER(o, struct environment, output);
    const struct runtime_host *host = e->runtimes->host;
    if (host->log)
        host->log(host->context, e->account, bytes_from(e->log_group), bytes_from(e->log_stream),
                  lines, count);
}

/* A flood waits in the pipe, and its writer with it, so that time-outs stay due. */
static void read_output(struct environment *e) {
    uint8_t piece[READ_BYTES];
    for (int turn = 0; e->pipe >= 0 && turn < READS_PER_TURN; turn++) {
        ssize_t n = read(e->pipe, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0) {
            (void)close(e->pipe);
            e->pipe = -1;
            break;
        }
        transcript_take(&e->output, bytes_of(piece, (size_t)n), clock_wall_ms());
    }
    transcript_flush(&e->output);
}

/* ---- the end of the process ---- */

static void take_report(struct environment *e, const struct report *r) {
    if (r->kind == REPORT_FAILED) {
        (void)snprintf(e->failure, sizeof e->failure, "%s", r->text);
    } else if (r->kind == REPORT_ENDED && !e->has_ending) {
        report_describe(r->number, e->ending, sizeof e->ending);
        e->has_ending = true;
    } else if (r->kind == REPORT_STARTED) {
        e->inner = r->sender;
    } else if (r->kind == REPORT_GROUP) {
        pthread_mutex_lock(&e->runtimes->mutex);
        e->group = r->sender;
        pthread_mutex_unlock(&e->runtimes->mutex);
    }
}

static void read_report(struct environment *e) {
    struct report r = {0};
    while (e->report >= 0 && report_receive(e->report, &r) == OK)
        take_report(e, &r);
}

/* Waits for the end of a process that has been killed. */
static void reap(struct environment *e) {
    int how = 0;
    siginfo_t ended;
    if (e->pid <= 0)
        return;
    while (waitid(P_PID, (id_t)e->pid, &ended, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
    pthread_mutex_lock(&e->runtimes->mutex);
    (void)waitpid(e->pid, &how, 0);
    e->pid = -1;
    e->group = 0;
    pthread_mutex_unlock(&e->runtimes->mutex);
    read_report(e);
    if (!e->has_ending)
        report_describe(how, e->ending, sizeof e->ending);
}

static void see_end(struct environment *e) {
    door_serve(&e->door, &e->dialogue); /* what it said before it went */
    environment_kill(e);                /* and whom it left behind */
    reap(e);
    read_output(e);
    e->has_ended = true;
}

/* ---- attending ---- */

static bool holds(const struct environment *e, unsigned wanted, enum attended *out) {
    if ((wanted & WANTS(ATTENDED_READY)) && e->dialogue.state == DIALOGUE_READY)
        *out = ATTENDED_READY;
    else if ((wanted & WANTS(ATTENDED_RESULT)) && e->dialogue.has_result)
        *out = ATTENDED_RESULT;
    else if (e->has_ended)
        *out = ATTENDED_ENDED;
    else
        return false;
    return true;
}

static int left_ms(uint64_t until_us) {
    uint64_t now = clock_monotonic_us();
    uint64_t left = until_us > now ? (until_us - now + 999) / 1000 : 0;
    return left > 1000000 ? 1000000 : (int)left;
}

static void wait_and_serve(struct environment *e, uint64_t until_us) {
    struct pollfd polls[DOOR_POLLS_MAX + 3];
    size_t n = door_watch(&e->door, polls);
    polls[n++] = (struct pollfd){.fd = e->handle, .events = POLLIN};
    polls[n++] = (struct pollfd){.fd = e->report, .events = POLLIN};
    polls[n++] = (struct pollfd){.fd = e->pipe, .events = POLLIN};
    if (poll(polls, n, left_ms(until_us)) <= 0)
        return;
    if (polls[n - 1].revents)
        read_output(e);
    if (polls[n - 2].revents)
        read_report(e);
    door_serve(&e->door, &e->dialogue);
    if (polls[n - 3].revents || e->has_ending)
        see_end(e);
}

enum attended environment_attend(struct environment *e, uint64_t until_us, unsigned wanted) {
    enum attended what;
    while (!holds(e, wanted, &what)) {
        if (clock_monotonic_us() >= until_us)
            return ATTENDED_LATE;
        wait_and_serve(e, until_us);
    }
    return what;
}

bool environment_is_alive(struct environment *e) {
    struct pollfd ends[] = {{.fd = e->handle, .events = POLLIN},
                            {.fd = e->report, .events = POLLIN}};
    return e->dialogue.state == DIALOGUE_READY && poll(ends, COUNT_OF(ends), 0) == 0;
}

/* ---- life ---- */

/* What the function runs in; whoever confines it goes on. */
static void signal_function(struct environment *e, int number) {
    if (e->pid > 0)
        (void)kill(-(e->group > 0 ? e->group : e->pid), number);
}

void environment_freeze(struct environment *e) {
    if (e->report < 0 || e->group > 0)
        signal_function(e, SIGSTOP);
}

void environment_thaw(struct environment *e) {
    if (e->report < 0 || e->group > 0)
        signal_function(e, SIGCONT);
}

void environment_kill(struct environment *e) {
    signal_function(e, SIGKILL);
    if (e->pid > 0)
        (void)kill(-e->pid, SIGKILL);
}

static bool has_slot(const struct runtimes *r, unsigned slot) {
    LIST_EACH (link, &r->all) {
        if (OWNER(link, struct environment, everywhere)->slot == slot)
            return true;
    }
    return false;
}

static void enter(struct runtimes *r, struct environment *e) {
    pthread_mutex_lock(&r->mutex);
    while (has_slot(r, e->slot))
        e->slot++;
    list_push(&r->all, &e->everywhere);
    pthread_mutex_unlock(&r->mutex);
}

status environment_start(struct runtimes *r, const struct runtime_code *code,
                         const struct interpreter *interpreter,
                         struct environment **out_environment) {
    struct environment *e = NEW(struct environment);
    list_init(&e->link);
    list_init(&e->everywhere);
    e->runtimes = r;
    e->output.emit = emit;
    e->handle = e->pipe = e->report = e->door.listener = -1;
    e->memory_mb = code->memory_mb;
    e->account = arena_copy(&e->memory, code->account);
    e->version = arena_copy(&e->memory, code->version);
    e->revision = arena_copy(&e->memory, code->revision);
    enter(r, e);
    status s = door_open(&e->door);
    if (s == OK)
        s = launch(e, code, interpreter);
    if (s != OK) {
        environment_free(e);
        return s;
    }
    *out_environment = e;
    return OK;
}

static void close_if(int fd) {
    if (fd >= 0)
        (void)close(fd);
}

void environment_free(struct environment *e) {
    if (!e)
        return;
    environment_kill(e);
    reap(e);
    pthread_mutex_lock(&e->runtimes->mutex);
    list_remove(&e->everywhere);
    pthread_mutex_unlock(&e->runtimes->mutex);
    transcript_end(&e->output, clock_wall_ms());
    transcript_flush(&e->output);
    if (e->door.listener >= 0)
        door_close(&e->door);
    close_if(e->handle);
    close_if(e->pipe);
    close_if(e->report);
    if (e->temporary && folder_remove(e->temporary) != OK && e->runtimes->host->notice)
        e->runtimes->host->notice(e->runtimes->host->context, "function.leftover", failure_text());
    dialogue_done(&e->dialogue);
    transcript_done(&e->output);
    arena_done(&e->memory);
    mem_free(e);
}

size_t environment_peak_kb(struct environment *e) {
    char path[64], line[128];
    unsigned long kb;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)(e->inner > 0 ? e->inner : e->pid));
    FILE *f = e->pid > 0 ? fopen(path, "re") : NULL;
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmHWM: %lu kB", &kb) == 1 && kb > e->peak_kb)
            e->peak_kb = kb;
    if (f)
        (void)fclose(f);
    return e->peak_kb;
}
