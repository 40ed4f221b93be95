#include "identity/x509_summary.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include "identity/der.h"

/* ---- algorithms, as whole AlgorithmIdentifiers ---- */

static const bytes signatures[] = {
    BYTES("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"), /* ecdsa-with-SHA256 */
    BYTES("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"),
    BYTES("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04"),
    BYTES("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"), /* sha256WithRSA… */
    BYTES("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00"),
    BYTES("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00"),
};
static const bytes rsa_key = BYTES("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00");

enum { CURVE_COUNT = 3 };
static const struct {
    bytes algorithm; /* id-ecPublicKey with the curve's name */
    int nid;
    size_t point_bytes; /* uncompressed */
} curves[CURVE_COUNT] = {
    {BYTES("\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"),
     NID_X9_62_prime256v1, 65},
    {BYTES("\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22"),
     NID_secp384r1, 97},
    {BYTES("\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23"),
     NID_secp521r1, 133},
};

static bool is_one_of(bytes algorithm, const bytes *known, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(algorithm, known[i]))
            return true;
    return false;
}

/* ---- elements ---- */

static bool take(struct reader *in, uint8_t tag, struct der *out) {
    return der_is_next(in, tag) && der_next(in, out) == OK;
}

static bool enter(struct reader *in, uint8_t tag, struct reader *out) {
    struct der e;
    if (!take(in, tag, &e))
        return false;
    out->left = e.value;
    return true;
}

/* Not negative, and no byte longer than need be. */
static bool is_natural(bytes integer) {
    if (integer.len == 0 || integer.ptr[0] & 0x80)
        return false;
    return integer.len == 1 || integer.ptr[0] != 0 || integer.ptr[1] & 0x80;
}

/* Arcs of seven bits a byte, none padded. */
static bool is_plain_oid(bytes oid) {
    bool begins = true;
    for (size_t i = 0; i < oid.len; i++) {
        if (begins && oid.ptr[i] == 0x80)
            return false;
        begins = !(oid.ptr[i] & 0x80);
    }
    return oid.len > 0 && oid.len <= 20 && begins;
}

/* A BIT STRING of whole bytes. */
static bool take_bits(struct reader *in, bytes *out) {
    struct der bits;
    if (!take(in, 0x03, &bits) || bits.value.len < 2 || bits.value.ptr[0] != 0)
        return false;
    *out = bytes_skip(bits.value, 1);
    return true;
}

/* ---- times ---- */

static bool two_digits(bytes text, size_t at, int *out) {
    uint8_t a = text.ptr[at], b = text.ptr[at + 1];
    if (a < '0' || a > '9' || b < '0' || b > '9')
        return false;
    *out = (a - '0') * 10 + b - '0';
    return true;
}

enum { UTC_TIME = 0x17, GENERALIZED_TIME = 0x18, UTC_TIME_LEN = 13, GENERALIZED_TIME_LEN = 15 };

/* YYMMDDHHMMSSZ, or with four digits of the year [RFC 5280 4.1.2.5]. */
static bool take_time(struct reader *in, int64_t *out_ms) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct der e;
    struct tm tm = {0};
    int year, century = 0;
    if (der_next(in, &e) != OK)
        return false;
    bool is_utc = e.tag == UTC_TIME && e.value.len == UTC_TIME_LEN;
    bool is_general = e.tag == GENERALIZED_TIME && e.value.len == GENERALIZED_TIME_LEN;
    if ((!is_utc && !is_general) || e.value.ptr[e.value.len - 1] != 'Z')
        return false;
    bytes rest = bytes_skip(e.value, is_general ? 2 : 0);
    if ((is_general && !two_digits(e.value, 0, &century)) || !two_digits(rest, 0, &year) ||
        !two_digits(rest, 2, &tm.tm_mon) || !two_digits(rest, 4, &tm.tm_mday) ||
        !two_digits(rest, 6, &tm.tm_hour) || !two_digits(rest, 8, &tm.tm_min) ||
        !two_digits(rest, 10, &tm.tm_sec))
        return false;
    if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > days[tm.tm_mon - 1] ||
        tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59)
        return false; /* the 29th of February, too, is left to OpenSSL */
    tm.tm_mon--;
    tm.tm_year = is_general ? century * 100 + year - 1900 : year < 50 ? year + 100 : year;
    *out_ms = (int64_t)timegm(&tm) * 1000;
    return true;
}

static bool take_validity(struct reader *tbs, struct x509_summary *s) {
    struct reader validity;
    return enter(tbs, DER_SEQUENCE, &validity) && take_time(&validity, &s->not_before_ms) &&
           take_time(&validity, &s->not_after_ms) && validity.left.len == 0;
}

/* ---- keys ---- */

/* Made once and kept: making one takes longer than using it. */
static EC_GROUP *groups[CURVE_COUNT];
static pthread_once_t groups_once = PTHREAD_ONCE_INIT;

static void make_groups(void) {
    for (size_t i = 0; i < CURVE_COUNT; i++)
        groups[i] = EC_GROUP_new_by_curve_name(curves[i].nid);
}

static bool is_on_curve(size_t curve, bytes text) {
    (void)pthread_once(&groups_once, make_groups);
    EC_POINT *point = groups[curve] ? EC_POINT_new(groups[curve]) : NULL;
    bool fine = point && EC_POINT_oct2point(groups[curve], point, text.ptr, text.len, NULL) == 1;
    EC_POINT_free(point);
    ERR_clear_error();
    return fine;
}

static bool is_good_rsa(bytes key) {
    struct reader in = {key}, numbers;
    struct der n, e;
    if (!enter(&in, DER_SEQUENCE, &numbers) || in.left.len > 0 ||
        !take(&numbers, DER_INTEGER, &n) || !take(&numbers, DER_INTEGER, &e) ||
        numbers.left.len > 0 || !is_natural(n.value) || !is_natural(e.value))
        return false;
    bytes modulus = n.value.ptr[0] == 0 ? bytes_skip(n.value, 1) : n.value;
    bool full = modulus.len > 0 && modulus.ptr[0] & 0x80; /* a multiple of eight bits */
    return full && modulus.len * 8 >= X509_RSA_BITS_MIN && modulus.len * 8 <= X509_RSA_BITS_MAX;
}

static bool take_key(struct reader *tbs) {
    struct reader info;
    struct der algorithm;
    bytes key;
    if (!enter(tbs, DER_SEQUENCE, &info) || !take(&info, DER_SEQUENCE, &algorithm) ||
        !take_bits(&info, &key) || info.left.len > 0)
        return false;
    if (bytes_equal(algorithm.whole, rsa_key))
        return is_good_rsa(key);
    for (size_t i = 0; i < CURVE_COUNT; i++)
        if (bytes_equal(algorithm.whole, curves[i].algorithm))
            return key.len == curves[i].point_bytes && key.ptr[0] == 4 && is_on_curve(i, key);
    return false;
}

/* ---- names and extensions ---- */

/* Text of the two kinds that everybody uses; OpenSSL judges the others. */
static bool is_plain_text(const struct der *value) {
    if (value->tag != DER_UTF8_STRING && value->tag != DER_PRINTABLE_STRING &&
        value->tag != DER_IA5_STRING)
        return false;
    for (size_t i = 0; i < value->value.len; i++)
        if (value->value.ptr[i] == 0 ||
            (value->tag != DER_UTF8_STRING && value->value.ptr[i] > 126))
            return false;
    return value->tag != DER_UTF8_STRING || bytes_are_utf8(value->value);
}

static bool take_name(struct reader *tbs) {
    struct reader name, rdn, pair;
    struct der oid, value;
    if (!enter(tbs, DER_SEQUENCE, &name))
        return false;
    while (name.left.len > 0) {
        if (!enter(&name, DER_SET, &rdn) || !enter(&rdn, DER_SEQUENCE, &pair) || rdn.left.len > 0 ||
            !take(&pair, DER_OID, &oid) || !is_plain_oid(oid.value) ||
            der_next(&pair, &value) != OK || pair.left.len > 0 || !is_plain_text(&value))
            return false;
    }
    return true;
}

/* BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, … } [RFC 5280 4.2.1.9]. */
static bool says_ca(bytes value) {
    struct reader in = {value}, inside;
    struct der ca;
    return enter(&in, DER_SEQUENCE, &inside) && take(&inside, DER_BOOLEAN, &ca) &&
           ca.value.len == 1 && ca.value.ptr[0] != 0;
}

static bool take_extension(struct reader *extensions, struct x509_summary *s) {
    struct reader extension;
    struct der oid, critical, value;
    if (!enter(extensions, DER_SEQUENCE, &extension) || !take(&extension, DER_OID, &oid) ||
        !is_plain_oid(oid.value))
        return false;
    if (der_is_next(&extension, DER_BOOLEAN) &&
        (!take(&extension, DER_BOOLEAN, &critical) || critical.value.len != 1))
        return false;
    if (!take(&extension, DER_OCTET_STRING, &value) || extension.left.len > 0)
        return false;
    if (bytes_equal(oid.value, BYTES("\x55\x1d\x13")))
        s->is_ca = says_ca(value.value);
    return true;
}

static bool take_extensions(struct reader *tbs, struct x509_summary *s) {
    struct reader outer, extensions;
    if (tbs->left.len == 0)
        return true;
    if (!enter(tbs, DER_CONTEXT_CONSTRUCTED + 3, &outer) || tbs->left.len > 0 ||
        !enter(&outer, DER_SEQUENCE, &extensions) || outer.left.len > 0 || extensions.left.len == 0)
        return false;
    while (extensions.left.len > 0)
        if (!take_extension(&extensions, s))
            return false;
    return true;
}

/* ---- the certificate ---- */

enum { SERIAL_BYTES_MAX = 21 }; /* 20, and a zero before them [RFC 5280 4.1.2.2] */

static bool take_version(struct reader *tbs) {
    struct reader outer;
    struct der version;
    if (!der_is_next(tbs, DER_CONTEXT_CONSTRUCTED + 0))
        return true;
    return enter(tbs, DER_CONTEXT_CONSTRUCTED + 0, &outer) && take(&outer, DER_INTEGER, &version) &&
           outer.left.len == 0 && version.value.len == 1 && version.value.ptr[0] <= 2;
}

static bool read_tbs(struct reader *tbs, bytes algorithm, struct x509_summary *s) {
    struct der serial, inner;
    return take_version(tbs) && take(tbs, DER_INTEGER, &serial) && is_natural(serial.value) &&
           serial.value.len <= SERIAL_BYTES_MAX && take(tbs, DER_SEQUENCE, &inner) &&
           bytes_equal(inner.whole, algorithm) && take_name(tbs) && take_validity(tbs, s) &&
           take_name(tbs) && take_key(tbs) && take_extensions(tbs, s);
}

bool x509_summary_is_plain(bytes der, struct arena *memory, struct x509_summary *out_summary) {
    struct x509_summary s = {.is_ca = false};
    struct reader in = {der}, certificate, tbs;
    struct der body, algorithm;
    bytes signature;
    if (!enter(&in, DER_SEQUENCE, &certificate) || in.left.len > 0 ||
        !take(&certificate, DER_SEQUENCE, &body) || !take(&certificate, DER_SEQUENCE, &algorithm) ||
        !take_bits(&certificate, &signature) || certificate.left.len > 0 ||
        !is_one_of(algorithm.whole, signatures, COUNT_OF(signatures)))
        return false;
    tbs.left = body.value;
    if (!read_tbs(&tbs, algorithm.whole, &s) || x509_names_read(der, memory, &s.names) != OK)
        return false;
    x509_id(der, s.id);
    *out_summary = s;
    return true;
}

static status ask_openssl(bytes der, int64_t now_ms, struct arena *memory,
                          struct x509_summary *out) {
    AUTO(x509_certificate) c = {0};
    struct x509_summary s;
    TRY(x509_parse_der(der, &c));
    TRY(x509_check_quality(&c));
    TRY(x509_check_validity(&c, now_ms));
    TRY(x509_names_read(der, memory, &s.names));
    memcpy(s.id, c.id, sizeof s.id);
    s.not_before_ms = c.not_before_ms;
    s.not_after_ms = c.not_after_ms;
    s.is_ca = c.is_ca;
    *out = s;
    return OK;
}

status x509_summary_read(bytes der, int64_t now_ms, struct arena *memory,
                         struct x509_summary *out_summary) {
    struct x509_summary s;
    if (der.len > X509_PEM_BYTES_MAX || !x509_summary_is_plain(der, memory, &s) ||
        s.not_before_ms > now_ms || s.not_after_ms < now_ms)
        return ask_openssl(der, now_ms, memory, out_summary);
    *out_summary = s;
    return OK;
}
