/* A stranger: a certificate that is not registered in the account its device called. Who signed it,
 * may it be registered by itself [AWS identity 5], and if not, why: the sentence that users of the
 * original miss most [AWS identity 12].
 *
 * The CA is found among the account's own, by name, key identifiers and signature, so the device
 * needs to send no chain; what it does send only helps to explain. Costs one verification, and
 * decoding a few CA certificates when none fits: workers only. */
#pragma once
#include "identity/principal.h"
#include "identity/x509.h"
#include "registry/ca_certificate.h"

struct stranger {
    bytes server_name; /* SNI as sent; no bytes when none was */
    bool server_name_known;
    bytes der;          /* the device's certificate */
    const bytes *chain; /* what it sent besides, DER */
    size_t chain_count;
};

/* stranger_verdict_done frees it; the records live in the registry's arena. */
struct stranger_verdict {
    /* IDENTITY_REGISTERED: nothing speaks against registering it under `ca`; others: why not. */
    enum identity_reason reason;
    struct x509_certificate leaf; /* not set when it cannot be read */
    struct ca_record ca;          /* that signed it; without id when none of the account's did */
};
void stranger_verdict_done(struct stranger_verdict *v);

/* stranger_judge decides, and appends one sentence for people unless the reason is
 * IDENTITY_REGISTERED. A status other than OK means that the registry could not be read. */
NODISCARD
status stranger_judge(const struct registry *r, const struct stranger *s, int64_t now_ms,
                      struct stranger_verdict *out_verdict, struct buf *out_sentence);
