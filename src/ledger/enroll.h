/* Enrolling: an entry of a ledger becomes a certificate, its thing and what is attached to them, by
 * the same calls of registry/ that the API makes. Doing it again changes nothing. */
#pragma once
#include "ledger/entry.h"

enum enrolled {
    ENROLLED_NEW,       /* it was not registered */
    ENROLLED_COMPLETED, /* it was; something of what is attached was missing */
    ENROLLED_EXISTING,  /* all was as it is to be */
};

/* enroll needs an entry whose result is OK, and a write transaction. A certificate that is
 * registered already keeps its status, its CA and its text. After a failure roll the transaction
 * back; the sentence is that of the call that failed. */
NODISCARD
status enroll(const struct registry *r, const struct ledger_entry *e, enum enrolled *out);

/* enroll_check_plan tells before the first entry what would fail for all of them: a policy, group
 * or type without placeholder that is not there. E_NOT_FOUND. */
NODISCARD
status enroll_check_plan(const struct registry *r, const struct ledger_plan *plan);
