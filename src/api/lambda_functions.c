/* Functions: creating, changing, reading them [AWS rules 7]. */
#include <string.h>

#include "api/lambda.h"
#include "codec/json.h"
#include "registry/tags.h"
#include "runtime/runtime.h"
#include "store/record.h"

/* ---- what is asked for ---- */

static const char *const reserved[] = {
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
};

static bool is_reserved(bytes name) {
    for (size_t i = 0; i < COUNT_OF(reserved); i++)
        if (bytes_equal(name, bytes_from(reserved[i])))
            return true;
    return false;
}

static status check_reserved(const struct items *variables) {
    AUTO(buf) names = {0};
    VALUES_EACH(v, variables) {
        if (!is_reserved(v->key))
            continue;
        buf_text(&names, names.len ? ", " : "");
        buf_append(&names, v->key);
    }
    if (names.len == 0)
        return OK;
    return FAIL(E_INVALID,
                "Lambda was unable to configure your environment variables because the environment "
                "variables you have provided contains reserved keys that are currently not "
                "supported for modification. Reserved keys used in this request: %s",
                buf_string(&names));
}

/* The variables measure as JSON [AWS rules 7]. */
static status check_size(const struct items *variables) {
    AUTO(buf) text = {0};
    struct json_writer w;
    json_start(&w, &text);
    json_object_begin(&w);
    VALUES_EACH(v, variables) {
        json_name_bytes(&w, v->key);
        json_string(&w, v->text);
    }
    json_object_end(&w);
    if (text.len <= FUNCTION_VARIABLES_BYTES_MAX)
        return OK;
    return FAIL(E_INVALID,
                "Lambda was unable to configure your environment variables because the environment "
                "variables you have provided exceeded the 4KB limit. String measured: %.*s",
                BYTES_ARG(bytes_slice(buf_bytes(&text), 0, 500)));
}

static status take_variables(const struct call *c, struct function_record *f) {
    AUTO(buf) list = {0};
    const struct record *environment = get_record(c->in, M_ENVIRONMENT);
    const struct items *variables = get_list(environment, M_VARIABLES);
    if (!environment)
        return OK;
    TRY(check_reserved(variables));
    TRY(check_size(variables));
    VALUES_EACH(v, variables) {
        record_list_add(&list, v->key);
        record_list_add(&list, v->text);
    }
    f->has_variables = variables != NULL;
    f->variables = arena_copy(c->arena, buf_bytes(&list));
    return OK;
}

static void take_text(const struct record *in, unsigned member, bytes *text) {
    if (has(in, member))
        *text = get_text(in, member);
}

/* A number that the model bounds below, and Lambda above. */
static status take_number(const struct record *in, unsigned member, const char *name, int64_t max,
                          int64_t *number) {
    int64_t value = get_number(in, member, *number);
    if (value > max)
        return FAIL(E_VALIDATION,
                    "1 validation error detected: Value '%lld' at '%s' failed to satisfy "
                    "constraint: Member must have value less than or equal to %lld",
                    (long long)value, name, (long long)max);
    *number = value;
    return OK;
}

/* Any python3, nodejs or provided: the one that is installed runs it. */
static status check_runtime(bytes runtime) {
    if (runtime_is_known(runtime))
        return OK;
    return FAIL(E_INVALID, /* [AWS rules 7] */
                "Value %.*s at 'runtime' failed to satisfy constraint: Member must satisfy enum "
                "value set: [python3.x, nodejsN.x, provided, provided.al2, provided.al2023] or be "
                "a valid ARN",
                BYTES_ARG(bytes_slice(runtime, 0, 100)));
}

static status take_logging(const struct call *c, struct function_record *f) {
    const struct record *logging = get_record(c->in, M_LOGGING_CONFIG);
    take_text(logging, M_LOG_FORMAT, &f->log_format);
    take_text(logging, M_LOG_GROUP, &f->log_group);
    return OK;
}

static status take_settings(const struct call *c, struct function_record *f) {
    const struct record *in = c->in;
    take_text(in, M_RUNTIME, &f->runtime);
    take_text(in, M_HANDLER, &f->handler);
    take_text(in, M_ROLE, &f->role_arn);
    take_text(in, M_DESCRIPTION, &f->description);
    take_text(get_record(in, M_TRACING_CONFIG), M_MODE, &f->tracing);
    TRY(take_number(in, M_TIMEOUT, "timeout", FUNCTION_TIMEOUT_S_MAX, &f->timeout_s));
    TRY(take_number(in, M_MEMORY_SIZE, "memorySize", FUNCTION_MEMORY_MB_MAX, &f->memory_mb));
    const struct record *storage = get_record(in, M_EPHEMERAL_STORAGE);
    TRY(take_number(storage, M_SIZE, "ephemeralStorage.size", FUNCTION_STORAGE_MB_MAX,
                    &f->storage_mb));
    TRY(take_logging(c, f));
    TRY(take_variables(c, f));
    if (has(in, M_RUNTIME))
        TRY(check_runtime(f->runtime));
    return OK;
}

static void take_architecture(const struct record *in, struct function_record *f) {
    const struct items *list = get_list(in, M_ARCHITECTURES);
    if (list && list->first)
        f->architecture = list->first->text;
}

/* ---- code ---- */

static status zip_of(const struct record *code, bytes *out_zip) {
    if (has(code, M_IMAGE_URI))
        return FAIL(E_INVALID, "Kedge runs functions from zip files, not from images");
    if (has(code, M_S3_BUCKET) || has(code, M_S3_KEY))
        return FAIL(E_INVALID, "Kedge takes code as ZipFile; S3Bucket and S3Key are not supported");
    if (!has(code, M_ZIP_FILE))
        return FAIL(E_INVALID, "Please provide a source for function code.");
    *out_zip = get_text(code, M_ZIP_FILE);
    return OK;
}

static void set_code(struct function_record *f, const struct code *code) {
    f->code_id = bytes_from(code->id);
    f->code_sha256 = bytes_from(code->sha256);
    f->code_size = code->size;
    f->source_folder = f->source_stamp = (bytes){0};
}

/* ---- CreateFunction ---- */

static status new_function(const struct call *c, struct function_record *out) {
    struct function_name name;
    TRY(lambda_name(c, &name));
    struct function_record f = {.name = name.name,
                                .timeout_s = FUNCTION_TIMEOUT_S,
                                .memory_mb = FUNCTION_MEMORY_MB,
                                .storage_mb = FUNCTION_STORAGE_MB,
                                .architecture = BYTES("x86_64"),
                                .log_format = BYTES("Text"),
                                .tracing = BYTES("PassThrough")};
    f.log_group = bytes_from(arena_printf(c->arena, "/aws/lambda/%.*s", BYTES_ARG(f.name)));
    if (!has(c->in, M_RUNTIME) || !has(c->in, M_HANDLER))
        return FAIL(E_INVALID, "Runtime and Handler are mandatory parameters for functions created "
                               "with deployment packages.");
    if (name.name.len > FUNCTION_NAME_LEN_MAX)
        return FAIL(E_VALIDATION,
                    "1 validation error detected: Value '%.*s' at 'functionName' failed to satisfy "
                    "constraint: Member must have length less than or equal to %d",
                    BYTES_ARG(name.name), FUNCTION_NAME_LEN_MAX);
    TRY(take_settings(c, &f));
    take_architecture(c->in, &f);
    *out = f;
    return OK;
}

static status put_tags(const struct call *c, bytes name) {
    const struct items *in = get_list(c->in, M_TAGS);
    struct tags tags = {0};
    if (!in)
        return OK;
    tags.items = ARENA_ARRAY(c->arena, struct tag, in->count);
    VALUES_EACH(v, in)
    tags.items[tags.count++] = (struct tag){v->key, v->text};
    return tags_set(&c->registry, function_tags(&c->registry, name), &tags);
}

static status publish(const struct call *c, const struct function_record *f) {
    struct function_record version;
    if (!get_flag(c->in, M_PUBLISH)) {
        lambda_put_configuration(c, c->out, f, (bytes){0}, false);
        return OK;
    }
    TRY(function_publish(&c->registry, f->name, (bytes){0}, &version));
    lambda_put_configuration(c, c->out, &version, function_version_text(&c->registry, &version),
                             false);
    return OK;
}

static status add_function(struct call *c) {
    struct function_record f;
    TRY(new_function(c, &f));
    set_code(&f, &c->code);
    TRY(function_create(&c->registry, &f));
    TRY(put_tags(c, f.name));
    return publish(c, &f);
}

/* A name that is taken costs no unpacking. */
static status check_is_new(struct call *c) {
    struct function_record f, old;
    TRY(new_function(c, &f));
    TRY(store_begin_read(c->config->store, &c->registry.txn));
    status s = function_load(&c->registry, f.name, &old);
    store_rollback(c->registry.txn);
    c->registry.txn = NULL;
    if (s == OK)
        return FAIL(E_EXISTS, "Function already exist: %.*s", BYTES_ARG(f.name));
    return s == E_NOT_FOUND ? OK : s;
}

/* Unpacks, changes, and keeps or drops what was unpacked. */
static status change_with_code(struct call *c, const char *data, bytes zip, call_function *change) {
    TRY(code_place(data, zip, &c->code));
    status s = lambda_change(c, change);
    if (s == OK) {
        code_keep(&c->code);
        return OK;
    }
    const char *why = arena_string(c->arena, bytes_from(failure_text()));
    code_drop(data, &c->code);
    return FAIL(s, "%s", why);
}

status lambda_create_function(struct call *c) {
    const char *data;
    bytes zip;
    TRY(lambda_data(c, &data));
    TRY(check_is_new(c));
    TRY(zip_of(get_record(c->in, M_CODE), &zip));
    return change_with_code(c, data, zip, add_function);
}

/* ---- UpdateFunctionCode ---- */

static status load_unchanged(const struct call *c, struct function_record *out) {
    struct function_name name;
    TRY(lambda_name(c, &name));
    TRY(function_load(&c->registry, name.name, out));
    return function_is_unchanged(out->revision_id, get_text(c->in, M_REVISION_ID));
}

static status replace_code(struct call *c) {
    struct function_record f;
    TRY(load_unchanged(c, &f));
    c->code_replaced = f.code_id;
    set_code(&f, &c->code);
    take_architecture(c->in, &f);
    TRY(function_save(&c->registry, &f));
    return publish(c, &f);
}

static status look_first(struct call *c, struct function_record *out) {
    TRY(store_begin_read(c->config->store, &c->registry.txn));
    status s = load_unchanged(c, out);
    store_rollback(c->registry.txn);
    c->registry.txn = NULL;
    return s;
}

status lambda_update_code(struct call *c) {
    struct function_record f;
    const char *data;
    bytes zip;
    TRY(lambda_data(c, &data));
    TRY(look_first(c, &f));
    TRY(zip_of(c->in, &zip));
    if (get_flag(c->in, M_DRY_RUN)) {
        TRY(code_check(zip, &c->code));
        set_code(&f, &c->code);
        lambda_put_configuration(c, c->out, &f, (bytes){0}, false);
        return OK;
    }
    TRY(change_with_code(c, data, zip, replace_code));
    code_replaced(data, c->code_replaced);
    return OK;
}

/* ---- UpdateFunctionConfiguration ---- */

status lambda_update_configuration(struct call *c) {
    struct function_record f;
    TRY(load_unchanged(c, &f));
    TRY(take_settings(c, &f));
    TRY(function_save(&c->registry, &f));
    lambda_put_configuration(c, c->out, &f, (bytes){0}, false);
    return OK;
}

/* ---- DeleteFunction ---- */

static status delete_version(const struct call *c, const struct function_name *name) {
    uint64_t version;
    if (bytes_equal(name->qualifier, BYTES(FUNCTION_LATEST)))
        return FAIL(E_INVALID, "$LATEST version cannot be deleted without deleting the function.");
    if (bytes_to_u64(name->qualifier, INT64_MAX, &version) != OK)
        return FAIL(E_INVALID, "Deletion of aliases is not currently supported.");
    return function_version_delete(&c->registry, name->name, version);
}

static status remove_function(struct call *c) {
    struct function_name name;
    struct function_record f;
    TRY(lambda_name(c, &name));
    if (name.qualifier.len > 0)
        return delete_version(c, &name);
    TRY(function_load(&c->registry, name.name, &f));
    c->code_replaced = f.code_id;
    return function_delete(&c->registry, name.name);
}

status lambda_delete_function(struct call *c) {
    struct function_name name;
    const char *data;
    TRY(lambda_data(c, &data));
    TRY(lambda_change(c, remove_function));
    TRY(lambda_name(c, &name));
    code_replaced(data, c->code_replaced);
    if (name.qualifier.len == 0)
        function_host_forget(c->config->function_host,
                             function_arn(&c->registry, name.name, (bytes){0}));
    put_number(c->out, M_STATUS_CODE, 204); /* not 200, whatever the model says [AWS rules 7] */
    return OK;
}

/* ---- reading ---- */

static status find(const struct call *c, struct function_name *name, struct function_record *out) {
    TRY(lambda_name(c, name));
    return function_resolve(&c->registry, name->name, name->qualifier, out);
}

status lambda_get_configuration(struct call *c) {
    struct function_name name;
    struct function_record f;
    TRY(find(c, &name, &f));
    lambda_put_configuration(c, c->out, &f, name.qualifier, false);
    return OK;
}

/* Where the caller reached this server, there the code is, too. */
static void put_location(const struct call *c, struct record *code,
                         const struct function_record *f) {
    AUTO(buf) url = {0};
    if (!c->config->function_host)
        return;
    buf_printf(&url, "http://%.*s", BYTES_ARG(c->host));
    function_host_link(c->config->function_host, f->code_id, c->now_ms, &url);
    put_text(code, M_LOCATION, arena_copy(c->arena, buf_bytes(&url)));
}

status lambda_get_function(struct call *c) {
    struct function_name name;
    struct function_record f;
    TRY(find(c, &name, &f));
    lambda_put_configuration(c, put_record(c->out, M_CONFIGURATION), &f, name.qualifier, false);
    struct record *code = put_record(c->out, M_CODE);
    put_string(code, M_REPOSITORY_TYPE, "S3");
    put_location(c, code, &f);
    if (f.has_reserved)
        put_number(put_record(c->out, M_CONCURRENCY), M_RESERVED_CONCURRENT_EXECUTIONS, f.reserved);
    return lambda_put_tags(c, f.name);
}

status lambda_list_functions(struct call *c) {
    struct page page = lambda_page(c);
    struct function_list list;
    TRY(function_list(&c->registry, &page, &list));
    struct items *functions = put_list(c->out, M_FUNCTIONS);
    for (size_t i = 0; i < list.count; i++)
        lambda_put_configuration(c, add_record(functions), &list.items[i], (bytes){0}, true);
    if (list.next.len > 0)
        put_text(c->out, M_NEXT_MARKER, list.next);
    return OK;
}
