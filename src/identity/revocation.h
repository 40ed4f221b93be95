/* Taking a CRL: the rules between a file and what the registry keeps of it.
 *
 * It has to be of a CA registered in the account, signed by that CA's key, of its time, and no
 * older than the one that is there. */
#pragma once
#include "identity/crl.h"

struct revocation {
    struct store *store;
    bytes account, region;
    bytes ca_certificate_id;
    bytes file; /* PEM or DER */
    bytes url;  /* where it came from, to ask there again; none: by hand */
};
/* revocation_load does it, in a transaction of its own; a million entries take a second or two, of
 * which the store is held for a part. *out_crl lives in `arena`. E_NOT_FOUND for the CA,
 * E_CERTIFICATE_INVALID, E_VERSION_CONFLICT for an older list than the present one. */
NODISCARD
status revocation_load(const struct revocation *revocation, int64_t now_ms, struct arena *arena,
                       struct crl_record *out_crl);

/* revocation_next_fetch is when to ask for the successor: an hour before it is due, within a day,
 * not within five minutes. */
int64_t revocation_next_fetch(int64_t next_update_ms, int64_t now_ms);
