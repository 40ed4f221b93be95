/* Admission: who is it, and may it connect? Asked on a worker, with plain blocking code.
 *
 * The loop fills in what it knows of a CONNECT; the worker finds the account by server name, the
 * certificate in the registry, decides by its status and validity (identity/principal.h), binds the
 * policies and checks iot:Connect, for a will iot:Publish too, and finds what the type of its thing
 * adds to its messages. The same is asked again for a live connection when something it rests on
 * has changed; then iot:Connect does not count [AWS device-gateway 7]. A message by HTTPS is asked
 * about in the same way, only that nobody connects and there is no client identifier
 * (gateway/https.h). This reads and never writes; what is to be done about a device that is not
 * known yet is for newcomers.h. */
#pragma once
#include "gateway/reasons.h"
#include "loop/workers.h"
#include "policy/set.h"

struct server;
struct mqtt_client;
struct custom_auth;
struct https_publish;

struct admission {
    struct job job;
    struct server *server;
    struct mqtt_client *client;    /* NULL when it went away meanwhile, or for `publish` */
    struct https_publish *publish; /* one message by HTTPS, and no CONNECT */
    struct connection *connection; /* stays until the answer has come */
    uint64_t changes;              /* of the plane when asked */
    /* asked */
    bool again;                 /* a live connection is looked at again */
    bool renews;                /* … because the time has come to ask its authorizer again */
    struct custom_auth *custom; /* NULL: by certificate alone (gateway/custom_auth.h) */
    bool local;                 /* the plain listener: no certificate */
    bool has_fingerprint;
    uint8_t fingerprint[32];
    struct buf server_name, client_id, will_topic, der;
    bool asks_about_certificate; /* its domain has a function that is asked … */
    struct buf issuers;          /* … about these too: record list of DER, nearest first */
    bool has_will, will_retain, persistent;
    char peer_address[46];
    char account[13]; /* asked again: the account it is in */
    /* answered */
    bool server_name_known; /* it is an endpoint of an account, or none was sent */
    bool is_newcomer; /* not registered, or not activated: gateway/newcomers.h goes on from here */
    status result;    /* OK, or why not, with the sentence */
    char certificate_id[65];
    bool thing_is_exclusive;
    struct buf thing_name; /* of the thing the policy variables speak of, if any */
    struct buf thing_type;
    struct buf user_properties; /* what its type adds to each PUBLISH: encoded properties */
    struct buf groups;          /* it is in, with their ancestors: each name and a zero byte */
    int64_t not_after_ms;       /* of the certificate; 0: there is none */
    uint64_t crl_hash;          /* of certificate and CA, as CRLs are told; 0: it has no CA here */
    char text[1024];
    const char *event;           /* of the refusal, as in the log */
    struct policy_set *policies; /* NULL: every right */
};

struct admission *admission_new(struct mqtt_client *client);
struct admission *admission_new_for_publish(struct connection *c, struct https_publish *publish);
void admission_free(struct admission *a);
/* admission_decide fills the answer; on a worker. */
void admission_decide(struct admission *a);
/* admission_start posts it to a worker, who owns it then; mqtt_admitted, refresh_done or
 * https_admitted continue.
 * False when too much waits already: the caller still owns it. */
NODISCARD
bool admission_start(struct admission *a);
/* admission_answered tells whoever asked, if still there, and frees; on the loop. */
void admission_answered(struct admission *a);
