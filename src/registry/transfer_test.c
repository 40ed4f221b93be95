#include "base/clock.h"
#include "registry/fixture.h"
#include "registry/principal.h"
#include "registry/transfer.h"
#include "support/testing.h"

#define TARGET BYTES("222222222222")

static const struct transfer_offer to_target = {BYTES("222222222222"), BYTES("for the new line")};

static struct certificate_record load(const struct registry *r, bytes id) {
    struct certificate_record c = {0};
    CHECK_OK(certificate_load(r, id, &c));
    return c;
}

static bytes offer(struct registry_fixture *f, unsigned number) {
    bytes arn;
    CHECK_OK(certificate_transfer_offer(&f->r, fixture_id(f, number), &to_target, &arn));
    return arn;
}

static void offers(struct registry_fixture *f) {
    struct registry target = fixture_other_account(f);
    struct certificate_list l;
    bytes id = fixture_id(f, 1);
    clock_simulate(1000);
    (void)fixture_register(f, 1);
    bytes generation = load(&f->r, id).generation_id;
    clock_simulate(2000);
    CHECK_BYTES(offer(f, 1), certificate_arn(&target, id));
    struct certificate_record c = load(&f->r, id);
    CHECK_INT(c.status, CERTIFICATE_PENDING_TRANSFER);
    CHECK_BYTES(c.owned_by, f->r.account);
    CHECK_BYTES(c.transfer.target, TARGET);
    CHECK_BYTES(c.transfer.message, to_target.message);
    CHECK(c.transfer.transferred_ms == 2000 && c.transfer.accepted_ms == 0);
    CHECK(c.created_ms == 1000 && c.modified_ms == 2000 && c.customer_version == 2);
    CHECK_BYTES(c.generation_id, generation);
    CHECK_OK(certificate_list_outgoing(&f->r, &(struct page){0}, &l));
    CHECK_INT(l.count, 1);
    CHECK_BYTES(l.items[0].transfer.target, TARGET);
    CHECK_OK(certificate_list(&target, &(struct page){0}, &l));
    CHECK_INT(l.count, 1);
    CHECK_INT(l.items[0].status, CERTIFICATE_PENDING_TRANSFER);
    CHECK_OK(certificate_list_outgoing(&target, &(struct page){0}, &l));
    CHECK_INT(l.count, 0);
    CHECK_BYTES(load(&target, id).owned_by, f->r.account); /* described, and not yet its own */
    CHECK_FAILS(certificate_update_status(&target, id, CERTIFICATE_ACTIVE), E_NOT_FOUND, "");
    CHECK_FAILS(certificate_delete(&target, id, true), E_NOT_FOUND, "");
}
TEST(an_offered_certificate_is_seen_by_both_accounts_and_belongs_to_the_first) {
    registry_fixture_each(offers); /* [AWS identity 3.4] */
}

static void accepts(struct registry_fixture *f) {
    struct registry target = fixture_other_account(f);
    struct certificate_list l;
    struct certificate_record before;
    for (unsigned i = 1; i <= 2; i++) {
        bytes id = fixture_id(f, i);
        clock_simulate(1000);
        (void)fixture_register(f, i);
        (void)offer(f, i);
        before = load(&f->r, id);
        clock_simulate(3000);
        CHECK_OK(certificate_transfer_accept(&target, id, i == 2));
        struct certificate_record c = load(&target, id);
        CHECK_INT(c.status, i == 2 ? CERTIFICATE_ACTIVE : CERTIFICATE_INACTIVE);
        CHECK_BYTES(c.owned_by, TARGET);
        CHECK_BYTES(c.previous_owned_by, f->r.account);
        CHECK(c.transfer.accepted_ms == 3000 && c.modified_ms == 3000 && c.created_ms == 1000);
        CHECK_INT(c.customer_version, before.customer_version + 1);
        CHECK_BYTES(c.generation_id, before.generation_id);
        CHECK_BYTES(c.pem, before.pem);
        CHECK_FAILS(certificate_load(&f->r, id, &before), E_NOT_FOUND, "");
    }
    CHECK_OK(certificate_list(&f->r, &(struct page){0}, &l));
    CHECK_INT(l.count, 0);
    CHECK_OK(certificate_list_outgoing(&f->r, &(struct page){0}, &l));
    CHECK_INT(l.count, 0);
    CHECK_OK(certificate_list(&target, &(struct page){0}, &l));
    CHECK_INT(l.count, 2);
    (void)fixture_register(f, 1); /* nothing was left behind */
}
TEST(an_accepted_certificate_is_the_targets_inactive_or_active) {
    registry_fixture_each(accepts); /* [AWS identity 1.4, 3.4] */
}

static void rejects(struct registry_fixture *f) {
    struct registry target = fixture_other_account(f);
    struct certificate_list l;
    bytes id = fixture_id(f, 1);
    (void)fixture_register(f, 1);
    (void)offer(f, 1);
    clock_simulate(5000);
    CHECK_OK(certificate_transfer_reject(&target, id, BYTES("not ours")));
    struct certificate_record c = load(&f->r, id);
    CHECK_INT(c.status, CERTIFICATE_INACTIVE);
    CHECK_BYTES(c.transfer.reject_reason, BYTES("not ours"));
    CHECK(c.transfer.rejected_ms == 5000 && c.previous_owned_by.len == 0);
    CHECK_OK(certificate_list(&target, &(struct page){0}, &l));
    CHECK_INT(l.count, 0);
    (void)offer(f, 1); /* again, and nothing of the first offer stays */
    c = load(&f->r, id);
    CHECK(c.transfer.rejected_ms == 0 && c.transfer.reject_reason.len == 0);
    CHECK_OK(certificate_transfer_accept(&target, id, false));
}
TEST(a_rejected_certificate_is_back_inactive_with_the_reason) {
    registry_fixture_each(rejects); /* [AWS identity 3.4] */
}

static void cancels(struct registry_fixture *f) {
    struct registry target = fixture_other_account(f);
    struct certificate_list l;
    bytes id = fixture_id(f, 1);
    (void)fixture_register(f, 1);
    (void)offer(f, 1);
    CHECK_OK(certificate_transfer_cancel(&f->r, id));
    CHECK_INT(load(&f->r, id).status, CERTIFICATE_INACTIVE);
    CHECK_OK(certificate_list_outgoing(&f->r, &(struct page){0}, &l));
    CHECK_INT(l.count, 0);
    CHECK(certificate_load(&target, id, &(struct certificate_record){0}) == E_NOT_FOUND);
    CHECK_OK(certificate_update_status(&f->r, id, CERTIFICATE_ACTIVE));
}
TEST(a_cancelled_certificate_is_as_before) { /* [AWS identity 3.4] */
    registry_fixture_each(cancels);
}

enum decision { ACCEPT, REJECT, CANCEL, DECISION_COUNT };

static status decide(struct registry_fixture *f, enum decision d, bytes id) {
    struct registry target = fixture_other_account(f);
    switch (d) {
    case ACCEPT:
        return certificate_transfer_accept(&target, id, true);
    case REJECT:
        return certificate_transfer_reject(&target, id, BYTES("no"));
    case CANCEL:
    case DECISION_COUNT:
        break;
    }
    return certificate_transfer_cancel(&f->r, id);
}

static void decides_twice(struct registry_fixture *f) {
    for (enum decision first = 0; first < DECISION_COUNT; first++)
        for (enum decision second = 0; second < DECISION_COUNT; second++) {
            unsigned number = 1 + first * DECISION_COUNT + second;
            bytes id = fixture_id(f, number);
            (void)fixture_register(f, number);
            (void)offer(f, number);
            CHECK_OK(decide(f, first, id));
            CHECK_FAILS(decide(f, second, id), E_TRANSFER_COMPLETED, "already complete");
        }
    struct registry third = f->r;
    third.account = BYTES("333333333333");
    CHECK(certificate_transfer_accept(&third, fixture_id(f, 1), false) == E_NOT_FOUND);
    CHECK(certificate_transfer_cancel(&third, fixture_id(f, 1)) == E_NOT_FOUND);
}
TEST(a_second_decision_comes_too_late) { /* [AWS identity 3.4] */
    registry_fixture_each(decides_twice);
}

static void decides_nothing(struct registry_fixture *f) {
    bytes id = fixture_id(f, 1);
    (void)fixture_register(f, 1);
    CHECK_FAILS(certificate_transfer_cancel(&f->r, id), E_INVALID, "is not being transferred");
    CHECK_FAILS(certificate_transfer_accept(&f->r, id, true), E_INVALID, "not being transferred");
    CHECK(decide(f, ACCEPT, id) == E_NOT_FOUND);
    CHECK(decide(f, REJECT, fixture_id(f, 2)) == E_NOT_FOUND);
    CHECK(decide(f, CANCEL, fixture_id(f, 2)) == E_NOT_FOUND);
    CHECK(decide(f, ACCEPT, BYTES("no id")) == E_NOT_FOUND);
}
TEST(where_nothing_was_offered_there_is_nothing_to_decide) {
    registry_fixture_each(decides_nothing);
}

static void statuses(struct registry_fixture *f) {
    static const enum certificate_status refused[] = {CERTIFICATE_ACTIVE, CERTIFICATE_REVOKED,
                                                      CERTIFICATE_PENDING_ACTIVATION};
    bytes arn;
    for (unsigned i = 0; i < COUNT_OF(refused); i++) {
        struct certificate_new c = fixture_certificate(f, i);
        c.status = refused[i];
        c.by_service = true;
        CHECK_OK(certificate_register(&f->r, &c, NULL));
        CHECK_FAILS(certificate_transfer_offer(&f->r, c.id, &to_target, &arn), E_CERTIFICATE_STATE,
                    certificate_status_name(refused[i]));
    }
    (void)fixture_register(f, 9);
    (void)offer(f, 9);
    CHECK_FAILS(certificate_transfer_offer(&f->r, fixture_id(f, 9), &to_target, &arn),
                E_CERTIFICATE_STATE, "PENDING_TRANSFER");
    CHECK(certificate_transfer_offer(&f->r, fixture_id(f, 10), &to_target, &arn) == E_NOT_FOUND);
}
TEST(only_an_inactive_certificate_can_be_offered) { /* [AWS identity 1.4] */
    registry_fixture_each(statuses);
}

static void attached(struct registry_fixture *f) {
    bytes arn = fixture_register(f, 1), id = fixture_id(f, 1), offered;
    CHECK_OK(policy_create(&f->r, BYTES("p"), BYTES("{}"), NULL));
    CHECK_OK(policy_attach(&f->r, BYTES("p"), arn));
    CHECK_OK(thing_create(&f->r, &(struct thing_record){.name = BYTES("lamp")}, NULL));
    CHECK_OK(thing_principal_attach(&f->r, BYTES("lamp"), arn, THING_PRINCIPAL_NON_EXCLUSIVE));
    CHECK_FAILS(certificate_transfer_offer(&f->r, id, &to_target, &offered), E_TRANSFER_CONFLICT,
                "authorization policies are still attached");
    CHECK_OK(policy_detach(&f->r, BYTES("p"), arn));
    CHECK_FAILS(certificate_transfer_offer(&f->r, id, &to_target, &offered), E_TRANSFER_CONFLICT,
                "things are still attached");
    CHECK_OK(thing_principal_detach(&f->r, BYTES("lamp"), arn));
    CHECK_OK(certificate_transfer_offer(&f->r, id, &to_target, &offered));
    CHECK_FAILS(policy_attach(&f->r, BYTES("p"), arn), E_INVALID, "offered to account 2222");
    CHECK_FAILS(thing_principal_attach(&f->r, BYTES("lamp"), arn, THING_PRINCIPAL_NON_EXCLUSIVE),
                E_INVALID, "offered to account 2222");
}
TEST(what_is_attached_stands_in_the_way_and_nothing_is_attached_on_the_way) {
    registry_fixture_each(attached); /* [AWS identity 1.7, 3.4] */
}

static void targets(struct registry_fixture *f) {
    struct registry target = fixture_other_account(f), third = f->r;
    struct certificate_new c = fixture_certificate(f, 1);
    bytes arn;
    third.account = BYTES("333333333333");
    CHECK_OK(certificate_register(&f->r, &c, NULL));
    CHECK_OK(certificate_register(&third, &c, NULL));
    CHECK_FAILS(
        certificate_transfer_offer(&f->r, c.id, &(struct transfer_offer){f->r.account, {0}}, &arn),
        E_INVALID, "already");
    CHECK_FAILS(
        certificate_transfer_offer(&f->r, c.id, &(struct transfer_offer){third.account, {0}}, &arn),
        E_TRANSFER_CONFLICT, "Account 333333333333 has the certificate");
    (void)offer(f, 1);
    CHECK_FAILS(certificate_transfer_offer(&third, c.id, &to_target, &arn), E_TRANSFER_CONFLICT,
                "was offered it");
    CHECK_FAILS(certificate_register(&target, &c, NULL), E_EXISTS, "accept-certificate-transfer");
}
TEST(an_account_is_offered_a_certificate_once_and_not_what_it_has) {
    registry_fixture_each(targets);
}

static void default_mode(struct registry_fixture *f) {
    struct registry target = fixture_other_account(f);
    struct certificate_new c = fixture_certificate(f, 1);
    c.mode = CERTIFICATE_MODE_DEFAULT;
    CHECK_OK(certificate_register(&f->r, &c, NULL));
    (void)offer(f, 1);
    CHECK_OK(certificate_transfer_accept(&target, c.id, false));
    CHECK_INT(certificate_register(&f->r, &c, NULL), E_EXISTS); /* held elsewhere by now */
    CHECK_OK(certificate_delete(&target, c.id, false));
    CHECK_OK(certificate_register(&f->r, &c, NULL));
}
TEST(the_right_to_be_the_only_holder_goes_along) { /* [AWS identity 1.3] */
    registry_fixture_each(default_mode);
}

static void connects(struct registry_fixture *f) {
    struct registry target = fixture_other_account(f);
    struct principal_facts facts;
    bytes id = fixture_id(f, 1);
    (void)fixture_register(f, 1);
    CHECK(registry_principal_load(&target, id, BYTES("lamp"), &facts) == E_NOT_FOUND);
    (void)offer(f, 1);
    CHECK_OK(registry_principal_load(&target, id, BYTES("lamp"), &facts));
    CHECK_INT(facts.certificate.status, CERTIFICATE_PENDING_TRANSFER);
    CHECK(facts.policy_count == 0 && !facts.has_thing);
    CHECK_OK(certificate_transfer_accept(&target, id, true));
    CHECK_OK(registry_principal_load(&target, id, BYTES("lamp"), &facts));
    CHECK_INT(facts.certificate.status, CERTIFICATE_ACTIVE);
}
TEST(a_device_that_comes_meanwhile_is_known_as_offered) { /* [AWS identity 12 row 13] */
    registry_fixture_each(connects);
}

TEST_MAIN("registry/transfer")
