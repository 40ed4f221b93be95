/* Thing types:
 *
 *     THING_TYPES     account, name
 *     THINGS_BY_TYPE  account, type, 0, thing   kept by thing.c */
#include "registry/thing_type.h"
#include "base/clock.h"
#include "base/random.h"
#include "registry/event.h"
#include "registry/internal.h"

struct stored_type {
    struct thing_type_record type;
    bytes searchable;  /* a list of names */
    bytes propagation; /* propagation_encode */
};
static const struct field fields[] = {
    FIELD(1, struct stored_type, type.id),
    FIELD(2, struct stored_type, type.description),
    FIELD(3, struct stored_type, searchable),
    FIELD(4, struct stored_type, type.deprecated),
    FIELD(5, struct stored_type, type.deprecated_ms),
    FIELD(6, struct stored_type, type.created_ms),
    FIELD(7, struct stored_type, propagation),
};

bytes thing_type_arn(const struct registry *r, bytes name) {
    return arn_format(r->arena, r->region, r->account, ARN_THING_TYPE, name);
}

static status save(const struct registry *r, const struct thing_type_record *type) {
    AUTO(buf) searchable = {0};
    AUTO(buf) propagation = {0};
    struct stored_type stored = {.type = *type};
    for (size_t i = 0; i < type->searchable_count; i++)
        record_list_add(&searchable, type->searchable_attributes[i]);
    propagation_encode(&type->propagation, &propagation);
    stored.searchable = buf_bytes(&searchable);
    stored.propagation = buf_bytes(&propagation);
    return object_save(r, TABLE_THING_TYPES, key_of(r, type->name), fields, COUNT_OF(fields),
                       &stored);
}

static status decode(const struct registry *r, bytes name, bytes value,
                     struct thing_type_record *out_type) {
    struct stored_type stored = {.type = {.name = arena_copy(r->arena, name)}};
    struct thing_type_record *type = &stored.type;
    TRY(record_decode(fields, COUNT_OF(fields), value, &stored));
    type->searchable_attributes = ARENA_ARRAY(r->arena, bytes, SEARCHABLE_ATTRIBUTES_MAX);
    while (
        type->searchable_count < SEARCHABLE_ATTRIBUTES_MAX &&
        record_list_next(&stored.searchable, &type->searchable_attributes[type->searchable_count]))
        type->searchable_count++;
    propagation_decode(r->arena, stored.propagation, &type->propagation);
    *out_type = *type;
    return OK;
}

status thing_type_load(const struct registry *r, bytes name, struct thing_type_record *out_type) {
    bytes key = key_of(r, name), value;
    if (key.len > STORE_KEY_BYTES_MAX)
        return FAIL(E_NOT_FOUND, "The specified resource does not exist");
    TRY(store_load(r->txn, TABLE_THING_TYPES, key, r->arena, &value));
    return decode(r, name, value, out_type);
}

static status check(const struct thing_type_record *type) {
    TRY(constraint_check(CONSTRAINT_THING_TYPE_NAME, type->name));
    if (type->searchable_count > SEARCHABLE_ATTRIBUTES_MAX)
        return FAIL(E_INVALID, "A thing type has at most %d searchable attributes, not %zu",
                    SEARCHABLE_ATTRIBUTES_MAX, type->searchable_count);
    for (size_t i = 0; i < type->searchable_count; i++)
        TRY(constraint_check(CONSTRAINT_ATTRIBUTE_NAME, type->searchable_attributes[i]));
    return propagation_check(&type->propagation);
}

/* Repeating a creation succeeds; changing by creating does not [AWS control-plane 7]. */
static status check_repeated(const struct registry *r, const struct thing_type_record *wanted,
                             const struct thing_type_record *existing) {
    bool alike = bytes_equal(wanted->description, existing->description) &&
                 propagations_are_alike(&wanted->propagation, &existing->propagation) &&
                 wanted->searchable_count == existing->searchable_count;
    for (size_t i = 0; alike && i < wanted->searchable_count; i++)
        alike = bytes_equal(wanted->searchable_attributes[i], existing->searchable_attributes[i]);
    if (alike)
        return OK;
    return FAIL(E_EXISTS,
                "Thing type %.*s already exists in account %.*s with different properties",
                BYTES_ARG(wanted->name), BYTES_ARG(r->account));
}

static status add(const struct registry *r, struct thing_type_record *type,
                  const struct tags *tags) {
    char id[37];
    TRY(check(type));
    random_uuid(id);
    type->id = arena_copy(r->arena, bytes_from(id));
    type->created_ms = clock_wall_ms();
    type->deprecated = false;
    type->deprecated_ms = 0;
    TRY(save(r, type));
    TRY(tags_set(r, resource_of(r, ARN_THING_TYPE, type->name), tags));
    return event_thing_type(r, EVENT_CREATED, type);
}

status thing_type_create(const struct registry *r, const struct thing_type_record *type,
                         const struct tags *tags, struct thing_type_record *out_type) {
    struct thing_type_record wanted = *type, existing;
    status s = thing_type_load(r, type->name, &existing);
    if (s == OK) {
        TRY(check_repeated(r, &wanted, &existing));
        wanted = existing;
    } else if (s == E_NOT_FOUND) {
        TRY(add(r, &wanted, tags));
    } else {
        return s;
    }
    if (out_type)
        *out_type = wanted;
    return OK;
}

status thing_type_update(const struct registry *r, bytes name,
                         const struct thing_type_changes *changes) {
    struct thing_type_record type;
    TRY(thing_type_load(r, name, &type));
    if (changes->description)
        type.description = *changes->description;
    if (changes->searchable_attributes) {
        bytes *copy = ARENA_ARRAY(r->arena, bytes, changes->searchable_count);
        for (size_t i = 0; i < changes->searchable_count; i++)
            copy[i] = changes->searchable_attributes[i];
        type.searchable_attributes = copy;
        type.searchable_count = changes->searchable_count;
    }
    bool enriches_otherwise =
        changes->propagation && !propagations_are_alike(changes->propagation, &type.propagation);
    if (changes->propagation)
        type.propagation = *changes->propagation;
    TRY(check(&type));
    TRY(save(r, &type));
    if (enriches_otherwise)
        note(r, CHANGE_THING_TYPE, name);
    return event_thing_type(r, EVENT_UPDATED, &type);
}

status thing_type_deprecate(const struct registry *r, bytes name, bool undo) {
    struct thing_type_record type;
    TRY(thing_type_load(r, name, &type));
    if (type.deprecated == !undo)
        return OK;
    type.deprecated = !undo;
    type.deprecated_ms = undo ? 0 : clock_wall_ms();
    TRY(save(r, &type));
    return event_thing_type(r, EVENT_UPDATED, &type);
}

static status check_deletable(const struct registry *r, const struct thing_type_record *type,
                              int64_t deprecated_ms_min) {
    struct scan scan = {.prefix = key_of_pair(r, type->name, (bytes){0}), .limit = 1};
    struct row *rows;
    size_t count;
    if (!type->deprecated)
        return FAIL(E_INVALID,
                    "Cannot delete thing type %.*s: it has to be deprecated first "
                    "(DeprecateThingType)",
                    BYTES_ARG(type->name));
    if (clock_wall_ms() - type->deprecated_ms < deprecated_ms_min)
        return FAIL(E_INVALID,
                    "Please wait for %d minutes after deprecation and then retry (thing type "
                    "%.*s)",
                    (int)(deprecated_ms_min / 60000), BYTES_ARG(type->name));
    TRY(store_scan(r->txn, TABLE_THINGS_BY_TYPE, &scan, r->arena, &rows, &count));
    if (count > 0)
        return FAIL(E_INVALID,
                    "Cannot delete thing type %.*s: thing %.*s still has it. Give its things "
                    "another type first (UpdateThing)",
                    BYTES_ARG(type->name), BYTES_ARG(bytes_skip(rows[0].key, scan.prefix.len)));
    return OK;
}

status thing_type_delete(const struct registry *r, bytes name, int64_t deprecated_ms_min) {
    struct thing_type_record type;
    TRY(thing_type_load(r, name, &type));
    TRY(check_deletable(r, &type, deprecated_ms_min));
    TRY(tags_remove_all(r, resource_of(r, ARN_THING_TYPE, name)));
    TRY(store_remove(r->txn, TABLE_THING_TYPES, key_of(r, name)));
    return event_thing_type(r, EVENT_DELETED, &type);
}

status thing_type_list(const struct registry *r, bytes prefix, const struct page *page,
                       struct thing_type_list *out_list) {
    struct thing_type_list l = {0};
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, TABLE_THING_TYPES, key_of(r, prefix), false, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct thing_type_record, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        TRY(decode(r, bytes_skip(row.key, r->account.len), row.value, &l.items[l.count++]));
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}
