/* kedge function invoke and logs: what only a running server can tell, asked by its API. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "account/account.h"
#include "base/clock.h"
#include "cli/function.h"
#include "codec/json.h"
#include "gateway/running.h"
#include "identity/sigv4.h"
#include "runtime/runtime.h"
#include "web/web.h"

enum { CALL_MS_MAX = 920000, HEADERS_MAX = 8, SINCE_S = 600, FOLLOW_S = 1, PAGES_MAX = 1000 };

/* A request to the server, as the account's root user. */
struct ask {
    const char *service, *path;
    struct http_header headers[HEADERS_MAX];
    size_t header_count;
    bytes body;
};

static void add_header(struct ask *q, const char *name, const char *value) {
    q->headers[q->header_count++] = (struct http_header){bytes_from(name), bytes_from(value)};
}

static status load_key(struct function_command *c, struct access_key *out_key) {
    struct txn *t;
    TRY(store_begin_read(c->store, &t));
    status s = access_key_load_first(t, bytes_from(c->account_id), out_key);
    store_rollback(t);
    return s;
}

static status sign(struct function_command *c, struct ask *q, bytes host) {
    AUTO(access_key) key = {0};
    TRY(load_key(c, &key));
    const struct sigv4_credentials credentials = {bytes_from(key.id), bytes_from(key.secret), {0}};
    const struct sigv4_scope scope = {bytes_from(c->region), bytes_from(q->service),
                                      clock_wall_ms()};
    const struct http_request r = {.method = BYTES("POST"),
                                   .target = bytes_from(q->path),
                                   .path = bytes_from(q->path),
                                   .host = host,
                                   .version_minor = 1,
                                   .headers = q->headers,
                                   .header_count = q->header_count,
                                   .body = q->body};
    struct http_header added[SIGV4_HEADERS_MAX];
    size_t count;
    struct sigv4_signer *signer = sigv4_signer_new();
    status s = sigv4_sign(signer, &credentials, &scope, &r, &c->arena, added, &count);
    sigv4_signer_free(signer);
    TRY(s);
    for (size_t i = 0; i < count && q->header_count < HEADERS_MAX; i++)
        q->headers[q->header_count++] = added[i];
    return OK;
}

static status refused(struct function_command *c, const struct web_answer *answer) {
    const struct json *root = NULL;
    if (json_parse(&c->arena, buf_bytes(&answer->body), &root) != OK)
        root = NULL;
    const struct json *m = json_member(root, BYTES("Message"));
    if (!m)
        m = json_member(root, BYTES("message"));
    bytes text = json_is_string(m) ? m->text : buf_bytes(&answer->body);
    return FAIL(answer->status == 404 ? E_NOT_FOUND : E_UNAVAILABLE, "%.*s",
                BYTES_ARG(bytes_slice(text, 0, 800)));
}

static status call(struct function_command *c, struct ask *q, struct web_answer *out) {
    struct running r;
    TRY(running_read(c->data, &c->arena, &r));
    const char *host =
        arena_printf(&c->arena, "%s:%u", r.host ? r.host : "127.0.0.1", r.ports[ENTRANCE_API]);
    TRY(sign(c, q, bytes_from(host)));
    const struct web_request request = {.method = "POST",
                                        .url =
                                            arena_printf(&c->arena, "http://%s%s", host, q->path),
                                        .headers = q->headers,
                                        .header_count = q->header_count,
                                        .body = q->body,
                                        .reach = REACH_ANY,
                                        .timeout_ms = CALL_MS_MAX,
                                        .answer_bytes_max = RUNTIME_RESULT_BYTES_MAX + 1};
    TRY(web_send(&request, out));
    return out->status < 300 ? OK : refused(c, out);
}

/* ---- logs ---- */

/* "90", "90s", "10m", "2h", "1d" → seconds */
static status parse_since(const char *text, int64_t *out_s) {
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    bytes number = bytes_from(text);
    int64_t unit = 1;
    uint64_t value;
    for (size_t i = 0; number.len > 1 && i < COUNT_OF(units); i++)
        if (number.ptr[number.len - 1] == (uint8_t)units[i].unit) {
            unit = units[i].seconds;
            number.len--;
            break;
        }
    if (bytes_to_u64(number, 1000000, &value) != OK)
        return FAIL(E_INVALID, "--since takes a time like 90s, 10m, 2h or 1d");
    *out_s = (int64_t)value * unit;
    return OK;
}

/* Where printing has come to: the latest time, and what was printed of it. */
struct reading {
    int64_t from_ms;
    struct buf last_ids; /* of events at from_ms: "id\n" … */
};

static void print_event(struct reading *at, const struct json *event) {
    const struct json *message = json_member(event, BYTES("message"));
    const struct json *id = json_member(event, BYTES("eventId"));
    int64_t time_ms = at->from_ms;
    if (!json_is_string(message) || !json_is_string(id) ||
        json_to_i64(json_member(event, BYTES("timestamp")), &time_ms) != OK)
        return;
    if (time_ms == at->from_ms &&
        bytes_search(buf_bytes(&at->last_ids), id->text) < at->last_ids.len)
        return;
    if (time_ms > at->from_ms) {
        at->from_ms = time_ms;
        buf_clear(&at->last_ids);
    }
    buf_append(&at->last_ids, id->text);
    buf_append_byte(&at->last_ids, '\n');
    bool ended = bytes_end_with(message->text, BYTES("\n"));
    (void)printf("%.*s%s", BYTES_ARG(message->text), ended ? "" : "\n");
}

static void write_query(struct function_command *c, int64_t from_ms, bytes token, struct buf *out) {
    struct json_writer w;
    json_start(&w, out);
    json_object_begin(&w);
    json_name(&w, "logGroupName");
    json_text(&w, arena_printf(&c->arena, "/aws/lambda/%s", c->name));
    json_name(&w, "startTime");
    json_i64(&w, from_ms);
    if (token.len > 0) {
        json_name(&w, "nextToken");
        json_string(&w, token);
    }
    json_object_end(&w);
}

static status read_page(struct function_command *c, struct reading *at, int64_t from_ms,
                        bytes *token) {
    AUTO(buf) query = {0};
    AUTO(web_answer) answer = {0};
    const struct json *root;
    write_query(c, from_ms, *token, &query);
    struct ask q = {.service = "logs", .path = "/", .body = buf_bytes(&query)};
    add_header(&q, "Content-Type", "application/x-amz-json-1.1");
    add_header(&q, "X-Amz-Target", "Logs_20140328.FilterLogEvents");
    TRY(call(c, &q, &answer));
    TRY(json_parse(&c->arena, arena_copy(&c->arena, buf_bytes(&answer.body)), &root));
    JSON_EACH (event, json_member(root, BYTES("events")))
        print_event(at, event);
    const struct json *next = json_member(root, BYTES("nextToken"));
    *token = json_is_string(next) ? next->text : (bytes){0};
    return OK;
}

static status read_new(struct function_command *c, struct reading *at) {
    bytes token = {0};
    int64_t from_ms = at->from_ms;
    for (int page = 0; page == 0 || (token.len > 0 && page < PAGES_MAX); page++)
        TRY(read_page(c, at, from_ms, &token));
    (void)fflush(stdout);
    return OK;
}

status function_logs(struct function_command *c) {
    int64_t since_s = SINCE_S;
    if (c->since)
        TRY(parse_since(c->since, &since_s));
    struct reading at = {.from_ms = clock_wall_ms() - since_s * 1000};
    status s = read_new(c, &at);
    while (s == OK && c->follow) {
        (void)sleep(FOLLOW_S);
        s = read_new(c, &at);
    }
    buf_done(&at.last_ids);
    return s;
}

/* ---- invoke ---- */

static status read_event(struct function_command *c, bytes *out_event) {
    AUTO(buf) text = {0};
    *out_event = c->word ? bytes_from(c->word) : BYTES("{}");
    if (!c->word || strcmp(c->word, "-") != 0)
        return OK;
    for (ssize_t n = 1; n > 0 && text.len <= RUNTIME_EVENT_BYTES_MAX;) {
        enum { PART = 1 << 16 };
        n = read(STDIN_FILENO, buf_reserve(&text, PART), PART);
        text.len += n > 0 ? (size_t)n : 0;
    }
    *out_event = arena_copy(&c->arena, buf_bytes(&text));
    return OK;
}

/* An error of the function's own looks like this [AWS rules 8.1]. */
static bool is_error(struct function_command *c, bytes payload) {
    const struct json *root;
    return json_parse(&c->arena, payload, &root) == OK && json_member(root, BYTES("errorType")) &&
           json_member(root, BYTES("errorMessage"));
}

status function_invoke_once(struct function_command *c) {
    AUTO(web_answer) answer = {0};
    bytes event;
    TRY(read_event(c, &event));
    struct ask q = {.service = "lambda",
                    .path =
                        arena_printf(&c->arena, "/2015-03-31/functions/%s/invocations", c->name),
                    .body = event};
    add_header(&q, "Content-Type", "application/json");
    TRY(call(c, &q, &answer));
    (void)printf("%.*s\n", BYTES_ARG(buf_bytes(&answer.body)));
    if (is_error(c, buf_bytes(&answer.body)))
        return FAIL(E_UNAVAILABLE, "%s failed; kedge function logs %s --data %s tells more",
                    c->name, c->name, c->data);
    return OK;
}
