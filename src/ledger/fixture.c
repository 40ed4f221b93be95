#include "ledger/fixture.h"

#include <string.h>

#include <openssl/ecdsa.h>

#include "codec/base64.h"
#include "identity/material.h"
#include "support/testing.h"

static const char *const ca_true[] = {"basicConstraints", "critical,CA:TRUE", NULL};
static const char *const signer_id[] = {"subjectKeyIdentifier", "01:02:03", NULL};
static const char vendor_name[] = "CN=Vendor Signer/O=Vendor";
static const char vendor_key[] = "P-256#vendor", manifest_key[] = "P-256#manifest";

static struct recipe device(const char *common_name, struct arena *a) {
    return (struct recipe){.subject = arena_printf(a, "CN=%s/O=Vendor", common_name),
                           .key = "P-256",
                           .issuer = vendor_name,
                           .signer = vendor_key};
}

bytes fixture_device_der(const char *common_name, struct arena *a) {
    struct recipe r = device(common_name, a);
    return material_der(&r, a);
}

bytes fixture_device_pem(const char *common_name, struct arena *a) {
    struct recipe r = device(common_name, a);
    return material_pem(&r, a);
}

static const struct recipe ca = {.subject = vendor_name, .key = vendor_key, .more = ca_true};

bytes fixture_vendor_ca(struct arena *a) {
    return material_pem(&ca, a);
}

bytes fixture_vendor_signer(struct arena *a) {
    struct recipe r = {.subject = "CN=Manifest Signer", .key = manifest_key, .more = signer_id};
    return material_pem(&r, a);
}

static const char *base64(bytes data, struct arena *a) {
    AUTO(buf) text = {0};
    base64_encode(data, &text);
    return arena_string(a, buf_bytes(&text));
}

static const char *base64url(bytes data, struct arena *a) {
    char *text = arena_printf(a, "%s", base64(data, a));
    for (char *c = text; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c == '=' ? '\0' : *c;
    return text;
}

static bytes sign(const char *text, struct arena *a) {
    unsigned char der[128], *raw = arena_alloc(a, 64);
    size_t len = sizeof der;
    const unsigned char *at = der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    CHECK(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, material_key(manifest_key)) == 1);
    CHECK(EVP_DigestSign(context, der, &len, (const unsigned char *)text, strlen(text)) == 1);
    EVP_MD_CTX_free(context);
    ECDSA_SIG *both = d2i_ECDSA_SIG(NULL, &at, (long)len);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(both), raw, 32) == 32);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(both), raw + 32, 32) == 32);
    ECDSA_SIG_free(both);
    return bytes_of(raw, 64);
}

bytes fixture_sign(const char *header, const char *payload, const char *unprotected,
                   struct arena *a) {
    const char *first = base64url(bytes_from(header), a);
    const char *second = base64url(bytes_from(payload), a);
    bytes signature = sign(arena_printf(a, "%s.%s", first, second), a);
    return bytes_from(arena_printf(
        a, "{\"payload\":\"%s\",\n \"protected\":\"%s\",\"header\":%s,\"signature\":\"%s\"}",
        second, first, unprotected, base64url(signature, a)));
}

bytes fixture_jws(const char *unique_id, const char *common_name, struct arena *a) {
    const char *payload = arena_printf(
        a,
        "{\"version\":1,\"model\":\"ATECC608A\",\"partNumber\":\"ATECC608A-TNGTLS\","
        "\"uniqueId\":\"%s\",\"publicKeySet\":{\"keys\":[{\"kid\":\"4\",\"kty\":\"EC\"},"
        "{\"kid\":\"0\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x5c\":[\"%s\",\"%s\"]}]}}",
        unique_id, base64(fixture_device_der(common_name, a), a), base64(material_der(&ca, a), a));
    return fixture_sign("{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":\"AQID\"}", payload,
                        arena_printf(a, "{\"uniqueId\":\"%s\"}", unique_id), a);
}

bytes fixture_nxp(const char *device_id, const char *common_name, struct arena *a) {
    return bytes_from(arena_printf(
        a,
        "{\"deviceId\":\"%s\",\"deviceCertificates\":[{\"certificateLabel\":\"CLOUD\","
        "\"certificate\":\"%s\"}],\"intermediateCAs\":[{\"certificateLabel\":\"CA\","
        "\"certificate\":\"%s\"}]}",
        device_id, base64(fixture_device_der(common_name, a), a), base64(material_der(&ca, a), a)));
}
