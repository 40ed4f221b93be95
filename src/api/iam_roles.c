/* Roles. */
#include "api/iam.h"
#include "iam/role.h"
#include "iam/tags.h"

enum { MAX_SESSION_S_DEFAULT = 3600 };

static bytes owner_of(const struct call *c, bytes name) {
    return iam_tags_owner(&c->registry, IAM_KIND_ROLE, name);
}

static void put_role(const struct call *c, const struct iam_role *role, struct record *r) {
    put_text(r, M_PATH, role->path);
    put_text(r, M_ROLE_NAME, role->name);
    put_text(r, M_ROLE_ID, role->id);
    put_text(r, M_ARN, iam_role_arn(&c->registry, role));
    put_time(r, M_CREATE_DATE, role->created_ms);
    put_text(r, M_ASSUME_ROLE_POLICY_DOCUMENT, role->trust);
    if (role->description.len > 0)
        put_text(r, M_DESCRIPTION, role->description);
    put_number(r, M_MAX_SESSION_DURATION, role->max_session_s);
}

/* With what listings leave out. */
static status put_whole(const struct call *c, const struct iam_role *role, struct record *r) {
    put_role(c, role, r);
    iam_put_boundary(r, role->boundary);
    return iam_put_tags(c, owner_of(c, role->name), r);
}

status iam_create_role(struct call *c) {
    struct iam_role role = {
        .name = get_text(c->in, M_ROLE_NAME),
        .path = has(c->in, M_PATH) ? get_text(c->in, M_PATH) : BYTES("/"),
        .trust = get_text(c->in, M_ASSUME_ROLE_POLICY_DOCUMENT),
        .description = get_text(c->in, M_DESCRIPTION),
        .boundary = get_text(c->in, M_PERMISSIONS_BOUNDARY),
        .max_session_s = get_number(c->in, M_MAX_SESSION_DURATION, MAX_SESSION_S_DEFAULT),
    };
    TRY(iam_check_boundary(c, role.boundary));
    TRY(iam_role_create(&c->registry, &role, &role));
    TRY(iam_keep_tags(c, owner_of(c, role.name)));
    return put_whole(c, &role, put_record(c->out, M_ROLE));
}

static status load(const struct call *c, struct iam_role *out_role) {
    return iam_role_load(&c->registry, get_text(c->in, M_ROLE_NAME), out_role);
}

status iam_get_role(struct call *c) {
    struct iam_role role;
    TRY(load(c, &role));
    struct record *r = put_record(c->out, M_ROLE);
    (void)put_record(r, M_ROLE_LAST_USED);
    return put_whole(c, &role, r);
}

status iam_list_roles(struct call *c) {
    struct iam_page page = iam_page_of(c);
    struct iam_role_list list;
    TRY(iam_role_list(&c->registry, &page, &list));
    struct items *roles = put_list(c->out, M_ROLES);
    for (size_t i = 0; i < list.count; i++)
        put_role(c, &list.items[i], add_record(roles));
    iam_put_end(c, list.next);
    return OK;
}

status iam_update_role(struct call *c) {
    struct iam_role role;
    TRY(load(c, &role));
    if (has(c->in, M_DESCRIPTION))
        role.description = get_text(c->in, M_DESCRIPTION);
    role.max_session_s = get_number(c->in, M_MAX_SESSION_DURATION, role.max_session_s);
    return iam_role_save(&c->registry, &role);
}

status iam_update_role_description(struct call *c) {
    struct iam_role role;
    TRY(load(c, &role));
    role.description = get_text(c->in, M_DESCRIPTION);
    TRY(iam_role_save(&c->registry, &role));
    put_role(c, &role, put_record(c->out, M_ROLE));
    return OK;
}

status iam_update_trust(struct call *c) {
    struct iam_role role;
    TRY(load(c, &role));
    role.trust = get_text(c->in, M_POLICY_DOCUMENT);
    return iam_role_save(&c->registry, &role);
}

status iam_delete_role(struct call *c) {
    return iam_role_delete(&c->registry, get_text(c->in, M_ROLE_NAME));
}

/* ---- tags, boundary ---- */

static status tagged(const struct call *c, bytes *out_owner) {
    struct iam_role role;
    TRY(load(c, &role));
    *out_owner = owner_of(c, role.name);
    return OK;
}

status iam_tag_role(struct call *c) {
    bytes owner;
    TRY(tagged(c, &owner));
    return iam_keep_tags(c, owner);
}

status iam_untag_role(struct call *c) {
    bytes owner;
    TRY(tagged(c, &owner));
    return iam_untag(c, owner);
}

status iam_list_role_tags(struct call *c) {
    bytes owner;
    TRY(tagged(c, &owner));
    return iam_list_tags(c, owner);
}

static status set_boundary(struct call *c, bytes arn) {
    struct iam_role role;
    TRY(load(c, &role));
    TRY(iam_check_boundary(c, arn));
    role.boundary = arn;
    return iam_role_save(&c->registry, &role);
}

status iam_put_role_boundary(struct call *c) {
    return set_boundary(c, get_text(c->in, M_PERMISSIONS_BOUNDARY));
}

status iam_delete_role_boundary(struct call *c) {
    return set_boundary(c, (bytes){0});
}

/* There are no instances here; terraform and the console ask before they delete a role. */
status iam_list_instance_profiles(struct call *c) {
    struct iam_role role;
    TRY(load(c, &role));
    (void)put_list(c->out, M_INSTANCE_PROFILES);
    iam_put_end(c, (bytes){0});
    return OK;
}
