/* X.509 certificates as the registry takes them in and as policies see them.
 *
 * Intake (x509_parse_pem, x509_parse_der) decodes with OpenSSL, keeps the decoded certificate and
 * gives the facts as plain fields; the checks that decide about a registration are functions of
 * their own, each with a sentence that says how to mend what is wrong. It costs a fraction of a
 * millisecond, so intake belongs on a worker.
 *
 * A loop thread needs less: x509_id names the certificate that a device presented, and
 * identity/names.h reads what policies ask of it, both in microseconds. */
#pragma once
#include "base/arena.h"
#include "identity/names.h"

enum {
    X509_PEM_BYTES_MAX = 65536,     /* [AWS identity 1.3] */
    X509_CSR_CHARACTERS_MAX = 4096, /* [AWS identity 3.1] */
    X509_ID_CHARACTERS = 64,
    X509_RSA_BITS_MIN = 2048,  /* [AWS identity 1.3] */
    X509_RSA_BITS_MAX = 16384, /* as OpenSSL verifies */
    X509_SERIAL_BITS_MAX = 512,
};

/* Where a text came from, so that a message can name the member and the option of the AWS CLI. */
enum x509_role {
    X509_CA_CERTIFICATE,           /* caCertificate of RegisterCACertificate */
    X509_VERIFICATION_CERTIFICATE, /* verificationCertificate of it */
    X509_DEVICE_CERTIFICATE,       /* certificatePem of RegisterCertificate… */
    X509_DEVICE_ISSUER,            /* caCertificatePem of RegisterCertificate */
    X509_CSR,                      /* certificateSigningRequest of CreateCertificateFromCsr */
};

enum x509_key_kind { X509_KEY_OTHER, X509_KEY_RSA, X509_KEY_EC };

struct x509_key {
    enum x509_key_kind kind;
    unsigned bits;
    const char *name; /* "RSA", "P-256", "ED25519": for people */
    bool is_accepted; /* RSA of 2048 bits or more, P-256, P-384, P-521 [AWS identity 1.3] */
};

/* One certificate: facts, all borrowed from the struct itself until x509_certificate_done. */
struct x509_certificate {
    char id[X509_ID_CHARACTERS + 1]; /* lower-case hex SHA-256 of the DER [AWS identity 1.2] */
    bytes der;
    int version;                   /* 1, 2 or 3 */
    const char *serial;            /* decimal */
    bytes subject_der, issuer_der; /* the names as encoded */
    const char *subject,
        *issuer; /* "CN = lamp, O = Acme": one line of at most 203 bytes, for people */
    struct x509_name_hash subject_hash;     /* what CA certificates are found by */
    struct x509_name_hash issuer_hash;      /* equals the subject_hash of whoever signed it */
    bytes subject_key_id, authority_key_id; /* no bytes when absent */
    int64_t not_before_ms, not_after_ms;
    bool is_ca; /* basicConstraints CA:TRUE */
    struct x509_key key;
    const char *signature_algorithm; /* "sha256WithRSAEncryption": for people */
    bool signature_is_accepted;      /* in the list of [AWS identity 1.3] */
    struct x509_names names;         /* what policy variables are made of */
    /* private */
    struct x509_st *openssl;
    struct arena memory;
};
void x509_certificate_done(struct x509_certificate *c);

/* x509_parse_pem decodes the first block of a PEM text: a chain has the leaf first [AWS identity
 * 1.2]. Every block must be a certificate. E_CERTIFICATE_INVALID with a sentence that names the
 * member and the slip (a file name, DER, a private key …) and never repeats a secret. */
NODISCARD
status x509_parse_pem(bytes pem, enum x509_role role, struct x509_certificate *out_certificate);
/* x509_parse_der copies `der`; E_CERTIFICATE_INVALID when it is not exactly one certificate. */
NODISCARD
status x509_parse_der(bytes der, struct x509_certificate *out_certificate);

/* x509_id writes the certificate id of a DER certificate; cannot fail, any thread, about 1 µs. */
void x509_id(bytes der, char out_id[X509_ID_CHARACTERS + 1]);

/* The checks of a registration [AWS identity 1.3, 2.3, 2.4]; all E_CERTIFICATE_INVALID.
 *
 * x509_check_quality wants an accepted key and an accepted signature algorithm. */
NODISCARD
status x509_check_quality(const struct x509_certificate *c);
/* x509_check_validity refuses what has expired or begins more than 24 hours from now. */
NODISCARD
status x509_check_validity(const struct x509_certificate *c, int64_t now_ms);
/* x509_check_ca wants basicConstraints CA:TRUE and prints the openssl line that makes it. */
NODISCARD
status x509_check_ca(const struct x509_certificate *c);

/* x509_names_match is true when the CA's subject is the leaf's issuer and, where both certificates
 * have key identifiers, these agree too. Says nothing about the signature. */
bool x509_names_match(const struct x509_certificate *leaf, const struct x509_certificate *ca);
/* x509_check_signed_by wants names that match and a signature by the CA's key. */
NODISCARD
status x509_check_signed_by(const struct x509_certificate *leaf, const struct x509_certificate *ca);
/* x509_same_key is true when both certificates are for one public key. */
bool x509_same_key(const struct x509_certificate *a, const struct x509_certificate *b);
