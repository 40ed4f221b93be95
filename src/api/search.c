/* SearchIndex: what a query finds in an index, page by page. */
#include "api/handlers.h"
#include "api/indexing.h"

enum {
    RESULTS_MAX = 100, /* of a page, also when more are asked for */
    ROUNDS_MAX = 20,   /* listings of a walk without enough results: some 100,000 things */
};

/* ---- walking through an index ---- */

struct walk {
    const struct call *call;
    const struct thing_query *query;
    struct connectivity_source *source;
    size_t left; /* hits still wanted */
    bytes *token;
    index_visit *visit;
    void *context;
};

/* One listing of things; its arena is the round's. */
static status walk_things(struct walk *w, const struct registry *r) {
    const struct thing_filter filter = {.query = w->query, .connectivity = w->source};
    struct page page = {.limit = w->left < PAGE_LIMIT_MAX ? w->left : PAGE_LIMIT_MAX,
                        .token = *w->token};
    struct thing_list list;
    TRY(thing_list(r, &filter, &page, &list));
    for (size_t i = 0; i < list.count; i++)
        TRY(w->visit(w->context, &(struct index_hit){.r = r, .thing = &list.items[i]}));
    w->left -= list.count;
    *w->token = arena_copy(w->call->arena, list.next);
    return OK;
}

static status walk_groups(struct walk *w, const struct registry *r) {
    const struct thing_group_filter all = {.recursive = true};
    struct page page = {.limit = w->left < PAGE_LIMIT_MAX ? w->left : PAGE_LIMIT_MAX,
                        .token = *w->token};
    struct name_list names;
    TRY(thing_group_list(r, &all, &page, &names));
    for (size_t i = 0; i < names.count; i++) {
        struct thing_group_record group;
        struct query_document document;
        TRY(thing_group_load(r, names.items[i], &group));
        thing_group_document(&group, &document);
        if (!thing_query_matches(w->query, &document))
            continue;
        TRY(w->visit(w->context, &(struct index_hit){.r = r, .group = &group}));
        w->left--;
    }
    *w->token = arena_copy(w->call->arena, names.next);
    return OK;
}

status index_walk(const struct call *c, enum query_index index, const struct thing_query *query,
                  size_t limit, bytes *token, index_visit *visit, void *context) {
    struct walk w = {.call = c,
                     .query = query,
                     .left = limit,
                     .token = token,
                     .visit = visit,
                     .context = context};
    AUTO(arena) scratch = {0};
    struct registry r = c->registry;
    r.arena = &scratch;
    TRY(index_connectivity(c, &w.source));
    for (size_t i = 0; i < ROUNDS_MAX && w.left > 0 && (i == 0 || token->len > 0); i++) {
        TRY(index == QUERY_INDEX_THINGS ? walk_things(&w, &r) : walk_groups(&w, &r));
        arena_reset(&scratch);
    }
    return OK;
}

/* ---- results; all of them copied, for the walk uses its memory again ---- */

struct results {
    struct items *documents;
    struct connectivity_source *source;
};

static void put_copy(struct record *document, unsigned member, bytes text) {
    if (text.len > 0)
        put_text(document, member, arena_copy(document->arena, text));
}

static void put_copies(struct record *document, const struct thing_attribute *attributes,
                       size_t count) {
    struct arena *a = document->arena;
    struct items *map = put_list(document, M_ATTRIBUTES);
    for (size_t i = 0; i < count; i++)
        add_entry(map, arena_copy(a, attributes[i].name), arena_copy(a, attributes[i].value));
}

static void put_values(struct record *document, unsigned member, enum query_field field,
                       const struct query_document *d) {
    struct items *list = NULL;
    for (size_t i = 0; i < d->value_count; i++) {
        if (d->values[i].field != field)
            continue;
        list = list ? list : put_list(document, member);
        add_text(list, arena_copy(document->arena, d->values[i].text));
    }
}

static void put_connectivity(struct record *out, const struct connectivity *c) {
    put_flag(out, M_CONNECTED, c->is_connected);
    if (c->is_known)
        put_number(out, M_TIMESTAMP, c->since_ms);
    put_string(out, M_DISCONNECT_REASON, c->disconnect_reason);
}

static status add_thing(struct results *results, const struct registry *r,
                        const struct thing_record *thing) {
    struct record *document = add_record(results->documents);
    struct query_document d;
    TRY(thing_document_load(r, thing, NULL, NULL, &d));
    put_copy(document, M_THING_NAME, thing->name);
    put_copy(document, M_THING_ID, thing->id);
    put_copy(document, M_THING_TYPE_NAME, thing->type_name);
    put_values(document, M_THING_GROUP_NAMES, QUERY_THING_GROUPS, &d);
    put_copies(document, thing->attributes, thing->attribute_count);
    if (results->source) {
        struct connectivity c;
        connectivity_find(results->source, r->account, thing->name, &c);
        put_connectivity(put_record(document, M_CONNECTIVITY), &c);
    }
    return OK;
}

static status add_group(struct results *results, const struct thing_group_record *group) {
    struct record *document = add_record(results->documents);
    struct query_document d;
    thing_group_document(group, &d);
    put_copy(document, M_THING_GROUP_NAME, group->name);
    put_copy(document, M_THING_GROUP_ID, group->id);
    put_copy(document, M_THING_GROUP_DESCRIPTION, group->description);
    put_copies(document, group->attributes, group->attribute_count);
    put_values(document, M_PARENT_GROUP_NAMES, QUERY_GROUP_PARENTS, &d);
    return OK;
}

static status add_hit(void *context, const struct index_hit *hit) {
    struct results *results = context;
    return hit->thing ? add_thing(results, hit->r, hit->thing) : add_group(results, hit->group);
}

/* A page has fewer results than asked for, or none, when finding more would take too long; its
 * token leads on. */
status search_index(struct call *c) {
    int64_t limit = get_number(c->in, M_MAX_RESULTS, RESULTS_MAX);
    bytes token = get_text(c->in, M_NEXT_TOKEN);
    const struct thing_query *query;
    struct results results;
    enum query_index index;
    TRY(index_query(c, &index, &query));
    TRY(index_connectivity(c, &results.source));
    results.documents = put_list(c->out, index == QUERY_INDEX_THINGS ? M_THINGS : M_THING_GROUPS);
    TRY(index_walk(c, index, query, limit < RESULTS_MAX ? (size_t)limit : RESULTS_MAX, &token,
                   add_hit, &results));
    if (token.len > 0)
        put_text(c->out, M_NEXT_TOKEN, token);
    return OK;
}

status get_thing_connectivity_data(struct call *c) {
    bytes name = get_text(c->in, M_THING_NAME);
    struct connectivity_source *source;
    struct connectivity connectivity;
    struct thing_record thing;
    if (get_flag(c->in, M_INCLUDE_SOCKET_INFORMATION))
        return FAIL(E_NOT_IMPLEMENTED, "kedge does not tell socket information yet");
    TRY(index_connectivity(c, &source));
    if (!source)
        return FAIL(E_INDEX_NOT_READY,
                    "The connectivity of things is not indexed. UpdateIndexingConfiguration "
                    "switches it on with thingConnectivityIndexingMode STATUS");
    TRY(thing_load(&c->registry, name, &thing));
    connectivity_find(source, c->registry.account, name, &connectivity);
    put_text(c->out, M_THING_NAME, name);
    put_flag(c->out, M_CONNECTED, connectivity.is_connected);
    if (connectivity.is_known)
        put_time(c->out, M_TIMESTAMP, connectivity.since_ms);
    put_string(c->out, M_DISCONNECT_REASON, connectivity.disconnect_reason);
    return OK;
}
