/* Destinations of rules:
 *
 *     TOPIC_RULE_DESTINATIONS  account, id */
#include "registry/topic_rule_destination.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "registry/internal.h"

#define SECRET_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
enum { SECRET_LEN = 43, ACCOUNT_LEN = 12, HOUR_MS = 3600 * 1000 };

static const struct field fields[] = {
    FIELD(1, struct topic_rule_destination, url),
    FIELD(2, struct topic_rule_destination, secret),
    FIELD(3, struct topic_rule_destination, reason),
    FIELD_BELOW(4, struct topic_rule_destination, status, DESTINATION_STATUS_COUNT),
    FIELD(5, struct topic_rule_destination, created_ms),
    FIELD(6, struct topic_rule_destination, updated_ms),
    FIELD(7, struct topic_rule_destination, confirm_until_ms),
};

static const char *const status_names[] = {
    [DESTINATION_IN_PROGRESS] = "IN_PROGRESS",
    [DESTINATION_ENABLED] = "ENABLED",
    [DESTINATION_DISABLED] = "DISABLED",
    [DESTINATION_ERROR] = "ERROR",
};

const char *destination_status_name(enum destination_status s) {
    return status_names[s];
}

bool destination_status_find(bytes name, enum destination_status *out) {
    for (unsigned i = 0; i < DESTINATION_STATUS_COUNT; i++)
        if (bytes_equal(name, bytes_from(status_names[i]))) {
            *out = (enum destination_status)i;
            return true;
        }
    return false;
}

bytes topic_rule_destination_arn(const struct registry *r, bytes id) {
    bytes name = bytes_from(arena_printf(r->arena, "http/%.*s", BYTES_ARG(id)));
    return arn_format(r->arena, r->region, r->account, ARN_RULE_DESTINATION, name);
}

bytes topic_rule_destination_token(const struct registry *r,
                                   const struct topic_rule_destination *d) {
    return bytes_from(arena_printf(r->arena, "%.*s-%.*s-%.*s", BYTES_ARG(r->account),
                                   BYTES_ARG(d->id), BYTES_ARG(d->secret)));
}

/* ---- one of them ---- */

static status save(const struct registry *r, struct topic_rule_destination *d) {
    d->updated_ms = clock_wall_ms();
    return object_save(r, TABLE_TOPIC_RULE_DESTINATIONS, key_of(r, d->id), fields, COUNT_OF(fields),
                       d);
}

/* Nobody watches the clock for those that wait: who looks sees that the time is over. */
static void look_at_clock(struct topic_rule_destination *d) {
    if (d->status != DESTINATION_IN_PROGRESS || clock_wall_ms() < d->confirm_until_ms)
        return;
    d->status = DESTINATION_ERROR;
    d->reason = BYTES("The confirmation timed out");
    d->updated_ms = d->confirm_until_ms;
}

static status load(const struct registry *r, bytes id, struct topic_rule_destination *out) {
    struct topic_rule_destination d = {.id = arena_copy(r->arena, id)};
    TRY(object_load(r, TABLE_TOPIC_RULE_DESTINATIONS, key_of(r, id), fields, COUNT_OF(fields), &d));
    look_at_clock(&d);
    *out = d;
    return OK;
}

static status id_of(const struct registry *r, bytes arn, bytes *out) {
    bytes name;
    TRY(arn_require(r, arn, ARN_RULE_DESTINATION, &name));
    if (!bytes_start_with(name, BYTES("http/")))
        return FAIL(E_INVALID, "%.*s is not the ARN of an HTTP destination: this server has those",
                    BYTES_ARG(bytes_slice(arn, 0, 200)));
    *out = bytes_skip(name, strlen("http/"));
    return OK;
}

status topic_rule_destination_load(const struct registry *r, bytes arn,
                                   struct topic_rule_destination *out) {
    bytes id;
    TRY(id_of(r, arn, &id));
    status s = load(r, id, out);
    if (s == E_NOT_FOUND) /* as with rules [AWS rules 6.1] */
        return FAIL(E_DENIED, "Access to topic rule destination '%.*s' was denied",
                    BYTES_ARG(bytes_slice(arn, 0, 200)));
    return s;
}

status topic_rule_destination_delete(const struct registry *r, bytes arn) {
    struct topic_rule_destination d;
    TRY(topic_rule_destination_load(r, arn, &d));
    return store_remove(r->txn, TABLE_TOPIC_RULE_DESTINATIONS, key_of(r, d.id));
}

/* ---- all of an account ---- */

static status read_row(const struct registry *r, const struct row *row,
                       struct topic_rule_destination *out) {
    out->id = bytes_skip(row->key, r->account.len);
    TRY(record_decode(fields, COUNT_OF(fields), row->value, out));
    look_at_clock(out);
    return OK;
}

static status read_all(const struct registry *r, struct topic_rule_destination **out,
                       size_t *out_count) {
    struct scan scan = {.prefix = r->account, .limit = DESTINATIONS_MAX};
    struct row *rows;
    TRY(store_scan(r->txn, TABLE_TOPIC_RULE_DESTINATIONS, &scan, r->arena, &rows, out_count));
    *out = ARENA_ARRAY(r->arena, struct topic_rule_destination, *out_count);
    for (size_t i = 0; i < *out_count; i++)
        TRY(read_row(r, &rows[i], &(*out)[i]));
    return OK;
}

status topic_rule_destination_list(const struct registry *r, const struct page *page,
                                   struct topic_rule_destination_list *out) {
    struct topic_rule_destination_list l = {0};
    struct cursor c;
    struct row row;
    bool taken;
    TRY(cursor_start(r, TABLE_TOPIC_RULE_DESTINATIONS, r->account, false, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct topic_rule_destination, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        TRY(read_row(r, &row, &l.items[l.count++]));
    }
    TRY(cursor_token(&c, &l.next));
    *out = l;
    return OK;
}

/* The URL of a destination is where the URLs it allows begin; one that is all host ends there:
 * https://a.com does not allow https://a.com.example. */
static bool allows(bytes prefix, bytes url) {
    bytes rest = bytes_skip(prefix, bytes_search(prefix, BYTES("://")) + 3);
    bool has_path = bytes_find(rest, '/') < rest.len || bytes_find(rest, '?') < rest.len;
    if (!bytes_start_with(url, prefix))
        return false;
    uint8_t next = url.len > prefix.len ? url.ptr[prefix.len] : 0;
    return has_path || next == 0 || next == '/' || next == '?' || next == '#';
}

status topic_rule_destination_require(const struct registry *r, bytes url) {
    struct topic_rule_destination *all;
    const struct topic_rule_destination *other = NULL;
    size_t count;
    TRY(read_all(r, &all, &count));
    for (size_t i = 0; i < count; i++) {
        if (!allows(all[i].url, url))
            continue;
        if (all[i].status == DESTINATION_ENABLED)
            return OK;
        other = &all[i];
    }
    if (other)
        return FAIL(E_DENIED, "The destination %.*s of %.*s is %s, not ENABLED",
                    BYTES_ARG(other->id), BYTES_ARG(bytes_slice(url, 0, 200)),
                    status_names[other->status]);
    return FAIL(E_DENIED, "No destination allows %.*s: create-topic-rule-destination makes one",
                BYTES_ARG(bytes_slice(url, 0, 200)));
}

status topic_rule_destination_covers(const struct registry *r, bytes url, bool *out) {
    struct topic_rule_destination *all;
    size_t count;
    TRY(read_all(r, &all, &count));
    *out = false;
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(all[i].url, url) ||
            (all[i].status == DESTINATION_ENABLED && allows(all[i].url, url)))
            *out = true;
    return OK;
}

/* ---- from state to state ---- */

static void ask_anew(const struct registry *r, struct topic_rule_destination *d) {
    char *secret = arena_alloc(r->arena, SECRET_LEN + 1);
    random_text(SECRET_LETTERS, secret, SECRET_LEN);
    d->secret = bytes_from(secret);
    d->status = DESTINATION_IN_PROGRESS;
    d->reason = (bytes){0};
    d->confirm_until_ms = clock_wall_ms() + (int64_t)DESTINATION_CONFIRM_HOURS * HOUR_MS;
}

status topic_rule_destination_create(const struct registry *r, bytes url, bool is_enabled,
                                     struct topic_rule_destination *out) {
    struct topic_rule_destination *all;
    size_t count;
    char *id = arena_alloc(r->arena, DESTINATION_ID_LEN + 1);
    TRY(read_all(r, &all, &count));
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(all[i].url, url))
            return FAIL(E_EXISTS, "There is a destination for %.*s already: %.*s",
                        BYTES_ARG(bytes_slice(url, 0, 200)), BYTES_ARG(all[i].id));
    if (count == DESTINATIONS_MAX)
        return FAIL(E_LIMIT, "The account has %d destinations already, which is the most",
                    DESTINATIONS_MAX);
    random_uuid(id);
    struct topic_rule_destination d = {
        .id = bytes_from(id), .url = url, .created_ms = clock_wall_ms()};
    ask_anew(r, &d);
    if (is_enabled) {
        d.status = DESTINATION_ENABLED;
        d.secret = (bytes){0};
    }
    TRY(save(r, &d));
    *out = d;
    return OK;
}

/* Which steps the owner of the account may ask for [AWS rules 6.4]; none changes nothing. */
static const bool steps[DESTINATION_STATUS_COUNT][DESTINATION_STATUS_COUNT] = {
    [DESTINATION_IN_PROGRESS] = {[DESTINATION_IN_PROGRESS] = true},
    [DESTINATION_ENABLED] = {[DESTINATION_ENABLED] = true, [DESTINATION_DISABLED] = true},
    [DESTINATION_DISABLED] = {[DESTINATION_ENABLED] = true, [DESTINATION_DISABLED] = true},
    [DESTINATION_ERROR] = {[DESTINATION_IN_PROGRESS] = true},
};

status topic_rule_destination_move(const struct registry *r, bytes arn, enum destination_status to,
                                   struct topic_rule_destination *out) {
    struct topic_rule_destination d;
    TRY(topic_rule_destination_load(r, arn, &d));
    if (!steps[d.status][to])
        return FAIL(E_INVALID, "The destination is %s and cannot become %s", status_names[d.status],
                    status_names[to]);
    if (to == DESTINATION_IN_PROGRESS)
        ask_anew(r, &d);
    d.status = to;
    TRY(save(r, &d));
    *out = d;
    return OK;
}

status topic_rule_destination_fail(const struct registry *r, bytes id, bytes secret, bytes reason) {
    struct topic_rule_destination d;
    status s = load(r, id, &d);
    if (s == E_NOT_FOUND)
        return OK;
    TRY(s);
    if (d.status != DESTINATION_IN_PROGRESS || !bytes_equal_secret(d.secret, secret))
        return OK;
    d.status = DESTINATION_ERROR;
    d.secret = (bytes){0};
    d.reason = reason;
    return save(r, &d);
}

bytes topic_rule_destination_token_account(bytes token) {
    size_t len = ACCOUNT_LEN + 1 + DESTINATION_ID_LEN + 1 + SECRET_LEN;
    return token.len == len ? bytes_slice(token, 0, ACCOUNT_LEN) : (bytes){0};
}

status topic_rule_destination_confirm(const struct registry *r, bytes token) {
    struct registry owner = *r;
    struct topic_rule_destination d = {0};
    bytes id = bytes_slice(token, ACCOUNT_LEN + 1, DESTINATION_ID_LEN);
    owner.account = topic_rule_destination_token_account(token);
    status s = owner.account.len ? load(&owner, id, &d) : E_NOT_FOUND;
    if (s != OK && s != E_NOT_FOUND)
        return s;
    if (s != OK || d.status != DESTINATION_IN_PROGRESS || d.secret.len != SECRET_LEN ||
        !bytes_equal_secret(topic_rule_destination_token(&owner, &d), token))
        return FAIL(E_DENIED, "The confirmation token is unknown, used or expired");
    d.status = DESTINATION_ENABLED;
    d.secret = (bytes){0};
    return save(&owner, &d);
}
