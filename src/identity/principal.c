#include "identity/principal.h"

#include "base/clock.h"

static const char *const names[] = {
#define IDENTITY_REASON_NAME(name) [IDENTITY_##name] = #name,
    IDENTITY_REASONS(IDENTITY_REASON_NAME)
#undef IDENTITY_REASON_NAME
};

const char *identity_reason_name(enum identity_reason reason) {
    return names[reason];
}

/* ---- conditions ---- */

typedef bool condition(const struct identity_facts *f, int64_t now_ms);

static bool has_no_certificate(const struct identity_facts *f, int64_t now_ms) {
    return !f->has_certificate;
}

static bool has_unknown_server_name(const struct identity_facts *f, int64_t now_ms) {
    return f->server_name.len > 0 && !f->server_name_known;
}

static bool is_not_registered(const struct identity_facts *f, int64_t now_ms) {
    return !f->certificate;
}

/* Without a server name the account is a guess, and such a certificate may be in several. */
static bool lacks_server_name(const struct identity_facts *f, int64_t now_ms) {
    return f->server_name.len == 0 && f->certificate->mode == CERTIFICATE_MODE_SNI_ONLY;
}

static bool is_pending_activation(const struct identity_facts *f, int64_t now_ms) {
    return f->certificate->status == CERTIFICATE_PENDING_ACTIVATION;
}

static bool is_pending_transfer(const struct identity_facts *f, int64_t now_ms) {
    return f->certificate->status == CERTIFICATE_PENDING_TRANSFER;
}

static bool is_revoked(const struct identity_facts *f, int64_t now_ms) {
    return f->certificate->status == CERTIFICATE_REVOKED;
}

static bool is_not_active(const struct identity_facts *f, int64_t now_ms) {
    return f->certificate->status != CERTIFICATE_ACTIVE;
}

static bool is_revoked_by_ca(const struct identity_facts *f, int64_t now_ms) {
    return f->crl && f->crl->listed;
}

static bool has_expired(const struct identity_facts *f, int64_t now_ms) {
    return f->certificate->not_after_ms < now_ms;
}

static bool is_not_yet_valid(const struct identity_facts *f, int64_t now_ms) {
    return f->certificate->not_before_ms > now_ms;
}

/* ---- the table ---- */

/* The first rule that applies decides; from `lacks_server_name` on there is a certificate record.
 */
static const struct rule {
    condition *applies;
    enum identity_reason reason;
    const char *sentence; /* {words} as in the table of `words` */
} rules[] = {
    {has_no_certificate, IDENTITY_NO_CERTIFICATE,
     "The client sent no certificate: give it one and its key (mosquitto_pub --cert FILE --key "
     "FILE)"},
    {has_unknown_server_name, IDENTITY_SNI_UNKNOWN,
     "The client asked for server name {sni}, which is no endpoint here: connect to the name that "
     "aws iot describe-endpoint --endpoint-type iot:Data-ATS prints"},
    {is_not_registered, IDENTITY_UNKNOWN_CERTIFICATE,
     "Certificate {id} is not registered in account {account}: aws iot register-certificate "
     "--set-as-active --certificate-pem file://FILE if its CA is registered, else aws iot "
     "register-certificate-without-ca --status ACTIVE --certificate-pem file://FILE"},
    {lacks_server_name, IDENTITY_SNI_REQUIRED,
     "Certificate {id} is registered in SNI_ONLY mode, and the client sent no server name: connect "
     "by the name that aws iot describe-endpoint --endpoint-type iot:Data-ATS prints, not by "
     "address, with a TLS library that sends SNI"},
    {is_pending_activation, IDENTITY_PENDING_ACTIVATION,
     "Certificate {id} is PENDING_ACTIVATION: aws iot update-certificate --certificate-id {id} "
     "--new-status ACTIVE"},
    {is_pending_transfer, IDENTITY_PENDING_TRANSFER,
     "Certificate {id} is offered to another account: there aws iot accept-certificate-transfer "
     "--set-as-active --certificate-id {id}, or here aws iot cancel-certificate-transfer "
     "--certificate-id {id}"},
    {is_revoked, IDENTITY_REVOKED,
     "Certificate {id} is REVOKED, which is final: give the device another certificate (aws iot "
     "create-keys-and-certificate --set-as-active)"},
    {is_not_active, IDENTITY_INACTIVE,
     "Certificate {id} is {status}: aws iot update-certificate --certificate-id {id} --new-status "
     "ACTIVE"},
    {is_revoked_by_ca, IDENTITY_REVOKED_BY_CA,
     "Certificate {id} is ACTIVE here, but {crl}: give the device another certificate. Should the "
     "CA take it back, bring its next CRL: kedge crl add --ca {ca} FILE"},
    {has_expired, IDENTITY_EXPIRED,
     "Certificate {id} expired at {until}: give the device a new one and register it (aws iot "
     "register-certificate --set-as-active --certificate-pem file://FILE)"},
    {is_not_yet_valid, IDENTITY_NOT_YET_VALID,
     "Certificate {id} is not valid before {from}, now is {now}: check the clocks of this server "
     "and of the machine that signed it"},
};

/* ---- sentences ---- */

static void put_id(const struct identity_facts *f, int64_t now_ms, struct buf *out) {
    buf_append(out, f->certificate_id);
}
static void put_account(const struct identity_facts *f, int64_t now_ms, struct buf *out) {
    buf_append(out, f->account);
}
static void put_status(const struct identity_facts *f, int64_t now_ms, struct buf *out) {
    buf_text(out, certificate_status_name(f->certificate->status));
}
static void put_time(int64_t wall_ms, struct buf *out) {
    char text[25];
    clock_format(wall_ms, text);
    buf_text(out, text);
}
static void put_crl(const struct identity_facts *f, int64_t now_ms, struct buf *out) {
    crl_finding_explain(f->crl, out);
}
static void put_ca(const struct identity_facts *f, int64_t now_ms, struct buf *out) {
    buf_append(out, f->crl->crl.ca_certificate_id);
}
static void put_from(const struct identity_facts *f, int64_t now_ms, struct buf *out) {
    put_time(f->certificate->not_before_ms, out);
}
static void put_until(const struct identity_facts *f, int64_t now_ms, struct buf *out) {
    put_time(f->certificate->not_after_ms, out);
}
static void put_now(const struct identity_facts *f, int64_t now_ms, struct buf *out) {
    put_time(now_ms, out);
}

/* A peer chose it: printable ASCII goes as it is, the rest as question marks. */
static void put_server_name(const struct identity_facts *f, int64_t now_ms, struct buf *out) {
    for (size_t i = 0; i < f->server_name.len; i++) {
        uint8_t c = f->server_name.ptr[i];
        buf_append_byte(out, c > ' ' && c < 0x7F ? c : '?');
    }
}

static const struct {
    bytes word;
    void (*put)(const struct identity_facts *f, int64_t now_ms, struct buf *out);
} words[] = {
    {BYTES("id"), put_id},     {BYTES("account"), put_account}, {BYTES("status"), put_status},
    {BYTES("from"), put_from}, {BYTES("until"), put_until},     {BYTES("sni"), put_server_name},
    {BYTES("now"), put_now},   {BYTES("crl"), put_crl},         {BYTES("ca"), put_ca},
};

static void put_word(bytes word, const struct identity_facts *f, int64_t now_ms, struct buf *out) {
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (bytes_equal(words[i].word, word))
            words[i].put(f, now_ms, out);
}

static void explain(const char *sentence, const struct identity_facts *f, int64_t now_ms,
                    struct buf *out) {
    bytes rest = bytes_from(sentence), part;
    while (bytes_split(&rest, '{', &part)) {
        buf_append(out, part);
        if (rest.ptr && bytes_split(&rest, '}', &part))
            put_word(part, f, now_ms, out);
    }
}

enum identity_reason identity_decide(const struct identity_facts *facts, int64_t now_ms,
                                     struct buf *out_sentence) {
    for (const struct rule *rule = rules; rule < rules + COUNT_OF(rules); rule++) {
        if (!rule->applies(facts, now_ms))
            continue;
        if (out_sentence)
            explain(rule->sentence, facts, now_ms, out_sentence);
        return rule->reason;
    }
    return IDENTITY_ADMITTED;
}
