/* The index:
 *
 *     CERTIFICATES_BY_EXPIRY, CA_CERTIFICATES_BY_EXPIRY  account, notAfter, id
 *     META  "expiry-index": complete;  "expiry-look": time of the last look */
#include "registry/expiry.h"
#include "registry/internal.h"

#include <string.h>

static const enum table indexes[EXPIRY_KIND_COUNT] = {
    [EXPIRY_CERTIFICATE] = TABLE_CERTIFICATES_BY_EXPIRY,
    [EXPIRY_CA] = TABLE_CA_CERTIFICATES_BY_EXPIRY,
};

/* Keys sort as unsigned numbers: what ended before 1970 is at the beginning. */
bytes expiry_key(const struct registry *r, int64_t not_after_ms, bytes id) {
    return key_with_time(r, (bytes){0}, not_after_ms > 0 ? not_after_ms : 0, id);
}

status expiry_add(const struct registry *r, enum expiry_kind kind, bytes id, int64_t not_after_ms) {
    return mark_save(r, indexes[kind], expiry_key(r, not_after_ms, id));
}

status expiry_remove(const struct registry *r, enum expiry_kind kind, bytes id,
                     int64_t not_after_ms) {
    return store_remove(r->txn, indexes[kind], expiry_key(r, not_after_ms, id));
}

static int64_t time_in(bytes key, size_t at) {
    uint64_t time = 0;
    for (size_t i = 0; i < KEY_TIME_LEN; i++)
        time = time << 8 | key.ptr[at + i];
    return (int64_t)time;
}

/* The next page: after the last one given, or from the beginning of the window. */
static struct scan scan_of(const struct registry *r, const struct expiry_window *window) {
    bytes last = bytes_of(window->last_id, CERTIFICATE_ID_LEN);
    return (struct scan){.prefix = r->account,
                         .from = window->has_last ? expiry_key(r, window->last_ms, last)
                                                  : expiry_key(r, window->after_ms + 1, (bytes){0}),
                         .after = window->has_last,
                         .limit = EXPIRY_PAGE_MAX};
}

static void remember_last(struct expiry_window *window, int64_t time_ms, bytes id) {
    window->has_last = true;
    window->last_ms = time_ms;
    memcpy(window->last_id, id.ptr, sizeof window->last_id);
}

status expiry_list(const struct registry *r, enum expiry_kind kind, struct expiry_window *window,
                   struct expiry **out_items, size_t *out_count) {
    struct scan scan = scan_of(r, window);
    size_t skip = r->account.len + KEY_TIME_LEN, row_count, count = 0;
    struct row *rows;
    TRY(store_scan(r->txn, indexes[kind], &scan, r->arena, &rows, &row_count));
    struct expiry *items = ARENA_ARRAY(r->arena, struct expiry, row_count);
    for (; count < row_count; count++) {
        int64_t end_ms = time_in(rows[count].key, r->account.len);
        if (end_ms > window->until_ms)
            break;
        items[count] =
            (struct expiry){.id = bytes_skip(rows[count].key, skip), .not_after_ms = end_ms};
    }
    if (count > 0)
        remember_last(window, items[count - 1].not_after_ms, items[count - 1].id);
    *out_items = items;
    *out_count = count;
    return OK;
}

status expiry_load(const struct registry *r, enum expiry_kind kind, struct expiry *e) {
    struct certificate_record certificate;
    struct ca_record ca;
    if (kind == EXPIRY_CA) {
        TRY(ca_load(r, e->id, &ca));
        *e = (struct expiry){e->id, ca.not_after_ms, ca.created_ms, ca.active};
        return OK;
    }
    TRY(certificate_load_facts(r, e->id, &certificate));
    *e = (struct expiry){e->id, certificate.not_after_ms, certificate.created_ms,
                         certificate.status != CERTIFICATE_REVOKED &&
                             certificate.status != CERTIFICATE_INACTIVE};
    return OK;
}

/* The rows of the index by creation; those with a value are another account's. */
status expiry_list_registered(const struct registry *r, enum expiry_kind kind,
                              struct expiry_window *window, int64_t ends_until_ms,
                              struct expiry **out_items, size_t *out_count, bool *out_more) {
    static const enum table by_creation[EXPIRY_KIND_COUNT] = {TABLE_CERTIFICATES_BY_CREATION,
                                                              TABLE_CA_CERTIFICATES_BY_CREATION};
    struct scan scan = scan_of(r, window);
    struct row *rows;
    size_t row_count, count = 0;
    TRY(store_scan(r->txn, by_creation[kind], &scan, r->arena, &rows, &row_count));
    struct expiry *items = ARENA_ARRAY(r->arena, struct expiry, row_count);
    *out_more = row_count == scan.limit;
    for (size_t i = 0; i < row_count; i++) {
        int64_t created_ms = time_in(rows[i].key, r->account.len);
        items[count] =
            (struct expiry){.id = bytes_skip(rows[i].key, scan.prefix.len + KEY_TIME_LEN)};
        remember_last(window, created_ms, items[count].id);
        if (created_ms > window->until_ms) {
            *out_more = false;
            break;
        }
        if (rows[i].value.len > 0)
            continue;
        TRY(expiry_load(r, kind, &items[count]));
        count += items[count].not_after_ms <= ends_until_ms;
    }
    *out_items = items;
    *out_count = count;
    return OK;
}

/* ---- who is due ---- */

enum { DAY_MS = 86400000 };
static const unsigned stage_days[EXPIRY_STAGE_COUNT] = {0, 1, 7, 30};

unsigned expiry_stage_days(unsigned stage) {
    return stage_days[stage];
}

static int64_t ahead(int64_t time_ms, unsigned stage) {
    return time_ms + (int64_t)stage_days[stage] * DAY_MS;
}

struct expiry_window expiry_stage_window(unsigned stage, int64_t last_look_ms, int64_t now_ms) {
    struct expiry_window w = {.until_ms = ahead(now_ms, stage)};
    if (last_look_ms > 0)
        w.after_ms = ahead(last_look_ms, stage);
    else if (stage == 0)
        w.after_ms = now_ms;
    if (stage > 0 && w.after_ms < ahead(now_ms, stage - 1))
        w.after_ms = ahead(now_ms, stage - 1);
    if (stage == 0) { /* what ends in this millisecond is still valid */
        w.after_ms--;
        w.until_ms--;
    }
    return w;
}

status expiry_load_last_look(struct txn *t, struct arena *arena, int64_t *out_ms) {
    bytes value;
    status s = store_load(t, TABLE_META, BYTES("expiry-look"), arena, &value);
    *out_ms = s == OK && value.len == KEY_TIME_LEN ? time_in(value, 0) : 0;
    return s == E_NOT_FOUND ? OK : s;
}

status expiry_save_last_look(struct txn *t, int64_t now_ms) {
    AUTO(buf) value = {0};
    buf_append_u32(&value, (uint32_t)((uint64_t)now_ms >> 32));
    buf_append_u32(&value, (uint32_t)now_ms);
    return store_save(t, TABLE_META, BYTES("expiry-look"), buf_bytes(&value));
}

/* ---- what was there before the index ---- */

/* The row of a certificate or CA: account and id. */
static status index_row(struct txn *t, struct arena *arena, enum expiry_kind kind, bytes key) {
    bytes account = bytes_slice(key, 0, key.len - CERTIFICATE_ID_LEN);
    bytes id = bytes_skip(key, account.len);
    struct registry r = {.txn = t, .arena = arena, .account = account};
    struct certificate_record certificate;
    struct ca_record ca;
    if (kind == EXPIRY_CA) {
        TRY(ca_load(&r, id, &ca));
        return expiry_add(&r, kind, id, ca.not_after_ms);
    }
    TRY(certificate_load_facts(&r, id, &certificate));
    return expiry_add(&r, kind, id, certificate.not_after_ms);
}

/* One page; *position is the last key done, and empty at the end. */
static status index_page(struct txn *t, enum expiry_kind kind, struct buf *position) {
    static const enum table tables[EXPIRY_KIND_COUNT] = {TABLE_CERTIFICATES, TABLE_CA_CERTIFICATES};
    AUTO(arena) arena = {0};
    struct scan scan = {.from = buf_bytes(position), .after = position->len > 0, .limit = 1000};
    struct row *rows;
    size_t count;
    TRY(store_scan(t, tables[kind], &scan, &arena, &rows, &count));
    for (size_t i = 0; i < count; i++)
        TRY(index_row(t, &arena, kind, rows[i].key));
    buf_clear(position);
    if (count == scan.limit)
        buf_append(position, rows[count - 1].key);
    else if (kind == EXPIRY_KIND_COUNT - 1)
        TRY(store_save(t, TABLE_META, BYTES("expiry-index"), (bytes){0}));
    return OK;
}

static status index_kind(struct store *s, enum expiry_kind kind) {
    AUTO(buf) position = {0};
    do {
        struct txn *t;
        TRY(store_begin_write(s, &t));
        status result = index_page(t, kind, &position);
        if (result != OK) {
            store_rollback(t);
            return result;
        }
        TRY(store_commit(t));
    } while (position.len > 0);
    return OK;
}

status expiry_index_all(struct store *s) {
    struct txn *t;
    bool is_complete;
    TRY(store_begin_read(s, &t));
    status result = store_has(t, TABLE_META, BYTES("expiry-index"), &is_complete);
    store_rollback(t);
    TRY(result);
    for (enum expiry_kind kind = 0; kind < EXPIRY_KIND_COUNT && !is_complete; kind++)
        TRY(index_kind(s, kind));
    return OK;
}
