#include "tls/reason.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>

/* ---- what is not TLS ---- */

static const char http[] = "looks like plain HTTP: this port speaks TLS, use https:// or wss://";
static const char mqtt[] =
    "looks like plain MQTT: this port speaks TLS, give the client the CA file and its certificate "
    "(mosquitto: --cafile, --cert, --key), or use the plain listener (--mqtt)";
static const char proxy[] =
    "looks like a load balancer's PROXY protocol: switch it off, connections are expected as they "
    "come from the client";

static const struct {
    const char *bytes;
    size_t len;
    const char *means;
} plain_protocols[] = {
    {"\x10", 1, mqtt}, /* the type and flags of CONNECT [MQTT311-3.1.1] */
    {"GET ", 4, http},
    {"POST ", 5, http},
    {"PUT ", 4, http},
    {"HEAD ", 5, http},
    {"DELETE ", 7, http},
    {"PATCH ", 6, http},
    {"OPTIONS ", 8, http},
    {"CONNECT ", 8, http},
    {"PRI * HTTP/2", 12, http},
    {"PROXY ", 6, proxy},
    {"\r\n\r\n\0\r\nQUIT\n", 12, proxy},
    {"SSH-", 4, "looks like SSH: this port speaks TLS"},
    {"\x80", 1, "looks like SSL 2: the client's TLS library is too old, TLS 1.2 is needed"},
};

const char *reason_of_plain(bytes first) {
    if (first.len == 0 || first.ptr[0] == 0x16) /* a handshake record [RFC 8446 5.1] */
        return NULL;
    for (size_t i = 0; i < COUNT_OF(plain_protocols); i++)
        if (bytes_start_with(first, bytes_of(plain_protocols[i].bytes, plain_protocols[i].len)))
            return plain_protocols[i].means;
    return "what arrives is not TLS: is the client set up for another port or protocol?";
}

/* ---- what OpenSSL found wrong ---- */

struct row {
    int reason;
    status status;
    const char *means;
};

static const struct row rows[] = {
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, E_DENIED,
     "the client sent no certificate: give it one with its private key (mosquitto: --cert and "
     "--key)"},
    {SSL_R_BAD_SIGNATURE, E_DENIED,
     "the client could not prove that it holds the certificate's private key: certificate and key "
     "do not belong together"},
    {SSL_R_UNSUPPORTED_PROTOCOL, E_PROTOCOL,
     "the client offers no TLS version spoken here: TLS 1.2 or 1.3 is needed, update its library "
     "or allow it"},
    {SSL_R_VERSION_TOO_LOW, E_PROTOCOL, "the client's TLS version is too old: 1.2 is needed"},
    {SSL_R_NO_SHARED_CIPHER, E_PROTOCOL,
     "client and server have no cipher suite in common: the client must allow one of the AES-GCM "
     "or AES-CBC suites of AWS IoT"},
    {SSL_R_NO_SUITABLE_KEY_SHARE, E_PROTOCOL,
     "client and server have no elliptic curve in common: X25519, P-256, P-384 or P-521 is needed"},
    {SSL_R_NO_SUITABLE_GROUPS, E_PROTOCOL,
     "client and server have no elliptic curve in common: X25519, P-256, P-384 or P-521 is needed"},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, E_PROTOCOL,
     "the client accepts no signature the server can make: ECDSA P-256 or RSA with SHA-256 is "
     "needed"},
    {SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, E_PROTOCOL,
     "client and server have no signature algorithm in common: ECDSA or RSA with SHA-256 or better "
     "is needed"},
    {SSL_R_WRONG_SIGNATURE_TYPE, E_PROTOCOL,
     "the client signs with an algorithm that was not offered"},
    {SSL_R_EXCESSIVE_MESSAGE_SIZE, E_PROTOCOL,
     "the client's certificate chain is larger than 16 KB: send the certificate alone, or with its "
     "issuer"},
    {SSL_R_CERTIFICATE_VERIFY_FAILED, E_PROTOCOL,
     "the client sends more than five certificates: send the certificate alone, or with its "
     "issuer"},
    {SSL_R_UNKNOWN_CERTIFICATE_TYPE, E_PROTOCOL,
     "the client certificate's key is of a kind not known here: RSA or P-256 is expected"},
    {SSL_R_WRONG_VERSION_NUMBER, E_PROTOCOL,
     "what arrives is not TLS of a known version: is the client set up for another port?"},
    {SSL_R_RENEGOTIATION_MISMATCH, E_PROTOCOL, "the client tries to renegotiate, which is refused"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, E_PROTOCOL,
     "a record was damaged or forged on its way"},
    {SSL_R_INAPPROPRIATE_FALLBACK, E_PROTOCOL,
     "the client fell back to an older TLS version although a newer one works: it gave up an "
     "earlier attempt, look there"},
};

static const struct row *find_row(const struct row *from, size_t count, int reason) {
    for (size_t i = 0; i < count; i++)
        if (from[i].reason == reason)
            return &from[i];
    return NULL;
}

/* ---- what the client found wrong: its alert ---- */

static const char distrust[] =
    "the client does not trust the server's certificate: give it the root certificate %s (of the "
    "server's data directory), or connect by another of the endpoint names";

static const struct row alerts[] = {
    {SSL_AD_UNKNOWN_CA, E_PROTOCOL, distrust},
    {SSL_AD_CERTIFICATE_UNKNOWN, E_PROTOCOL, distrust},
    {SSL_AD_BAD_CERTIFICATE, E_PROTOCOL,
     "the client does not accept the server's certificate: it may connect by a name the "
     "certificate is not for, or not trust %s"},
    {SSL_AD_CERTIFICATE_EXPIRED, E_PROTOCOL,
     "to the client the server's certificate is expired or not yet valid: set the client's clock"},
    {SSL_AD_HANDSHAKE_FAILURE, E_PROTOCOL,
     "the client gave up: its TLS settings (suites, curves) do not fit the server's"},
    {SSL_AD_PROTOCOL_VERSION, E_PROTOCOL, "the client wants another version of TLS"},
    {SSL_AD_DECRYPT_ERROR, E_PROTOCOL,
     "the client could not verify the server's signature: its trusted root may have the right name "
     "but be another server's; give it %s"},
    {SSL_AD_USER_CANCELLED, E_PROTOCOL, "the client broke off"},
    {SSL_AD_CLOSE_NOTIFY, E_PROTOCOL, "the client closed before the handshake was complete"},
};

static const char *root_name(enum tls_chain chain) {
    return chain == TLS_LEGACY ? "ca/legacy-root.pem" : "ca/ats-root.pem";
}

static status fail_by_client(const struct tls_trouble *t) {
    const char *root = root_name(t->chain), *alert = SSL_alert_desc_string_long(t->alert_received);
    const struct row *row = find_row(alerts, COUNT_OF(alerts), t->alert_received);
    char text[400];
    bytes means = bytes_from(row ? row->means : "the client reports an error");
    size_t gap = bytes_search(means, BYTES("%s"));
    if (gap < means.len)
        (void)snprintf(text, sizeof text, "%.*s%s%.*s", (int)gap, (const char *)means.ptr, root,
                       BYTES_ARG(bytes_skip(means, gap + 2)));
    else
        (void)snprintf(text, sizeof text, "%.*s", BYTES_ARG(means));
    return FAIL(E_PROTOCOL, "TLS: %s (alert %d, %s, from the client)", text, t->alert_received,
                alert);
}

static status fail_by_end(const struct tls_trouble *t) {
    if (t->nothing_came)
        return FAIL(E_PROTOCOL, "TLS: the client closed the connection before it sent anything");
    return FAIL(E_PROTOCOL,
                "TLS: the client closed the connection in the middle of the handshake, without an "
                "alert: often it does not trust the server's certificate (root %s)",
                root_name(t->chain));
}

status reason_fail(const struct tls_trouble *t) {
    if (t->alert_received >= 0)
        return fail_by_client(t);
    if (t->ended && t->alert_sent < 0)
        return fail_by_end(t);
    int reason = ERR_GET_REASON(t->openssl);
    const struct row *row = find_row(rows, COUNT_OF(rows), reason);
    const char *text = ERR_reason_error_string(t->openssl);
    const char *means = row ? row->means : text ? text : "the handshake failed";
    status s = row ? row->status : E_PROTOCOL;
    if (t->alert_sent < 0)
        return FAIL(s, "TLS: %s", means);
    return FAIL(s, "TLS: %s (alert %d, %s, sent)", means, t->alert_sent,
                SSL_alert_desc_string_long(t->alert_sent));
}
