#include "base/clock.h"
#include "registry/fixture.h"
#include "registry/provisioning_template.h"
#include "support/testing.h"

#include <stdio.h>

#define ROLE BYTES("arn:aws:iam::111111111111:role/provision")
#define HOOK BYTES("arn:aws:lambda:us-east-1:111111111111:function:hook")
static const struct tags no_tags = {NULL, 0};

static struct provisioning_template lamp(void) {
    return (struct provisioning_template){.name = BYTES("lamp"),
                                          .role_arn = ROLE,
                                          .body = BYTES("{\"Resources\":{}}"),
                                          .description = BYTES("all lamps"),
                                          .enabled = true,
                                          .hook_arn = HOOK,
                                          .hook_payload_version = BYTES("2020-04-01")};
}

static void lives(struct registry_fixture *f) {
    struct provisioning_template new = lamp(), got;
    clock_simulate(5000);
    CHECK_OK(provisioning_template_create(&f->r, &new, &no_tags));
    registry_fixture_commit(f);
    CHECK_OK(provisioning_template_load(&f->r, BYTES("lamp"), &got));
    CHECK_BYTES(got.body, new.body);
    CHECK_BYTES(got.description, new.description);
    CHECK_BYTES(got.role_arn, ROLE);
    CHECK_BYTES(got.hook_arn, HOOK);
    CHECK(got.enabled && got.default_version == 1 && got.created_ms == 5000);
    CHECK(got.type == PROVISIONING_TEMPLATE_FLEET);
    CHECK_BYTES(provisioning_template_arn(&f->r, got.name),
                BYTES("arn:aws:iot:us-east-1:111111111111:provisioningtemplate/lamp"));
    CHECK_FAILS(provisioning_template_create(&f->r, &new, &no_tags), E_EXISTS,
                "Template with name lamp already exists"); /* [AWS identity 8.6] */
    struct registry other = fixture_other_account(f);
    CHECK_FAILS(provisioning_template_load(&other, BYTES("lamp"), &got), E_NOT_FOUND, "lamp");
    CHECK_OK(provisioning_template_delete(&f->r, BYTES("lamp")));
    CHECK(provisioning_template_load(&f->r, BYTES("lamp"), &got) == E_NOT_FOUND);
    CHECK(provisioning_template_delete(&f->r, BYTES("lamp")) == E_NOT_FOUND);
}
TEST(a_template_is_made_found_in_its_account_and_deleted) {
    registry_fixture_each(lives);
}

static void changes(struct registry_fixture *f) {
    struct provisioning_template new = lamp(), got;
    const bool off = false;
    const uint64_t third = 3;
    CHECK_OK(provisioning_template_create(&f->r, &new, &no_tags));
    CHECK_OK(provisioning_template_update(
        &f->r, new.name,
        &(struct provisioning_template_changes){
            .description = BYTES("fewer lamps"), .enabled = &off, .remove_hook = true}));
    CHECK_OK(provisioning_template_load(&f->r, new.name, &got));
    CHECK_BYTES(got.description, BYTES("fewer lamps"));
    CHECK_BYTES(got.role_arn, ROLE);
    CHECK(!got.enabled && got.hook_arn.len == 0 && got.hook_payload_version.len == 0);
    CHECK_FAILS(provisioning_template_update(
                    &f->r, new.name,
                    &(struct provisioning_template_changes){.remove_hook = true, .hook_arn = HOOK}),
                E_INVALID, "contradict");
    CHECK(provisioning_template_update(
              &f->r, new.name,
              &(struct provisioning_template_changes){.default_version = &third}) == E_NOT_FOUND);
    CHECK(provisioning_template_update(&f->r, BYTES("fan"),
                                       &(struct provisioning_template_changes){0}) == E_NOT_FOUND);
}
TEST(a_template_is_changed_member_by_member) {
    registry_fixture_each(changes);
}

static void judges(struct registry_fixture *f) {
    struct provisioning_template t = lamp();
    t.name = BYTES("two words");
    CHECK_FAILS(provisioning_template_create(&f->r, &t, &no_tags), E_INVALID, "'templateName'");
    t.name = BYTES("a23456789b123456789c123456789d1234567"); /* 37 */
    CHECK_FAILS(provisioning_template_create(&f->r, &t, &no_tags), E_INVALID,
                "less than or equal to 36");
    t = lamp();
    t.role_arn = BYTES("arn:aws:iam::111111111111:user/me");
    CHECK_FAILS(provisioning_template_create(&f->r, &t, &no_tags), E_INVALID,
                "is not the ARN of a role");
    t = lamp();
    t.hook_arn = BYTES("arn:aws:lambda:us-east-1:111111111111:layer:hook");
    CHECK_FAILS(provisioning_template_create(&f->r, &t, &no_tags), E_INVALID,
                "is not the ARN of a function");
    t = lamp();
    t.type = PROVISIONING_TEMPLATE_JITP;
    CHECK_FAILS(provisioning_template_create(&f->r, &t, &no_tags), E_INVALID,
                "A template of type JITP has no pre-provisioning hook");
}
TEST(names_roles_and_hooks_are_checked) {
    registry_fixture_each(judges);
}

static void keeps_versions(struct registry_fixture *f) {
    struct provisioning_template new = lamp(), got;
    struct provisioning_template_version v;
    struct provisioning_template_version_list list;
    const uint64_t second = 2;
    CHECK_OK(provisioning_template_create(&f->r, &new, &no_tags));
    for (uint64_t i = 2; i <= PROVISIONING_TEMPLATE_VERSIONS_MAX; i++) {
        CHECK_OK(provisioning_template_version_create(&f->r, new.name, BYTES("{}"), i == 3, &v));
        CHECK(v.version == i && v.is_default == (i == 3));
    }
    CHECK_FAILS(provisioning_template_version_create(&f->r, new.name, BYTES("{}"), false, &v),
                E_VERSIONS_LIMIT, "maximum number of versions (5)");
    CHECK_OK(provisioning_template_load(&f->r, new.name, &got));
    CHECK(got.default_version == 3);
    CHECK_BYTES(got.body, BYTES("{}"));
    CHECK_FAILS(provisioning_template_version_delete(&f->r, new.name, 3), E_DELETE_CONFLICT,
                "is the default version");
    CHECK_OK(provisioning_template_update(
        &f->r, new.name, &(struct provisioning_template_changes){.default_version = &second}));
    CHECK_OK(provisioning_template_version_delete(&f->r, new.name, 3));
    CHECK(provisioning_template_version_load(&f->r, new.name, 3, &v) == E_NOT_FOUND);
    CHECK_OK(provisioning_template_version_load(&f->r, new.name, 1, &v));
    CHECK_BYTES(v.body, new.body);
    CHECK(!v.is_default);
    CHECK_OK(provisioning_template_version_create(&f->r, new.name, BYTES("{}"), false, &v));
    CHECK(v.version == 6); /* never reused */
    struct page page = {.limit = 3};
    CHECK_OK(provisioning_template_version_list(&f->r, new.name, &page, &list));
    CHECK(list.count == 3 && list.items[0].version == 1 && list.items[1].is_default);
    page.token = list.next;
    CHECK_OK(provisioning_template_version_list(&f->r, new.name, &page, &list));
    CHECK(list.count == 2 && list.items[1].version == 6 && list.next.len == 0);
}
TEST(a_template_has_up_to_five_versions_with_numbers_of_their_own) {
    registry_fixture_each(keeps_versions);
}

static void lists(struct registry_fixture *f) {
    struct provisioning_template_list list;
    struct page page = {.limit = 4};
    char name[8];
    for (unsigned i = 0; i < 6; i++) {
        struct provisioning_template t = lamp();
        (void)snprintf(name, sizeof name, "t%u", i);
        t.name = bytes_from(name);
        CHECK_OK(provisioning_template_create(&f->r, &t, &no_tags));
    }
    CHECK_OK(provisioning_template_list(&f->r, &page, &list));
    CHECK(list.count == 4 && list.items[0].body.len == 0);
    CHECK_BYTES(list.items[3].name, BYTES("t3"));
    page.token = list.next;
    CHECK_OK(provisioning_template_list(&f->r, &page, &list));
    CHECK(list.count == 2 && list.next.len == 0);
}
TEST(templates_are_listed_by_name) {
    registry_fixture_each(lists);
}

static void is_held(struct registry_fixture *f) {
    struct provisioning_template t = lamp();
    struct ca_record ca = fixture_ca(f, 7);
    CHECK_OK(provisioning_template_create(&f->r, &t, &no_tags));
    ca.registration_config = BYTES("{\"templateName\":\"lamp\"}");
    ca.template_name = t.name;
    CHECK_OK(ca_register(&f->r, &ca, NULL));
    CHECK_FAILS(provisioning_template_delete(&f->r, t.name), E_DELETE_CONFLICT,
                "registrationConfig");
}
TEST(a_template_that_a_ca_names_stays) {
    registry_fixture_each(is_held);
}

TEST_MAIN("provisioning_template")
