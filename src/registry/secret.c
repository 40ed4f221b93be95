/* Secrets:
 *
 *     SECRETS        account, name
 *     SECRET_VALUES  account, name → the value: apart, so that only who is to have it reads it */
#include "registry/secret.h"

#include "base/clock.h"
#include "base/random.h"
#include "registry/internal.h"

#define SUFFIX_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const struct field fields[] = {
    FIELD(1, struct secret, suffix),      FIELD(2, struct secret, description),
    FIELD(3, struct secret, tags),        FIELD(4, struct secret, version_id),
    FIELD(5, struct secret, is_binary),   FIELD(6, struct secret, created_ms),
    FIELD(7, struct secret, changed_ms),  FIELD(8, struct secret, version_ms),
    FIELD(9, struct secret, deletion_ms),
};

/* ---- names ---- */

static bytes arn_prefix(const struct registry *r) {
    return bytes_from(arena_printf(r->arena, "arn:aws:secretsmanager:%.*s:%.*s:secret:",
                                   BYTES_ARG(r->region), BYTES_ARG(r->account)));
}

bytes secret_arn(const struct registry *r, const struct secret *s) {
    return bytes_from(arena_printf(r->arena, "%.*s%.*s-%.*s", BYTES_ARG(arn_prefix(r)),
                                   BYTES_ARG(s->name), BYTES_ARG(s->suffix)));
}

bytes secret_resource(const struct registry *r, bytes id) {
    struct secret s;
    if (secret_find(r, id, &s) == OK)
        return secret_arn(r, &s);
    if (bytes_start_with(id, BYTES("arn:")))
        return id;
    s = (struct secret){.name = id, .suffix = BYTES("??????")};
    return secret_arn(r, &s);
}

static bool is_name(bytes name) {
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') &&
            bytes_find(BYTES("-/_+=.@!"), c) == BYTES("-/_+=.@!").len)
            return false;
    }
    return name.len > 0 && name.len <= SECRET_NAME_MAX;
}

/* ---- one of them ---- */

static bool is_due(const struct secret *s) {
    return s->deletion_ms > 0 && s->deletion_ms <= clock_wall_ms();
}

static status refuse_missing(void) {
    return FAIL(E_NOT_FOUND, "Secrets Manager can't find the specified secret.");
}

static status find_named(const struct registry *r, bytes name, struct secret *out) {
    struct secret s = {.name = arena_copy(r->arena, name)};
    status found = object_load(r, TABLE_SECRETS, key_of(r, name), fields, COUNT_OF(fields), &s);
    if (found == E_NOT_FOUND || (found == OK && is_due(&s)))
        return refuse_missing();
    TRY(found);
    *out = s;
    return OK;
}

status secret_find(const struct registry *r, bytes id, struct secret *out_secret) {
    enum { END_LEN = SECRET_SUFFIX_LEN + 1 };
    bytes prefix = arn_prefix(r);
    if (!bytes_start_with(id, BYTES("arn:")))
        return find_named(r, id, out_secret);
    if (!bytes_start_with(id, prefix))
        return refuse_missing();
    bytes rest = bytes_skip(id, prefix.len);
    if (rest.len > END_LEN && rest.ptr[rest.len - END_LEN] == '-') {
        struct secret s;
        bytes suffix = bytes_skip(rest, rest.len - SECRET_SUFFIX_LEN);
        status found = find_named(r, bytes_slice(rest, 0, rest.len - END_LEN), &s);
        if (found == OK && bytes_equal(s.suffix, suffix)) {
            *out_secret = s;
            return OK;
        }
        if (found != OK && found != E_NOT_FOUND)
            return found;
    }
    return find_named(r, rest, out_secret);
}

status secret_load(const struct registry *r, bytes id, struct secret *out_secret) {
    struct secret s;
    TRY(secret_find(r, id, &s));
    if (s.deletion_ms > 0)
        return FAIL(E_INVALID, "You can't perform this operation on the secret because it was "
                               "marked for deletion.");
    *out_secret = s;
    return OK;
}

static status save(const struct registry *r, const struct secret *s) {
    return object_save(r, TABLE_SECRETS, key_of(r, s->name), fields, COUNT_OF(fields), s);
}

status secret_update(const struct registry *r, struct secret *s) {
    s->changed_ms = clock_wall_ms();
    return save(r, s);
}

status secret_set_value(const struct registry *r, struct secret *s, bytes version_id, bytes value) {
    if (value.len > SECRET_VALUE_MAX)
        return FAIL(E_VALIDATION, "A secret has at most %d bytes", SECRET_VALUE_MAX);
    s->version_id = version_id;
    s->version_ms = clock_wall_ms();
    TRY(store_save(r->txn, TABLE_SECRET_VALUES, key_of(r, s->name), value));
    return secret_update(r, s);
}

status secret_value(const struct registry *r, const struct secret *s, bytes *out_value) {
    if (!s->version_id.len)
        return FAIL(E_NOT_FOUND, "Secrets Manager can't find the specified secret value for "
                                 "staging label: AWSCURRENT");
    return store_load(r->txn, TABLE_SECRET_VALUES, key_of(r, s->name), r->arena, out_value);
}

status secret_delete(const struct registry *r, const struct secret *s) {
    TRY(store_remove(r->txn, TABLE_SECRET_VALUES, key_of(r, s->name)));
    return store_remove(r->txn, TABLE_SECRETS, key_of(r, s->name));
}

/* ---- all of an account ---- */

static status read_row(const struct registry *r, const struct row *row, struct secret *out) {
    *out = (struct secret){.name = bytes_skip(row->key, r->account.len)};
    return record_decode(fields, COUNT_OF(fields), row->value, out);
}

/* Nobody watches the clock for those that are to go: who adds one clears them away. */
static status make_room(const struct registry *r) {
    struct scan scan = {.prefix = r->account, .limit = SECRETS_MAX};
    struct row *rows;
    struct secret s;
    size_t count, due = 0;
    TRY(store_scan(r->txn, TABLE_SECRETS, &scan, r->arena, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(read_row(r, &rows[i], &s));
        if (!is_due(&s))
            continue;
        TRY(secret_delete(r, &s));
        due++;
    }
    if (count - due == SECRETS_MAX)
        return FAIL(E_LIMIT, "The account has %d secrets already, which is the most", SECRETS_MAX);
    return OK;
}

status secret_create(const struct registry *r, struct secret *io_secret) {
    struct secret old;
    if (!is_name(io_secret->name))
        return FAIL(E_VALIDATION, "Invalid name. Must be a valid name containing alphanumeric "
                                  "characters, or any of the following: -/_+=.@!");
    TRY(make_room(r));
    status found = find_named(r, io_secret->name, &old);
    if (found == OK && old.deletion_ms > 0)
        return FAIL(E_INVALID, "You can't create this secret because a secret with this name is "
                               "already scheduled for deletion.");
    if (found == OK)
        return FAIL(E_EXISTS, "The operation failed because the secret %.*s already exists.",
                    BYTES_ARG(io_secret->name));
    if (found != E_NOT_FOUND)
        return found;
    char *suffix = arena_alloc(r->arena, SECRET_SUFFIX_LEN + 1);
    random_text(SUFFIX_LETTERS, suffix, SECRET_SUFFIX_LEN);
    io_secret->suffix = bytes_of(suffix, SECRET_SUFFIX_LEN);
    io_secret->created_ms = io_secret->changed_ms = clock_wall_ms();
    return save(r, io_secret);
}

status secret_list(const struct registry *r, const struct page *page, bool with_deleted,
                   struct secret_list *out_list) {
    struct secret_list l = {0};
    struct cursor c;
    struct row row;
    bool taken;
    TRY(cursor_start(r, TABLE_SECRETS, r->account, false, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct secret, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        struct secret *s = &l.items[l.count];
        TRY(read_row(r, &row, s));
        if (!is_due(s) && (with_deleted || s->deletion_ms == 0))
            l.count++;
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}
