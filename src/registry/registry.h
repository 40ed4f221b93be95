/* The registry: what one account holds — certificates and their CAs, policies, things, and who is
 * attached to whom. Business rules about these objects and their relations live here, with AWS's
 * errors and texts; what a certificate or a policy document *says* is checked above.
 *
 *     struct registry r = {txn, &arena, account, region};
 *     struct certificate_record c;
 *     TRY(certificate_load(&r, id, &c));
 *
 * A struct registry is one account as seen in one transaction; make it on the stack. What calls
 * give back lives in its arena; what they take is borrowed for the call. All calls block (workers
 * only). After a failure of a changing call roll the transaction back. Changes are noted on the
 * transaction and told after its commit (store_on_change).
 *
 * The objects, each with its header: ca_certificate.h, certificate.h, policy.h, thing.h,
 * registration_code.h; arn.h for resource names; principal.h for what a connection needs. */
#pragma once
#include "store/store.h"

struct registry {
    struct txn *txn;
    struct arena *arena;
    bytes account; /* 12 digits */
    bytes region;  /* as it stands in ARNs */
};

/* One page of a listing. */
enum { PAGE_LIMIT_DEFAULT = 25, PAGE_LIMIT_MAX = 250 };
struct page {
    size_t limit; /* at most so many items, 1–250; 0: PAGE_LIMIT_DEFAULT. Others are E_INVALID */
    bytes token;  /* what the previous page gave; none: the first page. Not ours: E_INVALID */
    bool ascending; /* where the header of the listing says so; others ignore it */
};
/* Each list struct ends with `next`: the token of the next page, no bytes at the end. Tokens name a
 * position by key, so rows that come or go between pages are neither skipped nor repeated; they
 * match [A-Za-z0-9+/]+={0,2} [AWS control-plane 5]. */

struct name_list {
    bytes *items;
    size_t count;
    bytes next;
};

/* change_certificate_id is the certificate whose principal a change touches (CHANGE_CERTIFICATE,
 * CHANGE_ATTACHMENT and CHANGE_THING_PRINCIPAL of a certificate), or no bytes. */
bytes change_certificate_id(const struct change *c);
/* change_group is the thing group whose policies a change touches (CHANGE_ATTACHMENT of a group),
 * or no bytes. It concerns the things in it and in the groups below. */
bytes change_group(const struct change *c);
