/* Which policy is attached to which target, from both sides:
 *
 *     POLICIES_OF_TARGET  account, "cert/<id>", 0, policy name
 *     TARGETS_OF_POLICY   account, policy name, 0, "cert/<id>" */
#include "registry/certificate.h"
#include "registry/internal.h"
#include "registry/policy.h"

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
    struct row *rows;
    size_t count;
    TRY(policy_rows(r, target, POLICIES_PER_TARGET_MAX, &rows, &count));
    if (count == POLICIES_PER_TARGET_MAX)
        return FAIL(
            E_LIMIT,
            "%d policies are attached to %.*s already, which is the most it may have: detach "
            "one of them first",
            POLICIES_PER_TARGET_MAX, BYTES_ARG(target));
    return OK;
}

status policy_attach(const struct registry *r, bytes name, bytes target) {
    bytes id;
    bool attached;
    TRY(require_policy(r, name));
    TRY(principal_require(r, target, &id));
    bytes resource = certificate_resource(r, id);
    bytes key = key_of_pair(r, resource, name);
    TRY(object_has(r, TABLE_POLICIES_OF_TARGET, key, &attached));
    if (attached)
        return OK;
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
    bytes id;
    bool attached;
    TRY(require_policy(r, name));
    TRY(principal_parse(r, target, &id));
    bytes resource = certificate_resource(r, id);
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
    bytes id;
    bool taken = true;
    TRY(principal_require(r, target, &id));
    bytes prefix = key_of_pair(r, certificate_resource(r, id), (bytes){0});
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

/* "cert/<id>" as the ARN it stands for. */
static bytes target_arn(const struct registry *r, bytes resource) {
    return certificate_arn(r, bytes_skip(resource, sizeof "cert/" - 1));
}

status policy_list_targets(const struct registry *r, bytes name, const struct page *page,
                           struct target_list *out_list) {
    struct target_list l = {0};
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(require_policy(r, name));
    bytes prefix = key_of_pair(r, name, (bytes){0});
    TRY(cursor_start(r, TABLE_TARGETS_OF_POLICY, prefix, false, page, &c));
    l.items = ARENA_ARRAY(r->arena, bytes, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        l.items[l.count++] = target_arn(r, bytes_skip(row.key, prefix.len));
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}
