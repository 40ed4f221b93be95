#include "runtime/dialogue.h"

#include <string.h>

#include "support/testing.h"

static const struct dialogue_event event = {
    .request_id = "1-2-3", .deadline_ms = 1234, .body = {(const uint8_t *)"{}", 2}};

static int ask(struct dialogue *d, const char *method, const char *path, const char *body,
               bool *held) {
    struct http_request r = {
        .method = bytes_from(method), .path = bytes_from(path), .body = bytes_from(body)};
    struct http_response out;
    dialogue_ask(d, &r, &out, held);
    return *held ? 0 : out.status;
}

#define PREFIX "/2018-06-01/runtime/"
#define ASK(method, path, body) ask(&d, method, PREFIX path, body, &held)

static void give(struct dialogue *d) {
    AUTO(buf) out = {0};
    dialogue_give(d, &event, &out, 0);
    CHECK(bytes_search(buf_bytes(&out), BYTES("Lambda-Runtime-Aws-Request-Id: 1-2-3\r\n")) <
          out.len);
    CHECK(bytes_search(buf_bytes(&out), BYTES("Lambda-Runtime-Deadline-Ms: 1234\r\n")) < out.len);
}

TEST(an_event_is_answered_once_and_by_its_own_request_id) {
    AUTO(dialogue) d = {0};
    bool held;
    CHECK_INT(ASK("GET", "invocation/next", ""), 0);
    CHECK(held && d.state == DIALOGUE_READY);
    give(&d);
    CHECK_INT(ASK("POST", "invocation/other/response", "1"), 400);
    CHECK(!d.has_result);
    CHECK_INT(ASK("POST", "invocation/1-2-3/response", "\"yes\""), 202);
    CHECK(d.has_result && !d.is_error);
    CHECK_BYTES(buf_bytes(&d.result), BYTES("\"yes\""));
    CHECK_INT(ASK("POST", "invocation/1-2-3/response", "\"no\""), 403);
    CHECK_BYTES(buf_bytes(&d.result), BYTES("\"yes\""));
    CHECK_INT(ASK("GET", "invocation/next", ""), 0);
    CHECK_BYTES(buf_bytes(&d.result), BYTES("\"yes\""));
}

TEST(what_comes_at_the_wrong_time_is_refused_and_changes_nothing) {
    AUTO(dialogue) d = {0};
    bool held;
    CHECK_INT(ASK("POST", "invocation/1-2-3/response", "1"), 403);
    CHECK(d.state == DIALOGUE_STARTING);
    CHECK_INT(ASK("GET", "invocation/next", ""), 0);
    CHECK_INT(ASK("GET", "invocation/next", ""), 403);
    CHECK_INT(ASK("POST", "init/error", "{}"), 403);
    give(&d);
    CHECK_INT(ASK("GET", "invocation/next", ""), 403);
    CHECK_INT(ASK("POST", "init/error", "{}"), 403);
    CHECK(d.state == DIALOGUE_BUSY && !d.has_result);
}

TEST(an_error_is_a_result_and_a_failed_start_too) {
    AUTO(dialogue) d = {0};
    AUTO(dialogue) early = {0};
    bool held;
    CHECK_INT(ASK("GET", "invocation/next", ""), 0);
    give(&d);
    CHECK_INT(ASK("POST", "invocation/1-2-3/error", "{\"errorMessage\":\"x\"}"), 202);
    CHECK(d.is_error && d.has_result);
    CHECK_INT(ask(&early, "POST", PREFIX "init/error", "{}", &held), 202);
    CHECK(early.is_error && early.state == DIALOGUE_FAILED);
    CHECK_INT(ask(&early, "GET", PREFIX "invocation/next", "", &held), 403);
}

TEST(who_hangs_up_while_it_waits_may_ask_again) {
    AUTO(dialogue) d = {0};
    bool held;
    CHECK_INT(ASK("GET", "invocation/next", ""), 0);
    dialogue_lost(&d);
    CHECK(d.state == DIALOGUE_STARTING);
    CHECK_INT(ASK("GET", "invocation/next", ""), 0);
    CHECK(held);
}

TEST(too_large_a_response_is_the_result_in_words) {
    AUTO(dialogue) d = {0};
    struct http_response out;
    bool held;
    dialogue_too_large(&d, &out);
    CHECK(out.status == 413 && !d.has_result);
    CHECK_INT(ASK("GET", "invocation/next", ""), 0);
    give(&d);
    dialogue_too_large(&d, &out);
    CHECK(out.status == 413 && d.is_error);
    CHECK(bytes_search(buf_bytes(&d.result), BYTES("Function.ResponseSizeTooLarge")) <
          d.result.len);
}

TEST(extensions_and_other_paths_are_not_there) {
    AUTO(dialogue) d = {0};
    bool held;
    CHECK_INT(ask(&d, "POST", "/2020-01-01/extension/register", "", &held), 404);
    CHECK_INT(ASK("POST", "invocation/next", ""), 404);
    CHECK_INT(ASK("GET", "invocation/1-2-3/response", ""), 404);
    CHECK_INT(ASK("POST", "invocation/1-2-3/response/x", ""), 404);
    CHECK_INT(ASK("POST", "invocation/", ""), 404);
}

TEST_MAIN("runtime/dialogue")
