/* May a caller do this? IAM's documents, about any action of any service.
 *
 * A control-plane call asks once or twice and is gone, so nothing is bound beforehand: a question
 * walks the statements, which were understood when the document was parsed. Condition keys and
 * variables are what the caller says is known of the request. Deny wins; what nothing allows is
 * denied; a zeroed decision denies. Documents are immutable: any thread.
 *
 *     struct policy_question q = {.action = BYTES("iot:DescribeThing"), .resource = arn,
 *                                 .known = &keys};
 *     if (policy_access_check(documents, count, &q, a).verdict != POLICY_ALLOWED) … */
#pragma once
#include "policy/principal.h"
#include "policy/set.h"

struct policy_question {
    bytes action;                       /* "iot:DescribeThing" */
    bytes resource;                     /* an ARN; "*" when the action is on none in particular */
    const struct policy_request *known; /* keys and values; NULL knows nothing */
    /* For documents that say whom they are about; NULL for those of the caller. A statement counts
     * that reaches at least this far. */
    const struct policy_asker *asker;
    enum policy_reach reach;
};

enum { POLICY_ACTION_BYTES_MAX = 128 };

/* policy_access_check decides; `a` holds what variables are put into. */
struct policy_decision policy_access_check(struct policy_document *const *documents, size_t count,
                                           const struct policy_question *q, struct arena *a);

/* policy_access_explain appends one sentence: which statement decided or came nearest, and what to
 * change. */
void policy_access_explain(struct policy_document *const *documents, size_t count,
                           struct policy_decision d, const struct policy_question *q,
                           struct buf *out);

/* ---- documents once understood ----
 *
 * What a text means never changes, so the process keeps what was parsed last, by form and text; any
 * thread. At most POLICY_KEPT_MAX documents of POLICY_KEPT_BYTES_MAX; the oldest go first. */
enum { POLICY_KEPT_MAX = 1024, POLICY_KEPT_BYTES_MAX = 12 * 1024 };

/* policy_document_keep gives a reference on the document of this text, parsing it when it must.
 * E_POLICY_MALFORMED. */
NODISCARD
status policy_document_keep(enum policy_form form, bytes name, bytes text,
                            struct policy_document **out_document);
