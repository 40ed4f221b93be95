#include "registry/secret.h"

#include "base/clock.h"
#include "registry/fixture.h"
#include "support/testing.h"

#define PREFIX "arn:aws:secretsmanager:us-east-1:111111111111:secret:"
#define VERSION BYTES("11111111-2222-4333-8444-555555555555")

static struct secret make(struct registry_fixture *f, const char *name) {
    struct secret s = {.name = bytes_from(name), .description = BYTES("d")};
    CHECK_OK(secret_create(&f->r, &s));
    return s;
}

static void lives(struct registry_fixture *f) {
    struct secret s = make(f, "app/key"), got;
    bytes value;
    CHECK_FAILS(secret_value(&f->r, &s, &value), E_NOT_FOUND, "staging label: AWSCURRENT");
    s.is_binary = true;
    CHECK_OK(secret_set_value(&f->r, &s, VERSION, BYTES("a\0b")));
    CHECK_OK(secret_load(&f->r, BYTES("app/key"), &got));
    CHECK_BYTES(got.version_id, VERSION);
    CHECK(got.is_binary && got.created_ms > 0 && got.version_ms >= got.created_ms);
    CHECK_OK(secret_value(&f->r, &got, &value));
    CHECK_BYTES(value, BYTES("a\0b"));
    CHECK_FAILS(secret_create(&f->r, &s), E_EXISTS,
                "The operation failed because the secret app/key already exists.");
    struct registry other = fixture_other_account(f);
    CHECK_FAILS(secret_load(&other, BYTES("app/key"), &got), E_NOT_FOUND,
                "Secrets Manager can't find the specified secret.");
    CHECK_FAILS(secret_load(&other, secret_arn(&f->r, &s), &got), E_NOT_FOUND, "can't find");
    CHECK_OK(secret_delete(&f->r, &s));
    CHECK(secret_load(&f->r, BYTES("app/key"), &got) == E_NOT_FOUND);
    CHECK(secret_value(&f->r, &s, &value) == E_NOT_FOUND);
}
TEST(a_secret_has_a_value_and_belongs_to_its_account) {
    registry_fixture_each(lives);
}

static void is_named(struct registry_fixture *f) {
    struct secret s = make(f, "a"), longer = make(f, "a-abcdef"), got;
    bytes arn = secret_arn(&f->r, &s);
    CHECK(bytes_start_with(arn, BYTES(PREFIX "a-")));
    CHECK_INT(arn.len, sizeof PREFIX - 1 + sizeof "a-XXXXXX" - 1);
    CHECK_OK(secret_find(&f->r, arn, &got));
    CHECK_BYTES(got.name, BYTES("a"));
    CHECK_OK(secret_find(&f->r, BYTES(PREFIX "a"), &got));
    CHECK_BYTES(got.suffix, s.suffix);
    CHECK_OK(secret_find(&f->r, BYTES(PREFIX "a-abcdef"), &got));
    CHECK_BYTES(got.suffix, longer.suffix);
    CHECK(secret_find(&f->r, BYTES(PREFIX "a-aaaaa"), &got) == E_NOT_FOUND);
    CHECK_BYTES(secret_resource(&f->r, BYTES("a")), arn);
    CHECK_BYTES(secret_resource(&f->r, BYTES("new")), BYTES(PREFIX "new-??????"));
    CHECK_BYTES(secret_resource(&f->r, BYTES(PREFIX "x")), BYTES(PREFIX "x"));
    struct secret bad = {.name = BYTES("a b")};
    CHECK_FAILS(secret_create(&f->r, &bad), E_VALIDATION, "Invalid name.");
}
TEST(a_secret_is_found_by_name_and_by_arn) {
    registry_fixture_each(is_named);
}

static void goes(struct registry_fixture *f) {
    struct secret_list list;
    struct page page = {0};
    struct secret s = make(f, "a"), got;
    (void)make(f, "b");
    CHECK_OK(secret_set_value(&f->r, &s, VERSION, BYTES("v")));
    s.deletion_ms = clock_wall_ms() + 60000;
    CHECK_OK(secret_update(&f->r, &s));
    CHECK_OK(secret_find(&f->r, BYTES("a"), &got));
    CHECK_FAILS(secret_load(&f->r, BYTES("a"), &got), E_INVALID, "marked for deletion");
    CHECK_FAILS(secret_create(&f->r, &s), E_INVALID, "already scheduled for deletion");
    CHECK_OK(secret_list(&f->r, &page, false, &list));
    CHECK_INT(list.count, 1);
    CHECK_OK(secret_list(&f->r, &page, true, &list));
    CHECK_INT(list.count, 2);
    s.deletion_ms = clock_wall_ms() - 1;
    CHECK_OK(secret_update(&f->r, &s));
    CHECK(secret_find(&f->r, BYTES("a"), &got) == E_NOT_FOUND);
    CHECK_OK(secret_list(&f->r, &page, true, &list));
    CHECK_INT(list.count, 1);
    (void)make(f, "c"); /* which clears it away */
    bytes value;
    CHECK(secret_value(&f->r, &s, &value) == E_NOT_FOUND);
}
TEST(a_secret_waits_for_its_deletion_and_goes) {
    registry_fixture_each(goes);
}

TEST_MAIN("registry/secret")
