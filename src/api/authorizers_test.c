#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "api/fixture.h"
#include "function/function.h"
#include "identity/material.h"
#include "support/testing.h"

#define FUNCTION "arn:aws:lambda:" FIXTURE_REGION ":" FIXTURE_ACCOUNT ":function:door"
#define UNSIGNED "{\"authorizerFunctionArn\":\"" FUNCTION "\",\"signingDisabled\":true}"

static const char *public_key(struct fixture *f, const char *name) {
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    CHECK(PEM_write_bio_PUBKEY(bio, material_key(name)) == 1);
    long len = BIO_get_mem_data(bio, &text);
    const char *quoted = json_quoted(f, bytes_of(text, (size_t)len));
    BIO_free(bio);
    return quoted;
}

static const char *signed_body(struct fixture *f, const char *key) {
    return arena_printf(&f->arena,
                        "{\"authorizerFunctionArn\":\"" FUNCTION "\",\"tokenKeyName\":\"token\","
                        "\"tokenSigningPublicKeys\":{\"first\":%s}}",
                        public_key(f, key));
}

TEST(an_authorizer_lives) { /* [AWS identity 11.2] */
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", "/authorizer/door", signed_body(&f, "RSA-2048")), 200);
    CHECK_ANSWER(&f, "authorizerArn", FIXTURE_ARN("authorizer/door"));
    CHECK_INT(ask(&f, "POST", "/authorizer/door", UNSIGNED), 409);
    CHECK_INT(ask(&f, "GET", "/authorizer/door", NULL), 200);
    CHECK_ANSWER(&f, "authorizerDescription.tokenKeyName", "token");
    CHECK_ANSWER(&f, "authorizerDescription.status", "ACTIVE");
    CHECK(bytes_start_with(answered(&f, "authorizerDescription.tokenSigningPublicKeys.first"),
                           BYTES("-----BEGIN PUBLIC KEY-----")));
    CHECK_INT(ask(&f, "DELETE", "/authorizer/door", NULL), 409);
    CHECK_REFUSED(&f, 409, "DeleteConflictException", "ACTIVE");
    CHECK_INT(ask(&f, "PUT", "/authorizer/door", "{\"status\":\"INACTIVE\"}"), 200);
    CHECK_INT(ask(&f, "GET", "/authorizers/?status=ACTIVE", NULL), 200);
    CHECK(!answered_json(&f, "authorizers.0"));
    CHECK_INT(ask(&f, "GET", "/authorizers/", NULL), 200);
    CHECK_ANSWER(&f, "authorizers.0.authorizerName", "door");
    CHECK_INT(ask(&f, "DELETE", "/authorizer/door", NULL), 200);
    CHECK_INT(ask(&f, "GET", "/authorizer/door", NULL), 404);
    fixture_done(&f);
}

TEST(an_authorizer_is_judged_when_it_is_made) {
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", "/authorizer/door", signed_body(&f, "P-256")), 400);
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "RSA key of at least 2048 bits");
    CHECK_INT(ask(&f, "POST", "/authorizer/door", "{\"authorizerFunctionArn\":\"" FUNCTION "\"}"),
              400);
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "tokenKeyName");
    CHECK_INT(ask(&f, "POST", "/authorizer/door",
                  "{\"authorizerFunctionArn\":\"door\",\"signingDisabled\":true}"),
              400);
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "ARN of a function");
    fixture_done(&f);
}

TEST(an_account_has_a_default_authorizer) {
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "GET", "/default-authorizer", NULL), 404);
    CHECK_INT(ask(&f, "POST", "/default-authorizer", "{\"authorizerName\":\"door\"}"), 404);
    CHECK_INT(ask(&f, "POST", "/authorizer/door", UNSIGNED), 200);
    CHECK_INT(ask(&f, "POST", "/default-authorizer", "{\"authorizerName\":\"door\"}"), 200);
    CHECK_INT(ask(&f, "POST", "/default-authorizer", "{\"authorizerName\":\"door\"}"), 409);
    CHECK_INT(ask(&f, "GET", "/default-authorizer", NULL), 200);
    CHECK_ANSWER(&f, "authorizerDescription.signingDisabled", "true");
    CHECK_INT(ask(&f, "DELETE", "/default-authorizer", NULL), 200);
    CHECK_INT(ask(&f, "DELETE", "/default-authorizer", NULL), 404);
    fixture_done(&f);
}

static const char *told; /* what the stand-in answers */
static char event[2048]; /* what it was asked */

static status answers(struct functions *f, const struct function_request *request, struct arena *a,
                      bytes *out_result) {
    UNUSED(f), UNUSED(a);
    (void)snprintf(event, sizeof event, "%.*s", BYTES_ARG(request->event));
    *out_result = bytes_from(told);
    return OK;
}

TEST(an_authorizer_can_be_tried) { /* [AWS identity 11.2] */
    struct functions functions = {&(const struct function_ops){answers}};
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", "/authorizer/door", UNSIGNED), 200);
    CHECK_INT(ask(&f, "POST", "/authorizer/door/test", "{}"), 404);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "Function not found");
    f.api->config.functions = &functions;
    told = "{\"isAuthenticated\":true,\"principalId\":\"lamp\",\"policyDocuments\":[{\"a\":1}],"
           "\"refreshAfterInSeconds\":600}";
    CHECK_INT(ask(&f, "POST", "/authorizer/door/test",
                  "{\"token\":\"t\",\"mqttContext\":{\"username\":\"u\",\"password\":\"cA==\","
                  "\"clientId\":\"c\"},\"tlsContext\":{\"serverName\":\"s\"},"
                  "\"httpContext\":{\"headers\":{\"h\":\"v\"},\"queryString\":\"?a=b\"}}"),
              200);
    CHECK_ANSWER(&f, "isAuthenticated", "true");
    CHECK_ANSWER(&f, "policyDocuments.0", "{\"a\":1}");
    CHECK_ANSWER(&f, "refreshAfterInSeconds", "600");
    CHECK_ANSWER(&f, "disconnectAfterInSeconds", "86400");
    CHECK(strstr(event, "\"protocols\":[\"tls\",\"http\",\"mqtt\"]"));
    CHECK(strstr(event, "\"password\":\"cA==\""));
    told = "{}";
    CHECK_INT(ask(&f, "POST", "/authorizer/door/test", "{}"), 400);
    CHECK_REFUSED(&f, 400, "InvalidResponseException", "isAuthenticated");
    CHECK_INT(ask(&f, "POST", "/authorizer/nobody/test", "{}"), 404);
    CHECK_INT(ask(&f, "POST", "/authorizer/gate", signed_body(&f, "RSA-2048")), 200);
    CHECK_INT(
        ask(&f, "POST", "/authorizer/gate/test", "{\"token\":\"t\",\"tokenSignature\":\"AAAA\"}"),
        401);
    fixture_done(&f);
}

TEST_MAIN("api/authorizers")
