/* Registering a CA certificate [AWS identity 2.1, 2.3, 2.4]. */
#include "identity/registration.h"
#include "registry/registration_code.h"

/* [AWS identity 2.1]: DEFAULT needs the proof that one has the CA's key, SNI_ONLY takes none. */
static status check_mode(const struct ca_registration *ca) {
    bool has_proof = bytes_trim(ca->verification).len > 0;
    if (ca->mode == CERTIFICATE_MODE_DEFAULT && !has_proof)
        return FAIL(E_INVALID,
                    "verificationCertificate is missing: with certificateMode DEFAULT send a "
                    "certificate whose common name is the code of aws iot get-registration-code, "
                    "signed by the CA; with certificateMode SNI_ONLY none is needed");
    if (ca->mode == CERTIFICATE_MODE_SNI_ONLY && has_proof)
        return FAIL(E_INVALID, "verificationCertificate does not go with certificateMode SNI_ONLY: "
                               "leave it out, or use certificateMode DEFAULT");
    return OK;
}

static status check_ca(const struct x509_certificate *ca, int64_t now_ms) {
    TRY(x509_check_ca(ca));
    TRY(x509_check_quality(ca));
    return x509_check_validity(ca, now_ms);
}

static bool is_named(const struct x509_certificate *c, bytes common_name) {
    for (size_t i = 0; i < c->names.subject.count; i++)
        if (c->names.subject.items[i].name == X509_NAME_COMMON_NAME &&
            bytes_equal(c->names.subject.items[i].value, common_name))
            return true;
    return false;
}

static status check_code(const struct registry *registry, const struct x509_certificate *proof) {
    bytes code;
    status s = registration_code_load(registry, &code);
    if (s == E_NOT_FOUND)
        return FAIL(E_REGISTRATION_CODE,
                    "There is no registration code in this account: get one with aws iot "
                    "get-registration-code and make a verification certificate with it as common "
                    "name (the subject found is %s)",
                    proof->subject);
    TRY(s);
    if (!is_named(proof, code))
        return FAIL(E_REGISTRATION_CODE,
                    "The common name of the verification certificate is not the registration code: "
                    "the subject found is %s, expected is CN = %.*s (aws iot "
                    "get-registration-code)",
                    proof->subject, BYTES_ARG(code));
    return OK;
}

static status check_proof(const struct registry *registry, const struct ca_registration *r,
                          const struct x509_certificate *ca, int64_t now_ms) {
    AUTO(x509_certificate) proof = {0};
    if (r->mode == CERTIFICATE_MODE_SNI_ONLY)
        return OK;
    TRY(x509_parse_pem(r->verification, X509_VERIFICATION_CERTIFICATE, &proof));
    TRY(x509_check_signed_by(&proof, ca));
    TRY(check_code(registry, &proof));
    return x509_check_validity(&proof, now_ms);
}

static status save(const struct registry *registry, const struct ca_registration *r,
                   const struct x509_certificate *ca, struct registered *out) {
    struct ca_record record = {
        .id = arena_copy(registry->arena, bytes_from(ca->id)),
        .pem = r->pem,
        .active = r->active,
        .auto_registration = r->auto_registration,
        .mode = r->mode,
        .subject = bytes_of(ca->subject_hash.sha256, sizeof ca->subject_hash.sha256),
        .not_before_ms = ca->not_before_ms,
        .not_after_ms = ca->not_after_ms,
        .registration_config = r->registration_config,
        .template_name = r->template_name,
    };
    TRY(ca_register(registry, &record, NULL));
    *out = (struct registered){ca_arn(registry, record.id), record.id, ca->not_before_ms};
    return OK;
}

status register_ca_certificate(const struct registry *registry, const struct ca_registration *r,
                               int64_t now_ms, struct registered *out_ca) {
    AUTO(x509_certificate) ca = {0};
    TRY(check_mode(r));
    TRY(x509_parse_pem(r->pem, X509_CA_CERTIFICATE, &ca));
    TRY(check_ca(&ca, now_ms));
    TRY(check_proof(registry, r, &ca, now_ms));
    return save(registry, r, &ca, out_ca);
}
