#include "tls/authority.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "support/testing.h"
#include "tls/certificate.h"

/* ---- a data directory per test ---- */

static char directory[64];

static void begin(void) {
    (void)snprintf(directory, sizeof directory, "/tmp/kedge-authority-XXXXXX");
    CHECK(mkdtemp(directory));
}

static void end(void) {
    char command[128];
    clock_simulate(-1);
    (void)snprintf(command, sizeof command, "rm -rf %s", directory);
    CHECK_INT(system(command), 0);
    CHECK_INT(ERR_peek_error(), 0); /* nothing is left in OpenSSL's queue */
}

static const char *in_directory(const char *name) {
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void check_mode(const char *name, unsigned mode) {
    struct stat s;
    CHECK(stat(in_directory(name), &s) == 0);
    CHECK_INT(s.st_mode & 0777, mode);
}

static struct buf content_of(const char *name) {
    struct buf b = {0};
    CHECK_OK(file_read(in_directory(name), &b));
    return b;
}

static X509 *certificate_in(const char *name) {
    AUTO(buf) pem = content_of(name);
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    CHECK(x);
    return x;
}

static const bytes names[] = {{(const uint8_t *)"localhost", 9},
                              {(const uint8_t *)"a1-ats.iot.test", 15},
                              {(const uint8_t *)"127.0.0.1", 9},
                              {(const uint8_t *)"::1", 3},
                              {(const uint8_t *)"localhost", 9}};
static const bytes legacy_names[] = {{(const uint8_t *)"a1.iot.test", 11}};
static const struct server_request usual = {
    .names = {[TLS_ATS] = {names, COUNT_OF(names)}, [TLS_LEGACY] = {legacy_names, 1}}};

static struct authority *open_authority(void) {
    struct authority *a;
    CHECK_OK(authority_open(directory, &a));
    return a;
}

/* Loads an identity and lets go of it; when to look again. */
static int64_t load(const struct server_request *r) {
    struct authority *a = open_authority();
    struct server_identity *identity;
    int64_t look_again_ms;
    CHECK_OK(authority_load_identity(a, r, &identity, &look_again_ms));
    server_identity_unref(identity);
    authority_free(a);
    return look_again_ms;
}

static status try_load(const struct server_request *r) {
    struct authority *a = open_authority();
    struct server_identity *identity;
    int64_t look_again_ms;
    status s = authority_load_identity(a, r, &identity, &look_again_ms);
    if (s == OK)
        server_identity_unref(identity);
    authority_free(a);
    return s;
}

/* ---- first start ---- */

TEST(the_first_start_makes_roots_and_certificates_only_the_server_reads) {
    static const char *const keys[] = {"ca/ats-root.key",       "ca/legacy-root.key",
                                       "tls/ats-server.key",    "tls/ats-server-rsa.key",
                                       "tls/legacy-server.key", "tls/legacy-server-rsa.key"};
    begin();
    (void)load(&usual);
    check_mode("ca", 0700);
    check_mode("tls", 0700);
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        check_mode(keys[i], 0600);
    struct authority *a = open_authority();
    CHECK_TEXT(authority_root_file(a, TLS_ATS), in_directory("ca/ats-root.pem"));
    CHECK_TEXT(authority_root_file(a, TLS_LEGACY), in_directory("ca/legacy-root.pem"));
    authority_free(a);
    end();
}

static bool verifies(X509 *leaf, X509 *root) {
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    CHECK(X509_STORE_add_cert(store, root) && X509_STORE_CTX_init(check, store, leaf, NULL));
    X509_VERIFY_PARAM_set_purpose(X509_STORE_CTX_get0_param(check), X509_PURPOSE_SSL_SERVER);
    X509_STORE_CTX_set_flags(check, X509_V_FLAG_X509_STRICT);
    bool good = X509_verify_cert(check) == 1;
    X509_STORE_CTX_free(check);
    X509_STORE_free(store);
    ERR_clear_error();
    return good;
}

TEST(certificates_lead_to_their_own_root_and_carry_every_name) { /* [AWS identity 4.3, 4.4] */
    static const char *const leaves[] = {"tls/ats-server.pem", "tls/ats-server-rsa.pem"};
    begin();
    (void)load(&usual);
    X509 *root = certificate_in("ca/ats-root.pem"), *other = certificate_in("ca/legacy-root.pem");
    for (size_t i = 0; i < COUNT_OF(leaves); i++) {
        X509 *leaf = certificate_in(leaves[i]);
        int days, seconds;
        CHECK(verifies(leaf, root));
        CHECK(!verifies(leaf, other));
        CHECK(X509_check_host(leaf, "localhost", 0, 0, NULL) == 1);
        CHECK(X509_check_host(leaf, "a1-ats.iot.test", 0, 0, NULL) == 1);
        CHECK(X509_check_host(leaf, "a1.iot.test", 0, 0, NULL) == 0);
        CHECK(X509_check_ip_asc(leaf, "127.0.0.1", 0) == 1);
        CHECK(X509_check_ip_asc(leaf, "::1", 0) == 1);
        CHECK(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(leaf), X509_get0_notAfter(leaf)));
        CHECK_INT(days, 397);
        CHECK(X509_cmp_current_time(X509_get0_notBefore(leaf)) < 0);
        CHECK(EVP_PKEY_is_a(X509_get0_pubkey(leaf), i ? "RSA" : "EC"));
        X509_free(leaf);
    }
    X509 *legacy = certificate_in("tls/legacy-server.pem");
    CHECK(verifies(legacy, other));
    CHECK(!verifies(legacy, root));
    CHECK(X509_NAME_cmp(X509_get_subject_name(root), X509_get_subject_name(other)) != 0);
    X509_free(legacy);
    X509_free(root);
    X509_free(other);
    end();
}

/* ---- later starts ---- */

static bool same_file(const char *name, const struct buf *before) {
    AUTO(buf) now = content_of(name);
    return bytes_equal(buf_bytes(&now), buf_bytes(before));
}

TEST(a_restart_finds_everything_as_it_was) {
    begin();
    (void)load(&usual);
    AUTO(buf) root = content_of("ca/ats-root.pem");
    AUTO(buf) leaf = content_of("tls/ats-server.pem");
    AUTO(buf) rsa = content_of("tls/legacy-server-rsa.pem");
    static const bytes turned[] = {{(const uint8_t *)"::1", 3},
                                   {(const uint8_t *)"127.0.0.1", 9},
                                   {(const uint8_t *)"a1-ats.iot.test", 15},
                                   {(const uint8_t *)"localhost", 9}};
    struct server_request r = usual;
    r.names[TLS_ATS] = (struct server_names){turned, COUNT_OF(turned)}; /* the order is no change */
    (void)load(&r);
    CHECK(same_file("ca/ats-root.pem", &root));
    CHECK(same_file("tls/ats-server.pem", &leaf));
    CHECK(same_file("tls/legacy-server-rsa.pem", &rsa));
    end();
}

TEST(other_names_give_another_certificate_for_the_same_key) {
    begin();
    (void)load(&usual);
    AUTO(buf) root = content_of("ca/ats-root.pem");
    AUTO(buf) key = content_of("tls/ats-server.key");
    AUTO(buf) leaf = content_of("tls/ats-server.pem");
    AUTO(buf) legacy = content_of("tls/legacy-server.pem");
    struct server_request r = usual;
    r.names[TLS_ATS].count = 2;
    (void)load(&r);
    CHECK(same_file("ca/ats-root.pem", &root));
    CHECK(same_file("tls/ats-server.key", &key));
    CHECK(!same_file("tls/ats-server.pem", &leaf));
    CHECK(same_file("tls/legacy-server.pem", &legacy));
    X509 *now = certificate_in("tls/ats-server.pem");
    CHECK(X509_check_ip_asc(now, "127.0.0.1", 0) == 0);
    X509_free(now);
    end();
}

TEST(renews_thirty_days_before_the_end) {
    const int64_t day_ms = INT64_C(24) * 3600 * 1000, start_ms = INT64_C(1767225600000);
    begin();
    clock_simulate(start_ms);
    int64_t look_again_ms = load(&usual);
    CHECK_INT((look_again_ms - start_ms) / day_ms, 397 - 1 - 30);
    AUTO(buf) root = content_of("ca/ats-root.pem");
    AUTO(buf) key = content_of("tls/ats-server.key");
    AUTO(buf) leaf = content_of("tls/ats-server.pem");
    clock_simulate(look_again_ms - 1000);
    CHECK_INT(load(&usual), look_again_ms);
    CHECK(same_file("tls/ats-server.pem", &leaf));
    clock_simulate(look_again_ms);
    CHECK(load(&usual) > look_again_ms + 300 * day_ms);
    CHECK(!same_file("tls/ats-server.pem", &leaf));
    CHECK(!same_file("tls/ats-server.key", &key)); /* a new life, a new key */
    CHECK(same_file("ca/ats-root.pem", &root));
    end();
}

TEST(both_chains_share_the_rsa_key_that_takes_long_to_make) {
    begin();
    (void)load(&usual);
    AUTO(buf) key = content_of("tls/ats-server-rsa.key");
    CHECK(same_file("tls/legacy-server-rsa.key", &key));
    AUTO(buf) ec = content_of("tls/ats-server.key");
    CHECK(!same_file("tls/legacy-server.key", &ec));
    end();
}

/* ---- crashes in between ---- */

TEST(a_crash_between_key_and_certificate_is_made_good) {
    begin();
    (void)load(&usual);
    AUTO(buf) key = content_of("ca/ats-root.key");
    CHECK(unlink(in_directory("ca/ats-root.pem")) == 0);
    CHECK(unlink(in_directory("tls/ats-server.pem")) == 0);
    (void)load(&usual);
    CHECK(same_file("ca/ats-root.key", &key));
    X509 *rsa = certificate_in("tls/ats-server-rsa.pem"), *root = certificate_in("ca/ats-root.pem");
    CHECK(verifies(rsa, root)); /* the root's name is new */
    X509_free(rsa);

    /* a renewal that wrote the new key and not yet the certificate */
    AUTO(buf) other = content_of("tls/legacy-server.key");
    CHECK_OK(file_write(in_directory("tls/ats-server.key"), buf_bytes(&other), 0600));
    (void)load(&usual);
    CHECK(same_file("tls/ats-server.key", &other));
    X509 *leaf = certificate_in("tls/ats-server.pem");
    CHECK(verifies(leaf, root));
    X509_free(leaf);
    X509_free(root);
    end();
}

/* ---- broken files ---- */

static status reopen(void) {
    struct authority *a = NULL;
    status s = authority_open(directory, &a);
    authority_free(a);
    return s;
}

static void check_root_file_is_guarded(const char *name, bytes content, const char *sentence) {
    begin();
    CHECK_OK(reopen());
    CHECK_OK(file_write(in_directory(name), content, 0600));
    CHECK_FAILS(reopen(), E_INVALID, name);
    CHECK_FAILS(reopen(), E_INVALID, sentence);
    AUTO(buf) now = content_of(name);
    CHECK_BYTES(buf_bytes(&now), content); /* nothing is overwritten */
    end();
}

TEST(broken_root_files_are_named_and_left_alone) {
    static const bytes rubbish = {(const uint8_t *)"rubbish\n", 8};
    static const char empty_block[] =
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    check_root_file_is_guarded("ca/ats-root.key", rubbish, "not a private key");
    check_root_file_is_guarded("ca/legacy-root.key", (bytes){0}, "not a private key");
    check_root_file_is_guarded("ca/ats-root.pem", rubbish, "not a certificate");
    check_root_file_is_guarded("ca/ats-root.pem", bytes_from(empty_block), "not a certificate");
}

TEST(a_key_with_a_password_is_explained) {
    begin();
    CHECK_OK(reopen());
    EVP_PKEY *key = key_new(LEAF_EC);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    CHECK(PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL));
    size_t len = (size_t)BIO_get_mem_data(bio, &text);
    CHECK_OK(file_write(in_directory("ca/ats-root.key"), bytes_of(text, len), 0600));
    BIO_free(bio);
    EVP_PKEY_free(key);
    CHECK_FAILS(reopen(), E_INVALID, "password");
    end();
}

TEST(roots_that_do_not_fit_are_named_and_left_alone) {
    begin();
    CHECK_OK(reopen());
    AUTO(buf) other = content_of("ca/legacy-root.key");
    CHECK_OK(file_write(in_directory("ca/ats-root.key"), buf_bytes(&other), 0600));
    CHECK_FAILS(reopen(), E_INVALID, "ca/ats-root.pem");
    CHECK_FAILS(reopen(), E_INVALID, "do not belong together");
    CHECK(unlink(in_directory("ca/ats-root.key")) == 0);
    CHECK_FAILS(reopen(), E_INVALID, "ats-root.key is missing");
    end();
}

TEST(a_server_certificate_is_no_root) {
    begin();
    (void)load(&usual);
    AUTO(buf) leaf = content_of("tls/ats-server.pem");
    AUTO(buf) key = content_of("tls/ats-server.key");
    CHECK_OK(file_write(in_directory("ca/ats-root.pem"), buf_bytes(&leaf), 0600));
    CHECK_OK(file_write(in_directory("ca/ats-root.key"), buf_bytes(&key), 0600));
    CHECK_FAILS(reopen(), E_INVALID, "not a CA certificate");
    end();
}

TEST(a_folder_that_cannot_be_made_is_named) {
    struct authority *a;
    CHECK_FAILS(authority_open("/proc/nowhere", &a), E_UNAVAILABLE, "/proc/nowhere");
}

TEST(a_foreign_server_certificate_is_not_overwritten) {
    begin();
    (void)load(&usual);
    EVP_PKEY *key = key_new(LEAF_EC);
    X509 *x = root_new(key, "somebody else");
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    CHECK(PEM_write_bio_X509(bio, x));
    size_t len = (size_t)BIO_get_mem_data(bio, &text);
    CHECK_OK(file_write(in_directory("tls/ats-server.pem"), bytes_of(text, len), 0644));
    CHECK_FAILS(try_load(&usual), E_INVALID, "tls/ats-server.pem");
    CHECK_FAILS(try_load(&usual), E_INVALID, "not issued by this server's roots");
    AUTO(buf) now = content_of("tls/ats-server.pem");
    CHECK_BYTES(buf_bytes(&now), bytes_of(text, len));
    BIO_free(bio);
    X509_free(x);
    EVP_PKEY_free(key);
    end();
}

/* ---- names ---- */

TEST(names_that_are_none_are_refused_before_anything_is_written) {
    static const char *const bad[] = {"", "a b", "x..y", ".x", "x.", "a*.x", "ü", "1.2.3.4:80"};
    begin();
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        bytes name = bytes_from(bad[i]);
        struct server_request r = {.names = {[TLS_ATS] = {&name, 1}}};
        CHECK_FAILS(try_load(&r), E_INVALID, "no name for a server certificate");
    }
    CHECK(access(in_directory("tls/ats-server.pem"), F_OK) != 0);
    end();
}

TEST(long_and_wildcard_names_are_fine) {
    static const char label[] = "a123456789b123456789c123456789d123456789e123456789f12345678901.x";
    const bytes long_names[] = {bytes_from(label), BYTES("*.iot.eu-west-1.kedge.test"),
                                BYTES("my_machine")};
    struct server_request r = {.names = {[TLS_ATS] = {long_names, COUNT_OF(long_names)}}};
    begin();
    (void)load(&r);
    X509 *leaf = certificate_in("tls/ats-server.pem");
    CHECK(X509_check_host(leaf, label, 0, 0, NULL) == 1);
    CHECK(X509_check_host(leaf, "a1-ats.iot.eu-west-1.kedge.test", 0, 0, NULL) == 1);
    X509_free(leaf);
    CHECK(access(in_directory("tls/legacy-server.pem"), F_OK) != 0); /* no name, no chain */
    end();
}

TEST(the_chain_of_a_name_ignores_case_and_a_final_dot) { /* [AWS identity 4.2] */
    struct server_identity *i = server_identity_new(legacy_names, 1);
    CHECK_INT(server_identity_chain(i, BYTES("a1.iot.test")), TLS_LEGACY);
    CHECK_INT(server_identity_chain(i, BYTES("A1.IOT.test.")), TLS_LEGACY);
    CHECK_INT(server_identity_chain(i, BYTES("a1-ats.iot.test")), TLS_ATS);
    CHECK_INT(server_identity_chain(i, BYTES("")), TLS_ATS);
    uint8_t long_name[300] = {0};
    CHECK_INT(server_identity_chain(i, bytes_of(long_name, sizeof long_name)), TLS_ATS);
    server_identity_unref(server_identity_ref(i));
    server_identity_unref(i);
    server_identity_unref(NULL);
}

/* ---- the operator's own ---- */

static char own_certificate[128], own_key[128];

static struct server_request operators(void) {
    struct server_request r = usual;
    (void)snprintf(own_certificate, sizeof own_certificate, "%s", in_directory("own.pem"));
    (void)snprintf(own_key, sizeof own_key, "%s", in_directory("own.key"));
    r.certificate_file = own_certificate;
    r.key_file = own_key;
    return r;
}

static void copy(const char *from, const char *to) {
    AUTO(buf) content = content_of(from);
    CHECK_OK(file_write(in_directory(to), buf_bytes(&content), 0600));
}

TEST(the_operators_certificate_is_shown_with_its_issuers) {
    const int64_t now_ms = INT64_C(1767225600000);
    begin();
    clock_simulate(now_ms);
    (void)load(&usual);
    struct server_request r = operators();
    AUTO(buf) chain = content_of("tls/ats-server-rsa.pem");
    AUTO(buf) issuer = content_of("ca/ats-root.pem");
    buf_append(&chain, buf_bytes(&issuer));
    CHECK_OK(file_write(own_certificate, buf_bytes(&chain), 0644));
    copy("tls/ats-server-rsa.key", "own.key");
    CHECK_INT(load(&r), now_ms + 3600 * 1000); /* the file may change */
    struct authority *a = open_authority();
    struct server_identity *i;
    int64_t look_again_ms;
    CHECK_OK(authority_load_identity(a, &r, &i, &look_again_ms));
    CHECK(!i->leaves[TLS_ATS][LEAF_EC].certificate);
    CHECK(i->leaves[TLS_ATS][LEAF_RSA].certificate);
    CHECK_INT(sk_X509_num(i->leaves[TLS_ATS][LEAF_RSA].issuers), 1);
    CHECK(i->leaves[TLS_LEGACY][LEAF_EC].certificate);
    server_identity_unref(i);
    authority_free(a);
    end();
}

TEST(the_operators_slips_are_explained) {
    begin();
    (void)load(&usual);
    struct server_request r = operators();
    CHECK_FAILS(try_load(&r), E_INVALID, "own.key");
    copy("tls/ats-server.key", "own.key");
    CHECK_FAILS(try_load(&r), E_INVALID, "own.pem");
    copy("tls/legacy-server.pem", "own.pem");
    CHECK_FAILS(try_load(&r), E_INVALID, "do not belong together");
    copy("tls/ats-server.pem", "own.pem");
    CHECK_OK(try_load(&r));
    clock_simulate(clock_wall_ms() + INT64_C(400) * 24 * 3600 * 1000);
    CHECK_FAILS(try_load(&r), E_INVALID, "expired");
    clock_simulate(-1);
    r.key_file = NULL;
    CHECK_FAILS(try_load(&r), E_INVALID, "private key");
    end();
}

TEST(an_operators_key_too_weak_for_tls_is_refused_at_start) {
    begin();
    (void)load(&usual);
    struct server_request r = operators();
    EVP_PKEY *key = EVP_RSA_gen(512);
    X509 *x = root_new(key, "weak");
    BIO *bio = BIO_new_file(own_certificate, "w");
    CHECK(PEM_write_bio_X509(bio, x));
    BIO_free(bio);
    bio = BIO_new_file(own_key, "w");
    CHECK(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
    BIO_free(bio);
    X509_free(x);
    EVP_PKEY_free(key);
    CHECK_FAILS(try_load(&r), E_INVALID, "cannot be used for TLS");
    end();
}

TEST_MAIN("tls/authority")
