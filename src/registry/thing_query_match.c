/* Does this thing match? Values are compared without regard to letter case. */
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

static bool attribute_matches(const struct thing_query *q, const struct thing_record *thing) {
    for (size_t i = 0; i < thing->attribute_count; i++)
        if ((q->field == QUERY_ANY || bytes_equal(thing->attributes[i].name, q->attribute)) &&
            value_matches(q, thing->attributes[i].value))
            return true;
    return false;
}

static bool term_matches(const struct thing_query *q, const struct thing_record *thing) {
    switch (q->field) {
    case QUERY_NAME:
        return value_matches(q, thing->name);
    case QUERY_ID:
        return value_matches(q, thing->id);
    case QUERY_TYPE:
        return thing->type_name.len > 0 && value_matches(q, thing->type_name);
    case QUERY_ATTRIBUTE:
        return attribute_matches(q, thing);
    case QUERY_ANY:
        return value_matches(q, thing->name) || value_matches(q, thing->id) ||
               (thing->type_name.len > 0 && value_matches(q, thing->type_name)) ||
               attribute_matches(q, thing);
    case QUERY_FIELD_COUNT:
        break;
    }
    return false;
}

bool thing_query_matches(const struct thing_query *q, const struct thing_record *thing) {
    switch (q->kind) {
    case QUERY_AND:
        return thing_query_matches(q->left, thing) && thing_query_matches(q->right, thing);
    case QUERY_OR:
        return thing_query_matches(q->left, thing) || thing_query_matches(q->right, thing);
    case QUERY_NOT:
        return !thing_query_matches(q->left, thing);
    case QUERY_TERM:
        return term_matches(q, thing);
    }
    return false;
}
