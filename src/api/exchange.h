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

struct service;
struct signers;

struct api {
    struct api_config config;
    char region[32];
    struct signers *signers;
    struct patterns *patterns;      /* of model_iot */
    const struct handler *handlers; /* IOT_OPERATIONS of them; tests bring their own */
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
    char caller_arn[64];
    char access_key_id[ACCESS_KEY_ID_LEN + 1];
    /* when a handler failed: said before the transaction was rolled back */
    bytes message, resource_id, resource_arn;
};

/* authenticate verifies who asks, and fills service, account, caller_arn and access_key_id
 * [AWS control-plane 3]. The fuzzer links another one. */
NODISCARD
status authenticate(struct exchange *x);

enum protocol { REST_JSON, JSON_1_1, QUERY };

/* A service by the names it is signed with [AWS control-plane 1]. */
struct service {
    const char *signing_name;
    const char *name;
    enum protocol protocol;
    status (*answer)(struct exchange *x); /* NULL: not written yet */
};

/* service_find finds a service by the name in a credential scope, or gives NULL. */
const struct service *service_find(bytes signing_name);
/* service_guess tells from a request without credentials which protocol its sender speaks. */
const struct service *service_guess(const struct http_request *request);

/* exchange_header adds a header to the answer; `name` is a literal, the value is borrowed. */
void exchange_header(struct exchange *x, const char *name, bytes value);

/* The protocols. Each answers, or fails with a sentence; and each words failures in its own way. */
status rest_answer(struct exchange *x);
void rest_refuse(struct exchange *x, status s, bytes message);
void json_refuse(struct exchange *x, status s, bytes message);
status query_answer(struct exchange *x);
void query_refuse(struct exchange *x, status s, bytes message);
