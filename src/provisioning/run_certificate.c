#include "provisioning/internal.h"

static status issue(struct run *run, struct registered *out) {
    const struct plan_certificate *wanted = run->plan->certificate;
    TRY(run_may(run, "iot:CreateCertificateFromCsr", BYTES("*")));
    TRY(register_issued(run->registry, run->issued, wanted->active, out));
    run->out.certificate_pem = arena_copy(run->registry->arena, buf_bytes(&run->issued->pem));
    return OK;
}

/* A certificate that is registered: its status changes as OverrideSettings say; but one that waits
 * for its activation gets the template's, whatever they say [AWS identity 7.3]. */
static status settle_status(struct run *run, const struct certificate_record *existing) {
    const struct plan_certificate *wanted = run->plan->certificate;
    enum certificate_status to = wanted->active ? CERTIFICATE_ACTIVE : CERTIFICATE_INACTIVE;
    bool is_new = existing->status == CERTIFICATE_PENDING_ACTIVATION;
    if (existing->status == to || (wanted->on_status == OVERRIDE_DO_NOTHING && !is_new))
        return OK;
    if (wanted->on_status != OVERRIDE_REPLACE && !is_new)
        return RUN_CONFLICT(
            "ResourceConflictsException: the certificate %.*s is %s, the template says %s, and its "
            "OverrideSettings do not replace the Status",
            BYTES_ARG(existing->id), certificate_status_name(existing->status),
            certificate_status_name(to));
    TRY(run_may(run, "iot:UpdateCertificate", certificate_arn(run->registry, existing->id)));
    return certificate_update_status(run->registry, existing->id, to);
}

static status take_existing(struct run *run, const struct certificate_record *existing,
                            struct registered *out) {
    TRY(settle_status(run, existing));
    run->out.certificate_pem = existing->pem;
    *out = (struct registered){certificate_arn(run->registry, existing->id), existing->id,
                               existing->not_before_ms};
    return OK;
}

static status find(struct run *run, struct registered *out) {
    bytes id = run->plan->certificate->id;
    struct certificate_record existing;
    status s = certificate_load(run->registry, id, &existing);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "The certificate %.*s is not registered",
                    BYTES_ARG(bytes_slice(id, 0, CERTIFICATE_ID_LEN)));
    TRY(s);
    return take_existing(run, &existing, out);
}

static status register_pem(struct run *run, struct registered *out) {
    const struct plan_certificate *wanted = run->plan->certificate;
    const struct certificate_registration registration = {
        .pem = wanted->pem, .ca_pem = wanted->ca_pem, .set_active = wanted->active};
    AUTO(x509_certificate) certificate = {0};
    struct certificate_record existing;
    TRY(x509_parse_pem(wanted->pem, X509_DEVICE_CERTIFICATE, &certificate));
    status s = certificate_load(run->registry, bytes_from(certificate.id), &existing);
    if (s == OK)
        return take_existing(run, &existing, out);
    if (s != E_NOT_FOUND)
        return s;
    run->out.certificate_pem = wanted->pem;
    TRY(run_may(run, "iot:RegisterCertificate", BYTES("*")));
    return register_certificate(run->registry, &registration, run->options->now_ms, out);
}

status run_certificate(struct run *run) {
    const struct plan_certificate *wanted = run->plan->certificate;
    struct registered registered = {0};
    if (wanted->csr.ptr)
        TRY(issue(run, &registered));
    else if (wanted->pem.ptr)
        TRY(register_pem(run, &registered));
    else
        TRY(find(run, &registered));
    run->out.certificate_id = registered.id;
    run->out.certificate_arn = registered.arn;
    run_add_resource(run, wanted->logical_id, registered.arn);
    return OK;
}
