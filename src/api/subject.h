/* Who connects, as policies see it: what the registry and the certificate say, in the words of
 * policy/variables.h. The gate at CONNECT (gateway/admission.c) and the simulator
 * (authorization.c) both take it from here, so that they cannot differ. Pure, any thread. */
#pragma once
#include "base/arena.h"
#include "policy/variables.h"
#include "registry/thing.h"

/* subject_certificate reads the names of a certificate. With DER that nobody can read only the id
 * is known: its variables stay undefined, so nothing is granted by them. Borrows `id`, the rest
 * lives in `a` or in `der`. */
struct policy_certificate subject_certificate(struct arena *a, bytes id, bytes der);
/* subject_thing borrows from the record; the list of attributes lives in `a`. */
struct policy_thing subject_thing(struct arena *a, const struct thing_record *thing);
