/* Pages of listings. A token is base64 of: the table, the direction, four bytes that stand for the
 * listing's prefix (so for the account too), and the rest of the key of the last row given. */
#include "codec/base64.h"
#include "registry/internal.h"

#include <string.h>

enum { TOKEN_HEAD_LEN = 6, TOKEN_TEXT_MAX = 1400, BATCH_ROWS = 250 };

static void token_head(const struct cursor *c, uint8_t head[TOKEN_HEAD_LEN]) {
    uint64_t hash = stable_hash(c->scan.prefix);
    head[0] = (uint8_t)c->table;
    head[1] = c->scan.descending;
    for (size_t i = 2; i < TOKEN_HEAD_LEN; i++, hash >>= 8)
        head[i] = (uint8_t)hash;
}

static bytes joined(struct arena *a, bytes first, bytes second) {
    uint8_t *both = arena_alloc(a, first.len + second.len + 1);
    if (first.len > 0)
        memcpy(both, first.ptr, first.len);
    if (second.len > 0)
        memcpy(both + first.len, second.ptr, second.len);
    return bytes_of(both, first.len + second.len);
}

static status foreign_token(void) {
    return FAIL(E_INVALID,
                "The marker or next token is none that this listing gave: leave it out to "
                "start from the beginning");
}

static status read_token(struct cursor *c, bytes token) {
    uint8_t head[TOKEN_HEAD_LEN];
    bytes data;
    token_head(c, head);
    if (token.len > TOKEN_TEXT_MAX || base64_decode(c->r->arena, token, &data) != OK ||
        data.len <= TOKEN_HEAD_LEN || memcmp(data.ptr, head, TOKEN_HEAD_LEN) != 0)
        return foreign_token();
    bytes key = joined(c->r->arena, c->scan.prefix, bytes_skip(data, TOKEN_HEAD_LEN));
    if (key.len > STORE_KEY_BYTES_MAX)
        return foreign_token();
    c->scan.from = key;
    return OK;
}

status cursor_start(const struct registry *r, enum table table, bytes prefix, bool descending,
                    const struct page *page, struct cursor *out_cursor) {
    struct cursor c = {.r = r, .table = table};
    c.scan = (struct scan){.prefix = prefix, .after = true, .descending = descending};
    c.limit = page->limit ? page->limit : PAGE_LIMIT_DEFAULT;
    if (c.limit > PAGE_LIMIT_MAX)
        return FAIL(E_INVALID, "A page has 1 to %d items, not %zu", PAGE_LIMIT_MAX, c.limit);
    c.scan.limit = c.limit + 1; /* one more tells whether another page follows */
    if (page->token.len > 0)
        TRY(read_token(&c, page->token));
    *out_cursor = c;
    return OK;
}

/* Makes sure that a row is at hand, unless none follows. */
static status fill(struct cursor *c) {
    if (c->next_row < c->row_count || c->at_end)
        return OK;
    TRY(store_scan(c->r->txn, c->table, &c->scan, c->r->arena, &c->rows, &c->row_count));
    c->next_row = 0;
    c->at_end = c->row_count < c->scan.limit;
    if (c->row_count > 0)
        c->scan.from = c->rows[c->row_count - 1].key;
    c->scan.limit = BATCH_ROWS; /* a filter passes over some: the next batch may be a large one */
    return OK;
}

status cursor_next(struct cursor *c, struct row *out_row, bool *out_taken) {
    TRY(fill(c));
    *out_taken = c->next_row < c->row_count && c->examined < LISTING_ROWS_MAX;
    if (!*out_taken)
        return OK;
    *out_row = c->rows[c->next_row++];
    c->last = out_row->key;
    c->examined++;
    return OK;
}

bytes cursor_token_after(const struct cursor *c, bytes key) {
    uint8_t head[TOKEN_HEAD_LEN];
    AUTO(buf) text = {0};
    token_head(c, head);
    bytes position = bytes_skip(key, c->scan.prefix.len);
    base64_encode(joined(c->r->arena, bytes_of(head, sizeof head), position), &text);
    return arena_copy(c->r->arena, buf_bytes(&text));
}

status cursor_token(struct cursor *c, bytes *out_token) {
    TRY(fill(c));
    bool ended = c->next_row == c->row_count || c->last.len == 0;
    *out_token = ended ? (bytes){0} : cursor_token_after(c, c->last);
    return OK;
}

status names_list(const struct registry *r, enum table table, bytes prefix, size_t skip,
                  const struct page *page, struct name_list *out_list) {
    struct name_list l = {0};
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, table, prefix, false, page, &c));
    l.items = ARENA_ARRAY(r->arena, bytes, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        l.items[l.count++] = bytes_skip(row.key, skip);
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}
