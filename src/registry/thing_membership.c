/* Which things are in which groups, from both sides:
 *
 *     THINGS_OF_GROUP  account, path of the group, '.', thing
 *     GROUPS_OF_THING  account, thing, 0, group → path of the group
 *
 * Ids are hexadecimal, so that a '.' ends a path where a child's id would go on: one prefix holds
 * the things of a group, a shorter one those of all groups below it, too. */
#include "registry/dynamic_group.h"
#include "registry/event.h"
#include "registry/internal.h"

#include <stdlib.h>

#include "registry/thing_group.h"

enum { GROUP_ID_LEN = 36 };

bytes thing_group_members_prefix(const struct registry *r, const struct thing_group_record *group) {
    return key_of(r, bytes_from(arena_printf(r->arena, "%.*s.", BYTES_ARG(group->path))));
}

static bytes member_key(const struct registry *r, bytes path, bytes thing) {
    return key_of(
        r, bytes_from(arena_printf(r->arena, "%.*s.%.*s", BYTES_ARG(path), BYTES_ARG(thing))));
}

/* The id of the group that a path leads to: its last part. */
static bytes id_at(bytes path) {
    size_t len = path.len < GROUP_ID_LEN + 1 ? path.len : GROUP_ID_LEN + 1;
    return bytes_slice(path, path.len - len, GROUP_ID_LEN);
}

/* Group and thing, for a change of what is added by hand. */
static status load_both(const struct registry *r, bytes group, bytes thing,
                        struct thing_group_record *out_group, struct thing_record *out_thing) {
    TRY(thing_group_load(r, group, out_group));
    TRY(thing_load(r, thing, out_thing));
    if (out_group->query.len > 0)
        return FAIL(E_INVALID,
                    "Thing group %.*s is dynamic: its query decides which things are in it",
                    BYTES_ARG(group));
    return OK;
}

status thing_group_memberships(const struct registry *r, bytes thing, struct row **out_rows,
                               size_t *out_count) {
    struct scan scan = {.prefix = key_of_pair(r, thing, (bytes){0}),
                        .limit = THING_GROUPS_PER_THING_MAX};
    TRY(store_scan(r->txn, TABLE_GROUPS_OF_THING, &scan, r->arena, out_rows, out_count));
    for (size_t i = 0; i < *out_count; i++)
        (*out_rows)[i].key = bytes_skip((*out_rows)[i].key, scan.prefix.len);
    return OK;
}

/* Whether a thing with these memberships may join the group. */
static status check_room(const struct thing_group_record *group, bytes thing,
                         const struct row *memberships, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (bytes_start_with(group->path, bytes_slice(memberships[i].value, 0, GROUP_ID_LEN)))
            return FAIL(E_INVALID,
                        "Thing %.*s is in group %.*s, and it cannot be in two groups of the same "
                        "hierarchy: remove it from there before it is added to %.*s",
                        BYTES_ARG(thing), BYTES_ARG(memberships[i].key), BYTES_ARG(group->name));
    if (count == THING_GROUPS_PER_THING_MAX)
        return FAIL(E_INVALID, "Thing %.*s is in %d groups already, which is the most",
                    BYTES_ARG(thing), THING_GROUPS_PER_THING_MAX);
    return OK;
}

status thing_group_add_thing(const struct registry *r, bytes group, bytes thing) {
    struct thing_group_record g;
    struct thing_record t;
    struct dynamic_view view;
    struct row *memberships;
    size_t count;
    bool is_in;
    TRY(load_both(r, group, thing, &g, &t));
    bytes key = key_of_pair(r, thing, group);
    TRY(object_has(r, TABLE_GROUPS_OF_THING, key, &is_in));
    if (is_in)
        return OK;
    TRY(thing_group_memberships(r, thing, &memberships, &count));
    TRY(check_room(&g, thing, memberships, count));
    TRY(dynamic_groups_look(r, &t, &view));
    TRY(store_save(r->txn, TABLE_GROUPS_OF_THING, key, g.path));
    TRY(mark_save(r, TABLE_THINGS_OF_GROUP, member_key(r, g.path, thing)));
    note(r, CHANGE_THING, thing);
    TRY(event_group_membership(r, EVENT_ADDED, group, g.id, &t));
    return dynamic_groups_tell(r, &t, false, &view);
}

static status leave(const struct registry *r, bytes group, bytes path, bytes thing) {
    TRY(store_remove(r->txn, TABLE_GROUPS_OF_THING, key_of_pair(r, thing, group)));
    return store_remove(r->txn, TABLE_THINGS_OF_GROUP, member_key(r, path, thing));
}

status thing_group_remove_thing(const struct registry *r, bytes group, bytes thing) {
    struct thing_group_record g;
    struct thing_record t;
    struct dynamic_view view;
    bool is_in;
    TRY(load_both(r, group, thing, &g, &t));
    TRY(object_has(r, TABLE_GROUPS_OF_THING, key_of_pair(r, thing, group), &is_in));
    if (!is_in)
        return OK;
    TRY(dynamic_groups_look(r, &t, &view));
    TRY(leave(r, group, g.path, thing));
    note(r, CHANGE_THING, thing);
    TRY(event_group_membership(r, EVENT_REMOVED, group, g.id, &t));
    return dynamic_groups_tell(r, &t, false, &view);
}

status thing_group_leave_all(const struct registry *r, const struct thing_record *thing) {
    struct row *memberships;
    size_t count;
    TRY(thing_group_memberships(r, thing->name, &memberships, &count));
    for (size_t i = 0; i < count; i++) {
        bytes group = memberships[i].key, path = memberships[i].value;
        TRY(leave(r, group, path, thing->name));
        TRY(event_group_membership(r, EVENT_REMOVED, group, id_at(path), thing));
    }
    return OK;
}

/* ---- listings ---- */

status thing_group_list_things(const struct registry *r, bytes group, bool recursive,
                               struct connectivity_source *source, const struct page *page,
                               struct name_list *out_list) {
    struct thing_group_record g;
    struct name_list l;
    TRY(thing_group_load(r, group, &g));
    if (g.query.len > 0)
        return dynamic_group_list_things(r, &g, source, page, out_list);
    bytes own = thing_group_members_prefix(r, &g);
    bytes all = bytes_slice(own, 0, own.len - 1);
    TRY(names_list(r, TABLE_THINGS_OF_GROUP, recursive ? all : own, all.len, page, &l));
    for (size_t i = 0; i < l.count; i++) /* what is left of the path holds no other '.' */
        l.items[i] = bytes_skip(l.items[i], bytes_find(l.items[i], '.') + 1);
    *out_list = l;
    return OK;
}

status thing_list_groups(const struct registry *r, bytes thing, const struct page *page,
                         struct name_list *out_list) {
    struct thing_record t;
    bytes prefix = key_of_pair(r, thing, (bytes){0});
    TRY(thing_load(r, thing, &t));
    return names_list(r, TABLE_GROUPS_OF_THING, prefix, prefix.len, page, out_list);
}

static int compare_names(const void *a, const void *b) {
    return bytes_compare(*(const bytes *)a, *(const bytes *)b);
}

/* All groups of a thing, by name: ten at most that it was added to, and the dynamic ones. */
static status groups_of(const struct registry *r, bytes thing, struct connectivity_source *source,
                        struct name_list *out_names) {
    struct name_list dynamic, all = {.count = 0};
    struct thing_record t;
    struct row *memberships;
    size_t count;
    TRY(thing_load(r, thing, &t));
    TRY(thing_group_memberships(r, thing, &memberships, &count));
    TRY(dynamic_groups_of(r, &t, source, &dynamic));
    all.items = ARENA_ARRAY(r->arena, bytes, count + dynamic.count + 1);
    for (size_t i = 0; i < count; i++)
        all.items[all.count++] = memberships[i].key;
    for (size_t i = 0; i < dynamic.count; i++)
        all.items[all.count++] = dynamic.items[i];
    qsort(all.items, all.count, sizeof *all.items, compare_names);
    *out_names = all;
    return OK;
}

/* A position is a name; its tokens are not those of thing_list_groups. */
status thing_list_all_groups(const struct registry *r, bytes thing,
                             struct connectivity_source *source, const struct page *page,
                             struct name_list *out_list) {
    bytes prefix = key_of_pair(r, thing, BYTES("+"));
    struct name_list all, l;
    struct cursor c;
    size_t first = 0;
    TRY(groups_of(r, thing, source, &all));
    TRY(cursor_start(r, TABLE_GROUPS_OF_THING, prefix, false, page, &c));
    bytes after = bytes_skip(c.scan.from, prefix.len);
    while (first < all.count && bytes_compare(all.items[first], after) <= 0)
        first++;
    l = (struct name_list){.items = all.items + first, .count = all.count - first};
    if (l.count > c.limit) {
        l.count = c.limit;
        char *last = arena_printf(r->arena, "+%.*s", BYTES_ARG(l.items[l.count - 1]));
        l.next = cursor_token_after(&c, key_of_pair(r, thing, bytes_from(last)));
    }
    *out_list = l;
    return OK;
}
