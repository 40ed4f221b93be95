#include "registry/thing_document.h"
#include "registry/internal.h"

static bool asks(const struct thing_query *query, enum query_field field) {
    return !query || thing_query_asks(query, field);
}

/* Those it was added to; dynamic groups are queries themselves and not asked about. */
static status add_groups(const struct registry *r, bytes thing, struct query_document *d) {
    struct row *memberships;
    size_t count;
    TRY(thing_group_memberships(r, thing, &memberships, &count));
    for (size_t i = 0; i < count; i++)
        query_document_add(d, QUERY_THING_GROUPS, memberships[i].key);
    return OK;
}

/* A client identifier stands for the thing of that name. Of one that never came, all that is known
 * is that it is not there; without a source not even that. */
static void add_connectivity(const struct registry *r, bytes thing,
                             struct connectivity_source *source, struct query_document *d) {
    struct connectivity c;
    if (!source)
        return;
    connectivity_find(source, r->account, thing, &c);
    query_document_add(d, QUERY_CONNECTED, c.is_connected ? BYTES("true") : BYTES("false"));
    if (!c.is_known)
        return;
    query_document_add(d, QUERY_CONNECTIVITY_TIME,
                       bytes_from(arena_printf(r->arena, "%lld", (long long)c.since_ms)));
    query_document_add(d, QUERY_DISCONNECT_REASON, bytes_from(c.disconnect_reason));
}

status thing_document_load(const struct registry *r, const struct thing_record *thing,
                           const struct thing_query *query, struct connectivity_source *source,
                           struct query_document *out_document) {
    struct query_document *d = out_document;
    d->value_count = 0;
    d->attributes = thing->attributes;
    d->attribute_count = thing->attribute_count;
    query_document_add(d, QUERY_THING_NAME, thing->name);
    query_document_add(d, QUERY_THING_ID, thing->id);
    query_document_add(d, QUERY_THING_TYPE, thing->type_name);
    query_document_add(d, QUERY_BILLING_GROUP, thing->billing_group_name);
    if (asks(query, QUERY_VERSION))
        query_document_add(
            d, QUERY_VERSION,
            bytes_from(arena_printf(r->arena, "%llu", (unsigned long long)thing->version)));
    if (asks(query, QUERY_CONNECTED) || asks(query, QUERY_CONNECTIVITY_TIME) ||
        asks(query, QUERY_DISCONNECT_REASON))
        add_connectivity(r, thing->name, source, d);
    return asks(query, QUERY_THING_GROUPS) ? add_groups(r, thing->name, d) : OK;
}

status thing_matches(const struct registry *r, const struct thing_query *query,
                     const struct thing_record *thing, struct connectivity_source *source,
                     bool *out_matches) {
    struct query_document d;
    TRY(thing_document_load(r, thing, query, source, &d));
    *out_matches = thing_query_matches(query, &d);
    return OK;
}

void thing_group_document(const struct thing_group_record *group,
                          struct query_document *out_document) {
    struct query_document *d = out_document;
    d->value_count = 0;
    d->attributes = group->attributes;
    d->attribute_count = group->attribute_count;
    query_document_add(d, QUERY_GROUP_NAME, group->name);
    query_document_add(d, QUERY_GROUP_ID, group->id);
    query_document_add(d, QUERY_GROUP_DESCRIPTION, group->description);
    for (size_t i = 0; i < group->ancestor_count; i++)
        query_document_add(d, QUERY_GROUP_PARENTS, group->ancestors[i]);
}
