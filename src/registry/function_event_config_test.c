#include "registry/function_event_config.h"

#include "base/clock.h"
#include "registry/fixture.h"
#include "support/testing.h"

#define ARN "arn:aws:lambda:us-east-1:111111111111:function:"

static void make(struct registry_fixture *f, const char *name) {
    struct function_record function = {.name = bytes_from(name), .runtime = BYTES("python3.11")};
    CHECK_OK(function_create(&f->r, &function));
}

static void keeps(struct registry_fixture *f) {
    struct function_event_config c = {.has_retries = true, .on_failure = BYTES(ARN "g")}, got;
    make(f, "f");
    make(f, "g");
    CHECK_FAILS(function_event_config_load(&f->r, BYTES("f"), (bytes){0}, &got), E_NOT_FOUND,
                "The function " ARN "f:$LATEST doesn't have an EventInvokeConfig");
    CHECK_OK(function_event_config_save(&f->r, BYTES("f"), &c));
    CHECK_OK(function_event_config_load(&f->r, BYTES("f"), BYTES("$LATEST"), &got));
    CHECK(got.has_retries && got.retries == 0 && !got.has_age && got.modified_ms > 0);
    CHECK_BYTES(got.on_failure, BYTES(ARN "g"));
    CHECK_OK(function_event_config_delete(&f->r, BYTES("f"), (bytes){0}));
    CHECK(function_event_config_delete(&f->r, BYTES("f"), (bytes){0}) == E_NOT_FOUND);
}
TEST(a_configuration_is_kept_for_the_function_and_goes) {
    registry_fixture_each(keeps);
}

static void fills_in(struct registry_fixture *f) { /* [AWS rules 8.4] */
    struct function_event_config c = {.has_age = true, .age_s = 60}, got;
    make(f, "f");
    CHECK_OK(function_event_config_in_force(&f->r, BYTES("f"), (bytes){0}, &got));
    CHECK(got.retries == 2 && got.age_s == 21600);
    CHECK_OK(function_event_config_save(&f->r, BYTES("f"), &c));
    CHECK_OK(function_event_config_in_force(&f->r, BYTES("f"), (bytes){0}, &got));
    CHECK(got.retries == 2 && got.age_s == 60);
}
TEST(what_is_not_said_is_two_more_attempts_within_six_hours) {
    registry_fixture_each(fills_in);
}

static void refuses(struct registry_fixture *f) {
    static const struct {
        const char *arn;
        status code;
        const char *why;
    } rows[] = {
        {"arn:aws:sqs:us-east-1:111111111111:q", E_INVALID, "functions only, not to sqs"},
        {"arn:aws:sns:us-east-1:111111111111:t", E_INVALID, "functions only, not to sns"},
        {"arn:aws:events:us-east-1:111111111111:event-bus/b", E_INVALID, "not to events"},
        {"arn:aws:iot:us-east-1:111111111111:thing/x", E_INVALID, "no ARN of a function"},
        {ARN "none", E_NOT_FOUND, "Function not found"},
        {ARN "f", E_INVALID, "its own destination"},
    };
    make(f, "f");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct function_event_config c = {.on_success = bytes_from(rows[i].arn)};
        CHECK_FAILS(function_event_config_save(&f->r, BYTES("f"), &c), rows[i].code, rows[i].why);
    }
    struct function_event_config c = {.has_age = true};
    CHECK(function_event_config_save(&f->r, BYTES("none"), &c) == E_NOT_FOUND);
}
TEST(outcomes_go_to_other_functions_of_the_account_only) {
    registry_fixture_each(refuses);
}

static void goes_along(struct registry_fixture *f) {
    struct function_event_config c = {.has_retries = true}, got;
    make(f, "f");
    CHECK_OK(function_event_config_save(&f->r, BYTES("f"), &c));
    CHECK_OK(function_delete(&f->r, BYTES("f")));
    make(f, "f");
    CHECK(function_event_config_load(&f->r, BYTES("f"), (bytes){0}, &got) == E_NOT_FOUND);
}
TEST(a_deleted_function_takes_its_configuration_along) {
    registry_fixture_each(goes_along);
}

TEST_MAIN("registry/function_event_config")
