/* The first connect of a device: just-in-time registration [AWS identity 5].
 *
 *     CONNECT ─▶ not registered here ─▶ its CA is, ACTIVE, registers automatically, signed it
 *             ─▶ registered PENDING_ACTIVATION, and the event on
 *                $aws/events/certificates/registered/<caId>, in one commit
 *             ─▶ closed, without CONNACK for MQTT 3.1.1
 *
 * The same again, without the registration, as often as it connects while PENDING_ACTIVATION. When
 * the CA has a registrationConfig, its template is run after that, in a transaction of its own
 * (provisioning/jitp.h). What cannot be registered is explained. Blocks, and may write: never on
 * the path of a device that is known and ACTIVE. Certificates are decoded and verified before the
 * write transaction begins, so that first connects share commits and hold nobody up. */
#pragma once
#include "identity/stranger.h"
#include "provisioning/register_thing.h"

struct first_connect {
    struct store *store;
    bytes region;
    bytes account; /* that the server name means; the default one when it means none */
    struct stranger stranger;
    struct provisioning_options options; /* now_ms is not looked at */
};

struct first_connect_answer {
    char account[13]; /* whose registry was asked in the end [AWS identity 4.2] */
    /* for the log: "connect.registered", "connect.provisioned", "provisioning.failed",
     * "connect.refused" */
    const char *event;
    struct buf sentence; /* "REASON: why, and what to do" */
    /* The template's role, when it is not in IAM: all was allowed. "" otherwise. */
    char role_unknown[640];
};
void first_connect_answer_done(struct first_connect_answer *a);

/* first_connect decides and does it; when it returns OK all that the sentence says is durable. Any
 * other status: the store failed, and nothing was done. */
NODISCARD
status first_connect(const struct first_connect *f, int64_t now_ms,
                     struct first_connect_answer *out_answer);
