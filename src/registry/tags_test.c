#include "registry/fixture.h"
#include "registry/tags.h"
#include "registry/thing_type.h"
#include "support/testing.h"

#include <string.h>

static bytes add_lamp(struct registry_fixture *f) {
    CHECK_OK(thing_type_create(&f->r, &(struct thing_type_record){.name = BYTES("lamp")},
                               &(struct tags){0}, NULL));
    bytes resource;
    CHECK_OK(tags_resource_require(&f->r, thing_type_arn(&f->r, BYTES("lamp")), &resource));
    CHECK_BYTES(resource, BYTES("thingtype/lamp"));
    return resource;
}

static status set(struct registry_fixture *f, bytes resource, const char *key, const char *value) {
    struct tag tag = {bytes_from(key), bytes_from(value)};
    return tags_set(&f->r, resource, &(struct tags){&tag, 1});
}

/* "key=value" of all tags, in order. */
static const char *tags_of(struct registry_fixture *f, bytes resource) {
    struct tag_list l;
    const char *text = "";
    CHECK_OK(tags_list(&f->r, resource, &(struct page){.limit = TAGS_MAX}, &l));
    for (size_t i = 0; i < l.count; i++)
        text = arena_printf(&f->arena, "%s%.*s=%.*s ", text, BYTES_ARG(l.items[i].key),
                            BYTES_ARG(l.items[i].value));
    return text;
}

static void sets(struct registry_fixture *f) {
    bytes lamp = add_lamp(f), keys[] = {BYTES("site"), BYTES("none")};
    CHECK_OK(set(f, lamp, "site", "plant 7"));
    CHECK_OK(set(f, lamp, "empty", ""));
    CHECK_OK(set(f, lamp, "site", "plant 8"));
    registry_fixture_commit(f);
    CHECK_TEXT(tags_of(f, lamp), "empty= site=plant 8 ");
    CHECK_TEXT(tags_of(f, BYTES("thingtype/lam")), "");
    CHECK_OK(tags_unset(&f->r, lamp, keys, COUNT_OF(keys)));
    CHECK_TEXT(tags_of(f, lamp), "empty= ");
    CHECK_OK(tags_remove_all(&f->r, lamp));
    CHECK_TEXT(tags_of(f, lamp), "");
}
TEST(a_tag_overwrites_the_one_with_its_key) { /* [AWS control-plane 7] */
    registry_fixture_each(sets);
}

static void limits(struct registry_fixture *f) {
    bytes lamp = add_lamp(f);
    for (int i = 0; i < TAGS_MAX; i++)
        CHECK_OK(set(f, lamp, arena_printf(&f->arena, "key%d", i), "v"));
    registry_fixture_commit(f);
    CHECK_OK(set(f, lamp, "key7", "overwritten"));
    CHECK_FAILS(set(f, lamp, "another", "v"), E_LIMIT, "more than 50 tags");
    registry_fixture_undo(f);
    struct tag many[TAGS_MAX + 1] = {{{0}, {0}}};
    CHECK_FAILS(tags_set(&f->r, lamp, &(struct tags){many, COUNT_OF(many)}), E_LIMIT, "50");
    struct tag_list l;
    CHECK_OK(tags_list(&f->r, lamp, &(struct page){.limit = 30}, &l));
    CHECK_INT(l.count, 30);
    CHECK_OK(tags_list(&f->r, lamp, &(struct page){.limit = 30, .token = l.next}, &l));
    CHECK_INT(l.count, 20);
    CHECK_INT(l.next.len, 0);
}
TEST(a_resource_has_at_most_fifty) { /* [AWS control-plane 7] */
    registry_fixture_each(limits);
}

static void keys(struct registry_fixture *f) {
    char longest[1025];
    memset(longest, 'x', sizeof longest);
    bytes lamp = add_lamp(f);
    struct tag twice[] = {{BYTES("a"), BYTES("1")}, {BYTES("a"), BYTES("2")}};
    CHECK_FAILS(tags_set(&f->r, lamp, &(struct tags){twice, 2}), E_INVALID, "given twice");
    CHECK_FAILS(set(f, lamp, "aws:x", "v"), E_INVALID, "reserved");
    CHECK_FAILS(set(f, lamp, "", "v"), E_INVALID, "1 to 128");
    struct tag big = {bytes_of(longest, 513), BYTES("v")};
    CHECK_FAILS(tags_set(&f->r, lamp, &(struct tags){&big, 1}), E_INVALID, "1 to 128");
    CHECK_OK(tags_unset(&f->r, lamp, &big.key, 1));
    big = (struct tag){BYTES("k"), bytes_of(longest, 1025)};
    CHECK_FAILS(tags_set(&f->r, lamp, &(struct tags){&big, 1}), E_INVALID, "more than 256");
}
TEST(keys_and_values_are_bounded) {
    registry_fixture_each(keys);
}

static void resources(struct registry_fixture *f) {
    bytes resource, policy = BYTES("arn:aws:iot:us-east-1:111111111111:policy/p");
    struct ca_record ca = fixture_ca(f, 1);
    CHECK_FAILS(tags_resource_require(&f->r, policy, &resource), E_NOT_FOUND,
                "The specified resource does not exist");
    CHECK_OK(policy_create(&f->r, BYTES("p"), BYTES("{}"), NULL));
    CHECK_OK(ca_register(&f->r, &ca, NULL));
    CHECK_OK(tags_resource_require(&f->r, policy, &resource));
    CHECK_OK(set(f, resource, "k", "v"));
    CHECK_OK(policy_delete(&f->r, BYTES("p")));
    CHECK_TEXT(tags_of(f, resource), ""); /* gone with it */
    CHECK_OK(tags_resource_require(&f->r, ca_arn(&f->r, ca.id), &resource));
    CHECK_OK(set(f, resource, "k", "v"));
    CHECK_OK(ca_update(&f->r, ca.id, &(struct ca_changes){.active = &(bool){false}}));
    CHECK_OK(ca_delete(&f->r, ca.id));
    CHECK_TEXT(tags_of(f, resource), "");
    static const char *const without[] = {
        "arn:aws:iot:us-east-1:111111111111:thing/t", "arn:aws:iot:us-east-1:111111111111:cert/0",
        "arn:aws:iot:us-east-1:222222222222:policy/p",
        "arn:aws:iot:eu-west-1:111111111111:policy/p", "policy/p"};
    for (size_t i = 0; i < COUNT_OF(without); i++)
        CHECK(tags_resource_require(&f->r, bytes_from(without[i]), &resource) == E_INVALID);
}
TEST(tags_are_on_what_has_them_and_go_with_it) {
    registry_fixture_each(resources);
}

TEST_MAIN("registry/tags")
