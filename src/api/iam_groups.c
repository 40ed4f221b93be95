/* Groups of users. */
#include "api/iam.h"
#include "iam/user.h"

static void put_group(const struct call *c, const struct iam_group *group, struct record *r) {
    put_text(r, M_PATH, group->path);
    put_text(r, M_GROUP_NAME, group->name);
    put_text(r, M_GROUP_ID, group->id);
    put_text(r, M_ARN, iam_group_arn(&c->registry, group));
    put_time(r, M_CREATE_DATE, group->created_ms);
}

status iam_create_group(struct call *c) {
    struct iam_group group = {.name = get_text(c->in, M_GROUP_NAME),
                              .path = has(c->in, M_PATH) ? get_text(c->in, M_PATH) : BYTES("/")};
    TRY(iam_group_create(&c->registry, &group, &group));
    put_group(c, &group, put_record(c->out, M_GROUP));
    return OK;
}

static void put_member(const struct call *c, const struct iam_user *user, struct record *r) {
    put_text(r, M_PATH, user->path);
    put_text(r, M_USER_NAME, user->name);
    put_text(r, M_USER_ID, user->id);
    put_text(r, M_ARN, iam_user_arn(&c->registry, user));
    put_time(r, M_CREATE_DATE, user->created_ms);
}

status iam_get_group(struct call *c) {
    struct iam_page page = iam_page_of(c);
    struct iam_user_list members;
    struct iam_group group;
    TRY(iam_group_load(&c->registry, get_text(c->in, M_GROUP_NAME), &group));
    TRY(iam_group_members(&c->registry, group.name, &page, &members));
    put_group(c, &group, put_record(c->out, M_GROUP));
    struct items *users = put_list(c->out, M_USERS);
    for (size_t i = 0; i < members.count; i++)
        put_member(c, &members.items[i], add_record(users));
    iam_put_end(c, members.next);
    return OK;
}

static void put_groups(struct call *c, const struct iam_group_list *list) {
    struct items *groups = put_list(c->out, M_GROUPS);
    for (size_t i = 0; i < list->count; i++)
        put_group(c, &list->items[i], add_record(groups));
    iam_put_end(c, list->next);
}

status iam_list_groups(struct call *c) {
    struct iam_page page = iam_page_of(c);
    struct iam_group_list list;
    TRY(iam_group_list(&c->registry, &page, &list));
    put_groups(c, &list);
    return OK;
}

status iam_list_groups_for_user(struct call *c) {
    struct iam_page page = iam_page_of(c);
    struct iam_group_list list;
    TRY(iam_groups_of(&c->registry, get_text(c->in, M_USER_NAME), &page, &list));
    put_groups(c, &list);
    return OK;
}

status iam_delete_group(struct call *c) {
    return iam_group_delete(&c->registry, get_text(c->in, M_GROUP_NAME));
}

status iam_add_user_to_group(struct call *c) {
    return iam_group_add(&c->registry, get_text(c->in, M_GROUP_NAME), get_text(c->in, M_USER_NAME));
}

status iam_remove_user_from_group(struct call *c) {
    return iam_group_remove(&c->registry, get_text(c->in, M_GROUP_NAME),
                            get_text(c->in, M_USER_NAME));
}
