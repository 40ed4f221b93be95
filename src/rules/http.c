/* http: the result by POST to a URL, one by one or in batches [AWS rules 6.2]. */
#include <string.h>

#include "base/clock.h"
#include "codec/json.h"
#include "iam/session.h"
#include "identity/sigv4.h"
#include "registry/arn.h"
#include "registry/topic_rule_destination.h"
#include "rules/action.h"
#include "store/record.h"
#include "web/web.h"

enum {
    ATTEMPTS_MAX = 3,
    TIMEOUT_MS = 10000,
    ANSWER_BYTES_MAX = 16384,
    HEADERS_MAX = 90, /* with ours, what a signature takes */
    HEADER_BYTES_MAX = 8192,
    BATCH_MAX = 10
};

struct header {
    bytes name;
    struct sql_template *value;
};

struct batch_config {
    bool enabled, across_topics;
    int64_t open_ms, size, size_bytes;
};

struct http {
    struct arena memory;
    struct sql_template *url;
    bytes destination; /* the URL a destination is made for; or no bytes */
    struct header *headers;
    size_t header_count;
    bool has_content_type;
    struct batch_config batch;
    bytes region, service, role; /* of signatures; or no bytes */
};

static void release(void *compiled) {
    struct http *h = compiled;
    if (!h)
        return;
    sql_template_free(h->url);
    for (size_t i = 0; i < h->header_count; i++)
        sql_template_free(h->headers[i].value);
    arena_done(&h->memory);
    mem_free(h);
}

static bytes destination(const void *compiled) {
    const struct http *h = compiled;
    return h->destination;
}

/* ---- reading ---- */

/* Who sets these could make two requests of one. */
static bool is_ours(bytes name) {
    static const char *const names[] = {"connection", "content-length",    "expect", "host", "te",
                                        "trailer",    "transfer-encoding", "upgrade"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (bytes_equal_nocase(name, bytes_from(names[i])))
            return true;
    return false;
}

static bool is_token(bytes name) { /* [RFC 9110 5.6.2] */
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] <= ' ' || name.ptr[i] >= 0x7f ||
            strchr("\"(),/:;<=>?@[\\]{}", (char)name.ptr[i]))
            return false;
    return name.len > 0;
}

static status compile_header(const struct sql_statement *s, const struct json *item,
                             struct http *h) {
    struct header *header = &h->headers[h->header_count];
    bytes name, value;
    TRY(action_require(item, "key", &name));
    TRY(action_require(item, "value", &value));
    if (!is_token(name) || is_ours(name))
        return FAIL(E_INVALID, "An http action cannot set the header '%.*s'",
                    BYTES_ARG(bytes_slice(name, 0, 100)));
    header->name = arena_copy(&h->memory, name);
    TRY(sql_template_compile(s, value, &header->value));
    h->header_count++;
    h->has_content_type |= bytes_equal_nocase(name, BYTES("content-type"));
    return OK;
}

static status compile_headers(const struct sql_statement *s, const struct json *list,
                              struct http *h) {
    if (!list || list->type != JSON_ARRAY)
        return OK;
    if (list->count > HEADERS_MAX)
        return FAIL(E_INVALID, "An http action has at most %d headers", HEADERS_MAX);
    h->headers = ARENA_ARRAY(&h->memory, struct header, list->count);
    JSON_EACH (item, list)
        TRY(compile_header(s, item, h));
    return OK;
}

static bool has_template(bytes text) {
    return bytes_search(text, BYTES("${")) < text.len;
}

/* Which URL a destination is made for [AWS rules 6.4]. */
static status find_destination(bytes url, const struct json *confirmation, struct http *h) {
    if (!json_is_string(confirmation)) {
        if (has_template(url))
            return FAIL(E_INVALID, "An http action whose url has a substitution template needs a "
                                   "confirmationUrl");
        h->destination = arena_copy(&h->memory, url);
        return OK;
    }
    if (has_template(confirmation->text))
        return OK; /* made by hand */
    if (!bytes_start_with(url, confirmation->text))
        return FAIL(E_INVALID, "The url of an http action must begin with its confirmationUrl");
    h->destination = arena_copy(&h->memory, confirmation->text);
    return OK;
}

static status read_number(const struct json *config, const char *name, int64_t least, int64_t most,
                          int64_t *out) {
    const struct json *value = json_member(config, bytes_from(name));
    int64_t number;
    if (!value)
        return OK;
    if (json_to_i64(value, &number) != OK || number < least || number > most)
        return FAIL(E_INVALID, "%s of an http action is a number from %lld to %lld", name,
                    (long long)least, (long long)most);
    *out = number;
    return OK;
}

/* [AWS iot http_batching] */
static status read_batch(const struct json *members, struct batch_config *out) {
    const struct json *enabled = json_member(members, BYTES("enableBatching")),
                      *config = json_member(members, BYTES("batchConfig")),
                      *across = json_member(config, BYTES("batchAcrossTopics"));
    struct batch_config b = {.open_ms = 20, .size = BATCH_MAX, .size_bytes = 5120};
    b.enabled = enabled && enabled->type == JSON_TRUE;
    b.across_topics = across && across->type == JSON_TRUE;
    TRY(read_number(config, "maxBatchOpenMs", 5, 200, &b.open_ms));
    TRY(read_number(config, "maxBatchSize", 2, BATCH_MAX, &b.size));
    TRY(read_number(config, "maxBatchSizeBytes", 100, 131072, &b.size_bytes));
    *out = b;
    return OK;
}

static status read_auth(const struct json *auth, struct http *h) {
    const struct json *sigv4 = json_member(auth, BYTES("sigv4"));
    bytes region, service, role;
    if (!sigv4)
        return OK;
    TRY(action_require(sigv4, "signingRegion", &region));
    TRY(action_require(sigv4, "serviceName", &service));
    TRY(action_require(sigv4, "roleArn", &role));
    TRY(role_arn_check(role));
    h->region = arena_copy(&h->memory, region);
    h->service = arena_copy(&h->memory, service);
    h->role = arena_copy(&h->memory, role);
    return OK;
}

static status fill_http(const struct sql_statement *s, const struct json *members, struct http *h) {
    bytes url;
    TRY(action_require(members, "url", &url));
    TRY(read_auth(json_member(members, BYTES("auth")), h));
    TRY(sql_template_compile(s, url, &h->url));
    TRY(find_destination(url, json_member(members, BYTES("confirmationUrl")), h));
    TRY(compile_headers(s, json_member(members, BYTES("headers")), h));
    return read_batch(members, &h->batch);
}

static status compile(const struct sql_statement *s, const struct json *members, void **out) {
    struct http *h = NEW(struct http);
    status result = fill_http(s, members, h);
    if (result != OK) {
        release(h);
        return result;
    }
    *out = h;
    return OK;
}

/* ---- running ---- */

/* A request as the outbox keeps it. */
struct request {
    bytes url, headers, body;            /* headers: names and values in turn */
    uint64_t batch_max, batch_bytes_max; /* 0: goes alone */
    bool across_topics;
    bytes region, service, role; /* of a signature; or no bytes */
};
static const struct field fields[] = {
    FIELD(1, struct request, url),
    FIELD(2, struct request, headers),
    FIELD(3, struct request, body),
    FIELD(4, struct request, batch_max),
    FIELD(5, struct request, batch_bytes_max),
    FIELD(6, struct request, across_topics),
    FIELD(7, struct request, region),
    FIELD(8, struct request, service),
    FIELD(9, struct request, role),
};

static bool is_header_value(bytes value) { /* [RFC 9110 5.5] */
    for (size_t i = 0; i < value.len; i++)
        if ((value.ptr[i] < ' ' && value.ptr[i] != '\t') || value.ptr[i] == 0x7f)
            return false;
    return value.len <= HEADER_BYTES_MAX;
}

static status fill_headers(const struct http *h, const struct action_run *run, struct buf *out) {
    for (size_t i = 0; i < h->header_count; i++) {
        AUTO(buf) value = {0};
        (void)sql_template_fill(h->headers[i].value, run->evaluation, &value);
        if (!is_header_value(buf_bytes(&value)))
            return FAIL(E_INVALID,
                        "the value of the header %.*s has control characters or is "
                        "longer than %d bytes",
                        BYTES_ARG(h->headers[i].name), HEADER_BYTES_MAX);
        record_list_add(out, h->headers[i].name);
        record_list_add(out, buf_bytes(&value));
    }
    if (!h->has_content_type) {
        record_list_add(out, BYTES("content-type"));
        record_list_add(out, run->is_json ? BYTES("application/json")
                                          : BYTES("application/octet-stream"));
    }
    return OK;
}

static status run(const void *compiled, struct action_run *run) {
    const struct http *h = compiled;
    const struct batch_config *b = &h->batch;
    AUTO(buf) headers = {0};
    AUTO(buf) content = {0};
    struct later later = {0};
    TRY(action_fill(h->url, run->evaluation, "url", &run->resource));
    bytes url = buf_bytes(&run->resource);
    TRY(web_url_authority(run->evaluation->arena, url, &later.lane));
    TRY(fill_headers(h, run, &headers));
    struct request r = {.url = url,
                        .headers = buf_bytes(&headers),
                        .body = run->payload,
                        .region = h->region,
                        .service = h->service,
                        .role = h->role};
    if (b->enabled && run->is_json) {
        r.batch_max = (uint64_t)b->size;
        r.batch_bytes_max = (uint64_t)b->size_bytes;
        r.across_topics = b->across_topics;
        later.batch_max = (unsigned)b->size;
        later.not_before_ms = run->evaluation->message->now_ms + b->open_ms;
    }
    record_encode(fields, COUNT_OF(fields), &r, &content);
    later.destination_url = url;
    return delivery_put(run, &later, buf_bytes(&content));
}

/* ---- delivering ---- */

static status check_destination(const struct outward *o, bytes account, bytes url,
                                struct arena *a) {
    struct registry r = {.arena = a, .account = account, .region = o->region};
    TRY(store_begin_read(o->store, &r.txn));
    status s = topic_rule_destination_require(&r, url);
    store_rollback(r.txn);
    return s;
}

/* By a session of the role, whose credentials this server knows [AWS rules 6.2]. */
static status role_credentials(const struct outward *o, bytes account, bytes role, struct arena *a,
                               struct iam_credentials *out) {
    struct registry r = {.arena = a, .account = account, .region = o->region};
    TRY(store_begin_read(o->store, &r.txn));
    status s =
        iam_session_issue_role(&r, role, BYTES("rules"), IAM_SESSION_S_MIN, clock_wall_ms(), out);
    store_rollback(r.txn);
    return s;
}

/* What of a URL is signed: host, path and query. */
static void take_apart(bytes url, struct http_request *out) {
    bytes rest = bytes_skip(url, bytes_search(url, BYTES("://")) + 3);
    rest = bytes_slice(rest, 0, bytes_find(rest, '#'));
    size_t query = bytes_find(rest, '?');
    bytes place = bytes_slice(rest, 0, query);
    size_t slash = bytes_find(place, '/');
    out->query = query < rest.len ? bytes_skip(rest, query + 1) : (bytes){0};
    out->host = bytes_slice(place, 0, slash);
    out->path = slash < place.len ? bytes_skip(place, slash) : BYTES("/");
}

/* Adds what signs the request, and the host as it was signed. */
static status sign(const struct outward *o, bytes account, const struct request *r, bytes body,
                   struct arena *a, struct http_header *headers, size_t *count) {
    struct iam_credentials c;
    struct http_request request = {
        .method = BYTES("POST"), .headers = headers, .header_count = *count, .body = body};
    size_t added;
    take_apart(r->url, &request);
    TRY(role_credentials(o, account, r->role, a, &c));
    struct sigv4_credentials keys = {bytes_from(c.access_key_id), bytes_from(c.secret), c.token};
    struct sigv4_scope scope = {r->region, r->service, clock_wall_ms()};
    struct sigv4_signer *g = sigv4_signer_new();
    status s = sigv4_sign(g, &keys, &scope, &request, a, headers + *count, &added);
    sigv4_signer_free(g);
    iam_credentials_done(&c);
    TRY(s);
    *count += added;
    headers[(*count)++] = (struct http_header){BYTES("Host"), request.host};
    return OK;
}

static size_t read_headers(bytes list, struct http_header *out, size_t max) {
    size_t count = 0;
    bytes name, value;
    while (count < max && record_list_next(&list, &name) && record_list_next(&list, &value))
        out[count++] = (struct http_header){name, value};
    return count;
}

static status post(const struct outward *o, bytes account, const struct request *r, bytes body,
                   struct arena *a) {
    AUTO(web_answer) answer = {0};
    struct http_header headers[HEADERS_MAX + 1 + SIGV4_HEADERS_MAX + 1];
    struct web_request request = {.method = "POST",
                                  .url = arena_string(a, r->url),
                                  .headers = headers,
                                  .header_count =
                                      read_headers(r->headers, headers, HEADERS_MAX + 1),
                                  .body = body,
                                  .reach = o->reach,
                                  .timeout_ms = TIMEOUT_MS,
                                  .answer_bytes_max = ANSWER_BYTES_MAX,
                                  .ca_file = o->ca_file,
                                  .stop = o->stop};
    TRY(web_url_check(r->url, o->reach));
    TRY(check_destination(o, account, r->url, a)); /* it may have been disabled meanwhile */
    if (r->service.len > 0)
        TRY(sign(o, account, r, body, a, headers, &request.header_count));
    TRY(web_send(&request, &answer));
    if (answer.status >= 200 && answer.status < 300)
        return OK;
    bool may_pass = answer.status == 429 || (answer.status >= 500 && answer.status <= 599);
    return FAIL(may_pass ? E_UNAVAILABLE : E_INVALID, "%.*s answers with status %d",
                BYTES_ARG(bytes_slice(r->url, 0, 300)), answer.status);
}

/* Items that go out in one request: those of one rule to one URL, and of one topic unless the rule
 * says otherwise [AWS iot BatchConfig]. */
struct group {
    struct delivered *items[BATCH_MAX];
    size_t count;
    struct request request; /* of the last one: its headers count [AWS iot http_batching] */
    struct buf body;
};

static bool joins(const struct group *g, const struct delivered *item, const struct request *r) {
    const struct rule_delivery *first = &g->items[0]->delivery, *d = &item->delivery;
    return r->batch_max > g->count && g->request.batch_max > 0 &&
           g->body.len + r->body.len + 2 <= r->batch_bytes_max &&
           bytes_equal(first->rule, d->rule) && bytes_equal(g->request.url, r->url) &&
           (r->across_topics || bytes_equal(first->topic, d->topic));
}

static void group_add(struct group *g, struct delivered *item, const struct request *r) {
    if (r->batch_max > 0)
        buf_text(&g->body, g->count ? "," : "[");
    buf_append(&g->body, r->body);
    g->items[g->count++] = item;
    g->request = *r;
}

static status group_send(const struct outward *o, struct group *g, struct arena *a) {
    status s;
    if (g->count == 0)
        return OK;
    if (g->request.batch_max > 0)
        buf_text(&g->body, "]");
    s = post(o, g->items[0]->of->item.account, &g->request, buf_bytes(&g->body), a);
    for (size_t i = 0; i < g->count && s != OK; i++)
        delivered_failed(g->items[i], s);
    buf_clear(&g->body);
    g->count = 0;
    return s;
}

static status deliver(const struct outward *o, struct delivered *items, size_t count,
                      struct arena *a) {
    struct group g = {.count = 0};
    status s = OK, worst = OK;
    for (size_t i = 0; i < count; i++) {
        struct request r = {0};
        s = record_decode(fields, COUNT_OF(fields), items[i].delivery.content, &r);
        if (s != OK) {
            delivered_failed(&items[i], s);
            worst = s;
            continue;
        }
        if (g.count > 0 && !joins(&g, &items[i], &r)) {
            s = group_send(o, &g, a);
            worst = s == OK ? worst : s;
        }
        group_add(&g, &items[i], &r);
    }
    s = group_send(o, &g, a);
    buf_done(&g.body);
    return count > 1 ? OK : s != OK ? s : worst;
}

static const struct action_later later = {.at_a_time = 4,
                                          .attempts_max = ATTEMPTS_MAX,
                                          .again_first_ms = 1000,
                                          .again_most_ms = 10000,
                                          .deliver = deliver};

const struct action_kind action_http = {.name = "http",
                                        .failed = "HttpAction",
                                        .compile = compile,
                                        .release = release,
                                        .run = run,
                                        .later = &later,
                                        .destination = destination};
