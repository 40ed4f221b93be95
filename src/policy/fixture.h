/* For tests, fuzzers and benches of this folder: policies and connections in a short notation.
 *
 * Policies are JSON with ' for " (and ` for '), a list of statements with short names: E Effect,
 * A Action, NA NotAction, R Resource, NR NotResource, C Condition, and V, in the first, the Version
 * (else 2012-10-17). An action without ":" gets "iot:". C: T: F: TH: RA: before a resource stand
 * for arn:aws:iot:us-east-1:123456789012:client/ topic/ topicfilter/ thing/ rolealias/.
 *
 *     "[{'E':'Allow','A':'Publish','R':'T:${iot:ClientId}'}]"
 */
#pragma once
#include "policy/set.h"

extern const struct policy_scope fixture_scope; /* us-east-1, 123456789012 */

/* fixture_text is the document in full. */
bytes fixture_text(struct arena *a, const char *notation);
/* fixture_document parses it; a notation that is wrong ends the process. */
struct policy_document *fixture_document(const char *name, const char *notation);

/* fixture_document_as does so in IAM's forms, with P Principal, NP NotPrincipal. */
struct policy_document *fixture_document_as(enum policy_form form, const char *name,
                                            const char *notation);

/* fixture_context reads "cid=c; thing=t; type=Sensor; attr.env=lab; CN=a&b; O=Acme; certid=ab;
 * serial=92:12; ca=LastWill&PersistentConnect; will=topic; ip=192.0.2.1; sni=host", or "http" for a
 * request without client identifier. What is not said is not known. Lives in `a`. */
const struct policy_context *fixture_context(struct arena *a, const char *text);
/* fixture_request takes "topic=T" and "sock=true" from the same text: iot:Topic and
 * iot:IncludeSocketInformation. */
const struct policy_request *fixture_request(struct arena *a, const char *text);
/* fixture_keys reads any condition keys: "aws:username=bob; iot:Many=a&b". */
const struct policy_request *fixture_keys(struct arena *a, const char *text);
