/* Transfers:
 *
 *     TRANSFERS_OUTGOING        source, creation, id
 *     TRANSFERS_INCOMING        target, id                the source's account
 *     CERTIFICATES_BY_CREATION  target, creation, id      the source's account: not its own, yet */
#include "registry/transfer.h"
#include "base/clock.h"
#include "registry/event.h"
#include "registry/internal.h"

/* The registry of the other account, in the same transaction. */
static struct registry seen_from(const struct registry *r, bytes account) {
    struct registry other = *r;
    other.account = account;
    return other;
}

status transfer_find_incoming(const struct registry *r, bytes id, struct registry *out_source) {
    bytes source;
    if (id.len != CERTIFICATE_ID_LEN)
        return FAIL(E_NOT_FOUND, "The specified resource does not exist");
    TRY(store_load(r->txn, TABLE_TRANSFERS_INCOMING, key_of(r, id), r->arena, &source));
    *out_source = seen_from(r, source);
    return OK;
}

status transfer_check_none(const struct registry *r, bytes id) {
    struct certificate_record c;
    TRY(certificate_load_facts(r, id, &c));
    if (c.status == CERTIFICATE_PENDING_TRANSFER)
        return FAIL(E_INVALID,
                    "Certificate %.*s is offered to account %.*s, so nothing can be attached to "
                    "it: cancel the transfer first",
                    BYTES_ARG(id), BYTES_ARG(c.transfer.target));
    return OK;
}

/* ---- the offer ---- */

static status check_attachments(const struct registry *r, const struct certificate_record *c) {
    bytes resource = certificate_resource(r, c->id);
    bool some;
    TRY(certificate_has_policies(r, c->id, &some));
    if (some)
        return FAIL(E_TRANSFER_CONFLICT,
                    "You can't transfer the certificate because authorization policies are still "
                    "attached (arn: %.*s)",
                    BYTES_ARG(certificate_arn(r, c->id)));
    TRY(principal_has_things(r, resource, &some));
    if (some)
        return FAIL(E_TRANSFER_CONFLICT,
                    "You can't transfer the certificate because things are still attached (arn: "
                    "%.*s)",
                    BYTES_ARG(certificate_arn(r, c->id)));
    return OK;
}

static status check_target(const struct registry *r, const struct certificate_record *c,
                           bytes target) {
    struct registry other = seen_from(r, target);
    bool registered;
    if (bytes_equal(target, r->account))
        return FAIL(E_INVALID,
                    "The certificate is in account %.*s already: a transfer goes to "
                    "another one",
                    BYTES_ARG(target));
    TRY(object_has(r, TABLE_CERTIFICATES, key_of(&other, c->id), &registered));
    if (!registered)
        TRY(object_has(r, TABLE_TRANSFERS_INCOMING, key_of(&other, c->id), &registered));
    if (registered)
        return FAIL(E_TRANSFER_CONFLICT,
                    "Account %.*s has the certificate already, or was offered it by a third one",
                    BYTES_ARG(target));
    return OK;
}

static status check_offer(const struct registry *r, const struct certificate_record *c,
                          bytes target) {
    if (c->status != CERTIFICATE_INACTIVE)
        return FAIL(E_CERTIFICATE_STATE,
                    "The certificate is %s, and only an INACTIVE one can be transferred. Id: %.*s",
                    certificate_status_name(c->status), BYTES_ARG(c->id));
    TRY(check_attachments(r, c));
    return check_target(r, c, target);
}

/* Each step of a transfer is a change of status. */
static status move(const struct registry *r, struct certificate_record *c,
                   enum certificate_status to, enum event_operation event) {
    c->status = to;
    c->customer_version++;
    c->modified_ms = clock_wall_ms();
    TRY(certificate_save(r, c));
    note(r, CHANGE_CERTIFICATE, c->id);
    return event_certificate(r, event, c);
}

status certificate_transfer_offer(const struct registry *r, bytes id,
                                  const struct transfer_offer *offer, bytes *out_arn) {
    struct certificate_record c;
    TRY(certificate_load_facts(r, id, &c));
    TRY(check_offer(r, &c, offer->target));
    struct registry target = seen_from(r, offer->target);
    c.transfer = (struct certificate_transfer){
        .target = offer->target, .message = offer->message, .transferred_ms = clock_wall_ms()};
    TRY(mark_save(r, TABLE_TRANSFERS_OUTGOING, certificate_creation_key(r, &c)));
    TRY(store_save(r->txn, TABLE_TRANSFERS_INCOMING, key_of(&target, id), r->account));
    TRY(store_save(r->txn, TABLE_CERTIFICATES_BY_CREATION, certificate_creation_key(&target, &c),
                   r->account));
    TRY(move(r, &c, CERTIFICATE_PENDING_TRANSFER, EVENT_UPDATED));
    *out_arn = certificate_arn(&target, c.id);
    return OK;
}

/* ---- its end ---- */

static status forget_offer(const struct registry *source, const struct certificate_record *c) {
    struct registry target = seen_from(source, c->transfer.target);
    TRY(store_remove(source->txn, TABLE_TRANSFERS_OUTGOING, certificate_creation_key(source, c)));
    TRY(store_remove(source->txn, TABLE_TRANSFERS_INCOMING, key_of(&target, c->id)));
    return store_remove(source->txn, TABLE_CERTIFICATES_BY_CREATION,
                        certificate_creation_key(&target, c));
}

/* Whether an offer that concerned this account has been decided. */
static bool was_party(const struct registry *r, const struct certificate_record *c) {
    return bytes_equal(c->transfer.target, r->account) ||
           bytes_equal(c->previous_owned_by, r->account);
}

static status completed(bytes id) {
    return FAIL(E_TRANSFER_COMPLETED,
                "You can't revert the certificate transfer because the transfer is already "
                "complete. Id: %.*s",
                BYTES_ARG(id));
}

/* Why there is nothing to decide: the certificate is the caller's, or it is in another account that
 * the caller once had to do with, or it is not there. */
static status explain_nothing_pending(const struct registry *r, bytes id) {
    struct certificate_record c;
    bytes *accounts;
    size_t count;
    status s = certificate_load_facts(r, id, &c);
    if (s == OK && c.transfer.target.len > 0)
        return completed(id);
    if (s == OK)
        return FAIL(E_INVALID, "The certificate is not being transferred. Id: %.*s", BYTES_ARG(id));
    if (s != E_NOT_FOUND)
        return s;
    TRY(ownership_list(r, TABLE_CERTIFICATE_OWNERS, id, &accounts, &count));
    for (size_t i = 0; i < count; i++) {
        struct registry other = seen_from(r, accounts[i]);
        TRY(certificate_load_facts(&other, id, &c));
        if (was_party(r, &c))
            return completed(id);
    }
    return FAIL(E_NOT_FOUND, "The specified resource does not exist");
}

/* What was offered to the caller, in the account of whoever did. */
static status load_incoming(const struct registry *r, bytes id, struct registry *out_source,
                            struct certificate_record *out_certificate) {
    status s = transfer_find_incoming(r, id, out_source);
    if (s == E_NOT_FOUND)
        return explain_nothing_pending(r, id);
    TRY(s);
    return certificate_load(out_source, id, out_certificate);
}

status certificate_transfer_accept(const struct registry *r, bytes id, bool set_active) {
    struct registry source;
    struct certificate_record c;
    TRY(load_incoming(r, id, &source, &c));
    TRY(forget_offer(&source, &c));
    TRY(certificate_remove_rows(&source, &c));
    note(&source, CHANGE_CERTIFICATE, c.id);
    TRY(event_certificate(&source, EVENT_DELETED, &c));
    c.previous_owned_by = source.account;
    c.owned_by = r->account;
    c.transfer.accepted_ms = clock_wall_ms();
    TRY(certificate_add_rows(r, &c));
    return move(r, &c, set_active ? CERTIFICATE_ACTIVE : CERTIFICATE_INACTIVE, EVENT_CREATED);
}

status certificate_transfer_reject(const struct registry *r, bytes id, bytes reason) {
    struct registry source;
    struct certificate_record c;
    TRY(load_incoming(r, id, &source, &c));
    TRY(forget_offer(&source, &c));
    c.transfer.reject_reason = reason;
    c.transfer.rejected_ms = clock_wall_ms();
    return move(&source, &c, CERTIFICATE_INACTIVE, EVENT_UPDATED);
}

status certificate_transfer_cancel(const struct registry *r, bytes id) {
    struct certificate_record c;
    status s = certificate_load_facts(r, id, &c);
    if (s != OK && s != E_NOT_FOUND)
        return s;
    if (s == E_NOT_FOUND || c.status != CERTIFICATE_PENDING_TRANSFER)
        return explain_nothing_pending(r, id);
    TRY(forget_offer(r, &c));
    return move(r, &c, CERTIFICATE_INACTIVE, EVENT_UPDATED);
}

status certificate_list_outgoing(const struct registry *r, const struct page *page,
                                 struct certificate_list *out_list) {
    return certificate_list_index(r, TABLE_TRANSFERS_OUTGOING, r->account, page, out_list);
}
