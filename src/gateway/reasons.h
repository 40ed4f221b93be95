/* Reasons: one sentence for every refusal and every connection closed by us — to the log at once,
 * and kept for `kedge why`, the last ones per client identifier and per certificate.
 *
 * A loop gathers them and hands them to a worker a few times a second; nobody waits for that. How
 * many are kept is bounded: 10 per client or certificate, 20,000 in all; and how many a storm
 * makes: 10 per client and 1,000 in all each time. */
#pragma once
#include "gateway/plane.h"
#include "store/store.h"

struct connection;

enum { REASONS_PER_KEY_MAX = 10, REASONS_MAX = 20000 };
/* What a loop gathers is handed over this long after the first. */
enum { REASONS_FLUSH_MS = 200 };

/* Of whom a sentence speaks; what is not known has no bytes. */
struct who {
    char account[13];
    char certificate_id[65];
    bytes client_id; /* owned by whoever owns the struct */
};

/* reason_record tells of `who` (may be NULL) on connection `c`. */
void reason_record(struct connection *c, const struct who *who, const char *event,
                   const char *sentence);
/* reason_connection is for those of whom nothing is known yet. */
void reason_connection(struct connection *c, const char *event, const char *sentence);

void reasons_start(struct plane *p);
/* reasons_stop hands what is left to the workers. */
void reasons_stop(struct plane *p);

/* reasons_print appends what is kept of a client identifier or certificate id, newest last, one a
 * line: for `kedge why`. With an `account` only what happened in it. *out_count says how many. */
NODISCARD
status reasons_print(struct store *s, bytes id, bytes account, struct buf *out, size_t *out_count);
