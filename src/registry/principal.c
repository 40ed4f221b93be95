#include "registry/principal.h"
#include "registry/internal.h"

status registry_policy_load(const struct registry *r, bytes name, struct policy_facts *out_policy) {
    struct policy_record p;
    TRY(policy_load(r, name, &p));
    *out_policy = (struct policy_facts){p.name, p.default_version, p.generation_id, p.document};
    return OK;
}

static status load_policies(const struct registry *r, bytes resource,
                            struct principal_facts *facts) {
    struct scan scan = {.prefix = key_of_pair(r, resource, (bytes){0}),
                        .limit = STORE_SCAN_ROWS_MAX};
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, TABLE_POLICIES_OF_TARGET, &scan, r->arena, &rows, &count));
    facts->policies = ARENA_ARRAY(r->arena, struct policy_facts, count);
    for (; facts->policy_count < count; facts->policy_count++) {
        bytes name = bytes_skip(rows[facts->policy_count].key, scan.prefix.len);
        TRY(registry_policy_load(r, name, &facts->policies[facts->policy_count]));
    }
    return OK;
}

/* The name of the thing the connection stands for; no bytes when there is none. An exclusive
 * attachment is the only one of its principal, so the first two rows tell. */
static status find_thing(const struct registry *r, bytes resource, bytes client_id, bytes *out_name,
                         bool *out_exclusive) {
    struct scan scan = {.prefix = key_of_pair(r, resource, (bytes){0}), .limit = 2};
    struct row *rows;
    size_t count;
    bool attached = false;
    TRY(store_scan(r->txn, TABLE_PRINCIPAL_THINGS, &scan, r->arena, &rows, &count));
    *out_exclusive = count == 1 && rows[0].value.len > 0;
    *out_name = *out_exclusive ? bytes_skip(rows[0].key, scan.prefix.len) : (bytes){0};
    if (*out_exclusive || count == 0 || client_id.len == 0)
        return OK;
    TRY(object_has(r, TABLE_PRINCIPAL_THINGS, key_of_pair(r, resource, client_id), &attached));
    if (attached)
        *out_name = client_id;
    return OK;
}

static status load_thing(const struct registry *r, bytes resource, bytes client_id,
                         struct principal_facts *facts) {
    bytes name;
    TRY(find_thing(r, resource, client_id, &name, &facts->thing_is_exclusive));
    facts->has_thing = name.len > 0;
    return facts->has_thing ? thing_load(r, name, &facts->thing) : OK;
}

status registry_principal_load(const struct registry *r, bytes certificate_id, bytes client_id,
                               struct principal_facts *out_facts) {
    struct principal_facts facts = {0};
    TRY(certificate_load_facts(r, certificate_id, &facts.certificate));
    bytes resource = certificate_resource(r, certificate_id);
    TRY(load_policies(r, resource, &facts));
    TRY(load_thing(r, resource, client_id, &facts));
    *out_facts = facts;
    return OK;
}
