#include "api/encode.h"

#include "api/decode.h"
#include "api/generated/iot.h"
#include "support/testing.h"

static struct arena arena;

static struct record *new_output(enum iot_operation operation) {
    return record_new(&arena, &model_iot, model_iot.operations[operation].output);
}

static void encodes_to(const struct record *r, const char *json) {
    AUTO(buf) out = {0};
    encode_output(r, &out);
    CHECK_BYTES(buf_bytes(&out), bytes_from(json));
}

TEST(members_stand_in_the_order_of_the_model) {
    struct record *r = new_output(IOT_DESCRIBE_THING);
    put_number(r, M_VERSION, 1);
    put_text(r, M_THING_NAME, BYTES("lamp"));
    add_entry(put_list(r, M_ATTRIBUTES), BYTES("a"), BYTES("b"));
    encodes_to(r, "{\"thingName\":\"lamp\",\"attributes\":{\"a\":\"b\"},\"version\":1}");
    arena_done(&arena);
}

TEST(times_are_numbers_of_seconds) { /* [AWS control-plane 2] */
    struct record *r = new_output(IOT_GET_POLICY);
    put_time(r, M_CREATION_DATE, 1657990649720);
    put_time(r, M_LAST_MODIFIED_DATE, 1657990649000);
    encodes_to(r, "{\"creationDate\":1657990649.72,\"lastModifiedDate\":1657990649}");
    arena_done(&arena);
}

TEST(nothing_is_an_empty_object) {
    encodes_to(NULL, "{}");
    encodes_to(new_output(IOT_GET_POLICY), "{}");
    arena_done(&arena);
}

TEST(wire_names_are_used_as_they_are) { /* KeyPair, [AWS control-plane 12] */
    struct record *r = new_output(IOT_CREATE_KEYS_AND_CERTIFICATE);
    put_text(put_record(r, M_KEY_PAIR), M_PUBLIC_KEY, BYTES("k\n"));
    encodes_to(r, "{\"keyPair\":{\"PublicKey\":\"k\\n\"}}");
    arena_done(&arena);
}

TEST(a_structure_written_reads_back) {
    struct record *r = new_output(IOT_DESCRIBE_CA_CERTIFICATE);
    struct record *config = put_record(r, M_REGISTRATION_CONFIG);
    put_text(config, M_TEMPLATE_BODY, BYTES("{\"a\": \"\xc3\xa9\"}"));
    put_text(config, M_ROLE_ARN, BYTES("arn"));
    AUTO(buf) json = {0};
    encode_output(config, &json);
    struct record *again =
        put_record(new_output(IOT_DESCRIBE_CA_CERTIFICATE), M_REGISTRATION_CONFIG);
    CHECK_OK(decode_structure_text(buf_bytes(&json), again));
    CHECK_BYTES(get_text(again, M_TEMPLATE_BODY), get_text(config, M_TEMPLATE_BODY));
    CHECK_BYTES(get_text(again, M_ROLE_ARN), BYTES("arn"));
    CHECK(!has(again, M_TEMPLATE_NAME));
    arena_done(&arena);
}

TEST_MAIN("api/encode")
