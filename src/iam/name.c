#include <string.h>

#include "base/random.h"
#include "codec/base64.h"
#include "iam/internal.h"

/* By kind: how it is called, how ids of it begin, where it is kept. */
static const struct {
    const char *name, *id;
    enum table table;
} kinds[IAM_KIND_COUNT] = {
    [IAM_KIND_USER] = {"user", "AIDA", TABLE_IAM_USERS},
    [IAM_KIND_GROUP] = {"group", "AGPA", TABLE_IAM_GROUPS},
    [IAM_KIND_ROLE] = {"role", "AROA", TABLE_IAM_ROLES},
    [IAM_KIND_POLICY] = {"policy", "ANPA", TABLE_IAM_POLICIES},
};

const char *iam_kind_name(enum iam_kind kind) {
    return kinds[kind].name;
}

bytes iam_arn(const struct registry *r, enum iam_kind kind, bytes path, bytes name) {
    if (path.len == 0)
        path = BYTES("/");
    return bytes_from(arena_printf(r->arena, "arn:aws:iam::%.*s:%s%.*s%.*s", BYTES_ARG(r->account),
                                   kinds[kind].name, BYTES_ARG(path), BYTES_ARG(name)));
}

static status no_arn(bytes arn) {
    return FAIL(E_INVALID, "ARN %.*s is not valid.", BYTES_ARG(bytes_slice(arn, 0, 200)));
}

static status read_resource(bytes arn, bytes resource, struct iam_arn_parts *parts) {
    size_t slash = bytes_find(resource, '/'), last = resource.len;
    while (last > 0 && resource.ptr[last - 1] != '/')
        last--;
    if (slash == resource.len || last == resource.len)
        return no_arn(arn);
    parts->path = bytes_slice(resource, slash, last - slash);
    parts->name = bytes_skip(resource, last);
    for (unsigned i = 0; i < IAM_KIND_COUNT; i++)
        if (bytes_equal(bytes_slice(resource, 0, slash), bytes_from(kinds[i].name))) {
            parts->kind = (enum iam_kind)i;
            return OK;
        }
    return no_arn(arn);
}

status iam_arn_parse(bytes arn, struct iam_arn_parts *out_parts) {
    struct iam_arn_parts parts = {0};
    static const bytes head = BYTES("arn:aws:iam::");
    bytes rest = bytes_skip(arn, head.len);
    size_t colon = bytes_find(rest, ':');
    if (!bytes_start_with(arn, head) || colon == rest.len)
        return no_arn(arn);
    parts.account = bytes_slice(rest, 0, colon);
    TRY(read_resource(arn, bytes_skip(rest, colon + 1), &parts));
    *out_parts = parts;
    return OK;
}

bytes iam_id_new(const struct registry *r, enum iam_kind kind) {
    char random[18];
    random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", random, 17);
    return bytes_from(arena_printf(r->arena, "%s%s", kinds[kind].id, random));
}

/* ---- keys ---- */

static bytes joined(const struct registry *r, bytes first, bool zero, bytes second) {
    size_t len = r->account.len + first.len + zero + second.len;
    uint8_t *key = arena_alloc(r->arena, len), *at = key;
    memcpy(at, r->account.ptr, r->account.len);
    at += r->account.len;
    if (first.len > 0)
        memcpy(at, first.ptr, first.len);
    at += first.len + zero; /* the arena is zeroed */
    if (second.len > 0)
        memcpy(at, second.ptr, second.len);
    return bytes_of(key, len);
}

bytes iam_key(const struct registry *r, bytes name) {
    return joined(r, name, false, (bytes){0});
}

bytes iam_key_pair(const struct registry *r, bytes first, bytes second) {
    return joined(r, first, true, second);
}

bytes iam_owner(const struct registry *r, enum iam_kind kind, bytes name) {
    return bytes_from(arena_printf(r->arena, "%s/%.*s", kinds[kind].name, BYTES_ARG(name)));
}

bytes iam_entity_owner(const struct registry *r, const struct iam_entity *entity) {
    return iam_owner(r, entity->kind, entity->name);
}

/* ---- records ---- */

status iam_object_load(const struct registry *r, enum table table, bytes key,
                       const struct field *fields, size_t field_count, void *object) {
    bytes value;
    if (key.len > STORE_KEY_BYTES_MAX)
        return FAIL(E_NOT_FOUND, "the key is longer than any there is");
    TRY(store_load(r->txn, table, key, r->arena, &value));
    return record_decode(fields, field_count, value, object);
}

status iam_object_save(const struct registry *r, enum table table, bytes key,
                       const struct field *fields, size_t field_count, const void *object) {
    AUTO(buf) value = {0};
    record_encode(fields, field_count, object, &value);
    return iam_save(r, table, key, buf_bytes(&value));
}

status iam_has(const struct registry *r, enum table table, bytes key, bool *out_present) {
    *out_present = false;
    return key.len > STORE_KEY_BYTES_MAX ? OK : store_has(r->txn, table, key, out_present);
}

static status count_rows(const struct registry *r, enum table table, bytes prefix, size_t most,
                         size_t *out_count) {
    struct scan scan = {.prefix = prefix, .after = true};
    struct row *rows;
    size_t count = 0, page;
    do {
        scan.limit = most - count < STORE_SCAN_ROWS_MAX ? most - count : STORE_SCAN_ROWS_MAX;
        TRY(store_scan(r->txn, table, &scan, r->arena, &rows, &page));
        count += page;
        scan.from = page ? rows[page - 1].key : (bytes){0};
    } while (page == scan.limit && count < most);
    *out_count = count;
    return OK;
}

status iam_has_any(const struct registry *r, enum table table, bytes prefix, bool *out_some) {
    size_t count;
    TRY(count_rows(r, table, prefix, 1, &count));
    *out_some = count > 0;
    return OK;
}

status iam_room(const struct registry *r, enum table table, bytes prefix, size_t most,
                const char *quota) {
    size_t count;
    TRY(count_rows(r, table, prefix, most, &count));
    if (count >= most)
        return FAIL(E_LIMIT, "Cannot exceed quota for %s: %zu", quota, most);
    return OK;
}

status iam_rows_move(const struct registry *r, enum table table, bytes from, bytes to) {
    struct scan scan = {.prefix = from, .limit = STORE_SCAN_ROWS_MAX};
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, table, &scan, r->arena, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        AUTO(buf) key = {0};
        buf_append(&key, to);
        buf_append(&key, bytes_skip(rows[i].key, from.len));
        TRY(iam_remove(r, table, rows[i].key));
        TRY(iam_save(r, table, buf_bytes(&key), rows[i].value));
    }
    return OK;
}

/* [AWS control-plane 9] */
status iam_not_found(enum iam_kind kind, bytes name) {
    return FAIL(E_NOT_FOUND, "The %s with name %.*s cannot be found.", kinds[kind].name,
                BYTES_ARG(bytes_slice(name, 0, 128)));
}

status iam_exists(enum iam_kind kind, bytes name) {
    static const char *const called[] = {"User", "Group", "Role", "A policy called"};
    const char *with = kind == IAM_KIND_POLICY ? "" : "with name ";
    return FAIL(E_EXISTS, "%s %s%.*s already exists%s", called[kind], with, BYTES_ARG(name),
                kind == IAM_KIND_POLICY ? ". Duplicate names are not allowed." : ".");
}

status iam_entity_require(const struct registry *r, const struct iam_entity *entity) {
    bool present;
    TRY(iam_has(r, kinds[entity->kind].table, iam_key(r, entity->name), &present));
    return present ? OK : iam_not_found(entity->kind, entity->name);
}

/* ---- pages ---- */

size_t iam_page_limit(const struct iam_page *page) {
    if (page->limit == 0)
        return IAM_PAGE_DEFAULT;
    return page->limit < IAM_PAGE_MAX ? page->limit : IAM_PAGE_MAX;
}

bytes iam_marker(const struct registry *r, bytes position) {
    AUTO(buf) text = {0};
    base64_encode(position, &text);
    return arena_copy(r->arena, buf_bytes(&text));
}

status iam_marker_read(const struct registry *r, bytes marker, bytes *out_position) {
    if (marker.len == 0) {
        *out_position = (bytes){0};
        return OK;
    }
    if (base64_decode(r->arena, marker, out_position) == OK &&
        out_position->len < STORE_KEY_BYTES_MAX / 2)
        return OK;
    return FAIL(E_INVALID, "Invalid Marker: %.*s is none that this listing gave",
                BYTES_ARG(bytes_slice(marker, 0, 100)));
}

static status begin(const struct registry *r, bytes prefix, const struct iam_page *page,
                    struct scan *out_scan) {
    AUTO(buf) from = {0};
    bytes position;
    TRY(iam_marker_read(r, page->marker, &position));
    *out_scan = (struct scan){.prefix = prefix, .after = true, .limit = 250};
    if (position.len == 0)
        return OK;
    buf_append(&from, prefix);
    buf_append(&from, position);
    out_scan->from = arena_copy(r->arena, buf_bytes(&from));
    return OK;
}

/* One more than the page has tells whether another follows. */
status iam_rows(const struct registry *r, enum table table, bytes prefix,
                const struct iam_page *page, iam_keep *keep, struct iam_rows *out_rows) {
    size_t limit = iam_page_limit(page), count;
    struct iam_rows found = {.items = ARENA_ARRAY(r->arena, struct row, limit)};
    struct scan scan;
    struct row *rows;
    TRY(begin(r, prefix, page, &scan));
    do {
        TRY(store_scan(r->txn, table, &scan, r->arena, &rows, &count));
        for (size_t i = 0; i < count; i++) {
            if (keep && !keep(r, &rows[i], page))
                continue;
            if (found.count == limit) {
                found.next = iam_marker(r, bytes_skip(found.items[limit - 1].key, prefix.len));
                *out_rows = found;
                return OK;
            }
            found.items[found.count++] = rows[i];
        }
        scan.from = count ? rows[count - 1].key : (bytes){0};
    } while (count == scan.limit);
    *out_rows = found;
    return OK;
}
