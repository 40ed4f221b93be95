/* Certificates, keys and requests for tests, made with OpenSSL as its users make them. Keys are
 * kept from call to call, for an RSA key takes its time. Everything is freed at exit. */
#pragma once
#include <openssl/x509.h>

#include "base/arena.h"

/* What to make; zero fields mean the ordinary thing. */
struct recipe {
    const char *subject; /* "CN=lamp/O=Acme", attributes by OpenSSL's short names; NULL: none */
    const char *key;     /* "RSA-2048", "P-256", …, "ED25519"; a suffix "#2" makes another one */
    const char *issuer;  /* subject of the signer; NULL: its own */
    const char *signer;  /* key of the signer; NULL: its own */
    const char *digest;  /* NULL: SHA256 */
    bool pss;
    long version;            /* 1 or 3; 0: 3 */
    const char *serial;      /* hexadecimal; NULL: 1234 */
    long from_s, until_s;    /* from now; 0: an hour ago, a day ahead */
    const char *const *more; /* extensions in order: "name", "value", …, NULL */
    bool multi_valued_rdn;   /* all attributes in one set */
};

EVP_PKEY *material_key(const char *name);
X509 *material_certificate(const struct recipe *r); /* free with X509_free */
/* material_pem and material_der of a new certificate, in `a`. */
bytes material_pem(const struct recipe *r, struct arena *a);
bytes material_der(const struct recipe *r, struct arena *a);
/* A CRL; zero fields mean the ordinary thing. */
struct crl_recipe {
    const char *issuer, *signer; /* subject and key of the CA */
    const char *digest;          /* NULL: SHA256 */
    bool pss, is_delta, without_next;
    long number;          /* 0: none */
    long from_s, until_s; /* of its validity, from now; 0: an hour ago, a day ahead */
    size_t count;         /* entries: serials first, first + step, … revoked an hour ago */
    uint64_t first, step;
    int reason; /* of each; 0: none given */
};
bytes material_crl_der(const struct crl_recipe *r, struct arena *a);
bytes material_crl_pem(bytes der, struct arena *a);

/* material_csr is a request for subject and key of the recipe. */
bytes material_csr(const struct recipe *r, struct arena *a);
bytes material_key_pem(const char *name, struct arena *a);
bytes material_x509_pem(X509 *x, struct arena *a);
bytes material_x509_der(X509 *x, struct arena *a);
