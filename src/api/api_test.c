#include "api/api.h"

#include <string.h>

#include "api/fixture.h"
#include "api/generated/acm.h"
#include "api/generated/lambda.h"
#include "base/clock.h"
#include "base/log.h"
#include "support/testing.h"

/* Handlers without business: what the engine does around them is what is tested here. */
static status fake_describe(struct call *c) {
    put_text(c->out, M_THING_NAME, get_text(c->in, M_THING_NAME));
    put_text(c->out, M_THING_ID, c->caller->arn);
    return OK;
}

static status fake_create(struct call *c) {
    return store_save(c->registry.txn, TABLE_META, get_text(c->in, M_THING_NAME), BYTES("1"));
}

static status fake_update(struct call *c) {
    TRY(store_save(c->registry.txn, TABLE_META, BYTES("updated"), BYTES("1")));
    return FAIL(E_VERSION_CONFLICT, "The version does not match");
}

static status fake_exists(struct call *c) {
    c->resource_id = get_text(c->in, M_POLICY_NAME);
    c->resource_arn = BYTES("arn");
    return FAIL(E_EXISTS, "there already");
}

static status fake_failure(struct call *c) {
    UNUSED(c);
    return FAIL(E_INTERNAL, "/secret/path is gone");
}

static const struct handler fakes[IOT_OPERATIONS] = {
    [IOT_DESCRIBE_THING] = {fake_describe, NULL, NO_STORE},
    [IOT_CREATE_THING] = {fake_create, NULL, WRITE},
    [IOT_UPDATE_THING] = {fake_update, NULL, WRITE},
    [IOT_CREATE_POLICY] = {fake_exists, NULL, READ},
    [IOT_DELETE_THING] = {fake_failure, NULL, NO_STORE},
};

static struct fixture open_with_fakes(void) {
    struct fixture f = fixture_open();
    f.api->faces[FACE_IOT].handlers = fakes;
    return f;
}

static bool stored(struct fixture *f, bytes key) {
    struct txn *t;
    bool present = false;
    CHECK_OK(store_begin_read(f->store.store, &t));
    CHECK_OK(store_has(t, TABLE_META, key, &present));
    store_rollback(t);
    return present;
}

TEST(a_signed_request_reaches_its_handler) {
    struct fixture f = open_with_fakes();
    CHECK_INT(ask(&f, "GET", "/things/lamp", NULL), 200);
    CHECK_TEXT(answer_body(&f),
               "{\"thingName\":\"lamp\",\"thingId\":\"arn:aws:iam::" FIXTURE_ACCOUNT ":root\"}");
    CHECK_TEXT(f.response.content_type, "application/json");
    CHECK_INT(answer_header(&f, "x-amzn-RequestId").len, 36);
    CHECK_TEXT(f.response.service, "iot");
    CHECK_TEXT(f.response.operation, "DescribeThing");
    CHECK_TEXT(f.response.account, FIXTURE_ACCOUNT);
    CHECK_TEXT(f.response.error, "");
    fixture_done(&f);
}

TEST(older_sdks_sign_for_execute_api) { /* [AWS control-plane 1] */
    struct fixture f = open_with_fakes();
    f.signing.service = "execute-api";
    CHECK_INT(ask(&f, "GET", "/things/lamp", NULL), 200);
    fixture_done(&f);
}

TEST(each_account_sees_its_own) {
    struct fixture f = fixture_open();
    struct account other;
    struct access_key key;
    struct txn *t;
    CHECK_OK(store_begin_write(f.store.store, &t));
    CHECK_OK(account_create(t, BYTES("222222222222"), &other));
    CHECK_OK(access_key_load_first(t, BYTES("222222222222"), &key));
    CHECK_OK(store_commit(t));
    CHECK_INT(ask(&f, "POST", "/things/lamp", NULL), 200);
    f.signing.access_key_id = key.id;
    f.signing.secret = key.secret;
    CHECK_INT(ask(&f, "GET", "/things/lamp", NULL), 404);
    CHECK_TEXT(f.response.account, "222222222222");
    CHECK_INT(ask(&f, "POST", "/things/lamp", NULL), 200);
    CHECK_ANSWER(&f, "thingArn", "arn:aws:iot:" FIXTURE_REGION ":222222222222:thing/lamp");
    CHECK_INT(ask(&f, "GET", "/endpoint?endpointType=iot%3AData-ATS", NULL), 200);
    CHECK(bytes_start_with(answered(&f, "endpointAddress"), bytes_from(other.prefix)));
    access_key_done(&key);
    fixture_done(&f);
}

TEST(an_unsigned_request_is_refused) { /* [AWS control-plane 3.2] */
    struct fixture f = open_with_fakes();
    struct http_request r = {
        .method = BYTES("GET"), .path = BYTES("/things/lamp"), .target = BYTES("/things/lamp")};
    api_answer(f.api, &r, &f.arena, &f.response);
    CHECK_REFUSED(&f, 403, "MissingAuthenticationTokenException", "Missing Authentication Token");
    CHECK_INT(answer_header(&f, "x-amzn-RequestId").len, 36);
    fixture_done(&f);
}

TEST(a_wrong_secret_key_region_or_clock_is_refused) { /* [AWS control-plane 3.2] */
    struct fixture f = open_with_fakes();
    f.signing.secret = "wrong";
    (void)ask(&f, "GET", "/things/lamp", NULL);
    CHECK_REFUSED(&f, 403, "InvalidSignatureException", "The request signature we calculated");
    f.signing.secret = NULL;
    f.signing.access_key_id = "AKIAAAAAAAAAAAAAAAAA";
    (void)ask(&f, "GET", "/things/lamp", NULL);
    CHECK_REFUSED(&f, 403, "UnrecognizedClientException", "The security token included");
    f.signing.access_key_id = NULL;
    f.signing.region = "mars-1";
    (void)ask(&f, "GET", "/things/lamp", NULL);
    CHECK_REFUSED(&f, 403, "InvalidSignatureException", "valid");
    f.signing.region = FIXTURE_REGION;
    f.signing.now_ms = clock_wall_ms() - 16 * 60000;
    (void)ask(&f, "GET", "/things/lamp", NULL);
    CHECK_REFUSED(&f, 403, "InvalidSignatureException", "Signature expired");
    fixture_done(&f);
}

/* Lambda and ACM stand for what iot does not use: a status, headers and a body of their own, and
 * operations named by a header. */
static status fake_invoke(struct call *c) {
    put_number(c->out, M_STATUS_CODE, 202);
    put_string(c->out, M_FUNCTION_ERROR, "Unhandled");
    put_text(c->out, M_PAYLOAD, get_text(c->in, M_PAYLOAD));
    return OK;
}
static status fake_add(struct call *c) {
    put_text(c->out, M_STATEMENT, get_text(c->in, M_STATEMENT_ID));
    return OK;
}
static status fake_import(struct call *c) {
    put_text(c->out, M_CERTIFICATE_ARN, get_text(c->in, M_CERTIFICATE));
    return OK;
}
static status fake_conflict(struct call *c) {
    UNUSED(c);
    return FAIL(E_EXISTS, "Function already exist: f");
}
static const struct handler fakes_lambda[LAMBDA_OPERATIONS] = {
    [LAMBDA_INVOKE] = {fake_invoke, NULL, NO_STORE},
    [LAMBDA_ADD_PERMISSION] = {fake_add, NULL, NO_STORE},
    [LAMBDA_LIST_FUNCTIONS] = {fake_conflict, NULL, NO_STORE},
};
static const struct handler fakes_acm[ACM_OPERATIONS] = {
    [ACM_IMPORT_CERTIFICATE] = {fake_import, NULL, NO_STORE},
};

TEST(a_model_may_set_the_status_headers_and_a_body_that_is_no_json) {
    struct fixture f = open_with_fakes();
    f.api->faces[FACE_LAMBDA].handlers = fakes_lambda;
    f.signing.service = "lambda";
    CHECK_INT(ask(&f, "POST", "/2015-03-31/functions/f/invocations", "not JSON"), 202);
    CHECK_TEXT(answer_body(&f), "not JSON");
    CHECK_BYTES(answer_header(&f, "X-Amz-Function-Error"), BYTES("Unhandled"));
    CHECK_INT(ask(&f, "POST", "/2015-03-31/functions/f/policy",
                  "{\"StatementId\":\"s\",\"Action\":\"lambda:InvokeFunction\",\"Principal\":"
                  "\"iot.amazonaws.com\"}"),
              201);
    CHECK_TEXT(answer_body(&f), "{\"Statement\":\"s\"}");
    fixture_done(&f);
}

TEST(a_service_may_call_a_failure_by_a_name_of_its_own) {
    static const struct error_name names[] = {{E_EXISTS, "ResourceConflictException", 409},
                                              {OK, NULL, 0}};
    struct fixture f = open_with_fakes();
    f.api->faces[FACE_LAMBDA] = (struct face){&model_lambda, fakes_lambda, names};
    f.signing.service = "lambda";
    (void)ask(&f, "GET", "/2015-03-31/functions", NULL);
    CHECK_INT(f.response.status, 409);
    CHECK_BYTES(answer_header(&f, "x-amzn-ErrorType"), BYTES("ResourceConflictException"));
    CHECK_ANSWER(&f, "Message", "Function already exist: f"); /* [AWS rules 7] */
    fixture_done(&f);
}

TEST(services_of_json_1_1_name_the_operation_in_a_header) {
    struct fixture f = open_with_fakes();
    f.api->faces[FACE_ACM].handlers = fakes_acm;
    f.signing.service = "acm";
    CHECK_INT(ask_as(&f, "x-amz-target", "CertificateManager.ImportCertificate", "POST", "/",
                     "{\"Certificate\":\"YQ==\",\"PrivateKey\":\"Yg==\"}"),
              200);
    CHECK_TEXT(answer_body(&f), "{\"CertificateArn\":\"a\"}");
    CHECK_TEXT(f.response.content_type, "application/x-amz-json-1.1");
    CHECK_INT(ask_as(&f, "x-amz-target", "CertificateManager.ListCertificates", "POST", "/", "{}"),
              501);
    CHECK_ANSWER(&f, "__type", "NotImplementedException");
    CHECK_INT(ask_as(&f, "x-amz-target", "CertificateManager.Nonsense", "POST", "/", "{}"), 400);
    CHECK_ANSWER(&f, "__type", "UnknownOperationException");
    fixture_done(&f);
}

TEST(a_service_nobody_knows_is_refused_and_one_to_come_says_so) {
    struct fixture f = open_with_fakes();
    f.signing.service = "s3";
    CHECK_INT(ask(&f, "GET", "/things/lamp", NULL), 403);
    CHECK(strstr(answer_body(&f), "Credential should be scoped to correct service"));
    f.signing.service = "lambda";
    CHECK_INT(ask(&f, "GET", "/2018-10-31/layers", NULL), 501);
    CHECK_BYTES(answer_header(&f, "x-amzn-ErrorType"), BYTES("NotImplementedException"));
    CHECK_ANSWER(&f, "Message",
                 "kedge does not implement lambda:ListLayers yet; see kedge api --coverage");
    f.signing.service = "logs";
    CHECK_INT(ask_as(&f, "x-amz-target", "Logs_20140328.ListAnomalies", "POST", "/", "{}"), 501);
    CHECK_TEXT(f.response.content_type, "application/x-amz-json-1.1");
    fixture_done(&f);
}

TEST(an_operation_to_come_says_its_name) {
    struct fixture f = open_with_fakes();
    (void)ask(&f, "PUT", "/jobs/j", "{\"targets\":[]}");
    CHECK_REFUSED(&f, 501, "NotImplementedException",
                  "kedge does not implement iot:CreateJob yet; see kedge api --coverage");
    CHECK_TEXT(f.response.operation, "CreateJob");
    fixture_done(&f);
}

TEST(a_path_without_operation_is_refused) {
    struct fixture f = open_with_fakes();
    (void)ask(&f, "GET", "/nothing/here", NULL);
    CHECK_REFUSED(&f, 404, "UnknownOperationException",
                  "The service iot has no operation at GET /nothing/here");
    (void)ask(&f, "OPTIONS", "/things", NULL);
    CHECK_REFUSED(&f, 404, "UnknownOperationException", "OPTIONS /things");
    fixture_done(&f);
}

TEST(what_the_model_forbids_does_not_reach_the_handler) { /* [AWS control-plane 6.1] */
    struct fixture f = open_with_fakes();
    (void)ask(&f, "GET", "/things/a%20b", NULL);
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  "1 validation error detected: Value 'a b' at 'thingName' failed to satisfy "
                  "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9:_-]+");
    (void)ask(&f, "POST", "/things/lamp", "rootCA.pem");
    CHECK_REFUSED(&f, 400, "SerializationException", "not JSON");
    fixture_done(&f);
}

TEST(what_a_handler_changed_is_kept_when_it_succeeds) {
    struct fixture f = open_with_fakes();
    CHECK_INT(ask(&f, "POST", "/things/lamp", NULL), 200);
    CHECK(stored(&f, BYTES("lamp")));
    fixture_done(&f);
}

TEST(what_a_handler_changed_is_forgotten_when_it_fails) {
    struct fixture f = open_with_fakes();
    (void)ask(&f, "PATCH", "/things/lamp", NULL);
    CHECK_REFUSED(&f, 409, "VersionConflictException", "The version does not match");
    CHECK(!stored(&f, BYTES("updated")));
    fixture_done(&f);
}

TEST(an_existing_resource_is_named) { /* [AWS control-plane 2] */
    struct fixture f = open_with_fakes();
    (void)ask(&f, "POST", "/policies/p", "{\"policyDocument\":\"{}\"}");
    CHECK_REFUSED(&f, 409, "ResourceAlreadyExistsException", "there already");
    CHECK_ANSWER(&f, "resourceId", "p");
    CHECK_ANSWER(&f, "resourceArn", "arn");
    fixture_done(&f);
}

TEST(what_failed_inside_is_not_told_to_peers) {
    struct fixture f = open_with_fakes();
    log_set_level(LOG_OFF);
    (void)ask(&f, "DELETE", "/things/lamp", NULL);
    log_set_level(LOG_WARN);
    CHECK_REFUSED(&f, 500, "InternalFailureException", "request id");
    CHECK(!strstr(answer_body(&f), "/secret/path"));
    fixture_done(&f);
}

TEST(what_takes_longer_is_known_before_it_is_answered) {
    static const struct {
        bytes method, path;
        enum api_pace pace;
    } requests[] = {
        {BYTES("POST"), BYTES("/keys-and-certificate"), API_MAKES_KEYS},
        {BYTES("POST"), BYTES("/keys%2Dand-certificate/"), API_MAKES_KEYS},
        {BYTES("GET"), BYTES("/keys-and-certificate"), API_QUICK},
        {BYTES("POST"), BYTES("/keys-and-certificate/x"), API_QUICK},
        {BYTES("POST"), BYTES("/provisioning-templates/lamp/provisioning-claim"), API_MAKES_KEYS},
        {BYTES("POST"), BYTES("/provisioning-templates/lamp/versions"), API_QUICK},
        {BYTES("POST"), BYTES("/certificates"), API_MAY_CALL},
        {BYTES("GET"), BYTES("/certificates"), API_QUICK},
        {BYTES("BREW"), BYTES("/keys-and-certificate"), API_QUICK},
    };
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        struct http_request r = {.method = requests[i].method, .path = requests[i].path};
        CHECK_INT(api_pace_of(&r), requests[i].pace);
    }
}

TEST(sts_tells_who_asks) { /* [AWS control-plane 9] */
    struct fixture f = fixture_open();
    f.signing.service = "sts";
    const char *form = "Action=GetCallerIdentity&Version=2011-06-15";
    CHECK_INT(ask_as(&f, "content-type", "application/x-www-form-urlencoded; charset=utf-8", "POST",
                     "/", form),
              200);
    test_check_contains(answer_body(&f),
                        "<GetCallerIdentityResponse "
                        "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
                        "<GetCallerIdentityResult><UserId>" FIXTURE_ACCOUNT
                        "</UserId><Account>" FIXTURE_ACCOUNT
                        "</Account><Arn>arn:aws:iam::" FIXTURE_ACCOUNT
                        ":root</Arn></GetCallerIdentityResult><ResponseMetadata><RequestId>",
                        __FILE__, __LINE__);
    CHECK_TEXT(f.response.content_type, "text/xml");
    CHECK_INT(ask(&f, "GET", "/?Action=GetCallerIdentity&Version=2011-06-15", NULL), 200);
    fixture_done(&f);
}

TEST(query_services_word_errors_in_xml) { /* [AWS control-plane 2] */
    struct fixture f = fixture_open();
    f.signing.service = "sts";
    CHECK_INT(ask(&f, "POST", "/", "Action=GetFederationToken"), 501);
    test_check_contains(answer_body(&f), "<Code>NotImplemented</Code>", __FILE__, __LINE__);
    CHECK_INT(ask(&f, "POST", "/", ""), 400);
    test_check_contains(answer_body(&f), "<Code>InvalidAction</Code>", __FILE__, __LINE__);
    f.signing.secret = "wrong";
    CHECK_INT(ask(&f, "POST", "/", "Action=GetCallerIdentity"), 403);
    test_check_contains(answer_body(&f), "<Type>Sender</Type><Code>SignatureDoesNotMatch</Code>",
                        __FILE__, __LINE__);
    f.signing.service = "iam";
    f.signing.secret = NULL;
    CHECK_INT(ask(&f, "POST", "/", "Action=ListVirtualMFADevices"), 501);
    test_check_contains(answer_body(&f), "https://iam.amazonaws.com/doc/2010-05-08/", __FILE__,
                        __LINE__);
    fixture_done(&f);
}

TEST(the_coverage_lists_every_operation_once) {
    AUTO(buf) out = {0};
    api_coverage(&out);
    const char *text = buf_string(&out);
    size_t rows = 0, done = 0;
    for (const char *at = text; (at = strstr(at, "\niot ")); at++)
        rows++;
    for (const char *at = text; (at = strstr(at, " done\n")); at++)
        done++;
    CHECK_INT(rows + 1, 272); /* the first row follows no line break */
    CHECK(done > 40);
    CHECK(strstr(text, "iot    DescribeThing                                 done\n"));
    CHECK(strstr(text, "iot    CreateJob                                     not yet\n"));
    CHECK(strstr(text, " of 272 operations\n"));
}

TEST_MAIN("api/api")
