#include "base/clock.h"
#include "registry/ca_certificate.h"
#include "registry/fixture.h"
#include "registry/registration_code.h"
#include "support/testing.h"

static void registers(struct registry_fixture *f) {
    struct ca_record ca = fixture_ca(f, 1), got;
    ca.auto_registration = true;
    ca.mode = CERTIFICATE_MODE_SNI_ONLY;
    ca.registration_config = BYTES("{\"templateName\":\"t\"}");
    ca.template_name = BYTES("t");
    clock_simulate(1657989449720);
    CHECK_OK(ca_register(&f->r, &ca, NULL));
    registry_fixture_commit(f);
    CHECK_OK(ca_load(&f->r, ca.id, &got));
    CHECK(got.active && got.auto_registration && got.mode == CERTIFICATE_MODE_SNI_ONLY);
    CHECK_BYTES(got.pem, ca.pem);
    CHECK_BYTES(got.subject, ca.subject);
    CHECK_BYTES(got.owned_by, BYTES("111111111111"));
    CHECK(got.created_ms == 1657989449720 && got.modified_ms == got.created_ms);
    CHECK(got.not_before_ms == 1000 && got.not_after_ms == 2000 && got.customer_version == 1);
    CHECK_INT(got.generation_id.len, 36);
    CHECK_BYTES(got.registration_config, ca.registration_config);
    CHECK_BYTES(got.template_name, BYTES("t"));
    CHECK_FAILS(ca_register(&f->r, &ca, NULL), E_EXISTS, "already registered");
    CHECK_BYTES(ca_arn(&f->r, BYTES("12")), BYTES("arn:aws:iot:us-east-1:111111111111:cacert/12"));
}
TEST(a_registered_ca_is_described_as_it_was_given) { /* [AWS identity 2.5] */
    registry_fixture_each(registers);
}

static void same_subject(struct registry_fixture *f) {
    struct ca_record *cas, ca;
    size_t count;
    for (unsigned i = 1; i <= CA_SAME_SUBJECT_MAX; i++) {
        clock_simulate(1000 * i);
        ca = fixture_ca(f, 100 - i);
        CHECK_OK(ca_register(&f->r, &ca, NULL));
    }
    ca = fixture_ca(f, 200);
    CHECK_FAILS(ca_register(&f->r, &ca, NULL), E_LIMIT, "10 CA certificates with this subject");
    CHECK_OK(ca_find_by_subject(&f->r, BYTES("CN=ca"), &cas, &count));
    CHECK_INT(count, CA_SAME_SUBJECT_MAX);
    CHECK_BYTES(cas[0].id, fixture_id(f, 99)); /* oldest first */
    ca.subject = BYTES("CN=another");
    CHECK_OK(ca_register(&f->r, &ca, NULL));
    CHECK_OK(ca_find_by_subject(&f->r, BYTES("CN=another"), &cas, &count));
    CHECK_INT(count, 1);
    CHECK_OK(ca_find_by_subject(&f->r, BYTES("CN=none"), &cas, &count));
    CHECK_INT(count, 0);
    struct registry other = fixture_other_account(f);
    CHECK_OK(ca_find_by_subject(&other, BYTES("CN=ca"), &cas, &count));
    CHECK_INT(count, 0);
    CHECK_OK(ca_update(&f->r, fixture_id(f, 99), &(struct ca_changes){.active = &(bool){false}}));
    CHECK_OK(ca_delete(&f->r, fixture_id(f, 99)));
    ca = fixture_ca(f, 201);
    CHECK_OK(ca_register(&f->r, &ca, NULL));
}
TEST(ten_cas_may_have_the_same_subject) { /* [AWS identity 0.3, 2.4] */
    registry_fixture_each(same_subject);
}

static void sharing(struct registry_fixture *f) {
    static const struct {
        enum certificate_mode first, second;
        status want;
    } rows[] = {
        {CERTIFICATE_MODE_DEFAULT, CERTIFICATE_MODE_DEFAULT, E_EXISTS},
        {CERTIFICATE_MODE_DEFAULT, CERTIFICATE_MODE_SNI_ONLY, E_EXISTS},
        {CERTIFICATE_MODE_SNI_ONLY, CERTIFICATE_MODE_SNI_ONLY, OK},
        {CERTIFICATE_MODE_SNI_ONLY, CERTIFICATE_MODE_DEFAULT, OK},
    };
    struct registry other = fixture_other_account(f);
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct ca_record ca = fixture_ca(f, i);
        ca.mode = rows[i].first;
        CHECK_OK(ca_register(&f->r, &ca, NULL));
        ca.mode = rows[i].second;
        CHECK_INT(ca_register(&other, &ca, NULL), rows[i].want);
    }
}
TEST(a_ca_in_default_mode_belongs_to_one_account) { /* [AWS identity 2.1, 2.4] */
    registry_fixture_each(sharing);
}

static void updates(struct registry_fixture *f) {
    struct ca_record ca = fixture_ca(f, 1), got;
    CHECK_OK(ca_register(&f->r, &ca, NULL));
    CHECK_OK(ca_update(&f->r, ca.id, &(struct ca_changes){.active = &(bool){true}})); /* as it is */
    CHECK_OK(ca_load(&f->r, ca.id, &got));
    CHECK_INT(got.customer_version, 1);
    CHECK_OK(
        ca_update(&f->r, ca.id,
                  &(struct ca_changes){.auto_registration = &(bool){true},
                                       .registration_config = BYTES("{\"templateName\":\"t\"}"),
                                       .template_name = BYTES("t")}));
    CHECK_OK(ca_load(&f->r, ca.id, &got));
    CHECK(got.active && got.auto_registration && got.customer_version == 2);
    CHECK_BYTES(got.template_name, BYTES("t"));
    CHECK_OK(ca_update(&f->r, ca.id, &(struct ca_changes){.remove_auto_registration = true}));
    CHECK_OK(ca_load(&f->r, ca.id, &got));
    CHECK(!got.auto_registration && got.registration_config.len == 0 && got.template_name.len == 0);
    CHECK(ca_update(&f->r, fixture_id(f, 9), &(struct ca_changes){0}) == E_NOT_FOUND);
}
TEST(an_update_changes_what_it_names_only) { /* [AWS identity 2.6] */
    registry_fixture_each(updates);
}

static void deletes(struct registry_fixture *f) {
    struct ca_record ca = fixture_ca(f, 1);
    struct certificate_new c = fixture_certificate(f, 2);
    struct certificate_record got;
    CHECK_OK(ca_register(&f->r, &ca, NULL));
    c.ca_certificate_id = ca.id;
    CHECK_OK(certificate_register(&f->r, &c, NULL));
    CHECK_FAILS(ca_delete(&f->r, ca.id), E_CERTIFICATE_STATE, "not ACTIVE");
    CHECK_OK(ca_update(&f->r, ca.id, &(struct ca_changes){.active = &(bool){false}}));
    CHECK_OK(ca_delete(&f->r, ca.id));
    CHECK(ca_delete(&f->r, ca.id) == E_NOT_FOUND);
    CHECK_OK(certificate_load(&f->r, c.id, &got));
    CHECK_OK(ca_register(&f->r, &ca, NULL)); /* nothing was left behind */
}
TEST(only_an_inactive_ca_is_deleted_and_its_certificates_stay) { /* [AWS identity 2.6] */
    registry_fixture_each(deletes);
}

static void lists(struct registry_fixture *f) {
    struct ca_list l;
    for (unsigned i = 1; i <= 4; i++) {
        struct ca_record ca = fixture_ca(f, i);
        clock_simulate(1000 * i);
        ca.template_name = i % 2 ? BYTES("odd") : BYTES("even");
        CHECK_OK(ca_register(&f->r, &ca, NULL));
    }
    CHECK_OK(ca_list(&f->r, (bytes){0}, &(struct page){.limit = 3}, &l));
    CHECK_INT(l.count, 3);
    CHECK_BYTES(l.items[0].id, fixture_id(f, 4));
    CHECK_OK(ca_list(&f->r, (bytes){0}, &(struct page){.limit = 3, .token = l.next}, &l));
    CHECK_INT(l.count, 1);
    CHECK_INT(l.next.len, 0);
    CHECK_OK(ca_list(&f->r, BYTES("odd"), &(struct page){.limit = 2, .ascending = true}, &l));
    CHECK_INT(l.count, 2);
    CHECK_BYTES(l.items[1].id, fixture_id(f, 3));
}
TEST(cas_are_listed_by_time_and_template) {
    registry_fixture_each(lists);
}

static void code(struct registry_fixture *f) {
    struct registry other = fixture_other_account(f);
    bytes first, again, others;
    CHECK(registration_code_load(&f->r, &first) == E_NOT_FOUND);
    CHECK(registration_code_delete(&f->r) == E_NOT_FOUND);
    CHECK_OK(registration_code_ensure(&f->r, &first));
    CHECK_INT(first.len, 64);
    for (size_t i = 0; i < first.len; i++)
        CHECK((first.ptr[i] >= '0' && first.ptr[i] <= '9') ||
              (first.ptr[i] >= 'a' && first.ptr[i] <= 'f'));
    CHECK_OK(registration_code_ensure(&f->r, &again));
    CHECK_BYTES(again, first);
    CHECK_OK(registration_code_ensure(&other, &others));
    CHECK(!bytes_equal(others, first));
    CHECK_OK(registration_code_delete(&f->r));
    CHECK_OK(registration_code_ensure(&f->r, &again));
    CHECK(!bytes_equal(again, first));
}
TEST(the_registration_code_stays_until_it_is_deleted) { /* [AWS identity 2.2] */
    registry_fixture_each(code);
}

TEST_MAIN("registry/ca_certificate")
