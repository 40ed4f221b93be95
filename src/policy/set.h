/* May they? The policies of one principal, bound to one connection [AWS policy 4].
 *
 * Binding puts the variables in place and decides the conditions that cannot change any more, so
 * that a check is a few comparisons and never allocates. A set is immutable and counted: bind a new
 * one when policies, attachments, thing or certificate change, and forget remembered verdicts.
 *
 *     struct policy_set *set = policy_set_bind(documents, count, &scope, &context);
 *     struct policy_decision d = policy_check(set, POLICY_PUBLISH, topic, NULL);
 *     if (d.verdict != POLICY_ALLOWED)
 *         policy_decision_explain(set, d, POLICY_PUBLISH, topic, NULL, &sentence);
 */
#pragma once
#include "policy/action.h"
#include "policy/document.h"
#include "policy/variables.h"

struct policy_set;

enum policy_verdict { POLICY_IMPLICIT_DENY, POLICY_EXPLICIT_DENY, POLICY_ALLOWED };

enum { POLICY_NO_STATEMENT = 0xFFFF };

/* Zero denies. The statement that decided, both counted from 0; POLICY_NO_STATEMENT when none did.
 */
struct policy_decision {
    enum policy_verdict verdict;
    uint16_t document, statement;
};

/* policy_set_bind takes references on the documents. `context` may be NULL when
 * policy_documents_are_static; nothing of it or of `scope` is kept. Without documents the set
 * denies everything. */
struct policy_set *policy_set_bind(struct policy_document *const *documents, size_t count,
                                   const struct policy_scope *scope,
                                   const struct policy_context *context);
struct policy_set *policy_set_ref(struct policy_set *s);
void policy_set_unref(struct policy_set *s); /* NULL does nothing */

size_t policy_set_document_count(const struct policy_set *s);
const struct policy_document *policy_set_document(const struct policy_set *s, size_t index);
size_t policy_set_bytes(const struct policy_set *s); /* memory of its own */

/* policy_set_allows_all: the action is allowed on every resource, whatever the request: no check is
 * needed (publish-all, receive-all). */
bool policy_set_allows_all(const struct policy_set *s, enum policy_action action);

/* policy_check decides. `name` is what follows "topic/", "client/" … in the resource's ARN:
 * a topic, a topic filter, a client identifier, "THING" or "THING/SHADOW", a role alias; it is not
 * looked at for iot:ListRetainedMessages. `request` may be NULL. Never allocates. */
struct policy_decision policy_check(const struct policy_set *s, enum policy_action action,
                                    bytes name, const struct policy_request *request);

/* policy_check_document decides as if the set had this one document only (TestAuthorization tells
 * which policies allowed and which did not). */
struct policy_decision policy_check_document(const struct policy_set *s, size_t document,
                                             enum policy_action action, bytes name,
                                             const struct policy_request *request);

/* policy_check_shared_receive decides a delivery through a shared subscription: both topic/TOPIC
 * and topic/$share/GROUP/TOPIC are looked at, a deny on either denies, an allow on either allows
 * [AWS policy 3.4]. Allocates for very long topics only. */
struct policy_decision policy_check_shared_receive(const struct policy_set *s, bytes group,
                                                   bytes topic);

/* policy_decision_worst joins two checks that must both pass: the two gates of a Cognito identity,
 * Publish and RetainPublish. Returns the one that denies, an explicit deny before an implicit. */
struct policy_decision policy_decision_worst(struct policy_decision a, struct policy_decision b);

/* policy_check_gates decides for a Cognito authenticated identity: what its role may (`iam`) and,
 * for the actions of [AWS policy 7], also what the IoT policies attached to it allow (`iot`). */
struct policy_decision policy_check_gates(const struct policy_set *iam,
                                          const struct policy_set *iot, enum policy_action action,
                                          bytes name, const struct policy_request *request);

/* policy_decision_explain appends one sentence for people: which statement decided or came nearest,
 * why, and what to change. */
void policy_decision_explain(const struct policy_set *s, struct policy_decision d,
                             enum policy_action action, bytes name,
                             const struct policy_request *request, struct buf *out);

/* policy_set_missing_next walks the variables and condition keys that statements on this action use
 * and this connection does not have (TestAuthorization's missingContextValues), each once, as
 * written in the policy: start with *position 0, ends with no bytes. */
bytes policy_set_missing_next(const struct policy_set *s, enum policy_action action,
                              size_t *position);

/* policy_resource_name takes the name out of a full resource ARN for this action. E_INVALID when it
 * is not an ARN of this scope or not of the action's type. */
NODISCARD
status policy_resource_name(const struct policy_scope *scope, enum policy_action action, bytes arn,
                            bytes *out_name);
