/* Whether the caller may do what he asks [AWS control-plane 3.2], before anything of it begins: who
 * may not learns nothing about what is there. */
#include "api/authorize.h"

#include "api/permission.h"
#include "iam/evaluate.h"
#include "registry/function_policy.h"
#include "registry/tags.h"

static const struct permission *const rows[FACE_COUNT] = {
    [FACE_IOT] = permissions_iot,       [FACE_IOT_DATA] = permissions_iot_data,
    [FACE_LAMBDA] = permissions_lambda, [FACE_LOGS] = permissions_logs,
    [FACE_ACM] = permissions_acm,       [FACE_IAM] = permissions_iam,
    [FACE_STS] = permissions_sts,       [FACE_SECRETSMANAGER] = permissions_secretsmanager,
};

const struct permission *permission_of(const struct exchange *x, const struct model_operation *o) {
    const struct permission *of_face = rows[x->service->face];
    return of_face ? &of_face[o - x->api->faces[x->service->face].model->operations] : NULL;
}

/* What is being asked, in one transaction of its own. */
struct asking {
    struct exchange *exchange;
    const struct record *in;
    struct registry registry;
    struct iam_access access;
    struct policy_request_value *keys;
    size_t key_count;
};

/* ---- keys of the request ---- */

enum { KEYS_MAX = 2 * TAGS_MAX + 4 };

static void know(struct asking *g, bytes key, const bytes *values, size_t count) {
    if (g->key_count < KEYS_MAX && count > 0)
        g->keys[g->key_count++] = (struct policy_request_value){key, values, count};
}

static void know_one(struct asking *g, bytes key, bytes value) {
    bytes *copy = ARENA_NEW(g->registry.arena, bytes);
    *copy = value;
    know(g, key, copy, 1);
}

static void know_tag(struct asking *g, const char *family, bytes key, bytes value) {
    know_one(g, bytes_from(arena_printf(g->registry.arena, "aws:%s/%.*s", family, BYTES_ARG(key))),
             value);
}

/* Tags travel as a map, or as a list of Key and Value under the names of either service. */
static bool read_tag(const struct record *r, const struct value *v, bytes *out_key,
                     bytes *out_value) {
    static const char *const names[][2] = {{"Key", "Value"}, {"key", "value"}};
    if (!r) {
        *out_key = v->key;
        *out_value = v->text;
        return true;
    }
    const struct model_member *members = model_members(r->model, r->shape);
    for (size_t i = 0; i < r->shape->second; i++)
        for (size_t n = 0; n < COUNT_OF(names); n++) {
            bytes name = model_text(r->model, members[i].name);
            if (bytes_equal(name, bytes_from(names[n][0])))
                *out_key = r->values[i].text;
            else if (bytes_equal(name, bytes_from(names[n][1])))
                *out_value = r->values[i].text;
        }
    return out_key->len > 0;
}

static void know_request_tags(struct asking *g, const struct items *tags) {
    uint16_t element = tags->shape->type == MODEL_MAP ? tags->shape->second : tags->shape->first;
    bool is_structure = tags->model->shapes[element].type == MODEL_STRUCTURE;
    bytes *keys = ARENA_ARRAY(g->registry.arena, bytes, tags->count);
    size_t count = 0;
    VALUES_EACH(v, tags) {
        bytes key = {0}, value = BYTES("");
        if (!read_tag(is_structure ? v->record : NULL, v, &key, &value))
            continue;
        keys[count++] = key;
        know_tag(g, "RequestTag", key, value);
    }
    know(g, BYTES("aws:TagKeys"), keys, count);
}

static void know_tag_keys(struct asking *g, const struct items *names) {
    bytes *keys = ARENA_ARRAY(g->registry.arena, bytes, names->count);
    size_t count = 0;
    VALUES_EACH(v, names)
    keys[count++] = v->text;
    know(g, BYTES("aws:TagKeys"), keys, count);
}

static void know_input(struct asking *g) {
    const struct record *in = g->in;
    const struct model_member *members = in ? model_members(in->model, in->shape) : NULL;
    for (size_t i = 0; in && i < in->shape->second; i++) {
        bytes name = model_text(in->model, members[i].name);
        uint8_t type = in->model->shapes[members[i].shape].type;
        if (!in->values[i].present || (type != MODEL_LIST && type != MODEL_MAP))
            continue;
        if (bytes_equal_nocase(name, BYTES("tags")))
            know_request_tags(g, in->values[i].items);
        else if (bytes_equal_nocase(name, BYTES("tagKeys")))
            know_tag_keys(g, in->values[i].items);
    }
}

/* Tags of what the call is on; it may have none, or not be there. */
static void know_resource_tags(struct asking *g, bytes arn) {
    struct tag_list tags;
    const struct page page = {.limit = TAGS_MAX};
    bytes resource;
    if (tags_resource_require(&g->registry, arn, &resource) != OK ||
        tags_list(&g->registry, resource, &page, &tags) != OK)
        return;
    for (size_t i = 0; i < tags.count; i++)
        know_tag(g, "ResourceTag", tags.items[i].key, tags.items[i].value);
}

/* ---- asking ---- */

/* A refusal is for the caller; why it fell so, for those who keep the policies. All sessions of a
 * role are one caller there. */
static void tell_reason(struct asking *g, const struct iam_ask *ask) {
    const struct iam_caller *caller = &g->exchange->caller;
    struct api_response *out = g->exchange->out;
    AUTO(buf) why = {0};
    buf_printf(&why, "%.*s may not %.*s on %.*s: ", BYTES_ARG(caller->arn), BYTES_ARG(ask->action),
               BYTES_ARG(ask->resource));
    iam_access_explain(&g->access, ask, &why);
    out->caller = caller->kind == IAM_ROLE_SESSION ? caller->role_arn : caller->arn;
    out->reason = arena_copy(g->registry.arena, buf_bytes(&why));
}

/* The policy of the function that a call is on, or of the version or alias it names; NULL without
 * one. It may let somebody in by itself. */
static struct policy_document *function_policy(struct asking *g, bytes arn) {
    bytes rest = arn, part = {0}, name, qualifier = {0}, text, revision;
    struct policy_document *d;
    for (int i = 0; i < 6; i++)
        (void)bytes_split(&rest, ':', &part);
    if (g->exchange->service->face != FACE_LAMBDA || !bytes_equal(part, BYTES("function")) ||
        !bytes_split(&rest, ':', &name))
        return NULL;
    (void)bytes_split(&rest, ':', &qualifier);
    if (function_policy_text(&g->registry, name, qualifier, &text, &revision) != OK ||
        policy_document_keep(POLICY_FORM_RESOURCE, name, text, &d) != OK)
        return NULL;
    return d;
}

static status ask_one(struct asking *g, const struct permission_need *need) {
    size_t common = g->key_count;
    struct policy_document *own = function_policy(g, need->resource);
    if (need->passed_to.len)
        know_one(g, BYTES("iam:PassedToService"), need->passed_to);
    if (g->access.asks_resource_tags)
        know_resource_tags(g, need->resource);
    const struct iam_ask ask = {.action = need->action,
                                .resource = need->resource,
                                .keys = g->keys,
                                .key_count = g->key_count,
                                .resource_policies = &own,
                                .resource_policy_count = own != NULL};
    status s = iam_access_check(&g->access, &ask);
    if (s == E_ACCESS_DENIED) {
        g->exchange->message = arena_copy(g->registry.arena, bytes_from(failure_text()));
        tell_reason(g, &ask);
    }
    policy_document_unref(own);
    g->key_count = common;
    return s;
}

static status ask_all(struct asking *g, const struct permission *row,
                      const struct model_operation *o) {
    const struct exchange *x = g->exchange;
    const struct face *face = &x->api->faces[x->service->face];
    const struct iam_circumstances by = {x->request->peer, x->request->is_secure, x->now_ms};
    struct permission_needs needs;
    bool is_data = x->service->face == FACE_IOT_DATA;
    TRY(permission_needs(row, is_data ? "iot" : face->model->service,
                         model_text(face->model, o->name), g->in, &g->registry, &x->caller,
                         &needs));
    TRY(iam_access_open(&g->access, &g->registry, &x->caller, &by));
    g->keys = ARENA_ARRAY(g->registry.arena, struct policy_request_value, KEYS_MAX);
    know_input(g);
    for (size_t i = 0; i < needs.count; i++) {
        status s = ask_one(g, &needs.items[i]);
        if (s != OK)
            return s == E_ACCESS_DENIED ? FAIL(s, "%.*s", BYTES_ARG(x->message)) : s;
    }
    return OK;
}

status exchange_authorize(struct exchange *x, const struct model_operation *o,
                          const struct record *in) {
    const struct permission *row = permission_of(x, o);
    struct asking g = {.exchange = x, .in = in};
    if (x->caller.kind == IAM_ROOT)
        return OK;
    if (row && (row->kind == PERMISSION_OPEN || row->kind == PERMISSION_TRUST))
        return OK;
    g.registry = (struct registry){NULL, x->arena, x->caller.account, x->api->config.region};
    TRY(store_begin_read(x->api->config.store, &g.registry.txn));
    status s = ask_all(&g, row, o);
    iam_access_done(&g.access);
    store_rollback(g.registry.txn);
    return s;
}
