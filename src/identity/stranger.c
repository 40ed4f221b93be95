#include "identity/stranger.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "registry/ownership.h"

enum { NEAREST_LOOKED_AT = 25, NEAREST_TOLD = 2, SUBJECT_TOLD_MAX = 100 };

void stranger_verdict_done(struct stranger_verdict *v) {
    x509_certificate_done(&v->leaf);
}

/* What the steps share. */
struct judge {
    const struct registry *r;
    const struct stranger *stranger;
    int64_t now_ms;
    struct stranger_verdict *v;
    struct buf *out;
};

/* ---- which of the account's CAs signed it ---- */

/* What keeps a CA from registering; the least of them is what counts. */
enum hindrance { NOTHING, IS_OFF, HAS_EXPIRED, IS_INACTIVE, HINDRANCE_COUNT };

static enum hindrance hindrance_of(const struct ca_record *ca, int64_t now_ms) {
    if (!ca->active)
        return IS_INACTIVE;
    if (ca->not_after_ms < now_ms)
        return HAS_EXPIRED;
    return ca->auto_registration ? NOTHING : IS_OFF;
}

struct candidates {
    size_t named; /* registered CAs whose subject is the issuer */
    struct ca_record last;
    enum hindrance hindrance; /* of v->ca */
    char mismatch[512];       /* why the last of them did not sign it */
};

static void try_candidate(struct judge *j, const struct ca_record *record, struct candidates *c) {
    AUTO(x509_certificate) ca = {0};
    enum hindrance hindrance = hindrance_of(record, j->now_ms);
    c->last = *record;
    if (x509_parse_pem(record->pem, X509_CA_CERTIFICATE, &ca) != OK ||
        x509_check_signed_by(&j->v->leaf, &ca) != OK) {
        (void)snprintf(c->mismatch, sizeof c->mismatch, "%s", failure_text());
        return;
    }
    if (j->v->ca.id.len == 0 || hindrance < c->hindrance) {
        j->v->ca = *record;
        c->hindrance = hindrance;
    }
}

static status find_ca(struct judge *j, struct candidates *c) {
    const struct x509_name_hash *issuer = &j->v->leaf.issuer_hash;
    struct ca_record *records;
    TRY(ca_find_by_subject(j->r, bytes_of(issuer->sha256, sizeof issuer->sha256), &records,
                           &c->named));
    for (size_t i = 0; i < c->named; i++)
        try_candidate(j, &records[i], c);
    return OK;
}

/* ---- sentences ---- */

static void put_key_id(struct buf *out, bytes id) {
    char hex[65];
    id = bytes_slice(id, 0, 32);
    hex_encode(id, hex);
    buf_printf(out, "%.*s", (int)(2 * id.len), hex);
}

static void put_time(struct buf *out, int64_t wall_ms) {
    char text[25];
    clock_format(wall_ms, text);
    buf_text(out, text);
}

static void say(struct judge *j, enum identity_reason reason, const char *format, ...) PRINTF(3, 4);
static void say(struct judge *j, enum identity_reason reason, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    j->v->reason = reason;
    buf_printf(j->out, "Certificate %s is not registered in account %.*s", j->v->leaf.id,
               BYTES_ARG(j->r->account));
    buf_text(j->out, text);
}

/* A peer chose it: printable ASCII goes as it is, the rest as question marks. */
static void put_server_name(struct buf *out, bytes name) {
    for (size_t i = 0; i < name.len; i++)
        buf_append_byte(out, name.ptr[i] > ' ' && name.ptr[i] < 0x7F ? name.ptr[i] : '?');
}

/* Which account was asked is often the whole answer [AWS identity 12 row 8]. */
static void add_account_hint(struct judge *j, bool elsewhere) {
    const struct stranger *s = j->stranger;
    if (s->server_name.len == 0) {
        buf_text(j->out,
                 ". The client sent no server name (SNI), so the default account was asked");
    } else if (!s->server_name_known) {
        buf_text(j->out, ". The server name ");
        put_server_name(j->out, s->server_name);
        buf_text(j->out, " is no endpoint here (kedge hosts lists them), so the default account "
                         "was asked");
    }
    if (elsewhere)
        buf_text(j->out, ". Another account of this server has it: connect by the name of that "
                         "account's endpoint");
}

/* ---- the nearest registered CAs ---- */

struct neighbour {
    char text[320];
    unsigned nearness;
};

/* Equal values of a distinguished name; the same key under another name weighs most. */
static unsigned nearness_of(const struct x509_certificate *leaf,
                            const struct x509_certificate *ca) {
    const struct x509_name_values *issuer = &leaf->names.issuer, *subject = &ca->names.subject;
    unsigned points = 0;
    if (ca->subject_key_id.len && bytes_equal(ca->subject_key_id, leaf->authority_key_id))
        points += 100;
    for (size_t i = 0; i < issuer->count; i++)
        for (size_t k = 0; k < subject->count; k++)
            if (issuer->items[i].name == subject->items[k].name &&
                bytes_equal_nocase(issuer->items[i].value, subject->items[k].value))
                points += issuer->items[i].name == X509_NAME_COMMON_NAME ? 5 : 1;
    return points;
}

static void describe(const struct ca_record *record, const struct x509_certificate *ca,
                     char out[320]) {
    AUTO(buf) text = {0};
    buf_printf(&text, "\"%.*s\"",
               BYTES_ARG(bytes_slice(bytes_from(ca->subject), 0, SUBJECT_TOLD_MAX)));
    if (ca->subject_key_id.len) {
        buf_text(&text, " key identifier ");
        put_key_id(&text, ca->subject_key_id);
    }
    buf_printf(&text, " (%.*s)", BYTES_ARG(record->id));
    (void)snprintf(out, 320, "%s", buf_string(&text));
}

/* Keeps the nearest, the nearest first. */
static void rank(struct neighbour nearest[NEAREST_TOLD], const struct neighbour *n) {
    for (size_t i = 0; i < NEAREST_TOLD; i++) {
        if (nearest[i].text[0] && nearest[i].nearness >= n->nearness)
            continue;
        memmove(&nearest[i + 1], &nearest[i], (NEAREST_TOLD - 1 - i) * sizeof *nearest);
        nearest[i] = *n;
        return;
    }
}

static status add_nearest(struct judge *j) {
    struct neighbour nearest[NEAREST_TOLD] = {0};
    struct page page = {.limit = NEAREST_LOOKED_AT};
    struct ca_list list;
    TRY(ca_list(j->r, (bytes){0}, &page, &list));
    for (size_t i = 0; i < list.count; i++) {
        AUTO(x509_certificate) ca = {0};
        struct neighbour n = {0};
        if (x509_parse_pem(list.items[i].pem, X509_CA_CERTIFICATE, &ca) != OK)
            continue;
        n.nearness = nearness_of(&j->v->leaf, &ca);
        describe(&list.items[i], &ca, n.text);
        rank(nearest, &n);
    }
    if (!nearest[0].text[0]) {
        buf_text(j->out, ". No CA is registered there");
        return OK;
    }
    buf_printf(j->out, ". Nearest registered CA: %s", nearest[0].text);
    for (size_t i = 1; i < NEAREST_TOLD && nearest[i].text[0]; i++)
        buf_printf(j->out, ", then %s", nearest[i].text);
    return OK;
}

/* ---- an intermediate of a registered CA ---- */

static bool has_signed(const struct ca_record *record, const struct x509_certificate *c) {
    AUTO(x509_certificate) ca = {0};
    return x509_parse_pem(record->pem, X509_CA_CERTIFICATE, &ca) == OK &&
           x509_check_signed_by(c, &ca) == OK;
}

/* The CA that signs devices is the one to register, not the one above it [AWS identity 2.3]. */
static status add_intermediate(struct judge *j) {
    for (size_t i = 0; i < j->stranger->chain_count; i++) {
        AUTO(x509_certificate) between = {0};
        struct ca_record *above;
        size_t count;
        if (x509_parse_der(j->stranger->chain[i], &between) != OK ||
            x509_check_signed_by(&j->v->leaf, &between) != OK)
            continue;
        bytes issuer = bytes_of(between.issuer_hash.sha256, sizeof between.issuer_hash.sha256);
        TRY(ca_find_by_subject(j->r, issuer, &above, &count));
        for (size_t k = 0; k < count; k++)
            if (has_signed(&above[k], &between)) {
                buf_printf(j->out,
                           ". The issuer came with it and was signed by the registered CA %.*s: "
                           "register that intermediate itself, for only the CA that signs "
                           "directly counts",
                           BYTES_ARG(above[k].id));
                return OK;
            }
    }
    return OK;
}

/* ---- verdicts ---- */

/* [AWS identity 12 rows 4, 13] */
static status unknown_issuer(struct judge *j) {
    const struct x509_certificate *leaf = &j->v->leaf;
    AUTO(buf) key_id = {0};
    if (leaf->authority_key_id.len) {
        buf_text(&key_id, ", authority key identifier ");
        put_key_id(&key_id, leaf->authority_key_id);
    }
    bool own = x509_name_hash_equal(&leaf->issuer_hash, &leaf->subject_hash);
    say(j, IDENTITY_ISSUER_UNKNOWN,
        ", nor is the CA that signed it: %s \"%s\"%s. Register the CA (aws iot "
        "register-ca-certificate), or this certificate alone: aws iot "
        "register-certificate-without-ca --status ACTIVE --certificate-pem file://FILE",
        own ? "it is self-signed, as" : "its issuer is", leaf->issuer, buf_string(&key_id));
    return OK;
}

static void mismatch(struct judge *j, const struct candidates *c) {
    AUTO(buf) key_id = {0};
    put_key_id(&key_id, j->v->leaf.authority_key_id);
    say(j, IDENTITY_SIGNATURE_MISMATCH,
        ", though a CA of its issuer's name is: %s. The registered CA is %.*s; the authority key "
        "identifier presented is %s. If the "
        "CA was made anew with the same name, register the new one: aws iot "
        "register-ca-certificate",
        c->mismatch, BYTES_ARG(c->last.id), key_id.len ? buf_string(&key_id) : "absent");
}

static void hindered(struct judge *j, enum hindrance hindrance) {
    bytes ca = j->v->ca.id;
    AUTO(buf) until = {0};
    put_time(&until, j->v->ca.not_after_ms);
    if (hindrance == IS_INACTIVE)
        say(j, IDENTITY_ISSUER_INACTIVE,
            ", and its CA %.*s is INACTIVE: aws iot update-ca-certificate --certificate-id %.*s "
            "--new-status ACTIVE",
            BYTES_ARG(ca), BYTES_ARG(ca));
    else if (hindrance == HAS_EXPIRED)
        say(j, IDENTITY_CA_EXPIRED,
            ", and its CA %.*s expired at %s, so it registers nothing any more: sign the device's "
            "certificate with a CA that is valid, and register that one",
            BYTES_ARG(ca), buf_string(&until));
    else
        say(j, IDENTITY_AUTO_REGISTRATION_OFF,
            ", and its CA %.*s does not register automatically: aws iot register-certificate "
            "--set-as-active --certificate-pem file://FILE, or aws iot update-ca-certificate "
            "--certificate-id %.*s --new-auto-registration-status ENABLE",
            BYTES_ARG(ca), BYTES_ARG(ca));
}

/* The checks of a registration [AWS identity 1.3, 5.3]. */
static bool is_unfit(struct judge *j) {
    const struct x509_certificate *leaf = &j->v->leaf;
    if (x509_check_quality(leaf) != OK)
        say(j, IDENTITY_CERTIFICATE_REFUSED, " and cannot be: %s", failure_text());
    else if (x509_check_validity(leaf, j->now_ms) != OK)
        say(j, leaf->not_after_ms < j->now_ms ? IDENTITY_EXPIRED : IDENTITY_NOT_YET_VALID,
            " and cannot be: %s", failure_text());
    else
        return false;
    return true;
}

/* Without a server name only a CA in DEFAULT mode tells the account [AWS identity 4.2, 5.2]. */
static bool lacks_server_name(struct judge *j, const struct ownership *o) {
    bool sni_only = j->v->ca.id.len ? j->v->ca.mode == CERTIFICATE_MODE_SNI_ONLY : o->elsewhere;
    if (j->stranger->server_name.len > 0 || !sni_only)
        return false;
    say(j, IDENTITY_SNI_REQUIRED,
        ": %s in SNI_ONLY mode, and the client sent no server name. Connect by the name that aws "
        "iot describe-endpoint --endpoint-type iot:Data-ATS prints, not by address, with a TLS "
        "library that sends SNI",
        j->v->ca.id.len ? "its CA is registered" : "another account has it");
    return true;
}

/* In one account in DEFAULT mode is in no other [AWS identity 1.3]. */
static bool is_taken(struct judge *j, const struct ownership *o) {
    bytes owner = bytes_from(o->default_account);
    if (owner.len == 0 || bytes_equal(owner, j->r->account))
        return false;
    say(j, IDENTITY_UNKNOWN_CERTIFICATE,
        ": another account holds it in DEFAULT mode, which allows no other; it has to be deleted "
        "there first");
    return true;
}

static status judge(struct judge *j, const struct ownership *o) {
    struct candidates c = {0};
    TRY(find_ca(j, &c));
    if (lacks_server_name(j, o))
        return OK;
    if (j->v->ca.id.len == 0) {
        if (c.named > 0)
            mismatch(j, &c);
        else
            TRY(unknown_issuer(j));
        TRY(add_intermediate(j));
        add_account_hint(j, o->elsewhere);
        return c.named > 0 ? OK : add_nearest(j);
    }
    if (c.hindrance != NOTHING) {
        hindered(j, c.hindrance);
        add_account_hint(j, o->elsewhere);
    } else if (!is_taken(j, o) && !is_unfit(j)) {
        j->v->reason = IDENTITY_REGISTERED;
    }
    return OK;
}

status stranger_judge(const struct registry *r, const struct stranger *s, int64_t now_ms,
                      struct stranger_verdict *out_verdict, struct buf *out_sentence) {
    struct ownership ownership;
    char id[X509_ID_CHARACTERS + 1];
    *out_verdict = (struct stranger_verdict){.reason = IDENTITY_UNKNOWN_CERTIFICATE};
    struct judge j = {r, s, now_ms, out_verdict, out_sentence};
    x509_id(s->der, id);
    if (x509_parse_der(s->der, &out_verdict->leaf) != OK) {
        buf_printf(out_sentence,
                   "Certificate %s is not registered in account %.*s and cannot be: %s", id,
                   BYTES_ARG(r->account), failure_text());
        return OK;
    }
    TRY(certificate_ownership(r, bytes_from(id), &ownership));
    return judge(&j, &ownership);
}
