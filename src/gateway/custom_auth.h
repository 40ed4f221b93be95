/* Custom authentication: clients that come with a token or a password instead of a certificate, or
 * beside it, and the function that decides about them [AWS device-gateway 11].
 *
 *     CONNECT ─▶ functions' crew: authorizer, token, function, policies ─▶ as any other client
 *        refreshAfterInSeconds: the function is asked again, its policies replace the former ones
 *        disconnectAfterInSeconds: the connection ends
 *
 * The crew is one of its own: a slow function holds up nobody but those who wait for functions. */
#pragma once
#include "function/authorizer.h"
#include "gateway/admission.h"
#include "mqtt/connect.h"
#include "registry/domain_configuration.h"

struct connection;

/* What one client brought, and what was answered. A client has one, and each admission a copy: it
 * goes to a worker, and comes back with the answer. */
struct custom_auth {
    struct mqtt_client *client; /* of the client's own; NULL in an admission */
    bool with_certificate;      /* CUSTOM_AUTH_X509 */
    struct buf user_name, password;
    char connection_id[37];
    /* answered */
    char principal_id[AUTHORIZER_PRINCIPAL_MAX + 1];
    struct buf policies; /* record list of JSON texts */
    int64_t disconnect_after_s, refresh_after_s;
    struct timer disconnect, refresh;
};

/* custom_auth_new is for a CONNECT that a function decides about, by domain and ALPN
 * [AWS device-gateway 1.1, 1.3]; NULL for all others. */
struct custom_auth *custom_auth_new(const struct connection *c, const struct mqtt_connect *k);
struct custom_auth *custom_auth_copy(const struct custom_auth *custom); /* NULL for NULL */
void custom_auth_free(struct custom_auth *custom); /* wipes; NULL does nothing */

/* ---- on a worker ---- */

/* An authorizer as it was found for one client. */
struct custom_choice {
    struct authorizer authorizer;
    struct authorizer_credentials credentials;
    bytes arn;
};
/* custom_auth_choose finds the authorizer: the one that the client names, else the domain's, else
 * the account's. E_DENIED with the reason. */
NODISCARD
status custom_auth_choose(const struct registry *r, const struct custom_auth *custom,
                          const struct domain_configuration *domain,
                          struct custom_choice *out_choice);
/* custom_auth_call verifies the token and asks the function, outside any transaction; what it
 * answers stays in a->custom. E_DENIED and the failures of authorizer_call, with the reason. */
NODISCARD
status custom_auth_call(struct admission *a, const struct custom_choice *choice,
                        struct arena *arena);
/* custom_auth_documents parses what was answered; the caller owns a reference on each. */
NODISCARD
status custom_auth_documents(const struct custom_auth *custom,
                             struct policy_document *out_documents[AUTHORIZER_POLICIES_MAX],
                             size_t *out_count);

/* custom_auth_check_certificate asks the function that a domain has for client certificates, if it
 * has one and the client is new; outside any transaction [AWS identity 11.4]. E_DENIED with the
 * reason. */
NODISCARD
status custom_auth_check_certificate(struct admission *a, const struct domain_configuration *domain,
                                     struct arena *arena);

/* ---- on the loop ---- */

/* custom_auth_start takes it over from the admission of a client that is let in now, and starts the
 * clocks; custom_auth_stop stops them. Both fine without one. */
void custom_auth_start(struct mqtt_client *m, struct admission *a);
void custom_auth_stop(struct mqtt_client *m);
/* custom_auth_renewed continues with the answer of a function that was asked again. */
void custom_auth_renewed(struct admission *a);
