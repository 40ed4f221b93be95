#include "provisioning/ownership.h"

#include <string.h>

#include "base/random.h"
#include "identity/x509.h"
#include "registry/unclaimed.h"

/* The expiry goes in front, eight bytes; what is stored is the digest of the whole. */
enum { TOKEN_BYTES = OWNERSHIP_TOKEN_LEN / 2, EXPIRY_BYTES = 8 };

static void put_expiry(uint8_t *token, int64_t expires_ms) {
    for (size_t i = 0; i < EXPIRY_BYTES; i++)
        token[i] = (uint8_t)((uint64_t)expires_ms >> 8 * (EXPIRY_BYTES - 1 - i));
}

static int64_t expiry_of(const uint8_t *token) {
    uint64_t expires_ms = 0;
    for (size_t i = 0; i < EXPIRY_BYTES; i++)
        expires_ms = expires_ms << 8 | token[i];
    return (int64_t)expires_ms;
}

static bytes digest_of(struct arena *a, const uint8_t token[TOKEN_BYTES]) {
    char digest[X509_ID_CHARACTERS + 1];
    x509_id(bytes_of(token, TOKEN_BYTES), digest); /* SHA-256, in hexadecimal */
    return arena_copy(a, bytes_from(digest));
}

status ownership_issue(const struct registry *r, bytes certificate_id, int64_t now_ms,
                       char out_token[OWNERSHIP_TOKEN_LEN + 1]) {
    uint8_t token[TOKEN_BYTES];
    put_expiry(token, now_ms + OWNERSHIP_TOKEN_MS);
    random_fill(token + EXPIRY_BYTES, sizeof token - EXPIRY_BYTES);
    struct unclaimed u = {expiry_of(token), digest_of(r->arena, token), certificate_id};
    TRY(unclaimed_save(r, &u));
    hex_encode(bytes_of(token, sizeof token), out_token);
    out_token[OWNERSHIP_TOKEN_LEN] = 0;
    mem_wipe(token, sizeof token);
    return OK;
}

static status check_age(const struct unclaimed *u, int64_t now_ms) {
    if (now_ms < u->expires_ms)
        return OK;
    return FAIL(E_OWNERSHIP_TOKEN,
                "The certificate ownership token has expired, an hour after it was made: ask for a "
                "new certificate");
}

static status find(const struct registry *r, bytes text, int64_t now_ms,
                   struct unclaimed *out_unclaimed) {
    uint8_t token[TOKEN_BYTES];
    if (text.len == 0) /* [AWS identity 8.4] */
        return FAIL(E_OWNERSHIP_TOKEN, "Certificate ownership token cannot be empty.");
    if (text.len != OWNERSHIP_TOKEN_LEN || hex_decode(text, token) != OK)
        return FAIL(E_OWNERSHIP_TOKEN, "The certificate ownership token is none that was given "
                                       "here: send it as it came with the certificate");
    status s = unclaimed_load(r, expiry_of(token), digest_of(r->arena, token), out_unclaimed);
    mem_wipe(token, sizeof token);
    if (s == E_NOT_FOUND)
        return FAIL(E_OWNERSHIP_TOKEN,
                    "The certificate ownership token is not known: it was used already, belongs to "
                    "another account, or its hour is over");
    TRY(s);
    return check_age(out_unclaimed, now_ms);
}

status ownership_find(const struct registry *r, bytes token, int64_t now_ms,
                      bytes *out_certificate_id) {
    struct unclaimed u;
    TRY(find(r, token, now_ms, &u));
    *out_certificate_id = u.certificate_id;
    return OK;
}

status ownership_spend(const struct registry *r, bytes token, int64_t now_ms) {
    struct unclaimed u;
    TRY(find(r, token, now_ms, &u));
    return unclaimed_remove(r, &u);
}
