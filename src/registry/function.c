/* Functions:
 *
 *     FUNCTIONS          account, name
 *     FUNCTION_VERSIONS  account, name, 0, number: as FUNCTIONS
 *
 * What aliases and policies are kept in stands in their files. */
#include "registry/function.h"

#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "registry/function_policy.h"
#include "registry/internal.h"
#include "registry/tags.h"

static const struct field fields[] = {
    FIELD(1, struct function_record, runtime),
    FIELD(2, struct function_record, handler),
    FIELD(3, struct function_record, role_arn),
    FIELD(4, struct function_record, description),
    FIELD(5, struct function_record, timeout_s),
    FIELD(6, struct function_record, memory_mb),
    FIELD(7, struct function_record, storage_mb),
    FIELD(8, struct function_record, has_variables),
    FIELD(9, struct function_record, variables),
    FIELD(10, struct function_record, architecture),
    FIELD(11, struct function_record, log_format),
    FIELD(12, struct function_record, log_group),
    FIELD(13, struct function_record, tracing),
    FIELD(14, struct function_record, code_id),
    FIELD(15, struct function_record, code_sha256),
    FIELD(16, struct function_record, code_size),
    FIELD(17, struct function_record, source_folder),
    FIELD(18, struct function_record, source_stamp),
    FIELD(19, struct function_record, revision_id),
    FIELD(20, struct function_record, modified_ms),
    FIELD(21, struct function_record, version),
    FIELD(22, struct function_record, last_version),
    FIELD(23, struct function_record, has_reserved),
    FIELD(24, struct function_record, reserved),
};

/* ---- names ---- */

static bool is_name(bytes text) {
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return text.len > 0;
}

static status bad_name(bytes text) {
    return FAIL(E_INVALID, "'%.*s' names no function: write NAME, ACCOUNT:function:NAME or an ARN",
                BYTES_ARG(bytes_slice(text, 0, 200)));
}

status function_name_parse(bytes text, struct function_name *out_name) {
    struct function_name n = {0};
    bytes rest = text, part;
    if (bytes_start_with(text, BYTES("arn:"))) {
        for (int i = 0; i < 3; i++) /* arn, partition, service */
            (void)bytes_split(&rest, ':', &part);
        if (!bytes_equal(part, BYTES("lambda")) || !bytes_split(&rest, ':', &n.region))
            return bad_name(text);
    }
    size_t marker = bytes_search(rest, BYTES(":function:"));
    if (marker < rest.len) {
        n.account = bytes_slice(rest, 0, marker);
        rest = bytes_skip(rest, marker + strlen(":function:"));
    } else if (bytes_start_with(rest, BYTES("function:"))) {
        rest = bytes_skip(rest, strlen("function:"));
    }
    size_t colon = bytes_find(rest, ':');
    n.name = bytes_slice(rest, 0, colon);
    n.qualifier = bytes_skip(rest, colon + 1);
    if (!is_name(n.name) || (colon < rest.len && n.qualifier.len == 0) ||
        bytes_find(n.qualifier, ':') < n.qualifier.len ||
        bytes_find(n.qualifier, 0) < n.qualifier.len)
        return bad_name(text);
    *out_name = n;
    return OK;
}

bytes function_arn(const struct registry *r, bytes name, bytes qualifier) {
    return bytes_from(arena_printf(r->arena, "arn:aws:lambda:%.*s:%.*s:function:%.*s%s%.*s",
                                   BYTES_ARG(r->region), BYTES_ARG(r->account), BYTES_ARG(name),
                                   qualifier.len ? ":" : "", BYTES_ARG(qualifier)));
}

static status not_found(const struct registry *r, bytes name, bytes qualifier) {
    bytes arn = function_arn(r, bytes_slice(name, 0, 200), bytes_slice(qualifier, 0, 200));
    return FAIL(E_NOT_FOUND, "Function not found: %.*s", BYTES_ARG(arn)); /* [AWS rules 7] */
}

status function_name_require(const struct registry *r, bytes text, bytes qualifier,
                             struct function_name *out_name) {
    struct function_name n;
    TRY(function_name_parse(text, &n));
    if (qualifier.len && n.qualifier.len && !bytes_equal(qualifier, n.qualifier))
        return FAIL(E_INVALID,
                    "The derived qualifier from the function name does not match the specified "
                    "qualifier.");
    if (qualifier.len)
        n.qualifier = qualifier;
    if ((n.account.len && !bytes_equal(n.account, r->account)) ||
        (n.region.len && !bytes_equal(n.region, r->region)))
        return FAIL(E_NOT_FOUND, "Function not found: %.*s", BYTES_ARG(bytes_slice(text, 0, 200)));
    if (n.name.len > FUNCTION_NAME_LEN_MAX)
        return not_found(r, n.name, n.qualifier);
    *out_name = n;
    return OK;
}

/* ---- $LATEST ---- */

bytes function_version_text(const struct registry *r, const struct function_record *f) {
    if (f->version == 0)
        return BYTES(FUNCTION_LATEST);
    return bytes_from(arena_printf(r->arena, "%llu", (unsigned long long)f->version));
}

static status save(const struct registry *r, const struct function_record *f) {
    return object_save(r, TABLE_FUNCTIONS, key_of(r, f->name), fields, COUNT_OF(fields), f);
}

static void renew(const struct registry *r, struct function_record *f) {
    f->revision_id = generation_new(r);
    f->modified_ms = clock_wall_ms();
}

status function_create(const struct registry *r, struct function_record *f) {
    bool exists;
    TRY(object_has(r, TABLE_FUNCTIONS, key_of(r, f->name), &exists));
    if (exists) /* [AWS rules 7] */
        return FAIL(E_EXISTS, "Function already exist: %.*s", BYTES_ARG(f->name));
    renew(r, f);
    return save(r, f);
}

status function_load(const struct registry *r, bytes name, struct function_record *out_function) {
    struct function_record f = {.name = arena_copy(r->arena, name)};
    status s = object_load(r, TABLE_FUNCTIONS, key_of(r, name), fields, COUNT_OF(fields), &f);
    if (s == E_NOT_FOUND)
        return not_found(r, name, (bytes){0});
    TRY(s);
    *out_function = f;
    return OK;
}

status function_save(const struct registry *r, struct function_record *f) {
    renew(r, f);
    return save(r, f);
}

status function_save_reserved(const struct registry *r, const struct function_record *f) {
    return save(r, f);
}

static status remove_under(const struct registry *r, enum table table, bytes prefix) {
    struct scan scan = {.prefix = prefix, .limit = STORE_SCAN_ROWS_MAX};
    struct row *rows;
    size_t count;
    do {
        TRY(store_scan(r->txn, table, &scan, r->arena, &rows, &count));
        for (size_t i = 0; i < count; i++)
            TRY(store_remove(r->txn, table, rows[i].key));
    } while (count == scan.limit);
    return OK;
}

status function_delete(const struct registry *r, bytes name) {
    static const enum table parts[] = {TABLE_FUNCTION_VERSIONS, TABLE_FUNCTION_ALIASES,
                                       TABLE_FUNCTION_POLICIES, TABLE_FUNCTION_EVENT_CONFIGS};
    struct function_record f;
    TRY(function_load(r, name, &f));
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        TRY(remove_under(r, parts[i], key_of_pair(r, name, (bytes){0})));
    TRY(tags_remove_all(r, function_tags(r, name)));
    return store_remove(r->txn, TABLE_FUNCTIONS, key_of(r, name));
}

status function_is_unchanged(bytes revision_id, bytes expected) {
    if (expected.len == 0 || bytes_equal(revision_id, expected))
        return OK;
    return FAIL(E_VERSION_CONFLICT,
                "The Revision Id provided does not match the latest Revision Id. Call the "
                "GetFunction/GetAlias API to retrieve the latest Revision Id");
}

bytes function_tags(const struct registry *r, bytes name) {
    return bytes_from(arena_printf(r->arena, "function/%.*s", BYTES_ARG(name)));
}

static status list(const struct registry *r, enum table table, bytes prefix,
                   const struct page *page, bytes name, struct function_list *out_list) {
    struct function_list l = {0};
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, table, prefix, false, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct function_record, c.limit);
    while (l.count < c.limit) {
        struct function_record *f = &l.items[l.count];
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        f->name = name.len ? name : bytes_skip(row.key, r->account.len);
        TRY(record_decode(fields, COUNT_OF(fields), row.value, f));
        l.count++;
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}

status function_list(const struct registry *r, const struct page *page,
                     struct function_list *out_list) {
    return list(r, TABLE_FUNCTIONS, r->account, page, (bytes){0}, out_list);
}

/* ---- versions ---- */

status function_version_load(const struct registry *r, bytes name, uint64_t version,
                             struct function_record *out_version) {
    struct function_record f = {.name = arena_copy(r->arena, name)};
    status s = object_load(r, TABLE_FUNCTION_VERSIONS, key_with_number(r, name, version), fields,
                           COUNT_OF(fields), &f);
    if (s == E_NOT_FOUND)
        return not_found(r, name,
                         bytes_from(arena_printf(r->arena, "%llu", (unsigned long long)version)));
    TRY(s);
    *out_version = f;
    return OK;
}

/* Whether publishing would make the version that is there already. */
static bool is_same(const struct function_record *a, const struct function_record *b) {
    return bytes_equal(a->code_sha256, b->code_sha256) && bytes_equal(a->runtime, b->runtime) &&
           bytes_equal(a->handler, b->handler) && bytes_equal(a->role_arn, b->role_arn) &&
           a->timeout_s == b->timeout_s && a->memory_mb == b->memory_mb &&
           a->storage_mb == b->storage_mb && bytes_equal(a->variables, b->variables) &&
           bytes_equal(a->log_group, b->log_group) && bytes_equal(a->log_format, b->log_format) &&
           bytes_equal(a->tracing, b->tracing) && bytes_equal(a->code_id, b->code_id);
}

status function_publish(const struct registry *r, bytes name, bytes description,
                        struct function_record *out_version) {
    struct function_record latest, version;
    TRY(function_load(r, name, &latest));
    status s = latest.last_version ? function_version_load(r, name, latest.last_version, &version)
                                   : E_NOT_FOUND;
    if (s == OK && is_same(&latest, &version)) {
        *out_version = version;
        return OK;
    }
    if (s != OK && s != E_NOT_FOUND)
        return s;
    latest.last_version++;
    TRY(save(r, &latest));
    version = latest;
    version.version = latest.last_version;
    version.last_version = 0;
    version.has_reserved = false;
    version.reserved = 0;
    version.source_folder = version.source_stamp = (bytes){0};
    if (description.ptr)
        version.description = description;
    version.revision_id = generation_new(r);
    TRY(object_save(r, TABLE_FUNCTION_VERSIONS, key_with_number(r, name, version.version), fields,
                    COUNT_OF(fields), &version));
    *out_version = version;
    return OK;
}

static status check_not_aliased(const struct registry *r, bytes name, bytes version) {
    struct function_alias_list aliases;
    struct page page = {.limit = 1};
    TRY(function_alias_list(r, name, version, &page, &aliases));
    if (aliases.count > 0)
        return FAIL(E_UPDATE_CONFLICT,
                    "Cannot delete version %.*s: the alias %.*s leads to it. Update or delete the "
                    "alias first",
                    BYTES_ARG(version), BYTES_ARG(aliases.items[0].name));
    return OK;
}

status function_version_delete(const struct registry *r, bytes name, uint64_t version) {
    struct function_record f;
    TRY(function_version_load(r, name, version, &f));
    TRY(check_not_aliased(r, name, function_version_text(r, &f)));
    return store_remove(r->txn, TABLE_FUNCTION_VERSIONS, key_with_number(r, name, version));
}

status function_version_list(const struct registry *r, bytes name, const struct page *page,
                             struct function_list *out_list) {
    return list(r, TABLE_FUNCTION_VERSIONS, key_of_pair(r, name, (bytes){0}), page, name, out_list);
}

/* ---- finding ---- */

static bytes choose(const struct function_alias *alias) {
    if (alias->other_version.len == 0)
        return alias->version;
    return (int64_t)(random_u64() % 10000) < alias->other_percent ? alias->other_version
                                                                  : alias->version;
}

static status resolve_version(const struct registry *r, bytes name, bytes version,
                              struct function_record *out_function) {
    uint64_t number;
    if (version.len == 0 || bytes_equal(version, BYTES(FUNCTION_LATEST)))
        return function_load(r, name, out_function);
    if (bytes_to_u64(version, INT64_MAX, &number) != OK)
        return not_found(r, name, version);
    return function_version_load(r, name, number, out_function);
}

status function_resolve(const struct registry *r, bytes name, bytes qualifier,
                        struct function_record *out_function) {
    struct function_alias alias;
    status s = OK;
    if (qualifier.len > 0)
        s = function_alias_load(r, name, qualifier, &alias);
    if (s == OK && qualifier.len > 0)
        return resolve_version(r, name, choose(&alias), out_function);
    if (s != OK && s != E_NOT_FOUND)
        return s;
    return resolve_version(r, name, qualifier, out_function);
}

enum { ACCOUNT_DIGITS = 12 };

static status codes_of(struct txn *t, enum table table, struct arena *a,
                       void (*use)(void *context, const struct function_record *f), void *context) {
    struct scan scan = {.after = true, .limit = 200};
    struct row *rows;
    size_t count;
    do {
        TRY(store_scan(t, table, &scan, a, &rows, &count));
        for (size_t i = 0; i < count; i++) {
            bytes name = bytes_skip(rows[i].key, ACCOUNT_DIGITS);
            struct function_record f = {.name = bytes_slice(name, 0, bytes_find(name, 0))};
            TRY(record_decode(fields, COUNT_OF(fields), rows[i].value, &f));
            use(context, &f);
        }
        scan.from = count ? rows[count - 1].key : (bytes){0};
    } while (count == scan.limit);
    return OK;
}

status function_codes_in_use(struct txn *t, struct arena *a,
                             void (*use)(void *context, const struct function_record *f),
                             void *context) {
    TRY(codes_of(t, TABLE_FUNCTIONS, a, use, context));
    return codes_of(t, TABLE_FUNCTION_VERSIONS, a, use, context);
}
