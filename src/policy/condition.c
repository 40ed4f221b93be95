#include "policy/condition.h"

/*     name                          family                     relation                 negated */
static const struct policy_operator operators[] = {
    {"StringEquals", POLICY_STRING, POLICY_EQUAL, false},
    {"StringNotEquals", POLICY_STRING, POLICY_EQUAL, true},
    {"StringEqualsIgnoreCase", POLICY_STRING_IGNORE_CASE, POLICY_EQUAL, false},
    {"StringNotEqualsIgnoreCase", POLICY_STRING_IGNORE_CASE, POLICY_EQUAL, true},
    {"StringLike", POLICY_STRING_LIKE, POLICY_EQUAL, false},
    {"StringNotLike", POLICY_STRING_LIKE, POLICY_EQUAL, true},
    {"NumericEquals", POLICY_NUMERIC, POLICY_EQUAL, false},
    {"NumericNotEquals", POLICY_NUMERIC, POLICY_EQUAL, true},
    {"NumericLessThan", POLICY_NUMERIC, POLICY_LESS, false},
    {"NumericLessThanEquals", POLICY_NUMERIC, POLICY_LESS_OR_EQUAL, false},
    {"NumericGreaterThan", POLICY_NUMERIC, POLICY_GREATER, false},
    {"NumericGreaterThanEquals", POLICY_NUMERIC, POLICY_GREATER_OR_EQUAL, false},
    {"DateEquals", POLICY_DATE, POLICY_EQUAL, false},
    {"DateNotEquals", POLICY_DATE, POLICY_EQUAL, true},
    {"DateLessThan", POLICY_DATE, POLICY_LESS, false},
    {"DateLessThanEquals", POLICY_DATE, POLICY_LESS_OR_EQUAL, false},
    {"DateGreaterThan", POLICY_DATE, POLICY_GREATER, false},
    {"DateGreaterThanEquals", POLICY_DATE, POLICY_GREATER_OR_EQUAL, false},
    {"Bool", POLICY_BOOL, POLICY_EQUAL, false},
    {"BinaryEquals", POLICY_BINARY, POLICY_EQUAL, false},
    {"IpAddress", POLICY_IP_ADDRESS, POLICY_EQUAL, false},
    {"NotIpAddress", POLICY_IP_ADDRESS, POLICY_EQUAL, true},
    {"ArnEquals", POLICY_ARN, POLICY_EQUAL, false},
    {"ArnLike", POLICY_ARN, POLICY_EQUAL, false},
    {"ArnNotEquals", POLICY_ARN, POLICY_EQUAL, true},
    {"ArnNotLike", POLICY_ARN, POLICY_EQUAL, true},
    {"Null", POLICY_NULL, POLICY_EQUAL, false},
};

/* How the text of a family's operands is read; 0 for those that are not text. */
static unsigned template_flags(enum policy_family family) {
    switch (family) {
    case POLICY_STRING:
    case POLICY_STRING_IGNORE_CASE:
        return POLICY_TEMPLATE_VARIABLES;
    case POLICY_STRING_LIKE:
        return POLICY_TEMPLATE_VARIABLES | POLICY_TEMPLATE_WILDCARDS;
    case POLICY_ARN:
        return POLICY_TEMPLATE_VARIABLES | POLICY_TEMPLATE_WILDCARDS | POLICY_TEMPLATE_ARN;
    case POLICY_NUMERIC:
    case POLICY_DATE:
    case POLICY_BOOL:
    case POLICY_BINARY:
    case POLICY_IP_ADDRESS:
    case POLICY_NULL:
        break;
    }
    return 0;
}

/* ---- reading ---- */

static bool skip_word(bytes *name, bytes word) {
    if (!bytes_equal_nocase(bytes_slice(*name, 0, word.len), word))
        return false;
    *name = bytes_skip(*name, word.len);
    return true;
}

static bool drop_ending(bytes *name, bytes word) {
    if (name->len < word.len || !bytes_equal_nocase(bytes_skip(*name, name->len - word.len), word))
        return false;
    name->len -= word.len;
    return true;
}

static status parse_operator(bytes written, struct policy_clause *c) {
    bytes name = written;
    if (skip_word(&name, BYTES("ForAllValues:")))
        c->quantifier = POLICY_FOR_ALL_VALUES;
    else if (skip_word(&name, BYTES("ForAnyValue:")))
        c->quantifier = POLICY_FOR_ANY_VALUE;
    c->if_exists = drop_ending(&name, BYTES("IfExists"));
    for (size_t i = 0; i < COUNT_OF(operators); i++)
        if (bytes_equal_nocase(name, bytes_from(operators[i].name)))
            c->operator_ = &operators[i];
    if (!c->operator_)
        return FAIL(E_POLICY_MALFORMED, "\"%.*s\" is not a condition operator",
                    BYTES_ARG(bytes_slice(written, 0, 80)));
    if (c->operator_->family == POLICY_NULL && c->if_exists)
        return FAIL(E_POLICY_MALFORMED, "Null cannot have IfExists");
    return OK;
}

static status parse_typed(enum policy_family family, struct policy_operand *o) {
    switch (family) {
    case POLICY_NUMERIC:
        return policy_number_parse(o->written, &o->number);
    case POLICY_DATE:
        return policy_date_parse(o->written, &o->date_ms);
    case POLICY_BOOL:
    case POLICY_NULL:
        return policy_bool_parse(o->written, &o->truth);
    case POLICY_BINARY:
        return policy_base64_check(o->written);
    case POLICY_IP_ADDRESS:
        return policy_ip_parse(o->written, &o->range);
    case POLICY_STRING:
    case POLICY_STRING_IGNORE_CASE:
    case POLICY_STRING_LIKE:
    case POLICY_ARN:
        break;
    }
    return OK;
}

static status value_text(const struct json *value, bytes *out_text) {
    if (value->type == JSON_STRING || value->type == JSON_NUMBER)
        *out_text = value->text;
    else if (value->type == JSON_TRUE || value->type == JSON_FALSE)
        *out_text = value->type == JSON_TRUE ? BYTES("true") : BYTES("false");
    else
        return FAIL(E_POLICY_MALFORMED, "a condition value must be a string, number or boolean");
    return OK;
}

static status parse_operand(struct arena *a, const struct policy_clause *c,
                            const struct json *value, bool variables, struct policy_operand *out) {
    struct policy_operand o = {0};
    unsigned flags = template_flags(c->operator_->family);
    TRY(value_text(value, &o.written));
    o.written = arena_copy(a, o.written);
    if (!variables)
        flags &= ~(unsigned)POLICY_TEMPLATE_VARIABLES;
    if (policy_clause_has_texts(c))
        o.text = policy_template_parse(a, o.written, flags);
    else if (parse_typed(c->operator_->family, &o) != OK)
        return FAIL(E_POLICY_MALFORMED, "%s of %.*s: %s", c->operator_->name,
                    BYTES_ARG(bytes_slice(c->key.text, 0, 80)), failure_text());
    *out = o;
    return OK;
}

status policy_clause_parse(struct arena *a, bytes operator_name, const struct json *key,
                           bool variables, struct policy_clause *out_clause) {
    struct policy_clause c = {.written = arena_copy(a, operator_name)};
    TRY(parse_operator(operator_name, &c));
    c.key = policy_key_parse(arena_copy(a, key->name));
    bool many = key->type == JSON_ARRAY;
    struct policy_operand *operands = ARENA_ARRAY(a, struct policy_operand, many ? key->count : 1);
    for (const struct json *v = many ? key->first : key; v; v = many ? v->next : NULL)
        TRY(parse_operand(a, &c, v, variables, &operands[c.count++]));
    c.operands = operands;
    *out_clause = c;
    return OK;
}

/* ---- binding ---- */

bool policy_clause_has_texts(const struct policy_clause *c) {
    return template_flags(c->operator_->family) != 0;
}

bool policy_clause_has_variables(const struct policy_clause *c) {
    for (size_t i = 0; policy_clause_has_texts(c) && i < c->count; i++)
        if (!policy_template_is_constant(&c->operands[i].text))
            return true;
    return false;
}

const bytes *policy_clause_bind(const struct policy_clause *c, struct policy_binding *b) {
    if (!policy_clause_has_texts(c))
        return NULL;
    bytes *texts = ARENA_ARRAY(b->arena, bytes, c->count);
    for (size_t i = 0; i < c->count; i++)
        (void)policy_template_bind(&c->operands[i].text, b, &texts[i]); /* else: no pointer */
    return texts;
}

/* ---- deciding ---- */

static bool in_order(enum policy_relation relation, bool less, bool equal) {
    switch (relation) {
    case POLICY_EQUAL:
        return equal;
    case POLICY_LESS:
        return less;
    case POLICY_LESS_OR_EQUAL:
        return less || equal;
    case POLICY_GREATER:
        return !less && !equal;
    case POLICY_GREATER_OR_EQUAL:
        return !less;
    }
    return false;
}

static bool number_matches(const struct policy_clause *c, const struct policy_operand *o,
                           bytes value) {
    double v;
    return policy_number_parse(value, &v) == OK &&
           in_order(c->operator_->relation, v < o->number, !(v < o->number) && !(v > o->number));
}

static bool date_matches(const struct policy_clause *c, const struct policy_operand *o,
                         bytes value) {
    int64_t v;
    return policy_date_parse(value, &v) == OK &&
           in_order(c->operator_->relation, v < o->date_ms, v == o->date_ms);
}

static bool truth_matches(const struct policy_operand *o, bytes value) {
    bool v;
    return policy_bool_parse(value, &v) == OK && v == o->truth;
}

static bool address_matches(const struct policy_operand *o, bytes value) {
    struct policy_ip_range v;
    return bytes_find(value, '/') == value.len && policy_ip_parse(value, &v) == OK &&
           policy_ip_contains(&o->range, &v);
}

static bool text_matches(enum policy_family family, bytes text, bytes value) {
    if (!text.ptr)
        return false; /* a variable is undefined */
    if (family == POLICY_ARN)
        return policy_arn_matches(text, value);
    if (family == POLICY_STRING_LIKE)
        return policy_glob_matches(text, value);
    if (family == POLICY_STRING_IGNORE_CASE)
        return bytes_equal_nocase(text, value);
    return bytes_equal(text, value);
}

/* Whether the operand at `i` matches, leaving negation aside. */
static bool operand_matches(const struct policy_clause *c, const bytes *texts, size_t i,
                            bytes value) {
    const struct policy_operand *o = &c->operands[i];
    switch (c->operator_->family) {
    case POLICY_STRING:
    case POLICY_STRING_IGNORE_CASE:
    case POLICY_STRING_LIKE:
    case POLICY_ARN:
        return text_matches(c->operator_->family, texts[i], value);
    case POLICY_NUMERIC:
        return number_matches(c, o, value);
    case POLICY_DATE:
        return date_matches(c, o, value);
    case POLICY_BOOL:
        return truth_matches(o, value);
    case POLICY_BINARY:
        return bytes_equal(o->written, value);
    case POLICY_IP_ADDRESS:
        return address_matches(o, value);
    case POLICY_NULL:
        break;
    }
    return false;
}

static bool value_passes(const struct policy_clause *c, const bytes *texts, bytes value) {
    for (size_t i = 0; i < c->count; i++)
        if (operand_matches(c, texts, i, value))
            return !c->operator_->negated;
    return c->operator_->negated;
}

static bool null_holds(const struct policy_clause *c, bool is_absent) {
    for (size_t i = 0; i < c->count; i++)
        if (c->operands[i].truth == is_absent)
            return true;
    return false;
}

/* A key that is not there [AWS policy 5.4]. */
static bool absent_holds(const struct policy_clause *c) {
    if (c->if_exists || c->quantifier == POLICY_FOR_ALL_VALUES)
        return true;
    return c->quantifier == POLICY_PLAIN && c->operator_->negated;
}

bool policy_clause_holds(const struct policy_clause *c, const bytes *texts,
                         const struct policy_values *values) {
    bool is_absent = !values->defined || values->count == 0;
    if (c->operator_->family == POLICY_NULL)
        return null_holds(c, is_absent);
    if (is_absent)
        return absent_holds(c);
    /* A list without a set operator is read as ForAnyValue [AWS policy 6]. */
    bool all = c->quantifier == POLICY_FOR_ALL_VALUES;
    for (size_t i = 0; i < values->count; i++)
        if (value_passes(c, texts, values->items[i]) != all)
            return !all;
    return all;
}
