/* Things:
 *
 *     THINGS          account, name
 *     THINGS_BY_TYPE  account, type, 0, name */
#include "registry/thing.h"
#include "base/clock.h"
#include "base/random.h"
#include "registry/attribute.h"
#include "registry/billing_group.h"
#include "registry/dynamic_group.h"
#include "registry/event.h"
#include "registry/thing_document.h"
#include "registry/thing_group.h"
#include "registry/thing_type.h"

struct stored_thing {
    struct thing_record thing;
    bytes attributes; /* a list of names and values in turn */
};
static const struct field fields[] = {
    FIELD(1, struct stored_thing, thing.id),
    FIELD(2, struct stored_thing, thing.type_name),
    FIELD(3, struct stored_thing, thing.billing_group_name),
    FIELD(4, struct stored_thing, attributes),
    FIELD(5, struct stored_thing, thing.version),
    FIELD(6, struct stored_thing, thing.created_ms),
};

bytes thing_arn(const struct registry *r, bytes name) {
    return arn_format(r->arena, r->region, r->account, ARN_THING, name);
}

static status save(const struct registry *r, const struct thing_record *thing) {
    AUTO(buf) attributes = {0};
    struct stored_thing stored = {.thing = *thing};
    attributes_encode(thing->attributes, thing->attribute_count, &attributes);
    stored.attributes = buf_bytes(&attributes);
    return object_save(r, TABLE_THINGS, key_of(r, thing->name), fields, COUNT_OF(fields), &stored);
}

static status decode(const struct registry *r, bytes name, bytes value,
                     struct thing_record *out_thing) {
    struct stored_thing stored = {.thing = {.name = arena_copy(r->arena, name)}};
    TRY(record_decode(fields, COUNT_OF(fields), value, &stored));
    stored.thing.attributes =
        attributes_decode(r->arena, stored.attributes, &stored.thing.attribute_count);
    *out_thing = stored.thing;
    return OK;
}

status thing_load(const struct registry *r, bytes name, struct thing_record *out_thing) {
    bytes key = key_of(r, name), value;
    if (key.len > STORE_KEY_BYTES_MAX)
        return FAIL(E_NOT_FOUND, "The specified resource does not exist");
    TRY(store_load(r->txn, TABLE_THINGS, key, r->arena, &value));
    return decode(r, name, value, out_thing);
}

static status check_attributes(const struct thing_record *thing) {
    size_t most = thing->type_name.len ? THING_ATTRIBUTES_TYPED_MAX : THING_ATTRIBUTES_MAX;
    if (thing->attribute_count > most)
        return FAIL(E_INVALID,
                    "Thing %.*s would have %zu attributes: with%s a thing type it may have %zu",
                    BYTES_ARG(thing->name), thing->attribute_count,
                    thing->type_name.len ? "" : "out", most);
    return attributes_check(thing->attributes, thing->attribute_count);
}

/* Why a thing cannot be given a type; the words are AWS's [AWS control-plane 6.2]. */
static status check_type(const struct registry *r, bytes name, bool is_new) {
    struct thing_type_record type;
    if (name.len == 0)
        return OK;
    status s = thing_type_load(r, name, &type);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "Thing type %.*s not found", BYTES_ARG(bytes_slice(name, 0, 128)));
    TRY(s);
    if (!type.deprecated)
        return OK;
    return FAIL(E_INVALID,
                is_new ? "Can not create new thing with depreated thing type:%.*s"
                       : "Can not update a thing to use deprecated thing type: %.*s",
                BYTES_ARG(name));
}

static bytes type_key(const struct registry *r, const struct thing_record *thing) {
    return key_of_pair(r, thing->type_name, thing->name);
}

static bool are_alike(const struct thing_record *a, const struct thing_record *b) {
    return bytes_equal(a->type_name, b->type_name) &&
           bytes_equal(a->billing_group_name, b->billing_group_name) &&
           attributes_are_alike(a->attributes, a->attribute_count, b->attributes,
                                b->attribute_count);
}

/* Repeating a creation succeeds; changing by creating does not [AWS identity 10.1]. */
static status check_repeated(const struct registry *r, const struct thing_record *wanted,
                             const struct thing_record *existing) {
    if (are_alike(wanted, existing))
        return OK;
    return FAIL(E_EXISTS, "Thing %.*s already exists in account %.*s with different properties",
                BYTES_ARG(wanted->name), BYTES_ARG(r->account));
}

static status add(const struct registry *r, struct thing_record *thing) {
    struct dynamic_view view;
    char id[37];
    TRY(constraint_check(CONSTRAINT_THING_NAME, thing->name));
    TRY(check_attributes(thing));
    TRY(check_type(r, thing->type_name, true));
    random_uuid(id);
    thing->id = arena_copy(r->arena, bytes_from(id));
    thing->version = 1;
    thing->created_ms = clock_wall_ms();
    TRY(save(r, thing));
    if (thing->type_name.len > 0)
        TRY(mark_save(r, TABLE_THINGS_BY_TYPE, type_key(r, thing)));
    if (thing->billing_group_name.len > 0)
        TRY(billing_group_join(r, thing->billing_group_name, thing->name));
    note(r, CHANGE_THING, thing->name);
    TRY(event_thing(r, EVENT_CREATED, thing));
    TRY(event_type_association(r, EVENT_ADDED, thing));
    TRY(dynamic_groups_look(r, NULL, &view));
    return dynamic_groups_tell(r, thing, false, &view);
}

status thing_create(const struct registry *r, const struct thing_record *thing,
                    struct thing_record *out_thing) {
    struct thing_record wanted = *thing, existing;
    TRY(attributes_lay_over(r->arena, NULL, 0, thing->attributes, thing->attribute_count,
                            &wanted.attributes, &wanted.attribute_count));
    status s = thing_load(r, thing->name, &existing);
    if (s == OK) {
        TRY(check_repeated(r, &wanted, &existing));
        wanted = existing;
    } else if (s == E_NOT_FOUND) {
        TRY(add(r, &wanted));
    } else {
        return s;
    }
    if (out_thing)
        *out_thing = wanted;
    return OK;
}

status thing_set_billing_group(const struct registry *r, bytes name, bytes group) {
    struct thing_record thing;
    TRY(thing_load(r, name, &thing));
    thing.billing_group_name = group;
    return save(r, &thing);
}

static status check_version(const struct thing_record *thing, uint64_t expected) {
    if (expected == 0 || expected == thing->version)
        return OK;
    return FAIL(E_VERSION_CONFLICT,
                "The version for thing %.*s does not match the expected version.",
                BYTES_ARG(thing->name));
}

static status set_type(const struct registry *r, bytes type_name, struct thing_record *thing) {
    if (bytes_equal(type_name, thing->type_name))
        return OK; /* also when it has been deprecated meanwhile */
    TRY(check_type(r, type_name, false));
    TRY(event_type_association(r, EVENT_REMOVED, thing));
    if (thing->type_name.len > 0)
        TRY(store_remove(r->txn, TABLE_THINGS_BY_TYPE, type_key(r, thing)));
    thing->type_name = type_name;
    if (type_name.len > 0)
        TRY(mark_save(r, TABLE_THINGS_BY_TYPE, type_key(r, thing)));
    return event_type_association(r, EVENT_ADDED, thing);
}

static status apply(const struct registry *r, const struct thing_changes *changes,
                    struct thing_record *thing) {
    if (changes->remove_type && changes->type_name.len > 0)
        return FAIL(E_INVALID,
                    "thingTypeName and removeThingType exclude each other: give one of them");
    if (changes->remove_type || changes->type_name.len > 0)
        TRY(set_type(r, changes->type_name, thing));
    size_t kept = changes->replace_attributes ? 0 : thing->attribute_count;
    TRY(attributes_lay_over(r->arena, thing->attributes, kept, changes->attributes,
                            changes->attribute_count, &thing->attributes, &thing->attribute_count));
    return check_attributes(thing);
}

status thing_update(const struct registry *r, bytes name, const struct thing_changes *changes) {
    struct thing_record thing;
    struct dynamic_view view;
    TRY(thing_load(r, name, &thing));
    TRY(check_version(&thing, changes->expected_version));
    TRY(dynamic_groups_look(r, &thing, &view));
    TRY(apply(r, changes, &thing));
    thing.version++;
    TRY(save(r, &thing));
    note(r, CHANGE_THING, name);
    TRY(event_thing(r, EVENT_UPDATED, &thing));
    return dynamic_groups_tell(r, &thing, false, &view);
}

status thing_delete(const struct registry *r, bytes name, uint64_t expected_version) {
    struct scan scan = {.prefix = key_of_pair(r, name, (bytes){0}), .limit = 1};
    struct thing_record thing;
    struct dynamic_view view;
    struct row *rows;
    size_t count;
    status s = thing_load(r, name, &thing);
    if (s == E_NOT_FOUND)
        return OK; /* [AWS control-plane 7] */
    TRY(s);
    TRY(check_version(&thing, expected_version));
    TRY(store_scan(r->txn, TABLE_THING_PRINCIPALS, &scan, r->arena, &rows, &count));
    if (count > 0)
        return FAIL(E_INVALID,
                    "Cannot delete. Thing %.*s is still attached to one or more principals",
                    BYTES_ARG(name));
    if (thing.type_name.len > 0)
        TRY(store_remove(r->txn, TABLE_THINGS_BY_TYPE, type_key(r, &thing)));
    if (thing.billing_group_name.len > 0)
        TRY(billing_group_leave(r, thing.billing_group_name, name));
    TRY(dynamic_groups_look(r, &thing, &view));
    TRY(thing_group_leave_all(r, &thing));
    TRY(store_remove(r->txn, TABLE_THINGS, key_of(r, name)));
    note(r, CHANGE_THING, name);
    TRY(event_type_association(r, EVENT_REMOVED, &thing));
    TRY(dynamic_groups_tell(r, &thing, true, &view));
    return event_thing(r, EVENT_DELETED, &thing);
}

static bool has_attribute(const struct thing_filter *filter, const struct thing_record *thing) {
    if (filter->attribute_name.len == 0)
        return true;
    const struct thing_attribute *attribute =
        attribute_find(thing->attributes, thing->attribute_count, filter->attribute_name);
    if (!attribute)
        return false;
    return filter->attribute_value_is_prefix
               ? bytes_start_with(attribute->value, filter->attribute_value)
               : bytes_equal(attribute->value, filter->attribute_value);
}

static status passes(const struct registry *r, const struct thing_filter *filter,
                     const struct thing_record *thing, bool *out_passes) {
    *out_passes = !filter || has_attribute(filter, thing);
    if (!filter || !filter->query || !*out_passes)
        return OK;
    return thing_matches(r, filter->query, thing, filter->connectivity, out_passes);
}

status thing_list(const struct registry *r, const struct thing_filter *filter,
                  const struct page *page, struct thing_list *out_list) {
    struct thing_list l = {0};
    struct cursor c;
    struct row row;
    bool taken = true;
    bool by_type = filter && filter->type_name.len > 0;
    bytes prefix = by_type ? key_of_pair(r, filter->type_name, (bytes){0}) : r->account;
    TRY(cursor_start(r, by_type ? TABLE_THINGS_BY_TYPE : TABLE_THINGS, prefix, false, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct thing_record, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        struct thing_record *thing = &l.items[l.count];
        bytes name = bytes_skip(row.key, prefix.len);
        bool is_wanted;
        TRY(by_type ? thing_load(r, name, thing) : decode(r, name, row.value, thing));
        TRY(passes(r, filter, thing, &is_wanted));
        l.count += is_wanted;
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}
