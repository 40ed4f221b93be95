/* A control plane for tests: a store in memory, the default account, requests signed with its key.
 *
 *     struct fixture f = fixture_open();
 *     CHECK_INT(ask(&f, "POST", "/things/lamp", NULL), 200);
 *     CHECK_BYTES(answered(&f, "thingName"), BYTES("lamp"));
 *     fixture_done(&f);
 */
#pragma once
#include "account/account.h"
#include "api/exchange.h"
#include "api/signing.h"
#include "store/fixture.h"

#define FIXTURE_REGION "ap-northeast-1"
#define FIXTURE_ACCOUNT "123456789012"
#define FIXTURE_ARN(resource) "arn:aws:iot:" FIXTURE_REGION ":" FIXTURE_ACCOUNT ":" resource

struct fixture {
    struct store_fixture store;
    struct account account;
    struct access_key key;
    struct issuer *issuer;
    struct api *api;
    struct signing signing;        /* change it to ask as somebody else, or for another service */
    struct http_header headers[2]; /* put a header here to send it along; used once */
    size_t header_count;
    struct arena arena;
    struct api_response response; /* the last one */
};

/* In it the client "lamp-here" is connected, and "lamp-gone" was (fixture.c). */
struct fixture fixture_open(void);
struct fixture fixture_open_on(const struct store_ops *ops);
void fixture_done(struct fixture *f);

/* ask sends one signed request and gives the HTTP status. */
int ask(struct fixture *f, const char *method, const char *target, const char *body);
int ask_bytes(struct fixture *f, const char *method, const char *target, bytes body);
/* ask_as does so with one more header. */
int ask_as(struct fixture *f, const char *header, const char *value, const char *method,
           const char *target, const char *body);

/* answered is the text of a member of the last answer, by path: "certificateDescription.status",
 * "things.0.thingName". No bytes when it is not there. */
bytes answered(struct fixture *f, const char *path);
/* answered_json is that member itself, or NULL. */
const struct json *answered_json(struct fixture *f, const char *path);
/* answer_body is the whole of it, as text. */
const char *answer_body(struct fixture *f);
/* answer_header borrows a header of the last answer, or gives no bytes. */
bytes answer_header(const struct fixture *f, const char *name);
/* json_quoted writes text as a JSON string, quotes included. */
const char *json_quoted(struct fixture *f, bytes text);

#define CHECK_ANSWER(f, path, text) CHECK_BYTES(answered((f), (path)), bytes_from(text))
/* CHECK_REFUSED wants the last answer to be this error, with `part` in its message. */
#define CHECK_REFUSED(f, http, type, part)                                                         \
    do {                                                                                           \
        CHECK_INT((f)->response.status, http);                                                     \
        CHECK_ANSWER(f, "__type", type);                                                           \
        CHECK_BYTES(answer_header((f), "x-amzn-ErrorType"), bytes_from(type));                     \
        test_check_contains(arena_string(&(f)->arena, answered((f), "message")), (part), __FILE__, \
                            __LINE__);                                                             \
    } while (0)
