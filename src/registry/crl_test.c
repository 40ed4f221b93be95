#include "base/clock.h"
#include "registry/crl.h"
#include "registry/fixture.h"
#include "support/testing.h"

#include <stdlib.h>

/* Serials 3, 6, 9 … of `count` entries, three bytes each. */
static struct crl_entry *entries(struct registry_fixture *f, size_t count) {
    struct crl_entry *all = ARENA_ARRAY(&f->arena, struct crl_entry, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t n = (uint32_t)(i + 1) * 3 + 0x10000;
        uint8_t *serial = arena_alloc(&f->arena, 3);
        serial[0] = (uint8_t)(n >> 16), serial[1] = (uint8_t)(n >> 8), serial[2] = (uint8_t)n;
        all[i] = (struct crl_entry){bytes_of(serial, 3), 1657989449000 + (int64_t)i * 1000,
                                    (uint8_t)(i % 6)};
    }
    qsort(all, count, sizeof *all, crl_entry_compare);
    return all;
}

static struct crl_record take(struct registry_fixture *f, unsigned ca, size_t count) {
    struct crl_record crl = {.ca_certificate_id = fixture_id(f, ca), .number = BYTES("\x07")};
    CHECK_OK(crl_replace(&f->r, &crl, entries(f, count), count));
    return crl;
}

static bool is_listed(const struct registry *r, bytes ca, bytes serial) {
    struct crl_finding finding;
    CHECK_OK(crl_find(r, ca, serial, &finding));
    return finding.listed;
}

static void finds(struct registry_fixture *f) {
    static const size_t counts[] = {1, 2, 255, 256, 257, 1000};
    struct registry other = fixture_other_account(f);
    for (size_t c = 0; c < COUNT_OF(counts); c++) {
        bytes ca = fixture_id(f, 1);
        struct crl_entry *all = entries(f, counts[c]);
        (void)take(f, 1, counts[c]);
        for (size_t i = 0; i < counts[c]; i++) {
            uint8_t next[3] = {all[i].serial.ptr[0], all[i].serial.ptr[1],
                               (uint8_t)(all[i].serial.ptr[2] ^ 1)};
            struct crl_finding finding;
            CHECK_OK(crl_find(&f->r, ca, all[i].serial, &finding));
            CHECK(finding.listed && finding.entry.revoked_ms == all[i].revoked_ms &&
                  finding.entry.reason == all[i].reason);
            CHECK(!is_listed(&f->r, ca, bytes_of(next, 3)));
        }
        CHECK(!is_listed(&f->r, fixture_id(f, 2), all[0].serial));
        CHECK(!is_listed(&other, ca, all[0].serial));
        CHECK(!is_listed(&f->r, ca, BYTES("\x01")) && !is_listed(&f->r, ca, (bytes){0}) &&
              !is_listed(&f->r, ca, BYTES("\xff\xff\xff\xff")));
    }
}
TEST(each_serial_of_a_list_is_found_and_no_other) {
    registry_fixture_each(finds);
}

static void replaces(struct registry_fixture *f) {
    bytes ca = fixture_id(f, 1), last = entries(f, 1000)[999].serial;
    clock_simulate(5000);
    struct crl_record crl = take(f, 1, 1000), got, *all;
    size_t count;
    uint64_t first = crl.edition;
    CHECK(is_listed(&f->r, ca, last));
    crl = take(f, 1, 10);
    CHECK(!is_listed(&f->r, ca, last));
    CHECK_OK(crl_load(&f->r, ca, &got));
    CHECK(got.edition > first && got.entry_count == 10 && got.loaded_ms == 5000);
    CHECK_BYTES(got.number, crl.number);
    (void)take(f, 2, 0);
    CHECK_OK(crl_list(&f->r, &all, &count));
    CHECK_INT(count, 2);
    CHECK_OK(crl_remove(&f->r, ca));
    CHECK(!is_listed(&f->r, ca, entries(f, 1)[0].serial));
    CHECK(crl_load(&f->r, ca, &got) == E_NOT_FOUND);
    struct row *rows;
    CHECK_OK(store_scan(f->r.txn, TABLE_CRL_ENTRIES, &(struct scan){.limit = 1}, &f->arena, &rows,
                        &count));
    CHECK_INT(count, 0);
}
TEST(a_new_list_replaces_the_old_one_and_none_is_left_after_removal) {
    registry_fixture_each(replaces);
}

static void registers(struct registry_fixture *f) {
    struct ca_record ca = fixture_ca(f, 1);
    struct certificate_new c = fixture_certificate(f, 10);
    CHECK_OK(ca_register(&f->r, &ca, NULL));
    (void)take(f, 1, 5);
    c.ca_certificate_id = ca.id;
    c.serial = entries(f, 5)[1].serial;
    CHECK_FAILS(certificate_register(&f->r, &c, NULL), E_CERTIFICATE_INVALID,
                "was revoked by its CA on 2022-07-16T16:37:30.000Z (key compromise), says the CRL "
                "number 7 of CA 000");
    c.status = CERTIFICATE_REVOKED; /* agrees with the list */
    CHECK_OK(certificate_register(&f->r, &c, NULL));
    c = fixture_certificate(f, 11);
    c.ca_certificate_id = ca.id;
    c.serial = BYTES("\x55");
    CHECK_OK(certificate_register(&f->r, &c, NULL));
    CHECK_OK(ca_update(&f->r, ca.id, &(struct ca_changes){.active = &(bool){false}}));
    CHECK_OK(ca_delete(&f->r, ca.id));
    CHECK(crl_load(&f->r, ca.id, &(struct crl_record){0}) == E_NOT_FOUND);
}
TEST(what_is_listed_is_not_registered_and_the_list_goes_with_its_ca) {
    registry_fixture_each(registers);
}

static void hashes(struct registry_fixture *f) {
    struct crl_record crl = take(f, 1, 1000);
    struct crl_entry *all = entries(f, 1000);
    uint64_t *out = ARENA_ARRAY(&f->arena, uint64_t, 1000);
    CHECK_OK(crl_hashes(&f->r, &crl, out));
    for (size_t i = 0; i < 1000; i++)
        CHECK(out[i] == crl_hash(f->r.account, crl.ca_certificate_id, all[i].serial));
    CHECK(out[0] != crl_hash(BYTES("222222222222"), crl.ca_certificate_id, all[0].serial));
    crl.entry_count++;
    CHECK(crl_hashes(&f->r, &crl, ARENA_ARRAY(&f->arena, uint64_t, 1001)) == E_INTERNAL);
}
TEST(a_list_is_given_as_hashes) {
    registry_fixture_each(hashes);
}

TEST(numbers_are_read_by_people) {
    AUTO(buf) text = {0};
    crl_number_format(BYTES("\x01\x00"), &text);
    buf_text(&text, ", ");
    crl_number_format(BYTES("\x01\x02\x03\x04\x05\x06\x07\x08\x09"), &text);
    buf_text(&text, ", ");
    crl_number_format((bytes){0}, &text);
    CHECK_TEXT(buf_string(&text), "number 256, number 010203040506070809, without number");
    CHECK_TEXT(crl_reason_name(1), "key compromise");
    CHECK_TEXT(crl_reason_name(7), "unknown reason");
    CHECK_TEXT(crl_reason_name(200), "unknown reason");
}

TEST_MAIN("registry/crl")
