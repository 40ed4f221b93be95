/* Conditions: one operator on one key with its values [AWS policy 6].
 *
 * "StringLike": {"iot:ClientId": ["dev-*", "${iot:CertificateId}"]} is one clause; the clauses of a
 * statement must all hold. Values are understood once; the variables in them are bound per
 * connection. What a key's values are is the caller's to find (policy/variables.h). */
#pragma once
#include "codec/json.h"
#include "policy/operand.h"
#include "policy/pattern.h"

enum policy_family {
    POLICY_STRING,
    POLICY_STRING_IGNORE_CASE,
    POLICY_STRING_LIKE,
    POLICY_NUMERIC,
    POLICY_DATE,
    POLICY_BOOL,
    POLICY_BINARY,
    POLICY_IP_ADDRESS,
    POLICY_ARN,
    POLICY_NULL,
};

enum policy_relation {
    POLICY_EQUAL,
    POLICY_LESS,
    POLICY_LESS_OR_EQUAL,
    POLICY_GREATER,
    POLICY_GREATER_OR_EQUAL,
};

struct policy_operator {
    const char *name;
    enum policy_family family;
    enum policy_relation relation;
    bool negated; /* true when no value of the policy matches */
};

enum policy_quantifier { POLICY_PLAIN, POLICY_FOR_ALL_VALUES, POLICY_FOR_ANY_VALUE };

struct policy_operand {
    bytes written;
    struct policy_template text; /* of strings and ARNs */
    union {
        double number;
        int64_t date_ms;
        bool truth;
        struct policy_ip_range range;
    };
};

struct policy_clause {
    bytes written; /* "ForAnyValue:StringEquals" */
    const struct policy_operator *operator_;
    enum policy_quantifier quantifier;
    bool if_exists;
    struct policy_key key;
    const struct policy_operand *operands;
    size_t count; /* may be 0: then nothing matches */
};

/* policy_clause_parse reads the value of a key under an operator; the clause lives in `a`.
 * Variables are text unless `variables`. E_POLICY_MALFORMED, the sentence without AWS's words. */
NODISCARD
status policy_clause_parse(struct arena *a, bytes operator_name, const struct json *key,
                           bool variables, struct policy_clause *out_clause);

bool policy_clause_has_texts(const struct policy_clause *c);
/* Whether a value of it has a variable. */
bool policy_clause_has_variables(const struct policy_clause *c);

/* policy_clause_bind gives the encoded text of each operand, in the binding's arena or the clause's
 * own; no pointer where a variable is undefined: that operand matches nothing. NULL when the
 * operator does not compare text. */
const bytes *policy_clause_bind(const struct policy_clause *c, struct policy_binding *b);

/* policy_clause_holds decides for the key's values. A list without members counts as undefined.
 * `texts` is what policy_clause_bind gave. */
bool policy_clause_holds(const struct policy_clause *c, const bytes *texts,
                         const struct policy_values *values);
