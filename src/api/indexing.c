/* Fleet indexing over what the registry knows of things. The registry is its own index: a search
 * reads it, so it is never behind, and switching it on takes no time. */
#include "api/handlers.h"
#include "registry/settings.h"
#include "registry/thing_query.h"

#define THINGS_INDEX "AWS_Things"
#define QUERY_VERSION "2017-09-30"

enum {
    RESULTS_MAX = 100, /* of a page, also when more are asked for */
    ROUNDS_MAX = 20,   /* listings of a search without enough results: some 100,000 things */
};

/* ---- configuration ---- */

/* What may be given and has no effect here yet: refused, unless it says the only value there is. */
static const struct {
    unsigned member;
    const char *only, *name;
} modes[] = {
    {M_THING_CONNECTIVITY_INDEXING_MODE, "OFF", "the connectivity of things"},
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
    if (has_items(things, M_CUSTOM_FIELDS))
        return not_indexed("custom fields");
    if (has_items(filter, M_NAMED_SHADOW_NAMES) || has_items(filter, M_GEO_LOCATIONS))
        return not_indexed("named shadows");
    return OK;
}

static status check_groups(const struct record *groups) {
    if (bytes_equal(get_text(groups, M_THING_GROUP_INDEXING_MODE), BYTES("ON")))
        return not_indexed("thing groups");
    return has_items(groups, M_CUSTOM_FIELDS) ? not_indexed("custom fields") : OK;
}

status update_indexing_configuration(struct call *c) {
    const struct record *things = get_record(c->in, M_THING_INDEXING_CONFIGURATION);
    const struct record *groups = get_record(c->in, M_THING_GROUP_INDEXING_CONFIGURATION);
    struct indexing_settings settings;
    if (groups)
        TRY(check_groups(groups));
    if (!things)
        return OK;
    TRY(check_things(things));
    TRY(indexing_settings_load(&c->registry, &settings));
    settings.things = bytes_equal(get_text(things, M_THING_INDEXING_MODE), BYTES("REGISTRY"));
    return indexing_settings_save(&c->registry, &settings);
}

static void put_managed_fields(struct record *out) {
    static const struct {
        const char *name, *type;
    } managed[] = {
        {"thingName", "String"},
        {"thingId", "String"},
        {"registry.version", "Number"},
        {"registry.thingTypeName", "String"},
    };
    struct items *fields = put_list(out, M_MANAGED_FIELDS);
    for (size_t i = 0; i < COUNT_OF(managed); i++) {
        struct record *field = add_record(fields);
        put_string(field, M_NAME, managed[i].name);
        put_string(field, M_TYPE, managed[i].type);
    }
}

status get_indexing_configuration(struct call *c) {
    struct indexing_settings settings;
    TRY(indexing_settings_load(&c->registry, &settings));
    struct record *things = put_record(c->out, M_THING_INDEXING_CONFIGURATION);
    put_string(things, M_THING_INDEXING_MODE, settings.things ? "REGISTRY" : "OFF");
    for (size_t i = 0; i < COUNT_OF(modes); i++)
        put_string(things, modes[i].member, modes[i].only);
    if (settings.things)
        put_managed_fields(things);
    struct record *groups = put_record(c->out, M_THING_GROUP_INDEXING_CONFIGURATION);
    put_string(groups, M_THING_GROUP_INDEXING_MODE, "OFF");
    return OK;
}

/* ---- the index ---- */

static status require_index(const struct call *c, bytes name) {
    struct indexing_settings settings;
    TRY(indexing_settings_load(&c->registry, &settings));
    if (bytes_equal(name, BYTES(THINGS_INDEX)) && settings.things)
        return OK;
    return FAIL(E_NOT_FOUND,
                "Index '%.*s' does not exist. UpdateIndexingConfiguration makes " THINGS_INDEX
                " when it is given the thingIndexingMode REGISTRY",
                BYTES_ARG(name));
}

status describe_index(struct call *c) {
    bytes name = get_text(c->in, M_INDEX_NAME);
    TRY(require_index(c, name));
    put_text(c->out, M_INDEX_NAME, name);
    put_string(c->out, M_INDEX_STATUS, "ACTIVE");
    put_string(c->out, M_SCHEMA, "REGISTRY");
    return OK;
}

status list_indices(struct call *c) {
    struct indexing_settings settings;
    if (has(c->in, M_NEXT_TOKEN))
        return FAIL(E_INVALID, "The next token is none that this listing gave: it has one page");
    TRY(indexing_settings_load(&c->registry, &settings));
    struct items *names = put_list(c->out, M_INDEX_NAMES);
    if (settings.things)
        add_text(names, BYTES(THINGS_INDEX));
    return OK;
}

/* ---- searching ---- */

/* Everything is copied: it was read into memory that the next round uses again. */
static void put_thing(struct items *things, const struct thing_record *thing) {
    struct record *document = add_record(things);
    struct arena *a = things->arena;
    put_text(document, M_THING_NAME, arena_copy(a, thing->name));
    put_text(document, M_THING_ID, arena_copy(a, thing->id));
    if (thing->type_name.len > 0)
        put_text(document, M_THING_TYPE_NAME, arena_copy(a, thing->type_name));
    struct items *attributes = put_list(document, M_ATTRIBUTES);
    for (size_t i = 0; i < thing->attribute_count; i++)
        add_entry(attributes, arena_copy(a, thing->attributes[i].name),
                  arena_copy(a, thing->attributes[i].value));
}

/* One listing of at most so many things; its token goes to *next. */
static status search_round(const struct call *c, const struct thing_filter *filter, size_t limit,
                           struct arena *scratch, struct items *things, bytes *next) {
    struct registry r = c->registry;
    struct page page = {.limit = limit, .token = *next};
    struct thing_list list;
    r.arena = scratch;
    TRY(thing_list(&r, filter, &page, &list));
    for (size_t i = 0; i < list.count; i++)
        put_thing(things, &list.items[i]);
    *next = list.next.len > 0 ? arena_copy(c->arena, list.next) : (bytes){0};
    return OK;
}

/* A page has fewer things than asked for, or none, when finding more would take too long; its token
 * leads on. */
static status search(struct call *c, const struct thing_query *query, size_t limit) {
    const struct thing_filter filter = {.query = query};
    struct items *things = put_list(c->out, M_THINGS);
    bytes next = get_text(c->in, M_NEXT_TOKEN);
    AUTO(arena) scratch = {0};
    for (size_t i = 0; i < ROUNDS_MAX && things->count < limit && (i == 0 || next.len > 0); i++) {
        TRY(search_round(c, &filter, limit - things->count, &scratch, things, &next));
        arena_reset(&scratch);
    }
    if (next.len > 0)
        put_text(c->out, M_NEXT_TOKEN, next);
    return OK;
}

status search_index(struct call *c) {
    bytes name = get_text(c->in, M_INDEX_NAME), version = get_text(c->in, M_QUERY_VERSION);
    int64_t limit = get_number(c->in, M_MAX_RESULTS, RESULTS_MAX);
    const struct thing_query *query;
    TRY(require_index(c, name.len > 0 ? name : BYTES(THINGS_INDEX)));
    if (version.len > 0 && !bytes_equal(version, BYTES(QUERY_VERSION)))
        return FAIL(E_INVALID, "The query version is " QUERY_VERSION ", not %.*s",
                    BYTES_ARG(bytes_slice(version, 0, 40)));
    TRY(thing_query_parse(c->arena, get_text(c->in, M_QUERY_STRING), &query));
    return search(c, query, limit < RESULTS_MAX ? (size_t)limit : RESULTS_MAX);
}
