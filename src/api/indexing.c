/* Fleet indexing: what is indexed, and which indices there are. Searches are in search.c. */
#include "api/indexing.h"
#include "api/handlers.h"
#include "registry/settings.h"
#include "store/record.h"

enum { CUSTOM_FIELDS_MAX = 5 }; /* of an index [AWS managing-fleet-index] */

/* ---- configuration ---- */

/* What may be given and has no effect here yet: refused, unless it says the only value there is. */
static const struct {
    unsigned member;
    const char *only, *name;
} modes[] = {
    {M_DEVICE_DEFENDER_INDEXING_MODE, "OFF", "Device Defender violations"},
    {M_NAMED_SHADOW_INDEXING_MODE, "OFF", "named shadows"},
};

static status not_indexed(const char *what) {
    return FAIL(E_NOT_IMPLEMENTED, "kedge does not index %s yet", what);
}

static bool has_items(const struct record *r, unsigned member) {
    const struct items *items = get_list(r, member);
    return items && items->count > 0;
}

static status check_things(const struct record *things) {
    const struct record *filter = get_record(things, M_FILTER);
    if (bytes_equal(get_text(things, M_THING_INDEXING_MODE), BYTES("REGISTRY_AND_SHADOW")))
        return not_indexed("shadows");
    for (size_t i = 0; i < COUNT_OF(modes); i++)
        if (has(things, modes[i].member) &&
            !bytes_equal(get_text(things, modes[i].member), bytes_from(modes[i].only)))
            return not_indexed(modes[i].name);
    if (has_items(filter, M_NAMED_SHADOW_NAMES) || has_items(filter, M_GEO_LOCATIONS))
        return not_indexed("named shadows");
    return OK;
}

static bool is_on(const struct record *r, unsigned member, const char *value) {
    return bytes_equal(get_text(r, member), bytes_from(value));
}

/* A custom field gives an attribute a type for aggregations; fields that are managed need none. */
static status check_field(enum query_index index, bytes name) {
    enum query_field field;
    bytes attribute;
    TRY(query_field_find(index, name, &field, &attribute));
    if (field != QUERY_ATTRIBUTE)
        return FAIL(E_INVALID, "%.*s is a managed field and cannot be a custom one",
                    BYTES_ARG(bytes_slice(name, 0, 200)));
    return OK;
}

/* The custom fields of the input as one list of names and types; as they were when not given. */
static status read_fields(const struct call *c, const struct record *in, enum query_index index,
                          bytes *fields) {
    AUTO(buf) list = {0};
    const struct items *given = get_list(in, M_CUSTOM_FIELDS);
    if (!given)
        return OK;
    if (given->count > CUSTOM_FIELDS_MAX)
        return FAIL(E_LIMIT, "An index has at most %d custom fields, not %zu", CUSTOM_FIELDS_MAX,
                    given->count);
    VALUES_EACH(v, given) {
        TRY(check_field(index, get_text(v->record, M_NAME)));
        record_list_add(&list, get_text(v->record, M_NAME));
        record_list_add(&list, get_text(v->record, M_TYPE));
    }
    *fields = arena_copy(c->arena, buf_bytes(&list));
    return OK;
}

status update_indexing_configuration(struct call *c) {
    const struct record *things = get_record(c->in, M_THING_INDEXING_CONFIGURATION);
    const struct record *groups = get_record(c->in, M_THING_GROUP_INDEXING_CONFIGURATION);
    struct indexing_settings settings;
    TRY(indexing_settings_load(&c->registry, &settings));
    if (things) {
        TRY(check_things(things));
        settings.things = is_on(things, M_THING_INDEXING_MODE, "REGISTRY");
        settings.connectivity = is_on(things, M_THING_CONNECTIVITY_INDEXING_MODE, "STATUS");
        if (settings.connectivity && !settings.things)
            return FAIL(E_INVALID, "The connectivity of things is indexed along with the registry: "
                                   "thingIndexingMode must not be OFF");
        TRY(read_fields(c, things, QUERY_INDEX_THINGS, &settings.thing_fields));
    }
    if (groups) {
        settings.groups = is_on(groups, M_THING_GROUP_INDEXING_MODE, "ON");
        TRY(read_fields(c, groups, QUERY_INDEX_GROUPS, &settings.group_fields));
    }
    return indexing_settings_save(&c->registry, &settings);
}

/* ---- the configuration told ---- */

static void add_field(struct items *fields, bytes name, bytes type) {
    struct record *field = add_record(fields);
    put_text(field, M_NAME, name);
    put_text(field, M_TYPE, type);
}

struct managed_field {
    const char *name, *type;
    bool is_of_connectivity;
};

static void put_managed(struct record *out, const struct managed_field *managed, size_t count,
                        bool with_connectivity) {
    struct items *fields = put_list(out, M_MANAGED_FIELDS);
    for (size_t i = 0; i < count; i++)
        if (with_connectivity || !managed[i].is_of_connectivity)
            add_field(fields, bytes_from(managed[i].name), bytes_from(managed[i].type));
}

static void put_custom(struct record *out, bytes list) {
    bytes name, type;
    if (list.len == 0)
        return;
    struct items *fields = put_list(out, M_CUSTOM_FIELDS);
    while (record_list_next(&list, &name) && record_list_next(&list, &type))
        add_field(fields, name, type);
}

static void put_things(struct record *out, const struct indexing_settings *settings) {
    static const struct managed_field managed[] = {
        {"thingName", "String", false},
        {"thingId", "String", false},
        {"registry.version", "Number", false},
        {"registry.thingTypeName", "String", false},
        {"registry.thingGroupNames", "String", false},
        {"connectivity.timestamp", "Number", true},
        {"connectivity.connected", "Boolean", true},
        {"connectivity.disconnectReason", "String", true},
    };
    put_string(out, M_THING_INDEXING_MODE, settings->things ? "REGISTRY" : "OFF");
    put_string(out, M_THING_CONNECTIVITY_INDEXING_MODE, settings->connectivity ? "STATUS" : "OFF");
    for (size_t i = 0; i < COUNT_OF(modes); i++)
        put_string(out, modes[i].member, modes[i].only);
    if (settings->things)
        put_managed(out, managed, COUNT_OF(managed), settings->connectivity);
    put_custom(out, settings->thing_fields);
}

static void put_thing_groups(struct record *out, const struct indexing_settings *settings) {
    static const struct managed_field managed[] = {
        {"thingGroupName", "String", false},
        {"thingGroupId", "String", false},
        {"thingGroupDescription", "String", false},
        {"parentGroupNames", "String", false},
    };
    put_string(out, M_THING_GROUP_INDEXING_MODE, settings->groups ? "ON" : "OFF");
    if (settings->groups)
        put_managed(out, managed, COUNT_OF(managed), false);
    put_custom(out, settings->group_fields);
}

status get_indexing_configuration(struct call *c) {
    struct indexing_settings settings;
    TRY(indexing_settings_load(&c->registry, &settings));
    put_things(put_record(c->out, M_THING_INDEXING_CONFIGURATION), &settings);
    put_thing_groups(put_record(c->out, M_THING_GROUP_INDEXING_CONFIGURATION), &settings);
    return OK;
}

/* ---- the indices ---- */

static const struct {
    const char *name;
    enum query_index index;
    const char *how;
} indices[] = {
    {THINGS_INDEX, QUERY_INDEX_THINGS, "thingIndexingMode REGISTRY"},
    {GROUPS_INDEX, QUERY_INDEX_GROUPS, "thingGroupIndexingMode ON"},
};

static bool is_there(const struct indexing_settings *settings, enum query_index index) {
    return index == QUERY_INDEX_THINGS ? settings->things : settings->groups;
}

static status no_index(bytes name, const char *how) {
    return FAIL(E_NOT_FOUND,
                "Index '%.*s' does not exist. UpdateIndexingConfiguration makes it when it is "
                "given the %s",
                BYTES_ARG(bytes_slice(name, 0, 128)), how);
}

status index_require(const struct call *c, bytes name, enum query_index *out_index) {
    struct indexing_settings settings;
    TRY(indexing_settings_load(&c->registry, &settings));
    if (name.len == 0)
        name = BYTES(THINGS_INDEX);
    for (size_t i = 0; i < COUNT_OF(indices); i++) {
        if (!bytes_equal(name, bytes_from(indices[i].name)))
            continue;
        *out_index = indices[i].index;
        return is_there(&settings, indices[i].index) ? OK : no_index(name, indices[i].how);
    }
    return FAIL(E_NOT_FOUND,
                "Index '%.*s' does not exist. There are " THINGS_INDEX " and " GROUPS_INDEX
                ", once UpdateIndexingConfiguration has switched them on",
                BYTES_ARG(bytes_slice(name, 0, 128)));
}

static status check_version(const struct call *c) {
    bytes version = get_text(c->in, M_QUERY_VERSION);
    if (version.len > 0 && !bytes_equal(version, BYTES(QUERY_VERSION)))
        return FAIL(E_INVALID, "The query version is " QUERY_VERSION ", not %.*s",
                    BYTES_ARG(bytes_slice(version, 0, 40)));
    return OK;
}

status index_require_of(const struct call *c, const char *name) {
    bytes given = get_text(c->in, M_INDEX_NAME);
    enum query_index index;
    if (given.len > 0 && !bytes_equal(given, bytes_from(name)))
        return FAIL(E_INVALID, "The index is %s, not %.*s", name,
                    BYTES_ARG(bytes_slice(given, 0, 128)));
    TRY(check_version(c));
    return index_require(c, bytes_from(name), &index);
}

status index_query(const struct call *c, enum query_index *out_index,
                   const struct thing_query **out_query) {
    TRY(index_require(c, get_text(c->in, M_INDEX_NAME), out_index));
    TRY(check_version(c));
    return thing_query_parse(c->arena, *out_index, get_text(c->in, M_QUERY_STRING), out_query);
}

status index_connectivity(const struct call *c, struct connectivity_source **out_source) {
    struct indexing_settings settings;
    TRY(indexing_settings_load(&c->registry, &settings));
    *out_source = settings.connectivity ? c->config->connectivity : NULL;
    return OK;
}

status describe_index(struct call *c) {
    bytes name = get_text(c->in, M_INDEX_NAME);
    struct indexing_settings settings;
    enum query_index index;
    TRY(index_require(c, name, &index));
    TRY(indexing_settings_load(&c->registry, &settings));
    bool with_connectivity = index == QUERY_INDEX_THINGS && settings.connectivity;
    put_text(c->out, M_INDEX_NAME, name);
    put_string(c->out, M_INDEX_STATUS, "ACTIVE");
    put_string(c->out, M_SCHEMA,
               with_connectivity ? "REGISTRY_AND_CONNECTIVITY_STATUS" : "REGISTRY");
    return OK;
}

status list_indices(struct call *c) {
    struct indexing_settings settings;
    if (has(c->in, M_NEXT_TOKEN))
        return FAIL(E_INVALID, "The next token is none that this listing gave: it has one page");
    TRY(indexing_settings_load(&c->registry, &settings));
    struct items *names = put_list(c->out, M_INDEX_NAMES);
    for (size_t i = 0; i < COUNT_OF(indices); i++)
        if (is_there(&settings, indices[i].index))
            add_text(names, bytes_from(indices[i].name));
    return OK;
}
