#include "identity/issuer_files.h"

#include <limits.h>
#include <stdio.h>

#include <openssl/pem.h>

#include "base/file.h"
#include "identity/openssl.h"

struct path {
    char text[PATH_MAX];
};

static status path_of(const char *data_dir, const char *name, struct path *out) {
    int len = snprintf(out->text, sizeof out->text, "%s/ca%s", data_dir, name);
    if (len < 0 || (size_t)len >= sizeof out->text)
        return FAIL(E_INTERNAL, "the name of the data directory is too long");
    return OK;
}

/* ---- reading ---- */

/* The contents as a BIO over `content`; NULL when there is no file. */
static status open_text(const char *path, struct buf *content, BIO **out_bio) {
    status s = file_read(path, content);
    if (s == E_NOT_FOUND) {
        *out_bio = NULL;
        return OK;
    }
    if (s != OK)
        return FAIL(E_INTERNAL, "%s", failure_text());
    *out_bio = BIO_new_mem_buf(content->ptr ? (const void *)content->ptr : "", (int)content->len);
    return *out_bio ? OK : openssl_failure(E_INTERNAL, "%s cannot be read", path);
}

static void wipe(struct buf *content) {
    if (content->ptr)
        mem_wipe(content->ptr, content->capacity);
    buf_done(content);
}

static status decode_key(const char *path, BIO *bio, EVP_PKEY **out_key) {
    char no_passphrase[] = "";
    *out_key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, no_passphrase) : NULL;
    if (bio && !*out_key)
        return openssl_failure(E_INTERNAL, "%s holds no private key", path);
    return OK;
}

status issuer_key_load(const char *data_dir, EVP_PKEY **out_key) {
    struct buf content = {0};
    struct path path;
    BIO *bio = NULL;
    EVP_PKEY *key = NULL;
    TRY(path_of(data_dir, "/device-issuer.key", &path));
    status s = open_text(path.text, &content, &bio);
    if (s == OK)
        s = decode_key(path.text, bio, &key);
    BIO_free(bio);
    wipe(&content);
    TRY(s);
    *out_key = key;
    return OK;
}

static status decode_certificate(const char *path, BIO *bio, X509 **out_certificate) {
    *out_certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    if (bio && !*out_certificate)
        return openssl_failure(E_INTERNAL, "%s holds no certificate", path);
    return OK;
}

status issuer_certificate_load(const char *data_dir, X509 **out_certificate) {
    AUTO(buf) content = {0};
    struct path path;
    BIO *bio = NULL;
    X509 *certificate = NULL;
    TRY(path_of(data_dir, "/device-issuer.pem", &path));
    TRY(open_text(path.text, &content, &bio));
    status s = decode_certificate(path.text, bio, &certificate);
    BIO_free(bio);
    TRY(s);
    *out_certificate = certificate;
    return OK;
}

/* ---- writing ---- */

static status save(const char *data_dir, const char *name, bool encoded, BIO *bio) {
    char *text = NULL;
    struct path folder, path;
    long len = encoded ? BIO_get_mem_data(bio, &text) : 0;
    if (len <= 0)
        return openssl_failure(E_INTERNAL, "the device issuer cannot be encoded");
    TRY(path_of(data_dir, "", &folder));
    TRY(path_of(data_dir, name, &path));
    TRY(folder_make(folder.text));
    return file_write(path.text, bytes_of(text, (size_t)len), 0600);
}

static status internal(status s) {
    return s == OK ? OK : FAIL(E_INTERNAL, "%s", failure_text());
}

status issuer_key_save(const char *data_dir, EVP_PKEY *key) {
    BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when freed */
    bool encoded = bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    status s = save(data_dir, "/device-issuer.key", encoded, bio);
    BIO_free(bio);
    return internal(s);
}

status issuer_certificate_save(const char *data_dir, X509 *certificate) {
    BIO *bio = BIO_new(BIO_s_mem());
    bool encoded = bio && PEM_write_bio_X509(bio, certificate) == 1;
    status s = save(data_dir, "/device-issuer.pem", encoded, bio);
    BIO_free(bio);
    return internal(s);
}
