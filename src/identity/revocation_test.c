#include "base/clock.h"
#include "identity/material.h"
#include "identity/revocation.h"
#include "registry/fixture.h"
#include "support/testing.h"

#define HOUR 3600000LL

static const struct recipe ca_recipe = {
    .subject = "CN=My CA",
    .key = "P-256",
    .more = (const char *const[]){"basicConstraints", "CA:TRUE", NULL}};
static struct crl_recipe ordinary = {
    .issuer = "CN=My CA", .signer = "P-256", .number = 7, .count = 3, .first = 0x1230, .step = 4};

/* Registers the CA and commits; gives its id. */
static bytes add_ca(struct registry_fixture *f) {
    AUTO(x509_certificate) ca = {0};
    struct ca_record record = fixture_ca(f, 1);
    record.pem = material_pem(&ca_recipe, &f->arena);
    CHECK_OK(x509_parse_pem(record.pem, X509_CA_CERTIFICATE, &ca));
    record.id = arena_copy(&f->arena, bytes_from(ca.id));
    CHECK_OK(ca_register(&f->r, &record, NULL));
    CHECK_OK(store_commit(TAKE(f->r.txn)));
    return record.id;
}

static status load(struct registry_fixture *f, bytes ca, const struct crl_recipe *r) {
    struct crl_record crl;
    struct revocation revocation = {.store = f->store,
                                    .account = f->r.account,
                                    .region = f->r.region,
                                    .ca_certificate_id = ca,
                                    .file = material_crl_der(r, &f->arena)};
    return revocation_load(&revocation, clock_wall_ms(), &f->arena, &crl);
}

static bool is_listed(struct registry_fixture *f, bytes ca, bytes serial) {
    struct crl_finding finding;
    struct registry r = f->r;
    CHECK_OK(store_begin_read(f->store, &r.txn));
    CHECK_OK(crl_find(&r, ca, serial, &finding));
    store_rollback(r.txn);
    return finding.listed;
}

static void loads(struct registry_fixture *f) {
    bytes ca = add_ca(f);
    CHECK_OK(load(f, ca, &ordinary));
    CHECK(is_listed(f, ca, BYTES("\x12\x34")) && !is_listed(f, ca, BYTES("\x12\x35")));
    CHECK_FAILS(load(f, fixture_id(f, 5), &ordinary), E_NOT_FOUND,
                "There is no CA certificate 000");
    CHECK_OK(store_begin_write(f->store, &f->r.txn));
}
TEST(a_crl_is_taken_for_a_registered_ca) {
    registry_fixture_each(loads);
}

static void keeps_order(struct registry_fixture *f) {
    bytes ca = add_ca(f);
    struct crl_recipe next = ordinary;
    CHECK_OK(load(f, ca, &ordinary));
    CHECK_OK(load(f, ca, &ordinary)); /* again is fine */
    next.number = 300;
    next.count = 0;
    CHECK_OK(load(f, ca, &next));
    CHECK(!is_listed(f, ca, BYTES("\x12\x34")));
    CHECK_FAILS(load(f, ca, &ordinary), E_VERSION_CONFLICT,
                "older than the one that is there (number 7; the present one has number 300)");
    next.number = 0; /* then the date counts */
    CHECK_OK(load(f, ca, &next));
    next.from_s = -7200;
    CHECK_FAILS(load(f, ca, &next), E_VERSION_CONFLICT, "without number");
    CHECK_OK(store_begin_write(f->store, &f->r.txn));
}
TEST(an_older_crl_does_not_replace_a_newer_one) {
    registry_fixture_each(keeps_order);
}

static void refuses(struct registry_fixture *f) {
    bytes ca = add_ca(f);
    struct crl_recipe r = ordinary;
    r.signer = "P-256#2";
    CHECK_FAILS(load(f, ca, &r), E_CERTIFICATE_INVALID, "not by the key");
    r = ordinary;
    r.from_s = -7200;
    r.until_s = -3600;
    CHECK_FAILS(load(f, ca, &r), E_CERTIFICATE_INVALID, "out of date");
    CHECK(!is_listed(f, ca, BYTES("\x12\x34")));
    CHECK_OK(store_begin_write(f->store, &f->r.txn));
}
TEST(a_crl_of_another_key_or_time_changes_nothing) {
    registry_fixture_each(refuses);
}

TEST(the_successor_is_asked_for_in_time) {
    CHECK_INT(revocation_next_fetch(0, 0), 24 * HOUR);
    CHECK_INT(revocation_next_fetch(5 * HOUR, 0), 4 * HOUR);
    CHECK_INT(revocation_next_fetch(100 * HOUR, 0), 24 * HOUR);
    CHECK_INT(revocation_next_fetch(HOUR / 2, 0), HOUR / 12);
    CHECK_INT(revocation_next_fetch(HOUR, 9 * HOUR), 9 * HOUR + HOUR / 12);
}

TEST_MAIN("identity/revocation")
