/* The outbox as people see it: rows alone, in one transaction. */
#include <stdlib.h>

#include "base/clock.h"
#include "outbox/internal.h"

/* A lane being added up; by the same key as in the index. */
struct sum {
    struct map_node node;
    struct outbox_lane_view view;
};

static struct sum *sum_of(struct map *sums, struct arena *a, const struct outbox_row *row) {
    char *key = arena_printf(a, "%.*s %.*s %.*s", BYTES_ARG(row->kind), BYTES_ARG(row->account),
                             BYTES_ARG(row->lane));
    struct map_node *n = map_find(sums, bytes_from(key));
    if (n)
        return OWNER(n, struct sum, node);
    struct sum *s = ARENA_NEW(a, struct sum);
    s->node.key = bytes_from(key);
    s->view = (struct outbox_lane_view){.kind = arena_copy(a, row->kind),
                                        .account = arena_copy(a, row->account),
                                        .lane = arena_copy(a, row->lane),
                                        .oldest_put_ms = row->put_ms,
                                        .next_ms = INT64_MAX};
    map_add(sums, &s->node);
    return s;
}

static void add_up(struct outbox_lane_view *v, struct arena *a, const struct outbox_row *row) {
    v->bytes += row->payload_bytes;
    if (row->put_ms < v->oldest_put_ms)
        v->oldest_put_ms = row->put_ms;
    if (row->started_ms > 0) {
        v->under_way++;
        return;
    }
    v->waiting++;
    if (row->due_ms < v->next_ms)
        v->next_ms = row->due_ms;
    if (row->attempts > 0) {
        v->failing++;
        if (!bytes_equal(v->sentence, row->sentence)) /* mostly all of a lane say the same */
            v->sentence = arena_copy(a, row->sentence);
    }
}

/* Calls `each` for every row, a page at a time. */
static status each_row(struct txn *t,
                       status (*each)(void *context, bytes key, const struct outbox_row *row),
                       void *context) {
    uint8_t from[KEY_LEN] = {0};
    for (size_t count = STORE_SCAN_ROWS_MAX; count == STORE_SCAN_ROWS_MAX;) {
        AUTO(arena) page = {0};
        struct scan scan = {
            .from = bytes_of(from, KEY_LEN), .after = true, .limit = STORE_SCAN_ROWS_MAX};
        struct row *rows;
        TRY(store_scan(t, TABLE_OUTBOX, &scan, &page, &rows, &count));
        for (size_t i = 0; i < count; i++) {
            struct outbox_row row;
            TRY(row_decode(rows[i].value, &row));
            TRY(each(context, rows[i].key, &row));
            memcpy(from, rows[i].key.ptr, rows[i].key.len < KEY_LEN ? rows[i].key.len : KEY_LEN);
        }
    }
    return OK;
}

struct adding {
    struct map sums;
    struct arena *arena;
};

static status add_row(void *context, bytes key, const struct outbox_row *row) {
    struct adding *adding = context;
    UNUSED(key);
    add_up(&sum_of(&adding->sums, adding->arena, row)->view, adding->arena, row);
    return OK;
}

static int compare_lanes(const void *a, const void *b) {
    const struct outbox_lane_view *x = a, *y = b;
    int order = bytes_compare(x->kind, y->kind);
    order = order ? order : bytes_compare(x->account, y->account);
    return order ? order : bytes_compare(x->lane, y->lane);
}

status outbox_view(struct txn *t, struct arena *a, struct outbox_lane_view **out,
                   size_t *out_count) {
    struct adding adding = {.arena = a};
    struct map_node *n;
    size_t count = 0;
    status s = each_row(t, add_row, &adding);
    if (s == OK) {
        *out = ARENA_ARRAY(a, struct outbox_lane_view, adding.sums.count);
        for (size_t at = 0; (n = map_next(&adding.sums, &at));)
            (*out)[count++] = OWNER(n, struct sum, node)->view;
        qsort(*out, count, sizeof **out, compare_lanes);
        *out_count = count;
    }
    map_done(&adding.sums);
    return s;
}

/* ---- changing ---- */

struct choosing {
    struct txn *txn;
    const struct outbox_choice *which;
    int64_t now_ms;
    size_t count;
};

static bool is_chosen(const struct outbox_choice *c, const struct outbox_row *row) {
    return (c->account.len == 0 || bytes_equal(c->account, row->account)) &&
           (c->lane.len == 0 || bytes_equal(c->lane, row->lane));
}

static status hurry_row(void *context, bytes key, const struct outbox_row *row) {
    struct choosing *c = context;
    struct outbox_row changed = *row;
    AUTO(buf) value = {0};
    if (!is_chosen(c->which, row) || row->started_ms > 0)
        return OK;
    changed.due_ms = c->now_ms;
    row_encode(&changed, &value);
    c->count++;
    return store_save(c->txn, TABLE_OUTBOX, key, buf_bytes(&value));
}

static status drop_row(void *context, bytes key, const struct outbox_row *row) {
    struct choosing *c = context;
    if (!is_chosen(c->which, row))
        return OK;
    c->count++;
    TRY(store_remove(c->txn, TABLE_OUTBOX, key));
    return store_remove(c->txn, TABLE_OUTBOX_PAYLOADS, key);
}

static status choose(struct txn *t, const struct outbox_choice *which, size_t *out_count,
                     status (*each)(void *context, bytes key, const struct outbox_row *row)) {
    struct choosing c = {.txn = t, .which = which, .now_ms = clock_wall_ms()};
    TRY(each_row(t, each, &c));
    *out_count = c.count;
    return OK;
}

status outbox_hurry(struct txn *t, const struct outbox_choice *which, size_t *out_count) {
    return choose(t, which, out_count, hurry_row);
}

status outbox_drop(struct txn *t, const struct outbox_choice *which, size_t *out_count) {
    return choose(t, which, out_count, drop_row);
}
