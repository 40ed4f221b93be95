/* Which policy is attached to which target, from both sides:
 *
 *     POLICIES_OF_TARGET  account, "cert/<id>" or "thinggroup/<name>", 0, policy name
 *     TARGETS_OF_POLICY   account, policy name, 0, "cert/<id>" or "thinggroup/<name>" */
#include "registry/internal.h"
#include "registry/policy.h"
#include "registry/principal.h"
#include "registry/thing_group.h"

#include <stdlib.h>
#include <string.h>

static status require_policy(const struct registry *r, bytes name) {
    bool exists;
    TRY(object_has(r, TABLE_POLICIES, key_of(r, name), &exists));
    return exists ? OK : FAIL(E_NOT_FOUND, "Policy not found");
}

static status policy_rows(const struct registry *r, bytes target, size_t limit,
                          struct row **out_rows, size_t *out_count) {
    struct scan scan = {.prefix = key_of_pair(r, target, (bytes){0}), .limit = limit};
    return store_scan(r->txn, TABLE_POLICIES_OF_TARGET, &scan, r->arena, out_rows, out_count);
}

static status check_room(const struct registry *r, bytes target) {
    size_t most = bytes_start_with(target, BYTES("thinggroup/")) ? POLICIES_PER_GROUP_MAX
                                                                 : POLICIES_PER_TARGET_MAX;
    struct row *rows;
    size_t count;
    TRY(policy_rows(r, target, most, &rows, &count));
    if (count == most)
        return FAIL(
            E_LIMIT,
            "%zu policies are attached to %.*s already, which is the most it may have: detach "
            "one of them first",
            most, BYTES_ARG(target));
    return OK;
}

/* "cert/<id>" or "thinggroup/<name>", whether or not it is there. */
static status parse_target(const struct registry *r, bytes target, bytes *out_resource) {
    struct arn arn;
    bytes id;
    if (arn_parse(target, &arn) == OK && arn.type == ARN_THING_GROUP) {
        TRY(arn_check_ours(r, &arn, target));
        *out_resource = arn.resource;
        return OK;
    }
    TRY(principal_parse(r, target, &id));
    *out_resource = certificate_resource(r, id);
    return OK;
}

/* The name of the group that a resource is; no bytes for a certificate. */
static bytes group_of(bytes resource) {
    static const bytes prefix = BYTES("thinggroup/");
    return bytes_start_with(resource, prefix) ? bytes_skip(resource, prefix.len) : (bytes){0};
}

static status require_target(const struct registry *r, bytes target, bytes *out_resource) {
    struct thing_group_record group;
    bytes id;
    TRY(parse_target(r, target, out_resource));
    bytes name = group_of(*out_resource);
    return name.len > 0 ? thing_group_load(r, name, &group) : principal_require(r, target, &id);
}

/* A dynamic group is no target [AWS policy 1.2]. */
static status check_static(const struct registry *r, bytes resource) {
    struct thing_group_record group;
    bytes name = group_of(resource);
    if (name.len == 0)
        return OK;
    TRY(thing_group_load(r, name, &group));
    if (group.query.len > 0)
        return FAIL(E_INVALID, "Thing group %.*s is dynamic: policies cannot be attached to it",
                    BYTES_ARG(name));
    return OK;
}

status policy_attach(const struct registry *r, bytes name, bytes target) {
    bytes resource;
    bool attached;
    TRY(require_policy(r, name));
    TRY(require_target(r, target, &resource));
    TRY(check_static(r, resource));
    bytes key = key_of_pair(r, resource, name);
    TRY(object_has(r, TABLE_POLICIES_OF_TARGET, key, &attached));
    if (attached)
        return OK;
    if (group_of(resource).len == 0)
        TRY(transfer_check_none(r, bytes_skip(resource, strlen("cert/"))));
    TRY(check_room(r, resource));
    TRY(mark_save(r, TABLE_POLICIES_OF_TARGET, key));
    TRY(mark_save(r, TABLE_TARGETS_OF_POLICY, key_of_pair(r, name, resource)));
    note(r, CHANGE_ATTACHMENT, resource);
    return OK;
}

static status remove_pair(const struct registry *r, bytes policy, bytes resource) {
    TRY(store_remove(r->txn, TABLE_POLICIES_OF_TARGET, key_of_pair(r, resource, policy)));
    return store_remove(r->txn, TABLE_TARGETS_OF_POLICY, key_of_pair(r, policy, resource));
}

status policy_detach(const struct registry *r, bytes name, bytes target) {
    bytes resource;
    bool attached;
    TRY(require_policy(r, name));
    TRY(parse_target(r, target, &resource));
    TRY(object_has(r, TABLE_POLICIES_OF_TARGET, key_of_pair(r, resource, name), &attached));
    if (!attached)
        return OK;
    TRY(remove_pair(r, name, resource));
    note(r, CHANGE_ATTACHMENT, resource);
    return OK;
}

status policy_detach_all(const struct registry *r, bytes target) {
    struct row *rows;
    size_t count;
    TRY(policy_rows(r, target, STORE_SCAN_ROWS_MAX, &rows, &count));
    for (size_t i = 0; i < count; i++)
        TRY(remove_pair(r, bytes_skip(rows[i].key, r->account.len + target.len + 1), target));
    if (count > 0)
        note(r, CHANGE_ATTACHMENT, target);
    return OK;
}

status policy_list_attached(const struct registry *r, bytes target, const struct page *page,
                            struct policy_list *out_list) {
    struct policy_list l = {0};
    struct cursor c;
    struct row row;
    bytes resource;
    bool taken = true;
    TRY(require_target(r, target, &resource));
    bytes prefix = key_of_pair(r, resource, (bytes){0});
    TRY(cursor_start(r, TABLE_POLICIES_OF_TARGET, prefix, false, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct policy_record, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        l.items[l.count++].name = bytes_skip(row.key, prefix.len);
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}

/* ---- policies of a group and of its ancestors ---- */

struct names {
    bytes items[THING_GROUP_DEPTH_MAX * POLICIES_PER_GROUP_MAX];
    size_t count;
};

static int compare_names(const void *a, const void *b) {
    return bytes_compare(*(const bytes *)a, *(const bytes *)b);
}

static bool has_name(const struct names *names, bytes name) {
    for (size_t i = 0; i < names->count; i++)
        if (bytes_equal(names->items[i], name))
            return true;
    return false;
}

static status add_policies(const struct registry *r, bytes group, struct names *names) {
    bytes resource = resource_of(r, ARN_THING_GROUP, group);
    struct row *rows;
    size_t count;
    TRY(policy_rows(r, resource, POLICIES_PER_GROUP_MAX, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        bytes name = bytes_skip(rows[i].key, r->account.len + resource.len + 1);
        if (!has_name(names, name))
            names->items[names->count++] = name;
    }
    return OK;
}

static status inherited_names(const struct registry *r, bytes group, struct names *out_names) {
    struct thing_group_record g;
    out_names->count = 0;
    TRY(thing_group_load(r, group, &g));
    TRY(add_policies(r, group, out_names));
    for (size_t i = 0; i < g.ancestor_count && i < THING_GROUP_DEPTH_MAX - 1; i++)
        TRY(add_policies(r, g.ancestors[i], out_names));
    qsort(out_names->items, out_names->count, sizeof out_names->items[0], compare_names);
    return OK;
}

/* A page of names that are put together first: a position is a name. */
static status page_of_names(const struct registry *r, bytes resource, const struct names *names,
                            const struct page *page, struct policy_list *out_list) {
    struct policy_list l = {0};
    struct cursor c;
    size_t i = 0;
    bytes prefix =
        key_of_pair(r, resource, BYTES("+")); /* its tokens are not those of `resource` */
    TRY(cursor_start(r, TABLE_POLICIES_OF_TARGET, prefix, false, page, &c));
    bytes after = bytes_skip(c.scan.from, prefix.len);
    l.items = ARENA_ARRAY(r->arena, struct policy_record, c.limit);
    while (i < names->count && bytes_compare(names->items[i], after) <= 0)
        i++;
    for (; i < names->count && l.count < c.limit; i++)
        l.items[l.count++].name = names->items[i];
    if (i < names->count)
        l.next = cursor_token_after(
            &c, key_of_pair(
                    r, resource,
                    bytes_from(arena_printf(r->arena, "+%.*s", BYTES_ARG(names->items[i - 1])))));
    *out_list = l;
    return OK;
}

status policy_list_inherited(const struct registry *r, bytes target, const struct page *page,
                             struct policy_list *out_list) {
    struct names names;
    bytes resource;
    TRY(parse_target(r, target, &resource));
    bytes group = group_of(resource);
    if (group.len == 0)
        return policy_list_attached(r, target, page, out_list);
    TRY(inherited_names(r, group, &names));
    return page_of_names(r, resource, &names, page, out_list);
}

/* ---- targets ---- */

/* "cert/<id>" as the ARN it stands for. */
static bytes target_arn(const struct registry *r, bytes resource) {
    return bytes_from(arena_printf(r->arena, "arn:aws:iot:%.*s:%.*s:%.*s", BYTES_ARG(r->region),
                                   BYTES_ARG(r->account), BYTES_ARG(resource)));
}

/* Those whose resource begins with `kind`. */
static status list_targets(const struct registry *r, bytes name, bytes kind,
                           const struct page *page, struct target_list *out_list) {
    struct name_list l;
    TRY(require_policy(r, name));
    bytes prefix = key_of_pair(r, name, kind);
    TRY(names_list(r, TABLE_TARGETS_OF_POLICY, prefix, prefix.len - kind.len, page, &l));
    for (size_t i = 0; i < l.count; i++)
        l.items[i] = target_arn(r, l.items[i]);
    *out_list = (struct target_list){l.items, l.count, l.next};
    return OK;
}

status policy_list_targets(const struct registry *r, bytes name, const struct page *page,
                           struct target_list *out_list) {
    return list_targets(r, name, (bytes){0}, page, out_list);
}

status policy_list_principals(const struct registry *r, bytes name, const struct page *page,
                              struct target_list *out_list) {
    return list_targets(r, name, BYTES("cert/"), page, out_list);
}
