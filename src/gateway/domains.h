/* Domains: the server names that domain configurations speak of, as new connections meet them
 * [AWS identity 11.4], [AWS device-gateway 1.3].
 *
 *     commit ─▶ identity_changed ─▶ worker: domains_load ─▶ an identity for every loop's next
 * clients
 *
 * What a loop must know before a worker is asked (does it want a certificate, which protocol, will
 * it call a function) travels in the domain's mark; all else a worker reads when a client connects.
 */
#pragma once
#include "registry/domain_configuration.h"
#include "tls/connection.h"

struct server;

/* domains_load makes the server's identity from its own certificates and the domains. A certificate
 * that is no longer good leaves the last good one in place and says so in the log. For
 * gateway/accounts.c. */
NODISCARD
status domains_load(struct server *s);

/* What a mark says; of mark 0 everything is as the port says. */
enum domain_authentication domain_mark_authentication(unsigned mark);
enum domain_protocol domain_mark_protocol(unsigned mark);
bool domain_mark_calls_function(unsigned mark); /* for each client certificate */

/* domains_find says whose name it is, and gives its configuration in `a`. E_NOT_FOUND for names
 * that are nobody's, none included. *out_domain has no name where no configuration goes with the
 * name (iot:Data). */
NODISCARD
status domains_find(struct txn *t, struct arena *a, bytes region, bytes server_name,
                    char out_account[13], struct domain_configuration *out_domain);
/* domains_managed_names gives the names of ours that configurations brought: our certificate is for
 * them too. */
NODISCARD
status domains_managed_names(struct server *s, struct arena *a, bytes **out_names,
                             size_t *out_count);
