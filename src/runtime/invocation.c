#include "runtime/invocation.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"

enum {
    INIT_MS = 10000, /* until the first `next` [8.1]; what is left of it later counts as run */
    SETTLE_MS = 250, /* between response and `next` */
    LEAVE_MS = 1000, /* a runtime that reported that it cannot start may log why */
};

/* ---- errors in AWS's words ---- */

static bytes error_json(struct arena *a, const char *type, const char *message) {
    return bytes_from(
        arena_printf(a, "{\"errorType\":\"%s\",\"errorMessage\":\"%s\"}", type, message));
}

static void fail(struct runtime_result *out, bytes payload) {
    out->error = "Unhandled";
    out->payload = payload;
}

static void fail_late(struct environment *e, const struct invocation *i, int64_t ms,
                      struct arena *a, struct runtime_result *out) {
    int64_t now = clock_wall_ms();
    char at[25];
    double s = (double)ms / 1000;
    clock_format(now, at);
    transcript_say(&e->output, now, "%s %s Task timed out after %.2f seconds\n\n", at,
                   i->request_id, s);
    fail(out, error_json(a, "Sandbox.Timedout",
                         arena_printf(a, "RequestId: %s Error: Task timed out after %.2f seconds",
                                      i->request_id, s)));
}

static void fail_ended(struct environment *e, const struct invocation *i, struct arena *a,
                       struct runtime_result *out) {
    const char *how = e->is_over_memory ? "signal: killed" : e->ending;
    const char *text = *how ? arena_printf(a, "Runtime exited with error: %s", how)
                            : "Runtime exited without providing a reason";
    int64_t now = clock_wall_ms();
    transcript_say(&e->output, now, "RequestId: %s Error: %s\nRuntime.ExitError\n", i->request_id,
                   text);
    if (e->is_over_memory)
        transcript_say(&e->output, now, "[kedge] the function used more than its %u MB of memory\n",
                       e->memory_mb);
    fail(out, error_json(a, "Runtime.ExitError",
                         arena_printf(a, "RequestId: %s Error: %s", i->request_id, text)));
}

/* ---- phases ---- */

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static void say_init_start(struct environment *e, const struct invocation *i) {
    const struct runtime_code *c = i->code;
    transcript_say(&e->output, clock_wall_ms(),
                   "INIT_START Runtime Version: %.*s (%s)\tRuntime Version ARN: -\n",
                   BYTES_ARG(c->runtime), i->interpreter->path);
}

static void fail_entrypoint(struct environment *e, const struct invocation *i, struct arena *a,
                            struct runtime_result *out) {
    const char *text = arena_printf(
        a, "RequestId: %s Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap]",
        i->request_id);
    transcript_say(&e->output, clock_wall_ms(), "%s\nRuntime.InvalidEntrypoint\n", text);
    fail(out, error_json(a, "Runtime.InvalidEntrypoint", text));
}

static bool lacks_bootstrap(const struct environment *e, const struct runtime_code *c,
                            struct arena *a) {
    return e->family == FAMILY_PROVIDED &&
           access(arena_printf(a, "%s/bootstrap", c->folder), X_OK) != 0;
}

/* From start to the first `next`. False when there is a result already: it did not get that far. */
static bool initialize(struct environment *e, const struct invocation *i, struct arena *a,
                       struct runtime_result *out) {
    unsigned wanted = WANTS(ATTENDED_READY) | WANTS(ATTENDED_RESULT);
    uint64_t start = clock_monotonic_us();
    uint64_t until = start + (INIT_MS + (uint64_t)i->timeout_ms) * 1000;
    enum attended what = environment_attend(e, earlier(until, i->give_up_us), wanted);
    e->init_us = clock_monotonic_us() - e->born_us;
    if (what == ATTENDED_READY)
        return true;
    e->is_stale = true;
    if (what == ATTENDED_LATE) {
        fail_late(e, i, (int64_t)((clock_monotonic_us() - start) / 1000), a, out);
    } else if (what == ATTENDED_RESULT) {
        fail(out, arena_copy(a, buf_bytes(&e->dialogue.result)));
        (void)environment_attend(e, clock_monotonic_us() + LEAVE_MS * 1000, 0);
    } else if (lacks_bootstrap(e, i->code, a)) {
        fail_entrypoint(e, i, a, out);
    } else {
        fail_ended(e, i, a, out);
    }
    return false;
}

static void give(struct environment *e, const struct invocation *i, int64_t timeout_ms) {
    uint8_t raw[20];
    char hex[41] = "", trace[96];
    random_fill(raw, sizeof raw);
    hex_encode(bytes_of(raw, sizeof raw), hex);
    (void)snprintf(trace, sizeof trace, "Root=1-%08x-%.24s;Parent=%.16s;Sampled=0",
                   (unsigned)(clock_wall_ms() / 1000), hex, hex + 24);
    struct dialogue_event event = {
        .request_id = i->request_id,
        .deadline_ms = clock_wall_ms() + timeout_ms,
        .invoked_arn = i->event->invoked_arn.len ? i->event->invoked_arn : i->code->function_arn,
        .trace_id = bytes_from(trace),
        .client_context = i->event->client_context,
        .body = i->event->event,
    };
    environment_thaw(e);
    door_give(&e->door, &e->dialogue, &event);
}

static void take_outcome(struct environment *e, const struct invocation *i, enum attended what,
                         int64_t timeout_ms, struct arena *a, struct runtime_result *out) {
    if (what == ATTENDED_RESULT) {
        out->payload = arena_copy(a, buf_bytes(&e->dialogue.result));
        out->error = e->dialogue.is_error ? "Unhandled" : NULL;
        return;
    }
    e->is_stale = true;
    if (what == ATTENDED_LATE)
        fail_late(e, i, timeout_ms, a, out);
    else
        fail_ended(e, i, a, out);
}

static void run(struct environment *e, const struct invocation *i, struct arena *a,
                struct runtime_result *out) {
    uint64_t start = clock_monotonic_us();
    uint64_t until = earlier(start + (uint64_t)i->timeout_ms * 1000, i->give_up_us);
    int64_t timeout_ms = until > start ? (int64_t)((until - start) / 1000) : 0;
    give(e, i, timeout_ms);
    enum attended what = environment_attend(e, until, WANTS(ATTENDED_RESULT));
    out->duration_us = (int64_t)(clock_monotonic_us() - start);
    take_outcome(e, i, what, timeout_ms, a, out);
    if (e->is_stale)
        return;
    what = environment_attend(e, clock_monotonic_us() + SETTLE_MS * 1000, WANTS(ATTENDED_READY));
    e->is_stale = what != ATTENDED_READY;
}

/* ---- the whole ---- */

static void say_end(struct environment *e, const struct invocation *i,
                    const struct runtime_result *r) {
    int64_t now = clock_wall_ms();
    double ms = (double)r->duration_us / 1000;
    char init[64] = "";
    transcript_end(&e->output, now);
    transcript_say(&e->output, now, "END RequestId: %s\n", i->request_id);
    if (i->cold)
        (void)snprintf(init, sizeof init, "Init Duration: %.2f ms\t", (double)e->init_us / 1000);
    transcript_say(
        &e->output, now,
        "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %lld ms\tMemory Size: %u "
        "MB\tMax Memory Used: %zu MB\t%s\n",
        i->request_id, ms, (long long)((r->duration_us + 999) / 1000), e->memory_mb,
        (environment_peak_kb(e) + 1023) / 1024, init);
}

status invocation_run(struct environment *e, const struct invocation *i, struct arena *a,
                      struct runtime_result *out) {
    struct runtime_result r = {.executed_version = arena_copy(a, i->code->version),
                               .request_id = bytes_from(i->request_id),
                               .cold = i->cold};
    transcript_begin(&e->output);
    if (i->cold)
        say_init_start(e, i);
    bool goes_on = !i->cold || initialize(e, i, a, &r);
    if (e->failure[0])
        return FAIL(E_UNAVAILABLE, "the function cannot be confined and started: %s", e->failure);
    transcript_say(&e->output, clock_wall_ms(), "START RequestId: %s Version: %.*s\n",
                   i->request_id, BYTES_ARG(i->code->version));
    if (goes_on)
        run(e, i, a, &r);
    say_end(e, i, &r);
    if (!e->is_stale)
        environment_freeze(e);
    transcript_flush(&e->output);
    if (i->event->want_log_tail)
        r.log_tail = arena_copy(a, transcript_tail(&e->output));
    *out = r;
    return OK;
}
