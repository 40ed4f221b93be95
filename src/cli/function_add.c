/* kedge function add */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/function.h"
#include "function/code.h"
#include "iam/policy.h"
#include "iam/role.h"
#include "registry/function_policy.h"
#include "runtime/runtime.h"
#include "store/record.h"

#define DEVELOPMENT "kedge-development" /* the role, and the statement that lets AWS IoT in */

/* ---- the code ---- */

static status read_zip(const char *path, struct buf *out) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : 1;
    while (n > 0 && out->len <= PACKAGE_ZIP_BYTES_MAX) {
        enum { PART = 1 << 16 };
        n = read(fd, buf_reserve(out, PART), PART);
        out->len += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0)
        (void)close(fd);
    if (n < 0)
        return FAIL(E_UNAVAILABLE, "%s cannot be read: %s", path, strerror(errno));
    return OK;
}

/* Relative to where the command is typed; the server has another place. */
static status absolute(struct function_command *c, const char *path, const char **out) {
    char *whole = realpath(path, NULL);
    if (!whole)
        return FAIL(E_NOT_FOUND, "%s: %s", path, strerror(errno));
    *out = arena_string(&c->arena, bytes_from(whole));
    free(whole);
    return OK;
}

static status pack(struct function_command *c, struct buf *out_zip, const char **out_folder,
                   char stamp[17]) {
    *out_folder = NULL;
    if (!c->dir == !c->zip)
        return FAIL(E_INVALID, "say where its code is: --dir DIR, or --zip FILE");
    if (c->zip)
        return read_zip(c->zip, out_zip);
    TRY(absolute(c, c->dir, out_folder));
    TRY(package_stamp(*out_folder, stamp)); /* first: what changes meanwhile is seen later */
    return package_pack(*out_folder, out_zip);
}

/* ---- what is not said ---- */

/* The runtime by the file that has the handler. */
static const char *guess_runtime(const struct function_command *c, const char *folder,
                                 bytes handler) {
    static const struct {
        const char *end, *runtime;
    } kinds[] = {{".py", "python3.12"},
                 {".mjs", "nodejs22.x"},
                 {".cjs", "nodejs22.x"},
                 {".js", "nodejs22.x"}};
    char path[PATH_MAX];
    bytes module = bytes_slice(handler, 0, bytes_find(handler, '.'));
    UNUSED(c);
    for (size_t i = 0; folder && i < COUNT_OF(kinds); i++) {
        (void)snprintf(path, sizeof path, "%s/%.*s%s", folder, BYTES_ARG(module), kinds[i].end);
        if (access(path, R_OK) == 0)
            return kinds[i].runtime;
    }
    (void)snprintf(path, sizeof path, "%s/bootstrap", folder ? folder : "");
    return folder && access(path, X_OK) == 0 ? "provided" : "python3.12";
}

/* A role that may do everything in the account, made when it is first needed. */
static status development_role(const struct registry *r, bytes *out_arn) {
    static const char trust[] =
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
        "{\"Service\":\"lambda.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}";
    static const char all[] = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                              "\"Action\":\"*\",\"Resource\":\"*\"}]}";
    const struct iam_entity entity = {IAM_KIND_ROLE, BYTES(DEVELOPMENT)};
    struct iam_role role = {.name = entity.name,
                            .path = BYTES("/"),
                            .trust = bytes_from(trust),
                            .description = BYTES("Of functions that kedge function add made"),
                            .max_session_s = 3600};
    status s = iam_role_load(r, entity.name, &role);
    if (s == E_NOT_FOUND) {
        TRY(iam_role_create(r, &role, &role));
        TRY(iam_inline_put(r, &entity, BYTES("everything"), bytes_from(all)));
    } else {
        TRY(s);
    }
    *out_arn = iam_role_arn(r, &role);
    return OK;
}

/* AWS IoT may invoke it for this account: rules, hooks, providers, authorizers. */
static status let_iot_in(const struct registry *r, bytes name) {
    const struct function_permission p = {.id = BYTES(DEVELOPMENT),
                                          .action = BYTES("lambda:InvokeFunction"),
                                          .principal = BYTES("iot.amazonaws.com"),
                                          .source_account = r->account};
    bytes statement;
    status s = function_permission_add(r, name, (bytes){0}, &p, (bytes){0}, &statement);
    return s == E_EXISTS ? OK : s;
}

/* ---- the record ---- */

static status take_number(const char *text, const char *option, uint64_t least, uint64_t most,
                          int64_t *number) {
    uint64_t value;
    if (!text)
        return OK;
    if (bytes_to_u64(bytes_from(text), most, &value) != OK || value < least)
        return FAIL(E_INVALID, "%s is a number from %llu to %llu", option,
                    (unsigned long long)least, (unsigned long long)most);
    *number = (int64_t)value;
    return OK;
}

static status take_variables(struct function_command *c, struct function_record *f) {
    AUTO(buf) variables = {0};
    if (c->variable_count == 0)
        return OK;
    for (size_t i = 0; i < c->variable_count; i++) {
        bytes value = bytes_from(c->variables[i]), name;
        if (!bytes_split(&value, '=', &name) || !value.ptr || name.len == 0)
            return FAIL(E_INVALID, "--env takes NAME=VALUE, not '%s'", c->variables[i]);
        record_list_add(&variables, name);
        record_list_add(&variables, value);
    }
    f->has_variables = true;
    f->variables = arena_copy(&c->arena, buf_bytes(&variables));
    return OK;
}

static status take_options(struct function_command *c, struct function_record *f,
                           const char *folder) {
    if (c->handler)
        f->handler = bytes_from(c->handler);
    if (f->handler.len == 0)
        return FAIL(E_INVALID, "say what to call: --handler app.handler is the function handler of "
                               "app.py or app.js");
    if (c->runtime)
        f->runtime = bytes_from(c->runtime);
    if (f->runtime.len == 0)
        f->runtime = bytes_from(guess_runtime(c, folder, f->handler));
    if (!runtime_is_known(f->runtime))
        return FAIL(E_INVALID, "%.*s does not run here: python3.x, nodejsN.x and provided do",
                    BYTES_ARG(f->runtime));
    TRY(take_number(c->timeout, "--timeout", 1, FUNCTION_TIMEOUT_S_MAX, &f->timeout_s));
    TRY(take_number(c->memory, "--memory", FUNCTION_MEMORY_MB, FUNCTION_MEMORY_MB_MAX,
                    &f->memory_mb));
    return take_variables(c, f);
}

static struct function_record fresh(struct function_command *c) {
    return (struct function_record){
        .name = bytes_from(c->name),
        .timeout_s = FUNCTION_TIMEOUT_S,
        .memory_mb = FUNCTION_MEMORY_MB,
        .storage_mb = FUNCTION_STORAGE_MB,
        .architecture = BYTES("x86_64"),
        .log_format = BYTES("Text"),
        .log_group = bytes_from(arena_printf(&c->arena, "/aws/lambda/%s", c->name)),
        .tracing = BYTES("PassThrough")};
}

static status set_role(struct function_command *c, const struct registry *r,
                       struct function_record *f) {
    if (c->role)
        f->role_arn = bytes_from(c->role);
    if (f->role_arn.len > 0)
        return OK;
    TRY(development_role(r, &f->role_arn));
    return let_iot_in(r, f->name);
}

static status save(struct function_command *c, const struct registry *r, const struct code *code,
                   const char *folder, const char *stamp, bytes *out_replaced) {
    struct function_record f;
    status found = function_load(r, bytes_from(c->name), &f);
    if (found != OK && found != E_NOT_FOUND)
        return found;
    *out_replaced = found == OK ? f.code_id : (bytes){0};
    if (found != OK)
        f = fresh(c);
    TRY(take_options(c, &f, folder));
    f.code_id = bytes_from(code->id);
    f.code_sha256 = bytes_from(code->sha256);
    f.code_size = code->size;
    f.source_folder = bytes_from(folder);
    f.source_stamp = folder ? bytes_from(stamp) : (bytes){0};
    if (found != OK)
        TRY(function_create(r, &f));
    TRY(set_role(c, r, &f));
    return function_save(r, &f);
}

static status change(struct function_command *c, const struct code *code, const char *folder,
                     const char *stamp, bytes *out_replaced) {
    struct txn *t;
    TRY(store_begin_write(c->store, &t));
    struct registry r = function_registry(c, t);
    status s = save(c, &r, code, folder, stamp, out_replaced);
    if (s == OK)
        return store_commit(t);
    store_rollback(t);
    return s;
}

static status check_name(const struct function_command *c) {
    struct function_name n;
    TRY(function_name_parse(bytes_from(c->name), &n));
    if (n.qualifier.len || n.account.len || n.name.len > FUNCTION_NAME_LEN_MAX)
        return FAIL(E_INVALID, "a name has up to %d letters, digits, - and _",
                    FUNCTION_NAME_LEN_MAX);
    return OK;
}

status function_add(struct function_command *c) {
    AUTO(buf) zip = {0};
    const char *folder;
    char stamp[17] = "";
    struct code code;
    bytes replaced;
    TRY(check_name(c));
    TRY(pack(c, &zip, &folder, stamp));
    TRY(code_open(c->data));
    TRY(code_place(c->data, buf_bytes(&zip), &code));
    status s = change(c, &code, folder, stamp, &replaced);
    if (s != OK) {
        const char *why = arena_string(&c->arena, bytes_from(failure_text()));
        code_drop(c->data, &code);
        return FAIL(s, "%s", why);
    }
    code_keep(&code);
    code_replaced(c->data, replaced);
    (void)printf("function %s is there%s%s\n  try it  kedge function invoke %s --data %s\n",
                 c->name, folder ? ", and follows " : "", folder ? folder : "", c->name, c->data);
    return OK;
}
