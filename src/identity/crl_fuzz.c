/* CRLs from anywhere. What our walk takes OpenSSL takes too, and both mean the same by it: as many
 * entries, with the same serials, dates and reasons, the same number and times. */
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "identity/crl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds)
        abort();
}

/* Magnitude without leading zeros; a negative number is beyond what we compare. */
static bool same_number(const ASN1_INTEGER *theirs, bytes ours) {
    if (ASN1_STRING_type(theirs) == V_ASN1_NEG_INTEGER)
        return true;
    bytes number = bytes_of(ASN1_STRING_get0_data(theirs), (size_t)ASN1_STRING_length(theirs));
    while (number.len > 0 && number.ptr[0] == 0)
        number = bytes_skip(number, 1);
    while (ours.len > 0 && ours.ptr[0] == 0)
        ours = bytes_skip(ours, 1);
    return bytes_equal(number, ours);
}

static bool same_time(const ASN1_TIME *theirs, int64_t ours_ms) {
    struct tm tm;
    return ASN1_TIME_to_tm(theirs, &tm) != 1 || (int64_t)timegm(&tm) * 1000 == ours_ms;
}

static void compare_entry(X509_REVOKED *theirs, const struct crl_entry *ours) {
    int critical;
    ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(theirs, NID_crl_reason, &critical, NULL);
    must(same_number(X509_REVOKED_get0_serialNumber(theirs), ours->serial));
    must(same_time(X509_REVOKED_get0_revocationDate(theirs), ours->revoked_ms));
    if (reason && ASN1_STRING_type(reason) != V_ASN1_NEG_ENUMERATED)
        must(ASN1_ENUMERATED_get(reason) == ours->reason);
    ASN1_ENUMERATED_free(reason);
}

static void compare(X509_CRL *theirs, const struct crl *ours) {
    STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(theirs);
    size_t count, taken = 0, all = revoked ? (size_t)sk_X509_REVOKED_num(revoked) : 0;
    must(all == ours->entry_count);
    must(same_time(X509_CRL_get0_lastUpdate(theirs), ours->this_update_ms));
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(theirs);
    must(next ? same_time(next, ours->next_update_ms) : ours->next_update_ms == 0);
    struct crl_entry *entries = calloc(all + 1, sizeof *entries);
    crl_entries(ours, entries, &count);
    for (size_t i = 0; i < all && count == all; i++, taken++)
        compare_entry(sk_X509_REVOKED_value(revoked, (int)i), &entries[i]);
    must(count <= all && (count < all || taken == all));
    free(entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO(buf) der = {0};
    struct crl crl;
    const unsigned char *at;
    if (crl_decode(bytes_of(data, size), &der) != OK)
        return 0;
    status s = crl_parse(buf_bytes(&der), &crl);
    must(s == OK || s == E_CERTIFICATE_INVALID);
    at = der.ptr;
    X509_CRL *theirs = s == OK ? d2i_X509_CRL(NULL, &at, (long)der.len) : NULL;
    if (theirs)
        compare(theirs, &crl);
    X509_CRL_free(theirs);
    ERR_clear_error();
    return 0;
}
