/* IAM's table of operations, and what they share. */
#include "api/iam.h"

#include "iam/policy.h"
#include "iam/tags.h"

const struct handler handlers_iam[IAM_OPERATIONS] = {
#define IAM_HANDLER_ROW(operation, function, access) [IAM_##operation] = {function, NULL, access},
    IAM_HANDLERS(IAM_HANDLER_ROW)
#undef IAM_HANDLER_ROW
};

/* What IAM and STS call a failure, where that differs from IoT. */
const struct error_name errors_iam[] = {
    {E_NOT_FOUND, "NoSuchEntity", 404},
    {E_EXISTS, "EntityAlreadyExists", 409},
    {E_DELETE_CONFLICT, "DeleteConflict", 409},
    {E_LIMIT, "LimitExceeded", 409},
    {E_UNKNOWN_OPERATION, "InvalidAction", 400},
    {E_POLICY_MALFORMED, "MalformedPolicyDocument", 400},
    {OK, NULL, 0},
};

struct iam_page iam_page_of(const struct call *c) {
    return (struct iam_page){
        .limit = (size_t)get_number(c->in, M_MAX_ITEMS, 0),
        .marker = get_text(c->in, M_MARKER),
        .path_prefix =
            record_knows(c->in, M_PATH_PREFIX) ? get_text(c->in, M_PATH_PREFIX) : (bytes){0},
    };
}

void iam_put_end(struct call *c, bytes next) {
    put_flag(c->out, M_IS_TRUNCATED, next.len > 0);
    if (next.len > 0)
        put_text(c->out, M_MARKER, next);
}

/* ---- tags ---- */

status iam_keep_tags(const struct call *c, bytes owner) {
    const struct items *given = get_list(c->in, M_TAGS);
    size_t count = 0;
    if (!given)
        return OK;
    struct tags tags = {.items = ARENA_ARRAY(c->arena, struct tag, given->count)};
    VALUES_EACH(v, given) {
        tags.items[count++] =
            (struct tag){get_text(v->record, M_KEY), get_text(v->record, M_VALUE)};
    }
    tags.count = count;
    return iam_tags_set(&c->registry, owner, &tags);
}

status iam_put_tags(const struct call *c, bytes owner, struct record *out) {
    struct tags tags;
    TRY(iam_tags_load(&c->registry, owner, &tags));
    struct items *list = tags.count > 0 ? put_list(out, M_TAGS) : NULL;
    for (size_t i = 0; i < tags.count; i++) {
        struct record *tag = add_record(list);
        put_text(tag, M_KEY, tags.items[i].key);
        put_text(tag, M_VALUE, tags.items[i].value.ptr ? tags.items[i].value : BYTES(""));
    }
    return OK;
}

status iam_untag(const struct call *c, bytes owner) {
    const struct items *given = get_list(c->in, M_TAG_KEYS);
    bytes *keys = ARENA_ARRAY(c->arena, bytes, given->count);
    size_t count = 0;
    VALUES_EACH(v, given) {
        keys[count++] = v->text;
    }
    return iam_tags_unset(&c->registry, owner, keys, count);
}

status iam_list_tags(struct call *c, bytes owner) {
    (void)put_list(c->out, M_TAGS);
    TRY(iam_put_tags(c, owner, c->out));
    iam_put_end(c, (bytes){0});
    return OK;
}

/* ---- permissions boundaries ---- */

void iam_put_boundary(struct record *out, bytes boundary) {
    if (boundary.len == 0)
        return;
    struct record *r = put_record(out, M_PERMISSIONS_BOUNDARY);
    put_string(r, M_PERMISSIONS_BOUNDARY_TYPE, "Policy");
    put_text(r, M_PERMISSIONS_BOUNDARY_ARN, boundary);
}

status iam_check_boundary(const struct call *c, bytes arn) {
    struct iam_policy policy;
    return arn.len > 0 ? iam_policy_load(&c->registry, arn, &policy) : OK;
}

status iam_user_name(const struct call *c, bytes *out_name) {
    *out_name = get_text(c->in, M_USER_NAME);
    if (out_name->len > 0 || c->caller->kind == IAM_ROOT)
        return OK;
    if (c->caller->kind == IAM_ROLE_SESSION)
        return FAIL(E_INVALID, "Must specify userName when calling with non-User credentials");
    *out_name = c->caller->name;
    return OK;
}
