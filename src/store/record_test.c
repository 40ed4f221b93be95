#include "store/record.h"
#include "support/testing.h"

#include <string.h>

enum color { RED, GREEN, BLUE, COLOR_COUNT };
struct lamp {
    bytes name;
    bool on;
    int64_t created_ms;
    uint64_t version;
    enum color color;
    char room[8];
};
static const struct field fields[] = {
    FIELD(1, struct lamp, name),
    FIELD(2, struct lamp, on),
    FIELD(3, struct lamp, created_ms),
    FIELD(4, struct lamp, version),
    FIELD_BELOW(5, struct lamp, color, COLOR_COUNT),
    FIELD(6, struct lamp, room),
};
static const struct lamp sample = {BYTES("l\0mp"), true, -5, UINT64_MAX, BLUE, "kitchen"};

static bytes encoded(struct buf *out) {
    record_encode(fields, COUNT_OF(fields), &sample, out);
    return buf_bytes(out);
}

TEST(a_record_comes_back_as_it_was) {
    AUTO(buf) value = {0};
    struct lamp got = {0};
    CHECK_OK(record_decode(fields, COUNT_OF(fields), encoded(&value), &got));
    CHECK_BYTES(got.name, sample.name);
    CHECK(got.on && got.created_ms == -5 && got.version == UINT64_MAX && got.color == BLUE);
    CHECK_TEXT(got.room, "kitchen");
}

TEST(zero_and_empty_fields_take_no_room) {
    AUTO(buf) value = {0};
    struct lamp empty = {0}, got = {0};
    record_encode(fields, COUNT_OF(fields), &empty, &value);
    CHECK_INT(value.len, 1);
    CHECK_OK(record_decode(fields, COUNT_OF(fields), buf_bytes(&value), &got));
    CHECK(got.name.len == 0 && !got.on && got.version == 0);
}

TEST(fields_of_a_later_version_are_skipped) {
    AUTO(buf) value = {0};
    struct lamp got = {0};
    CHECK_OK(record_decode(fields + 2, 2, encoded(&value), &got)); /* knows tags 3 and 4 only */
    CHECK(got.name.len == 0 && got.created_ms == -5 && got.version == UINT64_MAX);
}

static void decode(bytes prefix) {
    struct lamp got = {0};
    status s = record_decode(fields, COUNT_OF(fields), prefix, &got);
    CHECK(s == OK || s == E_INTERNAL); /* a cut between fields is a shorter record */
}

TEST(a_record_cut_anywhere_is_read_safely) {
    AUTO(buf) value = {0};
    test_each_truncation(encoded(&value), decode);
}

TEST(damage_is_said) {
    static const bytes rows[] = {
        BYTES(""),                                                /* nothing at all */
        BYTES("\2"),                                              /* another form */
        BYTES("\1\12\3"),                                         /* a color beyond the last */
        BYTES("\1\2\1"),                                          /* a number where bytes belong */
        BYTES("\1\5\1a"),                                         /* bytes where a flag belongs */
        BYTES("\1\3\5abcd"),                                      /* longer than what is there */
        BYTES("\1\15\10kitchens"),                                /* no room for the text */
        BYTES("\1\10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"), /* more than 64 bits */
    };
    struct lamp got;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        memset(&got, 0, sizeof got);
        CHECK_FAILS(record_decode(fields, COUNT_OF(fields), rows[i], &got), E_INTERNAL, "damaged");
    }
}

TEST(a_list_gives_its_items_back) {
    AUTO(buf) list = {0};
    bytes item, rest;
    record_list_add(&list, BYTES("a"));
    record_list_add(&list, BYTES(""));
    rest = buf_bytes(&list);
    CHECK(record_list_next(&rest, &item));
    CHECK_BYTES(item, BYTES("a"));
    CHECK(record_list_next(&rest, &item));
    CHECK_INT(item.len, 0);
    CHECK(!record_list_next(&rest, &item));
    rest = BYTES("\5ab");
    CHECK(!record_list_next(&rest, &item));
}

TEST_MAIN("store/record")
