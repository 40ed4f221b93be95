/* A policy document: parsed once, then immutable, counted and shared by all threads.
 *
 * The grammar is that of [AWS policy 1.1]; what it does not know is E_POLICY_MALFORMED with AWS's
 * words first, then what is wrong and where. Unknown actions are accepted and have no effect.
 *
 * IAM's documents have the same grammar with other elements; policy/access.h decides by them. */
#pragma once
#include "base/bytes.h"

enum policy_form {
    POLICY_FORM_IOT,      /* attached to certificates and groups; binds to a set (policy/set.h) */
    POLICY_FORM_IDENTITY, /* of users and roles, boundaries, of sessions */
    POLICY_FORM_RESOURCE, /* of a resource: says whom (Principal) */
    POLICY_FORM_TRUST,    /* of a role: who may assume it; no Resource */
};

struct policy_document;

enum {
    POLICY_LENGTH_MAX = 2048,  /* characters, white space not counted [AWS policy 1.2] */
    POLICY_BYTES_MAX = 404600, /* whatever length is allowed */
};

/* policy_document_length counts the characters that are not white space. */
size_t policy_document_length(bytes text);

/* policy_document_parse reads JSON text of at most `length_max` such characters. `name` is the
 * policy's name in sentences for people. Both are copied. E_POLICY_MALFORMED. */
NODISCARD
status policy_document_parse(bytes name, bytes text, size_t length_max,
                             struct policy_document **out_document);
/* policy_document_parse_as does so for another form, in IAM's words for what is wrong. */
NODISCARD
status policy_document_parse_as(enum policy_form form, bytes name, bytes text, size_t length_max,
                                struct policy_document **out_document);
struct policy_document *policy_document_ref(struct policy_document *d);
void policy_document_unref(struct policy_document *d); /* NULL does nothing */

bytes policy_document_name(const struct policy_document *d);
size_t policy_document_statement_count(const struct policy_document *d);
/* policy_document_sid is the Sid of a statement, counted from 0; none when it has none. */
bytes policy_document_sid(const struct policy_document *d, size_t statement);

/* policy_documents_are_static: these documents decide alike for every connection of an account,
 * whatever its context: one set bound without context serves all of them. */
bool policy_documents_are_static(struct policy_document *const *documents, size_t count);

/* policy_document_lint appends one sentence per line about what is legal but hardly meant (patterns
 * that never match, "+" and "#" in topics, misspelt variables …) and returns how many. */
size_t policy_document_lint(const struct policy_document *d, struct buf *out);
