/* Policies, compiled and shared: parsed documents by name, generation and version, and bound sets
 * for the many connections whose policies decide alike for everyone.
 *
 * A document of one (name, generation, version) never changes, so nothing here is ever stale; what
 * is not used for long is dropped when there is too much. Any worker. */
#pragma once
#include "policy/set.h"
#include "registry/principal.h"

struct documents;

struct documents *documents_new(void);
void documents_free(struct documents *d);

/* documents_bind gives the set of `count` policies for one connection; the caller owns a reference.
 * `context` is asked for only when a policy depends on the connection: `fill` completes it, from
 * the certificate's DER for instance. E_POLICY_MALFORMED when a stored document no longer parses.
 */
NODISCARD
status documents_bind(struct documents *d, const struct policy_scope *scope,
                      const struct policy_facts *policies, size_t count,
                      struct policy_context *context,
                      void (*fill)(struct policy_context *context, void *owner), void *owner,
                      struct policy_set **out_set);
