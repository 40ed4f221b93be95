#include "api/record.h"

#include "api/generated/iot.h"
#include "support/testing.h"

static struct arena arena;

static struct record *new_output(enum iot_operation operation) {
    return record_new(&arena, &model_iot, model_iot.operations[operation].output);
}

TEST(what_is_put_is_what_one_gets) {
    struct record *r = new_output(IOT_DESCRIBE_THING);
    put_string(r, M_THING_NAME, "lamp");
    put_number(r, M_VERSION, 7);
    CHECK(has(r, M_THING_NAME));
    CHECK_BYTES(get_text(r, M_THING_NAME), BYTES("lamp"));
    CHECK_INT(get_number(r, M_VERSION, 1), 7);
    arena_done(&arena);
}

TEST(what_is_absent_reads_as_nothing) {
    struct record *r = new_output(IOT_DESCRIBE_THING);
    put_text(r, M_THING_TYPE_NAME, (bytes){0});
    put_string(r, M_THING_ID, NULL);
    CHECK(!has(r, M_THING_TYPE_NAME) && !has(r, M_THING_ID) && !has(NULL, M_THING_ID));
    CHECK(get_text(r, M_THING_NAME).ptr == NULL);
    CHECK_INT(get_number(r, M_VERSION, -1), -1);
    CHECK(get_list(r, M_ATTRIBUTES) == NULL);
    arena_done(&arena);
}

TEST(structures_lists_and_maps_nest) {
    struct record *r = new_output(IOT_LIST_THINGS);
    struct items *things = put_list(r, M_THINGS);
    struct record *thing = add_record(things);
    put_text(thing, M_THING_NAME, BYTES("lamp"));
    struct items *attributes = put_list(thing, M_ATTRIBUTES);
    add_entry(attributes, BYTES("colour"), BYTES("red"));
    add_entry(attributes, BYTES("watts"), BYTES("5"));
    CHECK_INT(get_list(r, M_THINGS)->count, 1);
    size_t seen = 0;
    VALUES_EACH(v, get_list(things->first->record, M_ATTRIBUTES)) {
        CHECK_BYTES(v->key, seen++ ? BYTES("watts") : BYTES("colour"));
    }
    CHECK_INT(seen, 2);
    arena_done(&arena);
}

TEST(flags_times_and_inner_structures) {
    struct record *r = new_output(IOT_DESCRIBE_CERTIFICATE);
    struct record *d = put_record(r, M_CERTIFICATE_DESCRIPTION);
    put_time(d, M_CREATION_DATE, 1500);
    CHECK_INT(get_number(get_record(r, M_CERTIFICATE_DESCRIPTION), M_CREATION_DATE, 0), 1500);
    struct record *v = new_output(IOT_CREATE_POLICY_VERSION);
    put_flag(v, M_IS_DEFAULT_VERSION, true);
    CHECK(get_flag(v, M_IS_DEFAULT_VERSION));
    arena_done(&arena);
}

TEST_MAIN("api/record")
