#include "api/groups.h"

struct thing_attribute *attributes_in(const struct record *in, size_t *out_count) {
    const struct items *map = get_list(get_record(in, M_ATTRIBUTE_PAYLOAD), M_ATTRIBUTES);
    size_t count = 0;
    *out_count = map ? map->count : 0;
    if (!map)
        return NULL;
    struct thing_attribute *all = ARENA_ARRAY(in->arena, struct thing_attribute, map->count);
    VALUES_EACH(v, map) {
        all[count++] = (struct thing_attribute){v->key, v->text};
    }
    return all;
}

void put_attributes(struct record *out, const struct thing_attribute *attributes, size_t count) {
    struct items *map = put_list(out, M_ATTRIBUTES);
    for (size_t i = 0; i < count; i++)
        add_entry(map, attributes[i].name, attributes[i].value);
}

/* The texts are AWS's, the space before the second included [AWS control-plane 6.2]. */
const struct naming naming_thing = {
    M_THING_NAME, M_THING_ARN, ARN_THING,
    "Both thingArn and thingName are empty. Need to specify at least one of them"};
const struct naming naming_thing_group = {
    M_THING_GROUP_NAME, M_THING_GROUP_ARN, ARN_THING_GROUP,
    " Both thingGroupArn and thingGroupName are empty. Need to specify at least one of them"};
const struct naming naming_billing_group = {
    M_BILLING_GROUP_NAME, M_BILLING_GROUP_ARN, ARN_BILLING_GROUP,
    "Both billingGroupArn and billingGroupName are empty. Need to specify at least one of them"};

status named_in(const struct call *c, const struct naming *naming, bytes *out_name) {
    bytes name = get_text(c->in, naming->name), arn = get_text(c->in, naming->arn), named;
    if (name.len == 0 && arn.len == 0)
        return FAIL(E_INVALID, "%s", naming->neither);
    if (arn.len > 0) {
        TRY(arn_require(&c->registry, arn, naming->type, &named));
        if (name.len > 0 && !bytes_equal(name, named))
            return FAIL(E_INVALID, "%.*s does not name %.*s: give one of them", BYTES_ARG(arn),
                        BYTES_ARG(name));
        name = named;
    }
    *out_name = name;
    return OK;
}

void put_names(struct call *c, unsigned member, const struct name_list *list) {
    struct items *names = put_list(c->out, member);
    for (size_t i = 0; i < list->count; i++)
        add_text(names, list->items[i]);
    call_put_next(c, list->next);
}

void put_group(const struct call *c, struct items *groups, enum arn_type type, bytes name) {
    struct record *group = add_record(groups);
    put_text(group, M_GROUP_NAME, name);
    put_text(group, M_GROUP_ARN,
             arn_format(c->arena, c->registry.region, c->registry.account, type, name));
}

void put_groups(struct call *c, unsigned member, enum arn_type type, const struct name_list *list) {
    struct items *groups = put_list(c->out, member);
    for (size_t i = 0; i < list->count; i++)
        put_group(c, groups, type, list->items[i]);
    call_put_next(c, list->next);
}
