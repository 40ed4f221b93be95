#include "base/clock.h"
#include "registry/fixture.h"
#include "registry/role_alias.h"
#include "registry/settings.h"
#include "support/testing.h"

#include <stdio.h>

#define ROLE BYTES("arn:aws:iam::111111111111:role/path/lamp")

static void lives(struct registry_fixture *f) {
    struct role_alias got;
    clock_simulate(5000);
    CHECK_OK(role_alias_create(&f->r, &(struct role_alias){BYTES("a=b,c@d"), ROLE, 900, 0, 0}));
    registry_fixture_commit(f);
    CHECK_OK(role_alias_load(&f->r, BYTES("a=b,c@d"), &got));
    CHECK_BYTES(got.role_arn, ROLE);
    CHECK(got.duration_s == 900 && got.created_ms == 5000 && got.modified_ms == 5000);
    CHECK_FAILS(role_alias_create(&f->r, &got), E_EXISTS,
                "RoleAlias cannot be created - already exists (name=a=b,c@d)");
    clock_simulate(6000);
    CHECK_OK(role_alias_update(&f->r, got.name, (bytes){0}, 1000));
    CHECK_OK(role_alias_update(&f->r, got.name, BYTES("arn:aws:iam::111111111111:role/x"), 0));
    CHECK_OK(role_alias_load(&f->r, got.name, &got));
    CHECK_BYTES(got.role_arn, BYTES("arn:aws:iam::111111111111:role/x"));
    CHECK(got.duration_s == 1000 && got.created_ms == 5000 && got.modified_ms == 6000);
    struct registry other = fixture_other_account(f);
    CHECK_FAILS(role_alias_load(&other, got.name, &got), E_NOT_FOUND,
                "RoleAlias not found (name= a=b,c@d)");
    CHECK_OK(role_alias_delete(&f->r, BYTES("a=b,c@d")));
    CHECK(role_alias_delete(&f->r, BYTES("a=b,c@d")) == E_NOT_FOUND);
    CHECK(role_alias_update(&f->r, BYTES("a=b,c@d"), ROLE, 0) == E_NOT_FOUND);
}
TEST(a_role_alias_is_made_changed_and_deleted) { /* [AWS identity 11.3] */
    registry_fixture_each(lives);
}

static void judges(struct registry_fixture *f) {
    static const char *const wrong[] = {"",
                                        "arn:aws:iam::111111111111:user/lamp",
                                        "arn:aws:iam::111111111111:role/",
                                        "arn:aws:iam::1:role/lamp",
                                        "arn:aws:iot:us-east-1:111111111111:rolealias/lamp",
                                        "role/lamp"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CHECK_FAILS(role_alias_create(
                        &f->r, &(struct role_alias){BYTES("a"), bytes_from(wrong[i]), 900, 0, 0}),
                    E_INVALID, "is not the ARN of a role");
}
TEST(only_roles_have_aliases) {
    registry_fixture_each(judges);
}

static void lists(struct registry_fixture *f) {
    struct role_alias_list list;
    struct page page = {.limit = 60, .ascending = true};
    char name[8];
    for (unsigned i = 0; i < ROLE_ALIASES_MAX; i++) {
        (void)snprintf(name, sizeof name, "a%03u", i);
        CHECK_OK(role_alias_create(&f->r, &(struct role_alias){bytes_from(name), ROLE, 900, 0, 0}));
    }
    CHECK(role_alias_create(&f->r, &(struct role_alias){BYTES("b"), ROLE, 900, 0, 0}) == E_LIMIT);
    CHECK_OK(role_alias_list(&f->r, &page, &list));
    CHECK(list.count == 60 && list.next.len > 0);
    CHECK_BYTES(list.names[59], BYTES("a059"));
    page.token = list.next;
    CHECK_OK(role_alias_list(&f->r, &page, &list));
    CHECK(list.count == 40 && list.next.len == 0);
    CHECK_OK(role_alias_list(&f->r, &(struct page){.limit = 1}, &list));
    CHECK_BYTES(list.names[0], BYTES("a099"));
}
TEST(they_are_listed_by_name_and_a_hundred_at_most) { /* [AWS identity 0.3] */
    registry_fixture_each(lists);
}

static void settles(struct registry_fixture *f) {
    struct event_settings events;
    struct indexing_settings indexing;
    CHECK_OK(event_settings_load(&f->r, &events));
    CHECK_OK(indexing_settings_load(&f->r, &indexing));
    CHECK(events.enabled == 0 && events.created_ms == 0 && !indexing.things);
    clock_simulate(7000);
    events.enabled = 1U << EVENT_POLICY;
    CHECK_OK(event_settings_save(&f->r, &events));
    CHECK_OK(indexing_settings_save(&f->r, &(struct indexing_settings){.things = true}));
    clock_simulate(8000);
    CHECK_OK(event_settings_load(&f->r, &events));
    CHECK_OK(event_settings_save(&f->r, &events));
    CHECK_OK(event_settings_load(&f->r, &events));
    CHECK_OK(indexing_settings_load(&f->r, &indexing));
    CHECK(events.enabled == 1U << EVENT_POLICY && indexing.things);
    CHECK(events.created_ms == 7000 && events.modified_ms == 8000);
    struct registry other = fixture_other_account(f);
    CHECK_OK(event_settings_load(&other, &events));
    CHECK(events.enabled == 0);
}
TEST(settings_are_all_off_until_saved_and_each_account_has_its_own) {
    registry_fixture_each(settles);
}

TEST_MAIN("registry/role_alias")
