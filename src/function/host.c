#include "function/host.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "codec/json.h"
#include "function/code_link.h"
#include "registry/function_policy.h"
#include "store/record.h"

struct function_host {
    struct functions seam;
    struct function_host_config config;
    pthread_mutex_t reloading; /* one reload at a time */
    uint8_t link_key[CODE_LINK_KEY_BYTES];
};

/* ---- code under development ---- */

/* Packs the folder again. The record may have changed meanwhile: then this was for nothing. */
static status replace_code(struct function_host *h, struct registry *r, bytes name,
                           const char *folder, const char *stamp, const struct code *code,
                           bytes *out_old) {
    struct function_record f;
    TRY(store_begin_write(h->config.store, &r->txn));
    status s = function_load(r, name, &f);
    if (s == OK && !bytes_equal(f.source_folder, bytes_from(folder)))
        s = FAIL(E_UPDATE_CONFLICT, "The function was changed while its folder was read");
    if (s == OK) {
        *out_old = f.code_id;
        f.code_id = bytes_from(code->id);
        f.code_sha256 = bytes_from(code->sha256);
        f.code_size = code->size;
        f.source_stamp = bytes_from(stamp);
        s = function_save(r, &f);
    }
    if (s != OK) {
        store_rollback(r->txn);
        return s;
    }
    return store_commit(r->txn);
}

static status reload(struct function_host *h, struct registry *r, const struct function_record *f,
                     const char *stamp) {
    const char *folder = arena_string(r->arena, f->source_folder);
    AUTO(buf) zip = {0};
    struct code code;
    bytes old = {0};
    TRY(package_pack(folder, &zip));
    TRY(code_place(h->config.data, buf_bytes(&zip), &code));
    status s = replace_code(h, r, f->name, folder, stamp, &code, &old);
    if (s != OK) {
        code_drop(h->config.data, &code);
        return s == E_UPDATE_CONFLICT ? OK : s;
    }
    code_keep(&code);
    code_replaced(h->config.data, old);
    return OK;
}

static status load(struct function_host *h, struct registry *r, bytes name, bytes qualifier,
                   struct function_record *out) {
    TRY(store_begin_read(h->config.store, &r->txn));
    status s = function_resolve(r, name, qualifier, out);
    store_rollback(r->txn);
    return s;
}

/* Whoever waited finds what the one before has reloaded. */
static status follow_folder(struct function_host *h, struct registry *r, bytes qualifier,
                            struct function_record *f) {
    char stamp[17];
    (void)pthread_mutex_lock(&h->reloading);
    status s = load(h, r, f->name, qualifier, f);
    if (s == OK && f->source_folder.len > 0)
        s = package_stamp(arena_string(r->arena, f->source_folder), stamp);
    bool changed =
        s == OK && f->source_folder.len > 0 && !bytes_equal(f->source_stamp, bytes_from(stamp));
    if (changed)
        s = reload(h, r, f, stamp);
    if (changed && s == OK)
        s = load(h, r, f->name, qualifier, f);
    (void)pthread_mutex_unlock(&h->reloading);
    return s;
}

static status find_changes(struct function_host *h, struct registry *r, bytes qualifier,
                           struct function_record *f) {
    char stamp[17];
    if (f->source_folder.len == 0)
        return OK;
    TRY(package_stamp(arena_string(r->arena, f->source_folder), stamp));
    if (bytes_equal(f->source_stamp, bytes_from(stamp)))
        return OK;
    return follow_folder(h, r, qualifier, f);
}

/* ---- an invocation ---- */

static status check_policy(const struct registry *r, const struct invocation *i) {
    const struct function_caller caller = {.principal = bytes_from(i->principal),
                                           .source_arn = i->source_arn,
                                           .source_account = i->account};
    bytes qualifier = i->qualifier;
    if (bytes_equal(qualifier, BYTES(FUNCTION_LATEST)))
        qualifier = (bytes){0};
    return i->principal ? function_policy_allows(r, i->name, qualifier, &caller) : OK;
}

/* Record and leave, as of one moment. */
static status find(struct function_host *h, struct registry *r, const struct invocation *i,
                   struct function_record *out) {
    TRY(store_begin_read(h->config.store, &r->txn));
    status s = function_resolve(r, i->name, i->qualifier, out);
    if (s == OK)
        s = check_policy(r, i);
    store_rollback(r->txn);
    TRY(s);
    if (out->version == 0)
        TRY(find_changes(h, r, i->qualifier, out));
    return OK;
}

static void read_variables(struct arena *a, bytes list, struct runtime_code *out) {
    bytes rest = list, name, value;
    size_t count = 0;
    while (record_list_next(&rest, &name) && record_list_next(&rest, &value))
        count++;
    struct runtime_variable *all = ARENA_ARRAY(a, struct runtime_variable, count);
    for (size_t i = 0; i < count; i++)
        (void)(record_list_next(&list, &all[i].name) && record_list_next(&list, &all[i].value));
    out->variables = all;
    out->variable_count = count;
}

static struct runtime_code code_of(const struct function_host *h, const struct registry *r,
                                   const struct function_record *f) {
    struct runtime_code code = {
        .account = r->account,
        .name = f->name,
        .version = function_version_text(r, f),
        .function_arn = function_arn(r, f->name, (bytes){0}),
        .handler = f->handler,
        .runtime = f->runtime,
        .role_arn = f->role_arn,
        .log_group = f->log_group,
        .folder = code_folder(h->config.data, f->code_id, r->arena),
        .revision = f->revision_id,
        .timeout_ms = f->timeout_s * 1000,
        .memory_mb = (unsigned)f->memory_mb,
        .storage_mb = (unsigned)f->storage_mb,
        .concurrency_max = f->has_reserved ? (unsigned)f->reserved : 0,
    };
    char *absolute = realpath(code.folder, NULL);
    if (absolute)
        code.folder = arena_string(r->arena, bytes_from(absolute));
    free(absolute);
    read_variables(r->arena, f->variables, &code);
    return code;
}

/* Aliases lead to versions; what is reserved stands with $LATEST. */
static status reserved_of(struct function_host *h, struct registry *r, struct function_record *f) {
    struct function_record latest;
    if (f->version == 0)
        return OK;
    TRY(load(h, r, f->name, (bytes){0}, &latest));
    f->has_reserved = latest.has_reserved;
    f->reserved = latest.reserved;
    return OK;
}

status function_host_run(struct function_host *h, const struct invocation *i, struct arena *a,
                         struct runtime_result *out_result) {
    struct registry r = {NULL, a, i->account, h->config.region};
    struct function_record f;
    TRY(find(h, &r, i, &f));
    TRY(reserved_of(h, &r, &f));
    if (f.has_reserved && f.reserved == 0)
        return FAIL(E_THROTTLED, "Rate Exceeded.");
    if (!h->config.runtimes)
        return FAIL(E_UNAVAILABLE, "This server runs no functions");
    struct runtime_code code = code_of(h, &r, &f);
    const struct runtime_event event = {
        .event = i->event,
        .client_context = i->client_context,
        .invoked_arn = function_arn(&r, i->name, i->qualifier),
        .request_id = i->request_id,
        .timeout_ms = i->timeout_ms,
        .want_log_tail = i->want_log_tail,
    };
    return runtime_invoke(h->config.runtimes, &code, &event, a, out_result);
}

/* ---- the seam ---- */

/* What a function that failed says of it, for a sentence. */
static status failed(struct arena *a, bytes function, bytes payload) {
    const struct json *root = NULL;
    bytes type = {0}, message = bytes_slice(payload, 0, 300);
    if (json_parse(a, payload, &root) == OK) {
        const struct json *t = json_member(root, BYTES("errorType"));
        const struct json *m = json_member(root, BYTES("errorMessage"));
        type = json_is_string(t) ? t->text : type;
        message = json_is_string(m) ? bytes_slice(m->text, 0, 300) : message;
    }
    bool late = bytes_equal(type, BYTES("Sandbox.Timedout"));
    return FAIL(late ? E_UNAVAILABLE : E_INVALID, "The function %.*s failed: %.*s%s%.*s",
                BYTES_ARG(function), BYTES_ARG(type), type.len ? ": " : "", BYTES_ARG(message));
}

static status invoke(struct functions *f, const struct function_request *request, struct arena *a,
                     bytes *out_result) {
    struct function_host *h = OWNER(f, struct function_host, seam);
    struct registry r = {NULL, a, request->account, h->config.region};
    struct function_name name;
    struct runtime_result result;
    TRY(function_name_require(&r, request->function, (bytes){0}, &name));
    const struct invocation i = {.account = request->account,
                                 .name = name.name,
                                 .qualifier = name.qualifier,
                                 .event = request->event,
                                 .timeout_ms = request->timeout_ms,
                                 .principal = request->principal,
                                 .source_arn = request->source_arn};
    status s = function_host_run(h, &i, a, &result);
    if (s == E_THROTTLED)
        return FAIL(E_UNAVAILABLE, "The function %.*s is throttled: too many invocations run",
                    BYTES_ARG(request->function));
    TRY(s);
    if (result.error)
        return failed(a, request->function, result.payload);
    *out_result = result.payload;
    return OK;
}

/* ---- life ---- */

static const struct function_ops ops = {invoke};

static void ignore(void *context, const char *sentence) {
    UNUSED(context), UNUSED(sentence);
}

status function_host_open(const struct function_host_config *config,
                          struct function_host **out_host) {
    TRY(code_open(config->data));
    TRY(code_sweep(config->data, config->store, true));
    TRY(code_unpack_missing(config->data, config->store, config->problem ? config->problem : ignore,
                            config->context));
    struct function_host *h = NEW(struct function_host);
    h->seam.ops = &ops;
    h->config = *config;
    random_fill(h->link_key, sizeof h->link_key);
    (void)pthread_mutex_init(&h->reloading, NULL);
    *out_host = h;
    return OK;
}

void function_host_close(struct function_host *h) {
    if (!h)
        return;
    (void)pthread_mutex_destroy(&h->reloading);
    mem_free(h);
}

struct functions *function_host_seam(struct function_host *h) {
    return h ? &h->seam : NULL;
}

const char *function_host_data(const struct function_host *h) {
    return h->config.data;
}

status function_host_sweep(struct function_host *h) {
    return code_sweep(h->config.data, h->config.store, false);
}

void function_host_link(const struct function_host *h, bytes code_id, int64_t now_ms,
                        struct buf *out) {
    code_link_format(h->link_key, code_id, now_ms / 1000 + CODE_LINK_SECONDS, out);
}

status function_host_zip(const struct function_host *h, bytes path, bytes query, int64_t now_ms,
                         struct buf *out_zip) {
    bytes id;
    TRY(code_link_verify(h->link_key, path, query, now_ms / 1000, &id));
    return code_zip_read(h->config.data, id, out_zip);
}

void function_host_forget(struct function_host *h, bytes arn) {
    if (h->config.runtimes)
        runtime_forget(h->config.runtimes, arn);
}
