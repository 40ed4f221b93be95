#include "tls/authority.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "tls/certificate.h"
#include "tls/pem.h"

enum { PATH_BYTES = 4096, HOUR_MS = 3600 * 1000 };
static const int64_t renew_before_ms = INT64_C(30) * 24 * HOUR_MS;

struct authority {
    char *directory;
    struct signer roots[TLS_CHAIN_COUNT];
    char root_files[TLS_CHAIN_COUNT][PATH_BYTES];
};

static const char *const chain_names[TLS_CHAIN_COUNT] = {
    [TLS_ATS] = "ats", [TLS_LEGACY] = "legacy"};
static const char *const leaf_suffixes[LEAF_COUNT] = {[LEAF_EC] = "", [LEAF_RSA] = "-rsa"};

/* ---- PEM files ---- */

static void wipe(struct buf *b) {
    if (b->ptr)
        mem_wipe(b->ptr, b->capacity);
    buf_done(b);
}

static status load_key(const char *path, EVP_PKEY **out_key) {
    struct buf pem = {0};
    TRY(file_read(path, &pem));
    EVP_PKEY *key = pem_key(buf_bytes(&pem));
    bool encrypted = pem_is_encrypted(buf_bytes(&pem));
    const char *text = openssl_text();
    wipe(&pem);
    if (!key && encrypted)
        return FAIL(E_INVALID,
                    "%s is protected by a password, and nobody is there to enter it: store it "
                    "without one (openssl pkey -in … -out …), readable by the server alone",
                    path);
    if (!key)
        return FAIL(E_INVALID, "%s is not a private key in PEM form (%s)", path, text);
    *out_key = key;
    return OK;
}

/* The first certificate, and those after it (NULL for none). */
static status load_certificate(const char *path, X509 **out_first, STACK_OF(X509) * *out_rest) {
    struct buf pem = {0};
    TRY(file_read(path, &pem));
    STACK_OF(X509) *all = pem_certificates(buf_bytes(&pem));
    buf_done(&pem);
    if (!all)
        return FAIL(E_INVALID, "%s is not a certificate in PEM form (%s)", path, openssl_text());
    *out_first = sk_X509_shift(all);
    if (sk_X509_num(all) == 0)
        sk_X509_free(TAKE(all));
    *out_rest = all;
    return OK;
}

static status write_bio(const char *path, BIO *bio, unsigned mode) {
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);
    return file_write(path, bytes_of(text, (size_t)len), mode);
}

static status save_key(const char *path, const EVP_PKEY *key) {
    BIO *bio = BIO_new(BIO_s_mem()); /* wipes what it held */
    status s = E_INTERNAL;
    if (bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1)
        s = write_bio(path, bio, 0600);
    else
        failure_set(__FILE__, __LINE__, "cannot encode a key for %s: %s", path, openssl_text());
    BIO_free(bio);
    return s;
}

static status save_certificate(const char *path, X509 *certificate) {
    BIO *bio = BIO_new(BIO_s_mem());
    status s = E_INTERNAL;
    if (bio && PEM_write_bio_X509(bio, certificate) == 1)
        s = write_bio(path, bio, 0644);
    else
        failure_set(__FILE__, __LINE__, "cannot encode %s: %s", path, openssl_text());
    BIO_free(bio);
    return s;
}

static bool belong_together(const X509 *certificate, const EVP_PKEY *key) {
    bool fits = X509_check_private_key(certificate, key) == 1;
    ERR_clear_error();
    return fits;
}

struct pair_paths {
    char certificate[PATH_BYTES], key[PATH_BYTES];
};

static status find_paths(const char *directory, const char *name, struct pair_paths *out) {
    int len = snprintf(out->certificate, PATH_BYTES, "%s/%s.pem", directory, name);
    (void)snprintf(out->key, PATH_BYTES, "%s/%s.key", directory, name);
    if (len < 0 || len >= PATH_BYTES)
        return FAIL(E_INVALID, "the path of the data directory is too long: %.100s…", directory);
    return OK;
}

/* A pair as far as it is there: what is missing stays NULL. */
static status load_pair(const struct pair_paths *paths, struct server_leaf *out_pair) {
    struct server_leaf pair = {0};
    status s = load_key(paths->key, &pair.key);
    if (s == OK || s == E_NOT_FOUND)
        s = load_certificate(paths->certificate, &pair.certificate, &pair.issuers);
    if (s != OK && s != E_NOT_FOUND) {
        server_leaf_done(&pair);
        return s;
    }
    *out_pair = pair;
    return OK;
}

/* ---- roots ---- */

static status check_root(const struct pair_paths *paths, const struct server_leaf *pair) {
    if (pair->certificate && !pair->key)
        return FAIL(E_INVALID,
                    "%s is missing although %s is there: put the key back, or move the "
                    "certificate away to have a new root made (clients then need the new one)",
                    paths->key, paths->certificate);
    if (pair->certificate && !belong_together(pair->certificate, pair->key))
        return FAIL(E_INVALID,
                    "%s and %s do not belong together: put back the file that was changed, or "
                    "move both away to have a new root made (clients then need the new one)",
                    paths->certificate, paths->key);
    if (pair->certificate && X509_check_ca(pair->certificate) != 1)
        return FAIL(E_INVALID, "%s is not a CA certificate: put back the root that was there",
                    paths->certificate);
    return OK;
}

/* A key without certificate is what a crash on the first start leaves: it is kept. */
static status complete_root(enum tls_chain chain, const struct pair_paths *paths,
                            struct server_leaf *pair) {
    char id[9], name[64];
    TRY(check_root(paths, pair));
    if (pair->certificate)
        return OK;
    if (!pair->key) {
        pair->key = key_new(LEAF_EC);
        TRY(save_key(paths->key, pair->key));
    }
    /* clients find roots by name: two servers' must differ */
    random_text("0123456789abcdef", id, 8);
    (void)snprintf(name, sizeof name, "Kedge %s root %s", chain_names[chain], id);
    pair->certificate = root_new(pair->key, name);
    return save_certificate(paths->certificate, pair->certificate);
}

static status open_root(struct authority *a, enum tls_chain chain) {
    char name[32];
    struct pair_paths paths;
    struct server_leaf pair;
    (void)snprintf(name, sizeof name, "ca/%s-root", chain_names[chain]);
    TRY(find_paths(a->directory, name, &paths));
    TRY(load_pair(&paths, &pair));
    status s = complete_root(chain, &paths, &pair);
    if (s == OK) {
        a->roots[chain].certificate = TAKE(pair.certificate);
        a->roots[chain].key = TAKE(pair.key);
        memcpy(a->root_files[chain], paths.certificate, PATH_BYTES);
    }
    server_leaf_done(&pair);
    return s;
}

static status make_folders(const char *directory) {
    static const char *const folders[] = {"", "/ca", "/tls"};
    char path[PATH_BYTES];
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        (void)snprintf(path, sizeof path, "%s%s", directory, folders[i]);
        TRY(folder_make(path));
    }
    return OK;
}

status authority_open(const char *directory, struct authority **out_authority) {
    TRY(make_folders(directory));
    struct authority *a = NEW(struct authority);
    a->directory = mem_new(strlen(directory) + 1);
    memcpy(a->directory, directory, strlen(directory));
    status s = OK;
    for (enum tls_chain chain = 0; chain < TLS_CHAIN_COUNT && s == OK; chain++)
        s = open_root(a, chain);
    if (s == OK)
        *out_authority = a;
    else
        authority_free(a);
    return s;
}

void authority_free(struct authority *a) {
    if (!a)
        return;
    for (size_t chain = 0; chain < TLS_CHAIN_COUNT; chain++) {
        X509_free(a->roots[chain].certificate);
        EVP_PKEY_free(a->roots[chain].key);
    }
    mem_free(a->directory);
    mem_free(a);
}

const char *authority_root_file(const struct authority *a, enum tls_chain chain) {
    return a->root_files[chain];
}

/* ---- server certificates ---- */

/* One leaf on its way into an identity. */
struct wanted_leaf {
    const struct authority *authority;
    enum tls_chain chain;
    enum tls_leaf kind;
    const struct server_names *names;
    EVP_PKEY *spare_key; /* for a new pair, or NULL to make one, which takes long with RSA */
    struct pair_paths paths;
};

static bool is_signed_by(X509 *certificate, const struct signer *root) {
    bool is = X509_verify(certificate, root->key) == 1;
    ERR_clear_error();
    return is;
}

/* A file somebody else put there is not overwritten. */
static status check_ours(const struct wanted_leaf *w, const struct server_leaf *kept) {
    const struct authority *a = w->authority;
    if (!kept->certificate)
        return OK;
    for (size_t chain = 0; chain < TLS_CHAIN_COUNT; chain++)
        if (is_signed_by(kept->certificate, &a->roots[chain]))
            return OK;
    return FAIL(E_INVALID,
                "%s was not issued by this server's roots: move it and its key away to have new "
                "ones issued (a certificate of your own is named in the settings instead)",
                w->paths.certificate);
}

/* A root made anew for its old key has another name: what the old one issued leads nowhere. */
static bool leads_to(X509 *certificate, const struct signer *root) {
    return X509_check_issued(root->certificate, certificate) == X509_V_OK &&
           is_signed_by(certificate, root);
}

static bool ends_soon(const X509 *certificate) {
    return certificate_ends_ms(certificate) - clock_wall_ms() < renew_before_ms;
}

static bool is_good(const struct wanted_leaf *w, const struct server_leaf *kept) {
    return kept->certificate && kept->key && belong_together(kept->certificate, kept->key) &&
           leads_to(kept->certificate, &w->authority->roots[w->chain]) &&
           leaf_names_are(kept->certificate, w->names) && !ends_soon(kept->certificate);
}

/* The key is kept when only the names changed; a renewal, or a key of another kind, takes a new
 * one. */
static bool needs_key(const struct wanted_leaf *w, const struct server_leaf *kept) {
    enum tls_leaf kind;
    if (!kept->key || !key_kind(kept->key, &kind) || kind != w->kind)
        return true;
    return kept->certificate && ends_soon(kept->certificate);
}

/* The key goes to disk first: a certificate that does not fit it is issued again. */
static status issue(const struct wanted_leaf *w, struct server_leaf *leaf) {
    bool fresh = needs_key(w, leaf);
    if (fresh) {
        EVP_PKEY_free(leaf->key);
        leaf->key = w->spare_key && EVP_PKEY_up_ref(w->spare_key) ? w->spare_key : key_new(w->kind);
    }
    X509 *certificate;
    TRY(leaf_new(&w->authority->roots[w->chain], leaf->key, w->names, &certificate));
    X509_free(leaf->certificate);
    leaf->certificate = certificate;
    if (fresh)
        TRY(save_key(w->paths.key, leaf->key));
    return save_certificate(w->paths.certificate, leaf->certificate);
}

static status load_or_issue(struct wanted_leaf *w, struct server_leaf *out_leaf) {
    char name[64];
    struct server_leaf leaf;
    (void)snprintf(name, sizeof name, "tls/%s-server%s", chain_names[w->chain],
                   leaf_suffixes[w->kind]);
    TRY(find_paths(w->authority->directory, name, &w->paths));
    TRY(load_pair(&w->paths, &leaf));
    status s = check_ours(w, &leaf);
    if (s == OK && !is_good(w, &leaf))
        s = issue(w, &leaf);
    if (s == OK)
        *out_leaf = leaf;
    else
        server_leaf_done(&leaf);
    return s;
}

/* ---- the operator's own ---- */

static status check_operators(const struct server_request *r, const struct server_leaf *leaf) {
    enum tls_leaf kind;
    if (!key_kind(leaf->key, &kind))
        return FAIL(E_INVALID, "%s is neither an EC nor an RSA key", r->key_file);
    if (!belong_together(leaf->certificate, leaf->key))
        return FAIL(E_INVALID,
                    "%s and %s do not belong together: the server's own certificate must be the "
                    "first in its file, its issuers after it",
                    r->certificate_file, r->key_file);
    if (!server_leaf_is_usable(leaf))
        return FAIL(E_INVALID, "the certificate in %s cannot be used for TLS: %s",
                    r->certificate_file, openssl_text());
    if (certificate_ends_ms(leaf->certificate) <= clock_wall_ms())
        return FAIL(E_INVALID, "the certificate in %s has expired: renew it", r->certificate_file);
    return OK;
}

static status load_operators(const struct server_request *r, struct server_leaf *out_leaf) {
    struct server_leaf leaf = {0};
    if (!r->key_file)
        return FAIL(E_INVALID, "%s needs its private key as well", r->certificate_file);
    status s = load_key(r->key_file, &leaf.key);
    if (s == OK)
        s = load_certificate(r->certificate_file, &leaf.certificate, &leaf.issuers);
    if (s == OK)
        s = check_operators(r, &leaf);
    if (s == OK)
        *out_leaf = leaf;
    else
        server_leaf_done(&leaf);
    return s == E_NOT_FOUND ? E_INVALID : s;
}

/* ---- all together ---- */

static void look_again_at(int64_t *look_again_ms, int64_t at_ms) {
    *look_again_ms = at_ms < *look_again_ms ? at_ms : *look_again_ms;
}

static status fill_operators(const struct server_request *r, struct server_identity *identity,
                             int64_t *look_again_ms) {
    struct server_leaf leaf;
    enum tls_leaf kind;
    TRY(load_operators(r, &leaf));
    (void)key_kind(leaf.key, &kind);
    identity->leaves[TLS_ATS][kind] = leaf;
    look_again_at(look_again_ms, clock_wall_ms() + HOUR_MS); /* files change without telling */
    return OK;
}

static status fill_chain(const struct authority *a, enum tls_chain chain,
                         const struct server_names *names, EVP_PKEY *spare_rsa_key,
                         struct server_identity *identity, int64_t *look_again_ms) {
    for (enum tls_leaf kind = 0; kind < LEAF_COUNT; kind++) {
        struct server_leaf *leaf = &identity->leaves[chain][kind];
        struct wanted_leaf w = {.authority = a, .chain = chain, .kind = kind, .names = names};
        w.spare_key = kind == LEAF_RSA ? spare_rsa_key : NULL;
        TRY(load_or_issue(&w, leaf));
        look_again_at(look_again_ms, certificate_ends_ms(leaf->certificate) - renew_before_ms + 1);
    }
    return OK;
}

static status fill(const struct authority *a, const struct server_request *r,
                   struct server_identity *identity, int64_t *look_again_ms) {
    EVP_PKEY *spare = NULL; /* never the operator's */
    if (r->certificate_file) {
        TRY(fill_operators(r, identity, look_again_ms));
    } else {
        TRY(fill_chain(a, TLS_ATS, &r->names[TLS_ATS], NULL, identity, look_again_ms));
        spare = identity->leaves[TLS_ATS][LEAF_RSA].key;
    }
    if (r->names[TLS_LEGACY].count > 0)
        TRY(fill_chain(a, TLS_LEGACY, &r->names[TLS_LEGACY], spare, identity, look_again_ms));
    return OK;
}

status authority_load_identity(struct authority *a, const struct server_request *request,
                               struct server_identity **out_identity, int64_t *out_look_again_ms) {
    const struct server_names *legacy = &request->names[TLS_LEGACY];
    int64_t look_again_ms = INT64_MAX;
    struct server_identity *identity = server_identity_new(legacy->names, legacy->count);
    status s = fill(a, request, identity, &look_again_ms);
    if (s != OK) {
        server_identity_unref(identity);
        return s;
    }
    *out_identity = identity;
    *out_look_again_ms = look_again_ms;
    return OK;
}
