#include "base/clock.h"
#include "registry/fixture.h"
#include "registry/thing_type.h"
#include "support/testing.h"

static struct thing_type_record lamp(void) {
    static bytes searchable[] = {BYTES("room"), BYTES("color"), BYTES("watt"), BYTES("year")};
    return (struct thing_type_record){.name = BYTES("lamp"),
                                      .description = BYTES("gives light"),
                                      .searchable_attributes = searchable,
                                      .searchable_count = 3};
}

static const struct tags no_tags = {0};

static void creates(struct registry_fixture *f) {
    struct thing_type_record type = lamp(), got, again;
    struct tag site = {BYTES("site"), BYTES("7")}, other = {BYTES("other"), BYTES("8")};
    struct tag_list tags;
    clock_simulate(1000);
    CHECK_OK(thing_type_create(&f->r, &type, &(struct tags){&site, 1}, NULL));
    registry_fixture_commit(f);
    CHECK_OK(thing_type_load(&f->r, type.name, &got));
    CHECK_BYTES(got.name, BYTES("lamp"));
    CHECK_BYTES(got.description, BYTES("gives light"));
    CHECK_INT(got.id.len, 36);
    CHECK_INT(got.searchable_count, 3);
    CHECK_BYTES(got.searchable_attributes[0], BYTES("room"));
    CHECK(!got.deprecated && got.created_ms == 1000);
    CHECK_OK(thing_type_create(&f->r, &type, &(struct tags){&other, 1}, &again));
    CHECK_BYTES(again.id, got.id);
    CHECK_OK(tags_list(&f->r, BYTES("thingtype/lamp"), &(struct page){0}, &tags));
    CHECK_INT(tags.count, 1); /* a repeated creation changes nothing */
    CHECK_BYTES(tags.items[0].key, BYTES("site"));
    type.searchable_count = 2;
    CHECK_FAILS(thing_type_create(&f->r, &type, &no_tags, NULL), E_EXISTS, "lamp already exists");
    type = lamp();
    type.description = BYTES("");
    CHECK_FAILS(thing_type_create(&f->r, &type, &no_tags, NULL), E_EXISTS, "different properties");
    type = lamp();
    type.name = BYTES("x");
    type.searchable_count = 4;
    CHECK_FAILS(thing_type_create(&f->r, &type, &no_tags, NULL), E_INVALID, "at most 3 searchable");
    type.searchable_count = 0;
    type.name = BYTES("a b");
    CHECK_FAILS(thing_type_create(&f->r, &type, &no_tags, NULL), E_INVALID, "'thingTypeName'");
    CHECK_BYTES(thing_type_arn(&f->r, BYTES("t")),
                BYTES("arn:aws:iot:us-east-1:111111111111:thingtype/t"));
    struct registry other_account = fixture_other_account(f);
    CHECK(thing_type_load(&other_account, BYTES("lamp"), &got) == E_NOT_FOUND);
}
TEST(creating_the_same_type_again_succeeds) { /* [AWS control-plane 7] */
    registry_fixture_each(creates);
}

static void updates(struct registry_fixture *f) {
    struct thing_type_record type = lamp(), got;
    bytes text = BYTES("shines"), name = BYTES("lumen");
    CHECK_OK(thing_type_create(&f->r, &type, &no_tags, NULL));
    CHECK_OK(
        thing_type_update(&f->r, type.name, &(struct thing_type_changes){.description = &text}));
    CHECK_OK(thing_type_load(&f->r, type.name, &got));
    CHECK_BYTES(got.description, text);
    CHECK_INT(got.searchable_count, 3);
    CHECK_OK(thing_type_update(
        &f->r, type.name,
        &(struct thing_type_changes){.searchable_attributes = &name, .searchable_count = 1}));
    CHECK_OK(thing_type_load(&f->r, type.name, &got));
    CHECK_BYTES(got.description, text);
    CHECK_INT(got.searchable_count, 1);
    CHECK_BYTES(got.searchable_attributes[0], name);
    CHECK(thing_type_update(&f->r, BYTES("none"), &(struct thing_type_changes){0}) == E_NOT_FOUND);
}
TEST(an_update_replaces_what_it_names) {
    registry_fixture_each(updates);
}

static void deprecates(struct registry_fixture *f) {
    struct thing_type_record type = lamp(), got;
    struct thing_record thing = {.name = BYTES("t"), .type_name = BYTES("lamp")};
    CHECK_OK(thing_type_create(&f->r, &type, &no_tags, NULL));
    CHECK_OK(thing_create(&f->r, &thing, NULL));
    clock_simulate(5000);
    CHECK_OK(thing_type_deprecate(&f->r, type.name, false));
    clock_simulate(6000);
    CHECK_OK(thing_type_deprecate(&f->r, type.name, false));
    CHECK_OK(thing_type_load(&f->r, type.name, &got));
    CHECK(got.deprecated && got.deprecated_ms == 5000); /* the first date */
    CHECK_OK(thing_create(&f->r, &thing, NULL));        /* nothing new */
    CHECK_OK(thing_update(&f->r, BYTES("t"), &(struct thing_changes){.type_name = type.name}));
    thing.name = BYTES("u");
    CHECK_FAILS(thing_create(&f->r, &thing, NULL), E_INVALID,
                "Can not create new thing with depreated thing type:lamp"); /* sic */
    thing.type_name = (bytes){0};
    CHECK_OK(thing_create(&f->r, &thing, NULL));
    CHECK_FAILS(
        thing_update(&f->r, BYTES("u"), &(struct thing_changes){.type_name = type.name}), E_INVALID,
        "Can not update a thing to use deprecated thing type: lamp"); /* [AWS control-plane 6.2] */
    CHECK_OK(thing_type_deprecate(&f->r, type.name, true));
    CHECK_OK(thing_type_load(&f->r, type.name, &got));
    CHECK(!got.deprecated && got.deprecated_ms == 0);
    CHECK_OK(thing_update(&f->r, BYTES("u"), &(struct thing_changes){.type_name = type.name}));
    CHECK(thing_type_deprecate(&f->r, BYTES("none"), false) == E_NOT_FOUND);
}
TEST(a_deprecated_type_is_not_given_to_things) {
    registry_fixture_each(deprecates);
}

static status delete_lamp(struct registry_fixture *f) {
    return thing_type_delete(&f->r, BYTES("lamp"), THING_TYPE_DEPRECATED_MS_MIN);
}

static void deletes(struct registry_fixture *f) {
    struct thing_type_record type = lamp();
    struct thing_record thing = {.name = BYTES("t"), .type_name = BYTES("lamp")};
    struct tag site = {BYTES("site"), BYTES("7")};
    struct tag_list tags;
    CHECK(delete_lamp(f) == E_NOT_FOUND);
    CHECK_OK(thing_type_create(&f->r, &type, &(struct tags){&site, 1}, NULL));
    CHECK_OK(thing_create(&f->r, &thing, NULL));
    CHECK_FAILS(delete_lamp(f), E_INVALID, "deprecated first");
    clock_simulate(1000000);
    CHECK_OK(thing_type_deprecate(&f->r, type.name, false));
    clock_simulate(1000000 + 5 * 60 * 1000 - 1);
    CHECK_FAILS(delete_lamp(f), E_INVALID, "Please wait for 5 minutes after deprecation");
    clock_simulate(1000000 + 5 * 60 * 1000);
    CHECK_FAILS(delete_lamp(f), E_INVALID, "thing t still has it");
    CHECK_OK(thing_update(&f->r, thing.name, &(struct thing_changes){.remove_type = true}));
    CHECK_OK(delete_lamp(f));
    CHECK(delete_lamp(f) == E_NOT_FOUND);
    CHECK_OK(tags_list(&f->r, BYTES("thingtype/lamp"), &(struct page){0}, &tags));
    CHECK_INT(tags.count, 0);
    CHECK_OK(thing_type_create(&f->r, &type, &no_tags, NULL));
    CHECK_OK(thing_update(&f->r, thing.name, &(struct thing_changes){.type_name = type.name}));
    CHECK_OK(thing_type_deprecate(&f->r, type.name, false));
    CHECK_FAILS(thing_type_delete(&f->r, type.name, 0), E_INVALID, "thing t still has it");
    CHECK_OK(thing_delete(&f->r, thing.name, 0));
    CHECK_OK(thing_type_delete(&f->r, type.name, 0));
}
TEST(a_type_is_deleted_when_long_deprecated_and_unused) { /* [AWS iot thing-types] */
    registry_fixture_each(deletes);
}

static void lists(struct registry_fixture *f) {
    struct thing_type_list l;
    for (int i = 0; i < 5; i++)
        CHECK_OK(thing_type_create(
            &f->r,
            &(struct thing_type_record){.name = bytes_from(arena_printf(&f->arena, "t%d", i))},
            &no_tags, NULL));
    CHECK_OK(
        thing_type_create(&f->r, &(struct thing_type_record){.name = BYTES("u")}, &no_tags, NULL));
    CHECK_OK(thing_type_list(&f->r, BYTES("t"), &(struct page){.limit = 3}, &l));
    CHECK_INT(l.count, 3);
    CHECK_BYTES(l.items[2].name, BYTES("t2"));
    CHECK_OK(thing_type_list(&f->r, BYTES("t"), &(struct page){.limit = 3, .token = l.next}, &l));
    CHECK_INT(l.count, 2);
    CHECK_BYTES(l.items[1].name, BYTES("t4"));
    CHECK_INT(l.next.len, 0);
    CHECK_OK(thing_type_list(&f->r, (bytes){0}, &(struct page){0}, &l));
    CHECK_INT(l.count, 6);
}
TEST(types_are_listed_by_name_and_prefix) {
    registry_fixture_each(lists);
}

TEST_MAIN("registry/thing_type")
