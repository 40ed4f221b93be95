#include "identity/pem.h"

#include <stdio.h>
#include <string.h>

#include "identity/material.h"
#include "support/testing.h"

static struct arena memory;
static struct buf out;

static status decode(bytes text) {
    buf_clear(&out);
    return pem_decode(text, X509_CA_CERTIFICATE, &out);
}

static bytes good(void) {
    return material_pem(&(struct recipe){.subject = "CN=lamp", .key = "P-256"}, &memory);
}

static bytes joined(bytes a, bytes b) {
    AUTO(buf) text = {0};
    buf_append(&text, a);
    buf_append(&text, b);
    return arena_copy(&memory, buf_bytes(&text));
}

/* `text` with each `from` replaced. */
static bytes replaced(bytes text, const char *from, const char *to) {
    AUTO(buf) result = {0};
    bytes what = bytes_from(from);
    for (size_t at; (at = bytes_search(text, what)) < text.len;) {
        buf_append(&result, bytes_slice(text, 0, at));
        buf_text(&result, to);
        text = bytes_skip(text, at + what.len);
    }
    buf_append(&result, text);
    return arena_copy(&memory, buf_bytes(&result));
}

static void done(void) {
    buf_done(&out);
    arena_done(&memory);
}

TEST(decodes_what_openssl_writes_and_encodes_it_alike) {
    struct recipe r = {.subject = "CN=lamp", .key = "P-256"};
    for (size_t i = 0; i < 6; i++) { /* lengths of all remainders */
        char subject[] = "CN=lamp......";
        subject[7 + i] = 0;
        r.subject = subject;
        X509 *x = material_certificate(&r);
        bytes pem = material_x509_pem(x, &memory);
        AUTO(buf) again = {0};
        CHECK_OK(decode(pem));
        CHECK_BYTES(buf_bytes(&out), material_x509_der(x, &memory));
        pem_encode("CERTIFICATE", buf_bytes(&out), &again);
        CHECK_BYTES(buf_bytes(&again), pem);
        X509_free(x);
    }
    done();
}

TEST(line_ends_and_white_space_do_not_matter) {
    bytes pem = good();
    CHECK_OK(decode(pem));
    bytes der = arena_copy(&memory, buf_bytes(&out));
    static const char *const ends[] = {"\r\n", "\r", "\n\n", " \n"};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        CHECK_OK(decode(replaced(pem, "\n", ends[i])));
        CHECK_BYTES(buf_bytes(&out), der);
    }
    CHECK_OK(decode(joined(BYTES("subject=CN = lamp\n\n"), pem))); /* openssl x509 -text */
    CHECK_BYTES(buf_bytes(&out), der);
    CHECK_OK(decode(joined(pem, BYTES(" \r\n\t\n"))));
    CHECK_OK(decode(replaced(pem, "CERTIFICATE", "X509 CERTIFICATE")));
    done();
}

TEST(of_several_blocks_the_first_counts) { /* [AWS identity 1.2] */
    bytes first = good(), second = good();
    CHECK_OK(decode(first));
    bytes der = arena_copy(&memory, buf_bytes(&out));
    CHECK_OK(decode(joined(first, second)));
    CHECK_BYTES(buf_bytes(&out), der);
    /* cat without a line end between */
    CHECK_OK(decode(joined(bytes_trim(first), second)));
    CHECK_BYTES(buf_bytes(&out), der);
    CHECK_FAILS(decode(joined(first, bytes_slice(second, 0, second.len - 5))),
                E_CERTIFICATE_INVALID, "END line");
    done();
}

TEST(a_file_name_is_answered_with_file_colon_slash_slash) { /* [AWS walkthroughs C.2] */
    CHECK_FAILS(decode(BYTES("rootCA.pem")), E_CERTIFICATE_INVALID,
                "caCertificate is not PEM; it looks like a file name: with the AWS CLI write "
                "--ca-certificate file://rootCA.pem");
    CHECK_FAILS(decode(BYTES(" /home/me/certs/root CA.crt\n")), E_CERTIFICATE_INVALID,
                "--ca-certificate file:///home/me/certs/root CA.crt");
    CHECK_FAILS(decode(BYTES("C:\\certs\\ca.der")), E_CERTIFICATE_INVALID,
                "file://C:\\certs\\ca.der");
    CHECK_FAILS(decode(BYTES("../certs/ca")), E_CERTIFICATE_INVALID, "looks like a path");
    CHECK_FAILS(decode(BYTES("file://rootCA.pem")), E_CERTIFICATE_INVALID,
                "address of a file, which only the AWS CLI reads");
    CHECK_FAILS(pem_decode(BYTES("v.pem"), X509_VERIFICATION_CERTIFICATE, &out),
                E_CERTIFICATE_INVALID, "write --verification-certificate file://v.pem");
    CHECK_FAILS(pem_decode(BYTES("d.pem"), X509_DEVICE_CERTIFICATE, &out), E_CERTIFICATE_INVALID,
                "write --certificate-pem file://d.pem");
    CHECK_FAILS(pem_decode(BYTES("c.pem"), X509_DEVICE_ISSUER, &out), E_CERTIFICATE_INVALID,
                "write --ca-certificate-pem file://c.pem");
    CHECK_FAILS(pem_decode(BYTES("c.csr"), X509_CSR, &out), E_INVALID,
                "write --certificate-signing-request file://c.csr");
    done();
}

TEST(a_private_key_is_refused_and_never_repeated) {
    bytes key = material_key_pem("P-256", &memory), pem = good();
    CHECK_FAILS(decode(key), E_CERTIFICATE_INVALID, "holds a private key");
    CHECK(!strstr(failure_text(), "MIG"));
    CHECK_FAILS(decode(joined(pem, key)), E_CERTIFICATE_INVALID, "holds a private key");
    CHECK_FAILS(decode(joined(key, pem)), E_CERTIFICATE_INVALID, "holds a private key");
    /* the armour lost: base64 of a key is short and may hold slashes */
    bytes naked = replaced(replaced(key, "-----BEGIN PRIVATE KEY-----\n", ""),
                           "-----END PRIVATE KEY-----\n", "");
    CHECK_FAILS(decode(naked), E_CERTIFICATE_INVALID, "is base64 without its armour");
    CHECK_FAILS(decode(bytes_trim(bytes_slice(naked, 0, 40))), E_CERTIFICATE_INVALID,
                "it has no line -----BEGIN CERTIFICATE-----");
    CHECK(!strstr(failure_text(), "MIG"));
    done();
}

TEST(other_things_than_a_certificate_are_named) {
    struct recipe r = {.subject = "CN=lamp", .key = "P-256"};
    CHECK_FAILS(decode(material_csr(&r, &memory)), E_CERTIFICATE_INVALID,
                "is a certificate signing request, not a certificate");
    CHECK_FAILS(pem_decode(good(), X509_CSR, &out), E_INVALID,
                "is a certificate, not a certificate signing request");
    CHECK_FAILS(decode(replaced(good(), "CERTIFICATE", "PUBLIC KEY")), E_CERTIFICATE_INVALID,
                "is a public key, not a certificate");
    CHECK_FAILS(decode(replaced(good(), "CERTIFICATE", "TRUSTED CERTIFICATE")),
                E_CERTIFICATE_INVALID, "trusted form");
    CHECK_FAILS(decode(replaced(good(), "CERTIFICATE", "PKCS7")), E_CERTIFICATE_INVALID,
                "has a block that is no certificate");
    CHECK_FAILS(decode(material_der(&r, &memory)), E_CERTIFICATE_INVALID,
                "is DER (binary), not PEM: convert it with openssl x509 -inform DER");
    CHECK_FAILS(decode(BYTES("0\xef\xbf\xbd\x01")), E_CERTIFICATE_INVALID, "is DER (binary)");
    CHECK_FAILS(decode(BYTES("")), E_CERTIFICATE_INVALID, "caCertificate is empty");
    CHECK_FAILS(decode(BYTES("\n \r\n")), E_CERTIFICATE_INVALID, "caCertificate is empty");
    CHECK_FAILS(decode(BYTES("hello, world")), E_CERTIFICATE_INVALID, "is not PEM: it has no line");
    done();
}

TEST(damage_is_located) {
    bytes pem = good();
    CHECK_FAILS(decode(bytes_slice(pem, 0, pem.len / 2)), E_CERTIFICATE_INVALID,
                "is cut off: a block has a BEGIN line but no END line");
    CHECK_FAILS(decode(BYTES("-----BEGIN CERTIF")), E_CERTIFICATE_INVALID,
                "is cut off in the middle of a BEGIN line");
    CHECK_FAILS(decode(replaced(pem, "END CERTIFICATE", "END X")), E_CERTIFICATE_INVALID,
                "has an END line that does not fit");
    CHECK_FAILS(decode(replaced(pem, "-----END", "?\n-----END")), E_CERTIFICATE_INVALID,
                "has something in line ");
    CHECK_FAILS(decode(BYTES("-----BEGIN CERTIFICATE-----\r\nMIIB\r\nM*\r\n"
                             "-----END CERTIFICATE-----")),
                E_CERTIFICATE_INVALID, "line 3");
    CHECK_FAILS(decode(replaced(pem, "\n", "\\n")), E_CERTIFICATE_INVALID,
                "has its line breaks as the two characters \\n");
    CHECK_FAILS(decode(joined(pem, BYTES("rubbish"))), E_CERTIFICATE_INVALID,
                "has 7 characters behind its last END line");
    static const char *const halves[] = {"MII",  "MIIB=", "MIIBA", "MI=B",
                                         "M===", "MII==", "====",  ""};
    for (size_t i = 0; i < COUNT_OF(halves); i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "-----BEGIN CERTIFICATE-----\n%s\n%s", halves[i],
                       "-----END CERTIFICATE-----\n");
        CHECK(decode(bytes_from(text)) == E_CERTIFICATE_INVALID);
    }
    done();
}

static status decode_der(bytes der) {
    AUTO(buf) pem = {0};
    pem_encode("CERTIFICATE", der, &pem);
    return decode(buf_bytes(&pem));
}

TEST(the_contents_must_be_whole) {
    bytes der = material_der(&(struct recipe){.subject = "CN=lamp", .key = "P-256"}, &memory);
    CHECK_FAILS(decode_der(bytes_slice(der, 0, der.len - 3)), E_CERTIFICATE_INVALID,
                "the last 3 are missing");
    CHECK_FAILS(decode_der(joined(der, BYTES("ab"))), E_CERTIFICATE_INVALID,
                "has 2 bytes behind the end of the certificate");
    CHECK_FAILS(decode_der(BYTES("hello, world")), E_CERTIFICATE_INVALID,
                "is base64 of something that is no certificate");
    CHECK_FAILS(decode_der(BYTES("\x30\x80\0\0")), E_CERTIFICATE_INVALID, "something that is no");
    CHECK_FAILS(decode_der(BYTES("\x30\x82\x01")), E_CERTIFICATE_INVALID, "is cut off after 3");
    done();
}

TEST(texts_are_bounded) { /* [AWS identity 1.3, 3.1] */
    static char text[X509_PEM_BYTES_MAX + 1];
    memset(text, ' ', sizeof text);
    CHECK_FAILS(decode(bytes_of(text, sizeof text)), E_CERTIFICATE_INVALID,
                "has 65537 characters; at most 65536 are allowed");
    CHECK_FAILS(decode(bytes_of(text, sizeof text - 1)), E_CERTIFICATE_INVALID, "is empty");
    CHECK_FAILS(pem_decode(bytes_of(text, 4097), X509_CSR, &out), E_INVALID,
                "certificateSigningRequest has 4097 characters; at most 4096 are allowed");
    bytes pem = good();
    memcpy(text, pem.ptr, pem.len);
    CHECK_OK(decode(bytes_of(text, sizeof text - 1)));
    done();
}

static void decode_prefix(bytes prefix) {
    AUTO(buf) der = {0};
    CHECK(pem_decode(prefix, X509_DEVICE_CERTIFICATE, &der) == E_CERTIFICATE_INVALID);
    CHECK_INT(der.len, 0);
}

TEST(no_truncation_passes) {
    bytes pem = good();
    test_each_truncation(bytes_slice(pem, 0, pem.len - 1), decode_prefix);
    done();
}

TEST_MAIN("identity/pem")
