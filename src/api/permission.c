#include "api/permission.h"

#include <string.h>

#include "iam/role.h"
#include "iam/user.h"
#include "registry/domain_configuration.h"
#include "registry/secret.h"

/* What is looked at while the needs of one call are listed. */
struct listing {
    const struct record *in;
    const struct registry *registry;
    const struct iam_caller *caller;
    const char *service;
    bytes action;
    struct permission_need *items;
    size_t count, capacity;
};

/* ---- members ---- */

static const struct value *member(const struct record *r, bytes name) {
    const struct model_member *members = r ? model_members(r->model, r->shape) : NULL;
    for (size_t i = 0; r && i < r->shape->second; i++)
        if (r->values[i].present && bytes_equal(model_text(r->model, members[i].name), name))
            return &r->values[i];
    return NULL;
}

static uint8_t type_of(const struct record *r, const struct value *v) {
    return r->model->shapes[model_members(r->model, r->shape)[v - r->values].shape].type;
}

static bytes text_of(const struct record *r, const char *name) {
    const struct value *v = member(r, bytes_from(name));
    return v && type_of(r, v) == MODEL_STRING ? v->text : (bytes){0};
}

/* ---- names that take more than a member ---- */

/* A function by name, partial or whole ARN, and the version or alias that is asked for
 * [AWS rules 7]. */
static bytes function_name(const struct listing *l) {
    bytes name = text_of(l->in, "FunctionName"), qualifier = text_of(l->in, "Qualifier");
    size_t at = bytes_search(name, BYTES("function:"));
    if (at < name.len)
        name = bytes_skip(name, at + 9);
    if (!name.len || !qualifier.len || bytes_find(name, ':') < name.len)
        return name.len
                   ? bytes_from(arena_printf(l->registry->arena, "function:%.*s", BYTES_ARG(name)))
                   : (bytes){0};
    return bytes_from(arena_printf(l->registry->arena, "function:%.*s:%.*s", BYTES_ARG(name),
                                   BYTES_ARG(qualifier)));
}

/* Log groups go by name or, more recently, by name or ARN. What a policy names ends ":*". */
static bytes log_stream(const struct listing *l) {
    bytes group = text_of(l->in, "logGroupName"), stream = text_of(l->in, "logStreamName");
    if (!group.len)
        group = text_of(l->in, "logGroupIdentifier");
    size_t at = bytes_search(group, BYTES(":log-group:"));
    if (at < group.len)
        group = bytes_skip(group, at + 11);
    if (bytes_end_with(group, BYTES(":*")))
        group.len -= 2;
    return group.len ? bytes_from(arena_printf(l->registry->arena, "log-group:%.*s:log-stream:%.*s",
                                               BYTES_ARG(group), BYTES_ARG(stream)))
                     : (bytes){0};
}

static bytes log_group(const struct listing *l) {
    bytes all = log_stream(l);
    size_t at = bytes_search(all, BYTES(":log-stream:"));
    return bytes_slice(all, 0, at + strlen(":log-stream:"));
}

/* An ARN of IAM as it will be, when there is nobody yet: with the path that is given. */
static bytes new_arn(const struct listing *l, enum iam_kind kind, bytes name) {
    bytes path = text_of(l->in, "Path");
    return iam_arn(l->registry, kind, path.len ? path : BYTES("/"), name);
}

/* Who asks for nobody in particular asks for himself. */
static bytes user_arn(const struct listing *l) {
    bytes name = text_of(l->in, "UserName");
    struct iam_user user;
    if (!name.len)
        return l->caller->arn;
    return iam_user_load(l->registry, name, &user) == OK ? iam_user_arn(l->registry, &user)
                                                         : new_arn(l, IAM_KIND_USER, name);
}

static bytes role_arn(const struct listing *l) {
    bytes name = text_of(l->in, "RoleName");
    struct iam_role role;
    return iam_role_load(l->registry, name, &role) == OK ? iam_role_arn(l->registry, &role)
                                                         : new_arn(l, IAM_KIND_ROLE, name);
}

static bytes group_arn(const struct listing *l) {
    bytes name = text_of(l->in, "GroupName");
    struct iam_group group;
    return iam_group_load(l->registry, name, &group) == OK ? iam_group_arn(l->registry, &group)
                                                           : new_arn(l, IAM_KIND_GROUP, name);
}

static bytes policy_arn(const struct listing *l) {
    return new_arn(l, IAM_KIND_POLICY, text_of(l->in, "PolicyName"));
}

/* The ARN ends with an id that only the record knows. */
static bytes domain_arn(const struct listing *l) {
    bytes name = text_of(l->in, "domainConfigurationName");
    struct domain_configuration d;
    if (domain_configuration_load(l->registry, name, &d) == OK)
        return domain_configuration_arn(l->registry, &d);
    return bytes_from(
        arena_printf(l->registry->arena, "domainconfiguration/%.*s/", BYTES_ARG(name)));
}

static bytes secret(const struct listing *l) {
    return secret_resource(l->registry, text_of(l->in, "SecretId"));
}

static bytes new_secret(const struct listing *l) {
    return secret_resource(l->registry, text_of(l->in, "Name"));
}

/* A named shadow is a resource of its own [AWS policy 2.1]. */
static bytes shadow(const struct listing *l) {
    bytes thing = text_of(l->in, "thingName"), name = text_of(l->in, "shadowName");
    return bytes_from(arena_printf(l->registry->arena, "thing/%.*s%s%.*s", BYTES_ARG(thing),
                                   name.len ? "/" : "", BYTES_ARG(name)));
}

static const struct {
    const char *name;
    bytes (*find)(const struct listing *l);
    const char *member; /* that the operation must have */
} special[] = {
    {"function", function_name, "FunctionName"},
    {"group", log_group, NULL},
    {"stream", log_stream, NULL},
    {"user", user_arn, NULL},
    {"role", role_arn, "RoleName"},
    {"usergroup", group_arn, "GroupName"},
    {"newpolicy", policy_arn, "PolicyName"},
    {"domain", domain_arn, "domainConfigurationName"},
    {"shadow", shadow, "thingName"},
    {"secret", secret, "SecretId"},
    {"newsecret", new_secret, "Name"},
};

/* ---- templates ---- */

/* Most calls need one thing or two. */
static void grow(struct listing *l) {
    l->capacity = l->capacity ? 4 * l->capacity : 4;
    struct permission_need *items =
        ARENA_ARRAY(l->registry->arena, struct permission_need, l->capacity);
    for (size_t i = 0; i < l->count; i++)
        items[i] = l->items[i];
    l->items = items;
}

static status add(struct listing *l, bytes action, bytes resource, const char *passed_to) {
    if (l->count == PERMISSION_NEEDS_MAX)
        return FAIL(E_LIMIT, "a call can name at most %d resources", PERMISSION_NEEDS_MAX);
    if (l->count == l->capacity)
        grow(l);
    l->items[l->count++] = (struct permission_need){action, resource, bytes_from(passed_to)};
    return OK;
}

/* An ARN as it stands; anything else with the service's beginning. IAM knows no regions. */
static bytes in_full(const struct listing *l, bytes name) {
    const struct registry *r = l->registry;
    bool is_global = strcmp(l->service, "iam") == 0;
    if (bytes_start_with(name, BYTES("arn:")))
        return name;
    return bytes_from(arena_printf(r->arena, "arn:aws:%s:%.*s:%.*s:%.*s", l->service,
                                   is_global ? 0 : (int)r->region.len, (const char *)r->region.ptr,
                                   BYTES_ARG(r->account), BYTES_ARG(name)));
}

/* The parts of "head{name|otherwise}tail"; `name` may end with "[]". */
struct pieces {
    bytes head, name, otherwise, tail;
    bool is_list;
};

/* The first braces of a template; false when there are none. */
static bool split(bytes template, struct pieces *out) {
    size_t open = bytes_find(template, '{'), close = bytes_find(template, '}');
    if (open == template.len || close == template.len)
        return false;
    bytes inside = bytes_slice(template, open + 1, close - open - 1);
    size_t bar = bytes_find(inside, '|');
    *out = (struct pieces){.head = bytes_slice(template, 0, open),
                           .name = bytes_slice(inside, 0, bar),
                           .tail = bytes_skip(template, close + 1)};
    if (bar < inside.len)
        out->otherwise = bytes_skip(inside, bar + 1);
    out->is_list = bytes_end_with(out->name, BYTES("[]"));
    if (out->is_list)
        out->name.len -= 2;
    return true;
}

static bytes special_value(const struct listing *l, bytes name) {
    for (size_t i = 0; i < COUNT_OF(special); i++)
        if (bytes_equal(name, bytes_from(special[i].name)))
            return special[i].find(l);
    return (bytes){0};
}

static bytes simple_value(const struct listing *l, const struct pieces *p) {
    const struct value *v = member(l->in, p->name);
    if (!v)
        return special_value(l, p->name);
    if (type_of(l->in, v) == MODEL_STRING)
        return v->text;
    return bytes_from(arena_printf(l->registry->arena, "%lld", (long long)v->number));
}

/* Values are put in place once: braces in them are text. */
static bool fill(const struct listing *l, bytes template, struct buf *out) {
    struct pieces p;
    while (split(template, &p)) {
        bytes value = simple_value(l, &p);
        if (!value.len)
            value = p.otherwise;
        if (!value.len)
            return false;
        buf_append(out, p.head);
        buf_append(out, value);
        template = p.tail;
    }
    buf_append(out, template);
    return true;
}

/* A principal may be something without an ARN: then there is nothing to name. */
static status add_named(struct listing *l, bool is_whole, bytes name) {
    bool is_nothing = is_whole && !bytes_start_with(name, BYTES("arn:"));
    return add(l, l->action, is_nothing ? BYTES("*") : in_full(l, name), NULL);
}

static status expand_list(struct listing *l, const struct pieces *p) {
    const struct value *v = member(l->in, p->name);
    VALUES_EACH(element, v && type_of(l->in, v) == MODEL_LIST ? v->items : NULL)
    TRY(add_named(l, p->head.len == 0,
                  bytes_from(arena_printf(l->registry->arena, "%.*s%.*s%.*s", BYTES_ARG(p->head),
                                          BYTES_ARG(element->text), BYTES_ARG(p->tail)))));
    return OK;
}

static bool is_special(bytes name) {
    for (size_t i = 0; i < COUNT_OF(special); i++)
        if (bytes_equal(name, bytes_from(special[i].name)))
            return true;
    return false;
}

static status expand(struct listing *l, bytes template) {
    AUTO(buf) text = {0};
    struct pieces p;
    bool has_members = split(template, &p);
    if (has_members && p.is_list)
        return expand_list(l, &p);
    if (!fill(l, template, &text))
        return OK;
    bool is_whole = has_members && !p.head.len && !p.tail.len && !is_special(p.name);
    return add_named(l, is_whole, arena_copy(l->registry->arena, buf_bytes(&text)));
}

/* ---- roles that are handed to a service ---- */

static bool is_role(bytes name) {
    return bytes_equal(name, BYTES("roleArn")) || bytes_equal(name, BYTES("provisioningRoleArn")) ||
           bytes_equal(name, BYTES("Role")) || bytes_equal(name, BYTES("executionRoleArn"));
}

static status add_roles(struct listing *l, const struct record *r, const char *service);

static status add_roles_of_items(struct listing *l, const struct items *items,
                                 const char *service) {
    uint16_t element = items->shape->type == MODEL_MAP ? items->shape->second : items->shape->first;
    if (items->model->shapes[element].type != MODEL_STRUCTURE)
        return OK;
    VALUES_EACH(v, items)
    TRY(add_roles(l, v->record, service));
    return OK;
}

static status add_roles(struct listing *l, const struct record *r, const char *service) {
    const struct model_member *members = model_members(r->model, r->shape);
    for (size_t i = 0; i < r->shape->second; i++) {
        const struct value *v = &r->values[i];
        uint8_t type = r->model->shapes[members[i].shape].type;
        if (!v->present)
            continue;
        if (type == MODEL_STRING && is_role(model_text(r->model, members[i].name)))
            TRY(add(l, BYTES("iam:PassRole"), v->text, service));
        else if (type == MODEL_STRUCTURE)
            TRY(add_roles(l, v->record, service));
        else if (type == MODEL_LIST || type == MODEL_MAP)
            TRY(add_roles_of_items(l, v->items, service));
    }
    return OK;
}

/* The same resources, for another action. */
static status add_flagged(struct listing *l, const struct permission *row) {
    const struct value *v = member(l->in, bytes_from(row->flag));
    size_t count = l->count;
    if (!v || type_of(l->in, v) != MODEL_BOOLEAN || !v->flag)
        return OK;
    for (size_t i = 0; i < count; i++)
        TRY(add(l, bytes_from(row->flagged), l->items[i].resource, NULL));
    return OK;
}

/* ---- all of it ---- */

status permission_needs(const struct permission *row, const char *service, bytes operation,
                        const struct record *in, const struct registry *r,
                        const struct iam_caller *caller, struct permission_needs *out_needs) {
    struct listing l = {.in = in, .registry = r, .caller = caller, .service = service};
    l.action = row && row->action
                   ? bytes_from(row->action)
                   : bytes_from(arena_printf(r->arena, "%s:%.*s", service, BYTES_ARG(operation)));
    for (size_t i = 0; row && i < PERMISSION_TEMPLATES_MAX && row->on[i]; i++)
        TRY(expand(&l, bytes_from(row->on[i])));
    if (l.count == 0)
        TRY(add(&l, l.action, BYTES("*"), NULL));
    if (row && row->flag)
        TRY(add_flagged(&l, row));
    if (row && row->passes_to && in)
        TRY(add_roles(&l, in, row->passes_to));
    *out_needs = (struct permission_needs){l.items, l.count};
    return OK;
}

/* ---- whether the table is right ---- */

static bool input_has(const struct model *m, const struct model_operation *o, bytes name) {
    if (o->input == MODEL_NO_SHAPE)
        return false;
    const struct model_shape *shape = model_shape(m, o->input);
    for (size_t i = 0; i < shape->second; i++)
        if (bytes_equal(model_text(m, model_members(m, shape)[i].name), name))
            return true;
    return false;
}

static bool is_known(const struct model *m, const struct model_operation *o, bytes name) {
    for (size_t i = 0; i < COUNT_OF(special); i++)
        if (bytes_equal(name, bytes_from(special[i].name)))
            return !special[i].member || input_has(m, o, bytes_from(special[i].member));
    return input_has(m, o, name);
}

status permission_check_row(const struct permission *row, const struct model *m,
                            const struct model_operation *o) {
    if (row->flag && !input_has(m, o, bytes_from(row->flag)))
        return FAIL(E_INVALID, "there is no member %s", row->flag);
    for (size_t i = 0; i < PERMISSION_TEMPLATES_MAX && row->on[i]; i++) {
        bytes template = bytes_from(row->on[i]);
        for (struct pieces p; split(template, &p); template = p.tail)
            if (!is_known(m, o, p.name))
                return FAIL(E_INVALID, "\"%s\": there is no member %.*s", row->on[i],
                            BYTES_ARG(p.name));
    }
    return OK;
}
