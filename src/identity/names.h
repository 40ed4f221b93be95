/* The names in a certificate, as policy variables want them [AWS policy 5.1]:
 * iot:Certificate.Subject.X, iot:Certificate.Issuer.X, their AlternativeName.Y and
 * iot:Certificate.SerialNumber.
 *
 * x509_names_read walks the DER itself: no key is decoded and nothing is verified, so it costs a
 * few microseconds and may run on a loop thread. What a TLS peer presented has passed OpenSSL
 * before. */
#pragma once
#include "base/arena.h"

enum { X509_VALUES_MAX = 5 }; /* of one attribute are seen [AWS policy 5.3] */

/* In the order of [AWS policy 5.1], each as policies spell it. */
#define X509_NAMES(X)                                       \
    X(DN_QUALIFIER, "DistinguishedNameQualifier")           \
    X(COUNTRY, "Country")                                   \
    X(ORGANIZATION, "Organization")                         \
    X(ORGANIZATIONAL_UNIT, "OrganizationalUnit")            \
    X(STATE, "State")                                       \
    X(COMMON_NAME, "CommonName")                            \
    X(SERIAL_NUMBER, "SerialNumber")                        \
    X(TITLE, "Title")                                       \
    X(SURNAME, "Surname")                                   \
    X(GIVEN_NAME, "GivenName")                              \
    X(INITIALS, "Initials")                                 \
    X(PSEUDONYM, "Pseudonym")                               \
    X(GENERATION_QUALIFIER, "GenerationQualifier")          \
    X(ALT_EMAIL, "AlternativeName.RFC822Name")              \
    X(ALT_DNS, "AlternativeName.DNSName")                   \
    X(ALT_DIRECTORY, "AlternativeName.DirectoryName")       \
    X(ALT_URI, "AlternativeName.UniformResourceIdentifier") \
    X(ALT_IP, "AlternativeName.IPAddress")

enum x509_name {
#define X509_NAME_ENUM(name, text) X509_NAME_##name,
    X509_NAMES(X509_NAME_ENUM)
#undef X509_NAME_ENUM
        X509_NAME_COUNT
};
const char *x509_name_text(enum x509_name name);

/* One value, UTF-8, not escaped; but a directory name is finished text: lower-case keys, the most
 * specific first, its values escaped ("cn=Lamp\\, red,o=Acme,c=JP") [RFC 4514]. */
struct x509_name_value {
    enum x509_name name;
    bytes value;
};

/* Values in the order of the certificate; of one name the first X509_VALUES_MAX. */
struct x509_name_values {
    const struct x509_name_value *items;
    size_t count;
};

struct x509_names {
    struct x509_name_values subject, issuer;
    bytes serial; /* big-endian, no leading zero */
};

/* x509_names_read fills `out_names` with what it allocates from `memory` or finds in `der`; both
 * must outlive it. E_MALFORMED when the DER is not a certificate. */
NODISCARD
status x509_names_read(bytes der, struct arena *memory, struct x509_names *out_names);

/* x509_serial_read borrows the serial alone, as in struct x509_names. E_MALFORMED. */
NODISCARD
status x509_serial_read(bytes der, bytes *out_serial);

/* x509_names_find is the value number `index` (0 is the first) of an attribute, or no bytes. */
bytes x509_names_find(const struct x509_name_values *values, enum x509_name name, size_t index);

/* A name (DER) reduced so that equal names have equal hashes: letter case, white space and string
 * types do not count [RFC 5280 7.1]. */
struct x509_name_hash {
    uint8_t sha256[32];
};
NODISCARD
status x509_name_hash(bytes name_der, struct x509_name_hash *out_hash);
bool x509_name_hash_equal(const struct x509_name_hash *a, const struct x509_name_hash *b);
