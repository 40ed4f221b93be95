/* Client certificates: issued here, or registered [AWS identity 1, 3]. */
#include "api/certificates.h"

#include "api/handlers.h"
#include "base/clock.h"
#include "base/log.h"
#include "identity/registration.h"
#include "provisioning/certificate_source.h"

/* Keys and signatures take long: before the transaction. */
status issue_keys(struct call *c) {
    return issuer_issue_keys(c->config->issuer, c->config->keys, c->now_ms, &c->issued);
}

status issue_csr(struct call *c) {
    struct certificate_source source = {c->config->store, c->config->issuer, c->config->functions,
                                        c->registry.region};
    struct certificate_request request = {
        .account = c->registry.account,
        .csr = get_text(c->in, M_CERTIFICATE_SIGNING_REQUEST),
        .principal_id = c->caller->arn,
    };
    return certificate_source_issue(&source, &request, c->now_ms, c->arena, &c->issued);
}

/* A beginning a little ahead is accepted with a warning [AWS identity 1.3], which goes to the log:
 * AWS's answers have no place for it. */
static void warn_if_early(const struct call *c, const struct registered *certificate) {
    char begins[25];
    struct log_line l;
    if (certificate->not_before_ms <= c->now_ms ||
        !log_begin(&l, LOG_WARN, "certificate.not_yet_valid"))
        return;
    clock_format(certificate->not_before_ms, begins);
    log_bytes(&l, "accountId", c->registry.account);
    log_bytes(&l, "certificateId", certificate->id);
    log_text(&l, "notBefore", begins);
    log_text(&l, "message",
             "The certificate was registered, but its device is refused until it begins: check the "
             "clock of the machine that signed it");
    log_end(&l);
}

static status put_registered(struct call *c, const struct registered *certificate) {
    warn_if_early(c, certificate);
    put_text(c->out, M_CERTIFICATE_ARN, certificate->arn);
    put_text(c->out, M_CERTIFICATE_ID, certificate->id);
    return OK;
}

void put_key_pair(struct call *c) {
    struct record *pair = put_record(c->out, M_KEY_PAIR);
    put_text(pair, M_PUBLIC_KEY, buf_bytes(&c->issued.public_key_pem));
    put_text(pair, M_PRIVATE_KEY, buf_bytes(&c->issued.private_key_pem));
}

status register_issued_certificate(struct call *c) {
    struct registered certificate;
    TRY(register_issued(&c->registry, &c->issued, get_flag(c->in, M_SET_AS_ACTIVE), &certificate));
    put_text(c->out, M_CERTIFICATE_PEM, buf_bytes(&c->issued.pem));
    if (c->issued.private_key_pem.len)
        put_key_pair(c);
    return put_registered(c, &certificate);
}

/* What both forms of registering take; set_active stays false where the operation has none. */
static status registration_in(const struct call *c, struct certificate_registration *out,
                              enum certificate_status *storage) {
    *out = (struct certificate_registration){.pem = get_text(c->in, M_CERTIFICATE_PEM)};
    if (!has(c->in, M_STATUS))
        return OK;
    TRY(certificate_status_parse(get_text(c->in, M_STATUS), storage));
    out->status = storage;
    return OK;
}

/* A certificate that is registered already is named by the error: the id follows from its text. One
 * that another account holds, or offers, has no ARN here. */
static void name_existing(struct call *c, bytes pem) {
    AUTO(x509_certificate) certificate = {0};
    bool registered;
    if (x509_parse_pem(pem, X509_DEVICE_CERTIFICATE, &certificate) != OK ||
        certificate_is_registered(&c->registry, bytes_from(certificate.id), &registered) != OK ||
        !registered)
        return;
    c->resource_id = arena_copy(c->arena, bytes_from(certificate.id));
    c->resource_arn = certificate_arn(&c->registry, c->resource_id);
}

status register_certificate_with_ca(struct call *c) {
    struct certificate_registration certificate;
    enum certificate_status storage;
    struct registered registered;
    TRY(registration_in(c, &certificate, &storage));
    certificate.ca_pem = get_text(c->in, M_CA_CERTIFICATE_PEM);
    certificate.set_active = get_flag(c->in, M_SET_AS_ACTIVE);
    status s = register_certificate(&c->registry, &certificate, c->now_ms, &registered);
    if (s == E_EXISTS)
        name_existing(c, certificate.pem);
    TRY(s);
    return put_registered(c, &registered);
}

status register_certificate_alone(struct call *c) {
    struct certificate_registration certificate;
    enum certificate_status storage;
    struct registered registered;
    TRY(registration_in(c, &certificate, &storage));
    status s = register_certificate_without_ca(&c->registry, &certificate, c->now_ms, &registered);
    if (s == E_EXISTS)
        name_existing(c, certificate.pem);
    TRY(s);
    return put_registered(c, &registered);
}

static void put_time_if(struct record *out, unsigned member, int64_t wall_ms) {
    if (wall_ms)
        put_time(out, member, wall_ms);
}

void put_validity(struct record *out, int64_t not_before_ms, int64_t not_after_ms) {
    struct record *validity = put_record(out, M_VALIDITY);
    put_time(validity, M_NOT_BEFORE, not_before_ms);
    put_time(validity, M_NOT_AFTER, not_after_ms);
}

/* An empty object when there never was a transfer [AWS identity 1.5]. */
static void put_transfer(struct record *out, const struct certificate_record *certificate) {
    struct record *transfer = put_record(out, M_TRANSFER_DATA);
    put_text(transfer, M_TRANSFER_MESSAGE, certificate->transfer.message);
    put_text(transfer, M_REJECT_REASON, certificate->transfer.reject_reason);
    put_time_if(transfer, M_TRANSFER_DATE, certificate->transfer.transferred_ms);
    put_time_if(transfer, M_ACCEPT_DATE, certificate->transfer.accepted_ms);
    put_time_if(transfer, M_REJECT_DATE, certificate->transfer.rejected_ms);
}

status describe_certificate(struct call *c) {
    struct certificate_record certificate;
    TRY(certificate_load(&c->registry, get_text(c->in, M_CERTIFICATE_ID), &certificate));
    struct record *out = put_record(c->out, M_CERTIFICATE_DESCRIPTION);
    put_text(out, M_CERTIFICATE_ARN, certificate_arn(&c->registry, certificate.id));
    put_text(out, M_CERTIFICATE_ID, certificate.id);
    put_text(out, M_CA_CERTIFICATE_ID, certificate.ca_certificate_id);
    put_string(out, M_STATUS, certificate_status_name(certificate.status));
    put_text(out, M_CERTIFICATE_PEM, certificate.pem);
    put_text(out, M_OWNED_BY, certificate.owned_by);
    put_text(out, M_PREVIOUS_OWNED_BY, certificate.previous_owned_by);
    put_time(out, M_CREATION_DATE, certificate.created_ms);
    put_time(out, M_LAST_MODIFIED_DATE, certificate.modified_ms);
    put_number(out, M_CUSTOMER_VERSION, (int64_t)certificate.customer_version);
    put_transfer(out, &certificate);
    put_text(out, M_GENERATION_ID, certificate.generation_id);
    put_validity(out, certificate.not_before_ms, certificate.not_after_ms);
    put_string(out, M_CERTIFICATE_MODE, certificate_mode_name(certificate.mode));
    return OK;
}

static status put_certificates(struct call *c, const struct certificate_list *list) {
    struct items *certificates = put_list(c->out, M_CERTIFICATES);
    for (size_t i = 0; i < list->count; i++) {
        const struct certificate_record *certificate = &list->items[i];
        struct record *out = add_record(certificates);
        put_text(out, M_CERTIFICATE_ARN, certificate_arn(&c->registry, certificate->id));
        put_text(out, M_CERTIFICATE_ID, certificate->id);
        put_string(out, M_STATUS, certificate_status_name(certificate->status));
        put_string(out, M_CERTIFICATE_MODE, certificate_mode_name(certificate->mode));
        put_time(out, M_CREATION_DATE, certificate->created_ms);
    }
    call_put_next(c, list->next);
    return OK;
}

status list_certificates(struct call *c) {
    struct page page = call_page(c);
    struct certificate_list list;
    TRY(certificate_list(&c->registry, &page, &list));
    return put_certificates(c, &list);
}

status list_certificates_by_ca(struct call *c) {
    struct page page = call_page(c);
    struct certificate_list list;
    TRY(certificate_list_by_ca(&c->registry, get_text(c->in, M_CA_CERTIFICATE_ID), &page, &list));
    return put_certificates(c, &list);
}

status update_certificate(struct call *c) {
    enum certificate_status to;
    TRY(certificate_status_parse(get_text(c->in, M_NEW_STATUS), &to));
    return certificate_update_status(&c->registry, get_text(c->in, M_CERTIFICATE_ID), to);
}

status delete_certificate(struct call *c) {
    return certificate_delete(&c->registry, get_text(c->in, M_CERTIFICATE_ID),
                              get_flag(c->in, M_FORCE_DELETE));
}
