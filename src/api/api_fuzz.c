/* Whole HTTP requests into the control plane, past the signature: whatever comes, there is an
 * answer in the form clients can read, and reading twice gives the same. */
#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/exchange.h"
#include "api/handlers.h"
#include "base/log.h"
#include "codec/json.h"
#include "iam/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_BYTES_MAX = 1 << 16, INPUTS_PER_STORE = 2000 };

/* The fuzzer is whoever it likes, and names the service by a header. */
status authenticate_claim(struct exchange *x) {
    UNUSED(x);
    return OK;
}

status authenticate(struct exchange *x) {
    const struct service *s = service_find(http_header_find(x->request, "x-service"));
    if (s)
        x->service = s;
    memcpy(x->account, "123456789012", sizeof x->account);
    x->caller = iam_caller_root(x->arena, BYTES("123456789012"));
    return OK;
}

static struct {
    struct store *store;
    struct issuer *issuer;
    struct api *api;
    struct handler handlers[IOT_OPERATIONS];
    size_t inputs;
} server;

static void done(status s) {
    if (s != OK)
        abort();
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *at) {
    (void)s, (void)type, (void)at;
    return remove(path);
}

static void make_issuer(void) {
    char directory[] = "/tmp/kedge-api-fuzz-XXXXXX";
    if (!mkdtemp(directory))
        abort();
    done(issuer_open(directory, &server.issuer));
    (void)nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A fresh store now and then, so that it does not grow for ever. Making RSA keys takes too long. */
static void open_server(void) {
    if (server.api && server.inputs++ % INPUTS_PER_STORE)
        return;
    if (!server.issuer)
        make_issuer();
    api_free(server.api);
    store_close(server.store);
    log_set_level(LOG_OFF);
    done(store_open(&store_memory, "/tmp", &server.store));
    struct account account;
    done(account_ensure_default(server.store, BYTES("123456789012"), &account));
    done(iam_sessions_prepare(server.store));
    server.api = api_new(&(struct api_config){
        .store = server.store, .region = BYTES("eu-west-1"), .issuer = server.issuer});
    memcpy(server.handlers, handlers_iot, sizeof server.handlers);
    server.handlers[IOT_CREATE_KEYS_AND_CERTIFICATE] = (struct handler){0};
    server.api->faces[FACE_IOT].handlers = server.handlers;
}

static void check(const struct api_response *r, struct arena *a) {
    const struct json *body;
    assert(r->status >= 200 && r->status <= 599);
    assert((r->status == 200) == (r->error[0] == 0));
    assert(r->header_count >= 1 && r->content_type);
    if (strcmp(r->content_type, "text/xml") == 0)
        return;
    done(json_parse(a, buf_bytes(&r->body), &body));
    assert(body->type == JSON_OBJECT);
    if (r->status != 200)
        assert(json_is_string(json_member(body, BYTES("message"))) &&
               bytes_equal(json_member(body, BYTES("__type"))->text, bytes_from(r->error)));
    assert(r->status != 500);
}

static void answer(const struct http_request *request) {
    struct arena a = {0};
    struct api_response first, second;
    api_answer(server.api, request, &a, &first);
    check(&first, &a);
    if (first.status == 200 && bytes_equal(request->method, BYTES("GET")) &&
        strcmp(first.service, "iot") == 0) {
        api_answer(server.api, request, &a, &second);
        assert(bytes_equal(buf_bytes(&first.body), buf_bytes(&second.body)));
        api_response_done(&second);
    }
    api_response_done(&first);
    arena_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO(buf) in = {0};
    struct arena a = {0};
    struct http_parser parser;
    struct http_request request;
    enum http_progress progress = HTTP_CONTINUE;
    open_server();
    buf_append(&in, bytes_of(data, size));
    http_parser_start(&parser, BODY_BYTES_MAX);
    while (progress == HTTP_CONTINUE)
        if (http_parser_read(&parser, &in, &progress) != OK)
            return 0;
    if (progress == HTTP_DONE) {
        http_parser_request(&parser, &in, &a, &request);
        answer(&request);
    }
    arena_done(&a);
    return 0;
}
