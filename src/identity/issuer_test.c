#include "identity/issuer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "identity/key_pool.h"
#include "identity/material.h"
#include "support/testing.h"

static struct arena memory;
static char directory[64];
static struct issuer *issuer;

static void file_name(char out[128], const char *name) {
    (void)snprintf(out, 128, "%s/%s", directory, name);
}

static void set_up(void) {
    (void)snprintf(directory, sizeof directory, "/tmp/kedge-issuer-XXXXXX");
    CHECK(mkdtemp(directory) != NULL);
    CHECK_OK(issuer_open(directory, &issuer));
}

static void remove_file(const char *name) {
    char path[128];
    file_name(path, name);
    CHECK(remove(path) == 0);
}

static void tear_down(void) {
    issuer_close(issuer);
    issuer = NULL;
    remove_file("ca/device-issuer.pem");
    remove_file("ca/device-issuer.key");
    remove_file("ca");
    remove_file("");
    arena_done(&memory);
}

static bytes file_text(const char *name) {
    char path[128], text[8192];
    file_name(path, name);
    FILE *f = fopen(path, "r");
    CHECK(f != NULL);
    size_t len = fread(text, 1, sizeof text, f);
    (void)fclose(f);
    return arena_copy(&memory, bytes_of(text, len));
}

static X509 *certificate_of(const struct issued *i) {
    const unsigned char *at = i->certificate.der.ptr;
    X509 *x = d2i_X509(NULL, &at, (long)i->certificate.der.len);
    CHECK(x != NULL);
    return x;
}

static EVP_PKEY *public_key_of(bytes pem) {
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    BIO_free(bio);
    CHECK(key != NULL);
    return key;
}

/* ---- the CA ---- */

TEST(the_ca_is_made_once_and_only_its_owner_reads_it) {
    struct stat s;
    char path[128];
    set_up();
    bytes key = file_text("ca/device-issuer.key"), pem = file_text("ca/device-issuer.pem");
    file_name(path, "ca/device-issuer.key");
    CHECK(stat(path, &s) == 0);
    CHECK_INT(s.st_mode & 0777, 0600);
    file_name(path, "ca");
    CHECK(stat(path, &s) == 0);
    CHECK_INT(s.st_mode & 0777, 0700);
    issuer_close(issuer);
    CHECK_OK(issuer_open(directory, &issuer));
    CHECK_BYTES(file_text("ca/device-issuer.key"), key);
    CHECK_BYTES(file_text("ca/device-issuer.pem"), pem);
    tear_down();
}

TEST(the_ca_names_kedge_in_one_attribute_and_may_sign) { /* [AWS identity 3.1] */
    struct x509_certificate c;
    set_up();
    CHECK_OK(x509_parse_pem(file_text("ca/device-issuer.pem"), X509_CA_CERTIFICATE, &c));
    CHECK_BYTES(x509_names_find(&c.names.subject, X509_NAME_ORGANIZATIONAL_UNIT, 0),
                BYTES("Kedge O=Kedge L=Local ST=Local C=ZZ"));
    CHECK_INT(c.names.subject.count, 1);
    CHECK_INT(c.key.bits, 2048);
    CHECK_OK(x509_check_ca(&c));
    CHECK_OK(x509_check_quality(&c));
    CHECK_OK(x509_check_signed_by(&c, &c));
    x509_certificate_done(&c);
    tear_down();
}

TEST(a_first_start_that_was_cut_off_is_finished) {
    set_up();
    bytes key = file_text("ca/device-issuer.key");
    issuer_close(issuer);
    remove_file("ca/device-issuer.pem");
    CHECK_OK(issuer_open(directory, &issuer));
    CHECK_BYTES(file_text("ca/device-issuer.key"), key);
    tear_down();
}

static void write_file(const char *name, bytes text) {
    char path[128];
    file_name(path, name);
    FILE *f = fopen(path, "w");
    CHECK(f != NULL);
    CHECK(fwrite(text.ptr, 1, text.len, f) == text.len);
    CHECK(fclose(f) == 0);
}

TEST(files_that_do_not_fit_are_named) {
    struct issuer *other;
    set_up();
    bytes key = file_text("ca/device-issuer.key");
    write_file("ca/device-issuer.key", material_key_pem("P-256", &memory));
    CHECK_FAILS(issuer_open(directory, &other), E_INTERNAL,
                "device-issuer.pem is not the certificate of device-issuer.key");
    write_file("ca/device-issuer.key", BYTES("rubbish"));
    CHECK_FAILS(issuer_open(directory, &other), E_INTERNAL,
                "ca/device-issuer.key holds no private key");
    remove_file("ca/device-issuer.key");
    CHECK_FAILS(issuer_open(directory, &other), E_INTERNAL, "device-issuer.key is missing");
    write_file("ca/device-issuer.key", key);
    write_file("ca/device-issuer.pem", key);
    CHECK_FAILS(issuer_open(directory, &other), E_INTERNAL,
                "ca/device-issuer.pem holds no certificate");
    CHECK_FAILS(issuer_open("/nowhere/at/all", &other), E_INTERNAL, "/nowhere/at/all/ca");
    tear_down();
}

/* ---- what is issued: the shape of [AWS identity 3.1], walkthrough D ---- */

static void check_extension(const X509 *x, int at, int nid, bool critical) {
    X509_EXTENSION *e = X509_get_ext(x, at);
    CHECK(e != NULL);
    CHECK_INT(OBJ_obj2nid(X509_EXTENSION_get_object(e)), nid);
    CHECK_INT(X509_EXTENSION_get_critical(e) > 0, critical);
}

static void check_extensions(X509 *x) {
    struct x509_certificate ca;
    CHECK_INT(X509_get_ext_count(x), 4);
    check_extension(x, 0, NID_authority_key_identifier, false);
    check_extension(x, 1, NID_subject_key_identifier, false);
    check_extension(x, 2, NID_basic_constraints, true);
    check_extension(x, 3, NID_key_usage, true);
    CHECK_INT(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
    CHECK_INT(X509_check_ca(x), 0);
    CHECK_OK(x509_parse_pem(file_text("ca/device-issuer.pem"), X509_CA_CERTIFICATE, &ca));
    const ASN1_OCTET_STRING *id = X509_get0_authority_key_id(x);
    CHECK(id && !X509_get0_authority_issuer(x) && !X509_get0_authority_serial(x));
    CHECK_BYTES(bytes_of(ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id)),
                ca.subject_key_id);
    CHECK_INT(ASN1_STRING_length(X509_get0_subject_key_id(x)), 20);
    x509_certificate_done(&ca);
}

static void check_serial_and_dates(const X509 *x, int64_t now_ms) {
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    const ASN1_TIME *from = X509_get0_notBefore(x), *until = X509_get0_notAfter(x);
    CHECK_INT(ASN1_STRING_length(serial), 20);
    CHECK(ASN1_STRING_type(serial) == V_ASN1_INTEGER); /* not V_ASN1_NEG_INTEGER */
    CHECK((ASN1_STRING_get0_data(serial)[0] & 0xC0) == 0x40);
    CHECK_INT(ASN1_STRING_type(from), V_ASN1_UTCTIME);
    CHECK_INT(ASN1_STRING_type(until), V_ASN1_UTCTIME);
    CHECK_BYTES(bytes_of(ASN1_STRING_get0_data(until), 13), BYTES("491231235959Z"));
    CHECK_INT(ASN1_TIME_cmp_time_t(from, (time_t)(now_ms / 1000 - 120)), 0);
}

static void check_names(const X509 *x, const char *subject_hex) {
    const unsigned char *der;
    size_t len;
    char hex[512];
    CHECK(X509_NAME_get0_der(X509_get_subject_name(x), &der, &len) == 1);
    hex_encode(bytes_of(der, len), hex);
    CHECK_BYTES(bytes_of(hex, 2 * len), bytes_from(subject_hex));
    const X509_NAME *issuer_name = X509_get_issuer_name(x);
    CHECK_INT(X509_NAME_entry_count(issuer_name), 1);
    const X509_NAME_ENTRY *only = X509_NAME_get_entry(issuer_name, 0);
    CHECK_INT(OBJ_obj2nid(X509_NAME_ENTRY_get_object(only)), NID_organizationalUnitName);
    CHECK_INT(ASN1_STRING_type(X509_NAME_ENTRY_get_data(only)), V_ASN1_UTF8STRING);
}

/* CN=AWS IoT Certificate as UTF8String */
static const char device_subject[] = "301e311c301a06035504030c13"
                                     "41575320496f54204365727469666963617465";

static void check_shape(const struct issued *issued, const char *subject_hex, int64_t now_ms) {
    struct x509_certificate ca;
    X509 *x = certificate_of(issued);
    CHECK_INT(X509_get_version(x), 2); /* is version 3 */
    CHECK_INT(X509_get_signature_nid(x), NID_sha256WithRSAEncryption);
    check_names(x, subject_hex);
    check_serial_and_dates(x, now_ms);
    check_extensions(x);
    CHECK_OK(x509_parse_pem(file_text("ca/device-issuer.pem"), X509_CA_CERTIFICATE, &ca));
    CHECK_OK(x509_check_signed_by(&issued->certificate, &ca));
    CHECK_OK(x509_check_quality(&issued->certificate));
    CHECK_OK(x509_check_validity(&issued->certificate, now_ms));
    CHECK(bytes_start_with(buf_bytes(&issued->pem), BYTES("-----BEGIN CERTIFICATE-----\n")));
    CHECK(bytes_end_with(buf_bytes(&issued->pem), BYTES("-----END CERTIFICATE-----\n")));
    x509_certificate_done(&ca);
    X509_free(x);
}

TEST(a_fresh_pair_of_keys_gets_the_shape_of_aws) { /* [AWS identity 3.1] */
    struct issued i = {0};
    int64_t now = clock_wall_ms();
    set_up();
    CHECK_OK(issuer_issue_keys(issuer, NULL, now, &i));
    check_shape(&i, device_subject, now);
    bytes private_pem = buf_bytes(&i.private_key_pem), public_pem = buf_bytes(&i.public_key_pem);
    CHECK(bytes_start_with(private_pem, BYTES("-----BEGIN RSA PRIVATE KEY-----\n")));
    CHECK(bytes_end_with(private_pem, BYTES("-----END RSA PRIVATE KEY-----\n")));
    CHECK(bytes_start_with(public_pem, BYTES("-----BEGIN PUBLIC KEY-----\n")));
    BIO *bio = BIO_new_mem_buf(private_pem.ptr, (int)private_pem.len);
    EVP_PKEY *private_key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    EVP_PKEY *public_key = public_key_of(public_pem);
    X509 *x = certificate_of(&i);
    CHECK_INT(EVP_PKEY_get_bits(private_key), 2048);
    CHECK(EVP_PKEY_eq(private_key, public_key) == 1);
    CHECK(X509_check_private_key(x, private_key) == 1);
    X509_free(x);
    EVP_PKEY_free(private_key);
    EVP_PKEY_free(public_key);
    BIO_free(bio);
    issued_done(&i);
    issued_done(&i); /* twice is fine */
    tear_down();
}

/* C=JP as PrintableString, the others as UTF8String: how openssl req writes it */
static const char csr_subject[] = "3064310b3009060355040613024a50" /* C=JP */
                                  "3111300f06035504080c08486f6b6b6169646f"
                                  "3110300e06035504070c07536170706f726f"
                                  "31123010060355040a0c094d79436f6d70616e79"
                                  "311c301a06035504030c13"
                                  "41575320496f54204365727469666963617465";

static void check_csr_with(const char *key) {
    struct issued i = {0};
    int64_t now = clock_wall_ms();
    struct recipe r = {.subject = "C=JP/ST=Hokkaido/L=Sapporo/O=MyCompany/CN=AWS IoT Certificate",
                       .key = key};
    CHECK_OK(issuer_issue_csr(issuer, material_csr(&r, &memory), now, &i));
    check_shape(&i, csr_subject, now);
    X509 *x = certificate_of(&i);
    CHECK(EVP_PKEY_eq(X509_get0_pubkey(x), material_key(key)) == 1);
    CHECK_INT(i.private_key_pem.len, 0);
    CHECK_INT(i.public_key_pem.len, 0);
    X509_free(x);
    issued_done(&i);
}

TEST(a_csr_keeps_its_subject_and_key) { /* walkthrough D */
    set_up();
    check_csr_with("RSA-2048");
    check_csr_with("P-256");
    check_csr_with("P-384");
    check_csr_with("P-521");
    tear_down();
}

TEST(one_csr_twice_gives_two_certificates) { /* [AWS identity 3.1] */
    struct issued a = {0}, b = {0};
    set_up();
    bytes csr = material_csr(&(struct recipe){.subject = "CN=a", .key = "P-256"}, &memory);
    CHECK_OK(issuer_issue_csr(issuer, csr, clock_wall_ms(), &a));
    CHECK_OK(issuer_issue_csr(issuer, csr, clock_wall_ms(), &b));
    CHECK(strcmp(a.certificate.id, b.certificate.id) != 0);
    issued_done(&a);
    issued_done(&b);
    tear_down();
}

static status issue_for(const char *key, const char *signer) {
    struct issued i;
    struct recipe r = {.subject = "CN=a", .key = key, .signer = signer};
    return issuer_issue_csr(issuer, material_csr(&r, &memory), clock_wall_ms(), &i);
}

TEST(refused_requests) { /* [AWS identity 3.1] */
    struct issued i;
    set_up();
    CHECK_FAILS(issue_for("RSA-1024", NULL), E_INVALID,
                "The key in the certificate signing request is not valid: RSA with 1024 bits");
    CHECK_FAILS(issue_for("secp256k1", NULL), E_INVALID, "is not valid: secp256k1");
    CHECK_FAILS(issue_for("ED25519", NULL), E_INVALID, "is not valid: ED25519");
    CHECK_FAILS(issue_for("P-256", "P-256#2"), E_INVALID,
                "certificateSigningRequest is not signed by the key it is for");
    CHECK_FAILS(issuer_issue_csr(issuer, BYTES("device.csr"), 0, &i), E_INVALID,
                "write --certificate-signing-request file://device.csr");
    CHECK_FAILS(issuer_issue_csr(issuer,
                                 BYTES("-----BEGIN CERTIFICATE REQUEST-----\nMAMCAQE=\n"
                                       "-----END CERTIFICATE REQUEST-----\n"),
                                 0, &i),
                E_INVALID, "is not a well-formed PKCS #10 request (");
    CHECK_FAILS(issuer_issue_csr(issuer, material_key_pem("P-256", &memory), 0, &i), E_INVALID,
                "holds a private key");
    tear_down();
}

static void issue_prefix(bytes prefix) {
    struct issued i;
    CHECK(issuer_issue_csr(issuer, prefix, 0, &i) == E_INVALID);
}

TEST(no_truncation_of_a_request_passes) {
    set_up();
    bytes csr = material_csr(&(struct recipe){.subject = "CN=a", .key = "P-256"}, &memory);
    test_each_truncation(bytes_slice(csr, 0, csr.len - 1), issue_prefix);
    tear_down();
}

static void *issue_ten(void *csr) {
    size_t issued = 0;
    for (size_t n = 0; n < 10; n++) {
        struct issued i;
        if (issuer_issue_csr(issuer, *(bytes *)csr, clock_wall_ms(), &i) != OK)
            break;
        issued_done(&i);
        issued++;
    }
    return issued == 10 ? csr : NULL;
}

TEST(workers_issue_side_by_side) {
    pthread_t threads[3];
    void *result;
    set_up();
    bytes csr = material_csr(&(struct recipe){.subject = "CN=a", .key = "P-256"}, &memory);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        CHECK(pthread_create(&threads[i], NULL, issue_ten, &csr) == 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        CHECK(pthread_join(threads[i], &result) == 0 && result);
    tear_down();
}

TEST_MAIN("identity/issuer")
