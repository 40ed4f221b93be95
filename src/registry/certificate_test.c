#include "base/clock.h"
#include "registry/certificate.h"
#include "registry/fixture.h"
#include "support/testing.h"

#include <string.h>

static void registers(struct registry_fixture *f) {
    struct certificate_new c = fixture_certificate(f, 1);
    struct certificate_record got;
    clock_simulate(1657989449720);
    c.status = CERTIFICATE_ACTIVE;
    CHECK_OK(certificate_register(&f->r, &c, NULL));
    registry_fixture_commit(f);
    CHECK_OK(certificate_load(&f->r, c.id, &got));
    CHECK_BYTES(got.id, c.id);
    CHECK_BYTES(got.pem, c.pem);
    CHECK_INT(got.status, CERTIFICATE_ACTIVE);
    CHECK_INT(got.mode, CERTIFICATE_MODE_SNI_ONLY);
    CHECK_BYTES(got.owned_by, BYTES("111111111111"));
    CHECK_INT(got.created_ms, 1657989449720);
    CHECK_INT(got.modified_ms, 1657989449720);
    CHECK_INT(got.not_before_ms, 1000);
    CHECK_INT(got.not_after_ms, 2000);
    CHECK_INT(got.customer_version, 1);
    CHECK_INT(got.generation_id.len, 36);
    CHECK_INT(got.ca_certificate_id.len + got.previous_owned_by.len + got.transfer.message.len, 0);
    CHECK_FAILS(certificate_load(&f->r, fixture_id(f, 2), &got), E_NOT_FOUND,
                "The specified resource does not exist");
}
TEST(a_registered_certificate_is_described_as_it_was_given) { /* [AWS identity 1.5] */
    registry_fixture_each(registers);
}

static void registers_once(struct registry_fixture *f) {
    struct certificate_new c = fixture_certificate(f, 1);
    CHECK_OK(certificate_register(&f->r, &c, NULL));
    CHECK_FAILS(certificate_register(&f->r, &c, NULL), E_EXISTS,
                "The certificate is already provisioned or registered");
}
TEST(a_certificate_is_registered_once) { /* [AWS identity 1.7] */
    registry_fixture_each(registers_once);
}

static void new_statuses(struct registry_fixture *f) {
    static const struct {
        enum certificate_status status;
        bool by_service, ok;
    } rows[] = {
        {CERTIFICATE_ACTIVE, false, true},
        {CERTIFICATE_INACTIVE, false, true},
        {CERTIFICATE_REVOKED, false, true},
        {CERTIFICATE_PENDING_TRANSFER, false, false},
        {CERTIFICATE_REGISTER_INACTIVE, false, false},
        {CERTIFICATE_PENDING_ACTIVATION, false, false},
        {CERTIFICATE_PENDING_ACTIVATION, true, true},
        {CERTIFICATE_PENDING_TRANSFER, true, false},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct certificate_new c = fixture_certificate(f, i);
        c.status = rows[i].status;
        c.by_service = rows[i].by_service;
        CHECK_INT(certificate_register(&f->r, &c, NULL), rows[i].ok ? OK : E_CERTIFICATE_STATE);
    }
    struct certificate_new c = fixture_certificate(f, 99);
    c.status = CERTIFICATE_PENDING_ACTIVATION;
    CHECK_FAILS(certificate_register(&f->r, &c, NULL), E_CERTIFICATE_STATE,
                "Not allowed to register certificate with PENDING_ACTIVATION status");
}
TEST(only_some_statuses_are_for_registering) { /* [AWS identity 1.4, 1.7] */
    registry_fixture_each(new_statuses);
}

/* Puts a certificate into a status that only the service sets. */
static void force_status(struct registry_fixture *f, bytes id, enum certificate_status s) {
    uint8_t record[] = {1, 2 << 1, (uint8_t)s}; /* form, tag of the status, status */
    bytes key =
        bytes_from(arena_printf(&f->arena, "%.*s%.*s", BYTES_ARG(f->r.account), BYTES_ARG(id)));
    CHECK_OK(store_save(f->r.txn, TABLE_CERTIFICATES, key, bytes_of(record, s ? 3 : 1)));
}

static void transitions(struct registry_fixture *f) {
    /* columns in the order of the enum: ACTIVE INACTIVE REVOKED PENDING_TRANSFER REGISTER_INACTIVE
     * PENDING_ACTIVATION */
    static const char *const table[CERTIFICATE_STATUS_COUNT] = {
        [CERTIFICATE_ACTIVE] = "yyynnn",
        [CERTIFICATE_INACTIVE] = "yyynnn",
        [CERTIFICATE_REVOKED] = "nnynnn",
        [CERTIFICATE_PENDING_TRANSFER] = "nnnnnn",
        [CERTIFICATE_REGISTER_INACTIVE] = "nnnnnn",
        [CERTIFICATE_PENDING_ACTIVATION] = "yyynnn",
    };
    struct certificate_new c = fixture_certificate(f, 1);
    struct certificate_record got;
    CHECK_OK(certificate_register(&f->r, &c, NULL));
    for (enum certificate_status from = 0; from < CERTIFICATE_STATUS_COUNT; from++)
        for (enum certificate_status to = 0; to < CERTIFICATE_STATUS_COUNT; to++) {
            bool ok = table[from][to] == 'y';
            force_status(f, c.id, from);
            CHECK_INT(certificate_update_status(&f->r, c.id, to), ok ? OK : E_CERTIFICATE_STATE);
            CHECK_OK(certificate_load(&f->r, c.id, &got));
            CHECK_INT(got.status, ok ? to : from);
        }
}
TEST(a_status_changes_by_the_table) { /* [AWS identity 1.4] */
    registry_fixture_each(transitions);
}

static void versions(struct registry_fixture *f) {
    struct certificate_new c = fixture_certificate(f, 1);
    struct certificate_record got;
    clock_simulate(1000);
    CHECK_OK(certificate_register(&f->r, &c, NULL));
    clock_simulate(2000);
    CHECK_OK(certificate_update_status(&f->r, c.id, CERTIFICATE_INACTIVE)); /* as it is */
    CHECK_OK(certificate_load(&f->r, c.id, &got));
    CHECK(got.customer_version == 1 && got.modified_ms == 1000);
    CHECK_OK(certificate_update_status(&f->r, c.id, CERTIFICATE_ACTIVE));
    CHECK_OK(certificate_load(&f->r, c.id, &got));
    CHECK(got.customer_version == 2 && got.modified_ms == 2000 && got.created_ms == 1000);
    CHECK_BYTES(got.pem, c.pem);
    CHECK_OK(certificate_update_status(&f->r, c.id, CERTIFICATE_REVOKED));
    CHECK_FAILS(certificate_update_status(&f->r, c.id, CERTIFICATE_ACTIVE), E_CERTIFICATE_STATE,
                "REVOKED, which is final");
    CHECK(certificate_update_status(&f->r, fixture_id(f, 9), CERTIFICATE_ACTIVE) == E_NOT_FOUND);
}
TEST(each_change_of_status_raises_the_customer_version) { /* [AWS identity 1.4] */
    registry_fixture_each(versions);
}

static void deletes_in_order(struct registry_fixture *f) {
    bytes arn = fixture_register(f, 1), id = fixture_id(f, 1);
    const char *arn_text = arena_printf(&f->arena, "(arn: %.*s)", BYTES_ARG(arn));
    struct certificate_record got;
    CHECK_OK(policy_create(&f->r, BYTES("p"), BYTES("{}"), NULL));
    CHECK_OK(policy_attach(&f->r, BYTES("p"), arn));
    CHECK_OK(thing_create(&f->r, &(struct thing_record){.name = BYTES("lamp")}, NULL));
    CHECK_OK(thing_principal_attach(&f->r, BYTES("lamp"), arn, THING_PRINCIPAL_NON_EXCLUSIVE));
    CHECK_OK(certificate_update_status(&f->r, id, CERTIFICATE_ACTIVE));
    CHECK_FAILS(certificate_delete(&f->r, id, true), E_CERTIFICATE_STATE,
                "Certificate must be deactivated (not ACTIVE) before deletion. Id: 000");
    CHECK_OK(certificate_update_status(&f->r, id, CERTIFICATE_INACTIVE));
    CHECK_FAILS(certificate_delete(&f->r, id, true), E_DELETE_CONFLICT,
                "Things must be detached before deletion (arn: ");
    test_check_contains(failure_text(), arn_text, __FILE__, __LINE__);
    CHECK_OK(thing_principal_detach(&f->r, BYTES("lamp"), arn));
    CHECK_FAILS(certificate_delete(&f->r, id, false), E_DELETE_CONFLICT,
                "Certificate policies must be detached before deletion (arn: ");
    test_check_contains(failure_text(), arn_text, __FILE__, __LINE__);
    CHECK_OK(policy_detach(&f->r, BYTES("p"), arn));
    CHECK_OK(certificate_delete(&f->r, id, false));
    CHECK(certificate_load(&f->r, id, &got) == E_NOT_FOUND);
    CHECK(certificate_delete(&f->r, id, false) == E_NOT_FOUND);
    (void)fixture_register(f, 1); /* nothing was left behind */
}
TEST(deletion_is_refused_in_the_order_of_aws) { /* [AWS identity 1.6] */
    registry_fixture_each(deletes_in_order);
}

static void force(struct registry_fixture *f) {
    bytes arn = fixture_register(f, 1), id = fixture_id(f, 1);
    struct target_list targets;
    CHECK_OK(policy_create(&f->r, BYTES("p"), BYTES("{}"), NULL));
    CHECK_OK(policy_attach(&f->r, BYTES("p"), arn));
    CHECK_OK(certificate_delete(&f->r, id, true));
    CHECK_OK(policy_list_targets(&f->r, BYTES("p"), &(struct page){0}, &targets));
    CHECK_INT(targets.count, 0);
    CHECK_OK(policy_delete(&f->r, BYTES("p")));
    (void)fixture_register(f, 2);
    force_status(f, fixture_id(f, 2), CERTIFICATE_PENDING_TRANSFER);
    CHECK_FAILS(certificate_delete(&f->r, fixture_id(f, 2), true), E_CERTIFICATE_STATE, "transfer");
}
TEST(force_lifts_the_check_for_policies_only) { /* [AWS identity 1.6] */
    registry_fixture_each(force);
}

static void with_ca(struct registry_fixture *f) {
    struct ca_record ca = fixture_ca(f, 100);
    struct certificate_new c = fixture_certificate(f, 1);
    struct certificate_record got;
    c.ca_certificate_id = ca.id;
    CHECK_FAILS(certificate_register(&f->r, &c, NULL), E_CERTIFICATE_STATE,
                "No CA certificate exists for the given certificate");
    CHECK_OK(ca_register(&f->r, &ca, NULL));
    CHECK_OK(certificate_register(&f->r, &c, NULL));
    CHECK_OK(certificate_load(&f->r, c.id, &got));
    CHECK_INT(got.mode, CERTIFICATE_MODE_DEFAULT); /* the CA's, not what was given */
    CHECK_BYTES(got.ca_certificate_id, ca.id);
    CHECK_OK(ca_update(&f->r, ca.id, &(struct ca_changes){.active = &(bool){false}}));
    c = fixture_certificate(f, 2);
    c.ca_certificate_id = ca.id;
    CHECK_FAILS(certificate_register(&f->r, &c, NULL), E_CERTIFICATE_STATE, "is INACTIVE");
    CHECK_OK(ca_delete(&f->r, ca.id));
    CHECK_OK(certificate_load(&f->r, got.id, &got)); /* stays, with a CA that is gone */
    CHECK_BYTES(got.ca_certificate_id, ca.id);
}
TEST(the_ca_must_be_registered_and_active_and_gives_the_mode) { /* [AWS identity 1.1, 1.7, 2.6] */
    registry_fixture_each(with_ca);
}

static void sharing(struct registry_fixture *f) {
    static const struct {
        enum certificate_mode first, second;
        status want;
    } rows[] = {
        {CERTIFICATE_MODE_SNI_ONLY, CERTIFICATE_MODE_SNI_ONLY, OK},
        {CERTIFICATE_MODE_DEFAULT, CERTIFICATE_MODE_SNI_ONLY, E_EXISTS},
        {CERTIFICATE_MODE_DEFAULT, CERTIFICATE_MODE_DEFAULT, E_EXISTS},
        {CERTIFICATE_MODE_SNI_ONLY, CERTIFICATE_MODE_DEFAULT, OK},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct certificate_new c = fixture_certificate(f, i);
        struct registry other = fixture_other_account(f);
        c.mode = rows[i].first;
        CHECK_OK(certificate_register(&f->r, &c, NULL));
        c.mode = rows[i].second;
        CHECK_INT(certificate_register(&other, &c, NULL), rows[i].want);
        CHECK_OK(certificate_delete(&f->r, c.id, false));
        if (rows[i].want != OK)
            CHECK_OK(certificate_register(&other, &c, NULL));
    }
}
TEST(accounts_share_a_certificate_unless_one_holds_it_in_default_mode) { /* [AWS identity 1.3, 3.3]
                                                                          */
    registry_fixture_each(sharing);
}

/* Walks all pages and writes the last hex digits of the ids: "1234". */
static void walk(struct registry_fixture *f, size_t limit, bool ascending, bytes ca,
                 const char *want) {
    struct page page = {.limit = limit, .ascending = ascending};
    AUTO(buf) got = {0};
    struct certificate_list l;
    do {
        CHECK_OK(ca.len ? certificate_list_by_ca(&f->r, ca, &page, &l)
                        : certificate_list(&f->r, &page, &l));
        CHECK(l.count <= limit);
        for (size_t i = 0; i < l.count; i++)
            buf_append_byte(&got, l.items[i].id.ptr[CERTIFICATE_ID_LEN - 1]);
        page.token = l.next;
    } while (l.next.len > 0);
    CHECK_BYTES(buf_bytes(&got), bytes_from(want));
}

static void lists(struct registry_fixture *f) {
    struct ca_record ca = fixture_ca(f, 100);
    CHECK_OK(ca_register(&f->r, &ca, NULL));
    for (unsigned i = 1; i <= 5; i++) { /* ids fall while time rises; 3 and 4 at the same time */
        struct certificate_new c = fixture_certificate(f, 10 - i);
        clock_simulate(1000 * (i < 4 ? i : i - 1));
        if (i % 2)
            c.ca_certificate_id = ca.id;
        CHECK_OK(certificate_register(&f->r, &c, NULL));
    }
    registry_fixture_commit(f);
    for (size_t limit = 1; limit <= 6; limit++) {
        walk(f, limit, true, (bytes){0}, "98675");
        walk(f, limit, false, (bytes){0}, "57689");
        walk(f, limit, true, ca.id, "975");
        walk(f, limit, false, ca.id, "579");
    }
    walk(f, 2, true, fixture_id(f, 7), "");
    walk(f, 2, true, BYTES("no id"), "");
}
TEST(certificates_are_listed_by_time_both_ways) { /* [AWS control-plane 5] */
    registry_fixture_each(lists);
}

static void list_while_changing(struct registry_fixture *f) {
    struct certificate_list l;
    for (unsigned i = 1; i <= 6; i++) {
        clock_simulate(1000 * i);
        (void)fixture_register(f, i);
    }
    CHECK_OK(certificate_list(&f->r, &(struct page){.limit = 2, .ascending = true}, &l));
    CHECK_OK(certificate_delete(&f->r, fixture_id(f, 2), false)); /* where the token points */
    CHECK_OK(certificate_delete(&f->r, fixture_id(f, 4), false));
    clock_simulate(7000);
    (void)fixture_register(f, 7);
    CHECK_OK(certificate_list(&f->r, &(struct page){.limit = 9, .ascending = true, .token = l.next},
                              &l));
    CHECK_INT(l.count, 4);
    CHECK_BYTES(l.items[0].id, fixture_id(f, 3));
    CHECK_BYTES(l.items[3].id, fixture_id(f, 7));
    CHECK_INT(l.next.len, 0);
}
TEST(a_listing_neither_skips_nor_repeats_when_rows_come_and_go) { /* [AWS control-plane 5] */
    registry_fixture_each(list_while_changing);
}

static void tokens(struct registry_fixture *f) {
    struct certificate_list l;
    struct policy_list policies;
    struct registry other = fixture_other_account(f);
    for (unsigned i = 1; i <= 3; i++)
        (void)fixture_register(f, i);
    CHECK_OK(certificate_list(&f->r, &(struct page){.limit = 1, .ascending = true}, &l));
    CHECK(l.next.len > 0 && l.next.len <= 1024);
    bytes token = l.next;
    for (size_t i = 0; i < token.len; i++)
        CHECK(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=",
                     token.ptr[i]));
    struct page page = {.token = token, .ascending = true}, down = {.token = token};
    CHECK_OK(certificate_list(&f->r, &page, &l));
    CHECK_FAILS(certificate_list(&other, &page, &l), E_INVALID, "marker");
    CHECK_FAILS(certificate_list(&f->r, &down, &l), E_INVALID, "marker");
    CHECK_FAILS(policy_list(&f->r, &page, &policies), E_INVALID, "marker");
    static const char *const bad[] = {"x", "AAAA", "!!!!", "AAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        page.token = bytes_from(bad[i]);
        CHECK_FAILS(certificate_list(&f->r, &page, &l), E_INVALID, "marker");
    }
    page = (struct page){.limit = 251};
    CHECK_FAILS(certificate_list(&f->r, &page, &l), E_INVALID, "1 to 250");
}
static struct registry_fixture *listing;
static void list_from(bytes token) {
    struct certificate_list l;
    struct page page = {.token = token, .ascending = true};
    status s = certificate_list(&listing->r, &page, &l);
    CHECK(s == OK || s == E_INVALID); /* a shorter key is a position, too */
}
static void cut_tokens(struct registry_fixture *f) {
    struct certificate_list l;
    listing = f;
    (void)fixture_register(f, 1);
    (void)fixture_register(f, 2);
    CHECK_OK(certificate_list(&f->r, &(struct page){.limit = 1, .ascending = true}, &l));
    test_each_truncation(l.next, list_from);
}
TEST(a_token_cut_anywhere_is_read_safely) {
    registry_fixture_each(cut_tokens);
}

TEST(a_foreign_token_is_refused) { /* [AWS control-plane 5] */
    registry_fixture_each(tokens);
}

static void separation(struct registry_fixture *f) {
    bytes id = fixture_id(f, 1);
    struct registry other = fixture_other_account(f);
    struct certificate_record got;
    struct certificate_list l;
    (void)fixture_register(f, 1);
    CHECK(certificate_load(&other, id, &got) == E_NOT_FOUND);
    CHECK(certificate_update_status(&other, id, CERTIFICATE_ACTIVE) == E_NOT_FOUND);
    CHECK(certificate_delete(&other, id, true) == E_NOT_FOUND);
    CHECK_OK(certificate_list(&other, &(struct page){0}, &l));
    CHECK_INT(l.count, 0);
}
TEST(accounts_do_not_see_each_other) {
    registry_fixture_each(separation);
}

TEST(statuses_and_modes_have_their_aws_names) {
    enum certificate_status s;
    enum certificate_mode m;
    for (enum certificate_status i = 0; i < CERTIFICATE_STATUS_COUNT; i++) {
        CHECK_OK(certificate_status_parse(bytes_from(certificate_status_name(i)), &s));
        CHECK_INT(s, i);
    }
    CHECK(certificate_status_parse(BYTES("active"), &s) == E_INVALID);
    CHECK_OK(certificate_mode_parse(BYTES("SNI_ONLY"), &m));
    CHECK_TEXT(certificate_mode_name(m), "SNI_ONLY");
    CHECK_OK(certificate_mode_parse(BYTES("DEFAULT"), &m));
    CHECK_TEXT(certificate_mode_name(m), "DEFAULT");
    CHECK(certificate_mode_parse(BYTES(""), &m) == E_INVALID);
}

TEST_MAIN("registry/certificate")
