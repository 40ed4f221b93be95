/* What is logged:
 *
 *     ACCOUNT_SETTINGS  account, "logging"
 *     LOGGING_LEVELS    account, type, 0, name → level, as text */
#include "registry/logging.h"
#include "registry/internal.h"

static const struct field fields[] = {
    FIELD(1, struct logging_settings, configured),
    FIELD(2, struct logging_settings, disable_all),
    FIELD_BELOW(3, struct logging_settings, default_level, LOGGING_LEVEL_COUNT),
    FIELD(4, struct logging_settings, role_arn),
    FIELD(5, struct logging_settings, events),
};

const char *logging_level_name(enum logging_level level) {
    static const char *const names[] = {
#define LOGGING_LEVEL_NAME(name) [LOGGING_##name] = #name,
        LOGGING_LEVELS(LOGGING_LEVEL_NAME)
#undef LOGGING_LEVEL_NAME
    };
    return names[level];
}

bool logging_level_find(bytes name, enum logging_level *out_level) {
    for (enum logging_level i = 0; i < LOGGING_LEVEL_COUNT; i++)
        if (bytes_equal(name, bytes_from(logging_level_name(i)))) {
            *out_level = i;
            return true;
        }
    return false;
}

status logging_settings_load(const struct registry *r, struct logging_settings *out_settings) {
    struct logging_settings settings = {0};
    status s = object_load(r, TABLE_ACCOUNT_SETTINGS, key_of(r, BYTES("logging")), fields,
                           COUNT_OF(fields), &settings);
    if (s != OK && s != E_NOT_FOUND)
        return s;
    *out_settings = settings;
    return OK;
}

status logging_settings_save(const struct registry *r, const struct logging_settings *settings) {
    struct logging_settings saved = *settings;
    saved.configured = true;
    note(r, CHANGE_LOGGING, (bytes){0});
    return object_save(r, TABLE_ACCOUNT_SETTINGS, key_of(r, BYTES("logging")), fields,
                       COUNT_OF(fields), &saved);
}

/* ---- targets ---- */

static status check_room(const struct registry *r) {
    struct scan scan = {.prefix = r->account, .limit = LOGGING_TARGETS_MAX};
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, TABLE_LOGGING_LEVELS, &scan, r->arena, &rows, &count));
    return count < LOGGING_TARGETS_MAX
               ? OK
               : FAIL(E_LIMIT, "At most %d targets can have a log level of their own",
                      LOGGING_TARGETS_MAX);
}

status logging_target_save(const struct registry *r, const struct logging_target *target) {
    bytes key = key_of_pair(r, target->type, target->name);
    bool there;
    TRY(object_has(r, TABLE_LOGGING_LEVELS, key, &there));
    if (!there)
        TRY(check_room(r));
    note(r, CHANGE_LOGGING, (bytes){0});
    return store_save(r->txn, TABLE_LOGGING_LEVELS, key,
                      bytes_from(logging_level_name(target->level)));
}

status logging_target_remove(const struct registry *r, bytes type, bytes name) {
    note(r, CHANGE_LOGGING, (bytes){0});
    return store_remove(r->txn, TABLE_LOGGING_LEVELS, key_of_pair(r, type, name));
}

static struct logging_target target_of(const struct registry *r, const struct row *row) {
    bytes key = bytes_skip(row->key, r->account.len);
    size_t zero = bytes_find(key, 0);
    struct logging_target t = {bytes_slice(key, 0, zero), bytes_skip(key, zero + 1),
                               LOGGING_DISABLED};
    (void)logging_level_find(row->value, &t.level);
    return t;
}

status logging_target_list(const struct registry *r, bytes type, const struct page *page,
                           struct logging_target_list *out_list) {
    struct logging_target_list l = {0};
    struct cursor c;
    struct row row;
    bool taken = true;
    bytes prefix = type.len ? key_of_pair(r, type, (bytes){0}) : r->account;
    TRY(cursor_start(r, TABLE_LOGGING_LEVELS, prefix, false, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct logging_target, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        l.items[l.count++] = target_of(r, &row);
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}
