#include "registry/domain_configuration.h"
#include "registry/fixture.h"
#include "registry/server_certificate.h"
#include "support/testing.h"

#define ID BYTES("11111111-2222-4333-8444-555555555555")

static void lives(struct registry_fixture *f) {
    struct server_certificate got;
    struct server_certificate_list list;
    struct page page = {0};
    bytes id, arn = server_certificate_arn(&f->r, ID);
    CHECK_BYTES(
        arn,
        BYTES(
            "arn:aws:acm:us-east-1:111111111111:certificate/11111111-2222-4333-8444-555555555555"));
    CHECK_OK(server_certificate_save(
        &f->r, &(struct server_certificate){.id = ID, .certificate = BYTES("pem")}, BYTES("key")));
    bytes key;
    CHECK_OK(server_certificate_key_load(&f->r, ID, &key));
    CHECK_BYTES(key, BYTES("key"));
    CHECK_OK(server_certificate_arn_parse(&f->r, arn, &id));
    CHECK_OK(server_certificate_load(&f->r, id, &got));
    CHECK_BYTES(got.certificate, BYTES("pem"));
    CHECK_OK(server_certificate_list(&f->r, &page, &list));
    CHECK_INT(list.count, 1);
    CHECK_BYTES(list.items[0].id, ID);
    struct registry other = fixture_other_account(f);
    CHECK_FAILS(server_certificate_load(&other, ID, &got), E_NOT_FOUND, "Could not find");
    CHECK_FAILS(server_certificate_arn_parse(&other, arn, &id), E_INVALID, "is not the ARN");
    CHECK_OK(server_certificate_delete(&f->r, ID));
    CHECK(server_certificate_delete(&f->r, ID) == E_NOT_FOUND);
    CHECK(server_certificate_key_load(&f->r, ID, &key) == E_NOT_FOUND);
}
TEST(an_imported_certificate_is_kept_listed_and_deleted) {
    registry_fixture_each(lives);
}

static void is_held(struct registry_fixture *f) {
    bytes arn = server_certificate_arn(&f->r, ID);
    struct domain_configuration d = {
        .name = BYTES("d"), .domain_name = BYTES("iot.example.com"), .certificate_arn = arn};
    CHECK_OK(server_certificate_save(&f->r, &(struct server_certificate){.id = ID}, BYTES("key")));
    CHECK_OK(domain_configuration_create(&f->r, &d));
    CHECK_FAILS(server_certificate_delete(&f->r, ID), E_DELETE_CONFLICT, "is in use");
}
TEST(a_certificate_that_a_domain_shows_stays) {
    registry_fixture_each(is_held);
}

TEST_MAIN("registry/server_certificate")
