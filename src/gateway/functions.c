#include "gateway/functions.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "function/host.h"
#include "gateway/server.h"
#include "iam/session.h"
#include "logs/logs.h"

enum { SESSION_S = 6 * 3600 };

struct function_running {
    struct runtime_host host;
    struct runtime_options options;
    struct runtimes *runtimes;
    char endpoint_url[300];
};

static void notice(void *context, const char *event, const char *sentence) {
    UNUSED(context);
    log_event(LOG_WARN, event, "%s", sentence);
}

static void code_missing(void *context, const char *sentence) {
    UNUSED(context);
    log_event(LOG_ERROR, "function.code_missing", "%s", sentence);
}

/* Credentials of the role, whether it exists or not: what they allow is decided when they are used.
 */
static status lend_credentials(void *context, bytes account, bytes role_arn, bytes session_name,
                               struct arena *a, struct runtime_credentials *out) {
    struct server *s = context;
    struct iam_credentials c;
    struct txn *t;
    TRY(store_begin_read(s->store, &t));
    struct registry r = {t, a, account, bytes_from(s->settings->region)};
    status result =
        iam_session_issue_role(&r, role_arn, session_name, SESSION_S, clock_wall_ms(), &c);
    store_rollback(t);
    TRY(result);
    /* copies, for iam_credentials_done wipes the token, too */
    *out = (struct runtime_credentials){arena_copy(a, bytes_from(c.access_key_id)),
                                        arena_copy(a, bytes_from(c.secret)), arena_copy(a, c.token),
                                        c.expires_ms};
    iam_credentials_done(&c);
    return OK;
}

static void append_log(void *context, bytes account, bytes group, bytes stream,
                       const struct runtime_line *lines, size_t count) {
    struct server *s = context;
    enum { PIECE = 64 };
    struct log_entry entries[PIECE];
    for (size_t from = 0; from < count; from += PIECE) {
        size_t n = count - from < PIECE ? count - from : PIECE;
        for (size_t i = 0; i < n; i++)
            entries[i] = (struct log_entry){lines[from + i].timestamp_ms, lines[from + i].message};
        logs_append(s->logs, account, group, stream, entries, n);
    }
}

static struct runtime_options options_of(const struct settings *s) {
    return (struct runtime_options){.python = s->python,
                                    .node = s->node,
                                    .processes_max = s->function_processes,
                                    .open_network = s->function_network_open};
}

status functions_open(struct server *s) {
    struct function_running *f = s->function_running = NEW(struct function_running);
    f->options = options_of(s->settings);
    f->host = (struct runtime_host){.context = s,
                                    .credentials = lend_credentials,
                                    .log = append_log,
                                    .notice = notice,
                                    .region = s->settings->region,
                                    .endpoint_url = f->endpoint_url};
    TRY(runtimes_open(&f->host, &f->options, &f->runtimes));
    const struct function_host_config config = {.store = s->store,
                                                .data = s->settings->data,
                                                .region = bytes_from(s->settings->region),
                                                .runtimes = f->runtimes,
                                                .problem = code_missing};
    TRY(function_host_open(&config, &s->function_host));
    s->functions = function_host_seam(s->function_host);
    return OK;
}

/* Any-address means loopback. */
static void format_url(const struct server *s, char *out, size_t size) {
    const char *address = s->settings->api, *colon = address ? strrchr(address, ':') : NULL;
    int len = colon ? (int)(colon - address) : 0;
    bool any = len == 0 || (len == 7 && memcmp(address, "0.0.0.0", 7) == 0);
    if (len == 4 && memcmp(address, "[::]", 4) == 0)
        (void)snprintf(out, size, "http://[::1]:%u", s->ports[ENTRANCE_API]);
    else
        (void)snprintf(out, size, "http://%.*s:%u", any ? 9 : len, any ? "127.0.0.1" : address,
                       s->ports[ENTRANCE_API]);
}

void functions_announce(struct server *s) {
    struct function_running *f = s->function_running;
    size_t count = 0;
    format_url(s, f->endpoint_url, sizeof f->endpoint_url);
    for (int e = 0; e < ENTRANCE_COUNT; e++)
        if (s->ports[e] != 0)
            f->host.ports[count++] = s->ports[e];
}

void functions_stop(struct server *s) {
    if (s->function_running && s->function_running->runtimes)
        runtimes_close(s->function_running->runtimes);
}

void functions_close(struct server *s) {
    struct function_running *f = TAKE(s->function_running);
    function_host_close(TAKE(s->function_host));
    s->functions = NULL;
    if (f)
        runtimes_free(f->runtimes);
    mem_free(f);
}

void functions_sweep(struct server *s) {
    if (function_host_sweep(s->function_host) != OK)
        log_event(LOG_ERROR, "function.not_swept", "%s", failure_text());
}
