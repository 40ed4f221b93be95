/* Versions and aliases [AWS rules 7]. */
#include "api/lambda.h"

/* ---- versions ---- */

status lambda_publish_version(struct call *c) {
    struct function_name name;
    struct function_record f;
    TRY(lambda_name(c, &name));
    TRY(function_load(&c->registry, name.name, &f));
    TRY(function_is_unchanged(f.revision_id, get_text(c->in, M_REVISION_ID)));
    bytes expected = get_text(c->in, M_CODE_SHA256);
    if (expected.len > 0 && !bytes_equal(expected, f.code_sha256))
        return FAIL(E_INVALID,
                    "CodeSHA256 (%.*s) is different from current CodeSHA256 in $LATEST (%.*s). "
                    "Please try again with the CodeSHA256 in $LATEST.",
                    BYTES_ARG(bytes_slice(expected, 0, 100)), BYTES_ARG(f.code_sha256));
    TRY(function_publish(&c->registry, name.name, get_text(c->in, M_DESCRIPTION), &f));
    lambda_put_configuration(c, c->out, &f, function_version_text(&c->registry, &f), false);
    return OK;
}

/* $LATEST stands first on the first page, beside as many versions as a page may have. */
status lambda_list_versions(struct call *c) {
    struct page page = lambda_page(c);
    struct function_name name;
    struct function_record latest;
    struct function_list list;
    TRY(lambda_name(c, &name));
    TRY(function_load(&c->registry, name.name, &latest));
    TRY(function_version_list(&c->registry, name.name, &page, &list));
    struct items *versions = put_list(c->out, M_VERSIONS);
    if (page.token.len == 0)
        lambda_put_configuration(c, add_record(versions), &latest, BYTES(FUNCTION_LATEST), true);
    for (size_t i = 0; i < list.count; i++)
        lambda_put_configuration(c, add_record(versions), &list.items[i],
                                 function_version_text(&c->registry, &list.items[i]), true);
    if (list.next.len > 0)
        put_text(c->out, M_NEXT_MARKER, list.next);
    return OK;
}

/* ---- aliases ---- */

static void put_alias(const struct call *c, struct record *out, const struct function_alias *a) {
    put_text(out, M_ALIAS_ARN, function_alias_arn(&c->registry, a));
    put_text(out, M_NAME, a->name);
    put_text(out, M_FUNCTION_VERSION, a->version);
    put_text(out, M_DESCRIPTION, a->description.ptr ? a->description : BYTES(""));
    put_text(out, M_REVISION_ID, a->revision_id);
    if (a->other_version.len == 0)
        return;
    struct items *weights =
        put_list(put_record(out, M_ROUTING_CONFIG), M_ADDITIONAL_VERSION_WEIGHTS);
    items_add(weights, a->other_version)->real = (double)a->other_percent / 10000;
}

/* One other version, with the part of the invocations that goes there. */
static status take_routing(const struct call *c, struct function_alias *alias) {
    const struct record *routing = get_record(c->in, M_ROUTING_CONFIG);
    const struct items *weights = get_list(routing, M_ADDITIONAL_VERSION_WEIGHTS);
    if (!routing)
        return OK;
    if (weights && weights->count > 1)
        return FAIL(E_INVALID, "Number of items in AdditionalVersionWeights cannot be greater "
                               "than 1");
    alias->other_version = weights && weights->first ? weights->first->key : (bytes){0};
    double weight = weights && weights->first ? weights->first->real : 0;
    alias->other_percent = (int64_t)(weight * 10000 + 0.5);
    return OK;
}

static status take_alias(const struct call *c, struct function_alias *alias) {
    if (has(c->in, M_FUNCTION_VERSION))
        alias->version = get_text(c->in, M_FUNCTION_VERSION);
    if (has(c->in, M_DESCRIPTION))
        alias->description = get_text(c->in, M_DESCRIPTION);
    return take_routing(c, alias);
}

static status load(const struct call *c, struct function_alias *out) {
    struct function_name name;
    struct function_record f;
    TRY(lambda_name(c, &name));
    TRY(function_load(&c->registry, name.name, &f));
    return function_alias_load(&c->registry, name.name, get_text(c->in, M_NAME), out);
}

status lambda_create_alias(struct call *c) {
    struct function_name name;
    TRY(lambda_name(c, &name));
    struct function_alias alias = {.function = name.name, .name = get_text(c->in, M_NAME)};
    TRY(take_alias(c, &alias));
    TRY(function_alias_create(&c->registry, &alias));
    put_alias(c, c->out, &alias);
    return OK;
}

status lambda_get_alias(struct call *c) {
    struct function_alias alias;
    TRY(load(c, &alias));
    put_alias(c, c->out, &alias);
    return OK;
}

status lambda_update_alias(struct call *c) {
    struct function_alias alias;
    TRY(load(c, &alias));
    TRY(function_is_unchanged(alias.revision_id, get_text(c->in, M_REVISION_ID)));
    TRY(take_alias(c, &alias));
    TRY(function_alias_save(&c->registry, &alias));
    put_alias(c, c->out, &alias);
    return OK;
}

status lambda_list_aliases(struct call *c) {
    struct page page = lambda_page(c);
    struct function_name name;
    struct function_record f;
    struct function_alias_list list;
    TRY(lambda_name(c, &name));
    TRY(function_load(&c->registry, name.name, &f));
    TRY(function_alias_list(&c->registry, name.name, get_text(c->in, M_FUNCTION_VERSION), &page,
                            &list));
    struct items *aliases = put_list(c->out, M_ALIASES);
    for (size_t i = 0; i < list.count; i++)
        put_alias(c, add_record(aliases), &list.items[i]);
    if (list.next.len > 0)
        put_text(c->out, M_NEXT_MARKER, list.next);
    return OK;
}

status lambda_delete_alias(struct call *c) {
    struct function_name name;
    struct function_record f;
    TRY(lambda_name(c, &name));
    TRY(function_load(&c->registry, name.name, &f));
    return function_alias_delete(&c->registry, name.name, get_text(c->in, M_NAME));
}
