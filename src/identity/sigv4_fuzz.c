/* Any request at all is parsed and verified; nothing without the secret gets in. What a second
 * verifier finds (fresh keys) is what the first one (remembered keys) found. */
#include <assert.h>

#include "identity/sigv4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_refusal(status s) {
    return s == E_TOKEN_MISSING || s == E_SIGNATURE_INCOMPLETE || s == E_SIGNATURE_INVALID ||
           s == E_TOKEN_INVALID;
}

static void check(const struct http_request *r, struct arena *a) {
    static struct sigv4_signer *lasting;
    struct sigv4 s;
    if (!lasting)
        lasting = sigv4_signer_new();
    status parsed = sigv4_parse(r, a, &s);
    assert(parsed == OK || is_refusal(parsed));
    if (parsed != OK)
        return;
    const struct sigv4_rules rules = {.region = BYTES("ap-northeast-1"), .now_ms = s.time_ms};
    struct sigv4_signer *fresh = sigv4_signer_new();
    status right = sigv4_verify(fresh, &s, r, BYTES("secret"), &rules, a);
    status again = sigv4_verify(lasting, &s, r, BYTES("secret"), &rules, a);
    status other = sigv4_verify(lasting, &s, r, BYTES("another"), &rules, a);
    assert(right == again && (right == OK || is_refusal(right)));
    assert(is_refusal(other));
    sigv4_signer_free(fresh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct http_parser p;
    AUTO(buf) in = {0};
    AUTO(arena) a = {0};
    struct http_request r;
    enum http_progress progress;
    buf_append(&in, bytes_of(data, size));
    http_parser_start(&p, 1000);
    if (http_parser_read(&p, &in, &progress) != OK || progress != HTTP_DONE)
        return 0;
    http_parser_request(&p, &in, &a, &r);
    check(&r, &a);
    return 0;
}
