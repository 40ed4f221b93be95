#include "registry/principal.h"
#include "registry/internal.h"
#include "registry/provisioning_claim.h"
#include "registry/thing_type.h"

#include <stdlib.h>

status registry_policy_load(const struct registry *r, bytes name, struct policy_facts *out_policy) {
    struct policy_record p;
    TRY(policy_load(r, name, &p));
    *out_policy = (struct policy_facts){p.name, p.default_version, p.generation_id, p.document};
    return OK;
}

static bool has_policy(const struct principal_facts *facts, bytes name) {
    for (size_t i = 0; i < facts->policy_count; i++)
        if (bytes_equal(facts->policies[i].name, name))
            return true;
    return false;
}

/* Those attached to the resource; one that applies already is left out. */
static status add_policies(const struct registry *r, bytes resource, size_t most,
                           struct principal_facts *facts) {
    struct scan scan = {.prefix = key_of_pair(r, resource, (bytes){0}), .limit = most};
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, TABLE_POLICIES_OF_TARGET, &scan, r->arena, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        bytes name = bytes_skip(rows[i].key, scan.prefix.len);
        if (has_policy(facts, name))
            continue;
        TRY(registry_policy_load(r, name, &facts->policies[facts->policy_count]));
        facts->policy_count++;
    }
    return OK;
}

/* The groups the thing was added to, with their ancestors. Two of them share none, for a thing is
 * in one group of a tree only. */
static status load_groups(const struct registry *r, struct principal_facts *facts) {
    struct row *memberships;
    size_t count;
    TRY(thing_group_memberships(r, facts->thing.name, &memberships, &count));
    facts->groups = ARENA_ARRAY(r->arena, bytes, count * THING_GROUP_DEPTH_MAX);
    for (size_t i = 0; i < count; i++) {
        struct thing_group_record group;
        TRY(thing_group_load(r, memberships[i].key, &group));
        for (size_t k = 0; k < group.ancestor_count && k < THING_GROUP_DEPTH_MAX - 1; k++)
            facts->groups[facts->group_count++] = group.ancestors[k];
        facts->groups[facts->group_count++] = group.name;
    }
    return OK;
}

static int compare_policies(const void *a, const void *b) {
    const struct policy_facts *x = a, *y = b;
    return bytes_compare(x->name, y->name);
}

static status load_policies(const struct registry *r, bytes resource,
                            struct principal_facts *facts) {
    if (facts->has_thing)
        TRY(load_groups(r, facts));
    size_t most = POLICIES_PER_TARGET_MAX + facts->group_count * POLICIES_PER_GROUP_MAX;
    facts->policies = ARENA_ARRAY(r->arena, struct policy_facts, most);
    TRY(add_policies(r, resource, POLICIES_PER_TARGET_MAX, facts));
    for (size_t i = 0; i < facts->group_count; i++)
        TRY(add_policies(r, resource_of(r, ARN_THING_GROUP, facts->groups[i]),
                         POLICIES_PER_GROUP_MAX, facts));
    qsort(facts->policies, facts->policy_count, sizeof *facts->policies, compare_policies);
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

static status load_propagation(const struct registry *r, struct principal_facts *facts) {
    struct thing_type_record type;
    if (facts->thing.type_name.len == 0)
        return OK;
    status s = thing_type_load(r, facts->thing.type_name, &type);
    if (s == E_NOT_FOUND) /* must not read as a certificate that is not there */
        return FAIL(E_INTERNAL, "thing %.*s has the type %.*s, which does not exist",
                    BYTES_ARG(facts->thing.name), BYTES_ARG(facts->thing.type_name));
    TRY(s);
    facts->propagation = type.propagation;
    return OK;
}

static status load_thing(const struct registry *r, bytes resource, bytes client_id,
                         struct principal_facts *facts) {
    bytes name;
    TRY(find_thing(r, resource, client_id, &name, &facts->thing_is_exclusive));
    facts->has_thing = name.len > 0;
    if (!facts->has_thing)
        return OK;
    TRY(thing_load(r, name, &facts->thing));
    return load_propagation(r, facts);
}

/* A certificate that another account offers to this one: known, and without rights. */
static status load_offered(const struct registry *r, bytes certificate_id,
                           struct principal_facts *out_facts) {
    struct principal_facts facts = {0};
    struct registry source;
    TRY(transfer_find_incoming(r, certificate_id, &source));
    TRY(certificate_load_facts(&source, certificate_id, &facts.certificate));
    *out_facts = facts;
    return OK;
}

/* What is no certificate of this account may be offered to it, or be a claim. */
static status load_by_other_right(const struct registry *r, bytes certificate_id,
                                  struct principal_facts *out_facts) {
    status s = load_offered(r, certificate_id, out_facts);
    return s == E_NOT_FOUND ? provisioning_claim_facts(r, certificate_id, out_facts) : s;
}

status registry_principal_load(const struct registry *r, bytes certificate_id, bytes client_id,
                               struct principal_facts *out_facts) {
    struct principal_facts facts = {0};
    status s = certificate_load_facts(r, certificate_id, &facts.certificate);
    if (s == E_NOT_FOUND)
        return load_by_other_right(r, certificate_id, out_facts);
    TRY(s);
    bytes resource = certificate_resource(r, certificate_id);
    TRY(load_thing(r, resource, client_id, &facts));
    TRY(load_policies(r, resource, &facts));
    *out_facts = facts;
    return OK;
}
