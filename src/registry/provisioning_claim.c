/* Claims by a trusted user:
 *
 *     PROVISIONING_CLAIMS  account, certificate id */
#include "registry/provisioning_claim.h"
#include "base/clock.h"
#include "registry/internal.h"

enum { SWEEP_ROWS = 1000 };

static const struct field fields[] = {
    FIELD(1, struct provisioning_claim, template_name),
    FIELD(2, struct provisioning_claim, created_ms),
    FIELD(3, struct provisioning_claim, expires_ms),
};

status provisioning_claim_create(const struct registry *r, bytes certificate_id,
                                 bytes template_name, struct provisioning_claim *out_claim) {
    int64_t now_ms = clock_wall_ms();
    struct provisioning_claim new = {certificate_id, template_name, now_ms,
                                     now_ms + PROVISIONING_CLAIM_MS};
    TRY(object_save(r, TABLE_PROVISIONING_CLAIMS, key_of(r, certificate_id), fields,
                    COUNT_OF(fields), &new));
    if (out_claim)
        *out_claim = new;
    return OK;
}

status provisioning_claim_load(const struct registry *r, bytes certificate_id,
                               struct provisioning_claim *out_claim) {
    struct provisioning_claim claim = {.certificate_id = arena_copy(r->arena, certificate_id)};
    TRY(object_load(r, TABLE_PROVISIONING_CLAIMS, key_of(r, certificate_id), fields,
                    COUNT_OF(fields), &claim));
    *out_claim = claim;
    return OK;
}

/* Connect, and the topics of certificates and of the one template [AWS identity 8.1]. */
static bytes policy_for(const struct registry *r, bytes template_name) {
    const char *arn = arena_printf(r->arena, "arn:aws:iot:%.*s:%.*s", BYTES_ARG(r->region),
                                   BYTES_ARG(r->account));
    const char *name = arena_string(r->arena, template_name);
    return bytes_from(arena_printf(
        r->arena,
        "{\"Version\":\"2012-10-17\",\"Statement\":["
        "{\"Effect\":\"Allow\",\"Action\":\"iot:Connect\",\"Resource\":\"*\"},"
        "{\"Effect\":\"Allow\",\"Action\":[\"iot:Publish\",\"iot:Receive\"],\"Resource\":["
        "\"%s:topic/$aws/certificates/create/*\","
        "\"%s:topic/$aws/certificates/create-from-csr/*\","
        "\"%s:topic/$aws/provisioning-templates/%s/provision/*\"]},"
        "{\"Effect\":\"Allow\",\"Action\":\"iot:Subscribe\",\"Resource\":["
        "\"%s:topicfilter/$aws/certificates/create/*\","
        "\"%s:topicfilter/$aws/certificates/create-from-csr/*\","
        "\"%s:topicfilter/$aws/provisioning-templates/%s/provision/*\"]}]}",
        arn, arn, arn, name, arn, arn, arn, name));
}

status provisioning_claim_facts(const struct registry *r, bytes certificate_id,
                                struct principal_facts *out_facts) {
    struct provisioning_claim claim;
    struct principal_facts facts = {0};
    TRY(provisioning_claim_load(r, certificate_id, &claim));
    facts.certificate = (struct certificate_record){.id = claim.certificate_id,
                                                    .status = CERTIFICATE_ACTIVE,
                                                    .owned_by = r->account,
                                                    .created_ms = claim.created_ms,
                                                    .modified_ms = claim.created_ms,
                                                    .not_before_ms = claim.created_ms,
                                                    .not_after_ms = claim.expires_ms};
    facts.policies = ARENA_NEW(r->arena, struct policy_facts);
    facts.policy_count = 1;
    /* a name that no policy can have; the document is a matter of account and template */
    const char *generation =
        arena_printf(r->arena, "%.*s/%.*s", BYTES_ARG(r->account), BYTES_ARG(claim.template_name));
    facts.policies[0] = (struct policy_facts){
        BYTES("provisioning claim"), 1, bytes_from(generation), policy_for(r, claim.template_name)};
    *out_facts = facts;
    return OK;
}

status provisioning_claim_sweep(const struct registry *r, int64_t now_ms) {
    struct scan scan = {.prefix = r->account, .limit = SWEEP_ROWS};
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, TABLE_PROVISIONING_CLAIMS, &scan, r->arena, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        struct provisioning_claim claim = {0};
        TRY(record_decode(fields, COUNT_OF(fields), rows[i].value, &claim));
        /* who connected in the last moment has as long again */
        if (claim.expires_ms + PROVISIONING_CLAIM_MS < now_ms)
            TRY(store_remove(r->txn, TABLE_PROVISIONING_CLAIMS, rows[i].key));
    }
    return OK;
}
