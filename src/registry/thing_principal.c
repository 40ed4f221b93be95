/* Which principal is attached to which thing, from both sides; the value is the type:
 *
 *     THING_PRINCIPALS  account, thing name, 0, "cert/<id>"
 *     PRINCIPAL_THINGS  account, "cert/<id>", 0, thing name */
#include "registry/certificate.h"
#include "registry/internal.h"
#include "registry/thing.h"

static const char *const type_names[] = {
#define TYPE_NAME(name, text) [THING_PRINCIPAL_##name] = (text),
    THING_PRINCIPAL_TYPES(TYPE_NAME)
#undef TYPE_NAME
};

const char *thing_principal_type_name(enum thing_principal_type type) {
    return type_names[type];
}

status thing_principal_type_parse(bytes text, enum thing_principal_type *out_type) {
    for (size_t i = 0; i < COUNT_OF(type_names); i++)
        if (bytes_equal(text, bytes_from(type_names[i]))) {
            *out_type = (enum thing_principal_type)i;
            return OK;
        }
    return FAIL(E_INVALID,
                "'%.*s' is not a thing principal type: EXCLUSIVE_THING or NON_EXCLUSIVE_THING",
                BYTES_ARG(bytes_slice(text, 0, 40)));
}

static bytes type_value(enum thing_principal_type type) {
    return type == THING_PRINCIPAL_EXCLUSIVE ? BYTES("E") : (bytes){0};
}

static enum thing_principal_type type_of(bytes value) {
    return value.len > 0 ? THING_PRINCIPAL_EXCLUSIVE : THING_PRINCIPAL_NON_EXCLUSIVE;
}

static status require_thing(const struct registry *r, bytes name) {
    bool exists;
    TRY(object_has(r, TABLE_THINGS, key_of(r, name), &exists));
    return exists ? OK : FAIL(E_NOT_FOUND, "The specified resource does not exist");
}

/* The first two things of a principal are enough to know: an exclusive one is the only one. */
static status check_exclusive(const struct registry *r, bytes resource, bytes thing_name,
                              enum thing_principal_type type) {
    struct scan scan = {.prefix = key_of_pair(r, resource, (bytes){0}), .limit = 2};
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, TABLE_PRINCIPAL_THINGS, &scan, r->arena, &rows, &count));
    if (count == 0)
        return OK;
    bytes first = bytes_skip(rows[0].key, scan.prefix.len);
    bool is_this_one = count == 1 && bytes_equal(first, thing_name);
    if (is_this_one && type_of(rows[0].value) == type)
        return OK;
    if (type_of(rows[0].value) == THING_PRINCIPAL_EXCLUSIVE)
        return FAIL(E_INVALID,
                    "The principal is attached to thing %.*s as EXCLUSIVE_THING: detach it first",
                    BYTES_ARG(first));
    if (type == THING_PRINCIPAL_EXCLUSIVE)
        return FAIL(E_INVALID,
                    "The principal is attached to thing %.*s already, so it cannot be attached "
                    "as EXCLUSIVE_THING: detach it first",
                    BYTES_ARG(first));
    return OK;
}

status thing_principal_attach(const struct registry *r, bytes thing_name, bytes principal,
                              enum thing_principal_type type) {
    bytes id;
    bool attached;
    TRY(require_thing(r, thing_name));
    TRY(principal_require(r, principal, &id));
    bytes resource = certificate_resource(r, id);
    bytes key = key_of_pair(r, thing_name, resource);
    TRY(check_exclusive(r, resource, thing_name, type));
    TRY(object_has(r, TABLE_THING_PRINCIPALS, key, &attached));
    if (attached)
        return OK;
    TRY(transfer_check_none(r, id));
    TRY(store_save(r->txn, TABLE_THING_PRINCIPALS, key, type_value(type)));
    TRY(store_save(r->txn, TABLE_PRINCIPAL_THINGS, key_of_pair(r, resource, thing_name),
                   type_value(type)));
    note(r, CHANGE_THING_PRINCIPAL, resource);
    return OK;
}

status thing_principal_detach(const struct registry *r, bytes thing_name, bytes principal) {
    bytes id;
    bool attached;
    TRY(require_thing(r, thing_name));
    TRY(principal_require(r, principal, &id));
    bytes resource = certificate_resource(r, id);
    bytes key = key_of_pair(r, thing_name, resource);
    TRY(object_has(r, TABLE_THING_PRINCIPALS, key, &attached));
    if (!attached)
        return OK;
    TRY(store_remove(r->txn, TABLE_THING_PRINCIPALS, key));
    TRY(store_remove(r->txn, TABLE_PRINCIPAL_THINGS, key_of_pair(r, resource, thing_name)));
    note(r, CHANGE_THING_PRINCIPAL, resource);
    return OK;
}

/* Rows whose key goes on, after the prefix, with the name to give. */
static status list(const struct registry *r, enum table table, bytes prefix,
                   const enum thing_principal_type *type, const struct page *page,
                   struct thing_principal_list *out_list) {
    struct thing_principal_list l = {0};
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, table, prefix, false, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct thing_principal, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        l.items[l.count] =
            (struct thing_principal){bytes_skip(row.key, prefix.len), type_of(row.value)};
        l.count += !type || *type == type_of(row.value);
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}

status thing_list_principals(const struct registry *r, bytes thing_name,
                             const enum thing_principal_type *type, const struct page *page,
                             struct thing_principal_list *out_list) {
    struct thing_principal_list l;
    status s = require_thing(r, thing_name);
    if (s == E_NOT_FOUND)
        return FAIL(
            E_NOT_FOUND,
            "Failed to list principals for thing %.*s because the thing does not exist in your "
            "account",
            BYTES_ARG(bytes_slice(thing_name, 0, 128)));
    TRY(s);
    bytes prefix = key_of_pair(r, thing_name, (bytes){0});
    TRY(list(r, TABLE_THING_PRINCIPALS, prefix, type, page, &l));
    for (size_t i = 0; i < l.count; i++)
        l.items[i].name = certificate_arn(r, bytes_skip(l.items[i].name, sizeof "cert/" - 1));
    *out_list = l;
    return OK;
}

status principal_list_things(const struct registry *r, bytes principal,
                             const enum thing_principal_type *type, const struct page *page,
                             struct thing_principal_list *out_list) {
    bytes id;
    TRY(principal_require(r, principal, &id));
    bytes prefix = key_of_pair(r, certificate_resource(r, id), (bytes){0});
    return list(r, TABLE_PRINCIPAL_THINGS, prefix, type, page, out_list);
}

status thing_principal_is_attached(const struct registry *r, bytes thing_name, bytes certificate_id,
                                   bool *out_attached) {
    bytes resource = certificate_resource(r, certificate_id);
    return object_has(r, TABLE_THING_PRINCIPALS, key_of_pair(r, thing_name, resource),
                      out_attached);
}
