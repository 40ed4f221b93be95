#include "codec/cbor.h"

#include <stdlib.h>
#include <string.h>

#include "support/testing.h"

static bytes from_hex(struct arena *a, const char *hex) {
    size_t len = strlen(hex) / 2;
    uint8_t *data = arena_alloc(a, len + 1);
    CHECK_OK(hex_decode(bytes_from(hex), data));
    return bytes_of(data, len);
}

static bytes as_json(struct arena *a, const struct json *v) {
    AUTO(buf) text = {0};
    struct json_writer w;
    json_start(&w, &text);
    json_value(&w, v);
    return arena_copy(a, buf_bytes(&text));
}

static bytes to_hex(struct arena *a, bytes data) {
    char *hex = arena_alloc(a, data.len * 2 + 1);
    hex_encode(data, hex);
    return bytes_from(hex);
}

/* [RFC 8949 Appendix A]; `again` is how we write the value, where that differs. */
static const struct {
    const char *cbor, *json, *again;
} examples[] = {
    {"00", "0", NULL},
    {"01", "1", NULL},
    {"0a", "10", NULL},
    {"17", "23", NULL},
    {"1818", "24", NULL},
    {"1864", "100", NULL},
    {"1903e8", "1000", NULL},
    {"1a000f4240", "1000000", NULL},
    {"1b000000e8d4a51000", "1000000000000", NULL},
    {"1bffffffffffffffff", "18446744073709551615", NULL},
    {"3bffffffffffffffff", "-18446744073709551616", NULL},
    {"20", "-1", NULL},
    {"29", "-10", NULL},
    {"3863", "-100", NULL},
    {"3903e7", "-1000", NULL},
    {"f90000", "0", "00"},
    {"f98000", "-0", "fa80000000"},
    {"f93c00", "1", "01"},
    {"fb3ff199999999999a", "1.1", NULL},
    {"f93e00", "1.5", "fa3fc00000"},
    {"f97bff", "65504", "19ffe0"},
    {"fa47c35000", "100000", "1a000186a0"},
    {"fa7f7fffff", "3.4028234663852886e+38", NULL},
    {"fb7e37e43c8800759c", "1e+300", NULL},
    {"f90001", "5.9604644775390625e-08", "fa33800000"},
    {"fbc010666666666666", "-4.1", NULL},
    {"f4", "false", NULL},
    {"f5", "true", NULL},
    {"f6", "null", NULL},
    {"f7", "null", "f6"},
    {"c11a514b67b0", "1363896240", "1a514b67b0"},
    {"c074323031332d30332d32315432303a30343a30305a", "\"2013-03-21T20:04:00Z\"",
     "74323031332d30332d32315432303a30343a30305a"},
    {"4401020304", "\"AQIDBA==\"", "684151494442413d3d"},
    {"60", "\"\"", NULL},
    {"6161", "\"a\"", NULL},
    {"62225c", "\"\\\"\\\\\"", NULL},
    {"62c3bc", "\"\303\274\"", NULL},
    {"63e6b0b4", "\"\346\260\264\"", NULL},
    {"80", "[]", NULL},
    {"83010203", "[1,2,3]", NULL},
    {"8301820203820405", "[1,[2,3],[4,5]]", NULL},
    {"a0", "{}", NULL},
    {"a26161016162820203", "{\"a\":1,\"b\":[2,3]}", NULL},
    {"826161a161626163", "[\"a\",{\"b\":\"c\"}]", NULL},
    {"5f42010243030405ff", "\"AQIDBAU=\"", "68415149444241553d"},
    {"7f657374726561646d696e67ff", "\"streaming\"", "6973747265616d696e67"},
    {"9fff", "[]", "80"},
    {"9f018202039f0405ffff", "[1,[2,3],[4,5]]", "8301820203820405"},
    {"83018202039f0405ff", "[1,[2,3],[4,5]]", "8301820203820405"},
    {"bf61610161629f0203ffff", "{\"a\":1,\"b\":[2,3]}", "a26161016162820203"},
    {"bf6346756ef563416d7421ff", "{\"Fun\":true,\"Amt\":-2}", "a26346756ef563416d7421"},
};

TEST(the_examples_of_the_rfc_become_json) { /* [RFC 8949 Appendix A, 6.1] */
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        AUTO(arena) a = {0};
        const struct json *v;
        CHECK_OK(cbor_decode(&a, from_hex(&a, examples[i].cbor), &v));
        CHECK_BYTES(as_json(&a, v), bytes_from(examples[i].json));
    }
}

TEST(json_becomes_the_shortest_cbor) {
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        AUTO(arena) a = {0};
        AUTO(buf) out = {0};
        const struct json *v;
        const char *again = examples[i].again ? examples[i].again : examples[i].cbor;
        CHECK_OK(json_parse(&a, bytes_from(examples[i].json), &v));
        CHECK_OK(cbor_encode(v, &out));
        CHECK_BYTES(to_hex(&a, buf_bytes(&out)), bytes_from(again));
    }
}

static void refused(const char *hex, status expected, const char *why) {
    AUTO(arena) a = {0};
    const struct json *v = NULL;
    CHECK_FAILS(cbor_decode(&a, from_hex(&a, hex), &v), expected, why);
    CHECK(v == NULL);
}

TEST(what_is_no_cbor_is_refused) {
    refused("", E_MALFORMED, "ends in the middle");
    refused("1c", E_MALFORMED, "the byte 0x1c at 0 begins no CBOR item");
    refused("82011e", E_MALFORMED, "the byte 0x1e at 2 begins no CBOR item");
    refused("0000", E_MALFORMED, "1 bytes follow the CBOR item");
    refused("ff", E_MALFORMED, "break");
    refused("81ff", E_MALFORMED, "break");
    refused("bf6161ff", E_MALFORMED, "break"); /* a key without value */
    refused("9fc1ff", E_MALFORMED, "break");   /* a tag without item */
    refused("62c328", E_MALFORMED, "not UTF-8");
    refused("7f61c361bcff", E_MALFORMED, "not UTF-8");          /* a character in two parts */
    refused("7f4161ff", E_MALFORMED, "no such string");         /* bytes within text */
    refused("5f6161ff", E_MALFORMED, "no such string");         /* text within bytes */
    refused("7f7f6161ffff", E_MALFORMED, "no such string");     /* parts within parts */
    refused("7fc16161ff", E_MALFORMED, "no such string");       /* a tag among parts */
    refused("9bffffffffffffffff", E_MALFORMED, "announces");    /* 2^64 - 1 elements */
    refused("bb8000000000000000", E_MALFORMED, "announces");    /* 2^63 pairs */
    refused("5bffffffffffffffff00", E_MALFORMED, "in the mid"); /* as many bytes */
}

TEST(what_json_has_no_word_for_is_refused) {
    refused("a10102", E_INVALID, "key of a CBOR map is not text");
    refused("a1820102f5", E_INVALID, "key of a CBOR map is not text");
    refused("f97e00", E_INVALID, "not finite");
    refused("fb7ff0000000000000", E_INVALID, "not finite");
}

TEST(nesting_ends_where_that_of_json_does) {
    AUTO(arena) a = {0};
    uint8_t nested[JSON_DEPTH_MAX + 2];
    const struct json *v;
    memset(nested, 0x81, sizeof nested);
    nested[JSON_DEPTH_MAX] = 0x00;
    CHECK_OK(cbor_decode(&a, bytes_of(nested, JSON_DEPTH_MAX + 1), &v));
    nested[JSON_DEPTH_MAX] = 0x81;
    nested[JSON_DEPTH_MAX + 1] = 0x00;
    CHECK_FAILS(cbor_decode(&a, bytes_of(nested, sizeof nested), &v), E_INVALID, "deeper than 64");
}

TEST(every_truncation_is_refused) {
    AUTO(arena) a = {0};
    const struct json *v;
    bytes whole = from_hex(&a, "bf616101616b9f0203ff6162a1617afb3ff199999999999a617cc11a514b67b0"
                               "61647f6173617465ff"); /* the last break is missing */
    for (size_t len = 0; len <= whole.len; len++) {
        uint8_t *exact = malloc(len ? len : 1);
        if (len)
            memcpy(exact, whole.ptr, len);
        CHECK(cbor_decode(&a, bytes_of(exact, len), &v) == E_MALFORMED);
        free(exact);
    }
}

TEST(a_number_that_no_double_holds_is_not_written) {
    AUTO(arena) a = {0};
    AUTO(buf) out = {0};
    const struct json *v;
    CHECK_OK(json_parse(&a, BYTES("[1e999]"), &v));
    CHECK_FAILS(cbor_encode(v, &out), E_INVALID, "beyond the range");
}

TEST_MAIN("cbor")
