#include "api/fixture.h"
#include "codec/json.h"
#include "identity/material.h"
#include "support/testing.h"

#define OTHER "222222222222"
#define OFFER "/transfer-certificate/"
#define TO(account) "?targetAwsAccount=" account

/* A second account, and the requests signed with its key. */
static struct signing other_account(struct fixture *f, struct access_key *key) {
    struct account account;
    struct txn *t;
    CHECK_OK(store_begin_write(f->store.store, &t));
    CHECK_OK(account_create(t, BYTES(OTHER), &account));
    CHECK_OK(access_key_load_first(t, BYTES(OTHER), key));
    CHECK_OK(store_commit(t));
    struct signing s = f->signing;
    s.access_key_id = key->id;
    s.secret = key->secret;
    return s;
}

static const char *register_lamp(struct fixture *f) {
    static const struct recipe lamp = {.subject = "CN=lamp", .key = "P-256"};
    CHECK_INT(ask(f, "POST", "/certificate/register-no-ca",
                  arena_printf(&f->arena, "{\"certificatePem\":%s}",
                               json_quoted(f, material_pem(&lamp, &f->arena)))),
              200);
    return arena_string(&f->arena, answered(f, "certificateId"));
}

static int send(struct fixture *f, const char *method, const char *path, const char *id,
                const char *query, const char *body) {
    return ask(f, method, arena_printf(&f->arena, "%s%s%s", path, id, query), body);
}

TEST(a_certificate_goes_to_another_account_by_offer_and_acceptance) { /* [AWS identity 3.4] */
    struct fixture f = fixture_open();
    struct access_key key;
    struct signing source = f.signing, target = other_account(&f, &key);
    const char *id = register_lamp(&f);
    CHECK_INT(send(&f, "PATCH", OFFER, id, TO(OTHER), "{\"transferMessage\":\"for the new line\"}"),
              200);
    CHECK_ANSWER(&f, "transferredCertificateArn",
                 arena_printf(&f.arena, "arn:aws:iot:" FIXTURE_REGION ":" OTHER ":cert/%s", id));
    CHECK_INT(ask(&f, "GET", "/certificates-out-going", NULL), 200);
    CHECK_ANSWER(&f, "outgoingCertificates.0.certificateId", id);
    CHECK_ANSWER(&f, "outgoingCertificates.0.transferredTo", OTHER);
    CHECK_ANSWER(&f, "outgoingCertificates.0.transferMessage", "for the new line");
    CHECK(answered_json(&f, "outgoingCertificates.0.transferDate")->type == JSON_NUMBER);
    f.signing = target;
    CHECK_INT(ask(&f, "GET", "/certificates", NULL), 200);
    CHECK_ANSWER(&f, "certificates.0.status", "PENDING_TRANSFER");
    CHECK_INT(send(&f, "GET", "/certificates/", id, "", NULL), 200);
    CHECK_ANSWER(&f, "certificateDescription.ownedBy", FIXTURE_ACCOUNT);
    CHECK_ANSWER(&f, "certificateDescription.transferData.transferMessage", "for the new line");
    CHECK_INT(send(&f, "PATCH", "/accept-certificate-transfer/", id, "?setAsActive=true", NULL),
              200);
    CHECK_INT(send(&f, "GET", "/certificates/", id, "", NULL), 200);
    CHECK_ANSWER(&f, "certificateDescription.status", "ACTIVE");
    CHECK_ANSWER(&f, "certificateDescription.ownedBy", OTHER);
    CHECK_ANSWER(&f, "certificateDescription.previousOwnedBy", FIXTURE_ACCOUNT);
    CHECK(answered_json(&f, "certificateDescription.transferData.acceptDate"));
    CHECK_INT(send(&f, "PATCH", "/accept-certificate-transfer/", id, "", NULL), 410);
    CHECK_REFUSED(&f, 410, "TransferAlreadyCompletedException", "already complete");
    f.signing = source;
    CHECK_INT(send(&f, "PATCH", "/cancel-certificate-transfer/", id, "", NULL), 410);
    CHECK_INT(send(&f, "GET", "/certificates/", id, "", NULL), 404);
    access_key_done(&key);
    fixture_done(&f);
}

TEST(a_rejected_transfer_tells_why_and_a_cancelled_one_is_over) { /* [AWS identity 3.4] */
    struct fixture f = fixture_open();
    struct access_key key;
    struct signing source = f.signing, target = other_account(&f, &key);
    const char *id = register_lamp(&f);
    CHECK_INT(send(&f, "PATCH", OFFER, id, TO(OTHER), "{}"), 200);
    f.signing = target;
    CHECK_INT(send(&f, "PATCH", "/reject-certificate-transfer/", id, "",
                   "{\"rejectReason\":\"not ours\"}"),
              200);
    f.signing = source;
    CHECK_INT(send(&f, "GET", "/certificates/", id, "", NULL), 200);
    CHECK_ANSWER(&f, "certificateDescription.status", "INACTIVE");
    CHECK_ANSWER(&f, "certificateDescription.transferData.rejectReason", "not ours");
    CHECK_INT(send(&f, "PATCH", OFFER, id, TO(OTHER), "{}"), 200);
    CHECK_INT(send(&f, "PATCH", "/cancel-certificate-transfer/", id, "", NULL), 200);
    f.signing = target;
    CHECK_INT(send(&f, "PATCH", "/reject-certificate-transfer/", id, "", "{}"), 410);
    CHECK_INT(ask(&f, "GET", "/certificates", NULL), 200);
    CHECK(!answered_json(&f, "certificates.0"));
    access_key_done(&key);
    fixture_done(&f);
}

TEST(a_transfer_that_cannot_be_is_refused_as_aws_does) { /* [AWS identity 0.2, 1.7] */
    struct fixture f = fixture_open();
    struct access_key key;
    (void)other_account(&f, &key);
    const char *id = register_lamp(&f);
    CHECK_INT(send(&f, "PATCH", OFFER, id, TO("999999999999"), "{}"), 404);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "kedge account create --id 999999999999");
    CHECK_INT(send(&f, "PATCH", OFFER, id, TO(FIXTURE_ACCOUNT), "{}"), 400);
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "another one");
    CHECK_INT(send(&f, "PUT", "/certificates/", id, "?newStatus=ACTIVE", NULL), 200);
    CHECK_INT(send(&f, "PATCH", OFFER, id, TO(OTHER), "{}"), 406);
    CHECK_REFUSED(&f, 406, "CertificateStateException", "only an INACTIVE one");
    CHECK_INT(send(&f, "PUT", "/certificates/", id, "?newStatus=INACTIVE", NULL), 200);
    CHECK_INT(ask(&f, "POST", "/policies/p",
                  "{\"policyDocument\":\"{\\\"Version\\\":\\\"2012-10-17\\\","
                  "\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\",\\\"Action\\\":\\\"iot:*\\\","
                  "\\\"Resource\\\":\\\"*\\\"}]}\"}"),
              200);
    CHECK_INT(ask(&f, "PUT", "/target-policies/p",
                  arena_printf(&f.arena, "{\"target\":\"" FIXTURE_ARN("cert/%s") "\"}", id)),
              200);
    CHECK_INT(send(&f, "PATCH", OFFER, id, TO(OTHER), "{}"), 409);
    CHECK_REFUSED(&f, 409, "TransferConflictException", "authorization policies");
    access_key_done(&key);
    fixture_done(&f);
}

TEST_MAIN("api/transfers")
