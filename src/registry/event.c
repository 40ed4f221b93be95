#include "registry/event.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/random.h"
#include "codec/json.h"
#include "registry/internal.h"
#include "registry/settings.h"

static const struct {
    const char *in_payload, *in_topic;
} operations[] = {
    [EVENT_CREATED] = {"CREATED", "created"}, [EVENT_UPDATED] = {"UPDATED", "updated"},
    [EVENT_DELETED] = {"DELETED", "deleted"}, [EVENT_ADDED] = {"ADDED", "added"},
    [EVENT_REMOVED] = {"REMOVED", "removed"},
};

status event_is_enabled(const struct registry *r, enum event_type type, bool *out_enabled) {
    struct event_settings settings;
    TRY(event_settings_load(r, &settings));
    *out_enabled = settings.enabled >> type & 1;
    return OK;
}

/* An event being written. */
struct event {
    const struct registry *r;
    enum event_operation operation;
    struct buf payload;
    struct json_writer json;
};

static void event_done(struct event *e) {
    buf_done(&e->payload);
}

static void put_bytes(struct event *e, const char *name, bytes value) {
    json_name(&e->json, name);
    json_string(&e->json, value);
}

static void put_text(struct event *e, const char *name, const char *value) {
    put_bytes(e, name, bytes_from(value));
}

static void put_number(struct event *e, const char *name, int64_t value) {
    json_name(&e->json, name);
    json_i64(&e->json, value);
}

/* null where there is none. */
static void put_bytes_or_null(struct event *e, const char *name, bytes value) {
    json_name(&e->json, name);
    if (value.len > 0)
        json_string(&e->json, value);
    else
        json_null(&e->json);
}

static void put_attributes(struct event *e, const struct thing_attribute *attributes,
                           size_t count) {
    json_name(&e->json, "attributes");
    json_object_begin(&e->json);
    for (size_t i = 0; i < count; i++) {
        json_name_bytes(&e->json, attributes[i].name);
        json_string(&e->json, attributes[i].value);
    }
    json_object_end(&e->json);
}

/* What all events begin with. */
static void begin(struct event *e, const struct registry *r, const char *type,
                  enum event_operation operation) {
    char id[37];
    random_uuid(id);
    *e = (struct event){.r = r, .operation = operation};
    json_start(&e->json, &e->payload);
    json_object_begin(&e->json);
    put_text(e, "eventType", type);
    put_text(e, "eventId", id);
    put_number(e, "timestamp", clock_wall_ms());
    put_text(e, "operation", operations[operation].in_payload);
    put_bytes(e, "accountId", r->account);
}

/* "$aws/events/<place>/<operation>" */
static void announce(struct event *e, const char *place) {
    AUTO(buf) topic = {0};
    buf_printf(&topic, "$aws/events/%s/%s", place, operations[e->operation].in_topic);
    json_object_end(&e->json);
    store_announce(e->r->txn, e->r->account, buf_bytes(&topic), buf_bytes(&e->payload));
}

static const char *place(const struct registry *r, const char *kind, bytes name) {
    return arena_printf(r->arena, "%s/%.*s", kind, BYTES_ARG(name));
}

status event_thing(const struct registry *r, enum event_operation operation,
                   const struct thing_record *thing) {
    bool is_enabled;
    TRY(event_is_enabled(r, EVENT_THING, &is_enabled));
    if (!is_enabled)
        return OK;
    AUTO(event) e;
    begin(&e, r, "THING_EVENT", operation);
    put_bytes(&e, "thingId", thing->id);
    put_bytes(&e, "thingName", thing->name);
    put_number(&e, "versionNumber", (int64_t)thing->version);
    put_bytes_or_null(&e, "thingTypeName", thing->type_name);
    put_attributes(&e, thing->attributes, thing->attribute_count);
    announce(&e, place(r, "thing", thing->name));
    return OK;
}

status event_type_association(const struct registry *r, enum event_operation operation,
                              const struct thing_record *thing) {
    bool is_enabled;
    if (thing->type_name.len == 0)
        return OK;
    TRY(event_is_enabled(r, EVENT_THING_TYPE_ASSOCIATION, &is_enabled));
    if (!is_enabled)
        return OK;
    AUTO(event) e;
    begin(&e, r, "THING_TYPE_ASSOCIATION_EVENT", operation);
    put_bytes(&e, "thingId", thing->id);
    put_bytes(&e, "thingName", thing->name);
    put_bytes(&e, "thingTypeName", thing->type_name);
    announce(&e, arena_printf(r->arena, "thingTypeAssociation/thing/%.*s/thingType/%.*s",
                              BYTES_ARG(thing->name), BYTES_ARG(thing->type_name)));
    return OK;
}

static void put_searchable(struct event *e, const struct thing_type_record *type) {
    json_name(&e->json, "searchableAttributes");
    json_array_begin(&e->json);
    for (size_t i = 0; i < type->searchable_count; i++)
        json_string(&e->json, type->searchable_attributes[i]);
    json_array_end(&e->json);
}

/* As DescribeThingType has them: a source that is not meant is left out. */
static void put_propagating(struct event *e, const struct propagation *p) {
    json_name(&e->json, "propagatingAttributes");
    json_array_begin(&e->json);
    for (size_t i = 0; i < p->count; i++) {
        json_object_begin(&e->json);
        put_bytes(e, "userPropertyKey", p->items[i].user_property_key);
        if (p->items[i].thing_attribute.len > 0)
            put_bytes(e, "thingAttribute", p->items[i].thing_attribute);
        else
            put_bytes(e, "connectionAttribute", p->items[i].connection_attribute);
        json_object_end(&e->json);
    }
    json_array_end(&e->json);
}

status event_thing_type(const struct registry *r, enum event_operation operation,
                        const struct thing_type_record *type) {
    bool is_enabled;
    TRY(event_is_enabled(r, EVENT_THING_TYPE, &is_enabled));
    if (!is_enabled)
        return OK;
    AUTO(event) e;
    begin(&e, r, "THING_TYPE_EVENT", operation);
    put_bytes(&e, "thingTypeId", type->id);
    put_bytes(&e, "thingTypeName", type->name);
    json_name(&e.json, "isDeprecated");
    json_bool(&e.json, type->deprecated);
    json_name(&e.json, "deprecationDate");
    if (type->deprecated)
        json_i64(&e.json, type->deprecated_ms);
    else
        json_null(&e.json);
    put_searchable(&e, type);
    put_propagating(&e, &type->propagation);
    put_bytes(&e, "description", type->description);
    announce(&e, place(r, "thingType", type->name));
    return OK;
}

/* ---- certificates: switches AWS has, messages it does not document [AWS identity 10.5] ---- */

status event_certificate(const struct registry *r, enum event_operation operation,
                         const struct certificate_record *certificate) {
    bool is_enabled;
    TRY(event_is_enabled(r, EVENT_CERTIFICATE, &is_enabled));
    if (!is_enabled)
        return OK;
    AUTO(event) e;
    begin(&e, r, "CERTIFICATE_EVENT", operation);
    put_bytes(&e, "certificateId", certificate->id);
    put_text(&e, "status", certificate_status_name(certificate->status));
    put_bytes_or_null(&e, "caCertificateId", certificate->ca_certificate_id);
    put_number(&e, "versionNumber", (int64_t)certificate->customer_version);
    announce(&e, place(r, "certificate", certificate->id));
    return OK;
}

status event_ca_certificate(const struct registry *r, enum event_operation operation,
                            const struct ca_record *ca) {
    bool is_enabled;
    TRY(event_is_enabled(r, EVENT_CA_CERTIFICATE, &is_enabled));
    if (!is_enabled)
        return OK;
    AUTO(event) e;
    begin(&e, r, "CA_CERTIFICATE_EVENT", operation);
    put_bytes(&e, "caCertificateId", ca->id);
    put_text(&e, "status", ca->active ? "ACTIVE" : "INACTIVE");
    put_text(&e, "autoRegistrationStatus", ca->auto_registration ? "ENABLE" : "DISABLE");
    put_number(&e, "versionNumber", (int64_t)ca->customer_version);
    announce(&e, place(r, "caCertificate", ca->id));
    return OK;
}

/* ---- groups ---- */

/* The id of an ancestor, out of the path: "<id of the root>/<id of its child>/…/". */
static bytes ancestor_id(const struct thing_group_record *group, size_t index) {
    bytes rest = group->path, id = {0};
    for (size_t i = 0; i <= index && bytes_split(&rest, '/', &id); i++)
        ;
    return id;
}

static void put_ancestors(struct event *e, const struct thing_group_record *group) {
    json_name(&e->json, "rootToParentThingGroups");
    json_array_begin(&e->json);
    for (size_t i = 0; i < group->ancestor_count; i++) {
        json_object_begin(&e->json);
        put_bytes(e, "groupArn", thing_group_arn(e->r, group->ancestors[i]));
        put_bytes(e, "groupId", ancestor_id(group, i));
        json_object_end(&e->json);
    }
    json_array_end(&e->json);
}

static bytes parent_name(const struct thing_group_record *group) {
    return group->ancestor_count ? group->ancestors[group->ancestor_count - 1] : (bytes){0};
}

static bytes parent_id(const struct thing_group_record *group) {
    return group->ancestor_count ? ancestor_id(group, group->ancestor_count - 1) : (bytes){0};
}

status event_thing_group(const struct registry *r, enum event_operation operation,
                         const struct thing_group_record *group) {
    bool is_enabled;
    TRY(event_is_enabled(r, EVENT_THING_GROUP, &is_enabled));
    if (!is_enabled)
        return OK;
    AUTO(event) e;
    begin(&e, r, "THING_GROUP_EVENT", operation);
    put_bytes(&e, "thingGroupId", group->id);
    put_bytes(&e, "thingGroupName", group->name);
    put_number(&e, "versionNumber", (int64_t)group->version);
    put_bytes_or_null(&e, "parentGroupName", parent_name(group));
    put_bytes_or_null(&e, "parentGroupId", parent_id(group));
    put_bytes(&e, "description", group->description);
    put_ancestors(&e, group);
    put_attributes(&e, group->attributes, group->attribute_count);
    put_bytes_or_null(&e, "dynamicGroupMappingId", group->query.len ? group->id : (bytes){0});
    announce(&e, place(r, "thingGroup", group->name));
    return OK;
}

status event_group_hierarchy(const struct registry *r, enum event_operation operation,
                             const struct thing_group_record *child) {
    bool is_enabled;
    if (child->ancestor_count == 0)
        return OK;
    TRY(event_is_enabled(r, EVENT_THING_GROUP_HIERARCHY, &is_enabled));
    if (!is_enabled)
        return OK;
    AUTO(event) e;
    begin(&e, r, "THING_GROUP_HIERARCHY_EVENT", operation);
    put_bytes(&e, "thingGroupId", parent_id(child));
    put_bytes(&e, "thingGroupName", parent_name(child));
    put_bytes(&e, "childGroupId", child->id);
    put_bytes(&e, "childGroupName", child->name);
    announce(&e, arena_printf(r->arena, "thingGroupHierarchy/thingGroup/%.*s/childThingGroup/%.*s",
                              BYTES_ARG(parent_name(child)), BYTES_ARG(child->name)));
    return OK;
}

/* The same whenever this thing is in this group, without being kept: a UUID of the two ids. */
static void membership_id(const struct registry *r, bytes group_id, bytes thing_id, char out[37]) {
    const char *const both =
        arena_printf(r->arena, "%.*s %.*s", BYTES_ARG(group_id), BYTES_ARG(thing_id));
    const char *const turned =
        arena_printf(r->arena, "%.*s %.*s", BYTES_ARG(thing_id), BYTES_ARG(group_id));
    uint64_t a = stable_hash(bytes_from(both)), b = stable_hash(bytes_from(turned));
    (void)snprintf(out, 37, "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)(a >> 32),
                   (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff), (unsigned)(b >> 52),
                   (unsigned long long)(b & 0xffffffffffff));
}

status event_group_membership(const struct registry *r, enum event_operation operation,
                              bytes group_name, bytes group_id, const struct thing_record *thing) {
    bool is_enabled;
    char id[37];
    TRY(event_is_enabled(r, EVENT_THING_GROUP_MEMBERSHIP, &is_enabled));
    if (!is_enabled)
        return OK;
    AUTO(event) e;
    begin(&e, r, "THING_GROUP_MEMBERSHIP_EVENT", operation);
    membership_id(r, group_id, thing->id, id);
    put_bytes(&e, "groupArn", thing_group_arn(r, group_name));
    put_bytes(&e, "groupId", group_id);
    put_bytes(&e, "thingArn", thing_arn(r, thing->name));
    put_bytes(&e, "thingId", thing->id);
    put_text(&e, "membershipId", id);
    announce(&e, arena_printf(r->arena, "thingGroupMembership/thingGroup/%.*s/thing/%.*s",
                              BYTES_ARG(group_name), BYTES_ARG(thing->name)));
    return OK;
}
