/* What is given to whom:
 *
 *     IAM_ATTACHMENTS      account, "role/NAME", 0, ARN of a managed policy
 *     IAM_ATTACHED_TO      account, ARN, 0, "role/NAME"
 *     IAM_INLINE_POLICIES  account, "role/NAME", 0, policy name → document */
#include "iam/grammar.h"
#include "iam/internal.h"
#include "iam/policy.h"

static const size_t inline_max[] = {
    [IAM_KIND_USER] = IAM_INLINE_USER_MAX,
    [IAM_KIND_GROUP] = IAM_INLINE_GROUP_MAX,
    [IAM_KIND_ROLE] = IAM_INLINE_ROLE_MAX,
};

/* [AWS control-plane 9] */
static status check_attachable(const struct registry *r, bytes arn) {
    struct iam_policy p;
    status s = iam_policy_load(r, arn, &p);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "Policy %.*s does not exist or is not attachable.",
                    BYTES_ARG(bytes_slice(arn, 0, 200)));
    return s;
}

status iam_attach(const struct registry *r, const struct iam_entity *to, bytes arn) {
    bytes owner = iam_entity_owner(r, to);
    bool attached;
    TRY(iam_entity_require(r, to));
    TRY(check_attachable(r, arn));
    TRY(iam_has(r, TABLE_IAM_ATTACHMENTS, iam_key_pair(r, owner, arn), &attached));
    if (attached)
        return OK;
    TRY(iam_room(r, TABLE_IAM_ATTACHMENTS, iam_key_pair(r, owner, (bytes){0}), IAM_ATTACHED_MAX,
                 to->kind == IAM_KIND_ROLE   ? "PoliciesPerRole"
                 : to->kind == IAM_KIND_USER ? "PoliciesPerUser"
                                             : "PoliciesPerGroup"));
    TRY(iam_save(r, TABLE_IAM_ATTACHMENTS, iam_key_pair(r, owner, arn), (bytes){0}));
    return iam_save(r, TABLE_IAM_ATTACHED_TO, iam_key_pair(r, arn, owner), (bytes){0});
}

status iam_detach(const struct registry *r, const struct iam_entity *from, bytes arn) {
    bytes owner = iam_entity_owner(r, from);
    bool attached;
    TRY(iam_entity_require(r, from));
    TRY(iam_has(r, TABLE_IAM_ATTACHMENTS, iam_key_pair(r, owner, arn), &attached));
    if (!attached)
        return FAIL(E_NOT_FOUND, "Policy %.*s was not found.", BYTES_ARG(bytes_slice(arn, 0, 200)));
    TRY(iam_remove(r, TABLE_IAM_ATTACHMENTS, iam_key_pair(r, owner, arn)));
    return iam_remove(r, TABLE_IAM_ATTACHED_TO, iam_key_pair(r, arn, owner));
}

/* The last parts of keys. */
static status names(const struct registry *r, enum table table, bytes first,
                    const struct iam_page *page, iam_keep *keep, struct iam_name_list *out_list) {
    bytes prefix = iam_key_pair(r, first, (bytes){0});
    struct iam_rows rows;
    TRY(iam_rows(r, table, prefix, page, keep, &rows));
    struct iam_name_list l = {ARENA_ARRAY(r->arena, bytes, rows.count), rows.count, rows.next};
    for (size_t i = 0; i < rows.count; i++)
        l.items[i] = bytes_skip(rows.items[i].key, prefix.len);
    *out_list = l;
    return OK;
}

/* Whether the path of an attached policy begins as asked for. */
static bool has_path(const struct registry *r, const struct row *row, const struct iam_page *page) {
    struct iam_arn_parts parts;
    UNUSED(r);
    return page->path_prefix.len == 0 ||
           (iam_arn_parse(bytes_skip(row->key, bytes_find(row->key, 0) + 1), &parts) == OK &&
            bytes_start_with(parts.path, page->path_prefix));
}

status iam_attached(const struct registry *r, const struct iam_entity *to,
                    const struct iam_page *page, struct iam_name_list *out_list) {
    TRY(iam_entity_require(r, to));
    return names(r, TABLE_IAM_ATTACHMENTS, iam_entity_owner(r, to), page, has_path, out_list);
}

status iam_attached_to(const struct registry *r, bytes arn, const struct iam_page *page,
                       struct iam_name_list *out_list) {
    struct iam_policy p;
    TRY(iam_policy_load(r, arn, &p));
    return names(r, TABLE_IAM_ATTACHED_TO, arn, page, NULL, out_list);
}

/* What is attached names the entity in two tables. */
static status move_attached(const struct registry *r, bytes from, bytes to) {
    bytes prefix = iam_key_pair(r, from, (bytes){0});
    struct scan scan = {.prefix = prefix, .limit = STORE_SCAN_ROWS_MAX};
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, TABLE_IAM_ATTACHMENTS, &scan, r->arena, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        bytes arn = bytes_skip(rows[i].key, prefix.len);
        TRY(iam_remove(r, TABLE_IAM_ATTACHED_TO, iam_key_pair(r, arn, from)));
        TRY(iam_save(r, TABLE_IAM_ATTACHED_TO, iam_key_pair(r, arn, to), (bytes){0}));
    }
    return iam_rows_move(r, TABLE_IAM_ATTACHMENTS, prefix, iam_key_pair(r, to, (bytes){0}));
}

status iam_policies_move(const struct registry *r, const struct iam_entity *from,
                         const struct iam_entity *to) {
    bytes old = iam_entity_owner(r, from), new = iam_entity_owner(r, to);
    TRY(move_attached(r, old, new));
    return iam_rows_move(r, TABLE_IAM_INLINE_POLICIES, iam_key_pair(r, old, (bytes){0}),
                         iam_key_pair(r, new, (bytes){0}));
}

/* ---- inline policies ---- */

static status no_inline(const struct iam_entity *of, bytes name) {
    return FAIL(E_NOT_FOUND, "The %s policy with name %.*s cannot be found.",
                iam_kind_name(of->kind), BYTES_ARG(bytes_slice(name, 0, 128)));
}

static status check_inline(const struct registry *r, const struct iam_entity *of, bytes name,
                           bytes document) {
    bytes prefix = iam_key_pair(r, iam_entity_owner(r, of), (bytes){0});
    struct scan scan = {.prefix = prefix, .limit = STORE_SCAN_ROWS_MAX};
    size_t length = iam_grammar_length(document), count;
    struct row *rows;
    TRY(iam_grammar_check(r->arena, IAM_GRAMMAR_IDENTITY, document));
    TRY(store_scan(r->txn, TABLE_IAM_INLINE_POLICIES, &scan, r->arena, &rows, &count));
    for (size_t i = 0; i < count; i++)
        if (!bytes_equal(bytes_skip(rows[i].key, prefix.len), name))
            length += iam_grammar_length(rows[i].value);
    if (length > inline_max[of->kind])
        return FAIL(E_LIMIT, "Maximum policy size of %zu bytes exceeded for %s %.*s",
                    inline_max[of->kind], iam_kind_name(of->kind), BYTES_ARG(of->name));
    return OK;
}

status iam_inline_put(const struct registry *r, const struct iam_entity *of, bytes name,
                      bytes document) {
    TRY(iam_entity_require(r, of));
    TRY(check_inline(r, of, name, document));
    return iam_save(r, TABLE_IAM_INLINE_POLICIES, iam_key_pair(r, iam_entity_owner(r, of), name),
                    document);
}

status iam_inline_load(const struct registry *r, const struct iam_entity *of, bytes name,
                       bytes *out_document) {
    TRY(iam_entity_require(r, of));
    status s = store_load(r->txn, TABLE_IAM_INLINE_POLICIES,
                          iam_key_pair(r, iam_entity_owner(r, of), name), r->arena, out_document);
    return s == E_NOT_FOUND ? no_inline(of, name) : s;
}

status iam_inline_delete(const struct registry *r, const struct iam_entity *of, bytes name) {
    bytes document;
    TRY(iam_inline_load(r, of, name, &document));
    return iam_remove(r, TABLE_IAM_INLINE_POLICIES, iam_key_pair(r, iam_entity_owner(r, of), name));
}

status iam_inline_list(const struct registry *r, const struct iam_entity *of,
                       const struct iam_page *page, struct iam_name_list *out_list) {
    TRY(iam_entity_require(r, of));
    return names(r, TABLE_IAM_INLINE_POLICIES, iam_entity_owner(r, of), page, NULL, out_list);
}

status iam_is_bare(const struct registry *r, const struct iam_entity *entity) {
    bytes prefix = iam_key_pair(r, iam_entity_owner(r, entity), (bytes){0});
    bool some;
    TRY(iam_has_any(r, TABLE_IAM_ATTACHMENTS, prefix, &some));
    if (some)
        return FAIL(E_DELETE_CONFLICT, "Cannot delete entity, must detach all policies first.");
    TRY(iam_has_any(r, TABLE_IAM_INLINE_POLICIES, prefix, &some));
    if (some)
        return FAIL(E_DELETE_CONFLICT, "Cannot delete entity, must delete policies first.");
    return OK;
}
