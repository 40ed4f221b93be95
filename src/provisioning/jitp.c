#include "provisioning/jitp.h"
#include "codec/json.h"
#include "registry/arn.h"
#include "registry/provisioning_template.h"
#include "template/template.h"

#include <stdio.h>

/* ---- the template of a CA ---- */

/* The default version of a template of type JITP [AWS identity 6.3]. */
static status load_named(const struct registry *r, bytes name,
                         struct provisioning_template *out_template) {
    TRY(provisioning_template_load(r, name, out_template));
    if (out_template->type != PROVISIONING_TEMPLATE_JITP)
        return FAIL(E_INVALID,
                    "Provisioning template %.*s is of type FLEET_PROVISIONING: the "
                    "template of a CA is of type JITP",
                    BYTES_ARG(name));
    return OK;
}

/* What is run, and under which role. */
struct script {
    bytes body, role_arn;
};

static status load_enabled(const struct registry *r, bytes name, struct script *out_script) {
    struct provisioning_template template;
    TRY(load_named(r, name, &template));
    if (!template.enabled)
        return FAIL(E_INVALID, "Provisioning template %.*s is disabled", BYTES_ARG(name));
    *out_script = (struct script){template.body, template.role_arn};
    return OK;
}

static status script_of(const struct registry *r, bytes config, struct script *out_script) {
    const struct json *json;
    TRY(json_parse(r->arena, config, &json));
    const struct json *body = json_member(json, BYTES("templateBody"));
    const struct json *name = json_member(json, BYTES("templateName"));
    const struct json *role = json_member(json, BYTES("roleArn"));
    if (json_is_string(name))
        return load_enabled(r, name->text, out_script);
    if (!json_is_string(body))
        return FAIL(E_INTERNAL, "A stored registrationConfig has neither template body nor name");
    *out_script = (struct script){body->text, json_is_string(role) ? role->text : (bytes){0}};
    return OK;
}

static status check_body(const struct registry *r, const struct registration_config *config) {
    const struct template *template;
    if (!config->role_arn.ptr)
        return FAIL(E_INVALID, "registrationConfig has a templateBody, which needs a roleArn");
    TRY(role_arn_check(config->role_arn));
    return template_parse(r->arena, config->template_body, TEMPLATE_JITP, &template);
}

status registration_config_check(const struct registry *registry,
                                 const struct registration_config *config) {
    struct provisioning_template template;
    if (config->template_name.ptr && (config->template_body.ptr || config->role_arn.ptr))
        return FAIL(E_INVALID, "registrationConfig has a templateName, which goes without "
                               "templateBody and roleArn: the template has its own");
    if (config->template_name.ptr)
        return load_named(registry, config->template_name, &template);
    if (!config->template_body.ptr)
        return FAIL(E_INVALID, "registrationConfig needs a templateBody or a templateName");
    return check_body(registry, config);
}

/* ---- a device's run ---- */

/* [AWS identity 6.1] */
static const struct {
    const char *parameter;
    enum x509_name name;
} subject_parameters[] = {
    {"AWS::IoT::Certificate::Country", X509_NAME_COUNTRY},
    {"AWS::IoT::Certificate::Organization", X509_NAME_ORGANIZATION},
    {"AWS::IoT::Certificate::OrganizationalUnit", X509_NAME_ORGANIZATIONAL_UNIT},
    {"AWS::IoT::Certificate::DistinguishedNameQualifier", X509_NAME_DN_QUALIFIER},
    {"AWS::IoT::Certificate::StateName", X509_NAME_STATE},
    {"AWS::IoT::Certificate::CommonName", X509_NAME_COMMON_NAME},
    {"AWS::IoT::Certificate::SerialNumber", X509_NAME_SERIAL_NUMBER},
};

static struct template_parameters parameters_of(struct arena *a, const struct jitp_device *device) {
    struct plan_pair *pairs = ARENA_ARRAY(a, struct plan_pair, COUNT_OF(subject_parameters) + 1);
    size_t count = 0;
    pairs[count++] = (struct plan_pair){BYTES("AWS::IoT::Certificate::Id"), device->certificate_id};
    for (size_t i = 0; i < COUNT_OF(subject_parameters); i++) {
        bytes value = x509_names_find(&device->names->subject, subject_parameters[i].name, 0);
        if (value.ptr)
            pairs[count++] = (struct plan_pair){bytes_from(subject_parameters[i].parameter), value};
    }
    return (struct template_parameters){pairs, count};
}

static status make_plan(const struct registry *r, const struct jitp_device *device,
                        struct plan *out_plan, bytes *out_role_arn) {
    struct template_parameters parameters = parameters_of(r->arena, device);
    const struct template *template;
    struct script script;
    TRY(script_of(r, device->registration_config, &script));
    *out_role_arn = script.role_arn;
    TRY(template_parse(r->arena, script.body, TEMPLATE_JITP, &template));
    TRY(template_evaluate(template, &parameters, r->arena, out_plan));
    if (bytes_equal(out_plan->certificate->id, device->certificate_id))
        return OK;
    return FAIL(E_INVALID,
                "Resources.%.*s: CertificateId must be {\"Ref\": \"AWS::IoT::Certificate::Id\"}, "
                "the certificate that connects",
                BYTES_ARG(out_plan->certificate->logical_id));
}

/* In the write transaction. Another connection may have been faster. */
static status run_plan(const struct registry *r, const struct jitp_device *device,
                       const struct plan *plan, const struct provisioning_options *options,
                       struct provisioned *out) {
    struct certificate_record certificate;
    struct issued none = {0};
    TRY(certificate_load(r, device->certificate_id, &certificate));
    if (certificate.status != CERTIFICATE_PENDING_ACTIVATION)
        return OK;
    TRY(provisioning_register_thing(r, plan, &none, options, out));
    return jitp_failure_remove(r, device->certificate_id);
}

static status in_transaction(struct store *store, struct registry *r,
                             const struct jitp_device *device, const struct plan *plan,
                             const struct provisioning_options *options, struct provisioned *out) {
    TRY(store_begin_write(store, &r->txn));
    status s = run_plan(r, device, plan, options, out);
    if (s == OK)
        return store_commit(TAKE(r->txn));
    store_rollback(TAKE(r->txn));
    return s;
}

static int64_t pause_ms(const struct jitp_failure *last) {
    int64_t pause = JITP_PAUSE_MS_MIN;
    for (uint64_t i = 1; i < last->attempts && pause < JITP_PAUSE_MS_MAX; i++)
        pause *= 2;
    return pause < JITP_PAUSE_MS_MAX ? pause : JITP_PAUSE_MS_MAX;
}

/* Whether it is time for another attempt; out_last stays as it is when none has failed. */
static status check_pause(const struct registry *r, const struct jitp_device *device,
                          int64_t now_ms, struct jitp_failure *out_last) {
    status s = jitp_failure_load(r, device->certificate_id, out_last);
    if (s == E_NOT_FOUND)
        return OK;
    TRY(s);
    int64_t since_ms = now_ms - out_last->failed_ms;
    if (since_ms < 0 || since_ms >= pause_ms(out_last))
        return OK;
    return FAIL(E_THROTTLED, "%.*s (failed %llu times; tried again from %lld ms after the last)",
                BYTES_ARG(out_last->sentence), (unsigned long long)out_last->attempts,
                (long long)pause_ms(out_last));
}

static status prepare(struct store *store, struct registry *r, const struct jitp_device *device,
                      struct provisioning_options *options, struct jitp_failure *last,
                      struct plan *plan) {
    struct issued none = {0};
    TRY(store_begin_read(store, &r->txn));
    status s = check_pause(r, device, options->now_ms, last);
    if (s == OK)
        s = make_plan(r, device, plan, &options->role_arn);
    store_rollback(TAKE(r->txn));
    TRY(s);
    return provisioning_prepare(plan, options, &none); /* without a CSR it only checks */
}

static status keep_failure(struct store *store, struct registry *r,
                           const struct jitp_device *device, const struct jitp_failure *failure) {
    TRY(store_begin_write(store, &r->txn));
    status s = jitp_failure_save(r, device->certificate_id, failure);
    if (s == OK)
        return store_commit(TAKE(r->txn));
    store_rollback(TAKE(r->txn));
    return s;
}

status jitp_provision(struct store *store, const struct registry *registry,
                      const struct jitp_device *device, const struct provisioning_options *options,
                      struct provisioned *out_provisioned) {
    struct registry r = *registry;
    struct provisioning_options own = *options; /* with the role of the template */
    struct jitp_failure last = {0};
    struct provisioned provisioned = {0};
    struct plan plan = {0};
    char sentence[900];
    status s = prepare(store, &r, device, &own, &last, &plan);
    if (s == OK)
        s = in_transaction(store, &r, device, &plan, &own, &provisioned);
    if (s == OK && out_provisioned)
        *out_provisioned = provisioned;
    if (s == OK || s == E_THROTTLED || s == E_UNAVAILABLE)
        return s;
    (void)snprintf(sentence, sizeof sentence, "%s", failure_text());
    last = (struct jitp_failure){bytes_from(sentence), last.attempts + 1, options->now_ms};
    TRY(keep_failure(store, &r, device, &last));
    return FAIL(s, "%s", sentence);
}
