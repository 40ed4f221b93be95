/* Managed policies:
 *
 *     IAM_POLICIES         account, name
 *     IAM_POLICY_VERSIONS  account, name, 0, version (4 bytes)
 *
 * Those of AWS are constants (managed.c) with one version. */
#include "iam/policy.h"

#include "base/clock.h"
#include "iam/grammar.h"
#include "iam/internal.h"
#include "iam/managed.h"

struct stored_policy {
    struct iam_policy policy;
    uint64_t last_version;
};
static const struct field policy_fields[] = {
    FIELD(1, struct stored_policy, policy.path),
    FIELD(2, struct stored_policy, policy.id),
    FIELD(3, struct stored_policy, policy.description),
    FIELD(4, struct stored_policy, policy.default_version),
    FIELD(5, struct stored_policy, policy.created_ms),
    FIELD(6, struct stored_policy, policy.updated_ms),
    FIELD(7, struct stored_policy, last_version),
};
static const struct field version_fields[] = {
    FIELD(1, struct iam_policy_version, document),
    FIELD(2, struct iam_policy_version, created_ms),
};

/* AWS wrote them one day; the day does not matter. */
enum { AWS_CREATED_S = 1422991281 };

static const bytes aws = BYTES("aws");

static status not_found(bytes arn) {
    return FAIL(E_NOT_FOUND, "Policy %.*s was not found.", BYTES_ARG(bytes_slice(arn, 0, 200)));
}

static bytes aws_arn(const struct registry *r, const struct iam_managed *m) {
    return bytes_from(arena_printf(r->arena, "arn:aws:iam::aws:policy%s%s", m->path, m->name));
}

static status count_attachments(const struct registry *r, struct iam_policy *p) {
    struct scan scan = {.prefix = iam_key_pair(r, p->arn, (bytes){0}),
                        .limit = STORE_SCAN_ROWS_MAX};
    struct row *rows;
    return store_scan(r->txn, TABLE_IAM_ATTACHED_TO, &scan, r->arena, &rows, &p->attachments);
}

static struct iam_policy of_aws(const struct registry *r, const struct iam_managed *m) {
    return (struct iam_policy){
        .name = bytes_from(m->name),
        .path = bytes_from(m->path),
        .id = bytes_from(arena_printf(r->arena, "ANPA%.*s", 17, "AWSMANAGEDPOLICYAWSMANAGED")),
        .arn = aws_arn(r, m),
        .description = bytes_from(m->description),
        .default_version = 1,
        .created_ms = AWS_CREATED_S * (int64_t)1000,
        .updated_ms = AWS_CREATED_S * (int64_t)1000,
        .of_aws = true};
}

/* One of the account's own. */
static status load_own(const struct registry *r, bytes arn, const struct iam_arn_parts *parts,
                       struct stored_policy *out_policy) {
    struct stored_policy p = {.policy = {.name = arena_copy(r->arena, parts->name)}};
    status s = bytes_equal(parts->account, r->account)
                   ? iam_object_load(r, TABLE_IAM_POLICIES, iam_key(r, parts->name), policy_fields,
                                     COUNT_OF(policy_fields), &p)
                   : E_NOT_FOUND;
    if (s == E_NOT_FOUND || (s == OK && !bytes_equal(p.policy.path, parts->path)))
        return not_found(arn);
    TRY(s);
    p.policy.arn = iam_arn(r, IAM_KIND_POLICY, p.policy.path, p.policy.name);
    *out_policy = p;
    return OK;
}

static status parse(bytes arn, struct iam_arn_parts *out_parts) {
    TRY(iam_arn_parse(arn, out_parts));
    return out_parts->kind == IAM_KIND_POLICY ? OK : not_found(arn);
}

status iam_policy_load(const struct registry *r, bytes arn, struct iam_policy *out_policy) {
    struct iam_arn_parts parts;
    struct stored_policy p = {0};
    TRY(parse(arn, &parts));
    if (bytes_equal(parts.account, aws)) {
        const struct iam_managed *m = iam_managed_find(parts.path, parts.name);
        if (!m)
            return not_found(arn);
        p.policy = of_aws(r, m);
    } else {
        TRY(load_own(r, arn, &parts, &p));
    }
    TRY(count_attachments(r, &p.policy));
    *out_policy = p.policy;
    return OK;
}

status iam_policy_arn(const struct registry *r, bytes name, bytes *out_arn) {
    struct stored_policy p = {0};
    TRY(iam_object_load(r, TABLE_IAM_POLICIES, iam_key(r, name), policy_fields,
                        COUNT_OF(policy_fields), &p));
    *out_arn = iam_arn(r, IAM_KIND_POLICY, p.policy.path, name);
    return OK;
}

/* One that may be changed. */
static status load_to_change(const struct registry *r, bytes arn,
                             struct stored_policy *out_policy) {
    struct iam_arn_parts parts;
    TRY(parse(arn, &parts));
    if (bytes_equal(parts.account, aws))
        return FAIL(E_ACCESS_DENIED, "The policy %.*s belongs to AWS: it cannot be changed",
                    BYTES_ARG(bytes_slice(arn, 0, 200)));
    return load_own(r, arn, &parts, out_policy);
}

static status save(const struct registry *r, const struct stored_policy *p) {
    return iam_object_save(r, TABLE_IAM_POLICIES, iam_key(r, p->policy.name), policy_fields,
                           COUNT_OF(policy_fields), p);
}

/* ---- versions ---- */

static bytes version_key(const struct registry *r, bytes name, uint64_t version) {
    AUTO(buf) number = {0};
    buf_append_u32(&number, (uint32_t)version);
    return iam_key_pair(r, name, buf_bytes(&number));
}

static status save_version(const struct registry *r, bytes name,
                           const struct iam_policy_version *v) {
    return iam_object_save(r, TABLE_IAM_POLICY_VERSIONS, version_key(r, name, v->version),
                           version_fields, COUNT_OF(version_fields), v);
}

static status version_rows(const struct registry *r, bytes name, struct row **out_rows,
                           size_t *out_count) {
    struct scan scan = {.prefix = iam_key_pair(r, name, (bytes){0}),
                        .limit = IAM_POLICY_VERSIONS_MAX + 1,
                        .descending = true};
    return store_scan(r->txn, TABLE_IAM_POLICY_VERSIONS, &scan, r->arena, out_rows, out_count);
}

static status check_document(const struct registry *r, bytes document) {
    if (iam_grammar_length(document) > IAM_POLICY_MAX)
        return FAIL(E_LIMIT, "Cannot exceed quota for PolicySize: %d", IAM_POLICY_MAX);
    return iam_grammar_check(r->arena, IAM_GRAMMAR_IDENTITY, document);
}

status iam_policy_create(const struct registry *r, const struct iam_policy *policy, bytes document,
                         struct iam_policy *out_policy) {
    struct stored_policy new = {*policy, 1};
    bool exists;
    TRY(iam_has(r, TABLE_IAM_POLICIES, iam_key(r, policy->name), &exists));
    if (exists)
        return iam_exists(IAM_KIND_POLICY, policy->name);
    TRY(iam_room(r, TABLE_IAM_POLICIES, r->account, IAM_POLICIES_MAX, "PoliciesPerAccount"));
    TRY(check_document(r, document));
    new.policy.id = iam_id_new(r, IAM_KIND_POLICY);
    new.policy.arn = iam_arn(r, IAM_KIND_POLICY, policy->path, policy->name);
    new.policy.default_version = 1;
    new.policy.created_ms = new.policy.updated_ms = clock_wall_ms();
    TRY(save(r, &new));
    TRY(save_version(r, policy->name,
                     &(struct iam_policy_version){1, true, document, new.policy.created_ms}));
    *out_policy = new.policy;
    return OK;
}

status iam_policy_delete(const struct registry *r, bytes arn) {
    struct stored_policy p;
    struct row *versions;
    size_t count;
    TRY(load_to_change(r, arn, &p));
    TRY(count_attachments(r, &p.policy));
    if (p.policy.attachments > 0)
        return FAIL(E_DELETE_CONFLICT, "Cannot delete a policy attached to entities.");
    TRY(version_rows(r, p.policy.name, &versions, &count));
    if (count > 1)
        return FAIL(E_DELETE_CONFLICT, "This policy has more than one version. Before you delete a "
                                       "policy, you must delete the policy's versions. The default "
                                       "version is deleted with the policy.");
    TRY(iam_tags_forget(r, iam_owner(r, IAM_KIND_POLICY, p.policy.name)));
    TRY(iam_remove(r, TABLE_IAM_POLICY_VERSIONS,
                   version_key(r, p.policy.name, p.policy.default_version)));
    return iam_remove(r, TABLE_IAM_POLICIES, iam_key(r, p.policy.name));
}

status iam_policy_version_create(const struct registry *r, bytes arn, bytes document,
                                 bool set_as_default, struct iam_policy_version *out_version) {
    struct stored_policy p;
    struct row *versions;
    size_t count;
    TRY(load_to_change(r, arn, &p));
    TRY(check_document(r, document));
    TRY(version_rows(r, p.policy.name, &versions, &count));
    if (count >= IAM_POLICY_VERSIONS_MAX)
        return FAIL(E_LIMIT,
                    "A managed policy can have up to %d versions. Before you create a new version, "
                    "you must delete an existing version.",
                    IAM_POLICY_VERSIONS_MAX);
    struct iam_policy_version new = {++p.last_version, set_as_default, document, clock_wall_ms()};
    p.policy.updated_ms = new.created_ms;
    if (set_as_default)
        p.policy.default_version = new.version;
    TRY(save(r, &p));
    TRY(save_version(r, p.policy.name, &new));
    *out_version = new;
    return OK;
}

static status no_version(bytes arn, bytes version) {
    return FAIL(E_NOT_FOUND, "Policy %.*s version %.*s does not exist or is not attachable.",
                BYTES_ARG(bytes_slice(arn, 0, 200)), BYTES_ARG(bytes_slice(version, 0, 40)));
}

/* "v2" */
static bool read_version(bytes text, uint64_t *out_version) {
    return text.len > 1 && text.ptr[0] == 'v' &&
           bytes_to_u64(bytes_skip(text, 1), UINT32_MAX, out_version) == OK;
}

static status load_version(const struct registry *r, const struct iam_policy *p, bytes version,
                           struct iam_policy_version *out_version) {
    struct iam_policy_version v = {0};
    if (!read_version(version, &v.version))
        return no_version(p->arn, version);
    status s = iam_object_load(r, TABLE_IAM_POLICY_VERSIONS, version_key(r, p->name, v.version),
                               version_fields, COUNT_OF(version_fields), &v);
    if (s == E_NOT_FOUND)
        return no_version(p->arn, version);
    TRY(s);
    v.is_default = v.version == p->default_version;
    *out_version = v;
    return OK;
}

static struct iam_policy_version version_of_aws(const struct iam_policy *p) {
    const struct iam_managed *m = iam_managed_find(p->path, p->name);
    return (struct iam_policy_version){1, true, bytes_from(m->document), p->created_ms};
}

status iam_policy_version_load(const struct registry *r, bytes arn, bytes version,
                               struct iam_policy_version *out_version) {
    struct iam_policy p;
    TRY(iam_policy_load(r, arn, &p));
    if (!p.of_aws)
        return load_version(r, &p, version, out_version);
    if (!bytes_equal(version, BYTES("v1")))
        return no_version(arn, version);
    *out_version = version_of_aws(&p);
    return OK;
}

status iam_policy_version_list(const struct registry *r, bytes arn,
                               struct iam_policy_version **out_versions, size_t *out_count) {
    struct iam_policy p;
    struct row *rows;
    size_t count = 1;
    TRY(iam_policy_load(r, arn, &p));
    if (!p.of_aws)
        TRY(version_rows(r, p.name, &rows, &count));
    struct iam_policy_version *versions = ARENA_ARRAY(r->arena, struct iam_policy_version, count);
    for (size_t i = 0; i < count; i++) {
        if (p.of_aws) {
            versions[i] = version_of_aws(&p);
            continue;
        }
        struct reader number = {bytes_skip(rows[i].key, rows[i].key.len - 4)};
        uint32_t version;
        TRY(read_u32(&number, &version));
        TRY(record_decode(version_fields, COUNT_OF(version_fields), rows[i].value, &versions[i]));
        versions[i].version = version;
        versions[i].is_default = version == p.default_version;
    }
    *out_versions = versions;
    *out_count = count;
    return OK;
}

status iam_policy_version_set_default(const struct registry *r, bytes arn, bytes version) {
    struct stored_policy p;
    struct iam_policy_version v;
    TRY(load_to_change(r, arn, &p));
    TRY(load_version(r, &p.policy, version, &v));
    p.policy.default_version = v.version;
    p.policy.updated_ms = clock_wall_ms();
    return save(r, &p);
}

status iam_policy_version_delete(const struct registry *r, bytes arn, bytes version) {
    struct stored_policy p;
    struct iam_policy_version v;
    TRY(load_to_change(r, arn, &p));
    TRY(load_version(r, &p.policy, version, &v));
    if (v.is_default)
        return FAIL(E_DELETE_CONFLICT, "Cannot delete the default version of a policy.");
    return iam_remove(r, TABLE_IAM_POLICY_VERSIONS, version_key(r, p.policy.name, v.version));
}

/* ---- listing ---- */

static bool wanted(const struct iam_policy_filter *f, const struct iam_page *page,
                   const struct iam_policy *p) {
    return (!f->only_attached || p->attachments > 0) &&
           (page->path_prefix.len == 0 || bytes_start_with(p->path, page->path_prefix));
}

/* All of them that are wanted: there are some thousand at most. */
static status gather(const struct registry *r, const struct iam_policy_filter *f,
                     const struct iam_page *page, struct iam_policy_list *l) {
    struct scan scan = {.prefix = r->account, .limit = STORE_SCAN_ROWS_MAX, .after = true};
    struct row *rows;
    size_t count, own = 0;
    l->items = ARENA_ARRAY(r->arena, struct iam_policy, IAM_POLICIES_MAX + 100);
    do {
        TRY(store_scan(r->txn, TABLE_IAM_POLICIES, &scan, r->arena, &rows, &count));
        for (size_t i = 0; i < count && f->scope != IAM_SCOPE_AWS && own < IAM_POLICIES_MAX; i++) {
            struct stored_policy p = {.policy.name = bytes_skip(rows[i].key, r->account.len)};
            TRY(record_decode(policy_fields, COUNT_OF(policy_fields), rows[i].value, &p));
            p.policy.arn = iam_arn(r, IAM_KIND_POLICY, p.policy.path, p.policy.name);
            TRY(count_attachments(r, &p.policy));
            own++;
            if (wanted(f, page, &p.policy))
                l->items[l->count++] = p.policy;
        }
        scan.from = count ? rows[count - 1].key : (bytes){0};
    } while (count == scan.limit);
    const struct iam_managed *m;
    for (size_t i = 0; f->scope != IAM_SCOPE_LOCAL && i < 100 && (m = iam_managed_at(i)); i++) {
        struct iam_policy p = of_aws(r, m);
        TRY(count_attachments(r, &p));
        if (wanted(f, page, &p))
            l->items[l->count++] = p;
    }
    return OK;
}

status iam_policy_list(const struct registry *r, const struct iam_policy_filter *filter,
                       const struct iam_page *page, struct iam_policy_list *out_list) {
    struct iam_policy_list l = {0};
    size_t limit = iam_page_limit(page), from = 0;
    bytes position;
    TRY(iam_marker_read(r, page->marker, &position));
    TRY(gather(r, filter, page, &l));
    for (size_t i = 0; position.len > 0 && i < l.count; i++)
        if (bytes_equal(l.items[i].arn, position))
            from = i + 1;
    l.items += from;
    l.count -= from;
    if (l.count > limit) {
        l.count = limit;
        l.next = iam_marker(r, l.items[limit - 1].arn);
    }
    *out_list = l;
    return OK;
}
