#include "registry/fixture.h"
#include "registry/principal.h"
#include "registry/thing_type.h"
#include "support/testing.h"

static struct propagating_attribute wishes[] = {
    {.user_property_key = BYTES("iot:ClientId"), .connection_attribute = BYTES("iot:ClientId")},
    {.user_property_key = BYTES("key"), .connection_attribute = BYTES("iot:Thing.ThingName")},
    {.user_property_key = BYTES("key"), .thing_attribute = BYTES("room")},
    {.user_property_key = BYTES("watt"), .thing_attribute = BYTES("watt")},
};
static const struct propagation all = {wishes, COUNT_OF(wishes)}, nothing = {0};

static status check_one(const char *key, const char *thing, const char *connection) {
    struct propagating_attribute one = {
        .user_property_key = bytes_from(key),
        .thing_attribute = bytes_from(thing),
        .connection_attribute = bytes_from(connection),
    };
    return propagation_check(&(struct propagation){&one, 1});
}

TEST(each_has_a_key_and_one_source) { /* [AWS iot thing-types-propagating-attributes] */
    struct propagating_attribute many[PROPAGATING_ATTRIBUTES_MAX + 1];
    for (size_t i = 0; i < COUNT_OF(many); i++)
        many[i] = wishes[2];
    CHECK_OK(propagation_check(&all));
    CHECK_OK(propagation_check(&nothing));
    CHECK_OK(propagation_check(&(struct propagation){many, PROPAGATING_ATTRIBUTES_MAX}));
    CHECK_FAILS(propagation_check(&(struct propagation){many, COUNT_OF(many)}), E_INVALID,
                "at most 20 propagating attributes, not 21");
    CHECK_FAILS(check_one("", "room", ""), E_INVALID, "needs a userPropertyKey");
    CHECK_FAILS(check_one("k", "", ""), E_INVALID, "userPropertyKey k needs either");
    CHECK_FAILS(check_one("k", "room", "iot:ClientId"), E_INVALID, "needs either");
    CHECK_FAILS(check_one("k", "", "iot:SourceIp"), E_INVALID,
                "no connection attribute iot:SourceIp");
    CHECK_FAILS(check_one("k", "a room", ""), E_INVALID, "regular expression");
}

TEST(a_value_is_the_clients_or_the_things) {
    struct thing_attribute attributes[] = {{BYTES("room"), BYTES("7")}};
    struct thing_record lamp = {
        .name = BYTES("lamp"), .attributes = attributes, .attribute_count = 1};
    CHECK_BYTES(propagating_value(&wishes[0], &lamp, BYTES("client")), BYTES("client"));
    CHECK_BYTES(propagating_value(&wishes[1], &lamp, BYTES("client")), BYTES("lamp"));
    CHECK_BYTES(propagating_value(&wishes[2], &lamp, BYTES("client")), BYTES("7"));
    CHECK_INT(propagating_value(&wishes[3], &lamp, BYTES("client")).len, 0);
}

TEST(what_is_kept_comes_back_in_order) {
    AUTO(arena) arena = {0};
    AUTO(buf) kept = {0};
    struct propagation got;
    propagation_encode(&all, &kept);
    propagation_decode(&arena, buf_bytes(&kept), &got);
    CHECK(propagations_are_alike(&got, &all));
    for (size_t len = 0; len < kept.len; len++) { /* damage costs what it hits */
        propagation_decode(&arena, bytes_slice(buf_bytes(&kept), 0, len), &got);
        CHECK(got.count < all.count);
        CHECK(!propagations_are_alike(&got, &all));
    }
    struct propagating_attribute other = wishes[0];
    other.connection_attribute = BYTES("iot:Thing.ThingName");
    CHECK(!propagations_are_alike(&(struct propagation){&other, 1},
                                  &(struct propagation){wishes, 1}));
}

static void of_a_type(struct registry_fixture *f) {
    struct thing_type_record type = {.name = BYTES("bulb"), .propagation = all}, got;
    struct tags no_tags = {0};
    CHECK_OK(thing_type_create(&f->r, &type, &no_tags, NULL));
    CHECK_OK(thing_type_create(&f->r, &type, &no_tags, NULL));
    type.propagation.count = 1;
    CHECK_FAILS(thing_type_create(&f->r, &type, &no_tags, NULL), E_EXISTS, "different properties");
    CHECK_OK(thing_type_deprecate(&f->r, type.name, false));
    CHECK_OK(thing_type_deprecate(&f->r, type.name, true));
    CHECK_OK(thing_type_load(&f->r, type.name, &got));
    CHECK(propagations_are_alike(&got.propagation, &all));

    size_t notes = store_note_count(f->r.txn);
    bytes text = BYTES("shines");
    CHECK_OK(
        thing_type_update(&f->r, type.name, &(struct thing_type_changes){.description = &text}));
    CHECK_OK(
        thing_type_update(&f->r, type.name, &(struct thing_type_changes){.propagation = &all}));
    CHECK_INT(store_note_count(f->r.txn), notes); /* nothing that a connection could notice */
    CHECK_OK(
        thing_type_update(&f->r, type.name, &(struct thing_type_changes){.propagation = &nothing}));
    CHECK_INT(store_note_count(f->r.txn), notes + 1);
    CHECK_OK(thing_type_load(&f->r, type.name, &got));
    CHECK_INT(got.propagation.count, 0);
    CHECK_BYTES(got.description, text);
}
TEST(a_type_keeps_it_and_tells_when_it_changes) {
    registry_fixture_each(of_a_type);
}

static void of_a_connection(struct registry_fixture *f) {
    struct thing_type_record type = {.name = BYTES("bulb"), .propagation = all};
    struct principal_facts got;
    bytes arn = fixture_register(f, 1), id = fixture_id(f, 1);
    CHECK_OK(thing_type_create(&f->r, &type, &(struct tags){0}, NULL));
    CHECK_OK(thing_create(
        &f->r, &(struct thing_record){.name = BYTES("lamp"), .type_name = type.name}, NULL));
    CHECK_OK(thing_create(&f->r, &(struct thing_record){.name = BYTES("pump")}, NULL));
    CHECK_OK(thing_principal_attach(&f->r, BYTES("lamp"), arn, THING_PRINCIPAL_NON_EXCLUSIVE));
    CHECK_OK(thing_principal_attach(&f->r, BYTES("pump"), arn, THING_PRINCIPAL_NON_EXCLUSIVE));
    CHECK_OK(registry_principal_load(&f->r, id, BYTES("lamp"), &got));
    CHECK(propagations_are_alike(&got.propagation, &all));
    CHECK_OK(registry_principal_load(&f->r, id, BYTES("pump"), &got));
    CHECK_INT(got.propagation.count, 0); /* a thing without a type */
    CHECK_OK(registry_principal_load(&f->r, id, BYTES("client"), &got));
    CHECK_INT(got.propagation.count, 0); /* no thing */
}
TEST(a_connection_has_that_of_its_things_type) {
    registry_fixture_each(of_a_connection);
}

TEST_MAIN("registry/propagation")
