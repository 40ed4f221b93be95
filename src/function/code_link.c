#include "function/code_link.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { SIGNATURE_LEN = 64 };
static const char root[] = "/function-code/";

static bool sign(const uint8_t key[CODE_LINK_KEY_BYTES], bytes text, char out[SIGNATURE_LEN]) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!HMAC(EVP_sha256(), key, CODE_LINK_KEY_BYTES, text.ptr, text.len, digest, &len))
        return false;
    hex_encode(bytes_of(digest, SIGNATURE_LEN / 2), out);
    return true;
}

/* What is signed: all that comes before the signature. */
static void format_signed(bytes code_id, int64_t expires_s, struct buf *out) {
    buf_printf(out, "%s%.*s?expires=%lld", root, BYTES_ARG(code_id), (long long)expires_s);
}

void code_link_format(const uint8_t key[CODE_LINK_KEY_BYTES], bytes code_id, int64_t expires_s,
                      struct buf *out) {
    char signature[SIGNATURE_LEN];
    AUTO(buf) text = {0};
    format_signed(code_id, expires_s, &text);
    if (!sign(key, buf_bytes(&text), signature))
        return; /* libcrypto without HMAC: no link */
    buf_printf(out, "%s&signature=%.*s", buf_string(&text), SIGNATURE_LEN, signature);
}

bool code_link_is_one(bytes path) {
    return bytes_start_with(path, bytes_from(root));
}

static bool parse_query(bytes query, uint64_t *out_expires_s, bytes *out_signature) {
    static const char expires[] = "expires=", signature[] = "signature=";
    bytes rest = query, first;
    if (!bytes_split(&rest, '&', &first) || !bytes_start_with(first, bytes_from(expires)) ||
        !bytes_start_with(rest, bytes_from(signature)))
        return false;
    *out_signature = bytes_skip(rest, sizeof signature - 1);
    return bytes_to_u64(bytes_skip(first, sizeof expires - 1), INT64_MAX, out_expires_s) == OK;
}

static bool is_code_id(bytes text) {
    uint8_t ignored[CODE_ID_LEN / 2];
    return text.len == CODE_ID_LEN && hex_decode(text, ignored) == OK;
}

status code_link_verify(const uint8_t key[CODE_LINK_KEY_BYTES], bytes path, bytes query,
                        int64_t now_s, bytes *out_code_id) {
    char expected[SIGNATURE_LEN];
    bytes signature, id = bytes_skip(path, sizeof root - 1);
    uint64_t expires_s;
    AUTO(buf) text = {0};
    if (!code_link_is_one(path) || !is_code_id(id) || !parse_query(query, &expires_s, &signature))
        return FAIL(E_ACCESS_DENIED, "This is not a link to the code of a function");
    format_signed(id, (int64_t)expires_s, &text);
    if (!sign(key, buf_bytes(&text), expected) ||
        !bytes_equal_secret(signature, bytes_of(expected, sizeof expected)))
        return FAIL(E_ACCESS_DENIED, "The signature of this link does not match; links end with "
                                     "the server that gave them: get the function again");
    if ((int64_t)expires_s < now_s)
        return FAIL(E_ACCESS_DENIED, "This link has expired: get the function again");
    *out_code_id = id;
    return OK;
}
