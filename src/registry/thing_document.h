/* Inside registry/ and for searches: things and thing groups as documents that queries are asked
 * about. Only what a query asks is looked up. */
#pragma once
#include "registry/connectivity.h"
#include "registry/thing_group.h"
#include "registry/thing_query.h"

/* thing_document_load fills the fields that `query` looks at (NULL: all of them); it borrows from
 * `thing`. */
NODISCARD
status thing_document_load(const struct registry *r, const struct thing_record *thing,
                           const struct thing_query *query, struct connectivity_source *source,
                           struct query_document *out_document);
NODISCARD
status thing_matches(const struct registry *r, const struct thing_query *query,
                     const struct thing_record *thing, struct connectivity_source *source,
                     bool *out_matches);

void thing_group_document(const struct thing_group_record *group,
                          struct query_document *out_document);
