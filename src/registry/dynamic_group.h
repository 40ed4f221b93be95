/* Dynamic thing groups: groups that hold the things their query finds, at any moment.
 *
 * Nothing is kept of who is in one. A listing of its things is a search, and a listing of a thing's
 * groups asks each dynamic group about the thing: so membership is never behind, making a group
 * over a million things costs nothing, and a query may speak of what no store knows (who is
 * connected). They have no parents, children, policies or things added by hand
 * [AWS iot dynamic-thing-groups], and do not count towards the groups a thing may be in. */
#pragma once
#include "registry/connectivity.h"
#include "registry/thing_group.h"

enum { DYNAMIC_GROUPS_MAX = 100 }; /* of an account [AWS iot dynamic-thing-groups] */

/* thing_group_check_kind: E_INVALID when the group is of the other kind than the operation is for;
 * OK when there is none of this name. */
NODISCARD
status thing_group_check_kind(const struct registry *r, bytes name, bool is_dynamic);

/* dynamic_group_list_things is thing_group_list_things of a dynamic group. A page may hold fewer
 * names than its limit and still have a next one. */
NODISCARD
status dynamic_group_list_things(const struct registry *r, const struct thing_group_record *group,
                                 struct connectivity_source *source, const struct page *page,
                                 struct name_list *out_list);
/* dynamic_groups_of gives the names of those that find the thing. */
NODISCARD
status dynamic_groups_of(const struct registry *r, const struct thing_record *thing,
                         struct connectivity_source *source, struct name_list *out_list);

/* ---- inside registry/ ---- */

/* dynamic_group_keep checks a new or changed dynamic group and enters it; dynamic_group_forget is
 * fine for a static one. */
NODISCARD
status dynamic_group_keep(const struct registry *r, const struct thing_group_record *group,
                          bool is_new);
NODISCARD
status dynamic_group_forget(const struct registry *r, const struct thing_group_record *group);

/* What a thing leaves and comes to when it changes: looked at before the change, told after it, as
 * events of THING_GROUP_MEMBERSHIP. Costs one small read while those are switched off. Who is
 * connected does not count: connections come and go without a change in the registry. */
struct dynamic_view {
    struct name_list before;
    bool is_enabled;
};
NODISCARD
status dynamic_groups_look(const struct registry *r, const struct thing_record *thing,
                           struct dynamic_view *out_view); /* NULL: there is no thing yet */
NODISCARD
status dynamic_groups_tell(const struct registry *r, const struct thing_record *thing, bool is_gone,
                           const struct dynamic_view *view);
