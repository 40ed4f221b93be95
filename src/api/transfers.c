/* Certificates handed to another account [AWS identity 3.4]. */
#include "account/account.h"
#include "api/handlers.h"
#include "registry/transfer.h"

/* AWS has every account; here the target must be one of this server's. */
static status require_account(struct call *c, bytes id) {
    struct account target;
    status s = account_load(c->registry.txn, id, &target);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND,
                    "There is no account %.*s on this server: kedge account list shows which there "
                    "are, kedge account create --id %.*s makes it",
                    BYTES_ARG(id), BYTES_ARG(id));
    return s;
}

status transfer_certificate(struct call *c) {
    struct transfer_offer offer = {.target = get_text(c->in, M_TARGET_AWS_ACCOUNT),
                                   .message = get_text(c->in, M_TRANSFER_MESSAGE)};
    bytes arn;
    TRY(require_account(c, offer.target));
    TRY(certificate_transfer_offer(&c->registry, get_text(c->in, M_CERTIFICATE_ID), &offer, &arn));
    put_text(c->out, M_TRANSFERRED_CERTIFICATE_ARN, arn);
    return OK;
}

status accept_transfer(struct call *c) {
    return certificate_transfer_accept(&c->registry, get_text(c->in, M_CERTIFICATE_ID),
                                       get_flag(c->in, M_SET_AS_ACTIVE));
}

status reject_transfer(struct call *c) {
    return certificate_transfer_reject(&c->registry, get_text(c->in, M_CERTIFICATE_ID),
                                       get_text(c->in, M_REJECT_REASON));
}

status cancel_transfer(struct call *c) {
    return certificate_transfer_cancel(&c->registry, get_text(c->in, M_CERTIFICATE_ID));
}

status list_outgoing_certificates(struct call *c) {
    struct page page = call_page(c);
    struct certificate_list list;
    TRY(certificate_list_outgoing(&c->registry, &page, &list));
    struct items *certificates = put_list(c->out, M_OUTGOING_CERTIFICATES);
    for (size_t i = 0; i < list.count; i++) {
        const struct certificate_record *certificate = &list.items[i];
        struct record *out = add_record(certificates);
        put_text(out, M_CERTIFICATE_ARN, certificate_arn(&c->registry, certificate->id));
        put_text(out, M_CERTIFICATE_ID, certificate->id);
        put_text(out, M_TRANSFERRED_TO, certificate->transfer.target);
        put_time(out, M_TRANSFER_DATE, certificate->transfer.transferred_ms);
        put_text(out, M_TRANSFER_MESSAGE, certificate->transfer.message);
        put_time(out, M_CREATION_DATE, certificate->created_ms);
    }
    call_put_next(c, list.next);
    return OK;
}
