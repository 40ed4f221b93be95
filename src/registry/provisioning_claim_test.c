#include "base/clock.h"
#include "registry/fixture.h"
#include "registry/provisioning_claim.h"
#include "support/testing.h"

static void stands_for_a_certificate(struct registry_fixture *f) {
    struct provisioning_claim claim;
    struct principal_facts facts;
    struct certificate_list list;
    bytes id = fixture_id(f, 7);
    clock_simulate(5000);
    CHECK_OK(provisioning_claim_create(&f->r, id, BYTES("lamp"), &claim));
    CHECK(claim.expires_ms == 305000);
    CHECK_OK(registry_principal_load(&f->r, id, BYTES("any"), &facts));
    CHECK(facts.certificate.status == CERTIFICATE_ACTIVE && !facts.has_thing);
    CHECK(facts.certificate.not_after_ms == 305000);
    CHECK_INT(facts.policy_count, 1);
    bytes document = facts.policies[0].document;
    CHECK(bytes_search(document, BYTES("arn:aws:iot:us-east-1:111111111111:topicfilter/$aws/"
                                       "provisioning-templates/lamp/provision/*")) < document.len);
    CHECK_OK(certificate_list(&f->r, &(struct page){0}, &list));
    CHECK_INT(list.count, 0);
    struct registry other = fixture_other_account(f);
    CHECK(registry_principal_load(&other, id, BYTES("any"), &facts) == E_NOT_FOUND);
}
TEST(a_claim_connects_with_one_policy_and_is_not_listed) { /* [AWS identity 8.3] */
    registry_fixture_each(stands_for_a_certificate);
}

static void is_swept(struct registry_fixture *f) {
    struct provisioning_claim claim;
    bytes id = fixture_id(f, 7);
    clock_simulate(5000);
    CHECK_OK(provisioning_claim_create(&f->r, id, BYTES("lamp"), NULL));
    CHECK_OK(provisioning_claim_sweep(&f->r, 605000));
    CHECK_OK(provisioning_claim_load(&f->r, id, &claim));
    CHECK_BYTES(claim.template_name, BYTES("lamp"));
    CHECK_OK(provisioning_claim_sweep(&f->r, 605001));
    CHECK(provisioning_claim_load(&f->r, id, &claim) == E_NOT_FOUND);
}
TEST(a_claim_is_forgotten_when_nobody_can_use_it) {
    registry_fixture_each(is_swept);
}

TEST_MAIN("provisioning_claim")
