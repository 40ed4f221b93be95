/* The indices of fleet indexing, as the operations that ask them see them.
 *
 * The registry is its own index: a search reads it, so it is never behind, and switching it on
 * takes no time. Who is connected the gateway tells. */
#pragma once
#include "api/call.h"
#include "registry/connectivity.h"
#include "registry/thing_document.h"
#include "registry/thing_query.h"

#define THINGS_INDEX "AWS_Things"
#define GROUPS_INDEX "AWS_ThingGroups"
#define QUERY_VERSION "2017-09-30"

/* index_require finds the index of this name (no bytes: AWS_Things). E_NOT_FOUND while it is
 * switched off. */
NODISCARD
status index_require(const struct call *c, bytes name, enum query_index *out_index);
/* index_require_of checks the members indexName and queryVersion of the input: they must name this
 * index, or nothing. */
NODISCARD
status index_require_of(const struct call *c, const char *name);
/* index_query reads the members indexName, queryVersion and queryString of the input. */
NODISCARD
status index_query(const struct call *c, enum query_index *out_index,
                   const struct thing_query **out_query);
/* index_connectivity is NULL while connections are not indexed. */
NODISCARD
status index_connectivity(const struct call *c, struct connectivity_source **out_source);

/* What a walk finds; lives until its visitor returns. `r` is the call's registry with an arena of
 * the walk's own. */
struct index_hit {
    const struct registry *r;
    const struct thing_record *thing; /* or NULL, and then: */
    const struct thing_group_record *group;
};
typedef status index_visit(void *context, const struct index_hit *hit);

/* index_walk goes through a stretch of the index: *token (a listing's, updated; no bytes at the
 * end) onwards, at most `limit` hits and a bounded number of rows. */
NODISCARD
status index_walk(const struct call *c, enum query_index index, const struct thing_query *query,
                  size_t limit, bytes *token, index_visit *visit, void *context);
