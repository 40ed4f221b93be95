#include "function/authorizer.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "codec/base64.h"
#include "codec/json.h"
#include "identity/material.h"
#include "store/record.h"
#include "support/testing.h"

/* ---- credentials ---- */

TEST(credentials_stand_in_a_query) { /* [AWS device-gateway 11] */
    AUTO(arena) a = {0};
    struct authorizer_credentials c;
    const struct authorizer door = {.token_key = BYTES("ticket")};
    CHECK_OK(authorizer_credentials_read(
        &a,
        BYTES("x-amz-customauthorizer-name=door&x-amz-customauthorizer-signature=a%2B/%3D&"
              "ticket=t%20k&SDK=Python&Platform=linux"),
        &c));
    CHECK_BYTES(c.name, BYTES("door"));
    CHECK_BYTES(c.signature, BYTES("a+/="));
    CHECK_BYTES(authorizer_token(&a, &door, &c), BYTES("t k"));
    CHECK_OK(authorizer_credentials_read(&a, (bytes){0}, &c));
    CHECK(c.name.len == 0 && authorizer_token(&a, &door, &c).len == 0);
    CHECK(authorizer_credentials_read(&a, BYTES("a=%G1"), &c) == E_INVALID);
}

/* ---- the event ---- */

TEST(an_event_has_what_applies_and_nothing_else) { /* [AWS device-gateway 11] */
    AUTO(buf) out = {0};
    struct authorizer_request r = {.token = BYTES("t"),
                                   .signature_verified = true,
                                   .has_tls = true,
                                   .has_mqtt = true,
                                   .server_name = BYTES("iot.example.com"),
                                   .user_name = BYTES("u"),
                                   .password = BYTES("p"),
                                   .client_id = BYTES("c"),
                                   .connection_id = "1-2"};
    authorizer_event(&r, &out);
    CHECK_BYTES(
        buf_bytes(&out),
        BYTES("{\"token\":\"t\",\"signatureVerified\":true,\"protocols\":[\"tls\",\"mqtt\"],"
              "\"protocolData\":{\"tls\":{\"serverName\":\"iot.example.com\"},\"mqtt\":{"
              "\"username\":\"u\",\"password\":\"cA==\",\"clientId\":\"c\"}},"
              "\"connectionMetadata\":{\"id\":\"1-2\"}}"));
    buf_clear(&out);
    r = (struct authorizer_request){.has_http = true,
                                    .headers = &(struct authorizer_header){BYTES("h"), BYTES("v")},
                                    .header_count = 1,
                                    .query_string = BYTES("?a=b")};
    authorizer_event(&r, &out);
    CHECK_BYTES(buf_bytes(&out),
                BYTES("{\"signatureVerified\":false,\"protocols\":[\"http\"],\"protocolData\":{"
                      "\"http\":{\"headers\":{\"h\":\"v\"},\"queryString\":\"?a=b\"}}}"));
}

/* ---- the answer ---- */

#define POLICY "{\"Version\":\"2012-10-17\",\"Statement\":[]}"

TEST(an_answer_brings_policies_as_objects_or_texts) {
    AUTO(arena) a = {0};
    struct authorizer_answer answer;
    CHECK_OK(authorizer_answer_read(
        &a,
        BYTES("{\"isAuthenticated\":true,\"principalId\":\"lamp1\",\"policyDocuments\":[" POLICY
              ",\"{}\"],\"disconnectAfterInSeconds\":300,\"refreshAfterInSeconds\":86400}"),
        &answer));
    CHECK(answer.is_authenticated);
    CHECK_BYTES(answer.principal_id, BYTES("lamp1"));
    CHECK_INT(answer.policy_count, 2);
    CHECK_BYTES(answer.policies[0], BYTES(POLICY));
    CHECK_BYTES(answer.policies[1], BYTES("{}"));
    CHECK_INT(answer.disconnect_after_s, 300);
    CHECK_OK(authorizer_answer_read(&a, BYTES("{\"isAuthenticated\":false}"), &answer));
    CHECK(!answer.is_authenticated && answer.refresh_after_s == 86400);
}

TEST(what_an_answer_may_not_say_is_told) {
    static const struct {
        const char *json, *part;
    } rows[] = {
        {"null", "not a JSON object"},
        {"[", "not a JSON object"},
        {"{}", "isAuthenticated"},
        {"{\"isAuthenticated\":\"true\"}", "isAuthenticated"},
        {"{\"isAuthenticated\":true}", "principalId"},
        {"{\"isAuthenticated\":true,\"principalId\":\"a-b\"}", "principalId"},
        {"{\"isAuthenticated\":true,\"principalId\":\"a\",\"policyDocuments\":{}}",
         "policyDocuments"},
        {"{\"isAuthenticated\":true,\"principalId\":\"a\",\"policyDocuments\":[1]}",
         "policyDocuments"},
        {"{\"isAuthenticated\":true,\"principalId\":\"a\",\"policyDocuments\":[\"\",\"\",\"\",\"\","
         "\"\",\"\",\"\",\"\",\"\",\"\",\"\"]}",
         "at most 10"},
        {"{\"isAuthenticated\":true,\"principalId\":\"a\",\"disconnectAfterInSeconds\":299}",
         "disconnectAfterInSeconds is a whole number of seconds from 300 to 86400"},
        {"{\"isAuthenticated\":true,\"principalId\":\"a\",\"refreshAfterInSeconds\":86401}",
         "refreshAfterInSeconds"},
        {"{\"isAuthenticated\":true,\"principalId\":\"a\",\"refreshAfterInSeconds\":\"300\"}",
         "refreshAfterInSeconds"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(arena) a = {0};
        struct authorizer_answer answer;
        CHECK_FAILS(authorizer_answer_read(&a, bytes_from(rows[i].json), &answer),
                    E_RESPONSE_INVALID, rows[i].part);
    }
}

TEST(an_answer_that_is_cut_anywhere_is_refused) {
    bytes whole =
        BYTES("{\"isAuthenticated\":true,\"principalId\":\"a\",\"policyDocuments\":[{}]}");
    for (size_t len = 0; len < whole.len; len++) {
        AUTO(arena) a = {0};
        struct authorizer_answer answer;
        uint8_t *block = mem_new(len + 1);
        for (size_t i = 0; i < len; i++)
            block[i] = whole.ptr[i];
        CHECK(authorizer_answer_read(&a, bytes_of(block, len), &answer) == E_RESPONSE_INVALID);
        mem_free(block);
    }
}

/* ---- asking ---- */

static struct function_request asked;

static status answers(struct functions *f, const struct function_request *request, struct arena *a,
                      bytes *out_result) {
    UNUSED(f), UNUSED(a);
    asked = *request;
    *out_result = BYTES("{\"isAuthenticated\":true,\"principalId\":\"a\"}");
    return OK;
}

TEST(the_function_is_called_by_iot_with_five_seconds) {
    AUTO(arena) a = {0};
    struct functions f = {&(const struct function_ops){answers}};
    const struct authorizer door = {.function_arn = BYTES("arn:f"), .signing_disabled = true};
    struct authorizer_request r = {.has_mqtt = true, .client_id = BYTES("c")};
    struct authorizer_answer answer;
    CHECK_OK(authorizer_check_token(&door, (bytes){0}, &r));
    CHECK(!r.signature_verified);
    CHECK_OK(authorizer_call(&f, BYTES("111111111111"), BYTES("arn:a"), &door, &r, &a, &answer));
    CHECK_TEXT(asked.principal, "iot.amazonaws.com");
    CHECK_INT(asked.timeout_ms, 5000);
    CHECK_BYTES(asked.function, BYTES("arn:f"));
    CHECK_BYTES(asked.source_arn, BYTES("arn:a"));
    CHECK_BYTES(answer.principal_id, BYTES("a"));
    CHECK_FAILS(authorizer_call(NULL, BYTES("1"), BYTES("arn:a"), &door, &r, &a, &answer),
                E_NOT_FOUND, "Function not found");
}

TEST(a_token_without_a_good_signature_never_reaches_the_function) {
    AUTO(buf) keys = {0};
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    CHECK(PEM_write_bio_PUBKEY(bio, material_key("RSA-2048")) == 1);
    long len = BIO_get_mem_data(bio, &text);
    record_list_add(&keys, BYTES("first"));
    record_list_add(&keys, bytes_of(text, (size_t)len));
    BIO_free(bio);
    const struct authorizer door = {.signing_keys = buf_bytes(&keys)};
    struct authorizer_request r = {.token = BYTES("token")};
    CHECK_FAILS(authorizer_check_token(&door, (bytes){0}, &r), E_DENIED, "missing");
    CHECK_FAILS(authorizer_check_token(&door, BYTES("AAAA"), &r), E_DENIED, "fits none");
}

TEST_MAIN("function/authorizer")
