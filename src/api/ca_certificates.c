/* CA certificates and the registration code [AWS identity 2]. */
#include "api/certificates.h"
#include "api/decode.h"
#include "api/encode.h"
#include "api/handlers.h"
#include "api/tags.h"
#include "identity/registration.h"
#include "provisioning/jitp.h"
#include "registry/registration_code.h"

status get_registration_code(struct call *c) {
    bytes code;
    TRY(registration_code_ensure(&c->registry, &code));
    put_text(c->out, M_REGISTRATION_CODE, code);
    return OK;
}

status delete_registration_code(struct call *c) {
    return registration_code_delete(&c->registry);
}

/* A registrationConfig is checked when it is stored [AWS identity 2.4], and kept as its JSON. */
static status registration_config_in(const struct call *c, bytes *out_json,
                                     bytes *out_template_name) {
    const struct record *record = get_record(c->in, M_REGISTRATION_CONFIG);
    struct registration_config config = {
        .template_body = get_text(record, M_TEMPLATE_BODY),
        .role_arn = get_text(record, M_ROLE_ARN),
        .template_name = get_text(record, M_TEMPLATE_NAME),
    };
    AUTO(buf) json = {0};
    *out_json = *out_template_name = (bytes){0};
    if (!record)
        return OK;
    TRY(registration_config_check(&c->registry, &config));
    encode_output(record, &json);
    *out_json = arena_copy(c->arena, buf_bytes(&json));
    *out_template_name = config.template_name;
    return OK;
}

/* A CA that is registered already is named by the error: the id follows from its text. One that
 * another account holds has no ARN here. */
static void name_existing(struct call *c, bytes pem) {
    AUTO(x509_certificate) certificate = {0};
    bool registered;
    if (x509_parse_pem(pem, X509_CA_CERTIFICATE, &certificate) != OK ||
        ca_is_registered(&c->registry, bytes_from(certificate.id), &registered) != OK ||
        !registered)
        return;
    c->resource_id = arena_copy(c->arena, bytes_from(certificate.id));
    c->resource_arn = ca_arn(&c->registry, c->resource_id);
}

status register_ca(struct call *c) {
    struct ca_registration ca = {
        .pem = get_text(c->in, M_CA_CERTIFICATE),
        .verification = get_text(c->in, M_VERIFICATION_CERTIFICATE),
        .active = get_flag(c->in, M_SET_AS_ACTIVE),
        .auto_registration = get_flag(c->in, M_ALLOW_AUTO_REGISTRATION),
    };
    struct registered registered;
    if (has(c->in, M_CERTIFICATE_MODE))
        TRY(certificate_mode_parse(get_text(c->in, M_CERTIFICATE_MODE), &ca.mode));
    TRY(registration_config_in(c, &ca.registration_config, &ca.template_name));
    status s = register_ca_certificate(&c->registry, &ca, c->now_ms, &registered);
    if (s == E_EXISTS)
        name_existing(c, ca.pem);
    TRY(s);
    TRY(put_new_tags(c, registered.arn));
    put_text(c->out, M_CERTIFICATE_ARN, registered.arn);
    put_text(c->out, M_CERTIFICATE_ID, registered.id);
    return OK;
}

static const char *ca_status(const struct ca_record *ca) {
    return ca->active ? "ACTIVE" : "INACTIVE";
}

static void put_ca(struct call *c, struct record *out, const struct ca_record *ca) {
    put_text(out, M_CERTIFICATE_ARN, ca_arn(&c->registry, ca->id));
    put_text(out, M_CERTIFICATE_ID, ca->id);
    put_string(out, M_STATUS, ca_status(ca));
    put_text(out, M_CERTIFICATE_PEM, ca->pem);
    put_text(out, M_OWNED_BY, ca->owned_by);
    put_time(out, M_CREATION_DATE, ca->created_ms);
    put_string(out, M_AUTO_REGISTRATION_STATUS, ca->auto_registration ? "ENABLE" : "DISABLE");
    put_time(out, M_LAST_MODIFIED_DATE, ca->modified_ms);
    put_number(out, M_CUSTOMER_VERSION, (int64_t)ca->customer_version);
    put_text(out, M_GENERATION_ID, ca->generation_id);
    put_validity(out, ca->not_before_ms, ca->not_after_ms);
    put_string(out, M_CERTIFICATE_MODE, certificate_mode_name(ca->mode));
}

/* Left out when none is set [AWS identity 2.5]. */
static status put_registration_config(struct call *c, bytes json) {
    if (!json.len)
        return OK;
    return decode_structure_text(json, put_record(c->out, M_REGISTRATION_CONFIG));
}

status describe_ca(struct call *c) {
    struct ca_record ca;
    TRY(ca_load(&c->registry, get_text(c->in, M_CERTIFICATE_ID), &ca));
    put_ca(c, put_record(c->out, M_CERTIFICATE_DESCRIPTION), &ca);
    return put_registration_config(c, ca.registration_config);
}

status list_cas(struct call *c) {
    struct page page = call_page(c);
    struct ca_list list;
    TRY(ca_list(&c->registry, get_text(c->in, M_TEMPLATE_NAME), &page, &list));
    struct items *certificates = put_list(c->out, M_CERTIFICATES);
    for (size_t i = 0; i < list.count; i++) {
        struct record *out = add_record(certificates);
        put_text(out, M_CERTIFICATE_ARN, ca_arn(&c->registry, list.items[i].id));
        put_text(out, M_CERTIFICATE_ID, list.items[i].id);
        put_string(out, M_STATUS, ca_status(&list.items[i]));
        put_time(out, M_CREATION_DATE, list.items[i].created_ms);
    }
    call_put_next(c, list.next);
    return OK;
}

/* NULL when the member is absent: the model has checked that it is one of two words. */
static const bool *choice_in(const struct call *c, unsigned member, bytes yes, bool *storage) {
    if (!has(c->in, member))
        return NULL;
    *storage = bytes_equal(get_text(c->in, member), yes);
    return storage;
}

status update_ca(struct call *c) {
    bool active, auto_registration;
    struct ca_changes changes = {
        .active = choice_in(c, M_NEW_STATUS, BYTES("ACTIVE"), &active),
        .auto_registration =
            choice_in(c, M_NEW_AUTO_REGISTRATION_STATUS, BYTES("ENABLE"), &auto_registration),
        .remove_auto_registration = get_flag(c->in, M_REMOVE_AUTO_REGISTRATION),
    };
    TRY(registration_config_in(c, &changes.registration_config, &changes.template_name));
    return ca_update(&c->registry, get_text(c->in, M_CERTIFICATE_ID), &changes);
}

status delete_ca(struct call *c) {
    return ca_delete(&c->registry, get_text(c->in, M_CERTIFICATE_ID));
}
