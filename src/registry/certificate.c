/* Client certificates:
 *
 *     CERTIFICATES              account, id               what a connection needs: small and hot
 *     CERTIFICATE_PEMS          account, id               the text, for DescribeCertificate only
 *     CERTIFICATE_OWNERS        id, account               who else holds it
 *     CERTIFICATES_BY_CREATION  account, time, id         of one offered to us: by whom
 *     CERTIFICATES_BY_CA        account, CA id, time, id
 *     CERTIFICATES_BY_EXPIRY    account, notAfter, id     registry/expiry.h */
#include "registry/certificate.h"
#include "base/clock.h"
#include "registry/ca_certificate.h"
#include "registry/crl.h"
#include "registry/event.h"
#include "registry/expiry.h"
#include "registry/internal.h"
#include "registry/jitp_failure.h"

#include <assert.h>

static const char *const status_names[] = {
#define STATUS_NAME(name) [CERTIFICATE_##name] = #name,
    CERTIFICATE_STATUSES(STATUS_NAME)
#undef STATUS_NAME
};
static const char *const mode_names[] = {"DEFAULT", "SNI_ONLY"};

static const struct field fields[] = {
    FIELD(1, struct certificate_record, ca_certificate_id),
    FIELD_BELOW(2, struct certificate_record, status, CERTIFICATE_STATUS_COUNT),
    FIELD_BELOW(3, struct certificate_record, mode, COUNT_OF(mode_names)),
    FIELD(4, struct certificate_record, previous_owned_by),
    FIELD(5, struct certificate_record, created_ms),
    FIELD(6, struct certificate_record, modified_ms),
    FIELD(7, struct certificate_record, not_before_ms),
    FIELD(8, struct certificate_record, not_after_ms),
    FIELD(9, struct certificate_record, customer_version),
    FIELD(10, struct certificate_record, generation_id),
    FIELD(11, struct certificate_record, transfer.message),
    FIELD(12, struct certificate_record, transfer.reject_reason),
    FIELD(13, struct certificate_record, transfer.transferred_ms),
    FIELD(14, struct certificate_record, transfer.accepted_ms),
    FIELD(15, struct certificate_record, transfer.rejected_ms),
    FIELD(16, struct certificate_record, transfer.target),
};

const char *certificate_status_name(enum certificate_status s) {
    return status_names[s];
}

status certificate_status_parse(bytes text, enum certificate_status *out_status) {
    for (enum certificate_status i = 0; i < CERTIFICATE_STATUS_COUNT; i++)
        if (bytes_equal(text, bytes_from(status_names[i]))) {
            *out_status = i;
            return OK;
        }
    return FAIL(E_INVALID, "'%.*s' is not a certificate status",
                BYTES_ARG(bytes_slice(text, 0, 40)));
}

const char *certificate_mode_name(enum certificate_mode m) {
    return mode_names[m];
}

status certificate_mode_parse(bytes text, enum certificate_mode *out_mode) {
    bool sni_only = bytes_equal(text, BYTES("SNI_ONLY"));
    if (!sni_only && !bytes_equal(text, BYTES("DEFAULT")))
        return FAIL(E_INVALID, "'%.*s' is not a certificate mode: DEFAULT or SNI_ONLY",
                    BYTES_ARG(bytes_slice(text, 0, 40)));
    *out_mode = sni_only ? CERTIFICATE_MODE_SNI_ONLY : CERTIFICATE_MODE_DEFAULT;
    return OK;
}

bytes certificate_arn(const struct registry *r, bytes id) {
    return arn_format(r->arena, r->region, r->account, ARN_CERTIFICATE, id);
}

/* Which status a caller may set from which [AWS identity 1.4]. */
#define TO(name) (1U << CERTIFICATE_##name)
static const struct {
    unsigned next;
    const char *refusal; /* of what is not in `next` */
} transitions[] = {
    [CERTIFICATE_ACTIVE] = {TO(ACTIVE) | TO(INACTIVE) | TO(REVOKED), ""},
    [CERTIFICATE_INACTIVE] = {TO(ACTIVE) | TO(INACTIVE) | TO(REVOKED), ""},
    [CERTIFICATE_REVOKED] = {TO(REVOKED), "is REVOKED, which is final: register another one"},
    [CERTIFICATE_PENDING_TRANSFER] = {0,
                                      "is offered to another account: accept, reject or cancel the "
                                      "transfer first"},
    [CERTIFICATE_REGISTER_INACTIVE] = {0, "has the status REGISTER_INACTIVE, which nothing leaves"},
    [CERTIFICATE_PENDING_ACTIVATION] = {TO(ACTIVE) | TO(INACTIVE) | TO(REVOKED), ""},
};
static const unsigned settable = TO(ACTIVE) | TO(INACTIVE) | TO(REVOKED);

status certificate_save(const struct registry *r, const struct certificate_record *c) {
    return object_save(r, TABLE_CERTIFICATES, key_of(r, c->id), fields, COUNT_OF(fields), c);
}

status certificate_load_facts(const struct registry *r, bytes id,
                              struct certificate_record *out_certificate) {
    struct certificate_record c = {.id = arena_copy(r->arena, id), .owned_by = r->account};
    TRY(object_load(r, TABLE_CERTIFICATES, key_of(r, id), fields, COUNT_OF(fields), &c));
    *out_certificate = c;
    return OK;
}

status certificate_load(const struct registry *r, bytes id,
                        struct certificate_record *out_certificate) {
    struct certificate_record c;
    struct registry owner = *r;
    status s = certificate_load_facts(r, id, &c);
    if (s == E_NOT_FOUND) {
        TRY(transfer_find_incoming(r, id, &owner));
        s = certificate_load_facts(&owner, id, &c);
    }
    TRY(s);
    TRY(store_load(r->txn, TABLE_CERTIFICATE_PEMS, key_of(&owner, id), r->arena, &c.pem));
    *out_certificate = c;
    return OK;
}

status certificate_is_registered(const struct registry *r, bytes id, bool *out_registered) {
    return object_has(r, TABLE_CERTIFICATES, key_of(r, id), out_registered);
}

static status check_new_status(const struct certificate_new *c) {
    unsigned allowed = settable | (c->by_service ? TO(PENDING_ACTIVATION) : 0);
    if (allowed & 1U << c->status)
        return OK;
    return FAIL(E_CERTIFICATE_STATE, "Not allowed to register certificate with %s status",
                status_names[c->status]); /* [AWS identity 1.7] */
}

/* The CA decides the mode [AWS identity 1.1]. */
static status check_ca(const struct registry *r, bytes ca_id, enum certificate_mode *mode) {
    struct ca_record ca;
    if (ca_id.len == 0)
        return OK;
    status s = ca_load(r, ca_id, &ca);
    if (s == E_NOT_FOUND)
        return FAIL(E_CERTIFICATE_STATE, "No CA certificate exists for the given certificate");
    TRY(s);
    if (!ca.active)
        return FAIL(E_CERTIFICATE_STATE,
                    "The CA certificate that signed it is INACTIVE: set it ACTIVE first. Id: %.*s",
                    BYTES_ARG(ca_id));
    *mode = ca.mode;
    return OK;
}

status certificate_check_new(const struct registry *r, const struct certificate_new *c) {
    bool registered;
    TRY(check_new_status(c));
    TRY(certificate_is_registered(r, c->id, &registered));
    if (registered)
        return FAIL(E_EXISTS, "The certificate is already provisioned or registered");
    TRY(object_has(r, TABLE_TRANSFERS_INCOMING, key_of(r, c->id), &registered));
    if (registered)
        return FAIL(E_EXISTS,
                    "The certificate is offered to this account: accept it with aws iot "
                    "accept-certificate-transfer --certificate-id %.*s",
                    BYTES_ARG(c->id));
    return OK;
}

static status check_new(const struct registry *r, const struct certificate_new *c,
                        enum certificate_mode *mode) {
    TRY(certificate_check_new(r, c));
    TRY(check_ca(r, c->ca_certificate_id, mode));
    if (c->status != CERTIFICATE_REVOKED)
        TRY(crl_check(r, c->ca_certificate_id, c->serial));
    return ownership_check(r, TABLE_CERTIFICATE_OWNERS, c->id);
}

static bytes ca_index_key(const struct registry *r, const struct certificate_record *c) {
    return key_with_time(r, c->ca_certificate_id, c->created_ms, c->id);
}

bytes certificate_creation_key(const struct registry *r, const struct certificate_record *c) {
    return key_with_time(r, (bytes){0}, c->created_ms, c->id);
}

status certificate_add_rows(const struct registry *r, const struct certificate_record *c) {
    TRY(certificate_save(r, c));
    TRY(store_save(r->txn, TABLE_CERTIFICATE_PEMS, key_of(r, c->id), c->pem));
    TRY(ownership_save(r, TABLE_CERTIFICATE_OWNERS, c->id, c->mode == CERTIFICATE_MODE_DEFAULT));
    TRY(mark_save(r, TABLE_CERTIFICATES_BY_CREATION, certificate_creation_key(r, c)));
    if (c->ca_certificate_id.len > 0)
        TRY(mark_save(r, TABLE_CERTIFICATES_BY_CA, ca_index_key(r, c)));
    return expiry_add(r, EXPIRY_CERTIFICATE, c->id, c->not_after_ms);
}

status certificate_remove_rows(const struct registry *r, const struct certificate_record *c) {
    TRY(store_remove(r->txn, TABLE_CERTIFICATES, key_of(r, c->id)));
    TRY(store_remove(r->txn, TABLE_CERTIFICATE_PEMS, key_of(r, c->id)));
    TRY(jitp_failure_remove(r, c->id));
    TRY(ownership_remove(r, TABLE_CERTIFICATE_OWNERS, c->id));
    TRY(store_remove(r->txn, TABLE_CERTIFICATES_BY_CREATION, certificate_creation_key(r, c)));
    if (c->ca_certificate_id.len > 0)
        TRY(store_remove(r->txn, TABLE_CERTIFICATES_BY_CA, ca_index_key(r, c)));
    return expiry_remove(r, EXPIRY_CERTIFICATE, c->id, c->not_after_ms);
}

status certificate_register(const struct registry *r, const struct certificate_new *c,
                            struct certificate_record *out_certificate) {
    assert(c->id.len == CERTIFICATE_ID_LEN && c->pem.len > 0);
    int64_t now_ms = clock_wall_ms();
    struct certificate_record new = {
        .id = c->id,
        .pem = c->pem,
        .ca_certificate_id = c->ca_certificate_id,
        .status = c->status,
        .mode = c->mode,
        .owned_by = r->account,
        .created_ms = now_ms,
        .modified_ms = now_ms,
        .not_before_ms = c->not_before_ms,
        .not_after_ms = c->not_after_ms,
        .customer_version = 1,
        .generation_id = generation_new(r),
    };
    TRY(check_new(r, c, &new.mode));
    TRY(certificate_add_rows(r, &new));
    note(r, CHANGE_CERTIFICATE, new.id);
    TRY(event_certificate(r, EVENT_CREATED, &new));
    if (out_certificate)
        *out_certificate = new;
    return OK;
}

static status check_transition(const struct certificate_record *c, enum certificate_status to) {
    if (!(settable & 1U << to))
        return FAIL(
            E_CERTIFICATE_STATE,
            "Not allowed to set %s: only the service does. Choose ACTIVE, INACTIVE or REVOKED",
            status_names[to]);
    if (!(transitions[c->status].next & 1U << to))
        return FAIL(E_CERTIFICATE_STATE, "The certificate %s. Id: %.*s",
                    transitions[c->status].refusal, BYTES_ARG(c->id));
    return OK;
}

status certificate_update_status(const struct registry *r, bytes id, enum certificate_status to) {
    struct certificate_record c;
    TRY(certificate_load_facts(r, id, &c));
    TRY(check_transition(&c, to));
    if (c.status == to)
        return OK;
    c.status = to;
    c.customer_version++;
    c.modified_ms = clock_wall_ms();
    TRY(certificate_save(r, &c));
    note(r, CHANGE_CERTIFICATE, id);
    return event_certificate(r, EVENT_UPDATED, &c);
}

static status has_rows(const struct registry *r, enum table table, bytes prefix, bool *out_some) {
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, table, &(struct scan){.prefix = prefix, .limit = 1}, r->arena, &rows,
                   &count));
    *out_some = count > 0;
    return OK;
}

status certificate_has_policies(const struct registry *r, bytes id, bool *out_some) {
    bytes prefix = key_of_pair(r, certificate_resource(r, id), (bytes){0});
    return has_rows(r, TABLE_POLICIES_OF_TARGET, prefix, out_some);
}

status principal_has_things(const struct registry *r, bytes resource, bool *out_some) {
    return has_rows(r, TABLE_PRINCIPAL_THINGS, key_of_pair(r, resource, (bytes){0}), out_some);
}

/* In AWS's order [AWS identity 1.6]. */
static status check_deletable(const struct registry *r, const struct certificate_record *c,
                              bool force) {
    bytes arn = certificate_arn(r, c->id);
    bool some;
    if (c->status == CERTIFICATE_ACTIVE)
        return FAIL(E_CERTIFICATE_STATE,
                    "Certificate must be deactivated (not ACTIVE) before deletion. Id: %.*s",
                    BYTES_ARG(c->id));
    if (c->status == CERTIFICATE_PENDING_TRANSFER)
        return FAIL(E_CERTIFICATE_STATE, "The certificate %s. Id: %.*s",
                    transitions[c->status].refusal, BYTES_ARG(c->id));
    TRY(principal_has_things(r, certificate_resource(r, c->id), &some));
    if (some)
        return FAIL(E_DELETE_CONFLICT, "Things must be detached before deletion (arn: %.*s)",
                    BYTES_ARG(arn));
    TRY(certificate_has_policies(r, c->id, &some));
    if (some && !force)
        return FAIL(E_DELETE_CONFLICT,
                    "Certificate policies must be detached before deletion (arn: %.*s)",
                    BYTES_ARG(arn));
    return OK;
}

status certificate_delete(const struct registry *r, bytes id, bool force) {
    struct certificate_record c;
    TRY(certificate_load_facts(r, id, &c));
    TRY(check_deletable(r, &c, force));
    TRY(policy_detach_all(r, certificate_resource(r, id)));
    TRY(certificate_remove_rows(r, &c));
    note(r, CHANGE_CERTIFICATE, id);
    return event_certificate(r, EVENT_DELETED, &c);
}

status certificate_list_index(const struct registry *r, enum table index, bytes prefix,
                              const struct page *page, struct certificate_list *out_list) {
    struct certificate_list l = {0};
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, index, prefix, !page->ascending, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct certificate_record, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        bytes id = bytes_skip(row.key, row.key.len - CERTIFICATE_ID_LEN);
        struct registry owner = *r;
        if (row.value.len > 0)
            owner.account = row.value;
        status s = certificate_load_facts(&owner, id, &l.items[l.count]);
        if (s == E_NOT_FOUND && row.value.len > 0)
            continue; /* of an account that has gone with what it offered */
        TRY(s);
        l.count++;
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}

status certificate_list(const struct registry *r, const struct page *page,
                        struct certificate_list *out_list) {
    return certificate_list_index(r, TABLE_CERTIFICATES_BY_CREATION, r->account, page, out_list);
}

status certificate_list_by_ca(const struct registry *r, bytes ca_certificate_id,
                              const struct page *page, struct certificate_list *out_list) {
    if (ca_certificate_id.len != CERTIFICATE_ID_LEN) {
        *out_list = (struct certificate_list){0};
        return OK;
    }
    return certificate_list_index(r, TABLE_CERTIFICATES_BY_CA, key_of(r, ca_certificate_id), page,
                                  out_list);
}
