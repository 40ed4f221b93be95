/* Custom authorizers at work: what a client brings, what their function is asked, what it may
 * answer [AWS device-gateway 11].
 *
 *     user name or query ─▶ credentials ─▶ token verified ─▶ event ─▶ function ─▶ answer, checked
 *
 * The same for devices (gateway/custom_auth.h) and for TestInvokeAuthorizer. */
#pragma once
#include "function/function.h"
#include "registry/authorizer.h"

enum {
    AUTHORIZER_TIMEOUT_MS = 5000,
    AUTHORIZER_POLICIES_MAX = 10,
    AUTHORIZER_POLICY_CHARACTERS_MAX = 2048,
    AUTHORIZER_SECONDS_MIN = 300,
    AUTHORIZER_SECONDS_MAX = 86400,
    AUTHORIZER_PRINCIPAL_MAX = 128,
};

/* What stands in a query, or behind the '?' of an MQTT user name; no bytes for what does not. */
struct authorizer_credentials {
    bytes name, signature; /* x-amz-customauthorizer-name, …-signature */
    bytes query;           /* as sent */
};
/* authorizer_credentials_read takes them out of a query; names it does not know (what SDKs add
 * about themselves) are passed over. E_INVALID for one that cannot be decoded. */
NODISCARD
status authorizer_credentials_read(struct arena *a, bytes query,
                                   struct authorizer_credentials *out_credentials);
/* authorizer_token is the token in the query, under the name the authorizer has for it. */
bytes authorizer_token(struct arena *a, const struct authorizer *authorizer,
                       const struct authorizer_credentials *credentials);

struct authorizer_header {
    bytes name, value;
};

/* What is asked; members without bytes are left out of the event. */
struct authorizer_request {
    bytes token;
    bool signature_verified;
    bool has_tls, has_http, has_mqtt;
    bytes server_name, certificate_pem, certificate_id; /* tls; the last two for CUSTOM_AUTH_X509 */
    const struct authorizer_header *headers;            /* http */
    size_t header_count;
    bytes query_string;                   /* with its '?' */
    bytes user_name, password, client_id; /* mqtt */
    const char *connection_id;            /* a UUID; NULL: none */
};
/* authorizer_event appends the event's JSON. */
void authorizer_event(const struct authorizer_request *request, struct buf *out);

struct authorizer_answer {
    bool is_authenticated;
    bytes principal_id;
    bytes policies[AUTHORIZER_POLICIES_MAX]; /* JSON text each */
    size_t policy_count;
    int64_t disconnect_after_s, refresh_after_s; /* 86,400 when not said */
};
/* authorizer_answer_read takes the function's answer apart; E_RESPONSE_INVALID says what is wrong
 * with it. */
NODISCARD
status authorizer_answer_read(struct arena *a, bytes json, struct authorizer_answer *out_answer);

/* authorizer_check_token: OK when the token needs no signature or has a good one, which is noted in
 * the request; E_DENIED. */
NODISCARD
status authorizer_check_token(const struct authorizer *authorizer, bytes signature,
                              struct authorizer_request *request);
/* authorizer_call asks the function: the failures of function_invoke, and E_RESPONSE_INVALID. */
NODISCARD
status authorizer_call(struct functions *functions, bytes account, bytes authorizer_arn,
                       const struct authorizer *authorizer,
                       const struct authorizer_request *request, struct arena *a,
                       struct authorizer_answer *out_answer);
