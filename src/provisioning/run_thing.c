#include "provisioning/internal.h"
#include "registry/billing_group.h"
#include "registry/thing.h"
#include "registry/thing_group.h"

/* ---- attributes, type and billing group ---- */

static struct thing_attribute *attributes_of(struct run *run) {
    const struct plan_thing *wanted = run->plan->thing;
    struct thing_attribute *all =
        ARENA_ARRAY(run->registry->arena, struct thing_attribute, wanted->attribute_count);
    for (size_t i = 0; i < wanted->attribute_count; i++)
        all[i] = (struct thing_attribute){wanted->attributes[i].name, wanted->attributes[i].value};
    return all;
}

static status create(struct run *run) {
    const struct plan_thing *wanted = run->plan->thing;
    struct thing_record thing = {.name = wanted->name,
                                 .type_name = wanted->type_name,
                                 .billing_group_name = wanted->billing_group,
                                 .attributes = attributes_of(run),
                                 .attribute_count = wanted->attribute_count};
    TRY(run_may(run, "iot:CreateThing", thing_arn(run->registry, wanted->name)));
    return thing_create(run->registry, &thing, NULL);
}

static bool has_attribute(const struct thing_record *thing, const struct plan_pair *wanted) {
    for (size_t i = 0; i < thing->attribute_count; i++)
        if (bytes_equal(thing->attributes[i].name, wanted->name))
            return bytes_equal(thing->attributes[i].value, wanted->value);
    return wanted->value.len == 0; /* an empty value is none */
}

static bool attributes_differ(const struct plan_thing *wanted, const struct thing_record *thing) {
    size_t count = 0;
    for (size_t i = 0; i < wanted->attribute_count; i++) {
        if (!has_attribute(thing, &wanted->attributes[i]))
            return true;
        count += wanted->attributes[i].value.len > 0;
    }
    return count != thing->attribute_count;
}

/* What to do about a property of a thing that exists. */
enum step { STEP_NONE, STEP_REPLACE, STEP_MERGE };
static status choose(const struct run *run, enum override setting, bool differs, const char *what,
                     enum step *out_step) {
    bool fails = setting == OVERRIDE_FAIL || (setting == OVERRIDE_UNSET && differs);
    if (fails)
        return RUN_CONFLICT("ResourceConflictsException: thing %.*s exists already%s %s, and its "
                            "OverrideSettings %s",
                            BYTES_ARG(run->plan->thing->name),
                            differs ? " with another" : ", with the same", what,
                            setting == OVERRIDE_FAIL ? "say FAIL" : "do not say what to do then");
    *out_step = setting == OVERRIDE_REPLACE ? STEP_REPLACE
                : setting == OVERRIDE_MERGE ? STEP_MERGE
                                            : STEP_NONE;
    return OK;
}

static status join_billing_group(struct run *run, const struct thing_record *thing) {
    bytes wanted = run->plan->thing->billing_group;
    if (!wanted.ptr || bytes_equal(wanted, thing->billing_group_name))
        return OK;
    if (thing->billing_group_name.len > 0)
        return RUN_CONFLICT("ResourceConflictsException: thing %.*s is in the billing group %.*s",
                            BYTES_ARG(thing->name), BYTES_ARG(thing->billing_group_name));
    TRY(run_may(run, "iot:AddThingToBillingGroup", billing_group_arn(run->registry, wanted)));
    return billing_group_add_thing(run->registry, wanted, thing->name);
}

static status update(struct run *run, const struct thing_record *thing) {
    const struct plan_thing *wanted = run->plan->thing;
    enum step attributes = STEP_NONE, type = STEP_NONE;
    if (wanted->attributes)
        TRY(choose(run, wanted->on_attributes, attributes_differ(wanted, thing), "AttributePayload",
                   &attributes));
    if (wanted->type_name.ptr)
        TRY(choose(run, wanted->on_type, !bytes_equal(wanted->type_name, thing->type_name),
                   "ThingTypeName", &type));
    struct thing_changes changes = {.replace_attributes = attributes == STEP_REPLACE};
    if (attributes != STEP_NONE) {
        changes.attributes = attributes_of(run);
        changes.attribute_count = wanted->attribute_count;
    }
    if (type == STEP_REPLACE)
        changes.type_name = wanted->type_name;
    if (attributes != STEP_NONE || type != STEP_NONE) {
        TRY(run_may(run, "iot:UpdateThing", thing_arn(run->registry, wanted->name)));
        TRY(thing_update(run->registry, wanted->name, &changes));
    }
    return join_billing_group(run, thing);
}

/* ---- groups ---- */

static bool is_among(bytes name, const bytes *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(name, names[i]))
            return true;
    return false;
}

static status may_change_group(const struct run *run, const char *action, bytes group) {
    TRY(run_may(run, action, thing_group_arn(run->registry, group)));
    return run_may(run, action, thing_arn(run->registry, run->plan->thing->name));
}

static status join_groups(struct run *run) {
    const struct plan_thing *wanted = run->plan->thing;
    struct thing_group_record group;
    for (size_t i = 0; i < wanted->group_count; i++) {
        status s = thing_group_load(run->registry, wanted->groups[i], &group);
        if (s == E_NOT_FOUND)
            return FAIL(E_NOT_FOUND, "Thing group %.*s not found",
                        BYTES_ARG(bytes_slice(wanted->groups[i], 0, 128)));
        TRY(s);
        TRY(may_change_group(run, "iot:AddThingToThingGroup", wanted->groups[i]));
        TRY(thing_group_add_thing(run->registry, wanted->groups[i], wanted->name));
    }
    return OK;
}

static status leave_other_groups(struct run *run, const struct name_list *present) {
    const struct plan_thing *wanted = run->plan->thing;
    for (size_t i = 0; i < present->count; i++) {
        if (is_among(present->items[i], wanted->groups, wanted->group_count))
            continue;
        TRY(may_change_group(run, "iot:RemoveThingFromThingGroup", present->items[i]));
        TRY(thing_group_remove_thing(run->registry, present->items[i], wanted->name));
    }
    return OK;
}

static bool groups_differ(const struct plan_thing *wanted, const struct name_list *present) {
    for (size_t i = 0; i < present->count; i++)
        if (!is_among(present->items[i], wanted->groups, wanted->group_count))
            return true;
    for (size_t i = 0; i < wanted->group_count; i++)
        if (!is_among(wanted->groups[i], present->items, present->count))
            return true;
    return false;
}

static status update_groups(struct run *run) {
    const struct plan_thing *wanted = run->plan->thing;
    struct page all = {.limit = PAGE_LIMIT_MAX}; /* a thing is in ten at most */
    struct name_list present;
    enum step step;
    TRY(thing_list_groups(run->registry, wanted->name, &all, &present));
    TRY(choose(run, wanted->on_groups, groups_differ(wanted, &present), "ThingGroups", &step));
    if (step == STEP_REPLACE)
        TRY(leave_other_groups(run, &present));
    return step == STEP_NONE ? OK : join_groups(run);
}

status run_thing(struct run *run) {
    const struct plan_thing *wanted = run->plan->thing;
    struct thing_record existing;
    status s = thing_load(run->registry, wanted->name, &existing);
    if (s != OK && s != E_NOT_FOUND)
        return s;
    TRY(s == OK ? update(run, &existing) : create(run));
    if (wanted->groups)
        TRY(s == OK ? update_groups(run) : join_groups(run));
    run->out.thing_name = wanted->name;
    run_add_resource(run, wanted->logical_id, thing_arn(run->registry, wanted->name));
    return OK;
}
