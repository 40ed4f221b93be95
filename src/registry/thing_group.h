/* Thing groups: things by place, by customer, by stage of a rollout; in a tree. What is attached to
 * a group (policies) holds for the things in it and in the groups below it [AWS policy 7].
 *
 *     plant ── hall 1 ── line 7     a thing in "line 7" has the policies of all three
 *          └── hall 2
 *
 * A group's parent is chosen at creation and stays. A thing is in one group of a tree at most
 * [AWS iot thing-groups]. */
#pragma once
#include "registry/tags.h"
#include "registry/thing.h"

/* [AWS control-plane 7; AWS iot thing-groups] */
enum {
    THING_GROUP_DEPTH_MAX = 7, /* the root counts */
    THING_GROUP_CHILDREN_MAX = 100,
    THING_GROUP_ATTRIBUTES_MAX = 50,
    THING_GROUPS_PER_THING_MAX = 10,
};

struct thing_group_record {
    bytes name;
    bytes id; /* UUID */
    bytes description;
    bytes *ancestors; /* names, the root first */
    size_t ancestor_count;
    bytes path;  /* the ids from the root to this one, each with a '/' */
    bytes query; /* of a dynamic group: it holds what this finds (dynamic_group.h) */
    struct thing_attribute *attributes;
    size_t attribute_count;
    uint64_t version; /* 1, raised by each update */
    int64_t created_ms;
};
bytes thing_group_arn(const struct registry *r, bytes name);

struct thing_group_new {
    bytes name, parent; /* no parent: a root */
    bytes query;        /* makes it a dynamic group; those have no parent */
    bytes description;
    const struct thing_attribute *attributes;
    size_t attribute_count;
};
/* thing_group_create adds a group. The same again gives the group there is and leaves its tags
 * alone; E_EXISTS when it is another; E_NOT_FOUND for the parent; E_INVALID for names, attributes,
 * limits and a parent that is dynamic; E_QUERY_INVALID; E_LIMIT beyond DYNAMIC_GROUPS_MAX.
 * out_group may be NULL. */
NODISCARD
status thing_group_create(const struct registry *r, const struct thing_group_new *group,
                          const struct tags *tags, struct thing_group_record *out_group);
NODISCARD
status thing_group_load(const struct registry *r, bytes name,
                        struct thing_group_record *out_group); /* E_NOT_FOUND */

struct thing_group_changes {
    const bytes *description;                 /* NULL: as it is */
    const bytes *query;                       /* NULL: as it is; E_INVALID for a static group */
    const struct thing_attribute *attributes; /* an empty value removes the attribute */
    size_t attribute_count;
    bool replace_attributes;   /* an attributePayload was given without merge */
    uint64_t expected_version; /* 0: any. E_VERSION_CONFLICT */
};
NODISCARD
status thing_group_update(const struct registry *r, bytes name,
                          const struct thing_group_changes *changes, uint64_t *out_version);
/* thing_group_delete: fine when there is no such group; E_INVALID while it has child groups;
 * E_VERSION_CONFLICT. Its things leave it and its policies are detached. */
NODISCARD
status thing_group_delete(const struct registry *r, bytes name, uint64_t expected_version);

struct thing_group_filter {
    bytes parent; /* none: all roots and, if recursive, all below. E_NOT_FOUND */
    bytes name_prefix;
    bool recursive; /* also the groups below the children */
};
/* By name, but those below a parent by where they are in the tree. */
NODISCARD
status thing_group_list(const struct registry *r, const struct thing_group_filter *filter,
                        const struct page *page, struct name_list *out_list);

/* Membership (thing_membership.c). Adding twice, and removing what is not in it, are fine.
 * E_NOT_FOUND for group and thing; E_INVALID beyond THING_GROUPS_PER_THING_MAX, when the thing is
 * in another group of the same tree, and for a dynamic group. */
NODISCARD
status thing_group_add_thing(const struct registry *r, bytes group, bytes thing);
NODISCARD
status thing_group_remove_thing(const struct registry *r, bytes group, bytes thing);
/* Names of the things in the group, if `recursive` in those below it, too. `source` is for dynamic
 * groups whose query asks who is connected. */
struct connectivity_source; /* registry/connectivity.h */
NODISCARD
status thing_group_list_things(const struct registry *r, bytes group, bool recursive,
                               struct connectivity_source *source, const struct page *page,
                               struct name_list *out_list);
/* Names of the groups a thing was added to. */
NODISCARD
status thing_list_groups(const struct registry *r, bytes thing, const struct page *page,
                         struct name_list *out_list);
/* thing_list_all_groups has the dynamic ones that find it, too; by name. */
NODISCARD
status thing_list_all_groups(const struct registry *r, bytes thing,
                             struct connectivity_source *source, const struct page *page,
                             struct name_list *out_list);
