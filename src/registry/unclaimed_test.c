#include "registry/fixture.h"
#include "registry/unclaimed.h"
#include "support/testing.h"

static struct certificate_new pending(struct registry_fixture *f, unsigned number) {
    struct certificate_new c = fixture_certificate(f, number);
    c.status = CERTIFICATE_PENDING_ACTIVATION;
    c.by_service = true;
    return c;
}

/* A pending certificate whose token, "<number>…", expires at that time. */
static struct unclaimed make(struct registry_fixture *f, unsigned number, int64_t expires_ms) {
    struct certificate_new c = pending(f, number);
    struct unclaimed u = {expires_ms, fixture_id(f, number + 1000), c.id};
    CHECK_OK(certificate_register(&f->r, &c, NULL));
    CHECK_OK(unclaimed_save(&f->r, &u));
    return u;
}

static bool is_there(struct registry_fixture *f, const struct unclaimed *u) {
    struct certificate_record c;
    return certificate_load(&f->r, u->certificate_id, &c) == OK;
}

static void is_used(struct registry_fixture *f) {
    struct unclaimed one = make(f, 1, 5000), got;
    CHECK_OK(unclaimed_load(&f->r, 5000, one.digest, &got));
    CHECK_BYTES(got.certificate_id, one.certificate_id);
    CHECK(unclaimed_load(&f->r, 5001, one.digest, &got) == E_NOT_FOUND);
    CHECK(unclaimed_load(&f->r, 5000, fixture_id(f, 7), &got) == E_NOT_FOUND);
    struct registry other = fixture_other_account(f);
    CHECK(unclaimed_load(&other, 5000, one.digest, &got) == E_NOT_FOUND);
    CHECK_OK(unclaimed_remove(&f->r, &one));
    CHECK(unclaimed_load(&f->r, 5000, one.digest, &got) == E_NOT_FOUND);
}
TEST(a_token_is_found_by_time_and_digest_in_its_account_until_used) { /* [AWS identity 8.2] */
    registry_fixture_each(is_used);
}

static void is_swept(struct registry_fixture *f) {
    struct unclaimed late = make(f, 1, 9000), early = make(f, 2, 5000), active = make(f, 3, 5000),
                     attached = make(f, 4, 5000), gone = make(f, 5, 5000);
    size_t count;
    CHECK_OK(certificate_update_status(&f->r, active.certificate_id, CERTIFICATE_ACTIVE));
    CHECK_OK(policy_create(&f->r, BYTES("p"), BYTES("{}"), NULL));
    CHECK_OK(policy_attach(&f->r, BYTES("p"), certificate_arn(&f->r, attached.certificate_id)));
    CHECK_OK(certificate_delete(&f->r, gone.certificate_id, false));
    CHECK_OK(unclaimed_sweep(&f->r, 4999, 100, &count));
    CHECK(count == 0 && is_there(f, &early));
    CHECK_OK(unclaimed_sweep(&f->r, 5000, 2, &count));
    CHECK_INT(count, 2);
    CHECK_OK(unclaimed_sweep(&f->r, 5000, 100, &count));
    CHECK_INT(count, 2);
    CHECK(!is_there(f, &early));
    CHECK(is_there(f, &active));
    CHECK(is_there(f, &attached));
    CHECK(is_there(f, &late));
    CHECK(unclaimed_load(&f->r, 5000, active.digest, &early) == E_NOT_FOUND);
    CHECK_OK(unclaimed_load(&f->r, 9000, late.digest, &early));
}
TEST(certificates_nobody_claimed_are_deleted_when_their_hour_is_over) { /* [AWS identity 8.2] */
    registry_fixture_each(is_swept);
}

TEST_MAIN("unclaimed")
