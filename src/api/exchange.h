/* An exchange: one request on its way to its answer. For this folder.
 *
 *     api_answer ─▶ authenticate ─▶ the service's answer function ─▶ handlers, encoder
 *                        └───────────────┴────────────▶ a failure ─▶ the protocol's way to refuse
 */
#pragma once
#include "account/account.h"
#include "api/api.h"
#include "api/call.h"
#include "api/pattern.h"
#include "api/route.h"
#include "http/query.h"
#include "iam/caller.h"

struct service;
struct signers;

/* The services that have a model. */
enum face_index {
    FACE_IOT,
    FACE_IOT_DATA,
    FACE_LAMBDA,
    FACE_LOGS,
    FACE_ACM,
    FACE_SECRETSMANAGER,
    FACE_IAM,
    FACE_STS,
    FACE_COUNT,
    FACE_NONE = FACE_COUNT
};

/* What a service calls a failure, where that differs from status_info. */
struct error_name {
    status status; /* OK ends the table */
    const char *type;
    int http;
};

struct face {
    const struct model *model;
    const struct handler *handlers;  /* one per operation; without a function: not written yet */
    const struct error_name *errors; /* NULL: none differs */
};
extern const struct face faces[FACE_COUNT];

struct api {
    struct api_config config;
    char region[32];
    struct signers *signers;
    struct patterns *patterns[FACE_COUNT];
    struct face faces[FACE_COUNT]; /* a copy: tests bring their own handlers */
};

struct exchange {
    struct api *api;
    const struct http_request *request;
    struct arena *arena;
    struct api_response *out;
    const struct service *service; /* NULL until the credential scope or the form of it tells */
    char request_id[37];
    int64_t now_ms;
    /* set by authenticate */
    char account[ACCOUNT_ID_LEN + 1];
    struct iam_caller caller; /* in the arena */
    struct http_query form;   /* of the query protocol */
    /* when a handler failed: said before the transaction was rolled back */
    bytes message, resource_id, resource_arn;
};

/* authenticate verifies who asks, and fills service, account and caller [AWS control-plane 3]. The
 * fuzzer links another one. */
NODISCARD
status authenticate(struct exchange *x);

/* authenticate_claim tells whether the credentials it names are known and the times fit, before
 * there is a body that the signature could be verified with. */
NODISCARD
status authenticate_claim(struct exchange *x);

enum protocol { REST_JSON, JSON_1_1, QUERY };

/* A service by the names it is signed with [AWS control-plane 1]. */
struct service {
    const char *signing_name;
    const char *name;
    enum protocol protocol;
    enum face_index face;                 /* FACE_NONE: it has no tables */
    status (*answer)(struct exchange *x); /* NULL: not written yet */
};

/* service_find finds a service by the name in a credential scope, or gives NULL. */
const struct service *service_find(bytes signing_name);
/* service_guess tells from a request without credentials which protocol its sender speaks. */
const struct service *service_guess(const struct http_request *request);

/* exchange_header adds a header to the answer; `name` is a literal, the value is borrowed. */
void exchange_header(struct exchange *x, const char *name, bytes value);

/* exchange_write_error puts a failure into the body as the JSON protocols do. */
void exchange_write_error(struct exchange *x, status s, bytes message);

/* exchange_operate does what all protocols with a model do once the operation is known: reads and
 * checks the input, runs the handler, writes the output into the answer. */
NODISCARD
status exchange_operate(struct exchange *x, const struct route *route);

/* The protocols. Each answers, or fails with a sentence; and each words failures in its own way. */
status rest_answer(struct exchange *x);
void rest_refuse(struct exchange *x, status s, bytes message);
status json_answer(struct exchange *x);
void json_refuse(struct exchange *x, status s, bytes message);
status query_answer(struct exchange *x);
void query_write_output(struct exchange *x, const struct record *output);
void query_refuse(struct exchange *x, status s, bytes message);
