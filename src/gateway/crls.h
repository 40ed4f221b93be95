/* CRLs of a running server: asked for again where they have a URL, and acting on live connections.
 *
 * Whoever takes a CRL (the command line, or the upkeep here) writes it to the store, and every
 * admission asks there. What is connected already is found otherwise: each principal of a loop
 * keeps a hash of account, CA and serial; a list that is new goes to every loop as a set of such
 * hashes, and who is in it is looked at again by a worker, which asks the store and decides. */
#pragma once
#include <stdint.h>

#include "base/status.h"

struct server;
struct revoked_set;

/* Editions that the loops have been told of; used by one job at a time. */
struct crls {
    struct told_crl *told;
    size_t count;
};
void crls_done(struct crls *c);

/* crls_look asks URLs whose time has come, and tells the loops of lists they have not seen. On a
 * worker. *out_next_ms is when the next URL is due, or INT64_MAX. What cannot be fetched is logged
 * and no failure. */
NODISCARD
status crls_look(struct server *s, int64_t now_ms, int64_t *out_next_ms);

/* revoked_set_has is for the loops. */
bool revoked_set_has(const struct revoked_set *set, uint64_t hash);
