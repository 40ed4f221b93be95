/* Provisioning templates, their versions, and claims [AWS identity 8.3, 8.6]. */
#include "registry/provisioning_template.h"

#include "api/certificates.h"
#include "api/handlers.h"
#include "api/tags.h"
#include "registry/provisioning_claim.h"
#include "template/template.h"

/* The only one there is [AWS identity 8.5]. */
#define HOOK_PAYLOAD_VERSION BYTES("2020-04-01")

static status check_body(struct call *c, enum provisioning_template_type type) {
    const struct template *template;
    return template_parse(c->arena, get_text(c->in, M_TEMPLATE_BODY),
                          type == PROVISIONING_TEMPLATE_JITP ? TEMPLATE_JITP : TEMPLATE_FLEET,
                          &template);
}

static status hook_in(const struct call *c, bytes *out_arn, bytes *out_version) {
    const struct record *hook = get_record(c->in, M_PRE_PROVISIONING_HOOK);
    *out_arn = get_text(hook, M_TARGET_ARN);
    *out_version = get_text(hook, M_PAYLOAD_VERSION);
    if (out_version->len == 0 && out_arn->len > 0)
        *out_version = HOOK_PAYLOAD_VERSION;
    if (out_version->len > 0 && !bytes_equal(*out_version, HOOK_PAYLOAD_VERSION))
        return FAIL(E_INVALID, "preProvisioningHook.payloadVersion is 2020-04-01, not %.*s",
                    BYTES_ARG(*out_version));
    return OK;
}

status create_template(struct call *c) {
    struct provisioning_template t = {.name = get_text(c->in, M_TEMPLATE_NAME),
                                      .description = get_text(c->in, M_DESCRIPTION),
                                      .role_arn = get_text(c->in, M_PROVISIONING_ROLE_ARN),
                                      .enabled = get_flag(c->in, M_ENABLED),
                                      .body = get_text(c->in, M_TEMPLATE_BODY)};
    struct tags tags = tags_in(c);
    if (has(c->in, M_TYPE))
        TRY(provisioning_template_type_parse(get_text(c->in, M_TYPE), &t.type));
    TRY(hook_in(c, &t.hook_arn, &t.hook_payload_version));
    TRY(check_body(c, t.type));
    c->resource_id = t.name;
    c->resource_arn = provisioning_template_arn(&c->registry, t.name);
    TRY(provisioning_template_create(&c->registry, &t, &tags));
    put_text(c->out, M_TEMPLATE_ARN, c->resource_arn);
    put_text(c->out, M_TEMPLATE_NAME, t.name);
    put_number(c->out, M_DEFAULT_VERSION_ID, 1);
    return OK;
}

/* What Describe and List say alike. */
static void put_template(const struct call *c, struct record *out,
                         const struct provisioning_template *t) {
    put_text(out, M_TEMPLATE_ARN, provisioning_template_arn(&c->registry, t->name));
    put_text(out, M_TEMPLATE_NAME, t->name);
    if (t->description.len > 0)
        put_text(out, M_DESCRIPTION, t->description);
    put_time(out, M_CREATION_DATE, t->created_ms);
    put_time(out, M_LAST_MODIFIED_DATE, t->modified_ms);
    put_flag(out, M_ENABLED, t->enabled);
    put_string(out, M_TYPE, provisioning_template_type_name(t->type));
}

status describe_template(struct call *c) {
    struct provisioning_template t;
    TRY(provisioning_template_load(&c->registry, get_text(c->in, M_TEMPLATE_NAME), &t));
    put_template(c, c->out, &t);
    put_number(c->out, M_DEFAULT_VERSION_ID, (int64_t)t.default_version);
    put_text(c->out, M_TEMPLATE_BODY, t.body);
    put_text(c->out, M_PROVISIONING_ROLE_ARN, t.role_arn);
    if (t.hook_arn.len > 0) {
        struct record *hook = put_record(c->out, M_PRE_PROVISIONING_HOOK);
        put_text(hook, M_PAYLOAD_VERSION, t.hook_payload_version);
        put_text(hook, M_TARGET_ARN, t.hook_arn);
    }
    return OK;
}

status list_templates(struct call *c) {
    struct page page = call_page(c);
    struct provisioning_template_list list;
    TRY(provisioning_template_list(&c->registry, &page, &list));
    struct items *templates = put_list(c->out, M_TEMPLATES);
    for (size_t i = 0; i < list.count; i++)
        put_template(c, add_record(templates), &list.items[i]);
    call_put_next(c, list.next);
    return OK;
}

status update_template(struct call *c) {
    const bool enabled = get_flag(c->in, M_ENABLED);
    const uint64_t version = (uint64_t)get_number(c->in, M_DEFAULT_VERSION_ID, 0);
    struct provisioning_template_changes changes = {
        .description = get_text(c->in, M_DESCRIPTION),
        .role_arn = get_text(c->in, M_PROVISIONING_ROLE_ARN),
        .enabled = has(c->in, M_ENABLED) ? &enabled : NULL,
        .default_version = has(c->in, M_DEFAULT_VERSION_ID) ? &version : NULL,
        .remove_hook = get_flag(c->in, M_REMOVE_PRE_PROVISIONING_HOOK)};
    TRY(hook_in(c, &changes.hook_arn, &changes.hook_payload_version));
    return provisioning_template_update(&c->registry, get_text(c->in, M_TEMPLATE_NAME), &changes);
}

status delete_template(struct call *c) {
    return provisioning_template_delete(&c->registry, get_text(c->in, M_TEMPLATE_NAME));
}

/* ---- versions ---- */

status create_template_version(struct call *c) {
    bytes name = get_text(c->in, M_TEMPLATE_NAME);
    struct provisioning_template t;
    struct provisioning_template_version v;
    TRY(provisioning_template_load(&c->registry, name, &t));
    TRY(check_body(c, t.type));
    TRY(provisioning_template_version_create(&c->registry, name, get_text(c->in, M_TEMPLATE_BODY),
                                             get_flag(c->in, M_SET_AS_DEFAULT), &v));
    put_text(c->out, M_TEMPLATE_ARN, provisioning_template_arn(&c->registry, name));
    put_text(c->out, M_TEMPLATE_NAME, name);
    put_number(c->out, M_VERSION_ID, (int64_t)v.version);
    put_flag(c->out, M_IS_DEFAULT_VERSION, v.is_default);
    return OK;
}

static void put_version(struct record *out, const struct provisioning_template_version *v) {
    put_number(out, M_VERSION_ID, (int64_t)v->version);
    put_time(out, M_CREATION_DATE, v->created_ms);
    put_flag(out, M_IS_DEFAULT_VERSION, v->is_default);
}

status describe_template_version(struct call *c) {
    struct provisioning_template_version v;
    TRY(provisioning_template_version_load(&c->registry, get_text(c->in, M_TEMPLATE_NAME),
                                           (uint64_t)get_number(c->in, M_VERSION_ID, 0), &v));
    put_version(c->out, &v);
    put_text(c->out, M_TEMPLATE_BODY, v.body);
    return OK;
}

status list_template_versions(struct call *c) {
    struct page page = call_page(c);
    struct provisioning_template_version_list list;
    TRY(provisioning_template_version_list(&c->registry, get_text(c->in, M_TEMPLATE_NAME), &page,
                                           &list));
    struct items *versions = put_list(c->out, M_VERSIONS);
    for (size_t i = 0; i < list.count; i++)
        put_version(add_record(versions), &list.items[i]);
    call_put_next(c, list.next);
    return OK;
}

status delete_template_version(struct call *c) {
    return provisioning_template_version_delete(&c->registry, get_text(c->in, M_TEMPLATE_NAME),
                                                (uint64_t)get_number(c->in, M_VERSION_ID, 0));
}

/* ---- claims ---- */

status create_provisioning_claim(struct call *c) {
    bytes id = bytes_from(c->issued.certificate.id);
    struct provisioning_template t;
    struct provisioning_claim claim;
    TRY(provisioning_template_load(&c->registry, get_text(c->in, M_TEMPLATE_NAME), &t));
    if (t.type != PROVISIONING_TEMPLATE_FLEET)
        return FAIL(E_INVALID,
                    "The template %.*s is of type JITP: claims are for templates of type "
                    "FLEET_PROVISIONING",
                    BYTES_ARG(t.name));
    TRY(provisioning_claim_create(&c->registry, id, t.name, &claim));
    put_text(c->out, M_CERTIFICATE_ID, id);
    put_text(c->out, M_CERTIFICATE_PEM, buf_bytes(&c->issued.pem));
    put_key_pair(c);
    put_time(c->out, M_EXPIRATION, claim.expires_ms);
    return OK;
}
