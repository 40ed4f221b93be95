#include "registry/dynamic_group.h"
#include "registry/event.h"
#include "registry/fixture.h"
#include "support/testing.h"

#include <stdio.h>
#include <string.h>

static void make(struct registry_fixture *f, const char *name, const char *query) {
    CHECK_OK(thing_group_create(
        &f->r, &(struct thing_group_new){.name = bytes_from(name), .query = bytes_from(query)},
        &(struct tags){0}, NULL));
}

static void create(struct registry_fixture *f, const char *name, const char *floor) {
    struct thing_attribute attribute = {BYTES("floor"), bytes_from(floor)};
    struct thing_record thing = {
        .name = bytes_from(name), .attributes = &attribute, .attribute_count = 1};
    CHECK_OK(thing_create(&f->r, &thing, NULL));
}

/* Names, each with a space behind it. */
static const char *joined(struct registry_fixture *f, const struct name_list *l) {
    const char *text = "";
    for (size_t i = 0; i < l->count; i++)
        text = arena_printf(&f->arena, "%s%.*s ", text, BYTES_ARG(l->items[i]));
    return text;
}

static const char *things_of(struct registry_fixture *f, const char *group) {
    struct name_list l;
    CHECK_OK(thing_group_list_things(&f->r, bytes_from(group), false, NULL, &(struct page){0}, &l));
    return joined(f, &l);
}

static const char *groups_of(struct registry_fixture *f, const char *thing) {
    struct name_list l;
    CHECK_OK(thing_list_all_groups(&f->r, bytes_from(thing), NULL, &(struct page){0}, &l));
    return joined(f, &l);
}

static void follows(struct registry_fixture *f) {
    struct thing_attribute moved = {BYTES("floor"), BYTES("9")};
    CHECK_OK(thing_group_create(&f->r, &(struct thing_group_new){.name = BYTES("hall")},
                                &(struct tags){0}, NULL));
    create(f, "a", "1");
    create(f, "b", "5");
    make(f, "high", "attributes.floor>3");
    make(f, "in-hall", "thingGroupNames:hall");
    CHECK_TEXT(things_of(f, "high"), "b ");
    CHECK_TEXT(groups_of(f, "a"), "");
    CHECK_OK(thing_update(&f->r, BYTES("a"),
                          &(struct thing_changes){.attributes = &moved, .attribute_count = 1}));
    CHECK_OK(thing_group_add_thing(&f->r, BYTES("hall"), BYTES("a")));
    CHECK_TEXT(things_of(f, "high"), "a b ");
    CHECK_TEXT(things_of(f, "in-hall"), "a ");
    CHECK_TEXT(groups_of(f, "a"), "hall high in-hall ");
    bytes query = BYTES("attributes.floor<3");
    uint64_t version;
    CHECK_OK(thing_group_update(&f->r, BYTES("high"),
                                &(struct thing_group_changes){.query = &query}, &version));
    CHECK_TEXT(things_of(f, "high"), "");
    CHECK_OK(thing_group_delete(&f->r, BYTES("high"), 0));
    CHECK_TEXT(groups_of(f, "b"), "");
}
TEST(a_dynamic_group_follows_its_things_and_its_query) { /* [AWS iot dynamic-thing-groups] */
    registry_fixture_each(follows);
}

static void pages(struct registry_fixture *f) {
    struct page page = {.limit = 2};
    struct name_list l;
    CHECK_OK(thing_group_create(&f->r, &(struct thing_group_new){.name = BYTES("m")},
                                &(struct tags){0}, NULL));
    create(f, "a", "1");
    CHECK_OK(thing_group_add_thing(&f->r, BYTES("m"), BYTES("a")));
    for (int i = 0; i < 4; i++)
        make(f, arena_printf(&f->arena, "%c", "kzlb"[i]), "*");
    CHECK_OK(thing_list_all_groups(&f->r, BYTES("a"), NULL, &page, &l));
    CHECK_TEXT(joined(f, &l), "b k ");
    page.token = l.next;
    CHECK_OK(thing_list_all_groups(&f->r, BYTES("a"), NULL, &page, &l));
    CHECK_TEXT(joined(f, &l), "l m ");
    page.token = l.next;
    CHECK_OK(thing_list_all_groups(&f->r, BYTES("a"), NULL, &page, &l));
    CHECK_TEXT(joined(f, &l), "z ");
    CHECK_INT(l.next.len, 0);
}
TEST(static_and_dynamic_groups_of_a_thing_come_in_one_listing) {
    registry_fixture_each(pages);
}

static void refusals(struct registry_fixture *f) {
    struct thing_group_new child = {.name = BYTES("child"), .parent = BYTES("all")};
    make(f, "all", "*");
    create(f, "a", "1");
    CHECK_FAILS(thing_group_add_thing(&f->r, BYTES("all"), BYTES("a")), E_INVALID, "is dynamic");
    CHECK_FAILS(thing_group_remove_thing(&f->r, BYTES("all"), BYTES("a")), E_INVALID, "is dynamic");
    CHECK_FAILS(thing_group_create(&f->r, &child, &(struct tags){0}, NULL), E_INVALID,
                "cannot have child groups");
    child = (struct thing_group_new){.name = BYTES("bad"), .query = BYTES("colour:red")};
    CHECK_FAILS(thing_group_create(&f->r, &child, &(struct tags){0}, NULL), E_QUERY_INVALID,
                "colour is not indexed");
    CHECK_OK(policy_create(&f->r, BYTES("p"), BYTES("{}"), NULL));
    CHECK_FAILS(policy_attach(&f->r, BYTES("p"), thing_group_arn(&f->r, BYTES("all"))), E_INVALID,
                "policies cannot be attached to it");
    for (int i = 1; i < DYNAMIC_GROUPS_MAX; i++)
        make(f, arena_printf(&f->arena, "g%d", i), "*");
    child = (struct thing_group_new){.name = BYTES("more"), .query = BYTES("*")};
    CHECK_FAILS(thing_group_create(&f->r, &child, &(struct tags){0}, NULL), E_LIMIT,
                "100 dynamic thing groups already");
}
TEST(a_dynamic_group_takes_nothing_by_hand) { /* [AWS policy 1.2; AWS iot dynamic-thing-groups] */
    registry_fixture_each(refusals);
}

/* ---- events ---- */

static char told[512];

static void hear(void *context, const struct announcement *announcements, size_t count) {
    UNUSED(context);
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(told);
        (void)snprintf(
            told + used, sizeof told - used, "%.*s ",
            BYTES_ARG(bytes_skip(announcements[i].topic,
                                 strlen("$aws/events/thingGroupMembership/thingGroup/"))));
    }
}

static void tells(struct registry_fixture *f) {
    struct thing_attribute moved = {BYTES("floor"), BYTES("9")};
    struct event_settings settings = {.enabled = 1 << EVENT_THING_GROUP_MEMBERSHIP};
    store_on_announcement(f->store, hear, NULL);
    told[0] = 0;
    CHECK_OK(event_settings_save(&f->r, &settings));
    make(f, "high", "attributes.floor>3");
    make(f, "low", "attributes.floor<3");
    create(f, "a", "1");
    registry_fixture_commit(f);
    CHECK_TEXT(told, "low/thing/a/added ");
    told[0] = 0;
    CHECK_OK(thing_update(&f->r, BYTES("a"),
                          &(struct thing_changes){.attributes = &moved, .attribute_count = 1}));
    CHECK_OK(thing_delete(&f->r, BYTES("a"), 0));
    registry_fixture_commit(f);
    CHECK_TEXT(told, "low/thing/a/removed high/thing/a/added high/thing/a/removed ");
}
TEST(things_that_come_and_go_by_a_query_are_told) { /* [AWS device-gateway 9.2] */
    registry_fixture_each(tells);
}

TEST_MAIN("registry/dynamic_group")
