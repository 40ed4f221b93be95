#include "ledger/manifest.h"

#include <string.h>

#include "ledger/fixture.h"
#include "ledger/pem_text.h"
#include "support/testing.h"

static struct arena memory;
static struct manifest_device device;

static struct vendor *vendor_of(bytes pem) {
    struct vendor *v;
    CHECK_OK(vendor_open(pem, &v));
    return v;
}

static bytes field(const char *name) {
    for (size_t i = 0; i < device.field_count; i++)
        if (bytes_equal(device.fields[i].name, bytes_from(name)))
            return device.fields[i].value;
    return (bytes){0};
}

static size_t blocks_of(bytes pem) {
    size_t count = 0;
    for (bytes block; pem_text_take(&pem, &block);)
        count++;
    return count;
}

/* ---- elements of the array ---- */

TEST(an_array_is_cut_into_its_elements) {
    bytes rest = BYTES(" [ {\"a\":\"}{\\\"\"},\n\n{\"b\":{}} ]\n"), element;
    uint64_t line = 1, at;
    bool taken;
    CHECK_OK(manifest_take(&rest, &line, &element, &at, &taken));
    CHECK_BYTES(element, BYTES("{\"a\":\"}{\\\"\"}"));
    CHECK(taken && at == 1);
    CHECK_OK(manifest_take(&rest, &line, &element, &at, &taken));
    CHECK_BYTES(element, BYTES("{\"b\":{}}"));
    CHECK(taken && at == 3);
    CHECK_OK(manifest_take(&rest, &line, &element, &at, &taken));
    CHECK(!taken);
    rest = BYTES("[]");
    CHECK_OK(manifest_take(&rest, &line, &element, &at, &taken));
    CHECK(!taken);
}

TEST(what_is_no_element_is_told_with_its_line) {
    static const char *const bad[] = {"[\n1]", "[\n{\"a\":1", "[\n", "{}", "[{}\n{}]"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        bytes rest = bytes_from(bad[i]), element;
        uint64_t line = 1, at;
        bool taken = true;
        status s = OK;
        while (s == OK && taken)
            s = manifest_take(&rest, &line, &element, &at, &taken);
        CHECK_INT(s, E_MALFORMED);
        CHECK(strstr(failure_text(), "at line"));
    }
}

/* ---- Microchip ---- */

TEST(a_device_of_microchip_is_its_chain_and_its_texts) {
    struct vendor *v = vendor_of(fixture_vendor_signer(&memory));
    bytes element = fixture_jws("0123f1822c38dd7a01", "0123F1822C38DD7A01", &memory);
    CHECK_OK(manifest_read(element, v, (bytes){0}, &memory, &device));
    CHECK_INT(blocks_of(device.pem), 2);
    CHECK_BYTES(field("uniqueId"), BYTES("0123f1822c38dd7a01"));
    CHECK_BYTES(field("model"), BYTES("ATECC608A"));
    CHECK_OK(manifest_read(element, v, BYTES("0"), &memory, &device));
    CHECK_FAILS(manifest_read(element, v, BYTES("4"), &memory, &device), E_NOT_FOUND,
                "no key of that kid with a certificate");
    vendor_free(v);
}

static void check_denied(bytes element, const struct vendor *v, const char *why) {
    CHECK_FAILS(manifest_read(element, v, (bytes){0}, &memory, &device), E_DENIED, why);
}

TEST(what_the_vendor_did_not_sign_is_refused) {
    struct vendor *v = vendor_of(fixture_vendor_signer(&memory));
    struct vendor *other = vendor_of(fixture_vendor_ca(&memory));
    bytes element = fixture_jws("01", "a", &memory);
    bytes changed = arena_copy(&memory, element);
    size_t at = bytes_search(changed, BYTES("\"signature\":\"")) + 20;
    ((uint8_t *)changed.ptr)[at] = changed.ptr[at] == 'A' ? 'B' : 'A';
    check_denied(changed, v, "is not that of the vendor's key");
    check_denied(element, other, "another signing certificate");
    check_denied(fixture_sign("{\"alg\":\"none\"}", "{}", "{}", &memory), v, "ES256");
    check_denied(fixture_sign("{\"alg\":\"ES256\",\"crit\":[\"b64\"]}", "{}", "{}", &memory), v,
                 "demands extensions");
    check_denied(fixture_sign("{\"alg\":\"ES256\"}", "{\"uniqueId\":\"01\"}",
                              "{\"uniqueId\":\"02\"}", &memory),
                 v, "not the signed one");
    vendor_free(v);
    vendor_free(other);
}

TEST(a_signature_without_a_key_identifier_is_tried_with_each_certificate) {
    AUTO(buf) both = {0};
    buf_append(&both, fixture_vendor_ca(&memory));
    buf_append(&both, fixture_vendor_signer(&memory));
    struct vendor *v = vendor_of(buf_bytes(&both));
    bytes element = fixture_sign("{\"alg\":\"ES256\"}", "{\"uniqueId\":\"01\"}", "{}", &memory);
    CHECK_FAILS(manifest_read(element, v, (bytes){0}, &memory, &device), E_NOT_FOUND,
                "no key with a certificate");
    vendor_free(v);
}

static void read_prefix(bytes prefix) {
    AUTO(arena) a = {0};
    struct manifest_device d;
    status s = manifest_read(prefix, NULL, (bytes){0}, &a, &d);
    CHECK(s == E_MALFORMED);
}

TEST(every_truncation_of_an_element_is_malformed) {
    test_each_truncation(fixture_nxp("1", "a", &memory), read_prefix);
    test_each_truncation(fixture_jws("01", "a", &memory), read_prefix);
}

static void cut_prefix(bytes prefix) {
    bytes rest = prefix, element;
    uint64_t line = 1, at;
    bool taken = true;
    while (taken && manifest_take(&rest, &line, &element, &at, &taken) == OK)
        CHECK(element.len > 0);
    CHECK(taken);
}

TEST(every_truncation_of_an_array_is_malformed) {
    test_each_truncation(BYTES("[{\"a\":\"\\\"}\"},{\"b\":[{}]}]"), cut_prefix);
}

/* ---- NXP ---- */

TEST(a_device_of_nxp_is_verified_by_its_chain) {
    struct vendor *v = vendor_of(fixture_vendor_ca(&memory));
    struct vendor *other = vendor_of(fixture_vendor_signer(&memory));
    bytes element = fixture_nxp("0400500199", "se050-1", &memory);
    CHECK_OK(manifest_read(element, v, (bytes){0}, &memory, &device));
    CHECK_INT(blocks_of(device.pem), 2);
    CHECK_BYTES(field("deviceId"), BYTES("0400500199"));
    CHECK_OK(manifest_read(element, v, BYTES("CLOUD"), &memory, &device));
    CHECK_FAILS(manifest_read(element, v, BYTES("OTHER"), &memory, &device), E_NOT_FOUND,
                "no certificate of that label");
    check_denied(element, other, "no certificate of --vendor-cert has signed it");
    vendor_free(v);
    vendor_free(other);
}

TEST(a_form_that_is_neither_is_named) {
    CHECK_FAILS(manifest_read(BYTES("{\"x\":1}"), NULL, (bytes){0}, &memory, &device), E_MALFORMED,
                "neither of Microchip's form");
    CHECK_FAILS(manifest_read(BYTES("{\"payload\":\"e30\"}"), NULL, (bytes){0}, &memory, &device),
                E_NOT_FOUND, "no key with a certificate");
}

TEST_MAIN("ledger/manifest")
