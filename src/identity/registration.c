/* Registering client certificates [AWS identity 2.7, 3.1–3.3]. */
#include "identity/registration.h"

/* ---- which CA signed it [AWS identity 2.7] ---- */

/* AWS's own words, which scripts look for. */
static status no_ca(void) {
    return FAIL(E_CERTIFICATE_STATE, "No CA certificate exists for the given certificate");
}

/* The caller has said which CA: it must be registered, and have signed the leaf. */
static status take_given_ca(const struct registry *registry, bytes ca_pem,
                            const struct x509_certificate *leaf, bytes *out_ca_id) {
    AUTO(x509_certificate) ca = {0};
    struct ca_record record;
    TRY(x509_parse_pem(ca_pem, X509_DEVICE_ISSUER, &ca));
    status s = ca_load(registry, bytes_from(ca.id), &record);
    if (s == E_NOT_FOUND)
        return no_ca();
    TRY(s);
    TRY(x509_check_signed_by(leaf, &ca));
    *out_ca_id = record.id;
    return OK;
}

/* What is left of the registered CAs with the leaf's issuer as subject. */
struct search {
    const struct ca_record *found; /* the last one that signed it; active rather than not */
    size_t active, inactive;       /* how many of each have signed it */
};

static status try_candidate(const struct ca_record *record, const struct x509_certificate *leaf,
                            struct search *s) {
    AUTO(x509_certificate) ca = {0};
    TRY(x509_parse_pem(record->pem, X509_CA_CERTIFICATE, &ca));
    TRY(x509_check_signed_by(leaf, &ca)); /* names, key identifiers, then the signature */
    if (record->active || !s->active)
        s->found = record;
    *(record->active ? &s->active : &s->inactive) += 1;
    return OK;
}

/* Two that are both active share name and key, or they could not both verify. */
static status settle(const struct search *s, const struct x509_certificate *leaf,
                     bytes *out_ca_id) {
    size_t rivals = s->active ? s->active : s->inactive;
    if (rivals > 1)
        return FAIL(E_CERTIFICATE_CONFLICT,
                    "%zu registered CA certificates have the same subject (%s) and the same public "
                    "key: say which one with --ca-certificate-pem",
                    rivals, leaf->issuer);
    *out_ca_id = s->found->id;
    return OK;
}

static status search_ca(const struct registry *registry, const struct x509_certificate *leaf,
                        bytes *out_ca_id) {
    struct ca_record *records;
    struct search search = {0};
    size_t count;
    status last = OK;
    bytes issuer = bytes_of(leaf->issuer_hash.sha256, sizeof leaf->issuer_hash.sha256);
    TRY(ca_find_by_subject(registry, issuer, &records, &count));
    if (count == 0)
        return no_ca();
    for (size_t i = 0; i < count; i++) {
        status s = try_candidate(&records[i], leaf, &search);
        last = s == OK ? last : s;
    }
    if (!search.found)
        return last; /* the sentence is that of the last candidate */
    return settle(&search, leaf, out_ca_id);
}

static status find_ca(const struct registry *registry, bytes ca_pem,
                      const struct x509_certificate *leaf, bytes *out_ca_id) {
    return bytes_trim(ca_pem).len ? take_given_ca(registry, ca_pem, leaf, out_ca_id)
                                  : search_ca(registry, leaf, out_ca_id);
}

/* ---- registering ---- */

/* An explicit status wins over setAsActive [AWS identity 3.2]. */
static enum certificate_status status_of(const struct certificate_registration *r) {
    if (r->status)
        return *r->status;
    return r->set_active ? CERTIFICATE_ACTIVE : CERTIFICATE_INACTIVE;
}

static status parse_leaf(bytes pem, int64_t now_ms, struct x509_certificate *out_leaf) {
    AUTO(x509_certificate) leaf = {0};
    TRY(x509_parse_pem(pem, X509_DEVICE_CERTIFICATE, &leaf));
    TRY(x509_check_quality(&leaf));
    TRY(x509_check_validity(&leaf, now_ms));
    *out_leaf = leaf;
    leaf = (struct x509_certificate){0};
    return OK;
}

static status save(const struct registry *registry, struct certificate_new *record,
                   const struct x509_certificate *c, struct registered *out) {
    record->id = arena_copy(registry->arena, bytes_from(c->id));
    record->serial = c->names.serial;
    record->not_before_ms = c->not_before_ms;
    record->not_after_ms = c->not_after_ms;
    TRY(certificate_register(registry, record, NULL));
    *out = (struct registered){certificate_arn(registry, record->id), record->id, c->not_before_ms};
    return OK;
}

status register_certificate(const struct registry *registry,
                            const struct certificate_registration *r, int64_t now_ms,
                            struct registered *out_certificate) {
    AUTO(x509_certificate) leaf = {0};
    struct certificate_new record = {.pem = r->pem, .status = status_of(r)};
    TRY(parse_leaf(r->pem, now_ms, &leaf));
    record.id = bytes_from(leaf.id);
    TRY(certificate_check_new(registry, &record));
    TRY(find_ca(registry, r->ca_pem, &leaf, &record.ca_certificate_id));
    return save(registry, &record, &leaf, out_certificate);
}

status register_certificate_without_ca(const struct registry *registry,
                                       const struct certificate_registration *r, int64_t now_ms,
                                       struct registered *out_certificate) {
    AUTO(x509_certificate) leaf = {0};
    struct certificate_new record = {
        .pem = r->pem, .status = status_of(r), .mode = CERTIFICATE_MODE_SNI_ONLY};
    TRY(parse_leaf(r->pem, now_ms, &leaf));
    return save(registry, &record, &leaf, out_certificate);
}

static status save_issued(const struct registry *registry, const struct issued *issued,
                          enum certificate_status as, struct registered *out_certificate) {
    struct certificate_new record = {.pem = buf_bytes(&issued->pem),
                                     .status = as,
                                     .by_service = true,
                                     .mode = CERTIFICATE_MODE_DEFAULT};
    return save(registry, &record, &issued->certificate, out_certificate);
}

status register_issued(const struct registry *registry, const struct issued *issued,
                       bool set_active, struct registered *out_certificate) {
    return save_issued(registry, issued, set_active ? CERTIFICATE_ACTIVE : CERTIFICATE_INACTIVE,
                       out_certificate);
}

status register_unclaimed(const struct registry *registry, const struct issued *issued,
                          struct registered *out_certificate) {
    return save_issued(registry, issued, CERTIFICATE_PENDING_ACTIVATION, out_certificate);
}
