#include "runtime/variables.h"

#include <stdio.h>
#include <string.h>

static const char *const reserved[] = {
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
};

bool variables_are_reserved(bytes name) {
    for (size_t i = 0; i < COUNT_OF(reserved); i++)
        if (bytes_equal(name, bytes_from(reserved[i])))
            return true;
    return false;
}

static bool is_own(const struct runtime_code *c, const char *name) {
    for (size_t i = 0; i < c->variable_count; i++)
        if (bytes_equal(c->variables[i].name, bytes_from(name)))
            return true;
    return false;
}

static void put_bytes(struct buf *out, const char *name, bytes value) {
    buf_text(out, name);
    buf_append_byte(out, '=');
    buf_append(out, bytes_slice(value, 0, bytes_find(value, 0)));
    buf_append_byte(out, 0);
}

static void put(struct buf *out, const char *name, const char *value) {
    put_bytes(out, name, bytes_from(value));
}

static void put_default(struct buf *out, const struct runtime_code *c, const char *name,
                        const char *value) {
    if (value && !is_own(c, name))
        put(out, name, value);
}

static void put_identity(struct buf *out, const struct variables_about *v) {
    const struct runtime_code *c = v->code;
    put_bytes(out, "_HANDLER", c->handler);
    put(out, "AWS_REGION", v->region);
    put(out, "AWS_DEFAULT_REGION", v->region);
    if (languages[v->family].names_execution_env) {
        buf_printf(out, "AWS_EXECUTION_ENV=AWS_Lambda_%.*s", BYTES_ARG(c->runtime));
        buf_append_byte(out, 0);
    }
    put_bytes(out, "AWS_LAMBDA_FUNCTION_NAME", c->name);
    buf_printf(out, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=%u", c->memory_mb);
    buf_append_byte(out, 0);
    put_bytes(out, "AWS_LAMBDA_FUNCTION_VERSION", c->version);
    put(out, "AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
    put(out, "AWS_LAMBDA_LOG_GROUP_NAME", v->log_group);
    put(out, "AWS_LAMBDA_LOG_STREAM_NAME", v->log_stream);
    put(out, "AWS_LAMBDA_RUNTIME_API", v->api);
    put(out, "LAMBDA_TASK_ROOT", v->root);
    put(out, "LAMBDA_RUNTIME_DIR", "/var/runtime");
}

static void put_credentials(struct buf *out, const struct runtime_credentials *c) {
    put_bytes(out, "AWS_ACCESS_KEY_ID", c->access_key_id);
    put_bytes(out, "AWS_SECRET_ACCESS_KEY", c->secret_access_key);
    put_bytes(out, "AWS_SESSION_TOKEN", c->session_token);
}

static void put_defaults(struct buf *out, const struct variables_about *v) {
    char library_path[1200];
    const struct runtime_code *c = v->code;
    put_default(out, c, "LANG", "en_US.UTF-8");
    put_default(out, c, "TZ", ":UTC");
    put_default(out, c, "PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin");
    put_default(out, c, "HOME", v->temporary);
    put_default(out, c, "TMPDIR", v->temporary);
    put_default(out, c, "AWS_ENDPOINT_URL", v->endpoint_url);
    put_default(out, c, "AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR");
    (void)snprintf(library_path, sizeof library_path, "%s:%s/lib:/opt/lib", v->root, v->root);
    put_default(out, c, "LD_LIBRARY_PATH", library_path);
    const char *modules = languages[v->family].module_path;
    if (modules && !is_own(c, v->family == FAMILY_PYTHON ? "PYTHONPATH" : "NODE_PATH"))
        buf_append(out, bytes_of(modules, strlen(modules) + 1));
}

void variables_build(struct buf *out, const struct variables_about *v) {
    put_identity(out, v);
    if (v->credentials)
        put_credentials(out, v->credentials);
    put_defaults(out, v);
    for (size_t i = 0; i < v->code->variable_count; i++) {
        const struct runtime_variable *own = &v->code->variables[i];
        if (variables_are_reserved(own->name) || own->name.len == 0)
            continue;
        buf_append(out, own->name);
        buf_append_byte(out, '=');
        buf_append(out, bytes_slice(own->value, 0, bytes_find(own->value, 0)));
        buf_append_byte(out, 0);
    }
}
