/* What is given to users, groups and roles: managed policies attached, inline policies put. The
 * operations come in threes, which differ by the member that names the entity. */
#include "api/iam.h"
#include "iam/policy.h"
#include "iam/role.h"
#include "iam/user.h"

static const struct {
    unsigned member;
    enum iam_kind kind;
} entities[] = {
    {M_ROLE_NAME, IAM_KIND_ROLE},
    {M_USER_NAME, IAM_KIND_USER},
    {M_GROUP_NAME, IAM_KIND_GROUP},
};

static struct iam_entity entity_of(const struct call *c, unsigned *out_member) {
    size_t i = 0;
    while (i + 1 < COUNT_OF(entities) && !record_knows(c->in, entities[i].member))
        i++;
    *out_member = entities[i].member;
    return (struct iam_entity){entities[i].kind, get_text(c->in, entities[i].member)};
}

/* ---- attached ---- */

status iam_attach_policy(struct call *c) {
    unsigned member;
    struct iam_entity to = entity_of(c, &member);
    return iam_attach(&c->registry, &to, get_text(c->in, M_POLICY_ARN));
}

status iam_detach_policy(struct call *c) {
    unsigned member;
    struct iam_entity from = entity_of(c, &member);
    return iam_detach(&c->registry, &from, get_text(c->in, M_POLICY_ARN));
}

status iam_list_attached_policies(struct call *c) {
    struct iam_page page = iam_page_of(c);
    struct iam_name_list list;
    unsigned member;
    struct iam_entity to = entity_of(c, &member);
    TRY(iam_attached(&c->registry, &to, &page, &list));
    struct items *policies = put_list(c->out, M_ATTACHED_POLICIES);
    for (size_t i = 0; i < list.count; i++) {
        struct iam_arn_parts parts;
        TRY(iam_arn_parse(list.items[i], &parts));
        struct record *r = add_record(policies);
        put_text(r, M_POLICY_NAME, parts.name);
        put_text(r, M_POLICY_ARN, list.items[i]);
    }
    iam_put_end(c, list.next);
    return OK;
}

/* ---- inline ---- */

status iam_put_inline_policy(struct call *c) {
    unsigned member;
    struct iam_entity of = entity_of(c, &member);
    return iam_inline_put(&c->registry, &of, get_text(c->in, M_POLICY_NAME),
                          get_text(c->in, M_POLICY_DOCUMENT));
}

status iam_get_inline_policy(struct call *c) {
    unsigned member;
    struct iam_entity of = entity_of(c, &member);
    bytes name = get_text(c->in, M_POLICY_NAME), document;
    TRY(iam_inline_load(&c->registry, &of, name, &document));
    put_text(c->out, member, of.name);
    put_text(c->out, M_POLICY_NAME, name);
    put_text(c->out, M_POLICY_DOCUMENT, document);
    return OK;
}

status iam_delete_inline_policy(struct call *c) {
    unsigned member;
    struct iam_entity of = entity_of(c, &member);
    return iam_inline_delete(&c->registry, &of, get_text(c->in, M_POLICY_NAME));
}

status iam_list_inline_policies(struct call *c) {
    struct iam_page page = iam_page_of(c);
    struct iam_name_list list;
    unsigned member;
    struct iam_entity of = entity_of(c, &member);
    TRY(iam_inline_list(&c->registry, &of, &page, &list));
    struct items *names = put_list(c->out, M_POLICY_NAMES);
    for (size_t i = 0; i < list.count; i++)
        add_text(names, list.items[i]);
    iam_put_end(c, list.next);
    return OK;
}

/* ---- to whom ---- */

struct holders {
    struct items *users, *groups, *roles;
};

static status put_user(const struct call *c, bytes name, struct record *r) {
    struct iam_user user;
    TRY(iam_user_load(&c->registry, name, &user));
    put_text(r, M_USER_NAME, user.name);
    put_text(r, M_USER_ID, user.id);
    return OK;
}

static status put_group(const struct call *c, bytes name, struct record *r) {
    struct iam_group group;
    TRY(iam_group_load(&c->registry, name, &group));
    put_text(r, M_GROUP_NAME, group.name);
    put_text(r, M_GROUP_ID, group.id);
    return OK;
}

static status put_role(const struct call *c, bytes name, struct record *r) {
    struct iam_role role;
    TRY(iam_role_load(&c->registry, name, &role));
    put_text(r, M_ROLE_NAME, role.name);
    put_text(r, M_ROLE_ID, role.id);
    return OK;
}

/* "role/NAME" */
static status put_holder(const struct call *c, bytes owner, struct holders *all) {
    static const struct {
        const char *kind, *filter;
        size_t list;
        status (*put)(const struct call *c, bytes name, struct record *r);
    } kinds[] = {
        {"user", "User", offsetof(struct holders, users), put_user},
        {"group", "Group", offsetof(struct holders, groups), put_group},
        {"role", "Role", offsetof(struct holders, roles), put_role},
    };
    size_t slash = bytes_find(owner, '/');
    bytes kind = bytes_slice(owner, 0, slash), filter = get_text(c->in, M_ENTITY_FILTER);
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (bytes_equal(kind, bytes_from(kinds[i].kind)) &&
            (filter.len == 0 || bytes_equal(filter, bytes_from(kinds[i].filter))))
            return kinds[i].put(c, bytes_skip(owner, slash + 1),
                                add_record(*(struct items **)((char *)all + kinds[i].list)));
    return OK;
}

status iam_list_entities_for_policy(struct call *c) {
    struct iam_page page = iam_page_of(c);
    struct iam_name_list list;
    struct holders all = {put_list(c->out, M_POLICY_USERS), put_list(c->out, M_POLICY_GROUPS),
                          put_list(c->out, M_POLICY_ROLES)};
    TRY(iam_attached_to(&c->registry, get_text(c->in, M_POLICY_ARN), &page, &list));
    for (size_t i = 0; i < list.count; i++)
        TRY(put_holder(c, list.items[i], &all));
    iam_put_end(c, list.next);
    return OK;
}
