/* The log on its way to standard error, which may be a pipe that nobody reads.
 *
 *     any thread ── log_end ──▶ ring of 256 KiB ── one thread ──▶ write(2)
 *
 * A line that finds no room is counted and dropped. Of each event at most LINES_PER_S_MAX lines are
 * kept in a second, so that one storm neither fills the disk nor pushes everything else out. What
 * was left out is said in a line of its own, "log.suppressed", as soon as there is room. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_internal.h"

enum { RING_BYTES = 256 << 10, PIECE_BYTES = 16 << 10, LINES_PER_S_MAX = 200, STOP_MS_MAX = 1000 };

/* How many lines an event has had in this second. Two events that share a place share the limit. */
enum { EVENT_COUNT = 256, EVENT_NAME_MAX = 40 };
struct event_count {
    char name[EVENT_NAME_MAX];
    unsigned lines, suppressed;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t more, empty;
    pthread_t thread;
    bool running, stopping, writing;
    size_t start, len; /* of what waits in the ring */
    uint64_t second, dropped;
    struct event_count events[EVENT_COUNT];
    char ring[RING_BYTES];
} writer = {.lock = PTHREAD_MUTEX_INITIALIZER,
            .more = PTHREAD_COND_INITIALIZER,
            .empty = PTHREAD_COND_INITIALIZER};

/* ---- the ring; with the lock held ---- */

static bool put(const char *line, size_t len) {
    if (len > RING_BYTES - writer.len)
        return false;
    size_t at = (writer.start + writer.len) % RING_BYTES;
    size_t first = len < RING_BYTES - at ? len : RING_BYTES - at;
    memcpy(writer.ring + at, line, first);
    memcpy(writer.ring, line + first, len - first);
    writer.len += len;
    return true;
}

static size_t take(char piece[PIECE_BYTES]) {
    size_t len = writer.len < PIECE_BYTES ? writer.len : PIECE_BYTES;
    size_t first = len < RING_BYTES - writer.start ? len : RING_BYTES - writer.start;
    memcpy(piece, writer.ring + writer.start, first);
    memcpy(piece + first, writer.ring, len - first);
    writer.start = (writer.start + len) % RING_BYTES;
    writer.len -= len;
    return len;
}

static bool say_suppressed(const char *event, uint64_t count, const char *why) {
    char line[300], time[25];
    clock_format(clock_wall_ms(), time);
    int len = snprintf(line, sizeof line,
                       "{\"time\":\"%s\",\"level\":\"warn\",\"event\":\"log.suppressed\","
                       "\"of\":\"%s\",\"count\":%llu,\"message\":\"suppressed %llu lines: %s\"}\n",
                       time, event, (unsigned long long)count, (unsigned long long)count, why);
    return put(line, (size_t)len);
}

static void say_dropped(void) {
    if (writer.dropped > 0 && writer.len < RING_BYTES / 2 &&
        say_suppressed("", writer.dropped, "standard error was not read fast enough"))
        writer.dropped = 0;
}

/* A new second: each event starts anew, and what was too much of it in the last one is said. */
static void look_at_clock(void) {
    uint64_t second = clock_monotonic_us() / 1000000;
    if (second == writer.second)
        return;
    writer.second = second;
    for (size_t i = 0; i < EVENT_COUNT; i++) {
        struct event_count *e = &writer.events[i];
        e->lines = 0;
        if (e->suppressed > 0 &&
            say_suppressed(e->name, e->suppressed, "more than 200 of this event in a second"))
            e->suppressed = 0;
    }
}

/* ---- any thread ---- */

static struct event_count *count_of(const char *event) {
    uint32_t hash = 2166136261U;
    for (const char *c = event; *c; c++)
        hash = (hash ^ (uint8_t)*c) * 16777619U;
    return &writer.events[hash % EVENT_COUNT];
}

bool log_writer_wants(const char *event) {
    pthread_mutex_lock(&writer.lock);
    bool wanted = true;
    if (writer.running) {
        look_at_clock();
        struct event_count *e = count_of(event);
        wanted = e->lines < LINES_PER_S_MAX;
        if (wanted) {
            e->lines++;
        } else {
            (void)snprintf(e->name, sizeof e->name, "%s", event);
            e->suppressed++;
        }
    }
    pthread_mutex_unlock(&writer.lock);
    return wanted;
}

bool log_writer_take(const char *line, size_t len) {
    pthread_mutex_lock(&writer.lock);
    bool running = writer.running;
    if (running) {
        say_dropped();
        if (!put(line, len))
            writer.dropped++;
        pthread_cond_signal(&writer.more);
    }
    pthread_mutex_unlock(&writer.lock);
    return running;
}

/* ---- the writer's thread ---- */

/* Waits for lines, at most to the next second when there are events to be summed up. */
static size_t wait_for_lines(char piece[PIECE_BYTES]) {
    struct timespec until;
    pthread_mutex_lock(&writer.lock);
    writer.writing = false;
    for (;;) {
        look_at_clock();
        say_dropped();
        if (writer.len > 0)
            break;
        pthread_cond_broadcast(&writer.empty);
        if (writer.stopping)
            break;
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        (void)pthread_cond_timedwait(&writer.more, &writer.lock, &until);
    }
    size_t len = take(piece);
    writer.writing = len > 0;
    pthread_mutex_unlock(&writer.lock);
    return len;
}

/* A log that cannot be written is lost; there is nowhere to say so. */
static void write_all(const char *piece, size_t len) {
    while (len > 0) {
        ssize_t n = write(STDERR_FILENO, piece, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        piece += n;
        len -= (size_t)n;
    }
}

static void *run(void *unused) {
    static char piece[PIECE_BYTES];
    UNUSED(unused);
    for (size_t len; (len = wait_for_lines(piece)) > 0;)
        write_all(piece, len);
    return NULL;
}

void log_start(void) {
    pthread_mutex_lock(&writer.lock);
    writer.stopping = false;
    writer.running = pthread_create(&writer.thread, NULL, run, NULL) == 0;
    pthread_mutex_unlock(&writer.lock);
}

void log_stop(void) {
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_MS_MAX / 1000;
    pthread_mutex_lock(&writer.lock);
    bool running = writer.running;
    writer.second = 0; /* what was suppressed is said now */
    writer.stopping = true;
    pthread_cond_signal(&writer.more);
    int late = 0;
    while (running && late == 0 && (writer.len > 0 || writer.writing))
        late = pthread_cond_timedwait(&writer.empty, &writer.lock, &until);
    writer.running = false;
    pthread_mutex_unlock(&writer.lock);
    if (running && late == 0)
        (void)pthread_join(writer.thread, NULL);
    else if (running)
        (void)pthread_detach(writer.thread); /* nobody reads: it is left behind in write(2) */
}
