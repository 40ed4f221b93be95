/* Does this document match? Values are compared without regard to letter case. */
#include "registry/thing_query_internal.h"

static uint8_t folded(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* Where a run of any characters does not fit, the last one is made longer: no recursion. */
static bool matches_pattern(bytes pattern, bytes value) {
    size_t at = 0, i = 0, run = pattern.len, run_from = 0;
    while (i < value.len) {
        if (at < pattern.len && pattern.ptr[at] == QUERY_ANY_RUN) {
            run = at++;
            run_from = i;
        } else if (at < pattern.len && (pattern.ptr[at] == QUERY_ANY_ONE ||
                                        folded(pattern.ptr[at]) == folded(value.ptr[i]))) {
            at++, i++;
        } else if (run < pattern.len) {
            at = run + 1;
            i = ++run_from;
        } else {
            return false;
        }
    }
    while (at < pattern.len && pattern.ptr[at] == QUERY_ANY_RUN)
        at++;
    return at == pattern.len;
}

static int compare_texts(bytes a, bytes b) {
    for (size_t i = 0; i < a.len && i < b.len; i++)
        if (folded(a.ptr[i]) != folded(b.ptr[i]))
            return folded(a.ptr[i]) < folded(b.ptr[i]) ? -1 : 1;
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

/* Negative when the value lies below the bound, 0 when it is the bound. */
static int compare_bound(const struct thing_query *q, bytes value, double number,
                         const struct query_bound *b) {
    if (!q->is_of_numbers)
        return compare_texts(value, b->text);
    return number < b->number ? -1 : number > b->number;
}

static bool is_in_range(const struct thing_query *q, bytes value) {
    double number = 0;
    if (q->is_of_numbers && !query_number(value, &number))
        return false;
    int low = q->low.is_open ? 1 : compare_bound(q, value, number, &q->low);
    int high = q->high.is_open ? -1 : compare_bound(q, value, number, &q->high);
    return (low > 0 || (low == 0 && q->low.is_included)) &&
           (high < 0 || (high == 0 && q->high.is_included));
}

static bool value_matches(const struct thing_query *q, bytes value) {
    if (!value.ptr)
        return false;
    return q->is_range ? is_in_range(q, value) : matches_pattern(q->pattern, value);
}

static bool attribute_matches(const struct thing_query *q, const struct query_document *d) {
    for (size_t i = 0; i < d->attribute_count; i++)
        if ((q->field == QUERY_ANY || bytes_equal(d->attributes[i].name, q->attribute)) &&
            value_matches(q, d->attributes[i].value))
            return true;
    return false;
}

static bool concerns(const struct thing_query *q, enum query_field field) {
    return q->field == QUERY_ANY ? query_field_is_of_any(field) : q->field == field;
}

static bool term_matches(const struct thing_query *q, const struct query_document *d) {
    for (size_t i = 0; i < d->value_count; i++)
        if (concerns(q, d->values[i].field) && value_matches(q, d->values[i].text))
            return true;
    return concerns(q, QUERY_ATTRIBUTE) && attribute_matches(q, d);
}

bool thing_query_matches(const struct thing_query *q, const struct query_document *d) {
    switch (q->kind) {
    case QUERY_AND:
        return thing_query_matches(q->left, d) && thing_query_matches(q->right, d);
    case QUERY_OR:
        return thing_query_matches(q->left, d) || thing_query_matches(q->right, d);
    case QUERY_NOT:
        return !thing_query_matches(q->left, d);
    case QUERY_TERM:
        return term_matches(q, d);
    }
    return false;
}

bool thing_query_asks(const struct thing_query *q, enum query_field field) {
    if (q->kind == QUERY_TERM)
        return concerns(q, field);
    return thing_query_asks(q->left, field) || (q->right && thing_query_asks(q->right, field));
}

void query_document_add(struct query_document *d, enum query_field field, bytes text) {
    if (text.len > 0 && d->value_count < QUERY_VALUES_MAX)
        d->values[d->value_count++] = (struct query_value){field, text};
}
