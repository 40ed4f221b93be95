/* What a parsed document and a bound set hold: for this folder only. Both are immutable once made.
 */
#pragma once
#include <stdatomic.h>

#include "policy/action.h"
#include "policy/condition.h"
#include "policy/principal.h"
#include "policy/set.h"

/* A pattern of Resource or NotResource [AWS policy 3.2]. */
struct policy_resource {
    bytes written;
    bool is_any;    /* a bare `*`: every resource */
    bool is_short;  /* fewer than six parts: matches nothing */
    bytes parts[5]; /* encoded: arn, partition, service, region, account */
    struct policy_template rest;
};

struct policy_statement {
    bytes sid; /* no pointer without one */
    bool is_allow, is_not_action, is_not_resource;
    uint32_t actions; /* NotAction is resolved already */
    const bytes *action_names;
    size_t action_count;
    /* Of IAM's forms, instead of the mask: as many, in lower case and encoded. */
    const bytes *action_patterns;
    const struct policy_principal *principals;
    size_t principal_count;
    bool is_not_principal;
    const struct policy_resource *resources;
    size_t resource_count;
    const struct policy_clause *clauses;
    size_t clause_count;
};

struct policy_document {
    atomic_uint refs;
    struct arena memory; /* everything below, and this */
    enum policy_form form;
    bytes name;
    bytes version; /* no pointer without one */
    bool is_static;
    const struct policy_statement *statements;
    size_t statement_count;
};

/* policy_lower writes `text` with small letters, as many bytes. */
void policy_lower(bytes text, uint8_t *out);

/* policy_resource_is_of: the first five parts name this account's endpoint. */
bool policy_resource_is_of(const struct policy_resource *r, const struct policy_scope *scope);

/* ---- a bound set ----
 *
 * One block of memory: the set, its arrays, and the texts that variables were put into; other texts
 * belong to the documents. Entries are sorted into lists by effect and type of resource, and within
 * a list by kind, so what matches without looking comes first. */

enum policy_entry_kind {
    POLICY_ENTRY_ANY,
    POLICY_ENTRY_EXACT,
    POLICY_ENTRY_PREFIX,
    POLICY_ENTRY_GLOB,
    POLICY_ENTRY_NONE_OF, /* NotResource: none of these */
    POLICY_ENTRY_KIND_COUNT
};

/* One pattern on what follows "topic/", "client/" … */
struct policy_entry {
    uint32_t actions;
    uint32_t statement; /* in the set */
    uint32_t len;       /* of the text, or how many there are in none_of */
    uint8_t kind;
    bool is_conditional; /* the statement has conditions on the request */
    bool is_owned;       /* the text lies in the set's block */
    union {
        const uint8_t *text;
        const struct policy_entry *none_of;
    };
};

struct policy_entry_list {
    const struct policy_entry *entries;
    uint32_t count;
    uint32_t exact_from, exact_end;
    uint32_t actions; /* of all entries together */
    /* With many exact entries: their index + 1 by hash of the text, 0 where free; else NULL. */
    const uint32_t *slots;
    uint32_t slot_mask;
};

enum { POLICY_NO_CLAUSE = 0xFFFF };

struct policy_bound_statement {
    uint16_t document, statement;
    uint16_t false_clause;         /* the first that does not hold, for actions but iot:Connect */
    uint16_t false_connect_clause; /* the same for iot:Connect */
    uint32_t clause_from, clause_count; /* those on the request */
};

struct policy_bound_clause {
    const struct policy_clause *clause;
    const bytes *texts;
};

struct policy_bound_missing {
    bytes name;
    uint32_t actions;
};

enum { POLICY_DENY_LISTS, POLICY_ALLOW_LISTS, POLICY_LIST_KINDS };

struct policy_set {
    atomic_uint refs;
    uint32_t open_actions; /* allowed on every resource without condition, denied on none */
    uint8_t list_of[POLICY_LIST_KINDS][POLICY_RESOURCE_TYPE_COUNT]; /* index + 1; 0 for none */
    struct policy_entry_list *lists;
    struct policy_document **documents;
    uint32_t document_count, statement_count, missing_count;
    const struct policy_bound_statement *statements;
    const struct policy_bound_clause *clauses;
    const struct policy_bound_missing *missing;
    bytes arn_prefix; /* "arn:aws:iot:us-east-1:123456789012:" */
    size_t bytes;
};

/* policy_entry_matches looks at the name only. */
bool policy_entry_matches(const struct policy_entry *e, bytes name);
/* policy_set_list is NULL when no statement of that effect is about the type. */
const struct policy_entry_list *policy_set_list(const struct policy_set *s, unsigned list_kind,
                                                enum policy_resource_type type);
