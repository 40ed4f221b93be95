#include "gateway/fleet.h"

#include "base/clock.h"
#include "base/log.h"
#include "gateway/roles.h"
#include "gateway/server.h"
#include "provisioning/fleet.h"

static struct fleet fleet_of(const struct service_call *c) {
    const struct server *s = c->server;
    return (struct fleet){
        .source = {s->store, s->issuer, s->functions, bytes_from(s->settings->region)},
        .keys = s->key_pool,
        .without_quotas = s->settings->profile == PROFILE_STANDARD};
}

static struct fleet_caller caller_of(const struct service_call *c) {
    return (struct fleet_caller){c->account, c->client_id, c->certificate_id};
}

static void put(struct json_writer *w, const char *name, bytes text) {
    json_name(w, name);
    json_string(w, text);
}

/* [AWS identity 8.7]: GetDeviceCredentials and ProvisionDevice of AWS's log. */
static void log_success(const struct service_call *c, const char *event, bytes template_name,
                        bytes certificate_id) {
    struct log_line l;
    if (!log_begin(&l, LOG_INFO, event))
        return;
    log_bytes(&l, "accountId", c->account);
    log_bytes(&l, "clientId", c->client_id);
    log_bytes(&l, "certificateId", c->certificate_id);
    if (template_name.len > 0)
        log_bytes(&l, "provisioningTemplateName", template_name);
    log_bytes(&l, "deviceCertificateId", certificate_id);
    log_end(&l);
}

/* ---- certificates ---- */

static void put_certificate(struct service_call *c, const struct fleet_certificate *made) {
    bytes id = bytes_from(made->issued.certificate.id);
    struct json_writer w;
    /* in one piece: a buffer that grows would leave parts of the key behind */
    (void)buf_reserve(&c->answer,
                      2 * (made->issued.pem.len + made->issued.private_key_pem.len) + 1024);
    json_start(&w, &c->answer);
    json_object_begin(&w);
    put(&w, "certificateId", id);
    put(&w, "certificatePem", buf_bytes(&made->issued.pem));
    if (made->issued.private_key_pem.len > 0)
        put(&w, "privateKey", buf_bytes(&made->issued.private_key_pem));
    put(&w, "certificateOwnershipToken", bytes_from(made->token));
    json_object_end(&w);
    c->made_id = arena_copy(c->arena, id);
    log_success(c, "provisioning.credentials", (bytes){0}, id);
}

status fleet_create(struct service_call *c) {
    struct fleet f = fleet_of(c);
    struct fleet_caller who = caller_of(c);
    AUTO(fleet_certificate) made = {0};
    TRY(fleet_make_certificate(&f, &who, clock_wall_ms(), c->arena, &made));
    put_certificate(c, &made);
    return OK;
}

/* A member that must be text; absent ones have no bytes. */
static status read_text(const struct json *request, const char *name, bytes *out_text) {
    const struct json *v = json_member(request, bytes_from(name));
    if (v && v->type != JSON_STRING)
        return FAIL(E_INVALID, "%s is not a string", name);
    *out_text = v ? v->text : (bytes){0};
    return OK;
}

status fleet_create_from_csr(struct service_call *c) {
    struct fleet f = fleet_of(c);
    struct fleet_caller who = caller_of(c);
    AUTO(fleet_certificate) made = {0};
    const struct json *request;
    bytes csr;
    TRY(service_read(c, &request));
    TRY(read_text(request, "certificateSigningRequest", &csr));
    if (csr.len == 0)
        return FAIL(E_INVALID, "certificateSigningRequest is missing: the PEM text of a CSR");
    TRY(fleet_certify(&f, &who, csr, clock_wall_ms(), c->arena, &made));
    put_certificate(c, &made);
    return OK;
}

/* ---- devices ---- */

/* $aws/provisioning-templates/NAME/provision/FORMAT */
static bytes template_in(bytes topic) {
    bytes level = {0};
    for (int i = 0; i < 3; i++)
        (void)bytes_split(&topic, '/', &level);
    return level;
}

static void put_provisioned(struct service_call *c, const struct fleet_provisioned *done) {
    struct json_writer w;
    json_start(&w, &c->answer);
    json_object_begin(&w);
    json_name(&w, "deviceConfiguration");
    json_object_begin(&w);
    for (size_t i = 0; i < done->device_configuration_count; i++) {
        json_name_bytes(&w, done->device_configuration[i].name);
        json_string(&w, done->device_configuration[i].value);
    }
    json_object_end(&w);
    if (done->thing_name.len > 0)
        put(&w, "thingName", done->thing_name);
    json_object_end(&w);
}

status fleet_provision_device(struct service_call *c) {
    struct fleet f = fleet_of(c);
    struct fleet_caller who = caller_of(c);
    struct fleet_provisioning p = {.template_name = template_in(c->topic)};
    struct fleet_provisioned done;
    const struct json *request;
    c->template_name = p.template_name;
    TRY(service_read(c, &request));
    TRY(read_text(request, "certificateOwnershipToken", &p.token));
    p.parameters = json_member(request, BYTES("parameters"));
    TRY(fleet_provision(&f, &who, &p, clock_wall_ms(), c->arena, &done));
    put_provisioned(c, &done);
    if (done.role_unknown.len)
        role_is_unknown(arena_string(c->arena, who.account), done.role_unknown);
    c->made_id = done.certificate_id;
    log_success(c, "provisioning.device", p.template_name, done.certificate_id);
    return OK;
}
