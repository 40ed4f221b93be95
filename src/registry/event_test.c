#include "codec/json.h"
#include "registry/event.h"
#include "registry/fixture.h"
#include "registry/settings.h"
#include "registry/transfer.h"
#include "support/testing.h"

#include <string.h>

/* What went out since the last look: topics with their payloads, in order. */
static struct {
    struct arena memory;
    struct announcement all[64];
    size_t count;
} told;

static void hear(void *context, const struct announcement *announcements, size_t count) {
    UNUSED(context);
    for (size_t i = 0; i < count && told.count < COUNT_OF(told.all); i++)
        told.all[told.count++] =
            (struct announcement){arena_copy(&told.memory, announcements[i].account),
                                  arena_copy(&told.memory, announcements[i].topic),
                                  arena_copy(&told.memory, announcements[i].payload)};
}

static void forget(void) {
    arena_done(&told.memory);
    told.count = 0;
}

static void enable(struct registry_fixture *f, uint64_t types) {
    store_on_announcement(f->store, hear, NULL);
    CHECK_OK(event_settings_save(&f->r, &(struct event_settings){.enabled = types}));
    registry_fixture_commit(f);
    forget();
}

/* The text of a member of the payload told on this topic; "-" when nothing was told. */
static const char *told_on(struct registry_fixture *f, const char *topic, const char *member) {
    for (size_t i = 0; i < told.count; i++) {
        const struct json *root;
        if (!bytes_equal(told.all[i].topic, bytes_from(topic)))
            continue;
        CHECK_OK(json_parse(&f->arena, told.all[i].payload, &root));
        const struct json *m = json_member(root, bytes_from(member));
        if (m && m->type == JSON_NULL)
            return "null";
        return m ? arena_printf(&f->arena, "%.*s", BYTES_ARG(m->text)) : "no such member";
    }
    return "-";
}

/* Whether one was published on the topic that has this text in it. */
static bool says(struct registry_fixture *f, const char *topic, const char *text) {
    for (size_t i = 0; i < told.count; i++)
        if (bytes_equal(told.all[i].topic, bytes_from(topic)))
            return strstr(arena_printf(&f->arena, "%.*s", BYTES_ARG(told.all[i].payload)), text);
    return false;
}

static void create(struct registry_fixture *f, const char *name, const char *type) {
    struct thing_attribute room = {BYTES("room"), BYTES("7")};
    struct thing_record thing = {.name = bytes_from(name),
                                 .type_name = bytes_from(type),
                                 .attributes = &room,
                                 .attribute_count = 1};
    CHECK_OK(thing_create(&f->r, &thing, NULL));
}

static void things(struct registry_fixture *f) {
    struct thing_record lamp;
    enable(f, 1 << EVENT_THING);
    create(f, "lamp", NULL);
    CHECK_INT(told.count, 0); /* not before the commit */
    CHECK_OK(thing_load(&f->r, BYTES("lamp"), &lamp));
    registry_fixture_commit(f);
    CHECK_INT(told.count, 1);
    const char *created = "$aws/events/thing/lamp/created";
    CHECK_TEXT(told_on(f, created, "eventType"), "THING_EVENT");
    CHECK_TEXT(told_on(f, created, "operation"), "CREATED");
    CHECK_TEXT(told_on(f, created, "accountId"), "111111111111");
    CHECK_TEXT(told_on(f, created, "versionNumber"), "1");
    CHECK_TEXT(told_on(f, created, "thingTypeName"), "null");
    CHECK_BYTES(bytes_from(told_on(f, created, "thingId")), lamp.id);
    CHECK_INT(strlen(told_on(f, created, "eventId")), 36);
    CHECK_OK(thing_update(&f->r, BYTES("lamp"), &(struct thing_changes){.expected_version = 1}));
    CHECK_OK(thing_delete(&f->r, BYTES("lamp"), 0));
    registry_fixture_commit(f);
    CHECK_TEXT(told_on(f, "$aws/events/thing/lamp/updated", "versionNumber"), "2");
    CHECK_TEXT(told_on(f, "$aws/events/thing/lamp/deleted", "operation"), "DELETED");
    forget();
    CHECK_OK(thing_delete(&f->r, BYTES("lamp"), 0)); /* there is none: nothing happened */
    create(f, "rolled-back", NULL);
    registry_fixture_undo(f);
    registry_fixture_commit(f);
    CHECK_INT(told.count, 0);
}
TEST(a_thing_tells_of_itself_after_the_commit) { /* [AWS device-gateway 9.2] */
    registry_fixture_each(things);
    forget();
}

static void types(struct registry_fixture *f) {
    struct propagating_attribute attributes[] = {
        {.user_property_key = BYTES("key"), .thing_attribute = BYTES("model")},
        {.user_property_key = BYTES("key"), .connection_attribute = BYTES("iot:ClientId")}};
    struct thing_type_record type = {
        .name = BYTES("bulb"), .description = BYTES("shines"), .propagation = {attributes, 2}};
    enable(f, 1 << EVENT_THING_TYPE | 1 << EVENT_THING_TYPE_ASSOCIATION);
    CHECK_OK(thing_type_create(&f->r, &type, &(struct tags){0}, NULL));
    type.name = BYTES("tube");
    CHECK_OK(thing_type_create(&f->r, &type, &(struct tags){0}, NULL));
    create(f, "lamp", "bulb");
    registry_fixture_commit(f);
    const char *created = "$aws/events/thingType/bulb/created";
    CHECK_TEXT(told_on(f, created, "eventType"), "THING_TYPE_EVENT");
    CHECK_TEXT(told_on(f, created, "description"), "shines");
    CHECK(says(
        f, created,
        "\"propagatingAttributes\":[{\"userPropertyKey\":\"key\",\"thingAttribute\":\"model\"},"
        "{\"userPropertyKey\":\"key\",\"connectionAttribute\":\"iot:ClientId\"}]"));
    CHECK_TEXT(told_on(f, created, "deprecationDate"), "null");
    CHECK_TEXT(told_on(f, "$aws/events/thingTypeAssociation/thing/lamp/thingType/bulb/added",
                       "thingTypeName"),
               "bulb");
    forget();
    CHECK_OK(
        thing_update(&f->r, BYTES("lamp"), &(struct thing_changes){.type_name = BYTES("tube")}));
    CHECK_OK(thing_type_deprecate(&f->r, BYTES("bulb"), false));
    CHECK_OK(thing_type_deprecate(&f->r, BYTES("bulb"), false)); /* changes nothing */
    registry_fixture_commit(f);
    CHECK_INT(told.count, 3);
    CHECK_TEXT(told_on(f, "$aws/events/thingTypeAssociation/thing/lamp/thingType/bulb/removed",
                       "operation"),
               "REMOVED");
    CHECK_TEXT(
        told_on(f, "$aws/events/thingTypeAssociation/thing/lamp/thingType/tube/added", "eventType"),
        "THING_TYPE_ASSOCIATION_EVENT");
    CHECK(strcmp(told_on(f, "$aws/events/thingType/bulb/updated", "deprecationDate"), "null") != 0);
    CHECK_OK(thing_type_delete(&f->r, BYTES("bulb"), 0));
    CHECK_OK(thing_delete(&f->r, BYTES("lamp"), 0));
    registry_fixture_commit(f);
    CHECK_TEXT(told_on(f, "$aws/events/thingType/bulb/deleted", "thingTypeName"), "bulb");
    CHECK_TEXT(told_on(f, "$aws/events/thingTypeAssociation/thing/lamp/thingType/tube/removed",
                       "thingName"),
               "lamp");
}
TEST(types_tell_of_themselves_and_of_the_things_that_have_them) { /* [AWS device-gateway 9.2] */
    registry_fixture_each(types);
    forget();
}

static void groups(struct registry_fixture *f) {
    struct thing_group_record hall;
    uint64_t version;
    enable(f, 1 << EVENT_THING_GROUP | 1 << EVENT_THING_GROUP_HIERARCHY |
                  1 << EVENT_THING_GROUP_MEMBERSHIP);
    CHECK_OK(thing_group_create(&f->r, &(struct thing_group_new){.name = BYTES("plant")},
                                &(struct tags){0}, NULL));
    CHECK_OK(thing_group_create(
        &f->r, &(struct thing_group_new){.name = BYTES("hall"), .parent = BYTES("plant")},
        &(struct tags){0}, &hall));
    create(f, "lamp", NULL);
    CHECK_OK(thing_group_add_thing(&f->r, BYTES("hall"), BYTES("lamp")));
    CHECK_OK(thing_group_add_thing(&f->r, BYTES("hall"), BYTES("lamp"))); /* changes nothing */
    registry_fixture_commit(f);
    CHECK_INT(told.count, 4);
    CHECK_TEXT(told_on(f, "$aws/events/thingGroup/plant/created", "parentGroupName"), "null");
    CHECK_TEXT(told_on(f, "$aws/events/thingGroup/hall/created", "parentGroupName"), "plant");
    const char *child = "$aws/events/thingGroupHierarchy/thingGroup/plant/childThingGroup/hall/"
                        "added";
    CHECK_BYTES(bytes_from(told_on(f, child, "childGroupId")), hall.id);
    const char *added = "$aws/events/thingGroupMembership/thingGroup/hall/thing/lamp/added";
    CHECK_BYTES(bytes_from(told_on(f, added, "groupId")), hall.id);
    CHECK_TEXT(told_on(f, added, "thingArn"), "arn:aws:iot:us-east-1:111111111111:thing/lamp");
    const char *membership = told_on(f, added, "membershipId");
    forget();
    bytes text = BYTES("dark");
    CHECK_OK(thing_group_update(&f->r, BYTES("hall"),
                                &(struct thing_group_changes){.description = &text}, &version));
    CHECK_OK(thing_delete(&f->r, BYTES("lamp"), 0));
    CHECK_OK(thing_group_delete(&f->r, BYTES("hall"), 0));
    registry_fixture_commit(f);
    CHECK_TEXT(told_on(f, "$aws/events/thingGroup/hall/updated", "description"), "dark");
    CHECK_TEXT(told_on(f, "$aws/events/thingGroupMembership/thingGroup/hall/thing/lamp/removed",
                       "membershipId"),
               membership);
    CHECK_TEXT(told_on(f, "$aws/events/thingGroup/hall/deleted", "operation"), "DELETED");
    CHECK_TEXT(told_on(f,
                       "$aws/events/thingGroupHierarchy/thingGroup/plant/childThingGroup/hall/"
                       "removed",
                       "thingGroupName"),
               "plant");
}
TEST(groups_tell_of_themselves_their_children_and_their_things) { /* [AWS device-gateway 9.2] */
    registry_fixture_each(groups);
    forget();
}

static void silence(struct registry_fixture *f) {
    enable(f, 1 << EVENT_POLICY);
    create(f, "lamp", NULL);
    CHECK_OK(thing_group_create(&f->r, &(struct thing_group_new){.name = BYTES("plant")},
                                &(struct tags){0}, NULL));
    CHECK_OK(thing_group_add_thing(&f->r, BYTES("plant"), BYTES("lamp")));
    registry_fixture_commit(f);
    CHECK_INT(told.count, 0);
}
TEST(what_is_switched_off_tells_nothing) {
    registry_fixture_each(silence);
}

static void certificates(struct registry_fixture *f) {
    struct registry other = fixture_other_account(f);
    struct transfer_offer offer = {.target = other.account};
    bytes id = fixture_id(f, 1), arn;
    const char *on = arena_printf(&f->arena, "$aws/events/certificate/%.*s/", BYTES_ARG(id));
    CHECK_OK(
        event_settings_save(&other, &(struct event_settings){.enabled = 1 << EVENT_CERTIFICATE}));
    enable(f, 1 << EVENT_CERTIFICATE);
    (void)fixture_register(f, 1);
    registry_fixture_commit(f);
    const char *created = arena_printf(&f->arena, "%screated", on);
    CHECK_TEXT(told_on(f, created, "eventType"), "CERTIFICATE_EVENT");
    CHECK_TEXT(told_on(f, created, "caCertificateId"), "null");
    CHECK_OK(certificate_transfer_offer(&f->r, id, &offer, &arn));
    registry_fixture_commit(f);
    CHECK_TEXT(told_on(f, arena_printf(&f->arena, "%supdated", on), "status"), "PENDING_TRANSFER");
    forget();
    other = fixture_other_account(f); /* in the transaction of now */
    CHECK_OK(certificate_transfer_accept(&other, id, true));
    registry_fixture_commit(f);
    CHECK_INT(told.count, 2);
    CHECK_TEXT(told_on(f, arena_printf(&f->arena, "%sdeleted", on), "accountId"), "111111111111");
    CHECK_TEXT(told_on(f, created, "accountId"), "222222222222");
    forget();
}
TEST(certificates_tell_of_their_life_where_it_is_switched_on) { /* [AWS identity 10.5] */
    registry_fixture_each(certificates);
}

static void cas(struct registry_fixture *f) {
    struct ca_record ca = fixture_ca(f, 1);
    const char *on = arena_printf(&f->arena, "$aws/events/caCertificate/%.*s/", BYTES_ARG(ca.id));
    enable(f, 1 << EVENT_CA_CERTIFICATE);
    CHECK_OK(ca_register(&f->r, &ca, NULL));
    CHECK_OK(ca_update(&f->r, ca.id, &(struct ca_changes){.active = &(bool){false}}));
    CHECK_OK(ca_delete(&f->r, ca.id));
    registry_fixture_commit(f);
    CHECK_INT(told.count, 3);
    CHECK_TEXT(told_on(f, arena_printf(&f->arena, "%screated", on), "status"), "ACTIVE");
    CHECK_TEXT(told_on(f, arena_printf(&f->arena, "%supdated", on), "status"), "INACTIVE");
    CHECK_TEXT(told_on(f, arena_printf(&f->arena, "%sdeleted", on), "versionNumber"), "2");
    forget();
}
TEST(cas_tell_of_their_life_where_it_is_switched_on) { /* [AWS identity 10.5] */
    registry_fixture_each(cas);
}

TEST_MAIN("registry/event")
