#include "function/authorizer.h"

#include "codec/base64.h"
#include "codec/json.h"
#include "http/query.h"
#include "identity/token.h"

/* ---- what a client brings ---- */

status authorizer_credentials_read(struct arena *a, bytes query,
                                   struct authorizer_credentials *out_credentials) {
    struct http_query q;
    TRY(http_query_parse(a, query, &q));
    *out_credentials = (struct authorizer_credentials){
        .name = http_query_find(&q, "x-amz-customauthorizer-name"),
        .signature = http_query_find(&q, "x-amz-customauthorizer-signature"),
        .query = query};
    return OK;
}

bytes authorizer_token(struct arena *a, const struct authorizer *authorizer,
                       const struct authorizer_credentials *credentials) {
    struct http_query q;
    if (authorizer->token_key.len == 0 || http_query_parse(a, credentials->query, &q) != OK)
        return (bytes){0};
    return http_query_find(&q, arena_string(a, authorizer->token_key));
}

/* ---- the event ---- */

static void put(struct json_writer *w, const char *name, bytes text) {
    if (text.len == 0)
        return;
    json_name(w, name);
    json_string(w, text);
}

static void put_base64(struct json_writer *w, const char *name, bytes data) {
    AUTO(buf) text = {0};
    base64_encode(data, &text);
    put(w, name, buf_bytes(&text));
    if (text.ptr)
        mem_wipe(text.ptr, text.len);
}

static void begin(struct json_writer *w, const char *name) {
    json_name(w, name);
    json_object_begin(w);
}

static void put_tls(struct json_writer *w, const struct authorizer_request *r) {
    begin(w, "tls");
    put(w, "serverName", r->server_name);
    put(w, "x509CertificatePem", r->certificate_pem);
    put(w, "principalId", r->certificate_id);
    json_object_end(w);
}

static void put_http(struct json_writer *w, const struct authorizer_request *r) {
    begin(w, "http");
    begin(w, "headers");
    for (size_t i = 0; i < r->header_count; i++) {
        json_name_bytes(w, r->headers[i].name);
        json_string(w, r->headers[i].value);
    }
    json_object_end(w);
    put(w, "queryString", r->query_string);
    json_object_end(w);
}

static void put_mqtt(struct json_writer *w, const struct authorizer_request *r) {
    begin(w, "mqtt");
    put(w, "username", r->user_name);
    put_base64(w, "password", r->password);
    put(w, "clientId", r->client_id);
    json_object_end(w);
}

static const struct {
    const char *name;
    size_t present; /* where the request says so */
    void (*put)(struct json_writer *w, const struct authorizer_request *r);
} protocols[] = {
    {"tls", offsetof(struct authorizer_request, has_tls), put_tls},
    {"http", offsetof(struct authorizer_request, has_http), put_http},
    {"mqtt", offsetof(struct authorizer_request, has_mqtt), put_mqtt},
};

static bool has_protocol(const struct authorizer_request *r, size_t i) {
    return *(const bool *)((const char *)r + protocols[i].present);
}

static void put_protocols(struct json_writer *w, const struct authorizer_request *r) {
    json_name(w, "protocols");
    json_array_begin(w);
    for (size_t i = 0; i < COUNT_OF(protocols); i++)
        if (has_protocol(r, i))
            json_text(w, protocols[i].name);
    json_array_end(w);
    begin(w, "protocolData");
    for (size_t i = 0; i < COUNT_OF(protocols); i++)
        if (has_protocol(r, i))
            protocols[i].put(w, r);
    json_object_end(w);
}

void authorizer_event(const struct authorizer_request *request, struct buf *out) {
    struct json_writer w;
    json_start(&w, out);
    json_object_begin(&w);
    put(&w, "token", request->token);
    json_name(&w, "signatureVerified");
    json_bool(&w, request->signature_verified);
    put_protocols(&w, request);
    if (request->connection_id) {
        begin(&w, "connectionMetadata");
        put(&w, "id", bytes_from(request->connection_id));
        json_object_end(&w);
    }
    json_object_end(&w);
}

/* ---- the answer ---- */

static status wrong(const char *what) {
    return FAIL(E_RESPONSE_INVALID, "The authorizer's function answered what it may not: %s", what);
}

static bool is_principal(bytes id) {
    if (id.len == 0 || id.len > AUTHORIZER_PRINCIPAL_MAX)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        uint8_t c = id.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
            return false;
    }
    return true;
}

static status read_seconds(const struct json *answer, const char *name, int64_t *out_s) {
    const struct json *v = json_member(answer, bytes_from(name));
    *out_s = AUTHORIZER_SECONDS_MAX;
    if (!v)
        return OK;
    if (v->type != JSON_NUMBER || json_to_i64(v, out_s) != OK || *out_s < AUTHORIZER_SECONDS_MIN ||
        *out_s > AUTHORIZER_SECONDS_MAX)
        return FAIL(E_RESPONSE_INVALID,
                    "The authorizer's function answered what it may not: %s is a whole number of "
                    "seconds from %d to %d",
                    name, AUTHORIZER_SECONDS_MIN, AUTHORIZER_SECONDS_MAX);
    return OK;
}

/* A policy comes as an object or as its text [AWS device-gateway 11]. */
static status read_policy(struct arena *a, const struct json *v, bytes *out_policy) {
    AUTO(buf) text = {0};
    struct json_writer w;
    if (v->type == JSON_STRING) {
        *out_policy = v->text;
        return OK;
    }
    if (v->type != JSON_OBJECT)
        return wrong("each of policyDocuments is a policy, as an object or as its text");
    json_start(&w, &text);
    json_value(&w, v);
    *out_policy = arena_copy(a, buf_bytes(&text));
    return OK;
}

static status read_policies(struct arena *a, const struct json *all,
                            struct authorizer_answer *answer) {
    if (!all)
        return OK;
    if (all->type != JSON_ARRAY || all->count > AUTHORIZER_POLICIES_MAX)
        return wrong("policyDocuments is a list of at most 10 policies");
    JSON_EACH (v, all)
        TRY(read_policy(a, v, &answer->policies[answer->policy_count++]));
    return OK;
}

status authorizer_answer_read(struct arena *a, bytes json, struct authorizer_answer *out_answer) {
    struct authorizer_answer answer = {0};
    const struct json *root;
    if (json_parse(a, json, &root) != OK || root->type != JSON_OBJECT)
        return wrong("it is not a JSON object");
    const struct json *decided = json_member(root, BYTES("isAuthenticated"));
    if (!decided || (decided->type != JSON_TRUE && decided->type != JSON_FALSE))
        return wrong("isAuthenticated is missing, or neither true nor false");
    answer.is_authenticated = decided->type == JSON_TRUE;
    const struct json *principal = json_member(root, BYTES("principalId"));
    if (json_is_string(principal))
        answer.principal_id = principal->text;
    if (answer.is_authenticated && !is_principal(answer.principal_id))
        return wrong("principalId is 1 to 128 letters and digits");
    TRY(read_policies(a, json_member(root, BYTES("policyDocuments")), &answer));
    TRY(read_seconds(root, "disconnectAfterInSeconds", &answer.disconnect_after_s));
    TRY(read_seconds(root, "refreshAfterInSeconds", &answer.refresh_after_s));
    *out_answer = answer;
    return OK;
}

/* ---- asking ---- */

status authorizer_check_token(const struct authorizer *authorizer, bytes signature,
                              struct authorizer_request *request) {
    if (authorizer->signing_disabled)
        return OK;
    TRY(token_verify(authorizer->signing_keys, request->token, signature));
    request->signature_verified = true;
    return OK;
}

status authorizer_call(struct functions *functions, bytes account, bytes authorizer_arn,
                       const struct authorizer *authorizer,
                       const struct authorizer_request *request, struct arena *a,
                       struct authorizer_answer *out_answer) {
    AUTO(buf) event = {0};
    bytes result;
    authorizer_event(request, &event);
    const struct function_request call = {.account = account,
                                          .function = authorizer->function_arn,
                                          .event = buf_bytes(&event),
                                          .principal = "iot.amazonaws.com",
                                          .source_arn = authorizer_arn,
                                          .timeout_ms = AUTHORIZER_TIMEOUT_MS};
    status s = function_invoke(functions, &call, a, &result);
    mem_wipe(event.ptr, event.len); /* it may hold a password */
    TRY(s);
    return authorizer_answer_read(a, result, out_answer);
}
