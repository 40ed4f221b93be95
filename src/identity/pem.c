#include "identity/pem.h"

#include <stdio.h>
#include <string.h>

#include "codec/base64.h"
#include "identity/der.h"

static const struct {
    const char *member; /* of the API */
    const char *option; /* of the AWS CLI */
    const char *noun;
    const char *tool; /* openssl's command for it */
    bytes label;
    status failure;
    size_t length_max;
} roles[] = {
    [X509_CA_CERTIFICATE] = {"caCertificate", "--ca-certificate", "certificate", "x509",
                             BYTES("CERTIFICATE"), E_CERTIFICATE_INVALID, X509_PEM_BYTES_MAX},
    [X509_VERIFICATION_CERTIFICATE] = {"verificationCertificate", "--verification-certificate",
                                       "certificate", "x509", BYTES("CERTIFICATE"),
                                       E_CERTIFICATE_INVALID, X509_PEM_BYTES_MAX},
    [X509_DEVICE_CERTIFICATE] = {"certificatePem", "--certificate-pem", "certificate", "x509",
                                 BYTES("CERTIFICATE"), E_CERTIFICATE_INVALID, X509_PEM_BYTES_MAX},
    [X509_DEVICE_ISSUER] = {"caCertificatePem", "--ca-certificate-pem", "certificate", "x509",
                            BYTES("CERTIFICATE"), E_CERTIFICATE_INVALID, X509_PEM_BYTES_MAX},
    [X509_CSR] = {"certificateSigningRequest", "--certificate-signing-request",
                  "certificate signing request", "req", BYTES("CERTIFICATE REQUEST"), E_INVALID,
                  X509_CSR_CHARACTERS_MAX},
};

const char *pem_member(enum x509_role role) {
    return roles[role].member;
}

status pem_failure(enum x509_role role) {
    return roles[role].failure;
}

#define REFUSE(role, text, ...) \
    FAIL(roles[role].failure, "%s " text, roles[role].member, ##__VA_ARGS__)

/* ---- what it is when it is not PEM ---- */

static bool is_letter_or_digit(uint8_t c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_printable(bytes b) {
    for (size_t i = 0; i < b.len; i++)
        if (b.ptr[i] < ' ' || b.ptr[i] == 0x7F)
            return false;
    return true;
}

enum { FILE_NAME_BYTES_MAX = 255, EXTENSION_MAX = 5 };

/* One short line that ends in a dot and one to five letters: no key or token looks like that, so
 * it may be repeated in the answer. */
static bool looks_like_file_name(bytes text) {
    size_t letters = 0;
    if (text.len > FILE_NAME_BYTES_MAX || !is_printable(text))
        return false;
    while (letters < text.len && is_letter_or_digit(text.ptr[text.len - 1 - letters]))
        letters++;
    return letters >= 1 && letters <= EXTENSION_MAX && letters < text.len &&
           text.ptr[text.len - 1 - letters] == '.';
}

static bool looks_like_der(bytes text) {
    return text.len > 1 && text.ptr[0] == 0x30 && text.ptr[1] >= 0x80;
}

static bool is_base64(uint8_t c) {
    return is_letter_or_digit(c) || c == '+' || c == '/' || c == '=';
}

static bool is_space(uint8_t c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool looks_like_base64(bytes text) {
    for (size_t i = 0; i < text.len; i++)
        if (!is_base64(text.ptr[i]) && !is_space(text.ptr[i]))
            return false;
    return text.len >= 64;
}

static status refuse_no_pem(bytes text, enum x509_role role) {
    text = bytes_trim(text);
    if (text.len == 0)
        return REFUSE(role, "is empty: send the text of the %s", roles[role].noun);
    if (bytes_start_with(text, BYTES("file://")) || bytes_start_with(text, BYTES("fileb://")))
        return REFUSE(role,
                      "is not PEM; it is the address of a file, which only the AWS CLI reads, as "
                      "the value of %s on its command line: send the text of the file",
                      roles[role].option);
    if (looks_like_file_name(text))
        return REFUSE(
            role, "is not PEM; it looks like a file name: with the AWS CLI write %s file://%.*s",
            roles[role].option, BYTES_ARG(text));
    if (text.ptr[0] == '/' || text.ptr[0] == '~' || text.ptr[0] == '.')
        return REFUSE(role,
                      "is not PEM; it looks like a path: with the AWS CLI write %s file://PATH",
                      roles[role].option);
    if (looks_like_der(text))
        return REFUSE(role,
                      "is DER (binary), not PEM: convert it with openssl %s -inform DER -in FILE "
                      "-out FILE.pem",
                      roles[role].tool);
    if (looks_like_base64(text))
        return REFUSE(role,
                      "is base64 without its armour: put the line -----BEGIN %.*s----- before it "
                      "and -----END %.*s----- behind it",
                      BYTES_ARG(roles[role].label), BYTES_ARG(roles[role].label));
    return REFUSE(role, "is not PEM: it has no line -----BEGIN %.*s-----",
                  BYTES_ARG(roles[role].label));
}

/* ---- blocks ---- */

struct block {
    bytes label, body;
};

/* Takes what stands before `mark` off *rest, and the mark; false when there is none. */
static bool take_until(bytes *rest, bytes mark, bytes *out_before) {
    size_t at = bytes_search(*rest, mark);
    if (at == rest->len)
        return false;
    *out_before = bytes_slice(*rest, 0, at);
    *rest = bytes_skip(*rest, at + mark.len);
    return true;
}

static status next_block(bytes *rest, enum x509_role role, struct block *out_block) {
    struct block b;
    bytes before, end_label;
    if (!take_until(rest, BYTES("-----BEGIN "), &before) ||
        !take_until(rest, BYTES("-----"), &b.label))
        return REFUSE(role, "is cut off in the middle of a BEGIN line");
    if (!take_until(rest, BYTES("-----END "), &b.body) ||
        bytes_search(b.body, BYTES("-----BEGIN ")) != b.body.len)
        return REFUSE(role, "is cut off: a block has a BEGIN line but no END line");
    if (!take_until(rest, BYTES("-----"), &end_label) || !bytes_equal(b.label, end_label))
        return REFUSE(role, "has an END line that does not fit its BEGIN line");
    *out_block = b;
    return OK;
}

static bool is_csr_label(bytes label) {
    return bytes_equal(label, BYTES("CERTIFICATE REQUEST")) ||
           bytes_equal(label, BYTES("NEW CERTIFICATE REQUEST"));
}

static bool is_certificate_label(bytes label) {
    return bytes_equal(label, BYTES("CERTIFICATE")) ||
           bytes_equal(label, BYTES("X509 CERTIFICATE"));
}

static status check_label(bytes label, enum x509_role role) {
    if (role == X509_CSR ? is_csr_label(label) : is_certificate_label(label))
        return OK;
    if (is_csr_label(label))
        return REFUSE(role,
                      "is a certificate signing request, not a certificate: have your CA sign it "
                      "(openssl x509 -req), or have one issued with aws iot "
                      "create-certificate-from-csr");
    if (is_certificate_label(label))
        return REFUSE(role,
                      "is a certificate, not a certificate signing request: make one with openssl "
                      "req -new -key KEY, or register the certificate with aws iot "
                      "register-certificate");
    if (bytes_equal(label, BYTES("PUBLIC KEY")))
        return REFUSE(role, "is a public key, not a %s", roles[role].noun);
    if (bytes_equal(label, BYTES("TRUSTED CERTIFICATE")))
        return REFUSE(role, "is in OpenSSL's own trusted form: convert it with openssl x509 -in "
                            "FILE -out FILE.pem");
    return REFUSE(role, "has a block that is no %s: it must begin with -----BEGIN %.*s-----",
                  roles[role].noun, BYTES_ARG(roles[role].label));
}

/* ---- base64 ---- */

static size_t line_of(bytes text, const uint8_t *at) {
    size_t line = 1;
    for (const uint8_t *p = text.ptr; p < at; p++)
        line += *p == '\n' || (*p == '\r' && p[1] != '\n');
    return line;
}

static status gather_base64(bytes body, bytes text, enum x509_role role, struct buf *out) {
    for (size_t i = 0; i < body.len; i++) {
        uint8_t c = body.ptr[i];
        if (c == '\\')
            return REFUSE(role, "has its line breaks as the two characters \\n: send real ones");
        if (is_base64(c))
            buf_append_byte(out, c);
        else if (!is_space(c))
            return REFUSE(role, "has something in line %zu that is not base64",
                          line_of(text, body.ptr + i));
    }
    return OK;
}

static status decode_body(bytes body, bytes text, enum x509_role role, struct buf *out) {
    AUTO(arena) memory = {0};
    AUTO(buf) base64 = {0};
    bytes der;
    TRY(gather_base64(body, text, role, &base64));
    if (base64_decode(&memory, buf_bytes(&base64), &der) != OK)
        return REFUSE(role, "is damaged or cut off: its base64 does not end with a whole byte");
    buf_append(out, der);
    return OK;
}

/* The DER must be one SEQUENCE and all of what was there. */
static status check_whole(bytes der, enum x509_role role) {
    size_t header = der.len > 1 && der.ptr[1] >= 0x80 ? 2u + (der.ptr[1] & 0x7F) : 2;
    size_t length = 0;
    if (der.len < 2 || der.ptr[0] != DER_SEQUENCE || header > 6 || der.ptr[1] == 0x80)
        return REFUSE(role, "is base64 of something that is no %s", roles[role].noun);
    if (der.len < header)
        return REFUSE(role, "is cut off after %zu bytes", der.len);
    for (size_t i = 2; i < header; i++)
        length = length << 8 | der.ptr[i];
    size_t whole = header + (header == 2 ? der.ptr[1] : length);
    if (der.len < whole)
        return REFUSE(role, "is cut off: the %s has %zu bytes, the last %zu are missing",
                      roles[role].noun, whole, whole - der.len);
    if (der.len > whole)
        return REFUSE(role, "has %zu bytes behind the end of the %s", der.len - whole,
                      roles[role].noun);
    return OK;
}

static status decode_block(bytes *rest, bytes text, enum x509_role role, struct buf *out) {
    struct block block = {0};
    TRY(next_block(rest, role, &block));
    TRY(check_label(block.label, role));
    TRY(decode_body(block.body, text, role, out));
    return check_whole(buf_bytes(out), role);
}

static status decode_rest(bytes rest, bytes text, enum x509_role role) {
    while (bytes_search(rest, BYTES("-----BEGIN")) != rest.len) {
        AUTO(buf) der = {0};
        TRY(decode_block(&rest, text, role, &der));
    }
    if (bytes_trim(rest).len)
        return REFUSE(role, "has %zu characters behind its last END line that are not PEM",
                      bytes_trim(rest).len);
    return OK;
}

status pem_decode(bytes text, enum x509_role role, struct buf *out_der) {
    AUTO(buf) der = {0};
    bytes rest = text;
    if (text.len > roles[role].length_max)
        return REFUSE(role, "has %zu characters; at most %zu are allowed", text.len,
                      roles[role].length_max);
    if (bytes_search(text, BYTES("PRIVATE KEY--")) != text.len)
        return REFUSE(role,
                      "holds a private key, which must never leave its device: send the %s alone "
                      "(what was sent is not kept; if others could see it, replace the key)",
                      roles[role].noun);
    if (bytes_search(text, BYTES("-----BEGIN ")) == text.len)
        return refuse_no_pem(text, role);
    TRY(decode_block(&rest, text, role, &der));
    TRY(decode_rest(rest, text, role));
    buf_append(out_der, buf_bytes(&der));
    return OK;
}

enum { LINE_BYTES = 48 }; /* 64 characters */

void pem_encode(const char *label, bytes der, struct buf *out) {
    buf_printf(out, "-----BEGIN %s-----\n", label);
    for (size_t at = 0; at < der.len; at += LINE_BYTES) {
        base64_encode(bytes_slice(der, at, LINE_BYTES), out);
        buf_append_byte(out, '\n');
    }
    buf_printf(out, "-----END %s-----\n", label);
}
