/* Upkeep: what becomes due by time alone. The main thread looks now and then; what there is to do
 * is done by a worker.
 *
 * Certificates and CA certificates that end are announced 30 days, 7 days and a day before, and
 * when they have ended (registry/expiry.h): in the log, as event on
 *
 *     $aws/events/certificates/expiring/CERTIFICATE_ID      …/expired/CERTIFICATE_ID
 *     $aws/events/caCertificates/expiring/CERTIFICATE_ID    …/expired/CERTIFICATE_ID
 *
 * and, at any time, by `kedge certificates --expiring 30d` and `kedge why`. AWS has no such events;
 * the names continue those of registration [AWS identity 5.4]. Told at least once.
 *
 * CRLs are asked for again, and new ones told to the loops: gateway/crls.h. */
#pragma once
#include <stdatomic.h>

#include "gateway/crls.h"
#include "loop/workers.h"
#include "registry/expiry.h"

struct server;

struct upkeep {
    struct job job;
    struct server *server;
    _Atomic bool under_way;
    _Atomic bool again;      /* asked for while it was under way */
    _Atomic int64_t next_ms; /* wall time */
    struct crls crls;
};

/* upkeep_look posts what is due to a worker; on the main thread, about every minute. `now` looks
 * although nothing is due by the clock. */
void upkeep_look(struct server *s, bool now);

/* expiry_sentence says when it ends or ended, and what to do about it. */
void expiry_sentence(enum expiry_kind kind, const struct expiry *e, int64_t now_ms,
                     struct buf *out);
