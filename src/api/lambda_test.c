#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/fixture.h"
#include "api/lambda.h"
#include "base/file.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/percent.h"
#include "support/testing.h"

#define FUNCTION_ARN(name) "arn:aws:lambda:" FIXTURE_REGION ":" FIXTURE_ACCOUNT ":function:" name
#define FUNCTIONS "/2015-03-31/functions"
#define ROLE "\"Role\":\"arn:aws:iam::" FIXTURE_ACCOUNT ":role/r\""
#define BASICS ROLE ",\"Runtime\":\"python3.11\",\"Handler\":\"app.handler\""

/* Functions on disk that nothing runs: that is for the end-to-end tests. */
struct lambda {
    struct fixture f;
    struct function_host *host;
    char data[40];
    const char *zip; /* base64 */
};

static const char *zip_of(struct lambda *l, const char *content) {
    char folder[64], file[80];
    AUTO(buf) zip = {0}, text = {0};
    (void)snprintf(folder, sizeof folder, "%s/source", l->data);
    (void)snprintf(file, sizeof file, "%s/app.py", folder);
    CHECK_OK(folder_make(folder));
    CHECK_OK(file_write(file, bytes_from(content), 0644));
    CHECK_OK(package_pack(folder, &zip));
    base64_encode(buf_bytes(&zip), &text);
    return arena_string(&l->f.arena, buf_bytes(&text));
}

static struct lambda open_lambda(void) {
    struct lambda l = {.f = fixture_open(), .data = "/tmp/kedge-lambda-XXXXXX"};
    CHECK(mkdtemp(l.data) != NULL);
    return l;
}

/* `l` stays where it is from here on. */
static void start(struct lambda *l) {
    const struct function_host_config config = {
        .store = l->f.store.store, .data = l->data, .region = BYTES(FIXTURE_REGION)};
    CHECK_OK(function_host_open(&config, &l->host));
    l->f.api->config.function_host = l->host;
    l->f.signing.service = "lambda";
    l->zip = zip_of(l, "def handler(event, context): return event");
}

static void stop(struct lambda *l) {
    function_host_close(l->host);
    fixture_done(&l->f);
    CHECK_OK(folder_remove(l->data));
}

static int create_with(struct lambda *l, const char *name, const char *members) {
    return ask(&l->f, "POST", FUNCTIONS,
               arena_printf(&l->f.arena,
                            "{\"FunctionName\":\"%s\",\"Code\":{\"ZipFile\":\"%s\"},%s}", name,
                            l->zip, members));
}
static int create(struct lambda *l, const char *name) {
    return create_with(l, name, BASICS);
}

static unsigned folders(const struct lambda *l) {
    AUTO(buf) command = {0};
    unsigned count = 0;
    buf_printf(&command, "ls -d %s/functions/*/ 2>/dev/null | wc -l", l->data);
    FILE *p = popen(buf_string(&command), "r");
    CHECK(p && fscanf(p, "%u", &count) == 1);
    (void)pclose(p);
    return count;
}

/* Errors of Lambda: the type in the header, Message with a capital M [AWS rules 7]. */
static void check_refused(struct lambda *l, int http, const char *type, const char *part) {
    CHECK_INT(l->f.response.status, http);
    CHECK_BYTES(answer_header(&l->f, "x-amzn-ErrorType"), bytes_from(type));
    CHECK_ANSWER(&l->f, "Type", http < 500 ? "User" : "Service");
    test_check_contains(arena_string(&l->f.arena, answered(&l->f, "Message")), part, __FILE__,
                        __LINE__);
}

TEST(a_function_is_created_and_reads_as_on_aws) { /* [AWS rules 7] */
    struct lambda l = open_lambda();
    start(&l);
    CHECK_INT(create(&l, "f"), 201);
    CHECK_ANSWER(&l.f, "FunctionArn", FUNCTION_ARN("f"));
    CHECK_ANSWER(&l.f, "Version", "$LATEST");
    CHECK_ANSWER(&l.f, "LoggingConfig.LogGroup", "/aws/lambda/f");
    CHECK_ANSWER(&l.f, "PackageType", "Zip");
    CHECK_ANSWER(&l.f, "Timeout", "3");
    CHECK_ANSWER(&l.f, "MemorySize", "128");
    CHECK_ANSWER(&l.f, "Description", "");
    CHECK_ANSWER(&l.f, "State", "Active");
    CHECK(answered_json(&l.f, "Environment") == NULL);
    bytes modified = answered(&l.f, "LastModified");
    CHECK(modified.len == 28 && bytes_end_with(modified, BYTES("+0000")));
    CHECK_INT(ask(&l.f, "GET", FUNCTIONS "/f/configuration", NULL), 200);
    CHECK_ANSWER(&l.f, "LastUpdateStatus", "Successful");
    const char *arn = arena_printf(&l.f.arena, FUNCTIONS "/%s/configuration",
                                   "arn%3Aaws%3Alambda%3A" FIXTURE_REGION "%3A" FIXTURE_ACCOUNT
                                   "%3Afunction%3Af");
    CHECK_INT(ask(&l.f, "GET", arn, NULL), 200);
    CHECK_INT(ask(&l.f, "GET", FUNCTIONS, NULL), 200);
    CHECK_ANSWER(&l.f, "Functions.0.FunctionName", "f");
    CHECK(answered_json(&l.f, "Functions.0.State") == NULL);
    CHECK_INT(ask(&l.f, "DELETE", FUNCTIONS "/f", NULL), 204);
    (void)ask(&l.f, "GET", FUNCTIONS "/f/configuration", NULL);
    check_refused(&l, 404, "ResourceNotFoundException", "Function not found: " FUNCTION_ARN("f"));
    stop(&l);
}

TEST(what_create_refuses_leaves_nothing_on_disk) { /* [AWS rules 7] */
    static const struct {
        const char *members, *type, *part;
        int http;
    } rows[] = {
        {ROLE, "InvalidParameterValueException", "Runtime and Handler are mandatory", 400},
        {"\"Role\":\"r1\",\"Runtime\":\"python3.11\",\"Handler\":\"a.b\"", "ValidationException",
         "Value 'r1' at 'role' failed to satisfy constraint", 400},
        {ROLE ",\"Runtime\":\"ruby3.3\",\"Handler\":\"a.b\"", "InvalidParameterValueException",
         "Value ruby3.3 at 'runtime' failed to satisfy constraint: Member must satisfy enum value "
         "set",
         400},
        {BASICS ",\"Timeout\":901", "ValidationException", "less than or equal to 900", 400},
        {BASICS ",\"MemorySize\":127", "ValidationException", "greater than or equal to 128", 400},
        {BASICS ",\"MemorySize\":10241", "ValidationException", "less than or equal to 10240", 400},
        {BASICS ",\"Environment\":{\"Variables\":{\"AWS_REGION\":\"x\"}}",
         "InvalidParameterValueException", "Reserved keys used in this request: AWS_REGION", 400},
    };
    struct lambda l = open_lambda();
    start(&l);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        (void)create_with(&l, "f", rows[i].members);
        check_refused(&l, rows[i].http, rows[i].type, rows[i].part);
    }
    l.zip = "bm8gemlw";
    (void)create(&l, "f");
    check_refused(&l, 400, "InvalidParameterValueException", "Could not unzip uploaded file.");
    CHECK_INT(folders(&l), 0);
    stop(&l);
}

TEST(variables_have_four_kilobytes) { /* [AWS rules 7] */
    struct lambda l = open_lambda();
    start(&l);
    char value[4200];
    memset(value, 'v', sizeof value);
    value[sizeof value - 1] = 0;
    const char *with = arena_printf(
        &l.f.arena, "%s,\"Environment\":{\"Variables\":{\"AA\":\"%s\"}}", BASICS, value);
    (void)create_with(&l, "f", with);
    check_refused(&l, 400, "InvalidParameterValueException",
                  "exceeded the 4KB limit. String measured: {\"AA\":\"vvv");
    CHECK_INT(create_with(&l, "f", BASICS ",\"Environment\":{\"Variables\":{\"AA\":\"1\"}}"), 201);
    CHECK_ANSWER(&l.f, "Environment.Variables.AA", "1");
    stop(&l);
}

TEST(a_name_is_taken_once) { /* [AWS rules 7] */
    struct lambda l = open_lambda();
    start(&l);
    CHECK_INT(create(&l, "f"), 201);
    (void)create(&l, "f");
    check_refused(&l, 409, "ResourceConflictException", "Function already exist: f");
    CHECK_INT(folders(&l), 1);
    stop(&l);
}

TEST(code_and_configuration_change_under_a_revision) {
    struct lambda l = open_lambda();
    start(&l);
    CHECK_INT(create(&l, "f"), 201);
    const char *revision = arena_string(&l.f.arena, answered(&l.f, "RevisionId"));
    bytes sha = arena_copy(&l.f.arena, answered(&l.f, "CodeSha256"));
    const char *wrong = "{\"RevisionId\":\"other\",\"Timeout\":9}";
    (void)ask(&l.f, "PUT", FUNCTIONS "/f/configuration", wrong);
    check_refused(&l, 412, "PreconditionFailedException", "latest Revision Id");
    CHECK_INT(ask(&l.f, "PUT", FUNCTIONS "/f/configuration",
                  arena_printf(&l.f.arena, "{\"RevisionId\":\"%s\",\"Timeout\":9}", revision)),
              200);
    CHECK_ANSWER(&l.f, "Timeout", "9");
    CHECK_ANSWER(&l.f, "Handler", "app.handler");
    l.zip = zip_of(&l, "def handler(event, context): return 2");
    const char *body = arena_printf(&l.f.arena, "{\"ZipFile\":\"%s\",\"DryRun\":true}", l.zip);
    CHECK_INT(ask(&l.f, "PUT", FUNCTIONS "/f/code", body), 200);
    CHECK(!bytes_equal(answered(&l.f, "CodeSha256"), sha) && folders(&l) == 1);
    body = arena_printf(&l.f.arena, "{\"ZipFile\":\"%s\",\"Publish\":true}", l.zip);
    CHECK_INT(ask(&l.f, "PUT", FUNCTIONS "/f/code", body), 200);
    CHECK_ANSWER(&l.f, "Version", "1");
    CHECK_ANSWER(&l.f, "FunctionArn", FUNCTION_ARN("f:1"));
    CHECK(!bytes_equal(answered(&l.f, "CodeSha256"), sha));
    CHECK_INT(folders(&l), 2); /* what began with the old one may go on */
    (void)ask(&l.f, "PUT", FUNCTIONS "/g/code", body);
    check_refused(&l, 404, "ResourceNotFoundException", FUNCTION_ARN("g"));
    (void)ask(&l.f, "PUT", FUNCTIONS "/f/code", "{\"S3Bucket\":\"bucket\",\"S3Key\":\"k\"}");
    check_refused(&l, 400, "InvalidParameterValueException", "ZipFile");
    stop(&l);
}

TEST(folders_that_no_function_has_are_swept_at_start) {
    struct lambda l = open_lambda();
    start(&l);
    CHECK_INT(create(&l, "f"), 201);
    l.zip = zip_of(&l, "# new");
    const char *body = arena_printf(&l.f.arena, "{\"ZipFile\":\"%s\"}", l.zip);
    CHECK_INT(ask(&l.f, "PUT", FUNCTIONS "/f/code", body), 200);
    CHECK_INT(folders(&l), 2);
    CHECK_OK(function_host_sweep(l.host)); /* while running: not yet */
    CHECK_INT(folders(&l), 2);
    function_host_close(l.host);
    start(&l);
    CHECK_INT(folders(&l), 1);
    CHECK_INT(ask(&l.f, "GET", FUNCTIONS "/f", NULL), 200);
    stop(&l);
}

TEST(a_link_leads_to_the_code_without_a_signature) { /* [AWS rules 7] */
    struct lambda l = open_lambda();
    start(&l);
    CHECK_INT(create(&l, "f"), 201);
    CHECK_INT(ask(&l.f, "GET", FUNCTIONS "/f", NULL), 200);
    bytes location = answered(&l.f, "Code.Location"), path;
    CHECK(bytes_start_with(location, BYTES("http://")));
    bytes rest = bytes_skip(location, sizeof "http://" - 1);
    (void)bytes_split(&rest, '/', &path); /* the host */
    location = bytes_of(rest.ptr - 1, rest.len + 1);
    size_t mark = bytes_find(location, '?');
    struct http_request get = {.method = BYTES("GET"),
                               .path = bytes_slice(location, 0, mark),
                               .query = bytes_skip(location, mark + 1)};
    struct api_response got;
    api_answer(l.f.api, &get, &l.f.arena, &got);
    CHECK_INT(got.status, 200);
    CHECK_TEXT(got.content_type, "application/zip");
    CHECK(bytes_start_with(buf_bytes(&got.body), BYTES("PK")));
    api_response_done(&got);
    get.query.len--;
    api_answer(l.f.api, &get, &l.f.arena, &got);
    CHECK_INT(got.status, 403);
    api_response_done(&got);
    stop(&l);
}

TEST(versions_and_aliases_have_their_operations) {
    struct lambda l = open_lambda();
    start(&l);
    CHECK_INT(create_with(&l, "f", BASICS ",\"Publish\":true"), 201);
    CHECK_ANSWER(&l.f, "Version", "1");
    CHECK_INT(ask(&l.f, "POST", FUNCTIONS "/f/versions", "{\"CodeSha256\":\"x\"}"), 400);
    CHECK_INT(ask(&l.f, "POST", FUNCTIONS "/f/versions", "{}"), 201);
    CHECK_ANSWER(&l.f, "Version", "1"); /* nothing has changed */
    CHECK_INT(ask(&l.f, "GET", FUNCTIONS "/f/versions", NULL), 200);
    CHECK_ANSWER(&l.f, "Versions.0.FunctionArn", FUNCTION_ARN("f:$LATEST"));
    CHECK_ANSWER(&l.f, "Versions.1.Version", "1");
    CHECK_INT(
        ask(&l.f, "POST", FUNCTIONS "/f/aliases", "{\"Name\":\"live\",\"FunctionVersion\":\"1\"}"),
        201);
    CHECK_ANSWER(&l.f, "AliasArn", FUNCTION_ARN("f:live"));
    CHECK_INT(ask(&l.f, "GET", FUNCTIONS "/f/configuration?Qualifier=live", NULL), 200);
    CHECK_ANSWER(&l.f, "Version", "1");
    CHECK_ANSWER(&l.f, "FunctionArn", FUNCTION_ARN("f:live"));
    CHECK_INT(ask(&l.f, "PUT", FUNCTIONS "/f/aliases/live", "{\"FunctionVersion\":\"$LATEST\"}"),
              200);
    CHECK_INT(ask(&l.f, "GET", FUNCTIONS "/f/aliases?FunctionVersion=1", NULL), 200);
    CHECK_INT(answered_json(&l.f, "Aliases")->count, 0);
    CHECK_INT(ask(&l.f, "DELETE", FUNCTIONS "/f/aliases/live", NULL), 204);
    (void)ask(&l.f, "GET", FUNCTIONS "/f/aliases/live", NULL);
    check_refused(&l, 404, "ResourceNotFoundException", "Cannot find alias arn");
    CHECK_INT(ask(&l.f, "DELETE", FUNCTIONS "/f?Qualifier=1", NULL), 204);
    stop(&l);
}

TEST(permissions_concurrency_and_tags_have_theirs) {
    struct lambda l = open_lambda();
    start(&l);
    CHECK_INT(create_with(&l, "f", BASICS ",\"Tags\":{\"a\":\"1\"}"), 201);
    CHECK_INT(ask(&l.f, "POST", FUNCTIONS "/f/policy",
                  "{\"StatementId\":\"s\",\"Action\":\"lambda:InvokeFunction\",\"Principal\":"
                  "\"iot.amazonaws.com\"}"),
              201);
    CHECK(bytes_start_with(answered(&l.f, "Statement"), BYTES("{\"Sid\":\"s\"")));
    CHECK_INT(ask(&l.f, "GET", FUNCTIONS "/f/policy", NULL), 200);
    CHECK_INT(ask(&l.f, "DELETE", FUNCTIONS "/f/policy/s", NULL), 204);
    (void)ask(&l.f, "GET", FUNCTIONS "/f/policy", NULL);
    check_refused(&l, 404, "ResourceNotFoundException",
                  "The resource you requested does not exist.");
    CHECK_INT(ask(&l.f, "PUT", "/2017-10-31/functions/f/concurrency",
                  "{\"ReservedConcurrentExecutions\":7}"),
              200);
    CHECK_INT(ask(&l.f, "GET", FUNCTIONS "/f", NULL), 200);
    CHECK_ANSWER(&l.f, "Concurrency.ReservedConcurrentExecutions", "7");
    CHECK_ANSWER(&l.f, "Tags.a", "1");
    const char *tags = "/2017-03-31/tags/arn%3Aaws%3Alambda%3A" FIXTURE_REGION "%3A" FIXTURE_ACCOUNT
                       "%3Afunction%3Af";
    CHECK_INT(ask(&l.f, "POST", tags, "{\"Tags\":{\"b\":\"2\",\"c\":\"3\"}}"), 204);
    CHECK_INT(ask(&l.f, "DELETE", arena_printf(&l.f.arena, "%s?tagKeys=a&tagKeys=b", tags), NULL),
              204);
    CHECK_INT(ask(&l.f, "GET", tags, NULL), 200);
    CHECK(answered_json(&l.f, "Tags")->count == 1);
    CHECK_ANSWER(&l.f, "Tags.c", "3");
    stop(&l);
}

TEST(an_invocation_wants_json_and_something_that_runs) { /* [AWS rules 7] */
    struct lambda l = open_lambda();
    start(&l);
    const char *invoke = FUNCTIONS "/f/invocations";
    (void)ask(&l.f, "POST", invoke, "{}");
    check_refused(&l, 404, "ResourceNotFoundException", FUNCTION_ARN("f"));
    CHECK_INT(create(&l, "f"), 201);
    (void)ask(&l.f, "POST", invoke, "{no");
    check_refused(&l, 400, "InvalidRequestContentException",
                  "Could not parse request body into json: ");
    CHECK_INT(ask_as(&l.f, "X-Amz-Invocation-Type", "DryRun", "POST", invoke, "{}"), 204);
    (void)ask_as(&l.f, "X-Amz-Client-Context", "no", "POST", invoke, "{}");
    check_refused(&l, 400, "InvalidRequestContentException", "Client context");
    (void)ask(&l.f, "POST", invoke, "{}");
    check_refused(&l, 500, "ServiceException", "runs no functions");
    CHECK_INT(ask(&l.f, "PUT", "/2017-10-31/functions/f/concurrency",
                  "{\"ReservedConcurrentExecutions\":0}"),
              200);
    (void)ask(&l.f, "POST", invoke, "{}");
    check_refused(&l, 429, "TooManyRequestsException", "Rate Exceeded.");
    stop(&l);
}

TEST_MAIN("api/lambda")
