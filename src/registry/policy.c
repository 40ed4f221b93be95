/* Policies and their versions:
 *
 *     POLICIES              account, name
 *     POLICIES_BY_CREATION  account, time, name
 *     POLICY_VERSIONS       account, name, 0, version (8 bytes) */
#include "registry/policy.h"
#include "base/clock.h"
#include "registry/internal.h"
#include "registry/tags.h"

struct stored_policy {
    struct policy_record policy;
    uint64_t last_version; /* given out last: numbers are not used again */
};
static const struct field policy_fields[] = {
    FIELD(1, struct stored_policy, policy.default_version),
    FIELD(2, struct stored_policy, policy.created_ms),
    FIELD(3, struct stored_policy, policy.modified_ms),
    FIELD(4, struct stored_policy, policy.generation_id),
    FIELD(5, struct stored_policy, last_version),
};
static const struct field version_fields[] = {
    FIELD(1, struct policy_version_record, document),
    FIELD(2, struct policy_version_record, created_ms),
    FIELD(3, struct policy_version_record, generation_id),
};

bytes policy_arn(const struct registry *r, bytes name) {
    return arn_format(r->arena, r->region, r->account, ARN_POLICY, name);
}

static status save_policy(const struct registry *r, const struct stored_policy *p) {
    return object_save(r, TABLE_POLICIES, key_of(r, p->policy.name), policy_fields,
                       COUNT_OF(policy_fields), p);
}

static status save_version(const struct registry *r, bytes name,
                           const struct policy_version_record *v) {
    return object_save(r, TABLE_POLICY_VERSIONS, key_with_number(r, name, v->version),
                       version_fields, COUNT_OF(version_fields), v);
}

static status load_policy(const struct registry *r, bytes name, struct stored_policy *out_policy) {
    struct stored_policy p = {.policy = {.name = arena_copy(r->arena, name)}};
    status s =
        object_load(r, TABLE_POLICIES, key_of(r, name), policy_fields, COUNT_OF(policy_fields), &p);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "Policy not found"); /* [AWS control-plane 6.2] */
    TRY(s);
    *out_policy = p;
    return OK;
}

static status load_version(const struct registry *r, const struct stored_policy *p,
                           uint64_t version, struct policy_version_record *out_version) {
    struct policy_version_record v = {.version = version,
                                      .is_default = version == p->policy.default_version};
    status s = object_load(r, TABLE_POLICY_VERSIONS, key_with_number(r, p->policy.name, version),
                           version_fields, COUNT_OF(version_fields), &v);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "The policy %.*s has no version %llu", BYTES_ARG(p->policy.name),
                    (unsigned long long)version);
    TRY(s);
    *out_version = v;
    return OK;
}

status policy_create(const struct registry *r, bytes name, bytes document,
                     struct policy_record *out_policy) {
    int64_t now_ms = clock_wall_ms();
    struct policy_record new = {.name = name,
                                .default_version = 1,
                                .document = document,
                                .created_ms = now_ms,
                                .modified_ms = now_ms,
                                .generation_id = generation_new(r)};
    struct policy_version_record first = {1, true, document, now_ms, new.generation_id};
    bool exists;
    TRY(constraint_check(CONSTRAINT_POLICY_NAME, name));
    TRY(object_has(r, TABLE_POLICIES, key_of(r, name), &exists));
    if (exists)
        return FAIL(E_EXISTS, "Policy cannot be created - name already exists (name=%.*s)",
                    BYTES_ARG(name));
    TRY(save_policy(r, &(struct stored_policy){new, 1}));
    TRY(save_version(r, name, &first));
    TRY(mark_save(r, TABLE_POLICIES_BY_CREATION, key_with_time(r, (bytes){0}, now_ms, name)));
    note(r, CHANGE_POLICY, name);
    if (out_policy)
        *out_policy = new;
    return OK;
}

status policy_load(const struct registry *r, bytes name, struct policy_record *out_policy) {
    struct stored_policy p;
    struct policy_version_record v;
    TRY(load_policy(r, name, &p));
    TRY(load_version(r, &p, p.policy.default_version, &v));
    p.policy.document = v.document;
    *out_policy = p.policy;
    return OK;
}

/* Rows of the policy's versions, oldest first; one more than there may be tells of too many. */
static status version_rows(const struct registry *r, bytes name, struct row **out_rows,
                           size_t *out_count) {
    struct scan scan = {.prefix = key_of_pair(r, name, (bytes){0}),
                        .limit = POLICY_VERSIONS_MAX + 1};
    return store_scan(r->txn, TABLE_POLICY_VERSIONS, &scan, r->arena, out_rows, out_count);
}

static status check_deletable(const struct registry *r, bytes name, size_t version_count) {
    struct scan scan = {.prefix = key_of_pair(r, name, (bytes){0}), .limit = 1};
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, TABLE_TARGETS_OF_POLICY, &scan, r->arena, &rows, &count));
    if (count > 0)
        return FAIL(
            E_DELETE_CONFLICT,
            "The policy cannot be deleted as the policy is attached to one or more principals "
            "(name=%.*s)",
            BYTES_ARG(name));
    if (version_count > 1)
        return FAIL(
            E_DELETE_CONFLICT,
            "Cannot delete the policy because it has one or more policy versions attached to it "
            "(name=%.*s)",
            BYTES_ARG(name));
    return OK;
}

status policy_delete(const struct registry *r, bytes name) {
    struct stored_policy p;
    struct row *versions;
    size_t count;
    TRY(load_policy(r, name, &p));
    TRY(version_rows(r, name, &versions, &count));
    TRY(check_deletable(r, name, count));
    TRY(tags_remove_all(r, resource_of(r, ARN_POLICY, name)));
    TRY(store_remove(r->txn, TABLE_POLICIES, key_of(r, name)));
    TRY(store_remove(r->txn, TABLE_POLICY_VERSIONS,
                     key_with_number(r, name, p.policy.default_version)));
    TRY(store_remove(r->txn, TABLE_POLICIES_BY_CREATION,
                     key_with_time(r, (bytes){0}, p.policy.created_ms, name)));
    note(r, CHANGE_POLICY, name);
    return OK;
}

status policy_list(const struct registry *r, const struct page *page,
                   struct policy_list *out_list) {
    struct policy_list l = {0};
    struct stored_policy p;
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, TABLE_POLICIES_BY_CREATION, r->account, !page->ascending, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct policy_record, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        TRY(load_policy(r, bytes_skip(row.key, r->account.len + KEY_TIME_LEN), &p));
        l.items[l.count++] = p.policy;
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}

static void set_default(const struct registry *r, struct stored_policy *p, uint64_t version) {
    if (p->policy.default_version == version)
        return;
    p->policy.default_version = version;
    note(r, CHANGE_POLICY, p->policy.name);
}

status policy_version_create(const struct registry *r, bytes name, bytes document,
                             bool set_as_default, struct policy_version_record *out_version) {
    struct stored_policy p;
    struct row *versions;
    size_t count;
    TRY(load_policy(r, name, &p));
    TRY(version_rows(r, name, &versions, &count));
    if (count >= POLICY_VERSIONS_MAX)
        return FAIL(E_VERSIONS_LIMIT,
                    "The policy %.*s already has the maximum number of versions (%d)",
                    BYTES_ARG(name), POLICY_VERSIONS_MAX);
    struct policy_version_record new = {++p.last_version, set_as_default, document, clock_wall_ms(),
                                        p.policy.generation_id};
    p.policy.modified_ms = new.created_ms;
    if (set_as_default)
        set_default(r, &p, new.version);
    TRY(save_policy(r, &p));
    TRY(save_version(r, name, &new));
    if (out_version)
        *out_version = new;
    return OK;
}

/* The policy and the one of its versions that the API's text names. */
static status find_version(const struct registry *r, bytes name, bytes version,
                           struct stored_policy *out_policy,
                           struct policy_version_record *out_version) {
    uint64_t number;
    TRY(load_policy(r, name, out_policy));
    if (bytes_to_u64(version, UINT64_MAX, &number) != OK)
        return FAIL(E_NOT_FOUND, "The policy %.*s has no version '%.*s'", BYTES_ARG(name),
                    BYTES_ARG(bytes_slice(version, 0, 40)));
    return load_version(r, out_policy, number, out_version);
}

status policy_version_load(const struct registry *r, bytes name, bytes version,
                           struct policy_version_record *out_version) {
    struct stored_policy p;
    return find_version(r, name, version, &p, out_version);
}

status policy_version_list(const struct registry *r, bytes name,
                           struct policy_version_record **out_versions, size_t *out_count) {
    struct stored_policy p;
    struct row *rows;
    size_t count;
    TRY(load_policy(r, name, &p));
    TRY(version_rows(r, name, &rows, &count));
    struct policy_version_record *versions =
        ARENA_ARRAY(r->arena, struct policy_version_record, count);
    for (size_t i = 0; i < count; i++) {
        uint64_t version = key_number(rows[count - 1 - i].key);
        TRY(load_version(r, &p, version, &versions[i]));
        versions[i].document = (bytes){0};
    }
    *out_versions = versions;
    *out_count = count;
    return OK;
}

status policy_version_set_default(const struct registry *r, bytes name, bytes version) {
    struct stored_policy p;
    struct policy_version_record v;
    TRY(find_version(r, name, version, &p, &v));
    p.policy.modified_ms = clock_wall_ms();
    set_default(r, &p, v.version);
    return save_policy(r, &p);
}

status policy_version_delete(const struct registry *r, bytes name, bytes version) {
    struct stored_policy p;
    struct policy_version_record v;
    TRY(find_version(r, name, version, &p, &v));
    if (v.is_default)
        return FAIL(E_INVALID, "Cannot delete the default version of a policy");
    return store_remove(r->txn, TABLE_POLICY_VERSIONS, key_with_number(r, name, v.version));
}
