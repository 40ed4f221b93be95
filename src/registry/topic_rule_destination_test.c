#include "registry/topic_rule_destination.h"

#include <string.h>

#include "base/clock.h"
#include "registry/fixture.h"
#include "support/testing.h"

#define HOOK BYTES("https://hooks.example/in/")
#define HOUR_MS (3600LL * 1000)

static bytes make(struct registry_fixture *f, bytes url, struct topic_rule_destination *out) {
    CHECK_OK(topic_rule_destination_create(&f->r, url, false, out));
    return topic_rule_destination_arn(&f->r, out->id);
}

static enum destination_status status_of(struct registry_fixture *f, bytes arn) {
    struct topic_rule_destination d;
    CHECK_OK(topic_rule_destination_load(&f->r, arn, &d));
    return d.status;
}

static void lives(struct registry_fixture *f) {
    struct topic_rule_destination d, got;
    clock_simulate(5000);
    bytes arn = make(f, HOOK, &d);
    CHECK(bytes_start_with(arn, BYTES("arn:aws:iot:us-east-1:111111111111:ruledestination/http/")));
    CHECK_FAILS(topic_rule_destination_create(&f->r, HOOK, false, &got), E_EXISTS, "already");
    CHECK_FAILS(topic_rule_destination_require(&f->r, HOOK), E_DENIED, "is IN_PROGRESS, not ENABL");
    bytes token = topic_rule_destination_token(&f->r, &d);
    CHECK_BYTES(topic_rule_destination_token_account(token), f->r.account);
    struct registry other = fixture_other_account(f); /* links come without an account */
    CHECK_OK(topic_rule_destination_confirm(&other, token));
    CHECK_INT(status_of(f, arn), DESTINATION_ENABLED);
    CHECK_FAILS(topic_rule_destination_confirm(&f->r, token), E_DENIED, "unknown, used or expired");
    CHECK_OK(topic_rule_destination_require(&f->r, BYTES("https://hooks.example/in/7?x")));
    CHECK_OK(topic_rule_destination_move(&f->r, arn, DESTINATION_DISABLED, &got));
    CHECK_FAILS(topic_rule_destination_require(&f->r, HOOK), E_DENIED, "is DISABLED");
    CHECK_OK(topic_rule_destination_move(&f->r, arn, DESTINATION_ENABLED, &got));
    CHECK_OK(topic_rule_destination_delete(&f->r, arn));
    CHECK_FAILS(topic_rule_destination_load(&f->r, arn, &got), E_DENIED, "Access to topic rule de");
}
TEST(a_destination_is_confirmed_paused_and_deleted) { /* [AWS rules 6.4] */
    registry_fixture_each(lives);
}

static void times_out(struct registry_fixture *f) {
    struct topic_rule_destination d, again;
    clock_simulate(5000);
    bytes arn = make(f, HOOK, &d), token = topic_rule_destination_token(&f->r, &d);
    clock_simulate(5000 + DESTINATION_CONFIRM_HOURS * HOUR_MS);
    CHECK_INT(status_of(f, arn), DESTINATION_ERROR);
    CHECK_FAILS(topic_rule_destination_confirm(&f->r, token), E_DENIED, "expired");
    CHECK_FAILS(topic_rule_destination_move(&f->r, arn, DESTINATION_ENABLED, &again), E_INVALID,
                "is ERROR and cannot become ENABLED");
    CHECK_OK(topic_rule_destination_move(&f->r, arn, DESTINATION_IN_PROGRESS, &again));
    CHECK(!bytes_equal(again.secret, d.secret));
    CHECK_FAILS(topic_rule_destination_confirm(&f->r, token), E_DENIED, "used");
    CHECK_OK(topic_rule_destination_confirm(&f->r, topic_rule_destination_token(&f->r, &again)));
    CHECK_INT(status_of(f, arn), DESTINATION_ENABLED);
}
TEST(an_owner_who_says_nothing_for_three_days_is_asked_again) {
    registry_fixture_each(times_out);
}

static void fails(struct registry_fixture *f) {
    struct topic_rule_destination d, got;
    bytes arn = make(f, HOOK, &d);
    CHECK_OK(topic_rule_destination_fail(&f->r, d.id, BYTES("other"), BYTES("why")));
    CHECK_INT(status_of(f, arn), DESTINATION_IN_PROGRESS);
    CHECK_OK(topic_rule_destination_fail(&f->r, d.id, d.secret, BYTES("nobody there")));
    CHECK_OK(topic_rule_destination_load(&f->r, arn, &got));
    CHECK(got.status == DESTINATION_ERROR);
    CHECK_BYTES(got.reason, BYTES("nobody there"));
    CHECK_OK(topic_rule_destination_fail(&f->r, BYTES("gone"), d.secret, BYTES("why")));
}
TEST(an_owner_who_cannot_be_asked_leaves_an_error) {
    registry_fixture_each(fails);
}

static void guesses(struct registry_fixture *f) {
    struct topic_rule_destination d;
    bytes arn = make(f, HOOK, &d);
    char token[200];
    bytes good = topic_rule_destination_token(&f->r, &d);
    memcpy(token, good.ptr, good.len);
    for (size_t len = 0; len < good.len; len++)
        CHECK(topic_rule_destination_confirm(&f->r, bytes_of(token, len)) == E_DENIED);
    for (size_t i = 0; i < good.len; i++) {
        token[i] ^= 1;
        CHECK(topic_rule_destination_confirm(&f->r, bytes_of(token, good.len)) == E_DENIED);
        token[i] ^= 1;
    }
    CHECK_INT(status_of(f, arn), DESTINATION_IN_PROGRESS);
    CHECK_OK(topic_rule_destination_create(&f->r, BYTES("https://b/"), true, &d));
    CHECK(topic_rule_destination_confirm(&f->r, topic_rule_destination_token(&f->r, &d)) ==
          E_DENIED);
}
TEST(a_token_counts_whole_and_once) {
    registry_fixture_each(guesses);
}

static void allows(struct registry_fixture *f) {
    static const struct {
        const char *destination, *url;
        bool allowed;
    } rows[] = {
        {"https://a.example", "https://a.example", true},
        {"https://a.example", "https://a.example/x", true},
        {"https://a.example", "https://a.example?x", true},
        {"https://a.example", "https://a.example.evil.example/", false},
        {"https://a.example", "https://a.example@evil.example/", false},
        {"https://a.example", "https://a.example:444/", false},
        {"https://b.example/in", "https://b.example/inner", true}, /* a prefix, as AWS has it */
        {"https://b.example/in", "https://b.example/out", false},
        {"https://b.example/in", "http://b.example/in", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct topic_rule_destination d;
        bool covered;
        bytes url = bytes_from(rows[i].url);
        CHECK_OK(topic_rule_destination_create(&f->r, bytes_from(rows[i].destination), true, &d));
        status s = topic_rule_destination_require(&f->r, url);
        CHECK_INT(s, rows[i].allowed ? OK : E_DENIED);
        CHECK_OK(topic_rule_destination_covers(&f->r, url, &covered));
        CHECK_INT(covered, rows[i].allowed);
        CHECK_OK(topic_rule_destination_delete(&f->r, topic_rule_destination_arn(&f->r, d.id)));
    }
}
TEST(a_destination_allows_what_begins_with_its_url) {
    registry_fixture_each(allows);
}

static void lists(struct registry_fixture *f) {
    struct topic_rule_destination_list list;
    struct topic_rule_destination d;
    struct page page = {.limit = 2};
    size_t count = 0;
    for (int i = 0; i < 5; i++)
        (void)make(f, bytes_from(arena_printf(f->r.arena, "https://h%d/", i)), &d);
    do {
        CHECK_OK(topic_rule_destination_list(&f->r, &page, &list));
        count += list.count;
        page.token = list.next;
    } while (list.next.len > 0);
    CHECK_INT(count, 5);
}
TEST(destinations_are_listed_page_by_page) {
    registry_fixture_each(lists);
}

static void names(struct registry_fixture *f) {
    struct topic_rule_destination d;
    CHECK_FAILS(topic_rule_destination_load(
                    &f->r, BYTES("arn:aws:iot:us-east-1:111111111111:ruledestination/vpc/x"), &d),
                E_INVALID, "not the ARN of an HTTP destination");
    CHECK(topic_rule_destination_load(&f->r, BYTES("x"), &d) == E_INVALID);
}
TEST(only_http_destinations_have_names_here) {
    registry_fixture_each(names);
}

TEST_MAIN("registry/topic_rule_destination")
