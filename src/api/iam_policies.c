/* Managed policies and their versions. */
#include "api/iam.h"
#include "iam/policy.h"
#include "iam/tags.h"

static bytes version_text(const struct call *c, uint64_t version) {
    return bytes_from(arena_printf(c->arena, "v%llu", (unsigned long long)version));
}

static bytes owner_of(const struct call *c, const struct iam_policy *policy) {
    return iam_tags_owner(&c->registry, IAM_KIND_POLICY, policy->name);
}

static void put_policy(const struct call *c, const struct iam_policy *p, struct record *r) {
    put_text(r, M_POLICY_NAME, p->name);
    put_text(r, M_POLICY_ID, p->id);
    put_text(r, M_ARN, p->arn);
    put_text(r, M_PATH, p->path);
    put_text(r, M_DEFAULT_VERSION_ID, version_text(c, p->default_version));
    put_number(r, M_ATTACHMENT_COUNT, (int64_t)p->attachments);
    put_number(r, M_PERMISSIONS_BOUNDARY_USAGE_COUNT, 0);
    put_flag(r, M_IS_ATTACHABLE, true);
    put_time(r, M_CREATE_DATE, p->created_ms);
    put_time(r, M_UPDATE_DATE, p->updated_ms);
}

status iam_create_policy(struct call *c) {
    struct iam_policy p = {
        .name = get_text(c->in, M_POLICY_NAME),
        .path = has(c->in, M_PATH) ? get_text(c->in, M_PATH) : BYTES("/"),
        .description = get_text(c->in, M_DESCRIPTION),
    };
    TRY(iam_policy_create(&c->registry, &p, get_text(c->in, M_POLICY_DOCUMENT), &p));
    TRY(iam_keep_tags(c, owner_of(c, &p)));
    struct record *r = put_record(c->out, M_POLICY);
    put_policy(c, &p, r);
    return iam_put_tags(c, owner_of(c, &p), r);
}

static bytes arn_of(const struct call *c) {
    return get_text(c->in, M_POLICY_ARN);
}

status iam_get_policy(struct call *c) {
    struct iam_policy p;
    TRY(iam_policy_load(&c->registry, arn_of(c), &p));
    struct record *r = put_record(c->out, M_POLICY);
    put_policy(c, &p, r);
    if (p.description.len > 0)
        put_text(r, M_DESCRIPTION, p.description);
    return p.of_aws ? OK : iam_put_tags(c, owner_of(c, &p), r);
}

static enum iam_policy_scope scope_of(bytes text) {
    return bytes_equal(text, BYTES("AWS"))     ? IAM_SCOPE_AWS
           : bytes_equal(text, BYTES("Local")) ? IAM_SCOPE_LOCAL
                                               : IAM_SCOPE_ALL;
}

status iam_list_policies(struct call *c) {
    const struct iam_policy_filter filter = {scope_of(get_text(c->in, M_SCOPE)),
                                             get_flag(c->in, M_ONLY_ATTACHED)};
    struct iam_page page = iam_page_of(c);
    struct iam_policy_list list;
    TRY(iam_policy_list(&c->registry, &filter, &page, &list));
    struct items *policies = put_list(c->out, M_POLICIES);
    for (size_t i = 0; i < list.count; i++)
        put_policy(c, &list.items[i], add_record(policies));
    iam_put_end(c, list.next);
    return OK;
}

status iam_delete_policy(struct call *c) {
    return iam_policy_delete(&c->registry, arn_of(c));
}

/* ---- versions ---- */

static void put_version(const struct call *c, const struct iam_policy_version *v,
                        struct record *r) {
    put_text(r, M_VERSION_ID, version_text(c, v->version));
    put_flag(r, M_IS_DEFAULT_VERSION, v->is_default);
    put_time(r, M_CREATE_DATE, v->created_ms);
}

status iam_create_policy_version(struct call *c) {
    struct iam_policy_version v;
    TRY(iam_policy_version_create(&c->registry, arn_of(c), get_text(c->in, M_POLICY_DOCUMENT),
                                  get_flag(c->in, M_SET_AS_DEFAULT), &v));
    put_version(c, &v, put_record(c->out, M_POLICY_VERSION));
    return OK;
}

status iam_get_policy_version(struct call *c) {
    struct iam_policy_version v;
    TRY(iam_policy_version_load(&c->registry, arn_of(c), get_text(c->in, M_VERSION_ID), &v));
    struct record *r = put_record(c->out, M_POLICY_VERSION);
    put_version(c, &v, r);
    put_text(r, M_DOCUMENT, v.document);
    return OK;
}

status iam_list_policy_versions(struct call *c) {
    struct iam_policy_version *versions;
    size_t count;
    TRY(iam_policy_version_list(&c->registry, arn_of(c), &versions, &count));
    struct items *list = put_list(c->out, M_VERSIONS);
    for (size_t i = 0; i < count; i++)
        put_version(c, &versions[i], add_record(list));
    iam_put_end(c, (bytes){0});
    return OK;
}

status iam_set_default_policy_version(struct call *c) {
    return iam_policy_version_set_default(&c->registry, arn_of(c), get_text(c->in, M_VERSION_ID));
}

status iam_delete_policy_version(struct call *c) {
    return iam_policy_version_delete(&c->registry, arn_of(c), get_text(c->in, M_VERSION_ID));
}

/* ---- tags ---- */

static status tagged(const struct call *c, bytes *out_owner) {
    struct iam_policy p;
    TRY(iam_policy_load(&c->registry, arn_of(c), &p));
    if (p.of_aws)
        return FAIL(E_ACCESS_DENIED, "The policy %.*s belongs to AWS: it has no tags",
                    BYTES_ARG(p.arn));
    *out_owner = owner_of(c, &p);
    return OK;
}

status iam_tag_policy(struct call *c) {
    bytes owner;
    TRY(tagged(c, &owner));
    return iam_keep_tags(c, owner);
}

status iam_untag_policy(struct call *c) {
    bytes owner;
    TRY(tagged(c, &owner));
    return iam_untag(c, owner);
}

status iam_list_policy_tags(struct call *c) {
    bytes owner;
    TRY(tagged(c, &owner));
    return iam_list_tags(c, owner);
}
