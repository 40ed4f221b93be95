#include "registry/billing_group.h"
#include "registry/fixture.h"
#include "support/testing.h"

static const struct tags no_tags = {0};

static void add_group(struct registry_fixture *f, const char *name) {
    CHECK_OK(billing_group_create(&f->r, &(struct billing_group_record){.name = bytes_from(name)},
                                  &no_tags, NULL));
}

static void add_thing(struct registry_fixture *f, const char *name, const char *group) {
    struct thing_record thing = {.name = bytes_from(name), .billing_group_name = bytes_from(group)};
    CHECK_OK(thing_create(&f->r, &thing, NULL));
}

static void lives(struct registry_fixture *f) {
    struct billing_group_record new = {.name = BYTES("g"), .description = BYTES("one")}, got, again;
    struct tag site = {BYTES("site"), BYTES("7")};
    struct tag_list tags;
    uint64_t version;
    CHECK_OK(billing_group_create(&f->r, &new, &(struct tags){&site, 1}, NULL));
    registry_fixture_commit(f);
    CHECK_OK(billing_group_load(&f->r, new.name, &got));
    CHECK_BYTES(got.description, BYTES("one"));
    CHECK(got.id.len == 36 && got.version == 1 && got.created_ms > 0);
    CHECK_OK(billing_group_create(&f->r, &new, &no_tags, &again));
    CHECK_BYTES(again.id, got.id);
    new.description = BYTES("two");
    CHECK_FAILS(billing_group_create(&f->r, &new, &no_tags, NULL), E_EXISTS, "g already exists");
    CHECK_OK(billing_group_update(&f->r, new.name, BYTES("two"), 1, &version));
    CHECK_INT(version, 2);
    CHECK_FAILS(billing_group_update(&f->r, new.name, BYTES("x"), 1, &version), E_VERSION_CONFLICT,
                "does not match the expected version");
    CHECK(billing_group_update(&f->r, BYTES("none"), BYTES("x"), 0, &version) == E_NOT_FOUND);
    CHECK(billing_group_delete(&f->r, new.name, 1) == E_VERSION_CONFLICT);
    CHECK_OK(billing_group_delete(&f->r, new.name, 2));
    CHECK_OK(billing_group_delete(&f->r, new.name, 2)); /* [AWS control-plane 7] */
    CHECK_OK(tags_list(&f->r, BYTES("billinggroup/g"), &(struct page){0}, &tags));
    CHECK_INT(tags.count, 0);
    new.name = BYTES("a/b");
    CHECK_FAILS(billing_group_create(&f->r, &new, &no_tags, NULL), E_INVALID, "billingGroupName");
}
TEST(a_billing_group_is_created_changed_and_deleted) {
    registry_fixture_each(lives);
}

static void holds(struct registry_fixture *f) {
    struct name_list l;
    struct thing_record thing;
    add_group(f, "g");
    add_group(f, "h");
    add_thing(f, "t1", "g");
    add_thing(f, "t2", NULL);
    CHECK_OK(billing_group_add_thing(&f->r, BYTES("g"), BYTES("t2")));
    CHECK_OK(billing_group_add_thing(&f->r, BYTES("g"), BYTES("t2")));
    CHECK_OK(thing_load(&f->r, BYTES("t2"), &thing));
    CHECK_BYTES(thing.billing_group_name, BYTES("g"));
    CHECK_OK(billing_group_list_things(&f->r, BYTES("g"), &(struct page){.limit = 1}, &l));
    CHECK_BYTES(l.items[0], BYTES("t1"));
    CHECK_OK(billing_group_list_things(&f->r, BYTES("g"),
                                       &(struct page){.limit = 1, .token = l.next}, &l));
    CHECK_BYTES(l.items[0], BYTES("t2"));
    CHECK_INT(l.next.len, 0);
    registry_fixture_commit(f);
    CHECK_FAILS(billing_group_add_thing(&f->r, BYTES("h"), BYTES("t2")), E_INVALID,
                "Thing t2 is in billing group g");
    registry_fixture_undo(f);
    CHECK_FAILS(billing_group_delete(&f->r, BYTES("g"), 0), E_INVALID, "thing t1 is still in it");
    CHECK_OK(billing_group_remove_thing(&f->r, BYTES("h"), BYTES("t2"))); /* is not in it */
    CHECK_OK(billing_group_remove_thing(&f->r, BYTES("g"), BYTES("t2")));
    CHECK_OK(billing_group_add_thing(&f->r, BYTES("h"), BYTES("t2")));
    CHECK_OK(thing_delete(&f->r, BYTES("t1"), 0));
    CHECK_OK(billing_group_delete(&f->r, BYTES("g"), 0));
    CHECK(billing_group_list_things(&f->r, BYTES("g"), &(struct page){0}, &l) == E_NOT_FOUND);
    CHECK(billing_group_add_thing(&f->r, BYTES("h"), BYTES("none")) == E_NOT_FOUND);
    CHECK(billing_group_remove_thing(&f->r, BYTES("none"), BYTES("t2")) == E_NOT_FOUND);
    CHECK_FAILS(thing_create(&f->r,
                             &(struct thing_record){.name = BYTES("t3"),
                                                    .billing_group_name = BYTES("none")},
                             NULL),
                E_NOT_FOUND, "Billing group none not found");
}
TEST(a_thing_is_in_one_billing_group_at_most) {
    registry_fixture_each(holds);
}

static void lists(struct registry_fixture *f) {
    struct name_list l;
    add_group(f, "aa");
    add_group(f, "ab");
    add_group(f, "b");
    CHECK_OK(billing_group_list(&f->r, BYTES("a"), &(struct page){0}, &l));
    CHECK_INT(l.count, 2);
    CHECK_BYTES(l.items[1], BYTES("ab"));
    struct registry other = fixture_other_account(f);
    CHECK_OK(billing_group_list(&other, (bytes){0}, &(struct page){0}, &l));
    CHECK_INT(l.count, 0);
}
TEST(billing_groups_are_listed_by_prefix) {
    registry_fixture_each(lists);
}

TEST_MAIN("registry/billing_group")
