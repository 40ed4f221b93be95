#include "registry/fixture.h"
#include "registry/thing.h"
#include "registry/thing_type.h"
#include "support/testing.h"

#include <stdio.h>
#include <string.h>

static struct thing_record lamp(void) {
    static struct thing_attribute attributes[] = {{BYTES("room"), BYTES("7")},
                                                  {BYTES("color"), BYTES("red")}};
    return (struct thing_record){
        .name = BYTES("lamp:1"), .attributes = attributes, .attribute_count = 2};
}

static void add_type(struct registry_fixture *f, const char *name) {
    CHECK_OK(thing_type_create(&f->r, &(struct thing_type_record){.name = bytes_from(name)},
                               &(struct tags){0}, NULL));
}

static void creates(struct registry_fixture *f) {
    struct thing_record thing = lamp(), got, again;
    CHECK_OK(thing_create(&f->r, &thing, NULL));
    registry_fixture_commit(f);
    CHECK_OK(thing_load(&f->r, thing.name, &got));
    CHECK_BYTES(got.name, BYTES("lamp:1"));
    CHECK_INT(got.id.len, 36);
    CHECK_INT(got.version, 1);
    CHECK_INT(got.attribute_count, 2);
    CHECK_BYTES(got.attributes[0].name, BYTES("color")); /* by name */
    CHECK_BYTES(got.attributes[0].value, BYTES("red"));
    CHECK_BYTES(got.attributes[1].name, BYTES("room"));
    CHECK_OK(thing_create(&f->r, &thing, &again)); /* the same again [AWS identity 10.1] */
    CHECK_BYTES(again.id, got.id);
    thing.attribute_count = 1;
    CHECK_FAILS(thing_create(&f->r, &thing, NULL), E_EXISTS, "lamp:1 already exists");
    CHECK_FAILS(thing_load(&f->r, BYTES("none"), &got), E_NOT_FOUND,
                "The specified resource does not exist");
    CHECK_BYTES(thing_arn(&f->r, BYTES("t")), BYTES("arn:aws:iot:us-east-1:111111111111:thing/t"));
}
TEST(creating_the_same_thing_again_succeeds) { /* [AWS control-plane 7] */
    registry_fixture_each(creates);
}

static void bounds(struct registry_fixture *f) {
    struct thing_attribute attributes[101];
    char value[801], name[130];
    struct thing_record thing = {.name = BYTES("t"), .attributes = attributes};
    memset(value, 'v', sizeof value);
    memset(name, 'n', sizeof name);
    for (size_t i = 0; i < COUNT_OF(attributes); i++)
        attributes[i] =
            (struct thing_attribute){bytes_from(arena_printf(&f->arena, "a%zu", i)), BYTES("v")};
    thing.attribute_count = 4;
    CHECK_FAILS(thing_create(&f->r, &thing, NULL), E_INVALID, "without a thing type it may have 3");
    thing.type_name = BYTES("type");
    CHECK_FAILS(thing_create(&f->r, &thing, NULL), E_NOT_FOUND, "Thing type type not found");
    add_type(f, "type");
    thing.attribute_count = 51;
    CHECK_FAILS(thing_create(&f->r, &thing, NULL), E_INVALID, "with a thing type it may have 50");
    thing.attribute_count = 101;
    CHECK_FAILS(thing_create(&f->r, &thing, NULL), E_INVALID, "too many");
    thing.attribute_count = 50;
    CHECK_OK(thing_create(&f->r, &thing, NULL));
    static const struct {
        const char *name, *attribute, *value;
    } bad[] = {{"", "a", "v"},    {"a b", "a", "v"}, {"t/1", "a", "v"},
               {"u", "a b", "v"}, {"u", "a", "v v"}, {"u", "", "v"}};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        attributes[0] =
            (struct thing_attribute){bytes_from(bad[i].attribute), bytes_from(bad[i].value)};
        thing = (struct thing_record){
            .name = bytes_from(bad[i].name), .attributes = attributes, .attribute_count = 1};
        CHECK_FAILS(thing_create(&f->r, &thing, NULL), E_INVALID, "1 validation error detected");
    }
    attributes[0] = (struct thing_attribute){BYTES("a"), bytes_of(value, 801)};
    thing.name = BYTES("u");
    CHECK_FAILS(thing_create(&f->r, &thing, NULL), E_INVALID, "less than or equal to 800");
    attributes[0].value.len = 800;
    CHECK_OK(thing_create(&f->r, &thing, NULL));
    thing.name = bytes_of(name, 129);
    CHECK_FAILS(thing_create(&f->r, &thing, NULL), E_INVALID, "less than or equal to 128");
    thing = (struct thing_record){.name = BYTES("g"), .billing_group_name = BYTES("b")};
    CHECK_FAILS(thing_create(&f->r, &thing, NULL), E_NOT_FOUND, "Billing group b not found");
}
TEST(names_values_and_numbers_are_bounded) { /* [AWS identity 10.1] */
    registry_fixture_each(bounds);
}

static void updates(struct registry_fixture *f) {
    struct thing_attribute set[] = {{BYTES("room"), BYTES("8")}, {BYTES("color"), BYTES("")}};
    struct thing_record thing = lamp(), got;
    bytes name = thing.name;
    CHECK_OK(thing_create(&f->r, &thing, NULL));
    struct thing_changes changes = {.attributes = set, .attribute_count = 2};
    CHECK_OK(thing_update(&f->r, name, &changes)); /* merge; empty removes */
    CHECK_OK(thing_load(&f->r, name, &got));
    CHECK(got.version == 2 && got.attribute_count == 1);
    CHECK_BYTES(got.attributes[0].value, BYTES("8"));
    set[0] = (struct thing_attribute){BYTES("site"), BYTES("x")};
    changes = (struct thing_changes){
        .attributes = set, .attribute_count = 1, .replace_attributes = true, .expected_version = 2};
    CHECK_OK(thing_update(&f->r, name, &changes));
    CHECK_OK(thing_load(&f->r, name, &got));
    CHECK(got.version == 3 && got.attribute_count == 1);
    CHECK_BYTES(got.attributes[0].name, BYTES("site"));
    CHECK_FAILS(thing_update(&f->r, name, &changes), E_VERSION_CONFLICT,
                "The version for thing lamp:1 does not match the expected version.");
    add_type(f, "type");
    CHECK_OK(thing_update(&f->r, name, &(struct thing_changes){.type_name = BYTES("type")}));
    CHECK_OK(thing_load(&f->r, name, &got));
    CHECK_BYTES(got.type_name, BYTES("type"));
    CHECK_INT(got.attribute_count, 1);
    CHECK(thing_update(&f->r, name, &(struct thing_changes){.type_name = BYTES("none")}) ==
          E_NOT_FOUND);
    CHECK(thing_update(&f->r, name,
                       &(struct thing_changes){.type_name = BYTES("type"), .remove_type = true}) ==
          E_INVALID);
    CHECK_OK(thing_update(&f->r, name, &(struct thing_changes){.remove_type = true}));
    CHECK_OK(thing_load(&f->r, name, &got));
    CHECK_INT(got.type_name.len, 0);
    CHECK(thing_update(&f->r, BYTES("none"), &changes) == E_NOT_FOUND);
}
TEST(an_update_merges_or_replaces_and_raises_the_version) { /* [AWS identity 10.1] */
    registry_fixture_each(updates);
}

static void deletes(struct registry_fixture *f) {
    struct thing_record thing = lamp();
    bytes arn = fixture_register(f, 1);
    CHECK_OK(thing_delete(&f->r, thing.name, 0)); /* none there: fine [AWS control-plane 7] */
    CHECK_OK(thing_create(&f->r, &thing, NULL));
    CHECK_OK(thing_principal_attach(&f->r, thing.name, arn, THING_PRINCIPAL_NON_EXCLUSIVE));
    CHECK_FAILS(thing_delete(&f->r, thing.name, 2), E_VERSION_CONFLICT, "does not match");
    CHECK_FAILS(thing_delete(&f->r, thing.name, 1), E_INVALID,
                "Cannot delete. Thing lamp:1 is still attached to one or more principals");
    CHECK_OK(thing_principal_detach(&f->r, thing.name, arn));
    CHECK_OK(thing_delete(&f->r, thing.name, 1));
    CHECK(thing_load(&f->r, thing.name, &thing) == E_NOT_FOUND);
}
TEST(a_thing_with_principals_is_not_deleted) { /* [AWS identity 10.1] */
    registry_fixture_each(deletes);
}

static void check_names(const struct thing_list *l, const char *want) {
    AUTO(buf) got = {0};
    for (size_t i = 0; i < l->count; i++) {
        buf_append(&got, i ? BYTES(",") : (bytes){0});
        buf_append(&got, l->items[i].name);
    }
    CHECK_BYTES(buf_bytes(&got), bytes_from(want));
}

static void lists(struct registry_fixture *f) {
    struct thing_list l;
    add_type(f, "lamp");
    for (int i = 0; i < 6; i++) {
        struct thing_attribute attribute = {BYTES("room"),
                                            bytes_from(arena_printf(&f->arena, "r%d%d", i % 2, i))};
        struct thing_record thing = {.name = bytes_from(arena_printf(&f->arena, "t%d", i)),
                                     .type_name = i < 3 ? BYTES("lamp") : (bytes){0},
                                     .attributes = &attribute,
                                     .attribute_count = i > 0};
        CHECK_OK(thing_create(&f->r, &thing, NULL));
    }
    const struct {
        struct thing_filter filter;
        const char *want;
    } rows[] = {
        {{.type_name = {0}}, "t0,t1,t2,t3,t4,t5"},
        {{.type_name = BYTES("lamp")}, "t0,t1,t2"},
        {{.type_name = BYTES("pump")}, ""},
        {{.attribute_name = BYTES("room"), .attribute_value = BYTES("r11")}, "t1"},
        {{.attribute_name = BYTES("room"),
          .attribute_value = BYTES("r1"),
          .attribute_value_is_prefix = true},
         "t1,t3,t5"},
        {{.type_name = BYTES("lamp"),
          .attribute_name = BYTES("room"),
          .attribute_value = BYTES("r02")},
         "t2"},
        {{.attribute_name = BYTES("color"), .attribute_value = BYTES("")}, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_OK(thing_list(&f->r, &rows[i].filter, &(struct page){0}, &l));
        check_names(&l, rows[i].want);
        CHECK_INT(l.next.len, 0);
    }
    CHECK_OK(thing_list(&f->r, NULL, &(struct page){.limit = 4}, &l));
    check_names(&l, "t0,t1,t2,t3");
    CHECK_OK(thing_list(&f->r, NULL, &(struct page){.limit = 4, .token = l.next}, &l));
    check_names(&l, "t4,t5");
    CHECK_OK(thing_list(&f->r, &rows[4].filter, &(struct page){.limit = 2}, &l));
    check_names(&l, "t1,t3");
    CHECK_OK(thing_list(&f->r, &rows[4].filter, &(struct page){.limit = 2, .token = l.next}, &l));
    check_names(&l, "t5");
}
TEST(things_are_listed_by_name_and_filtered) {
    registry_fixture_each(lists);
}

/* A filter that nothing passes gives up its turn after a while, and the token leads on. */
static void long_filter(struct registry_fixture *f) {
    struct thing_filter filter = {.attribute_name = BYTES("last"), .attribute_value = BYTES("y")};
    struct thing_attribute attribute = {BYTES("last"), BYTES("y")};
    struct page page = {.limit = 1};
    struct thing_list l;
    for (int i = 0; i < 5200; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "t%05d", i);
        struct thing_record thing = {
            .name = bytes_from(name), .attributes = &attribute, .attribute_count = i == 5199};
        CHECK_OK(thing_create(&f->r, &thing, NULL));
    }
    CHECK_OK(thing_list(&f->r, &filter, &page, &l));
    CHECK(l.count == 0 && l.next.len > 0);
    page.token = l.next;
    CHECK_OK(thing_list(&f->r, &filter, &page, &l));
    check_names(&l, "t05199");
    CHECK_INT(l.next.len, 0);
}
TEST(a_filter_that_finds_little_still_ends) {
    registry_fixture_each(long_filter);
}

static void attaches(struct registry_fixture *f) {
    bytes a = fixture_register(f, 1), b = fixture_register(f, 2);
    struct thing_record thing = lamp(), pump = {.name = BYTES("pump")};
    struct thing_principal_list l;
    CHECK_OK(thing_create(&f->r, &thing, NULL));
    CHECK_OK(thing_create(&f->r, &pump, NULL));
    CHECK_OK(thing_principal_attach(&f->r, thing.name, b, THING_PRINCIPAL_NON_EXCLUSIVE));
    CHECK_OK(thing_principal_attach(&f->r, thing.name, a, THING_PRINCIPAL_NON_EXCLUSIVE));
    CHECK_OK(
        thing_principal_attach(&f->r, thing.name, a, THING_PRINCIPAL_NON_EXCLUSIVE)); /* again */
    CHECK_OK(thing_principal_attach(&f->r, pump.name, a, THING_PRINCIPAL_NON_EXCLUSIVE));
    registry_fixture_commit(f);
    CHECK_OK(thing_list_principals(&f->r, thing.name, NULL, &(struct page){.limit = 1}, &l));
    CHECK_INT(l.count, 1);
    CHECK_BYTES(l.items[0].name, a);
    CHECK_OK(thing_list_principals(&f->r, thing.name, NULL, &(struct page){.token = l.next}, &l));
    CHECK_INT(l.count, 1);
    CHECK_BYTES(l.items[0].name, b);
    CHECK_OK(principal_list_things(&f->r, a, NULL, &(struct page){0}, &l));
    CHECK_INT(l.count, 2);
    CHECK_BYTES(l.items[0].name, BYTES("lamp:1"));
    CHECK_INT(l.items[1].type, THING_PRINCIPAL_NON_EXCLUSIVE);
    enum thing_principal_type exclusive = THING_PRINCIPAL_EXCLUSIVE;
    CHECK_OK(principal_list_things(&f->r, a, &exclusive, &(struct page){0}, &l));
    CHECK_INT(l.count, 0);
    CHECK_OK(thing_principal_detach(&f->r, thing.name, a));
    CHECK_OK(thing_principal_detach(&f->r, thing.name, a)); /* not attached: fine */
    CHECK_OK(principal_list_things(&f->r, a, NULL, &(struct page){0}, &l));
    CHECK_INT(l.count, 1);
    CHECK_OK(thing_list_principals(&f->r, thing.name, NULL, &(struct page){0}, &l));
    CHECK_INT(l.count, 1);
}
TEST(principals_and_things_are_seen_from_both_sides) { /* [AWS identity 10.2] */
    registry_fixture_each(attaches);
}

static void attach_errors(struct registry_fixture *f) {
    bytes arn = fixture_register(f, 1);
    bytes missing = certificate_arn(&f->r, fixture_id(f, 9));
    struct thing_record thing = lamp();
    struct thing_principal_list l;
    CHECK_OK(thing_create(&f->r, &thing, NULL));
    CHECK(thing_principal_attach(&f->r, BYTES("none"), arn, 0) == E_NOT_FOUND);
    CHECK(thing_principal_attach(&f->r, thing.name, missing, 0) == E_NOT_FOUND);
    CHECK(thing_principal_attach(&f->r, thing.name, thing_arn(&f->r, thing.name), 0) == E_INVALID);
    CHECK(thing_principal_detach(&f->r, BYTES("none"), arn) == E_NOT_FOUND);
    CHECK(thing_principal_detach(&f->r, thing.name, missing) == E_NOT_FOUND);
    CHECK(principal_list_things(&f->r, missing, NULL, &(struct page){0}, &l) == E_NOT_FOUND);
    CHECK_FAILS(thing_list_principals(&f->r, BYTES("none"), NULL, &(struct page){0}, &l),
                E_NOT_FOUND,
                "Failed to list principals for thing none because the thing does not exist in your "
                "account");
}
TEST(thing_and_principal_must_be_there) { /* [AWS identity 10.2] */
    registry_fixture_each(attach_errors);
}

static void exclusive(struct registry_fixture *f) {
    bytes a = fixture_register(f, 1), b = fixture_register(f, 2);
    struct thing_record thing = lamp(), pump = {.name = BYTES("pump")};
    CHECK_OK(thing_create(&f->r, &thing, NULL));
    CHECK_OK(thing_create(&f->r, &pump, NULL));
    CHECK_OK(thing_principal_attach(&f->r, thing.name, a, THING_PRINCIPAL_EXCLUSIVE));
    CHECK_OK(thing_principal_attach(&f->r, thing.name, a, THING_PRINCIPAL_EXCLUSIVE));
    CHECK_FAILS(thing_principal_attach(&f->r, pump.name, a, THING_PRINCIPAL_NON_EXCLUSIVE),
                E_INVALID, "attached to thing lamp:1 as EXCLUSIVE_THING");
    CHECK_FAILS(thing_principal_attach(&f->r, pump.name, a, THING_PRINCIPAL_EXCLUSIVE), E_INVALID,
                "EXCLUSIVE_THING");
    CHECK(thing_principal_attach(&f->r, thing.name, a, THING_PRINCIPAL_NON_EXCLUSIVE) == E_INVALID);
    CHECK_OK(thing_principal_attach(&f->r, pump.name, b, THING_PRINCIPAL_NON_EXCLUSIVE));
    CHECK_FAILS(thing_principal_attach(&f->r, thing.name, b, THING_PRINCIPAL_EXCLUSIVE), E_INVALID,
                "attached to thing pump already");
    CHECK(thing_principal_attach(&f->r, pump.name, b, THING_PRINCIPAL_EXCLUSIVE) == E_INVALID);
    CHECK_OK(thing_principal_detach(&f->r, pump.name, b));
    CHECK_OK(thing_principal_attach(&f->r, thing.name, b, THING_PRINCIPAL_EXCLUSIVE));
}
TEST(an_exclusive_principal_belongs_to_one_thing) { /* [AWS identity 10.2] */
    registry_fixture_each(exclusive);
}

TEST(attachment_types_have_their_aws_names) {
    enum thing_principal_type type;
    CHECK_OK(thing_principal_type_parse(BYTES("EXCLUSIVE_THING"), &type));
    CHECK_TEXT(thing_principal_type_name(type), "EXCLUSIVE_THING");
    CHECK_OK(thing_principal_type_parse(BYTES("NON_EXCLUSIVE_THING"), &type));
    CHECK_TEXT(thing_principal_type_name(type), "NON_EXCLUSIVE_THING");
    CHECK(thing_principal_type_parse(BYTES("BOTH"), &type) == E_INVALID);
}

TEST_MAIN("registry/thing")
