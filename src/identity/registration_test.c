#include "identity/registration.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "identity/material.h"
#include "identity/x509.h"
#include "registry/fixture.h"
#include "registry/registration_code.h"
#include "support/testing.h"

static struct registry_fixture f;
static const char *const ca_true[] = {"basicConstraints", "critical,CA:TRUE", NULL};

static void start(void) {
    struct store *s;
    CHECK_OK(store_open(&store_memory, "", &s));
    registry_fixture_init(&f, s);
}

static void done(void) {
    registry_fixture_done(&f);
    store_close(f.store);
}

static bytes pem_of(const struct recipe *r) {
    return material_pem(r, &f.arena);
}

static struct recipe ca_recipe(void) {
    return (struct recipe){.subject = "CN=Acme CA/O=Acme", .key = "RSA-2048", .more = ca_true};
}

static struct recipe leaf_recipe(void) {
    return (struct recipe){.subject = "CN=lamp",
                           .key = "P-256",
                           .issuer = "CN=Acme CA/O=Acme",
                           .signer = "RSA-2048",
                           .version = 1};
}

static const char *code(void) {
    bytes text;
    CHECK_OK(registration_code_ensure(&f.r, &text));
    return arena_string(&f.arena, text);
}

/* A verification certificate as walkthrough A makes it: version 1. */
static bytes proof_with(const char *common_name, const char *signer) {
    struct recipe r = leaf_recipe();
    r.subject = arena_printf(&f.arena, "CN=%s", common_name);
    r.signer = signer;
    return pem_of(&r);
}

static status register_ca(const struct ca_registration *ca, struct registered *out) {
    return register_ca_certificate(&f.r, ca, clock_wall_ms(), out);
}

static struct registered registered_ca(const struct recipe *r, bool active) {
    struct registered out;
    struct ca_registration ca = {
        .pem = pem_of(r), .mode = CERTIFICATE_MODE_SNI_ONLY, .active = active};
    CHECK_OK(register_ca(&ca, &out));
    return out;
}

static status register_leaf(bytes pem, bytes ca_pem, struct registered *out) {
    struct certificate_registration r = {.pem = pem, .ca_pem = ca_pem, .set_active = true};
    return register_certificate(&f.r, &r, clock_wall_ms(), out);
}

/* ---- CA certificates ---- */

TEST(a_ca_with_its_proof_is_registered) { /* walkthrough A, [AWS identity 2.3, 2.4] */
    start();
    struct recipe r = ca_recipe();
    struct registered out;
    struct ca_record record;
    struct ca_registration ca = {.pem = pem_of(&r), .verification = proof_with(code(), "RSA-2048")};
    CHECK_OK(register_ca(&ca, &out));
    CHECK_OK(ca_load(&f.r, out.id, &record));
    CHECK(!record.active && !record.auto_registration);
    CHECK_INT(record.mode, CERTIFICATE_MODE_DEFAULT);
    CHECK_BYTES(record.pem, ca.pem);
    CHECK(record.not_after_ms > clock_wall_ms() && record.not_before_ms < clock_wall_ms());
    CHECK_INT(out.id.len, X509_ID_CHARACTERS);
    CHECK_BYTES(out.arn,
                bytes_from(arena_printf(&f.arena, "arn:aws:iot:us-east-1:111111111111:cacert/%.*s",
                                        BYTES_ARG(out.id))));
    CHECK(register_ca(&ca, &out) == E_EXISTS);
    done();
}

TEST(a_ca_as_sni_only_needs_no_proof) { /* walkthrough B */
    start();
    struct recipe r = ca_recipe();
    struct registered out;
    struct ca_record record;
    struct ca_registration ca = {.pem = pem_of(&r),
                                 .mode = CERTIFICATE_MODE_SNI_ONLY,
                                 .verification = BYTES(" \n"), /* "absent or empty" */
                                 .active = true,
                                 .auto_registration = true};
    CHECK_OK(register_ca(&ca, &out));
    CHECK_OK(ca_load(&f.r, out.id, &record));
    CHECK(record.active && record.auto_registration);
    CHECK_INT(record.mode, CERTIFICATE_MODE_SNI_ONLY);
    done();
}

TEST(mode_and_proof_must_go_together) { /* [AWS identity 2.1, 12 row 10] */
    start();
    struct recipe r = ca_recipe();
    struct registered out;
    struct ca_registration ca = {.pem = pem_of(&r)};
    CHECK_FAILS(register_ca(&ca, &out), E_INVALID, "with certificateMode SNI_ONLY none is needed");
    ca.mode = CERTIFICATE_MODE_SNI_ONLY;
    ca.verification = proof_with(code(), "RSA-2048");
    CHECK_FAILS(register_ca(&ca, &out), E_INVALID, "does not go with certificateMode SNI_ONLY");
    done();
}

TEST(a_wrong_code_says_what_was_found_and_what_is_expected) { /* [AWS identity 2.3] */
    start();
    struct recipe r = ca_recipe();
    struct registered out;
    struct ca_registration ca = {.pem = pem_of(&r), .verification = proof_with("x", "RSA-2048")};
    CHECK_FAILS(register_ca(&ca, &out), E_REGISTRATION_CODE, "There is no registration code");
    const char *expected = arena_printf(&f.arena, "found is CN = x, expected is CN = %s", code());
    CHECK_FAILS(register_ca(&ca, &out), E_REGISTRATION_CODE, expected);
    char upper[65];
    strcpy(upper, code());
    for (char *c = upper; *c; c++)
        *c = (char)(*c >= 'a' ? *c - 32 : *c);
    ca.verification = proof_with(upper, "RSA-2048");
    CHECK_FAILS(register_ca(&ca, &out), E_REGISTRATION_CODE, "expected is CN = "); /* exact */
    done();
}

TEST(a_proof_by_another_key_or_name_or_time_is_refused) {
    start();
    struct recipe r = ca_recipe(), proof = leaf_recipe();
    struct registered out;
    struct ca_registration ca = {.pem = pem_of(&r),
                                 .verification = proof_with(code(), "RSA-2048#2")};
    CHECK_FAILS(register_ca(&ca, &out), E_CERTIFICATE_INVALID, "signature is by another key");
    proof.subject = arena_printf(&f.arena, "CN=%s", code());
    proof.issuer = "CN=Somebody";
    ca.verification = pem_of(&proof);
    CHECK_FAILS(register_ca(&ca, &out), E_CERTIFICATE_INVALID, "its issuer is CN = Somebody");
    proof.issuer = NULL;
    proof.signer = NULL; /* signed by itself */
    ca.verification = pem_of(&proof);
    CHECK_FAILS(register_ca(&ca, &out), E_CERTIFICATE_INVALID, "was not signed by the CA");
    proof = leaf_recipe();
    proof.subject = arena_printf(&f.arena, "CN=%s", code());
    proof.until_s = -60;
    ca.verification = pem_of(&proof);
    CHECK_FAILS(register_ca(&ca, &out), E_CERTIFICATE_INVALID, "has expired");
    ca.verification = BYTES("verificationCert.pem");
    CHECK_FAILS(register_ca(&ca, &out), E_CERTIFICATE_INVALID,
                "--verification-certificate file://verificationCert.pem");
    done();
}

static void check_refused_ca(const struct recipe *r, const char *part) {
    struct registered out;
    struct ca_registration ca = {.pem = pem_of(r), .mode = CERTIFICATE_MODE_SNI_ONLY};
    CHECK_FAILS(register_ca(&ca, &out), E_CERTIFICATE_INVALID, part);
}

TEST(unfit_cas_are_refused) { /* [AWS identity 2.4] */
    start();
    struct recipe r = ca_recipe();
    r.key = "RSA-1024";
    check_refused_ca(&r, "The key in the certificate is not valid");
    r = ca_recipe();
    r.until_s = -60;
    check_refused_ca(&r, "has expired");
    r = ca_recipe();
    r.more = NULL;
    check_refused_ca(&r, "does not have the basicConstraints extension as true");
    r.version = 1;
    check_refused_ca(&r, "does not have the basicConstraints extension as true");
    r = ca_recipe();
    r.digest = "SHA1";
    check_refused_ca(&r, "is signed with sha1WithRSAEncryption");
    struct registered out;
    struct ca_registration ca = {.pem = BYTES("rootCA.pem"), .mode = CERTIFICATE_MODE_SNI_ONLY};
    CHECK_FAILS(register_ca(&ca, &out), E_CERTIFICATE_INVALID,
                "write --ca-certificate file://rootCA.pem");
    done();
}

/* ---- client certificates ---- */

TEST(a_certificate_is_registered_under_the_ca_that_signed_it) { /* walkthrough A */
    start();
    struct recipe c = ca_recipe(), l = leaf_recipe();
    struct registered ca = registered_ca(&c, true), out;
    struct ca_record record;
    struct certificate_record certificate;
    CHECK_OK(ca_load(&f.r, ca.id, &record));
    CHECK_OK(register_leaf(pem_of(&l), record.pem, &out));
    CHECK_OK(certificate_load(&f.r, out.id, &certificate));
    CHECK_BYTES(certificate.ca_certificate_id, ca.id);
    CHECK_INT(certificate.status, CERTIFICATE_ACTIVE);
    CHECK_INT(certificate.mode, CERTIFICATE_MODE_SNI_ONLY); /* that of the CA */
    l.serial = "99";
    CHECK_OK(register_leaf(pem_of(&l), (bytes){0}, &out)); /* found by its issuer */
    CHECK_OK(certificate_load(&f.r, out.id, &certificate));
    CHECK_BYTES(certificate.ca_certificate_id, ca.id);
    CHECK_BYTES(out.arn,
                bytes_from(arena_printf(&f.arena, "arn:aws:iot:us-east-1:111111111111:cert/%.*s",
                                        BYTES_ARG(out.id))));
    done();
}

TEST(the_whole_chain_is_kept_and_the_first_block_counts) { /* [AWS identity 1.2] */
    start();
    struct recipe c = ca_recipe(), l = leaf_recipe();
    struct registered out, again;
    struct certificate_record certificate;
    registered_ca(&c, true);
    bytes leaf = pem_of(&l);
    AUTO(buf) chain = {0};
    buf_append(&chain, leaf);
    buf_append(&chain, pem_of(&c));
    CHECK_OK(register_leaf(buf_bytes(&chain), (bytes){0}, &out));
    CHECK_OK(certificate_load(&f.r, out.id, &certificate));
    CHECK_BYTES(certificate.pem, buf_bytes(&chain));
    CHECK_FAILS(register_leaf(leaf, (bytes){0}, &again), E_EXISTS,
                "The certificate is already provisioned or registered");
    done();
}

TEST(without_a_registered_ca_aws_says_this) { /* [AWS identity 1.7, control-plane 6.2] */
    static const char text[] = "No CA certificate exists for the given certificate";
    start();
    struct recipe c = ca_recipe(), l = leaf_recipe();
    struct registered out;
    CHECK_FAILS(register_leaf(pem_of(&l), pem_of(&c), &out), E_CERTIFICATE_STATE, text);
    CHECK_TEXT(failure_text(), text);
    CHECK_FAILS(register_leaf(pem_of(&l), (bytes){0}, &out), E_CERTIFICATE_STATE, text);
    CHECK_TEXT(failure_text(), text);
    done();
}

TEST(a_registered_ca_that_did_not_sign_is_told) {
    start();
    struct recipe c = ca_recipe(), l = leaf_recipe(), other = ca_recipe();
    struct registered out;
    other.subject = "CN=Other";
    bytes other_pem = pem_of(&other);
    struct ca_registration r = {
        .pem = other_pem, .mode = CERTIFICATE_MODE_SNI_ONLY, .active = true};
    CHECK_OK(register_ca(&r, &out));
    CHECK_FAILS(register_leaf(pem_of(&l), other_pem, &out), E_CERTIFICATE_INVALID,
                "its issuer is CN = Acme CA, O = Acme, the CA's subject is CN = Other");
    registered_ca(&c, true);
    l.signer = "RSA-2048#2";
    CHECK_FAILS(register_leaf(pem_of(&l), (bytes){0}, &out), E_CERTIFICATE_INVALID,
                "the signature is by another key");
    done();
}

TEST(an_inactive_ca_registers_nothing) { /* [AWS identity 2.6] */
    start();
    struct recipe c = ca_recipe(), l = leaf_recipe();
    struct registered out;
    registered_ca(&c, false);
    CHECK_FAILS(register_leaf(pem_of(&l), (bytes){0}, &out), E_CERTIFICATE_STATE, "INACTIVE");
    done();
}

TEST(among_cas_of_one_name_the_key_decides) { /* [AWS identity 2.7] */
    start();
    struct recipe one = ca_recipe(), two = ca_recipe(), l = leaf_recipe();
    struct registered out;
    struct certificate_record certificate;
    two.key = "RSA-2048#2";
    struct registered first = registered_ca(&one, true), second = registered_ca(&two, true);
    CHECK_OK(register_leaf(pem_of(&l), (bytes){0}, &out));
    CHECK_OK(certificate_load(&f.r, out.id, &certificate));
    CHECK_BYTES(certificate.ca_certificate_id, first.id);
    l.signer = "RSA-2048#2";
    CHECK_OK(register_leaf(pem_of(&l), (bytes){0}, &out));
    CHECK_OK(certificate_load(&f.r, out.id, &certificate));
    CHECK_BYTES(certificate.ca_certificate_id, second.id);
    done();
}

TEST(two_cas_of_one_name_and_key_conflict_unless_one_is_named_or_active) {
    start();
    struct recipe one = ca_recipe(), two = ca_recipe(), l = leaf_recipe();
    struct registered out;
    struct ca_record record;
    two.serial = "77"; /* renewed with the same key */
    struct registered first = registered_ca(&one, true), second = registered_ca(&two, true);
    CHECK_FAILS(register_leaf(pem_of(&l), (bytes){0}, &out), E_CERTIFICATE_CONFLICT,
                "2 registered CA certificates have the same subject (CN = Acme CA, O = Acme) and "
                "the same public key");
    CHECK_OK(ca_load(&f.r, second.id, &record));
    CHECK_OK(register_leaf(pem_of(&l), record.pem, &out));
    bool active = false;
    CHECK_OK(ca_update(&f.r, second.id, &(struct ca_changes){.active = &active}));
    l.serial = "78";
    struct certificate_record certificate;
    CHECK_OK(register_leaf(pem_of(&l), (bytes){0}, &out));
    CHECK_OK(certificate_load(&f.r, out.id, &certificate));
    CHECK_BYTES(certificate.ca_certificate_id, first.id);
    done();
}

static status register_with_status(bytes pem, enum certificate_status s, bool without_ca) {
    struct registered out;
    struct certificate_registration r = {.pem = pem, .set_active = true, .status = &s};
    return without_ca ? register_certificate_without_ca(&f.r, &r, clock_wall_ms(), &out)
                      : register_certificate(&f.r, &r, clock_wall_ms(), &out);
}

TEST(which_statuses_a_registration_may_ask_for) { /* [AWS identity 1.7, 3.2] */
    start();
    struct recipe c = ca_recipe(), l = leaf_recipe();
    registered_ca(&c, true);
    bytes pem = pem_of(&l);
    for (int without_ca = 0; without_ca < 2; without_ca++) {
        CHECK_FAILS(register_with_status(pem, CERTIFICATE_PENDING_ACTIVATION, without_ca),
                    E_CERTIFICATE_STATE,
                    "Not allowed to register certificate with PENDING_ACTIVATION status");
        CHECK_FAILS(register_with_status(pem, CERTIFICATE_PENDING_TRANSFER, without_ca),
                    E_CERTIFICATE_STATE, "PENDING_TRANSFER status");
        CHECK_FAILS(register_with_status(pem, CERTIFICATE_REGISTER_INACTIVE, without_ca),
                    E_CERTIFICATE_STATE, "REGISTER_INACTIVE status");
    }
    CHECK_OK(register_with_status(pem, CERTIFICATE_INACTIVE, false)); /* wins over setAsActive */
    struct x509_certificate leaf;
    struct certificate_record certificate;
    CHECK_OK(x509_parse_pem(pem, X509_DEVICE_CERTIFICATE, &leaf));
    CHECK_OK(certificate_load(&f.r, bytes_from(leaf.id), &certificate));
    CHECK_INT(certificate.status, CERTIFICATE_INACTIVE);
    x509_certificate_done(&leaf);
    l.serial = "71";
    CHECK_OK(register_with_status(pem_of(&l), CERTIFICATE_REVOKED, false));
    done();
}

TEST(without_a_ca_it_is_sni_only_whoever_signed_it) { /* [AWS identity 3.3], walkthrough E */
    start();
    struct recipe c = ca_recipe(), l = leaf_recipe();
    struct registered out;
    struct certificate_record certificate;
    registered_ca(&c, true);
    struct certificate_registration r = {.pem = pem_of(&l)};
    CHECK_OK(register_certificate_without_ca(&f.r, &r, clock_wall_ms(), &out));
    CHECK_OK(certificate_load(&f.r, out.id, &certificate));
    CHECK_INT(certificate.mode, CERTIFICATE_MODE_SNI_ONLY);
    CHECK_INT(certificate.status, CERTIFICATE_INACTIVE);
    CHECK_INT(certificate.ca_certificate_id.len, 0);
    done();
}

TEST(unfit_certificates_are_refused) { /* [AWS identity 1.3] */
    start();
    struct recipe l = leaf_recipe();
    struct registered out;
    l.key = "RSA-1024";
    CHECK_FAILS(register_leaf(pem_of(&l), (bytes){0}, &out), E_CERTIFICATE_INVALID,
                "The key in the certificate is not valid");
    l = leaf_recipe();
    l.until_s = -60;
    CHECK_FAILS(register_leaf(pem_of(&l), (bytes){0}, &out), E_CERTIFICATE_INVALID, "has expired");
    struct certificate_registration r = {.pem = pem_of(&l)};
    CHECK_FAILS(register_certificate_without_ca(&f.r, &r, clock_wall_ms(), &out),
                E_CERTIFICATE_INVALID, "has expired");
    CHECK_FAILS(register_leaf(BYTES("deviceCert.pem"), (bytes){0}, &out), E_CERTIFICATE_INVALID,
                "write --certificate-pem file://deviceCert.pem");
    l = leaf_recipe();
    CHECK_FAILS(register_leaf(pem_of(&l), BYTES("rootCA.pem"), &out), E_CERTIFICATE_INVALID,
                "write --ca-certificate-pem file://rootCA.pem");
    done();
}

TEST(issued_certificates_are_registered_without_ca_in_default_mode) { /* [AWS identity 1.1, 3.1] */
    char directory[] = "/tmp/kedge-registration-XXXXXX";
    struct issuer *issuer;
    struct registered out;
    struct certificate_record certificate;
    AUTO(issued) issued = {0};
    start();
    CHECK(mkdtemp(directory) != NULL);
    CHECK_OK(issuer_open(directory, &issuer));
    CHECK_OK(issuer_issue_keys(issuer, NULL, clock_wall_ms(), &issued));
    CHECK_OK(register_issued(&f.r, &issued, true, &out));
    CHECK_BYTES(out.id, bytes_from(issued.certificate.id));
    CHECK_OK(certificate_load(&f.r, out.id, &certificate));
    CHECK_INT(certificate.status, CERTIFICATE_ACTIVE);
    CHECK_INT(certificate.mode, CERTIFICATE_MODE_DEFAULT);
    CHECK_INT(certificate.ca_certificate_id.len, 0);
    CHECK_BYTES(certificate.pem, buf_bytes(&issued.pem));
    issuer_close(issuer);
    CHECK(system(arena_printf(&f.arena, "rm -r %s", directory)) == 0);
    done();
}

TEST_MAIN("identity/registration")
