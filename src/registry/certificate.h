/* Client certificates as registered. The id is the SHA-256 of the DER, so the same everywhere
 * [AWS identity 1.2]; the caller has parsed and verified the certificate and hands over facts. */
#pragma once
#include "registry/registry.h"

enum { CERTIFICATE_ID_LEN = 64 };

#define CERTIFICATE_STATUSES(X) \
    X(ACTIVE)                   \
    X(INACTIVE)                 \
    X(REVOKED)                  \
    X(PENDING_TRANSFER)         \
    X(REGISTER_INACTIVE)        \
    X(PENDING_ACTIVATION)

enum certificate_status {
#define CERTIFICATE_STATUS_ENUM(name) CERTIFICATE_##name,
    CERTIFICATE_STATUSES(CERTIFICATE_STATUS_ENUM)
#undef CERTIFICATE_STATUS_ENUM
        CERTIFICATE_STATUS_COUNT
};
const char *certificate_status_name(enum certificate_status s); /* "ACTIVE" */
NODISCARD
status certificate_status_parse(bytes text, enum certificate_status *out_status);

enum certificate_mode { CERTIFICATE_MODE_DEFAULT, CERTIFICATE_MODE_SNI_ONLY };
const char *certificate_mode_name(enum certificate_mode m); /* "DEFAULT", "SNI_ONLY" */
NODISCARD
status certificate_mode_parse(bytes text, enum certificate_mode *out_mode);

/* The last transfer to another account [AWS identity 3.4]; registry/transfer.h. */
struct certificate_transfer {
    bytes target; /* to whom it was offered; none: never */
    bytes message, reject_reason;
    int64_t transferred_ms, accepted_ms, rejected_ms; /* 0: never */
};

/* [AWS identity 1.5] Listings leave `pem` empty. */
struct certificate_record {
    bytes id;                /* 64 lower-case hex digits */
    bytes pem;               /* as registered, byte for byte */
    bytes ca_certificate_id; /* none when no registered CA signed it */
    enum certificate_status status;
    enum certificate_mode mode;
    bytes owned_by, previous_owned_by;
    int64_t created_ms, modified_ms;
    int64_t not_before_ms, not_after_ms;
    uint64_t customer_version;
    bytes generation_id; /* UUID */
    struct certificate_transfer transfer;
};
bytes certificate_arn(const struct registry *r, bytes id);

struct certificate_new {
    bytes id, pem;
    bytes serial;               /* big-endian, no leading zero: for the CRL of its CA; not kept */
    bytes ca_certificate_id;    /* none: issued by the service, or registered without a CA */
    enum certificate_mode mode; /* when there is a CA, its mode counts instead */
    enum certificate_status status;
    bool by_service; /* PENDING_ACTIVATION is allowed: automatic registration, fleet provisioning */
    int64_t not_before_ms, not_after_ms;
};
/* certificate_register adds a certificate [AWS identity 1.4, 1.7, 3.2, 3.3]. E_EXISTS when it is
 * registered here, or when it may not be shared with the account that has it in DEFAULT mode;
 * E_CERTIFICATE_STATE when the CA is not registered or not ACTIVE or the status is not to be set;
 * E_CERTIFICATE_INVALID when its CA has revoked it (registry/crl.h) and it is not to be REVOKED.
 * out_certificate may be NULL; it
 * borrows what the caller gave. */
NODISCARD
status certificate_register(const struct registry *r, const struct certificate_new *c,
                            struct certificate_record *out_certificate);
/* certificate_check_new is the part of it that needs no CA: E_EXISTS when it is registered here or
 * offered to this account, E_CERTIFICATE_STATE for the status. Who looks for the CA first asks
 * this, for a repeated registration is one even when the CA has gone meanwhile [AWS identity 1.7].
 */
NODISCARD
status certificate_check_new(const struct registry *r, const struct certificate_new *c);
/* certificate_is_registered: in this account; what is offered to it is not. */
NODISCARD
status certificate_is_registered(const struct registry *r, bytes id, bool *out_registered);
/* certificate_load also gives what another account has offered to this one; owned_by tells. */
NODISCARD
status certificate_load(const struct registry *r, bytes id,
                        struct certificate_record *out_certificate); /* E_NOT_FOUND */
/* certificate_load_facts is certificate_load without the PEM, which lies elsewhere. */
NODISCARD
status certificate_load_facts(const struct registry *r, bytes id,
                              struct certificate_record *out_certificate);
/* certificate_update_status moves it by the table of [AWS identity 1.4]; to the present status is
 * fine and changes nothing. E_NOT_FOUND, E_CERTIFICATE_STATE. */
NODISCARD
status certificate_update_status(const struct registry *r, bytes id, enum certificate_status to);
/* certificate_delete checks in AWS's order: not ACTIVE, no thing, no policy [AWS identity 1.6];
 * `force` detaches policies instead of refusing. E_NOT_FOUND, E_CERTIFICATE_STATE,
 * E_DELETE_CONFLICT. */
NODISCARD
status certificate_delete(const struct registry *r, bytes id, bool force);

struct certificate_list {
    struct certificate_record *items;
    size_t count;
    bytes next;
};
/* By time of registration, newest first unless page->ascending; with those that other accounts
 * offer to this one [AWS identity 3.4]. */
NODISCARD
status certificate_list(const struct registry *r, const struct page *page,
                        struct certificate_list *out_list);
/* Of one CA; an unknown CA has none. */
NODISCARD
status certificate_list_by_ca(const struct registry *r, bytes ca_certificate_id,
                              const struct page *page, struct certificate_list *out_list);
