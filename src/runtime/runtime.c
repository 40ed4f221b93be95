#include "runtime/runtime.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/random.h"
#include "runtime/invocation.h"
#include "runtime/pool.h"

enum { PROCESSES_MAX = 64, IDLE_S = 600, TIMEOUT_MS = 3000, MEMORY_MB = 128, STORAGE_MB = 512 };

/* ---- open and close ---- */

status runtimes_open(const struct runtime_host *host, const struct runtime_options *options,
                     struct runtimes **out_runtimes) {
    struct runtimes *r = NEW(struct runtimes);
    pthread_condattr_t monotonic;
    r->host = host;
    if (options)
        r->options = *options;
    r->options.processes_max = r->options.processes_max ? r->options.processes_max : PROCESSES_MAX;
    r->options.idle_s = r->options.idle_s ? r->options.idle_s : IDLE_S;
    r->options.program = r->options.program ? r->options.program : "/proc/self/exe";
    r->first_uid = (unsigned)(random_u64() % CONFINE_UIDS);
    list_init(&r->pools);
    list_init(&r->interpreters);
    pthread_mutex_init(&r->finding, NULL);
    list_init(&r->all);
    pthread_mutex_init(&r->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&r->woken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&r->keeper, NULL, keeper_run, r) != 0) {
        runtimes_free(r);
        return FAIL(E_UNAVAILABLE, "functions cannot run: no thread for their keeper");
    }
    r->has_keeper = true;
    *out_runtimes = r;
    return OK;
}

void runtimes_close(struct runtimes *r) {
    if (!r)
        return;
    pthread_mutex_lock(&r->mutex);
    r->closing = true;
    LIST_EACH (link, &r->all)
        environment_kill(OWNER(link, struct environment, everywhere));
    pthread_cond_signal(&r->woken);
    pthread_mutex_unlock(&r->mutex);
}

void runtimes_free(struct runtimes *r) {
    if (!r)
        return;
    runtimes_close(r);
    if (r->has_keeper)
        pthread_join(r->keeper, NULL);
    pools_free(r);
    interpreters_free(r);
    pthread_mutex_destroy(&r->finding);
    pthread_cond_destroy(&r->woken);
    pthread_mutex_destroy(&r->mutex);
    mem_free(r);
}

/* ---- invoke ---- */

static struct runtime_code with_defaults(const struct runtime_code *c) {
    struct runtime_code code = *c;
    code.timeout_ms = c->timeout_ms ? c->timeout_ms : TIMEOUT_MS;
    code.memory_mb = c->memory_mb ? c->memory_mb : MEMORY_MB;
    code.storage_mb = c->storage_mb ? c->storage_mb : STORAGE_MB;
    return code;
}

static const char *request_id_of(const struct runtime_event *event, struct arena *a) {
    char id[37];
    if (event->request_id.len > 0 && event->request_id.len < 64)
        return arena_string(a, event->request_id);
    random_uuid(id);
    return arena_string(a, bytes_from(id));
}

static status run_on(struct environment *e, struct invocation *i, struct arena *a,
                     struct runtime_result *out) {
    struct runtimes *r = e->runtimes;
    status s = invocation_run(e, i, a, out);
    bool failed = s != OK || out->error;
    if (s != OK)
        e->is_stale = true;
    pthread_mutex_lock(&r->mutex);
    r->counts.invocations++;
    r->counts.cold_starts += i->cold;
    r->counts.failures += failed;
    if (r->closing && failed)
        s = FAIL(E_UNAVAILABLE, "the server is stopping");
    pthread_mutex_unlock(&r->mutex);
    pool_return(e);
    return s;
}

/* A process that died while it was idle, of whatever, has not seen the event: the next one gets it.
 */
static status take_alive(struct runtimes *r, const struct runtime_code *code, struct invocation *i,
                         struct environment **out) {
    for (;;) {
        TRY(pool_take(r, code, i->interpreter, out, &i->cold));
        if (i->cold || environment_is_alive(*out))
            return OK;
        (*out)->is_stale = true;
        pool_return(*out);
    }
}

status runtime_invoke(struct runtimes *r, const struct runtime_code *asked,
                      const struct runtime_event *event, struct arena *a,
                      struct runtime_result *out) {
    struct runtime_code code = with_defaults(asked);
    struct invocation i = {
        .code = &code, .event = event, .timeout_ms = code.timeout_ms, .give_up_us = UINT64_MAX};
    struct environment *e;
    if (event->event.len > RUNTIME_EVENT_BYTES_MAX)
        return FAIL(E_TOO_LARGE,
                    "Request must be smaller than %d bytes for the InvokeFunction operation",
                    RUNTIME_EVENT_BYTES_MAX);
    TRY(interpreter_find(r, code.runtime, &i.interpreter));
    if (event->timeout_ms > 0)
        i.give_up_us = clock_monotonic_us() + (uint64_t)event->timeout_ms * 1000;
    i.request_id = request_id_of(event, a);
    TRY(take_alive(r, &code, &i, &e));
    return run_on(e, &i, a, out);
}

status runtime_find(struct runtimes *r, bytes runtime, struct arena *a, const char **out_path) {
    const struct interpreter *i;
    TRY(interpreter_find(r, runtime, &i));
    *out_path = arena_string(a, bytes_from(i->path));
    return OK;
}

void runtime_forget(struct runtimes *r, bytes function_arn) {
    pool_forget(r, function_arn);
}

void runtime_count(struct runtimes *r, struct runtime_counts *out) {
    pthread_mutex_lock(&r->mutex);
    *out = r->counts;
    out->busy = r->process_count;
    LIST_EACH (link, &r->pools)
        out->idle += pool_idle_count(link);
    out->busy -= out->idle;
    pthread_mutex_unlock(&r->mutex);
}
