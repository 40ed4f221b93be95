#include "registry/authorizer.h"
#include "registry/domain_configuration.h"
#include "registry/fixture.h"
#include "support/testing.h"

static struct authorizer of(const char *name) {
    return (struct authorizer){.name = bytes_from(name),
                               .function_arn =
                                   BYTES("arn:aws:lambda:us-east-1:111111111111:function:f"),
                               .signing_disabled = true};
}

static void lives(struct registry_fixture *f) {
    struct authorizer a = of("door"), got;
    CHECK_OK(authorizer_create(&f->r, &a));
    CHECK_FAILS(authorizer_create(&f->r, &a), E_EXISTS, "door");
    CHECK_OK(authorizer_load(&f->r, a.name, &got));
    CHECK(got.signing_disabled && !got.inactive);
    CHECK_FAILS(authorizer_delete(&f->r, a.name), E_DELETE_CONFLICT, "ACTIVE");
    got.inactive = true;
    CHECK_OK(authorizer_save(&f->r, &got));
    struct domain_configuration d = {
        .name = BYTES("d"), .domain_name = BYTES("d.example.com"), .default_authorizer = a.name};
    CHECK_OK(domain_configuration_create(&f->r, &d));
    CHECK_FAILS(authorizer_delete(&f->r, a.name), E_DELETE_CONFLICT, "domain configuration d");
    d.default_authorizer = (bytes){0};
    CHECK_OK(domain_configuration_save(&f->r, &d));
    CHECK_OK(authorizer_delete(&f->r, a.name));
    CHECK(authorizer_save(&f->r, &got) == E_NOT_FOUND);
}
TEST(an_authorizer_is_made_changed_and_deleted) { /* [AWS identity 11.2] */
    registry_fixture_each(lives);
}

static void wants_keys(struct registry_fixture *f) {
    struct authorizer a = of("door");
    a.signing_disabled = false;
    CHECK_FAILS(authorizer_create(&f->r, &a), E_INVALID, "tokenKeyName");
    a.token_key = BYTES("token");
    CHECK_FAILS(authorizer_create(&f->r, &a), E_INVALID, "tokenSigningPublicKeys");
}
TEST(an_authorizer_that_verifies_tokens_has_something_to_verify_them_with) {
    registry_fixture_each(wants_keys);
}

static void has_default(struct registry_fixture *f) {
    struct authorizer a = of("door");
    bytes name;
    CHECK(authorizer_default(&f->r, &name) == E_NOT_FOUND);
    CHECK(authorizer_set_default(&f->r, a.name) == E_NOT_FOUND);
    CHECK_OK(authorizer_create(&f->r, &a));
    CHECK_OK(authorizer_set_default(&f->r, a.name));
    CHECK(authorizer_set_default(&f->r, a.name) == E_EXISTS);
    CHECK_OK(authorizer_default(&f->r, &name));
    CHECK_BYTES(name, a.name);
    a.inactive = true;
    CHECK_OK(authorizer_save(&f->r, &a));
    CHECK_FAILS(authorizer_delete(&f->r, a.name), E_DELETE_CONFLICT, "default");
    CHECK_OK(authorizer_clear_default(&f->r));
    CHECK(authorizer_clear_default(&f->r) == E_NOT_FOUND);
    CHECK_OK(authorizer_delete(&f->r, a.name));
}
TEST(one_authorizer_may_be_the_accounts_default) {
    registry_fixture_each(has_default);
}

static void lists(struct registry_fixture *f) {
    struct authorizer a = of("a"), b = of("b");
    struct authorizer_list list;
    struct page page = {.ascending = true};
    b.inactive = true;
    CHECK_OK(authorizer_create(&f->r, &a));
    CHECK_OK(authorizer_create(&f->r, &b));
    CHECK_OK(authorizer_list(&f->r, true, true, &page, &list));
    CHECK_INT(list.count, 2);
    CHECK_OK(authorizer_list(&f->r, false, true, &page, &list));
    CHECK_INT(list.count, 1);
    CHECK_BYTES(list.names[0], b.name);
}
TEST(authorizers_are_listed_by_status) {
    registry_fixture_each(lists);
}

TEST_MAIN("registry/authorizer")
