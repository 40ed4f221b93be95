#include "api/fixture.h"
#include "codec/json.h"
#include "support/testing.h"

#define DOCUMENT                                                                    \
    "{\"policyDocument\":\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":{" \
    "\\\"Effect\\\":\\\"Allow\\\",\\\"Action\\\":\\\"iot:*\\\",\\\"Resource\\\":\\\"*\\\"}}\""
#define POLICY FIXTURE_ARN("policy/p")
#define TAGS_OF(resource) \
    "/tags?resourceArn=arn%3Aaws%3Aiot%3A" FIXTURE_REGION "%3A" FIXTURE_ACCOUNT "%3A" resource

static struct fixture open_with_policy(void) {
    struct fixture f = fixture_open();
    CHECK_INT(
        ask(&f, "POST", "/policies/p", DOCUMENT ",\"tags\":[{\"Key\":\"site\",\"Value\":\"7\"}]}"),
        200);
    return f;
}

TEST(tags_come_with_a_resource_and_are_changed_later) { /* [AWS control-plane 7, 12] */
    struct fixture f = open_with_policy();
    CHECK_INT(ask(&f, "GET", TAGS_OF("policy%2Fp"), NULL), 200);
    CHECK_ANSWER(&f, "tags.0.Key", "site");
    CHECK_ANSWER(&f, "tags.0.Value", "7");
    CHECK_INT(ask(&f, "POST", "/tags",
                  "{\"resourceArn\":\"" POLICY "\",\"tags\":[{\"Key\":\"site\",\"Value\":\"8\"},"
                  "{\"Key\":\"a b\",\"Value\":\"\"},{\"Key\":\"bare\"}]}"),
              200);
    CHECK_TEXT(answer_body(&f), "{}");
    CHECK_INT(ask(&f, "GET", TAGS_OF("policy%2Fp"), NULL), 200);
    CHECK_INT(answered_json(&f, "tags")->count, 3);
    CHECK_ANSWER(&f, "tags.2.Value", "8");
    CHECK_INT(ask(&f, "POST", "/untag",
                  "{\"resourceArn\":\"" POLICY "\",\"tagKeys\":[\"a b\",\"bare\",\"none\"]}"),
              200);
    CHECK_INT(ask(&f, "GET", TAGS_OF("policy%2Fp"), NULL), 200);
    CHECK_INT(answered_json(&f, "tags")->count, 1);
    fixture_done(&f);
}

TEST(tags_are_refused_where_they_cannot_be) {
    struct fixture f = open_with_policy();
    (void)ask(&f, "GET", TAGS_OF("policy%2Fnone"), NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "The specified resource does not exist");
    (void)ask(&f, "GET", TAGS_OF("thing%2Ft"), NULL);
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "cannot have tags");
    (void)ask(&f, "GET", TAGS_OF("policy%2Fp") "&nextToken=Zm9yZWlnbg==", NULL);
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "next token");
    (void)ask(&f, "POST", "/tags",
              "{\"resourceArn\":\"" POLICY "\",\"tags\":[{\"Key\":\"aws:x\",\"Value\":\"8\"}]}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "reserved");
    AUTO(buf) body = {0};
    buf_text(&body, "{\"resourceArn\":\"" POLICY "\",\"tags\":[{\"Key\":\"k0\",\"Value\":\"v\"}");
    for (int i = 1; i < 50; i++)
        buf_printf(&body, ",{\"Key\":\"k%d\",\"Value\":\"v\"}", i);
    buf_text(&body, "]}");
    (void)ask(&f, "POST", "/tags", buf_string(&body)); /* the fifty-first */
    CHECK_REFUSED(&f, 410, "LimitExceededException", "more than 50 tags");
    CHECK_INT(ask(&f, "GET", TAGS_OF("policy%2Fp"), NULL), 200);
    CHECK_INT(answered_json(&f, "tags")->count, 1); /* nothing of it was kept */
    fixture_done(&f);
}

TEST_MAIN("api/tags")
