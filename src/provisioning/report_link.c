#include "provisioning/report_link.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { SIGNATURE_LEN = 64 };
static const char root[] = "/thing-registration-task-reports/";

static bool sign(const uint8_t key[REPORT_LINK_KEY_BYTES], bytes text, char out[SIGNATURE_LEN]) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!HMAC(EVP_sha256(), key, REPORT_LINK_KEY_BYTES, text.ptr, text.len, digest, &len))
        return false;
    hex_encode(bytes_of(digest, SIGNATURE_LEN / 2), out);
    return true;
}

/* What is signed: all that comes before the signature. */
static void format_signed(const struct report_part *part, int64_t expires_s, struct buf *out) {
    buf_printf(out, "%s%.*s/%.*s/%s/%llu?expires=%lld", root, BYTES_ARG(part->account),
               BYTES_ARG(part->task), report_type_name(part->type), (unsigned long long)part->part,
               (long long)expires_s);
}

void report_link_format(const uint8_t key[REPORT_LINK_KEY_BYTES], const struct report_part *part,
                        int64_t expires_s, struct buf *out) {
    char signature[SIGNATURE_LEN];
    AUTO(buf) text = {0};
    format_signed(part, expires_s, &text);
    if (!sign(key, buf_bytes(&text), signature))
        return; /* libcrypto without HMAC: no link */
    buf_printf(out, "%s&signature=%.*s", buf_string(&text), SIGNATURE_LEN, signature);
}

bool report_link_is_one(bytes path) {
    return bytes_start_with(path, bytes_from(root));
}

static bool parse_path(bytes path, struct report_part *out) {
    bytes rest = bytes_skip(path, sizeof root - 1), type, part;
    return bytes_split(&rest, '/', &out->account) && bytes_split(&rest, '/', &out->task) &&
           bytes_split(&rest, '/', &type) && bytes_split(&rest, '/', &part) && !rest.ptr &&
           report_type_parse(type, &out->type) == OK &&
           bytes_to_u64(part, UINT32_MAX, &out->part) == OK;
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

status report_link_verify(const uint8_t key[REPORT_LINK_KEY_BYTES], bytes path, bytes query,
                          int64_t now_s, struct report_part *out_part) {
    struct report_part part;
    char expected[SIGNATURE_LEN];
    bytes signature;
    uint64_t expires_s;
    AUTO(buf) text = {0};
    if (!parse_path(path, &part) || !parse_query(query, &expires_s, &signature))
        return FAIL(E_ACCESS_DENIED, "This is not a link to a report");
    format_signed(&part, (int64_t)expires_s, &text);
    if (!sign(key, buf_bytes(&text), expected) ||
        !bytes_equal_secret(signature, bytes_of(expected, sizeof expected)))
        return FAIL(E_ACCESS_DENIED, "The signature of this link does not match; links end with "
                                     "the server that gave them: list the reports again");
    if ((int64_t)expires_s < now_s)
        return FAIL(E_ACCESS_DENIED, "This link has expired: list the reports again");
    *out_part = part;
    return OK;
}
