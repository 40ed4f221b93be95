#include "codec/protobuf.h"

#include <string.h>

#include "support/testing.h"

/* ---- the wire, by hand ---- */

static void put_varint(struct buf *out, uint64_t n) {
    for (; n > 0x7f; n >>= 7)
        buf_append_byte(out, (uint8_t)(n | 0x80));
    buf_append_byte(out, (uint8_t)n);
}
static void put_number(struct buf *out, uint32_t field, uint64_t n) {
    put_varint(out, (uint64_t)field << 3);
    put_varint(out, n);
}
static void put_data(struct buf *out, uint32_t field, bytes data) {
    put_varint(out, (uint64_t)field << 3 | 2);
    put_varint(out, data.len);
    buf_append(out, data);
}

/* A field of a message; label 3 is repeated. */
struct column {
    const char *name;
    unsigned number, type, label;
    const char *type_name;
    int oneof; /* one more than its index; 0: none */
};

static void put_message(struct buf *out, uint32_t field, const char *name,
                        const struct column *columns, size_t count, bytes more) {
    AUTO(buf) message = {0};
    put_data(&message, 1, bytes_from(name));
    for (size_t i = 0; i < count; i++) {
        AUTO(buf) k = {0};
        put_data(&k, 1, bytes_from(columns[i].name));
        put_number(&k, 3, columns[i].number);
        put_number(&k, 4, columns[i].label);
        put_number(&k, 5, columns[i].type);
        if (columns[i].type_name)
            put_data(&k, 6, bytes_from(columns[i].type_name));
        if (columns[i].oneof)
            put_number(&k, 9, (uint64_t)columns[i].oneof - 1);
        put_data(&message, 2, buf_bytes(&k));
    }
    buf_append(&message, more);
    put_data(out, field, buf_bytes(&message));
}

/*  syntax = "proto3"; package lab;
 *  enum State { IDLE = 0; BUSY = 1; }
 *  message Reading {
 *      double temperature = 1; string device_id = 2; sint32 delta = 3; repeated int32 samples = 4;
 *      Place place = 5; State state = 6; map<string, int64> counts = 7; bytes raw = 8;
 *      bool on = 9; uint64 big = 10; oneof what { string a = 11; int32 b = 12; } float f = 13;
 *      repeated Place places = 14; fixed32 x = 15;
 *      message Place { int64 lat = 1; }
 *  } */
static const struct column reading[] = {
    {"temperature", 1, 1, 1, NULL, 0},
    {"device_id", 2, 9, 1, NULL, 0},
    {"delta", 3, 17, 1, NULL, 0},
    {"samples", 4, 5, 3, NULL, 0},
    {"place", 5, 11, 1, ".lab.Reading.Place", 0},
    {"state", 6, 14, 1, ".lab.State", 0},
    {"counts", 7, 11, 3, ".lab.Reading.CountsEntry", 0},
    {"raw", 8, 12, 1, NULL, 0},
    {"on", 9, 8, 1, NULL, 0},
    {"big", 10, 4, 1, NULL, 0},
    {"a", 11, 9, 1, NULL, 1},
    {"b", 12, 5, 1, NULL, 1},
    {"f", 13, 2, 1, NULL, 0},
    {"places", 14, 11, 3, ".lab.Reading.Place", 0},
    {"x", 15, 7, 1, NULL, 0},
};
static const struct column place[] = {{"lat", 1, 3, 1, NULL, 0}};
static const struct column counts[] = {{"key", 1, 9, 1, NULL, 0}, {"value", 2, 3, 1, NULL, 0}};

static void put_state(struct buf *file) {
    AUTO(buf) state = {0};
    static const char *const names[] = {"IDLE", "BUSY"};
    put_data(&state, 1, BYTES("State"));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO(buf) value = {0};
        put_data(&value, 1, bytes_from(names[i]));
        put_number(&value, 2, i);
        put_data(&state, 2, buf_bytes(&value));
    }
    put_data(file, 5, buf_bytes(&state));
}

static void write_set(struct buf *out) {
    AUTO(buf) file = {0};
    AUTO(buf) inner = {0};
    put_data(&file, 1, BYTES("lab/reading.proto"));
    put_data(&file, 2, BYTES("lab"));
    put_message(&inner, 3, "Place", place, COUNT_OF(place), (bytes){0});
    /* options { map_entry: true } */
    put_message(&inner, 3, "CountsEntry", counts, COUNT_OF(counts), BYTES("\x3a\x02\x38\x01"));
    put_message(&file, 4, "Reading", reading, COUNT_OF(reading), buf_bytes(&inner));
    put_state(&file);
    put_data(&file, 12, BYTES("proto3"));
    put_data(out, 1, buf_bytes(&file));
}

static status decode(bytes set, const char *file, const char *type, bytes data, struct buf *out) {
    AUTO(arena) a = {0};
    const struct protobuf *p;
    TRY(protobuf_read(set, &a, &p));
    return protobuf_to_json(p, bytes_from(file), bytes_from(type), data, out);
}

#define DATA(text) \
    { (const uint8_t *)(text), sizeof(text) - 1 }

TEST(messages_become_json) {
    static const struct {
        bytes data;
        const char *json;
    } rows[] = {
        {DATA(""), "{}"},
        {DATA("\x09\0\0\0\0\0\0\x39\x40"), "{\"temperature\":25}"},
        {DATA("\x09\x9a\x99\x99\x99\x99\x99\xb9\x3f"), "{\"temperature\":0.1}"},
        {DATA("\x09\0\0\0\0\0\0\xf8\x7f"), "{\"temperature\":\"NaN\"}"},
        {DATA("\x12\x02hi"), "{\"deviceId\":\"hi\"}"},
        {DATA("\x18\x03"), "{\"delta\":-2}"},
        {DATA("\x22\x03\x01\x96\x01"), "{\"samples\":[1,150]}"},       /* packed */
        {DATA("\x20\x01\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), /* not packed */
         "{\"samples\":[1,-1]}"},
        {DATA("\x2a\x02\x08\x07"), "{\"place\":{\"lat\":7}}"},
        {DATA("\x2a\x02\x08\x07\x2a\x02\x08\x09"), "{\"place\":{\"lat\":9}}"}, /* merged */
        {DATA("\x2a\0"), "{\"place\":{}}"},
        {DATA("\x30\x01"), "{\"state\":\"BUSY\"}"},
        {DATA("\x30\x05"), "{\"state\":5}"},
        {DATA("\x3a\x05\x0a\x01z\x10\x01\x3a\x05\x0a\x01m\x10\x02\x3a\x05\x0a\x01z\x10\x03"),
         "{\"counts\":{\"m\":2,\"z\":3}}"},
        {DATA("\x3a\x00"), "{\"counts\":{\"\":0}}"},
        {DATA("\x42\x03\0\xff\x10"), "{\"raw\":\"AP8Q\"}"},
        {DATA("\x48\x01"), "{\"on\":true}"},
        {DATA("\x50\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "{\"big\":18446744073709551615}"},
        {DATA("\x5a\x01q\x60\x04"), "{\"b\":4}"}, /* of a oneof the last one counts */
        {DATA("\x60\x00"), "{\"b\":0}"},          /* which may be zero */
        {DATA("\x6d\xcd\xcc\xcc\x3d"), "{\"f\":0.1}"},
        {DATA("\x72\x02\x08\x01\x72\x00"), "{\"places\":[{\"lat\":1},{}]}"},
        {DATA("\x7d\x01\0\0\x80"), "{\"x\":2147483649}"},
        {DATA("\x18\x00\x48\x00\x12\x00"), "{}"},                    /* zeros were not set */
        {DATA("\xa0\x06\x01\x18\x02"), "{\"delta\":1}"},             /* an unknown field */
        {DATA("\xa3\x06\x08\x01\xa4\x06\x18\x02"), "{\"delta\":1}"}, /* a group */
        {DATA("\x1a\x01x\x18\x02"), "{\"delta\":1}"},                /* of another type */
        {DATA("\x18\x02\x18\x04"), "{\"delta\":2}"},
    };
    AUTO(buf) set = {0};
    write_set(&set);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf) out = {0};
        CHECK_OK(decode(buf_bytes(&set), "lab/reading", "Reading", rows[i].data, &out));
        CHECK_BYTES(buf_bytes(&out), bytes_from(rows[i].json));
    }
}

TEST(what_is_no_such_message_is_refused) {
    static const bytes rows[] = {
        DATA("\x09\0\0"),
        DATA("\x12\x05hi"),
        DATA("\x18"),
        DATA("\x22\x01\x80"),
        DATA("\x2a\x01\x08"),
        DATA("\x00\x01"),
        DATA("\x1c"),
        DATA("\x1b\x08\x01"),
        DATA("\x3a\x01\x0a"),
        DATA("\x1f\x01"),
        DATA("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
    };
    AUTO(buf) set = {0};
    write_set(&set);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf) out = {0};
        CHECK_FAILS(decode(buf_bytes(&set), "lab/reading", "Reading", rows[i], &out), E_INVALID,
                    "the data is no such message of Protocol Buffers");
    }
}

TEST(types_are_found_by_file_and_name) {
    static const struct {
        const char *file, *type;
        bool found;
    } rows[] = {{"lab/reading", "Reading", true},     {"lab/reading.proto", "Reading", true},
                {"lab/reading", "lab.Reading", true}, {"lab/reading", "Reading.Place", true},
                {"lab/reading", "Place", true},       {"lab/reading", "lace", false},
                {"lab/reading", "State", false},      {"lab/reading", "", false},
                {"lab/read", "Reading", false},       {"other", "Reading", false}};
    AUTO(buf) set = {0};
    write_set(&set);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf) out = {0};
        CHECK_INT(decode(buf_bytes(&set), rows[i].file, rows[i].type, (bytes){0}, &out),
                  rows[i].found ? OK : E_NOT_FOUND);
    }
}

TEST(no_truncation_reads_beyond_its_end) {
    AUTO(buf) set = {0};
    write_set(&set);
    for (size_t len = 0; len < set.len; len++) {
        AUTO(buf) out = {0};
        uint8_t *copy = mem_new(len + 1);
        memcpy(copy, set.ptr, len);
        CHECK(decode(bytes_of(copy, len), "lab/reading", "Reading", BYTES("\x18\x02"), &out) != OK);
        mem_free(copy);
    }
}

TEST(a_message_in_itself_has_a_depth) {
    static const struct column self[] = {{"in", 1, 11, 1, ".M", 0}};
    AUTO(buf) set = {0}, file = {0}, data = {0}, out = {0};
    put_data(&file, 1, BYTES("m.proto"));
    put_message(&file, 4, "M", self, COUNT_OF(self), (bytes){0});
    put_data(&set, 1, buf_bytes(&file));
    for (int i = 0; i < PROTOBUF_DEPTH_MAX; i++) {
        AUTO(buf) more = {0};
        put_data(&more, 1, buf_bytes(&data));
        buf_clear(&data);
        buf_append(&data, buf_bytes(&more));
    }
    CHECK_FAILS(decode(buf_bytes(&set), "m", "M", buf_bytes(&data), &out), E_INVALID,
                "the message is more than 30 messages deep");
}

TEST_MAIN("codec/protobuf")
