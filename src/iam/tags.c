/* Tags:
 *
 *     IAM_TAGS  account, "role/NAME", 0, tag key → tag value */
#include "iam/tags.h"

#include "iam/internal.h"

bytes iam_tags_owner(const struct registry *r, enum iam_kind kind, bytes name) {
    return iam_owner(r, kind, name);
}

static status rows_of(const struct registry *r, bytes owner, struct row **out_rows,
                      size_t *out_count) {
    struct scan scan = {.prefix = iam_key_pair(r, owner, (bytes){0}), .limit = TAGS_MAX + 1};
    return store_scan(r->txn, TABLE_IAM_TAGS, &scan, r->arena, out_rows, out_count);
}

static status check(const struct tags *tags) {
    for (size_t i = 0; i < tags->count; i++) {
        bytes key = tags->items[i].key;
        if (bytes_start_with(key, BYTES("aws:")))
            return FAIL(E_INVALID, "Tag keys that begin with aws: are reserved: %.*s",
                        BYTES_ARG(key));
        for (size_t k = 0; k < i; k++)
            if (bytes_equal_nocase(tags->items[k].key, key))
                return FAIL(E_INVALID, "Duplicate tag keys found. Please note that Tag keys are "
                                       "case insensitive.");
    }
    return OK;
}

/* Keys of users and roles are the same in any case; those of policies are not. */
static bool is_same_key(bytes owner, bytes a, bytes b) {
    return bytes_start_with(owner, BYTES("policy/")) ? bytes_equal(a, b) : bytes_equal_nocase(a, b);
}

static status remove_key(const struct registry *r, bytes owner, bytes key) {
    size_t skip = r->account.len + owner.len + 1, count;
    struct row *rows;
    TRY(rows_of(r, owner, &rows, &count));
    for (size_t i = 0; i < count; i++)
        if (is_same_key(owner, bytes_skip(rows[i].key, skip), key))
            TRY(iam_remove(r, TABLE_IAM_TAGS, rows[i].key));
    return OK;
}

status iam_tags_set(const struct registry *r, bytes owner, const struct tags *tags) {
    struct row *rows;
    size_t count;
    TRY(check(tags));
    for (size_t i = 0; i < tags->count; i++) {
        TRY(remove_key(r, owner, tags->items[i].key));
        TRY(iam_save(r, TABLE_IAM_TAGS, iam_key_pair(r, owner, tags->items[i].key),
                     tags->items[i].value));
    }
    TRY(rows_of(r, owner, &rows, &count));
    if (count > TAGS_MAX)
        return FAIL(E_LIMIT, "The number of tags has reached the maximum limit.");
    return OK;
}

status iam_tags_unset(const struct registry *r, bytes owner, const bytes *keys, size_t count) {
    for (size_t i = 0; i < count; i++)
        TRY(remove_key(r, owner, keys[i]));
    return OK;
}

status iam_tags_load(const struct registry *r, bytes owner, struct tags *out_tags) {
    struct row *rows;
    size_t count;
    TRY(rows_of(r, owner, &rows, &count));
    struct tags tags = {.items = ARENA_ARRAY(r->arena, struct tag, count), .count = count};
    size_t skip = r->account.len + owner.len + 1;
    for (size_t i = 0; i < count; i++)
        tags.items[i] = (struct tag){bytes_skip(rows[i].key, skip), rows[i].value};
    *out_tags = tags;
    return OK;
}

status iam_tags_forget(const struct registry *r, bytes owner) {
    struct row *rows;
    size_t count;
    TRY(rows_of(r, owner, &rows, &count));
    for (size_t i = 0; i < count; i++)
        TRY(iam_remove(r, TABLE_IAM_TAGS, rows[i].key));
    return OK;
}
