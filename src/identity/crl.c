#include "identity/crl.h"

#include <stdio.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "codec/date.h"
#include "identity/der.h"
#include "identity/openssl.h"

enum {
    DER_BIT_STRING = 0x03,
    DER_ENUMERATED = 0x0A,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    REMOVE_FROM_CRL = 8, /* [RFC 5280 5.3.1] */
    AHEAD_MS_MAX = 24 * 3600 * 1000,
};

/* ---- files ---- */

static status decode_pem(bytes file, struct buf *out_der) {
    BIO *text = BIO_new_mem_buf(file.ptr, (int)file.len);
    unsigned char *der = NULL;
    char *name = NULL, *header = NULL;
    long len = 0;
    status s = OK;
    if (!text || PEM_read_bio(text, &name, &header, &der, &len) != 1)
        s = openssl_failure(
            E_CERTIFICATE_INVALID,
            "The file is no CRL: neither PEM with -----BEGIN X509 CRL----- nor DER");
    else if (strcmp(name, PEM_STRING_X509_CRL) != 0)
        s = FAIL(E_CERTIFICATE_INVALID,
                 "The file has a %.40s where -----BEGIN X509 CRL----- is expected", name);
    else
        buf_append(out_der, bytes_of(der, (size_t)len));
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(der);
    BIO_free(text);
    return s;
}

status crl_decode(bytes file, struct buf *out_der) {
    if (file.len > CRL_BYTES_MAX)
        return FAIL(E_CERTIFICATE_INVALID, "The CRL is larger than %d MiB, the most that is taken",
                    CRL_BYTES_MAX >> 20);
    if (file.len == 0 || file.ptr[0] != DER_SEQUENCE)
        return decode_pem(file, out_der);
    buf_append(out_der, file);
    return OK;
}

/* ---- pieces ---- */

static bytes without_zeros(bytes number) {
    while (number.len > 0 && number.ptr[0] == 0)
        number = bytes_skip(number, 1);
    return number;
}

/* "YYMMDDHHMMSSZ" until 2049, "YYYYMMDDHHMMSSZ" from 2050 on [RFC 5280 5.1.2.4]. */
static status read_time(struct reader *in, int64_t *out_ms) {
    struct der e;
    char text[17] = "20";
    TRY(der_next(in, &e));
    bool is_short = e.tag == DER_UTC_TIME && e.value.len == 13;
    if (!is_short && !(e.tag == DER_GENERALIZED_TIME && e.value.len == 15))
        return FAIL(E_MALFORMED, "a time is in no form that a CRL may have");
    if (is_short && e.value.ptr[0] >= '5')
        memcpy(text, "19", 2);
    bytes year = bytes_slice(e.value, 0, is_short ? 2 : 4);
    memcpy(text + (is_short ? 2 : 0), year.ptr, year.len);
    bytes rest = bytes_skip(e.value, year.len);
    memcpy(text + 4, rest.ptr, 4);
    text[8] = 'T';
    memcpy(text + 9, rest.ptr + 4, 7);
    if (date_parse_iso(bytes_of(text, 16), out_ms) != OK)
        return FAIL(E_MALFORMED, "a time does not exist");
    return OK;
}

struct extension {
    bytes oid, value;
    bool is_critical;
};

static status read_extension(struct reader *in, struct extension *out) {
    struct reader inside;
    struct der oid, critical = {0}, value;
    TRY(der_enter(in, DER_SEQUENCE, &inside));
    TRY(der_take(&inside, DER_OID, &oid));
    if (der_is_next(&inside, DER_BOOLEAN))
        TRY(der_take(&inside, DER_BOOLEAN, &critical));
    TRY(der_take(&inside, DER_OCTET_STRING, &value));
    if (inside.left.len > 0 || (critical.tag && critical.value.len != 1))
        return FAIL(E_MALFORMED, "an extension is not well-formed");
    *out = (struct extension){oid.value, value.value, critical.tag && critical.value.ptr[0] != 0};
    return OK;
}

/* ---- entries ---- */

#define ID_CE "\x55\x1d" /* 2.5.29 */

static status read_reason(bytes value, uint8_t *out_reason) {
    struct reader in = {value};
    struct der e;
    TRY(der_take(&in, DER_ENUMERATED, &e));
    if (e.value.len != 1 || in.left.len > 0)
        return FAIL(E_MALFORMED, "a reason code is no small number");
    *out_reason = e.value.ptr[0];
    return OK;
}

static status read_entry_extensions(struct reader *entry, struct crl_entry *out) {
    struct reader extensions;
    struct extension x;
    TRY(der_enter(entry, DER_SEQUENCE, &extensions));
    while (extensions.left.len > 0) {
        TRY(read_extension(&extensions, &x));
        if (bytes_equal(x.oid, BYTES(ID_CE "\x15")))
            TRY(read_reason(x.value, &out->reason));
        else if (x.is_critical)
            return FAIL(E_MALFORMED, "an entry has a critical extension that is not understood; "
                                     "indirect CRLs are not taken");
    }
    return OK;
}

static status read_entry(struct reader *in, struct crl_entry *out) {
    struct reader entry;
    struct der serial;
    struct crl_entry e = {0};
    TRY(der_enter(in, DER_SEQUENCE, &entry));
    TRY(der_take(&entry, DER_INTEGER, &serial));
    TRY(read_time(&entry, &e.revoked_ms));
    if (entry.left.len > 0)
        TRY(read_entry_extensions(&entry, &e));
    e.serial = without_zeros(serial.value);
    if (serial.value.len == 0 || e.serial.len > CRL_SERIAL_BYTES_MAX || entry.left.len > 0)
        return FAIL(E_MALFORMED, "an entry is not well-formed");
    *out = e;
    return OK;
}

static status count_entries(struct crl *crl) {
    struct reader in = {crl->entries};
    struct crl_entry e;
    while (in.left.len > 0) {
        TRY(read_entry(&in, &e));
        if (++crl->entry_count > CRL_ENTRIES_MAX)
            return FAIL(E_MALFORMED, "it has more than %d entries, the most that is taken",
                        CRL_ENTRIES_MAX);
    }
    return OK;
}

void crl_entries(const struct crl *crl, struct crl_entry *out, size_t *out_count) {
    struct reader in = {crl->entries};
    size_t count = 0;
    struct crl_entry e;
    while (in.left.len > 0 && read_entry(&in, &e) == OK)
        if (e.reason != REMOVE_FROM_CRL)
            out[count++] = e;
    *out_count = count;
}

/* ---- extensions of the list ---- */

static status read_number(struct crl *crl, bytes value) {
    struct reader in = {value};
    struct der number;
    TRY(der_take(&in, DER_INTEGER, &number));
    crl->number = without_zeros(number.value);
    if (crl->number.len > CRL_NUMBER_BYTES_MAX || in.left.len > 0)
        return FAIL(E_MALFORMED, "its number is longer than %d bytes", CRL_NUMBER_BYTES_MAX);
    if (crl->number.len == 0) /* number zero is a number */
        crl->number = bytes_slice(number.value, 0, 1);
    return OK;
}

static status read_authority(struct crl *crl, bytes value) {
    struct reader in = {value}, inside;
    struct der key;
    TRY(der_enter(&in, DER_SEQUENCE, &inside));
    if (!der_is_next(&inside, DER_CONTEXT))
        return OK;
    TRY(der_take(&inside, DER_CONTEXT, &key));
    crl->authority_key_id = key.value;
    return OK;
}

/* Where it is issued [0] and that it is for user certificates [1] changes nothing for us. */
static status read_distribution_point(struct crl *crl, bytes value) {
    struct reader in = {value}, inside;
    struct der part;
    (void)crl;
    TRY(der_enter(&in, DER_SEQUENCE, &inside));
    while (inside.left.len > 0) {
        TRY(der_next(&inside, &part));
        if (part.tag != DER_CONTEXT_CONSTRUCTED && part.tag != (DER_CONTEXT | 1))
            return FAIL(E_MALFORMED, "it is indirect, or only of some reasons, of CAs or of "
                                     "attribute certificates: only a full CRL is taken");
    }
    return OK;
}

static status refuse_delta(struct crl *crl, bytes value) {
    (void)crl, (void)value;
    return FAIL(E_MALFORMED, "it is a delta CRL: only a full one is taken");
}

static const struct {
    bytes oid;
    status (*read)(struct crl *crl, bytes value);
} extensions[] = {
    {BYTES(ID_CE "\x14"), read_number},
    {BYTES(ID_CE "\x23"), read_authority},
    {BYTES(ID_CE "\x1c"), read_distribution_point},
    {BYTES(ID_CE "\x1b"), refuse_delta},
};

static status take_extension(struct crl *crl, const struct extension *x) {
    for (size_t i = 0; i < COUNT_OF(extensions); i++)
        if (bytes_equal(x->oid, extensions[i].oid))
            return extensions[i].read(crl, x->value);
    if (x->is_critical)
        return FAIL(E_MALFORMED, "it has a critical extension that is not understood");
    return OK;
}

static status read_extensions(struct reader *tbs, struct crl *crl) {
    struct reader tagged, list;
    struct extension x;
    TRY(der_enter(tbs, DER_CONTEXT_CONSTRUCTED, &tagged));
    TRY(der_enter(&tagged, DER_SEQUENCE, &list));
    while (list.left.len > 0) {
        TRY(read_extension(&list, &x));
        TRY(take_extension(crl, &x));
    }
    return OK;
}

/* ---- the list ---- */

static status read_version(struct reader *tbs) {
    struct der version;
    if (!der_is_next(tbs, DER_INTEGER))
        return OK; /* 1 */
    TRY(der_take(tbs, DER_INTEGER, &version));
    if (version.value.len != 1 || version.value.ptr[0] != 1)
        return FAIL(E_MALFORMED, "its version is neither 1 nor 2");
    return OK;
}

static bool is_time_next(const struct reader *in) {
    return der_is_next(in, DER_UTC_TIME) || der_is_next(in, DER_GENERALIZED_TIME);
}

static status read_tbs(struct crl *crl) {
    struct reader in = {crl->tbs}, tbs;
    struct der algorithm, issuer, entries;
    TRY(der_enter(&in, DER_SEQUENCE, &tbs));
    TRY(read_version(&tbs));
    TRY(der_take(&tbs, DER_SEQUENCE, &algorithm));
    if (!bytes_equal(algorithm.whole, crl->algorithm))
        return FAIL(E_MALFORMED, "it names two signature algorithms");
    TRY(der_take(&tbs, DER_SEQUENCE, &issuer));
    crl->issuer_der = issuer.whole;
    TRY(x509_name_hash(issuer.whole, &crl->issuer_hash));
    TRY(read_time(&tbs, &crl->this_update_ms));
    if (is_time_next(&tbs))
        TRY(read_time(&tbs, &crl->next_update_ms));
    if (der_is_next(&tbs, DER_SEQUENCE)) {
        TRY(der_take(&tbs, DER_SEQUENCE, &entries));
        crl->entries = entries.value;
    }
    if (tbs.left.len > 0)
        TRY(read_extensions(&tbs, crl));
    if (tbs.left.len > 0)
        return FAIL(E_MALFORMED, "something follows its extensions");
    return count_entries(crl);
}

static status walk(bytes der, struct crl *crl) {
    struct reader in = {der}, list;
    struct der tbs, algorithm, signature;
    TRY(der_enter(&in, DER_SEQUENCE, &list));
    TRY(der_take(&list, DER_SEQUENCE, &tbs));
    TRY(der_take(&list, DER_SEQUENCE, &algorithm));
    TRY(der_take(&list, DER_BIT_STRING, &signature));
    if (in.left.len > 0 || list.left.len > 0 || signature.value.len < 2 ||
        signature.value.ptr[0] != 0)
        return FAIL(E_MALFORMED, "something follows it, or its signature is cut off");
    crl->tbs = tbs.whole;
    crl->algorithm = algorithm.whole;
    crl->signature = bytes_skip(signature.value, 1); /* the count of unused bits */
    return read_tbs(crl);
}

status crl_parse(bytes der, struct crl *out_crl) {
    struct crl crl = {0};
    if (walk(der, &crl) != OK) {
        char why[200];
        (void)snprintf(why, sizeof why, "%s", failure_text());
        return FAIL(E_CERTIFICATE_INVALID, "The CRL cannot be taken: %s", why);
    }
    *out_crl = crl;
    return OK;
}

/* ---- may it be believed? ---- */

/* OpenSSL verifies over what an item encodes to; a SEQUENCE kept as text encodes to itself. */
static ASN1_TYPE *as_sequence(bytes der) {
    ASN1_TYPE *any = ASN1_TYPE_new();
    ASN1_STRING *text = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
    if (any && text && ASN1_STRING_set(text, der.ptr, (int)der.len) == 1) {
        ASN1_TYPE_set(any, V_ASN1_SEQUENCE, text); /* takes it */
        return any;
    }
    ASN1_STRING_free(text);
    ASN1_TYPE_free(any);
    return NULL;
}

static int verify(const struct crl *crl, const struct x509_certificate *ca) {
    const unsigned char *at = crl->algorithm.ptr;
    X509_ALGOR *algorithm = d2i_X509_ALGOR(NULL, &at, (long)crl->algorithm.len);
    ASN1_BIT_STRING *signature = ASN1_BIT_STRING_new();
    ASN1_TYPE *tbs = as_sequence(crl->tbs);
    int verdict = -1;
    if (algorithm && signature && tbs &&
        ASN1_STRING_set(signature, crl->signature.ptr, (int)crl->signature.len) == 1)
        verdict = ASN1_item_verify(ASN1_ITEM_rptr(ASN1_ANY), algorithm, signature, tbs,
                                   X509_get0_pubkey(ca->openssl));
    X509_ALGOR_free(algorithm);
    ASN1_BIT_STRING_free(signature);
    ASN1_TYPE_free(tbs);
    ERR_clear_error();
    return verdict;
}

status crl_check_signed_by(const struct crl *crl, const struct x509_certificate *ca) {
    if (!x509_name_hash_equal(&crl->issuer_hash, &ca->subject_hash))
        return FAIL(E_CERTIFICATE_INVALID,
                    "The CRL is of another CA: its issuer is not %s, the subject of CA %s",
                    ca->subject, ca->id);
    if (crl->authority_key_id.len > 0 && ca->subject_key_id.len > 0 &&
        !bytes_equal(crl->authority_key_id, ca->subject_key_id))
        return FAIL(E_CERTIFICATE_INVALID,
                    "The CRL was signed by another key of %s: its authority key identifier is not "
                    "that of CA %s",
                    ca->subject, ca->id);
    if (verify(crl, ca) != 1)
        return FAIL(E_CERTIFICATE_INVALID, "The signature of the CRL is not by the key of CA %s",
                    ca->id);
    return OK;
}

status crl_check_time(const struct crl *crl, int64_t now_ms) {
    char time[25];
    if (crl->this_update_ms > now_ms + AHEAD_MS_MAX) {
        clock_format(crl->this_update_ms, time);
        return FAIL(E_CERTIFICATE_INVALID,
                    "The CRL is not valid before %s: check the clocks of this machine and of the "
                    "one that signed it",
                    time);
    }
    if (crl->next_update_ms > 0 && crl->next_update_ms < now_ms) {
        clock_format(crl->next_update_ms, time);
        return FAIL(E_CERTIFICATE_INVALID,
                    "The CRL is out of date: its successor was due at %s; get the present one from "
                    "the CA (openssl ca -gencrl makes one)",
                    time);
    }
    return OK;
}
