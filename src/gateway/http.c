#include "gateway/http.h"

#include <stdio.h>

#include "base/clock.h"
#include "codec/json.h"
#include "gateway/https.h"
#include "gateway/reasons.h"
#include "gateway/server.h"
#include "gateway/upload.h"
#include "http/response.h"

enum {
    BODY_BYTES_MAX = 1 << 20,    /* of the control plane */
    REQUEST_MS_MAX = 30000,      /* from the first byte of a request to its last */
    IDLE_MS_MAX = 75000,         /* between requests */
    ANSWER_MS_MAX = 60000,       /* until an answer has been taken */
    UNREAD_BYTES_MAX = 64 << 10, /* of answers; beyond it no further request is looked at */
    LINGER_MS = 1000,            /* after the last answer, so that it is not lost in a reset */
    /* Requests that nobody has authenticated yet, of all connections together; what a request
     * holds up to FREE_BYTES is not counted, so small ones come through whatever others send. */
    INPUT_BYTES_MAX = 32 << 20,
    FREE_BYTES = 4 << 10
};

struct http_client {
    struct connection *connection;
    struct http_parser parser;
    struct buf in;
    struct list upload;    /* of the plane's, while its request is not complete and counts */
    size_t charged;        /* of the plane's http_bytes */
    struct upload *larger; /* this request may be larger than others; or NULL */
    bool lingers;          /* the last answer was given: what still comes is thrown away */
    bool answering;
};

static void process(struct http_client *h);

static bool is_api(const struct http_client *h) {
    return h->connection->entrance == ENTRANCE_API;
}

static void await_request(struct http_client *h) {
    const struct settings *settings = h->connection->plane->server->settings;
    http_parser_start(&h->parser,
                      is_api(h) ? BODY_BYTES_MAX : limits_of(settings->profile)->payload_bytes_max);
    h->parser.large_bytes_max = is_api(h) ? SIZE_MAX : 0; /* gateway/upload.h knows how large */
    upload_free(TAKE(h->larger));
}

static void set_timer(struct http_client *h, uint64_t ms) {
    timer_start(h->connection->plane->loop, &h->connection->timer, ms);
}

/* ---- answers ---- */

/* Counts what the request holds now. */
static void charge(struct http_client *h) {
    struct plane *p = h->connection->plane;
    bool counts = h->in.capacity > FREE_BYTES && !h->larger;
    size_t holds = counts ? h->in.capacity : 0;
    p->http_bytes += holds - h->charged;
    h->charged = holds;
    if (holds == 0 || h->answering)
        list_remove(&h->upload);
    else if (list_is_empty(&h->upload))
        list_push(&p->http_uploads, &h->upload);
}

static void linger(struct http_client *h) {
    h->lingers = true;
    buf_done(&h->in);
    upload_free(TAKE(h->larger));
    charge(h);
}

static void respond(struct http_client *h, const struct http_response *r) {
    AUTO(buf) out = {0};
    http_response_append(&out, r, clock_wall_ms());
    connection_write(h->connection, buf_bytes(&out));
    mem_wipe(out.ptr, out.len); /* it may hold a private key */
    set_timer(h, ANSWER_MS_MAX);
}

static void write_error(struct buf *out, const char *type, const char *message) {
    struct json_writer w;
    json_start(&w, out);
    json_object_begin(&w);
    json_name(&w, "__type");
    json_text(&w, type);
    json_name(&w, "message");
    json_text(&w, message);
    json_object_end(&w);
}

/* An answer of the gateway's own, in AWS's form, after which the connection ends. */
static void refuse(struct http_client *h, int code, const char *type, const char *message) {
    AUTO(buf) body = {0};
    if (is_api(h))
        write_error(&body, type, message);
    else
        https_write_message(&body, message);
    struct http_header error = {BYTES("x-amzn-ErrorType"), bytes_from(type)};
    struct http_response r = {.status = code,
                              .content_type = "application/json",
                              .body = buf_bytes(&body),
                              .headers = &error,
                              .header_count = 1};
    char text[512];
    (void)snprintf(text, sizeof text, "an HTTP request was refused with %d: %s", code, message);
    if (is_api(h))
        reason_connection(h->connection, "request.refused", text);
    else
        https_reason(h->connection, "request.refused", text);
    respond(h, &r);
    linger(h);
}

/* ---- what unfinished requests may hold ---- */

static size_t share_of(const struct plane *p) {
    unsigned planes = p->server->settings->threads;
    return INPUT_BYTES_MAX / (planes ? planes : 1);
}

/* Who has been sending longest gives way: that is whoever means to occupy memory, or the slowest.
 * When all of it is with workers, it is `h`. False when that was given up. */
static bool make_room(struct http_client *h) {
    struct plane *p = h->connection->plane;
    while (p->http_bytes > share_of(p) && !h->lingers) {
        struct list *oldest = list_is_empty(&p->http_uploads) ? &h->upload : p->http_uploads.next;
        refuse(OWNER(oldest, struct http_client, upload), 503, "ServiceUnavailableException",
               "too much is being sent to this server at once, and this request was not complete "
               "for the longest time: send it again");
    }
    return !h->lingers;
}

/* ---- a request and its worker ---- */

static void run(struct job *j) {
    struct http_call *k = OWNER(j, struct http_call, job);
    struct server *s = k->connection->plane->server;
    if (!atomic_load(&s->stopping))
        api_answer(s->api, &k->request, &k->memory, &k->answer);
}

static void call_free(struct http_call *k) {
    api_response_done(&k->answer);
    arena_done(&k->memory);
    mem_free(k);
}

static void write_answer(struct http_client *h, const struct http_call *k) {
    const struct api_response *a = &k->answer;
    bool keep = k->request.keep_alive && !h->connection->plane->draining;
    struct http_response r = {.status = a->status,
                              .content_type = a->content_type,
                              .body = buf_bytes(&a->body),
                              .headers = a->headers,
                              .header_count = a->header_count,
                              .keep_alive = keep,
                              .head = bytes_equal(k->request.method, BYTES("HEAD"))};
    respond(h, &r);
    if (keep) {
        buf_drop_front(&h->in, http_parser_length(&h->parser));
        charge(h);
        await_request(h);
    } else {
        linger(h);
    }
}

/* The next request, unless the client leaves its answers unread. */
static void go_on(struct http_client *h) {
    struct connection *c = h->connection;
    if (c->output.len > UNREAD_BYTES_MAX)
        return; /* until it is written */
    connection_release(c);
    process(h);
}

/* Why a caller's policies did not allow what he asked, for `kedge why`. */
static void tell_refusal(struct http_call *k) {
    const struct api_response *a = &k->answer;
    struct who who = {.client_id = a->caller};
    if (!a->reason.len)
        return;
    (void)snprintf(who.account, sizeof who.account, "%s", a->account);
    reason_record(k->connection, &who, "api.not_authorized", arena_string(&k->memory, a->reason));
}

void http_answered(struct http_call *k) {
    struct connection *c = k->connection;
    struct http_client *h = c->http;
    h->answering = false;
    tell_refusal(k);
    if (!c->closed)
        write_answer(h, k);
    call_free(k);
    connection_idle(c);
    if (!c->closed)
        go_on(h);
}

static void done(struct job *j) {
    http_answered(OWNER(j, struct http_call, job));
}

static const enum crew crews[] = {
    [API_QUICK] = CREW_WRITERS,       [API_MAKES_KEYS] = CREW_KEYS, [API_MAY_CALL] = CREW_CALLS,
    [API_INVOKES] = CREW_INVOCATIONS, [API_UNPACKS] = CREW_KEYS, /* as rare, and as long */
};

static status api_start(struct http_call *k) {
    struct plane *p = k->connection->plane;
    k->job.run = run;
    k->job.done = done;
    enum crew crew = crews[api_pace_of(&k->request)];
    if (workers_post(p->server->workers[crew], p->loop, &k->job) == OK)
        return OK;
    return FAIL(E_UNAVAILABLE, "too many requests wait already; try again");
}

/* Where a request came from, for conditions of policies (aws:SourceIp, aws:SecureTransport). */
static void say_whence(struct http_call *k) {
    char *address = arena_alloc(&k->memory, 46);
    uint16_t port = 0;
    stream_peer(&k->connection->stream, address, &port);
    k->request.peer = bytes_from(address);
    k->request.is_secure = k->connection->tls != NULL;
}

static void start_call(struct http_client *h) {
    struct connection *c = h->connection;
    struct http_call *k = NEW(struct http_call);
    k->connection = c;
    http_parser_request(&h->parser, &h->in, &k->memory, &k->request);
    say_whence(k);
    status s = is_api(h) ? api_start(k) : https_start(k);
    if (s != OK) {
        const struct status_info *info = status_info(s);
        call_free(k);
        refuse(h, info->http, info->aws_type, failure_text());
        return;
    }
    h->answering = true;
    charge(h);
    timer_stop(c->plane->loop, &c->timer);
    connection_busy(c);
    connection_hold(c);
}

/* ---- bodies larger than others ---- */

static void refuse_larger(struct http_client *h, status s, const char *sentence) {
    const struct status_info *info = status_info(s);
    refuse(h, info->http, h->parser.http_status == 413 ? "InvalidRequestException" : info->aws_type,
           sentence);
}

/* The connection waits for a worker's word. */
static void ask(struct http_client *h) {
    struct connection *c = h->connection;
    status s = upload_start(c, &h->parser, &h->in, &h->larger);
    if (s != OK) {
        refuse_larger(h, s, failure_text());
        return;
    }
    h->answering = true;
    charge(h);
    timer_stop(c->plane->loop, &c->timer);
    connection_hold(c);
}

void upload_decided(struct connection *c, status s, const char *sentence) {
    struct http_client *h = c->http;
    h->answering = false;
    if (c->closed)
        return;
    if (s != OK) {
        refuse_larger(h, s, sentence);
    } else {
        http_parser_allow(&h->parser);
        set_timer(h, UPLOAD_MS_MAX);
    }
    go_on(h);
}

static void process(struct http_client *h) {
    enum http_progress progress;
    if (h->answering || h->lingers)
        return;
    if (h->in.len == 0) {
        buf_done(&h->in);
        charge(h);
        set_timer(h, IDLE_MS_MAX);
        return;
    }
    status s = http_parser_read(&h->parser, &h->in, &progress);
    if (s != OK) {
        bool is_large = !is_api(h) && h->parser.http_status == 413;
        refuse(h, h->parser.http_status,
               is_large ? status_info(E_TOO_LARGE)->aws_type : "InvalidRequestException",
               failure_text());
    } else if (progress == HTTP_CONTINUE) {
        AUTO(buf) out = {0};
        http_continue_append(&out);
        connection_write(h->connection, buf_bytes(&out));
        process(h);
    } else if (progress == HTTP_LARGE) {
        ask(h);
    } else if (progress == HTTP_DONE) {
        start_call(h);
    }
}

/* ---- the protocol ---- */

static size_t take(struct connection *c, bytes in) {
    struct http_client *h = c->http;
    if (h->lingers)
        return in.len;
    if (h->in.len == 0 && in.len > 0)
        set_timer(h, REQUEST_MS_MAX);
    buf_append(&h->in, in);
    charge(h);
    if (make_room(h))
        process(h);
    return in.len;
}

static void on_time(struct timer *t) {
    struct connection *c = OWNER(t, struct connection, timer);
    struct http_client *h = c->http;
    if (c->output.len > 0)
        reason_connection(
            c, "answer.unread",
            "an HTTP client did not take its answer within 60 s; the connection was closed");
    else if (!h->lingers && h->in.len > 0)
        reason_connection(
            c, "request.late",
            h->larger ? "an upload was not complete within 300 s; the connection was closed"
                      : "an HTTP request was not complete within 30 s; the connection was closed");
    connection_close(c);
}

/* HTTP clients come and go. A request that a worker has keeps its memory. */
static void gone(struct connection *c, const char *why) {
    UNUSED(why);
    if (!c->http->answering)
        linger(c->http);
}

static void drain(struct connection *c) {
    if (!c->http->answering)
        connection_close(c);
}

/* The last answer has left: say that nothing follows, and let the client close. */
static void written(struct connection *c) {
    struct http_client *h = c->http;
    if (h->lingers && c->output.len == 0 && c->cipher.len == 0) {
        stream_shutdown(&c->stream);
        set_timer(h, LINGER_MS);
    } else if (c->holds && !h->answering) {
        go_on(h);
    }
}

static const struct protocol http_protocol = {
    .name = "HTTP", .take = take, .written = written, .gone = gone, .drain = drain};

void http_start(struct connection *c) {
    struct http_client *h = NEW(struct http_client);
    h->connection = c;
    list_init(&h->upload);
    c->http = h;
    c->protocol = &http_protocol;
    c->timer.on_time = on_time;
    await_request(h);
    set_timer(h, IDLE_MS_MAX);
}

void http_free(struct http_client *h) {
    buf_done(&h->in);
    upload_free(TAKE(h->larger));
    charge(h);
    mem_free(h);
}
