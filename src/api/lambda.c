/* What the operations of lambda share. */
#include "api/lambda.h"

#include <stdio.h>

#include "base/clock.h"
#include "codec/date.h"
#include "store/record.h"

const struct handler handlers_lambda[LAMBDA_OPERATIONS] = {
#define LAMBDA_ROW(operation, function, access) [LAMBDA_##operation] = {function, NULL, access},
    HANDLERS_LAMBDA(LAMBDA_ROW)
#undef LAMBDA_ROW
};

/* What Lambda calls a failure [AWS control-plane 6.1, rules 7]. */
const struct error_name errors_lambda[] = {
    {E_INVALID, "InvalidParameterValueException", 400},
    {E_VALIDATION, "ValidationException", 400},
    {E_EXISTS, "ResourceConflictException", 409},
    {E_UPDATE_CONFLICT, "ResourceConflictException", 409},
    {E_VERSION_CONFLICT, "PreconditionFailedException", 412},
    {E_THROTTLED, "TooManyRequestsException", 429},
    {E_LIMIT, "PolicyLengthExceededException", 400},
    {E_DENIED, "AccessDeniedException", 403},
    {E_UNAVAILABLE, "ServiceException", 500},
    {E_INTERNAL, "ServiceException", 500},
    {OK, NULL, 0},
};

status lambda_name(const struct call *c, struct function_name *out_name) {
    bytes qualifier = {0};
    if (record_knows(c->in, M_QUALIFIER))
        qualifier = get_text(c->in, M_QUALIFIER);
    return function_name_require(&c->registry, get_text(c->in, M_FUNCTION_NAME), qualifier,
                                 out_name);
}

struct page lambda_page(const struct call *c) {
    int64_t limit = get_number(c->in, M_MAX_ITEMS, FUNCTION_PAGE);
    return (struct page){.limit =
                             limit > 0 && limit < FUNCTION_PAGE ? (size_t)limit : FUNCTION_PAGE,
                         .token = get_text(c->in, M_MARKER)};
}

status lambda_change(struct call *c, call_function *change) {
    TRY(store_begin_write(c->config->store, &c->registry.txn));
    status s = change(c);
    if (s == OK) {
        s = store_commit(c->registry.txn);
    } else {
        const char *why = arena_string(c->arena, bytes_from(failure_text()));
        store_rollback(c->registry.txn);
        failure_set(__FILE__, __LINE__, "%s", why);
    }
    c->registry.txn = NULL;
    return s;
}

status lambda_data(const struct call *c, const char **out_data) {
    if (!c->config->function_host)
        return FAIL(E_UNAVAILABLE, "This server runs no functions");
    *out_data = function_host_data(c->config->function_host);
    return OK;
}

/* ---- FunctionConfiguration ---- */

static void put_variables(const struct function_record *f, struct record *out) {
    bytes rest = f->variables, name, value;
    if (!f->has_variables)
        return;
    struct items *variables = put_list(put_record(out, M_ENVIRONMENT), M_VARIABLES);
    while (record_list_next(&rest, &name) && record_list_next(&rest, &value))
        add_entry(variables, name, value);
}

/* 2026-01-02T03:04:05.000+0000 */
static void put_modified(const struct function_record *f, struct record *out) {
    char text[21];
    date_format_iso(f->modified_ms, text);
    put_text(out, M_LAST_MODIFIED,
             bytes_from(
                 arena_printf(out->arena, "%.19s.%03d+0000", text, (int)(f->modified_ms % 1000))));
}

static void put_state(struct record *out) {
    put_string(out, M_STATE, "Active");
    put_string(out, M_LAST_UPDATE_STATUS, "Successful");
}

/* What is the same of all functions here. */
static void put_constants(struct record *out) {
    struct record *snap = put_record(out, M_SNAP_START);
    put_string(snap, M_APPLY_ON, "None");
    put_string(snap, M_OPTIMIZATION_STATUS, "Off");
    put_string(out, M_PACKAGE_TYPE, "Zip");
}

static void put_settings(const struct function_record *f, struct record *out) {
    struct record *logging = put_record(out, M_LOGGING_CONFIG);
    put_text(logging, M_LOG_FORMAT, f->log_format);
    put_text(logging, M_LOG_GROUP, f->log_group);
    put_text(put_record(out, M_TRACING_CONFIG), M_MODE, f->tracing);
    put_number(put_record(out, M_EPHEMERAL_STORAGE), M_SIZE, f->storage_mb);
    add_text(put_list(out, M_ARCHITECTURES), f->architecture);
    put_variables(f, out);
}

void lambda_put_configuration(const struct call *c, struct record *out,
                              const struct function_record *f, bytes qualifier, bool is_listed) {
    put_text(out, M_FUNCTION_NAME, f->name);
    put_text(out, M_FUNCTION_ARN, function_arn(&c->registry, f->name, qualifier));
    put_text(out, M_RUNTIME, f->runtime);
    put_text(out, M_ROLE, f->role_arn);
    put_text(out, M_HANDLER, f->handler);
    put_text(out, M_DESCRIPTION, f->description.ptr ? f->description : BYTES(""));
    put_number(out, M_TIMEOUT, f->timeout_s);
    put_number(out, M_MEMORY_SIZE, f->memory_mb);
    put_number(out, M_CODE_SIZE, f->code_size);
    put_text(out, M_CODE_SHA256, f->code_sha256);
    put_text(out, M_VERSION, function_version_text(&c->registry, f));
    put_text(out, M_REVISION_ID, f->revision_id);
    put_modified(f, out);
    put_settings(f, out);
    put_constants(out);
    if (!is_listed)
        put_state(out);
}
