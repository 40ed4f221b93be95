#include "api/fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "codec/json.h"
#include "iam/session.h"
#include "identity/issuer.h"
#include "registry/connectivity.h"
#include "support/testing.h"

static void load_key(struct fixture *f) {
    struct txn *t;
    CHECK_OK(store_begin_read(f->store.store, &t));
    CHECK_OK(access_key_load_first(t, bytes_from(f->account.id), &f->key));
    store_rollback(t);
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *at) {
    (void)s, (void)type, (void)at;
    return remove(path);
}

/* Its files are needed no more once it is open. */
static void open_issuer(struct fixture *f) {
    char ca[80];
    (void)snprintf(ca, sizeof ca, "%s/ca", f->store.directory);
    CHECK_OK(issuer_open(f->store.directory, &f->issuer));
    CHECK(nftw(ca, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
}

struct fixture fixture_open(void) {
    return fixture_open_on(&store_memory);
}

/* Stands in for the gateway. */
static void find_connected(struct connectivity_source *source, bytes account, bytes client_id,
                           struct connectivity *out) {
    UNUSED(source);
    if (!bytes_equal(account, BYTES(FIXTURE_ACCOUNT)))
        return;
    if (bytes_equal(client_id, BYTES("lamp-here")))
        *out = (struct connectivity){true, true, 1700000000123, NULL};
    if (bytes_equal(client_id, BYTES("lamp-gone")))
        *out = (struct connectivity){true, false, 1600000000456, "CONNECTION_LOST"};
}
static struct connectivity_source connected = {find_connected};

struct fixture fixture_open_on(const struct store_ops *ops) {
    log_set_level(LOG_WARN);
    struct fixture f = {.store = store_fixture_open(ops)};
    CHECK_OK(account_ensure_default(f.store.store, BYTES(FIXTURE_ACCOUNT), &f.account));
    CHECK_OK(iam_sessions_prepare(f.store.store));
    load_key(&f);
    open_issuer(&f);
    f.api = api_new(&(struct api_config){.store = f.store.store,
                                         .region = BYTES(FIXTURE_REGION),
                                         .issuer = f.issuer,
                                         .connectivity = &connected});
    f.signing = (struct signing){.region = FIXTURE_REGION, .service = "iot"};
    return f;
}

void fixture_done(struct fixture *f) {
    api_response_done(&f->response);
    api_free(f->api);
    issuer_close(f->issuer);
    access_key_done(&f->key);
    arena_done(&f->arena);
    store_fixture_done(&f->store);
}

int ask_bytes(struct fixture *f, const char *method, const char *target, bytes body) {
    struct http_request r = {.method = bytes_from(method),
                             .body = body,
                             .version_minor = 1,
                             .headers = f->headers,
                             .header_count = f->header_count};
    struct signing with = f->signing;
    if (!with.access_key_id)
        with.access_key_id = f->key.id;
    if (!with.secret)
        with.secret = f->key.secret;
    if (!with.now_ms)
        with.now_ms = clock_wall_ms();
    sign_request(&with, target, &r, &f->arena);
    f->header_count = 0;
    api_response_done(&f->response);
    api_answer(f->api, &r, &f->arena, &f->response);
    return f->response.status;
}

int ask(struct fixture *f, const char *method, const char *target, const char *body) {
    return ask_bytes(f, method, target, bytes_from(body));
}

int ask_as(struct fixture *f, const char *header, const char *value, const char *method,
           const char *target, const char *body) {
    f->headers[0] = (struct http_header){bytes_from(header), bytes_from(value)};
    f->header_count = 1;
    return ask(f, method, target, body);
}

static const struct json *step(const struct json *at, bytes part) {
    uint64_t index;
    if (!at || at->type != JSON_ARRAY)
        return json_member(at, part);
    if (bytes_to_u64(part, 1000, &index) != OK)
        return NULL;
    const struct json *item = at->first;
    while (item && index--)
        item = item->next;
    return item;
}

const struct json *answered_json(struct fixture *f, const char *path) {
    const struct json *at;
    bytes rest = bytes_from(path), part;
    /* a copy: what is given back must outlive the answer */
    bytes body = arena_copy(&f->arena, buf_bytes(&f->response.body));
    CHECK_OK(json_parse(&f->arena, body, &at));
    while (bytes_split(&rest, '.', &part))
        at = step(at, part);
    return at;
}

bytes answered(struct fixture *f, const char *path) {
    const struct json *at = answered_json(f, path);
    if (!at)
        return (bytes){0};
    if (at->type == JSON_TRUE || at->type == JSON_FALSE)
        return bytes_from(at->type == JSON_TRUE ? "true" : "false");
    return at->text;
}

const char *answer_body(struct fixture *f) {
    return buf_string(&f->response.body);
}

bytes answer_header(const struct fixture *f, const char *name) {
    for (size_t i = 0; i < f->response.header_count; i++)
        if (bytes_equal(f->response.headers[i].name, bytes_from(name)))
            return f->response.headers[i].value;
    return (bytes){0};
}

const char *json_quoted(struct fixture *f, bytes text) {
    AUTO(buf) out = {0};
    struct json_writer w;
    json_start(&w, &out);
    json_string(&w, text);
    return arena_string(&f->arena, buf_bytes(&out));
}
