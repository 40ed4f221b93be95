/* Destinations: the URLs that rules may send to, each confirmed by its owner [AWS rules 6.4].
 *
 *     IN_PROGRESS ──confirmed──▶ ENABLED ◀──▶ DISABLED
 *        │   ▲
 *   time, or no answer          ERROR is also what IN_PROGRESS reads as when its time is over.
 *        ▼   │ again
 *        ERROR */
#pragma once
#include "registry/registry.h"

enum {
    DESTINATIONS_MAX = 1000, /* per account */
    DESTINATION_ID_LEN = 36,
    DESTINATION_CONFIRM_HOURS = 72, /* how long a confirmation is waited for */
};

enum destination_status {
    DESTINATION_IN_PROGRESS,
    DESTINATION_ENABLED,
    DESTINATION_DISABLED,
    DESTINATION_ERROR,
    DESTINATION_STATUS_COUNT
};
const char *destination_status_name(enum destination_status s);
bool destination_status_find(bytes name, enum destination_status *out);

struct topic_rule_destination {
    bytes id;     /* a UUID */
    bytes url;    /* the confirmation URL: where URLs of rules begin */
    bytes secret; /* the last part of the token; none once it is confirmed */
    bytes reason; /* of the status, for people */
    enum destination_status status;
    int64_t created_ms, updated_ms, confirm_until_ms;
};
/* arn:aws:iot:<region>:<account>:ruledestination/http/<id> */
bytes topic_rule_destination_arn(const struct registry *r, bytes id);
/* What the owner sends back: it names account and destination, and proves that he got it. */
bytes topic_rule_destination_token(const struct registry *r,
                                   const struct topic_rule_destination *d);

/* topic_rule_destination_create makes one for `url`, IN_PROGRESS with a new token, or at once
 * ENABLED. E_EXISTS, E_LIMIT. */
NODISCARD
status topic_rule_destination_create(const struct registry *r, bytes url, bool is_enabled,
                                     struct topic_rule_destination *out);
/* topic_rule_destination_covers tells whether a URL needs none of its own: there is one for it, in
 * whatever state, or an enabled one that allows it. */
NODISCARD
status topic_rule_destination_covers(const struct registry *r, bytes url, bool *out);

/* By ARN; E_DENIED when there is none, E_INVALID when it is none of an HTTP destination. */
NODISCARD
status topic_rule_destination_load(const struct registry *r, bytes arn,
                                   struct topic_rule_destination *out);
NODISCARD
status topic_rule_destination_delete(const struct registry *r, bytes arn);
/* topic_rule_destination_move changes the status as its owner asks: E_INVALID for a step that the
 * drawing above does not have. To IN_PROGRESS makes a new token. */
NODISCARD
status topic_rule_destination_move(const struct registry *r, bytes arn, enum destination_status to,
                                   struct topic_rule_destination *out);
/* topic_rule_destination_fail notes that the owner of this token could not be asked. One that has
 * moved on, or is gone, stays as it is. */
NODISCARD
status topic_rule_destination_fail(const struct registry *r, bytes id, bytes secret, bytes reason);
/* topic_rule_destination_confirm enables the destination that a token names, of whichever account:
 * r->account is not looked at. E_DENIED for a token that is wrong, used or too old. */
NODISCARD
status topic_rule_destination_confirm(const struct registry *r, bytes token);
/* topic_rule_destination_token_account is the account a token names, or no bytes; nothing is
 * verified. */
bytes topic_rule_destination_token_account(bytes token);

/* topic_rule_destination_require passes a URL that begins with that of an enabled destination.
 * E_DENIED says what is missing. */
NODISCARD
status topic_rule_destination_require(const struct registry *r, bytes url);

struct topic_rule_destination_list {
    struct topic_rule_destination *items;
    size_t count;
    bytes next;
};
NODISCARD
status topic_rule_destination_list(const struct registry *r, const struct page *page,
                                   struct topic_rule_destination_list *out);
