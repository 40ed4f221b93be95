#include "iam/documents.h"

#include "iam/policy.h"
#include "iam/role.h"
#include "iam/user.h"
#include "store/record.h"

enum { DOCUMENTS_MAX = 400 };

struct gathering {
    const struct registry *r;
    struct iam_documents *out;
};

static status add(struct gathering *g, enum iam_part part, bytes name, bytes text) {
    if (g->out->count == DOCUMENTS_MAX)
        return FAIL(E_LIMIT, "more than %d policies count for one caller", DOCUMENTS_MAX);
    g->out->items[g->out->count++] = (struct iam_document){part, name, text};
    return OK;
}

/* The default version of a managed policy. One that is not there grants nothing; as a boundary it
 * allows nothing. */
static status add_managed(struct gathering *g, enum iam_part part, bytes arn) {
    struct iam_policy p;
    struct iam_policy_version v;
    status s = iam_policy_load(g->r, arn, &p);
    if (s == E_NOT_FOUND) {
        g->out->missing = g->out->missing || part != IAM_IDENTITY;
        return OK;
    }
    TRY(s);
    bytes version =
        bytes_from(arena_printf(g->r->arena, "v%llu", (unsigned long long)p.default_version));
    TRY(iam_policy_version_load(g->r, arn, version, &v));
    return add(g, part, arn, v.document);
}

/* Inline and attached ones of a user, group or role. */
static status add_entity(struct gathering *g, const struct iam_entity *of) {
    const struct iam_page all = {.limit = IAM_PAGE_MAX};
    struct iam_name_list names;
    bytes document;
    TRY(iam_inline_list(g->r, of, &all, &names));
    for (size_t i = 0; i < names.count; i++) {
        TRY(iam_inline_load(g->r, of, names.items[i], &document));
        TRY(add(g, IAM_IDENTITY, names.items[i], document));
    }
    TRY(iam_attached(g->r, of, &all, &names));
    for (size_t i = 0; i < names.count; i++)
        TRY(add_managed(g, IAM_IDENTITY, names.items[i]));
    return OK;
}

static status add_user(struct gathering *g, const struct iam_caller *caller) {
    const struct iam_page all = {.limit = IAM_PAGE_MAX};
    struct iam_group_list groups;
    struct iam_user user;
    status s = iam_user_load(g->r, caller->name, &user);
    if (s == E_NOT_FOUND || (s == OK && !bytes_equal(user.id, caller->user_id))) {
        g->out->missing = true;
        return OK;
    }
    TRY(s);
    TRY(add_entity(g, &(struct iam_entity){IAM_KIND_USER, user.name}));
    TRY(iam_groups_of(g->r, user.name, &all, &groups));
    for (size_t i = 0; i < groups.count; i++)
        TRY(add_entity(g, &(struct iam_entity){IAM_KIND_GROUP, groups.items[i].name}));
    return user.boundary.len ? add_managed(g, IAM_BOUNDARY, user.boundary) : OK;
}

/* A session belongs to the role it was made of, not to another one that has its name since. */
static bool is_of(const struct iam_caller *caller, const struct iam_role *role) {
    return bytes_equal(bytes_slice(caller->user_id, 0, bytes_find(caller->user_id, ':')), role->id);
}

static status add_role(struct gathering *g, const struct iam_caller *caller) {
    struct iam_role role;
    status s = iam_role_load_arn(g->r, caller->role_arn, &role);
    if (s == E_NOT_FOUND || (s == OK && !is_of(caller, &role))) {
        g->out->missing = true;
        return OK;
    }
    TRY(s);
    TRY(add_entity(g, &(struct iam_entity){IAM_KIND_ROLE, role.name}));
    return role.boundary.len ? add_managed(g, IAM_BOUNDARY, role.boundary) : OK;
}

static status add_session(struct gathering *g, const struct iam_caller *caller) {
    bytes rest = caller->session_policy_arns, arn;
    while (record_list_next(&rest, &arn))
        TRY(add_managed(g, IAM_SESSION, arn));
    if (caller->session_policy.len > 0)
        return add(g, IAM_SESSION, BYTES("session policy"), caller->session_policy);
    return OK;
}

status iam_policies_of(const struct registry *r, const struct iam_caller *caller,
                       struct iam_documents *out_documents) {
    struct iam_documents documents = {
        .items = ARENA_ARRAY(r->arena, struct iam_document, DOCUMENTS_MAX)};
    struct gathering g = {r, &documents};
    if (caller->kind == IAM_USER)
        TRY(add_user(&g, caller));
    if (caller->kind == IAM_ROLE_SESSION)
        TRY(add_role(&g, caller));
    TRY(add_session(&g, caller));
    *out_documents = documents;
    return OK;
}
