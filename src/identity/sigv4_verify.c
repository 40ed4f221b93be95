/* Is the signature right? Scope and time first, then coverage, then the arithmetic. */
#include <assert.h>
#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>

#include "codec/date.h"
#include "identity/sigv4_internal.h"

enum {
    HASH_BYTES = 32,
    KEYS_REMEMBERED = 32,
    SCOPE_BYTES_MAX = 192, /* a longer scope, or secret, is served and not remembered */
    SECRET_BYTES_MAX = 128,
    TEXT_BYTES_KEPT = 64 * 1024,
};

/* A signing key and what it was derived from. */
struct derived {
    size_t scope_len, secret_len;
    uint8_t scope[SCOPE_BYTES_MAX]; /* keyid/date/region/service */
    uint8_t secret[SECRET_BYTES_MAX];
    uint8_t key[HASH_BYTES];
};

struct sigv4_signer {
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
    EVP_MAC *hmac;
    EVP_MAC_CTX *mac;
    struct buf text; /* the canonical request at hand */
    struct derived keys[KEYS_REMEMBERED];
};

/* The crypto calls below fail only when memory ends, as any small allocation: so ends the process.
 */
static void must(bool done) {
    assert(done);
}

struct sigv4_signer *sigv4_signer_new(void) {
    char name[] = "SHA256";
    struct sigv4_signer *g = NEW(struct sigv4_signer);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                           OSSL_PARAM_construct_end()};
    g->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    g->digest = EVP_MD_CTX_new();
    g->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    must(g->sha256 && g->digest && g->hmac);
    g->mac = EVP_MAC_CTX_new(g->hmac);
    must(g->mac && EVP_MAC_CTX_set_params(g->mac, params) == 1);
    return g;
}

void sigv4_signer_free(struct sigv4_signer *g) {
    if (!g)
        return;
    EVP_MAC_CTX_free(g->mac);
    EVP_MAC_free(g->hmac);
    EVP_MD_CTX_free(g->digest);
    EVP_MD_free(g->sha256);
    buf_done(&g->text);
    mem_wipe(g, sizeof *g);
    mem_free(g);
}

static void sha256(struct sigv4_signer *g, bytes data, uint8_t out[HASH_BYTES]) {
    must(EVP_DigestInit_ex2(g->digest, g->sha256, NULL) == 1 &&
         EVP_DigestUpdate(g->digest, data.ptr, data.len) == 1 &&
         EVP_DigestFinal_ex(g->digest, out, NULL) == 1);
}

/* `out` may be where `key` is. */
static void hmac(struct sigv4_signer *g, bytes key, bytes data, uint8_t out[HASH_BYTES]) {
    size_t len;
    must(EVP_MAC_init(g->mac, key.ptr, key.len, NULL) == 1 &&
         EVP_MAC_update(g->mac, data.ptr, data.len) == 1 &&
         EVP_MAC_final(g->mac, out, &len, HASH_BYTES) == 1);
}

static void derive(struct sigv4_signer *g, const struct sigv4 *s, bytes secret,
                   uint8_t out[HASH_BYTES]) {
    const bytes steps[] = {s->date, s->region, s->service, BYTES("aws4_request")};
    AUTO(buf) seed = {0};
    (void)buf_reserve(&seed, 4 + secret.len); /* so that no copy stays behind */
    buf_append(&seed, BYTES("AWS4"));
    buf_append(&seed, secret);
    bytes key = buf_bytes(&seed);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        hmac(g, key, steps[i], out);
        key = bytes_of(out, HASH_BYTES);
    }
    mem_wipe(seed.ptr, seed.capacity);
}

/* The signing key, derived or remembered. */
static bytes signing_key(struct sigv4_signer *g, const struct sigv4 *s, bytes secret,
                         uint8_t scratch[HASH_BYTES]) {
    char text[SCOPE_BYTES_MAX];
    int len = snprintf(text, sizeof text, "%.*s/%.*s/%.*s/%.*s", BYTES_ARG(s->access_key_id),
                       BYTES_ARG(s->date), BYTES_ARG(s->region), BYTES_ARG(s->service));
    if (len < 0 || (size_t)len >= sizeof text || secret.len > SECRET_BYTES_MAX) {
        derive(g, s, secret, scratch);
        return bytes_of(scratch, HASH_BYTES);
    }
    bytes scope = bytes_of(text, (size_t)len);
    struct derived *d = &g->keys[bytes_hash(scope) % KEYS_REMEMBERED];
    if (!bytes_equal(bytes_of(d->scope, d->scope_len), scope) ||
        !bytes_equal_secret(bytes_of(d->secret, d->secret_len), secret)) {
        memcpy(d->scope, text, scope.len);
        d->scope_len = scope.len;
        if (secret.len > 0)
            memcpy(d->secret, secret.ptr, secret.len);
        d->secret_len = secret.len;
        derive(g, s, secret, d->key);
    }
    return bytes_of(d->key, HASH_BYTES);
}

static status wrong_signature(void) {
    return FAIL(E_SIGNATURE_INVALID,
                "The request signature we calculated does not match the signature you provided. "
                "Check your AWS Secret Access Key and signing method. Consult the service "
                "documentation for details.");
}

static bool is_service(bytes service, const char *const *services) {
    for (size_t i = 0; services[i]; i++)
        if (bytes_equal(service, bytes_from(services[i])))
            return true;
    return false;
}

static status check_scope(const struct sigv4 *s, const struct sigv4_rules *rules) {
    if (!bytes_equal(s->date, bytes_of(s->timestamp, 8)))
        return FAIL(E_SIGNATURE_INVALID,
                    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
                    "date from HTTP: %.*s != %.8s.",
                    SIGV4_QUOTE(s->date), s->timestamp);
    if (!bytes_equal(s->region, rules->region))
        return FAIL(E_SIGNATURE_INVALID,
                    "Credential should be scoped to a valid Region, not '%.*s'.",
                    SIGV4_QUOTE(s->region));
    if (!is_service(s->service, rules->services ? rules->services : sigv4_services))
        return FAIL(E_SIGNATURE_INVALID, "Credential should be scoped to correct service: '%s'.",
                    rules->services ? rules->services[0] : sigv4_services[0]);
    return OK;
}

static status check_time(const struct sigv4 *s, int64_t now_ms) {
    char now[17], edge[17];
    int64_t life_ms = s->expires_s ? s->expires_s * 1000 : SIGV4_SKEW_MS;
    date_format_basic(now_ms, now);
    if (s->time_ms < now_ms - life_ms) {
        date_format_basic(now_ms - life_ms, edge);
        bool minutes = life_ms % 60000 == 0;
        return FAIL(E_SIGNATURE_INVALID,
                    "Signature expired: %s is now earlier than %s (%s - %" PRId64 " %s.)",
                    s->timestamp, edge, now, life_ms / (minutes ? 60000 : 1000),
                    minutes ? "min" : "sec");
    }
    if (s->time_ms > now_ms + SIGV4_SKEW_MS) {
        date_format_basic(now_ms + SIGV4_SKEW_MS, edge);
        return FAIL(E_SIGNATURE_INVALID,
                    "Signature not yet current: %s is still later than %s (%s + 15 min.)",
                    s->timestamp, edge, now);
    }
    return OK;
}

static bool covers(const struct sigv4 *s, bytes name) {
    for (bytes rest = s->signed_headers, part; bytes_split(&rest, ';', &part);)
        if (bytes_equal_nocase(part, name))
            return true;
    return false;
}

/* Each name once: the canonical request must not outgrow the request. */
static status check_names(const struct sigv4 *s) {
    size_t count = 0;
    for (size_t i = 0; i < s->signed_headers.len; i++)
        count += s->signed_headers.ptr[i] == ';';
    if (count >= SIGV4_SIGNED_HEADERS_MAX)
        return FAIL(E_SIGNATURE_INCOMPLETE, "SignedHeaders names more than %d headers.",
                    SIGV4_SIGNED_HEADERS_MAX);
    for (bytes rest = s->signed_headers, name; bytes_split(&rest, ';', &name);)
        for (bytes others = rest, other; bytes_split(&others, ';', &other);)
            if (bytes_equal_nocase(name, other))
                return FAIL(E_SIGNATURE_INCOMPLETE, "SignedHeaders names '%.*s' twice.",
                            SIGV4_QUOTE(name));
    return OK;
}

/* The host, the date and every x-amz-* header that is there must be signed
 * [AWS control-plane 3.1]. */
static status check_coverage(const struct sigv4 *s, const struct http_request *r) {
    TRY(check_names(s));
    if (!covers(s, BYTES("host")))
        return FAIL(E_SIGNATURE_INVALID, "'Host' or ':authority' must be a 'SignedHeader' in the "
                                         "AWS Authorization.");
    if (!s->presigned && !covers(s, BYTES("x-amz-date")) && !covers(s, BYTES("date")))
        return FAIL(E_SIGNATURE_INVALID,
                    "'X-Amz-Date' or 'Date' must be a 'SignedHeader' in the AWS Authorization.");
    for (size_t i = 0; i < r->header_count; i++) {
        bytes name = r->headers[i].name;
        if (bytes_equal_nocase(bytes_slice(name, 0, 6), BYTES("x-amz-")) && !covers(s, name))
            return FAIL(E_SIGNATURE_INVALID,
                        "There were headers present in the request which were not signed: %.*s",
                        SIGV4_QUOTE(name));
    }
    return OK;
}

/* The last line of the canonical request: the hash of the body, or what the signer put in its
 * place and may put there. */
static status payload_line(struct sigv4_signer *g, const struct sigv4 *s,
                           const struct http_request *r, char hex[2 * HASH_BYTES], bytes *out) {
    uint8_t hash[HASH_BYTES];
    bytes claimed = http_header_find(r, "x-amz-content-sha256");
    if (bytes_equal(claimed, BYTES("UNSIGNED-PAYLOAD"))) {
        if (!s->presigned)
            return FAIL(E_SIGNATURE_INVALID, "UNSIGNED-PAYLOAD is for presigned requests only.");
        *out = claimed;
        return OK;
    }
    sha256(g, r->body, hash);
    hex_encode(bytes_of(hash, HASH_BYTES), hex);
    *out = bytes_of(hex, 2 * HASH_BYTES);
    if (claimed.ptr && !bytes_equal_nocase(claimed, *out))
        return FAIL(E_SIGNATURE_INVALID, "The provided 'x-amz-content-sha256' header does not "
                                         "match what was computed.");
    return OK;
}

/* The signature over the canonical request in g->text, as hexadecimal. */
static void sign(struct sigv4_signer *g, const struct sigv4 *s, bytes key,
                 char out[2 * HASH_BYTES]) {
    uint8_t hash[HASH_BYTES];
    char hex[2 * HASH_BYTES];
    sha256(g, buf_bytes(&g->text), hash);
    hex_encode(bytes_of(hash, HASH_BYTES), hex);
    buf_clear(&g->text);
    const bytes lines[] = {BYTES("AWS4-HMAC-SHA256\n"),
                           bytes_of(s->timestamp, 16),
                           BYTES("\n"),
                           s->date,
                           BYTES("/"),
                           s->region,
                           BYTES("/"),
                           s->service,
                           BYTES("/aws4_request\n"),
                           bytes_of(hex, sizeof hex)};
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        buf_append(&g->text, lines[i]);
    hmac(g, key, buf_bytes(&g->text), hash);
    hex_encode(bytes_of(hash, HASH_BYTES), out);
}

void sigv4_hash(struct sigv4_signer *g, bytes data, char out[SIGV4_HEX_LEN]) {
    uint8_t hash[HASH_BYTES];
    sha256(g, data, hash);
    hex_encode(bytes_of(hash, HASH_BYTES), out);
}

static status compute(struct sigv4_signer *g, const struct sigv4 *s, const struct http_request *r,
                      bytes key, bytes payload, struct sigv4_variant variant, struct arena *a,
                      char out[SIGV4_HEX_LEN]) {
    buf_clear(&g->text);
    TRY(sigv4_canonical_request(s, r, payload, variant, a, &g->text));
    sign(g, s, key, out);
    if (g->text.capacity > TEXT_BYTES_KEPT)
        buf_done(&g->text);
    return OK;
}

status sigv4_compute(struct sigv4_signer *g, const struct sigv4 *s, const struct http_request *r,
                     bytes secret, bytes payload, struct sigv4_variant variant, struct arena *a,
                     char out[SIGV4_HEX_LEN]) {
    uint8_t scratch[HASH_BYTES];
    status result = compute(g, s, r, signing_key(g, s, secret, scratch), payload, variant, a, out);
    mem_wipe(scratch, sizeof scratch);
    return result;
}

static status compare(struct sigv4_signer *g, const struct sigv4 *s, const struct http_request *r,
                      bytes key, bytes payload, struct sigv4_variant variant, struct arena *a) {
    char ours[SIGV4_HEX_LEN];
    TRY(compute(g, s, r, key, payload, variant, a, ours));
    bool same = bytes_equal_secret(bytes_of(ours, sizeof ours), s->signature);
    mem_wipe(ours, sizeof ours);
    return same ? OK : wrong_signature();
}

status sigv4_verify(struct sigv4_signer *g, const struct sigv4 *s, const struct http_request *r,
                    bytes secret, const struct sigv4_rules *rules, struct arena *a) {
    /* from the most likely on; the others are for WebSocket URLs only [AWS control-plane 3.3] */
    static const struct sigv4_variant variants[] = {
        {false, false, false}, {true, false, false}, {false, true, false}, {true, true, false}};
    uint8_t scratch[HASH_BYTES];
    char hex[2 * HASH_BYTES];
    bytes payload;
    TRY(check_scope(s, rules));
    TRY(check_time(s, rules->now_ms));
    TRY(check_coverage(s, r));
    TRY(payload_line(g, s, r, hex, &payload));
    bytes key = signing_key(g, s, secret, scratch);
    bool tolerant = s->presigned && bytes_equal(s->service, BYTES("iotdevicegateway"));
    status result = E_SIGNATURE_INVALID;
    for (size_t i = 0; i < (tolerant ? COUNT_OF(variants) : 1) && result != OK; i++)
        result = compare(g, s, r, key, payload, variants[i], a);
    mem_wipe(scratch, sizeof scratch);
    return result;
}
