/* Dynamic groups are rows of THING_GROUPS with a query, roots all of them, and
 *
 *     DYNAMIC_GROUPS  account, name → the query
 *
 * which is what asking all of them about a thing reads. */
#include "registry/dynamic_group.h"
#include "registry/event.h"
#include "registry/internal.h"
#include "registry/thing_document.h"

status thing_group_check_kind(const struct registry *r, bytes name, bool is_dynamic) {
    struct thing_group_record group;
    status s = thing_group_load(r, name, &group);
    if (s == E_NOT_FOUND)
        return OK;
    TRY(s);
    if ((group.query.len > 0) == is_dynamic)
        return OK;
    return FAIL(E_INVALID, "Thing group %.*s is %s: use the operation for %s thing groups",
                BYTES_ARG(name), is_dynamic ? "static" : "dynamic",
                is_dynamic ? "static" : "dynamic");
}

/* ---- which there are ---- */

static status load_all(const struct registry *r, struct row **out_rows, size_t *out_count) {
    struct scan scan = {.prefix = r->account, .limit = DYNAMIC_GROUPS_MAX};
    TRY(store_scan(r->txn, TABLE_DYNAMIC_GROUPS, &scan, r->arena, out_rows, out_count));
    for (size_t i = 0; i < *out_count; i++)
        (*out_rows)[i].key = bytes_skip((*out_rows)[i].key, r->account.len);
    return OK;
}

static status check_room(const struct registry *r) {
    struct row *rows;
    size_t count;
    TRY(load_all(r, &rows, &count));
    if (count == DYNAMIC_GROUPS_MAX)
        return FAIL(E_LIMIT, "There are %d dynamic thing groups already, which is the most",
                    DYNAMIC_GROUPS_MAX);
    return OK;
}

status dynamic_group_keep(const struct registry *r, const struct thing_group_record *group,
                          bool is_new) {
    const struct thing_query *query;
    if (group->query.len == 0)
        return OK;
    TRY(thing_query_parse(r->arena, QUERY_INDEX_THINGS, group->query, &query));
    if (group->ancestor_count > 0)
        return FAIL(E_INVALID, "A dynamic thing group has no parent group");
    if (is_new)
        TRY(check_room(r));
    return store_save(r->txn, TABLE_DYNAMIC_GROUPS, key_of(r, group->name), group->query);
}

status dynamic_group_forget(const struct registry *r, const struct thing_group_record *group) {
    return store_remove(r->txn, TABLE_DYNAMIC_GROUPS, key_of(r, group->name));
}

/* ---- who is in them ---- */

status dynamic_group_list_things(const struct registry *r, const struct thing_group_record *group,
                                 struct connectivity_source *source, const struct page *page,
                                 struct name_list *out_list) {
    struct thing_filter filter = {.connectivity = source};
    struct thing_list things;
    TRY(thing_query_parse(r->arena, QUERY_INDEX_THINGS, group->query, &filter.query));
    TRY(thing_list(r, &filter, page, &things));
    struct name_list l = {.items = ARENA_ARRAY(r->arena, bytes, things.count), .next = things.next};
    for (; l.count < things.count; l.count++)
        l.items[l.count] = things.items[l.count].name;
    *out_list = l;
    return OK;
}

static status finds(const struct registry *r, bytes query_text, const struct thing_record *thing,
                    struct connectivity_source *source, bool *out_finds) {
    const struct thing_query *query;
    TRY(thing_query_parse(r->arena, QUERY_INDEX_THINGS, query_text, &query));
    return thing_matches(r, query, thing, source, out_finds);
}

status dynamic_groups_of(const struct registry *r, const struct thing_record *thing,
                         struct connectivity_source *source, struct name_list *out_list) {
    struct row *groups;
    size_t count;
    bool is_in;
    TRY(load_all(r, &groups, &count));
    struct name_list l = {.items = ARENA_ARRAY(r->arena, bytes, count)};
    for (size_t i = 0; i < count; i++) {
        l.items[l.count] = groups[i].key;
        TRY(finds(r, groups[i].value, thing, source, &is_in));
        l.count += is_in;
    }
    *out_list = l;
    return OK;
}

/* ---- who comes and goes ---- */

status dynamic_groups_look(const struct registry *r, const struct thing_record *thing,
                           struct dynamic_view *out_view) {
    struct dynamic_view view = {.before = {.count = 0}};
    TRY(event_is_enabled(r, EVENT_THING_GROUP_MEMBERSHIP, &view.is_enabled));
    if (view.is_enabled && thing)
        TRY(dynamic_groups_of(r, thing, NULL, &view.before));
    *out_view = view;
    return OK;
}

static bool has(const struct name_list *names, bytes name) {
    for (size_t i = 0; i < names->count; i++)
        if (bytes_equal(names->items[i], name))
            return true;
    return false;
}

/* Tells of those in `now` that are not in `other`. */
static status tell(const struct registry *r, enum event_operation operation,
                   const struct thing_record *thing, const struct name_list *now,
                   const struct name_list *other) {
    for (size_t i = 0; i < now->count; i++) {
        struct thing_group_record group;
        if (has(other, now->items[i]))
            continue;
        TRY(thing_group_load(r, now->items[i], &group));
        TRY(event_group_membership(r, operation, group.name, group.id, thing));
    }
    return OK;
}

status dynamic_groups_tell(const struct registry *r, const struct thing_record *thing, bool is_gone,
                           const struct dynamic_view *view) {
    struct name_list after = {.count = 0};
    if (!view->is_enabled)
        return OK;
    if (!is_gone)
        TRY(dynamic_groups_of(r, thing, NULL, &after));
    TRY(tell(r, EVENT_REMOVED, thing, &view->before, &after));
    return tell(r, EVENT_ADDED, thing, &after, &view->before);
}
