#include "gateway/functions.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "function/host.h"
#include "gateway/server.h"

struct function_running {
    struct runtime_host host;
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

status functions_open(struct server *s) {
    struct function_running *f = s->function_running = NEW(struct function_running);
    f->host = (struct runtime_host){.context = s,
                                    .notice = notice,
                                    .region = s->settings->region,
                                    .endpoint_url = f->endpoint_url};
    TRY(runtimes_open(&f->host, NULL, &f->runtimes));
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
