/* Who may invoke a function, how often at a time, and what it is tagged with [AWS rules 7]. */
#include "api/lambda.h"
#include "registry/tags.h"

/* ---- the policy ---- */

status lambda_add_permission(struct call *c) {
    struct function_name name;
    bytes statement;
    TRY(lambda_name(c, &name));
    const struct function_permission permission = {
        .id = get_text(c->in, M_STATEMENT_ID),
        .action = get_text(c->in, M_ACTION),
        .principal = get_text(c->in, M_PRINCIPAL),
        .source_arn = get_text(c->in, M_SOURCE_ARN),
        .source_account = get_text(c->in, M_SOURCE_ACCOUNT),
        .organization = get_text(c->in, M_PRINCIPAL_ORG_ID),
        .event_token = get_text(c->in, M_EVENT_SOURCE_TOKEN),
        .url_auth_type = get_text(c->in, M_FUNCTION_URL_AUTH_TYPE)};
    TRY(function_permission_add(&c->registry, name.name, name.qualifier, &permission,
                                get_text(c->in, M_REVISION_ID), &statement));
    put_text(c->out, M_STATEMENT, statement);
    return OK;
}

status lambda_remove_permission(struct call *c) {
    struct function_name name;
    TRY(lambda_name(c, &name));
    return function_permission_remove(&c->registry, name.name, name.qualifier,
                                      get_text(c->in, M_STATEMENT_ID),
                                      get_text(c->in, M_REVISION_ID));
}

status lambda_get_policy(struct call *c) {
    struct function_name name;
    bytes policy, revision;
    TRY(lambda_name(c, &name));
    TRY(function_policy_text(&c->registry, name.name, name.qualifier, &policy, &revision));
    put_text(c->out, M_POLICY, policy);
    put_text(c->out, M_REVISION_ID, revision);
    return OK;
}

/* ---- concurrency ---- */

static status load(const struct call *c, struct function_record *out) {
    struct function_name name;
    TRY(lambda_name(c, &name));
    return function_load(&c->registry, name.name, out);
}

status lambda_put_concurrency(struct call *c) {
    struct function_record f;
    int64_t reserved = get_number(c->in, M_RESERVED_CONCURRENT_EXECUTIONS, 0);
    TRY(load(c, &f));
    if (reserved > LAMBDA_CONCURRENCY - LAMBDA_UNRESERVED)
        return FAIL(E_INVALID,
                    "Specified ReservedConcurrentExecutions for function decreases account's "
                    "UnreservedConcurrentExecution below its minimum value of [%d].",
                    LAMBDA_UNRESERVED);
    f.has_reserved = true;
    f.reserved = reserved;
    TRY(function_save_reserved(&c->registry, &f));
    put_number(c->out, M_RESERVED_CONCURRENT_EXECUTIONS, reserved);
    return OK;
}

status lambda_get_concurrency(struct call *c) {
    struct function_record f;
    TRY(load(c, &f));
    if (f.has_reserved)
        put_number(c->out, M_RESERVED_CONCURRENT_EXECUTIONS, f.reserved);
    return OK;
}

status lambda_delete_concurrency(struct call *c) {
    struct function_record f;
    TRY(load(c, &f));
    f.has_reserved = false;
    f.reserved = 0;
    return function_save_reserved(&c->registry, &f);
}

/* ---- tags ---- */

/* A whole ARN, of a function and not of a version. */
static status tagged(const struct call *c, bytes *out_resource) {
    struct function_name name;
    struct function_record f;
    bytes arn = get_text(c->in, M_RESOURCE);
    if (!bytes_start_with(arn, BYTES("arn:")))
        return FAIL(E_VALIDATION, "%.*s is not the ARN of a function",
                    BYTES_ARG(bytes_slice(arn, 0, 200)));
    TRY(function_name_require(&c->registry, arn, (bytes){0}, &name));
    if (name.qualifier.len > 0)
        return FAIL(E_INVALID, "Tags on function aliases and versions are not supported. Please "
                               "specify a function ARN.");
    TRY(function_load(&c->registry, name.name, &f));
    *out_resource = function_tags(&c->registry, f.name);
    return OK;
}

status lambda_tag_resource(struct call *c) {
    const struct items *in = get_list(c->in, M_TAGS);
    struct tags tags = {.items = ARENA_ARRAY(c->arena, struct tag, in->count)};
    bytes resource;
    TRY(tagged(c, &resource));
    VALUES_EACH(v, in)
    tags.items[tags.count++] = (struct tag){v->key, v->text};
    return tags_set(&c->registry, resource, &tags);
}

status lambda_untag_resource(struct call *c) {
    const struct items *in = get_list(c->in, M_TAG_KEYS);
    bytes resource, *keys = ARENA_ARRAY(c->arena, bytes, in->count);
    size_t count = 0;
    TRY(tagged(c, &resource));
    VALUES_EACH(v, in)
    keys[count++] = v->text;
    return tags_unset(&c->registry, resource, keys, count);
}

status lambda_put_tags(const struct call *c, bytes function) {
    struct tag_list tags;
    struct page page = {.limit = TAGS_MAX};
    TRY(tags_list(&c->registry, function_tags(&c->registry, function), &page, &tags));
    if (tags.count == 0 && c->operation != &model_lambda.operations[LAMBDA_LIST_TAGS])
        return OK;
    struct items *out = put_list(c->out, M_TAGS);
    for (size_t i = 0; i < tags.count; i++)
        add_entry(out, tags.items[i].key, tags.items[i].value);
    return OK;
}

status lambda_list_tags(struct call *c) {
    bytes resource;
    TRY(tagged(c, &resource));
    return lambda_put_tags(c, bytes_skip(resource, sizeof "function/" - 1));
}

/* ---- the account ---- */

static status count_functions(const struct call *c, int64_t *out_count, int64_t *out_bytes) {
    struct page page = {.limit = PAGE_LIMIT_MAX};
    struct function_list list;
    *out_count = *out_bytes = 0;
    do {
        TRY(function_list(&c->registry, &page, &list));
        for (size_t i = 0; i < list.count; i++)
            *out_bytes += list.items[i].code_size;
        *out_count += (int64_t)list.count;
        page.token = list.next;
    } while (list.next.len > 0);
    return OK;
}

status lambda_get_account_settings(struct call *c) {
    int64_t count, size;
    TRY(count_functions(c, &count, &size));
    struct record *limit = put_record(c->out, M_ACCOUNT_LIMIT);
    put_number(limit, M_TOTAL_CODE_SIZE, LAMBDA_CODE_BYTES);
    put_number(limit, M_CODE_SIZE_UNZIPPED, PACKAGE_BYTES_MAX);
    put_number(limit, M_CODE_SIZE_ZIPPED, PACKAGE_ZIP_BYTES_MAX);
    put_number(limit, M_CONCURRENT_EXECUTIONS, LAMBDA_CONCURRENCY);
    put_number(limit, M_UNRESERVED_CONCURRENT_EXECUTIONS, LAMBDA_CONCURRENCY);
    struct record *usage = put_record(c->out, M_ACCOUNT_USAGE);
    put_number(usage, M_TOTAL_CODE_SIZE, size);
    put_number(usage, M_FUNCTION_COUNT, count);
    return OK;
}

/* ---- what has one value here ---- */

status lambda_get_recursion_config(struct call *c) {
    struct function_record f;
    TRY(load(c, &f));
    put_string(c->out, M_RECURSIVE_LOOP, "Terminate");
    return OK;
}

status lambda_get_runtime_management(struct call *c) {
    struct function_record f;
    TRY(load(c, &f));
    put_string(c->out, M_UPDATE_RUNTIME_ON, "Auto");
    put_text(c->out, M_FUNCTION_ARN, function_arn(&c->registry, f.name, (bytes){0}));
    return OK;
}

status lambda_get_code_signing(struct call *c) {
    struct function_record f;
    TRY(load(c, &f));
    put_text(c->out, M_FUNCTION_NAME, f.name);
    put_text(c->out, M_CODE_SIGNING_CONFIG_ARN, BYTES(""));
    return OK;
}
