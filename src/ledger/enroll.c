#include "ledger/enroll.h"

#include "provisioning/register_thing.h"
#include "registry/thing_type.h"

/* E_NOT_FOUND is the usual answer. */
static status register_if_new(const struct registry *r, const struct ledger_entry *e, bytes id,
                              bool *out_new) {
    struct certificate_record there;
    const struct certificate_new c = {.id = id,
                                      .pem = e->pem,
                                      .mode = CERTIFICATE_MODE_SNI_ONLY, /* [AWS identity 3.3] */
                                      .status = e->status,
                                      .not_before_ms = e->certificate.not_before_ms,
                                      .not_after_ms = e->certificate.not_after_ms};
    status s = certificate_load_facts(r, id, &there);
    *out_new = s == E_NOT_FOUND;
    return *out_new ? certificate_register(r, &c, NULL) : s;
}

static status add_thing(const struct registry *r, const struct ledger_entry *e, bytes arn) {
    const struct thing_record thing = {.name = e->thing_name,
                                       .type_name = e->thing_type,
                                       .attributes = e->attributes,
                                       .attribute_count = e->attribute_count};
    if (thing.name.len == 0)
        return OK;
    TRY(thing_create(r, &thing, NULL));
    TRY(thing_principal_attach(r, thing.name, arn, THING_PRINCIPAL_NON_EXCLUSIVE));
    for (size_t i = 0; i < e->group_count; i++)
        TRY(thing_group_add_thing(r, e->groups[i], thing.name));
    return OK;
}

/* What the template says of the certificate that is there now. */
static status carry_out(const struct registry *r, const struct plan *plan) {
    const struct issued none = {0};
    struct provisioned done;
    return provisioning_register_thing(r, plan, &none, &(struct provisioning_options){0}, &done);
}

status enroll(const struct registry *r, const struct ledger_entry *e, enum enrolled *out) {
    bytes id = bytes_from(e->certificate.id), arn = certificate_arn(r, id);
    size_t noted = store_note_count(r->txn);
    bool is_new;
    TRY(register_if_new(r, e, id, &is_new));
    if (e->plan)
        TRY(carry_out(r, e->plan));
    TRY(add_thing(r, e, arn));
    for (size_t i = 0; i < e->policy_count; i++)
        TRY(policy_attach(r, e->policies[i], arn));
    bool changed = store_note_count(r->txn) > noted;
    *out = is_new ? ENROLLED_NEW : changed ? ENROLLED_COMPLETED : ENROLLED_EXISTING;
    return OK;
}

static bool is_fixed(bytes name) {
    return name.len > 0 && bytes_find(name, '{') == name.len;
}

status enroll_check_plan(const struct registry *r, const struct ledger_plan *plan) {
    struct policy_record policy;
    struct thing_group_record group;
    struct thing_type_record type;
    for (size_t i = 0; i < plan->policy_count; i++)
        if (is_fixed(plan->policies[i]) && policy_load(r, plan->policies[i], &policy) != OK)
            return FAIL(E_NOT_FOUND, "there is no policy %.*s: aws iot create-policy makes it",
                        BYTES_ARG(plan->policies[i]));
    for (size_t i = 0; i < plan->group_count; i++)
        if (is_fixed(plan->groups[i]) && thing_group_load(r, plan->groups[i], &group) != OK)
            return FAIL(E_NOT_FOUND,
                        "there is no thing group %.*s: aws iot create-thing-group makes it",
                        BYTES_ARG(plan->groups[i]));
    if (is_fixed(plan->thing_type) && thing_type_load(r, plan->thing_type, &type) != OK)
        return FAIL(E_NOT_FOUND, "there is no thing type %.*s: aws iot create-thing-type makes it",
                    BYTES_ARG(plan->thing_type));
    return OK;
}
