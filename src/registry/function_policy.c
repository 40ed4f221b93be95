/* Policies of functions:
 *
 *     FUNCTION_POLICIES  account, function, 0, qualifier → revision id, statements
 *
 * The statements of one policy stand in one row, each a record of its own: they are few, and are
 * read together. */
#include "registry/function_policy.h"

#include "codec/json.h"
#include "registry/internal.h"

#include <string.h>

struct policy {
    bytes revision_id;
    bytes statements; /* record_list of records */
};

static const struct field policy_fields[] = {
    FIELD(1, struct policy, revision_id),
    FIELD(2, struct policy, statements),
};

static const struct field fields[] = {
    FIELD(1, struct function_permission, id),
    FIELD(2, struct function_permission, action),
    FIELD(3, struct function_permission, principal),
    FIELD(4, struct function_permission, source_arn),
    FIELD(5, struct function_permission, source_account),
    FIELD(6, struct function_permission, organization),
    FIELD(7, struct function_permission, event_token),
    FIELD(8, struct function_permission, url_auth_type),
};

static status load(const struct registry *r, bytes name, bytes qualifier, struct policy *out) {
    *out = (struct policy){0};
    status s = object_load(r, TABLE_FUNCTION_POLICIES, key_of_pair(r, name, qualifier),
                           policy_fields, COUNT_OF(policy_fields), out);
    return s == E_NOT_FOUND ? OK : s;
}

static status save(const struct registry *r, bytes name, bytes qualifier, struct policy *p) {
    bytes key = key_of_pair(r, name, qualifier);
    if (p->statements.len == 0)
        return store_remove(r->txn, TABLE_FUNCTION_POLICIES, key);
    p->revision_id = generation_new(r);
    return object_save(r, TABLE_FUNCTION_POLICIES, key, policy_fields, COUNT_OF(policy_fields), p);
}

/* The next statement of a list; false at its end. A damaged one reads as one that allows nobody. */
static bool next_statement(bytes *rest, struct function_permission *out, bytes *out_record) {
    if (!record_list_next(rest, out_record))
        return false;
    *out = (struct function_permission){0};
    if (record_decode(fields, COUNT_OF(fields), *out_record, out) != OK)
        *out = (struct function_permission){0};
    return true;
}

/* ---- as JSON ---- */

static bool is_account(bytes text) {
    uint64_t number;
    return text.len == 12 && bytes_to_u64(text, INT64_MAX, &number) == OK;
}

static void put(struct json_writer *w, const char *name, bytes value) {
    json_name(w, name);
    json_string(w, value);
}

static void put_principal(struct json_writer *w, const struct registry *r, bytes principal) {
    json_name(w, "Principal");
    if (bytes_equal(principal, BYTES("*"))) {
        json_string(w, principal);
        return;
    }
    json_object_begin(w);
    if (is_account(principal))
        put(w, "AWS",
            bytes_from(arena_printf(r->arena, "arn:aws:iam::%.*s:root", BYTES_ARG(principal))));
    else
        put(w, bytes_start_with(principal, BYTES("arn:")) ? "AWS" : "Service", principal);
    json_object_end(w);
}

/* Conditions by operator, as AWS groups them. */
static void put_conditions(struct json_writer *w, const struct function_permission *p) {
    const struct {
        const char *key;
        bytes value;
    } equal[] = {{"AWS:SourceAccount", p->source_account},
                 {"aws:PrincipalOrgID", p->organization},
                 {"lambda:EventSourceToken", p->event_token},
                 {"lambda:FunctionUrlAuthType", p->url_auth_type}};
    bool any = false;
    for (size_t i = 0; i < COUNT_OF(equal); i++)
        any |= equal[i].value.len > 0;
    if (!any && p->source_arn.len == 0)
        return;
    json_name(w, "Condition");
    json_object_begin(w);
    if (any) {
        json_name(w, "StringEquals");
        json_object_begin(w);
        for (size_t i = 0; i < COUNT_OF(equal); i++)
            if (equal[i].value.len > 0)
                put(w, equal[i].key, equal[i].value);
        json_object_end(w);
    }
    if (p->source_arn.len > 0) {
        json_name(w, "ArnLike");
        json_object_begin(w);
        put(w, "AWS:SourceArn", p->source_arn);
        json_object_end(w);
    }
    json_object_end(w);
}

static void put_statement(struct json_writer *w, const struct registry *r, bytes arn,
                          const struct function_permission *p) {
    json_object_begin(w);
    put(w, "Sid", p->id);
    put(w, "Effect", BYTES("Allow"));
    put_principal(w, r, p->principal);
    put(w, "Action", p->action);
    put(w, "Resource", arn);
    put_conditions(w, p);
    json_object_end(w);
}

static void put_policy(struct buf *out, const struct registry *r, bytes arn, bytes statements) {
    struct function_permission p;
    struct json_writer w;
    bytes record;
    json_start(&w, out);
    json_object_begin(&w);
    put(&w, "Version", BYTES("2012-10-17"));
    put(&w, "Id", BYTES("default"));
    json_name(&w, "Statement");
    json_array_begin(&w);
    while (next_statement(&statements, &p, &record))
        put_statement(&w, r, arn, &p);
    json_array_end(&w);
    json_object_end(&w);
}

/* ---- changing ---- */

static bool is_service(bytes text) {
    return bytes_end_with(text, BYTES(".amazonaws.com")) ||
           bytes_end_with(text, BYTES(".amazon.com"));
}

static status check(const struct function_permission *p) {
    bytes a = p->action;
    if (!bytes_start_with(a, BYTES("lambda:")) && !bytes_equal(a, BYTES("*")))
        return FAIL(E_INVALID, "The action of a permission is lambda:InvokeFunction, another one "
                               "of lambda, or lambda:*");
    bytes who = p->principal;
    if (bytes_equal(who, BYTES("*")) || is_account(who) || is_service(who) ||
        bytes_start_with(who, BYTES("arn:aws:iam::")) ||
        bytes_start_with(who, BYTES("arn:aws:sts::")))
        return OK;
    return FAIL(E_INVALID, /* [AWS rules 7] */
                "The provided principal was invalid. Please check the principal and try again.");
}

static bool has_id(bytes statements, bytes id) {
    struct function_permission p;
    bytes record;
    while (next_statement(&statements, &p, &record))
        if (bytes_equal(p.id, id))
            return true;
    return false;
}

/* The function, version or alias that a policy is for is there. */
static status check_subject(const struct registry *r, bytes name, bytes qualifier) {
    struct function_record f;
    if (bytes_equal(qualifier, BYTES(FUNCTION_LATEST)))
        return FAIL(E_INVALID, "We currently do not support adding policies for $LATEST.");
    return function_resolve(r, name, qualifier, &f);
}

static status append(const struct registry *r, bytes arn, struct policy *p,
                     const struct function_permission *permission) {
    AUTO(buf) list = {0}, record = {0}, text = {0};
    record_encode(fields, COUNT_OF(fields), permission, &record);
    buf_append(&list, p->statements);
    record_list_add(&list, buf_bytes(&record));
    p->statements = arena_copy(r->arena, buf_bytes(&list));
    put_policy(&text, r, arn, p->statements);
    if (text.len > FUNCTION_POLICY_BYTES_MAX)
        return FAIL(E_LIMIT, "The final policy size (%zu) is bigger than the limit (%d).", text.len,
                    FUNCTION_POLICY_BYTES_MAX);
    return OK;
}

status function_permission_add(const struct registry *r, bytes name, bytes qualifier,
                               const struct function_permission *permission, bytes revision,
                               bytes *out_statement) {
    AUTO(buf) text = {0};
    struct json_writer w;
    struct policy p;
    TRY(check_subject(r, name, qualifier));
    TRY(check(permission));
    TRY(load(r, name, qualifier, &p));
    TRY(function_is_unchanged(p.revision_id, revision));
    if (has_id(p.statements, permission->id)) /* [AWS rules 7] */
        return FAIL(E_EXISTS,
                    "The statement id (%.*s) provided already exists. Please provide a new "
                    "statement id, or remove the existing statement.",
                    BYTES_ARG(permission->id));
    bytes arn = function_arn(r, name, qualifier);
    TRY(append(r, arn, &p, permission));
    TRY(save(r, name, qualifier, &p));
    json_start(&w, &text);
    put_statement(&w, r, arn, permission);
    *out_statement = arena_copy(r->arena, buf_bytes(&text));
    return OK;
}

status function_permission_remove(const struct registry *r, bytes name, bytes qualifier, bytes id,
                                  bytes revision) {
    AUTO(buf) left = {0};
    struct function_permission p;
    struct policy policy;
    bytes record;
    TRY(check_subject(r, name, qualifier));
    TRY(load(r, name, qualifier, &policy));
    if (policy.statements.len == 0) /* [AWS rules 7] */
        return FAIL(E_NOT_FOUND, "No policy is associated with the given resource.");
    TRY(function_is_unchanged(policy.revision_id, revision));
    if (!has_id(policy.statements, id))
        return FAIL(E_NOT_FOUND, "Statement %.*s is not found in resource policy.", BYTES_ARG(id));
    for (bytes rest = policy.statements; next_statement(&rest, &p, &record);)
        if (!bytes_equal(p.id, id))
            record_list_add(&left, record);
    policy.statements = buf_bytes(&left);
    return save(r, name, qualifier, &policy);
}

status function_policy_text(const struct registry *r, bytes name, bytes qualifier,
                            bytes *out_policy, bytes *out_revision) {
    AUTO(buf) text = {0};
    struct policy p;
    struct function_record f;
    TRY(function_resolve(r, name, qualifier, &f));
    TRY(load(r, name, qualifier, &p));
    if (p.statements.len == 0) /* [AWS rules 7] */
        return FAIL(E_NOT_FOUND, "The resource you requested does not exist.");
    put_policy(&text, r, function_arn(r, name, qualifier), p.statements);
    *out_policy = arena_copy(r->arena, buf_bytes(&text));
    *out_revision = p.revision_id;
    return OK;
}

/* ---- asking ---- */

/* `*` any characters, `?` any one. */
static bool is_like(bytes text, bytes pattern) {
    size_t t = 0, p = 0, star = SIZE_MAX, from = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            from = t;
        } else if (p < pattern.len && (pattern.ptr[p] == '?' || pattern.ptr[p] == text.ptr[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

/* ArnLike compares the six parts of an ARN each by itself [AWS policy: ArnLike]. */
static bool arn_is_like(bytes arn, bytes pattern) {
    bytes part, wanted;
    for (int i = 0; i < 5; i++)
        if (!bytes_split(&arn, ':', &part) || !bytes_split(&pattern, ':', &wanted) ||
            !is_like(part, wanted))
            return false;
    return is_like(arn, pattern);
}

static bool allows(const struct function_permission *p, const struct function_caller *caller) {
    if (!is_like(BYTES("lambda:InvokeFunction"), p->action) || p->organization.len ||
        p->event_token.len || p->url_auth_type.len)
        return false;
    if (!bytes_equal(p->principal, BYTES("*")) && !bytes_equal(p->principal, caller->principal))
        return false;
    if (p->source_account.len && !bytes_equal(p->source_account, caller->source_account))
        return false;
    return p->source_arn.len == 0 || arn_is_like(caller->source_arn, p->source_arn);
}

status function_policy_allows(const struct registry *r, bytes name, bytes qualifier,
                              const struct function_caller *caller) {
    struct function_permission permission;
    struct policy p;
    bytes record;
    TRY(load(r, name, qualifier, &p));
    for (bytes rest = p.statements; next_statement(&rest, &permission, &record);)
        if (allows(&permission, caller))
            return OK;
    return FAIL(E_DENIED,
                "The policy of the function %.*s does not let %.*s invoke it for %.*s: allow it "
                "with aws lambda add-permission --function-name %.*s%s%.*s --statement-id ID "
                "--action lambda:InvokeFunction --principal %.*s --source-arn %.*s",
                BYTES_ARG(function_arn(r, name, qualifier)), BYTES_ARG(caller->principal),
                BYTES_ARG(caller->source_arn), BYTES_ARG(name),
                qualifier.len ? " --qualifier " : "", BYTES_ARG(qualifier),
                BYTES_ARG(caller->principal), BYTES_ARG(caller->source_arn));
}
