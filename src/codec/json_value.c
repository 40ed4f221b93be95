/* What a parsed value says: members, integers, doubles. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "codec/json.h"

const struct json *json_member(const struct json *object, bytes name) {
    const struct json *found = NULL;
    if (!object || object->type != JSON_OBJECT)
        return NULL;
    JSON_EACH (member, object)
        if (bytes_equal(member->name, name))
            found = member;
    return found;
}

bool json_is_string(const struct json *v) {
    return v && v->type == JSON_STRING;
}

/* A number as digits × 10^exponent: no zeros in front or behind; zero has no digits. */
struct decimal_parts {
    bool negative;
    uint8_t digits[20]; /* more do not fit an int64_t */
    size_t count;       /* may exceed what digits holds */
    int64_t exponent;
};

enum { EXPONENT_MAX = 1000000 }; /* beyond it no digits a request can hold make an int64_t */

static int64_t exponent_of(bytes text) {
    bool negative = text.len > 0 && text.ptr[0] == '-';
    if (text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+'))
        text = bytes_skip(text, 1);
    int64_t value = 0;
    for (size_t i = 0; i < text.len && value < EXPONENT_MAX * 100LL; i++)
        value = value * 10 + (text.ptr[i] - '0');
    return negative ? -value : value;
}

static void add_digit(struct decimal_parts *d, uint8_t digit) {
    if (d->count == 0 && digit == 0)
        return;
    if (d->count < sizeof d->digits)
        d->digits[d->count] = digit;
    d->count++;
}

/* The trailing zeros of the digits as written, which belong into the exponent. */
static size_t trailing_zeros(bytes mantissa) {
    size_t zeros = 0;
    for (size_t i = mantissa.len; i > 0; i--) {
        if (mantissa.ptr[i - 1] == '0')
            zeros++;
        else if (mantissa.ptr[i - 1] != '.')
            break;
    }
    return zeros;
}

/* `text` fits the grammar of RFC 8259 6 already. */
static struct decimal_parts take_apart(bytes text) {
    struct decimal_parts d = {.negative = text.ptr[0] == '-'};
    size_t e = bytes_find(text, 'e');
    if (e == text.len)
        e = bytes_find(text, 'E');
    bytes mantissa = bytes_slice(text, 0, e);
    size_t point = bytes_find(mantissa, '.');
    for (size_t i = d.negative; i < mantissa.len; i++)
        if (i != point)
            add_digit(&d, (uint8_t)(mantissa.ptr[i] - '0'));
    size_t fraction = point < mantissa.len ? mantissa.len - point - 1 : 0;
    size_t zeros = d.count ? trailing_zeros(mantissa) : 0;
    d.count -= zeros;
    d.exponent = exponent_of(bytes_skip(text, e + 1)) - (int64_t)fraction + (int64_t)zeros;
    return d;
}

static bool decimal_to_i64(const struct decimal_parts *d, int64_t *out_value) {
    uint64_t value = 0, max = (uint64_t)INT64_MAX + d->negative;
    for (size_t i = 0; i < d->count + (size_t)d->exponent; i++) {
        uint64_t digit = i < d->count ? d->digits[i] : 0;
        if (value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out_value = d->negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

static status not_a_number(const struct json *v) {
    UNUSED(v);
    return FAIL(E_INVALID, "a number is expected");
}

/* Numbers of any length are quoted by their beginning. */
#define NUMBER_ARG(v) (int)((v)->text.len < 40 ? (v)->text.len : 40), (const char *)(v)->text.ptr

status json_to_i64(const struct json *v, int64_t *out_value) {
    if (!v || v->type != JSON_NUMBER)
        return not_a_number(v);
    struct decimal_parts d = take_apart(v->text);
    if (d.count == 0) {
        *out_value = 0;
        return OK;
    }
    if (d.exponent < 0)
        return FAIL(E_INVALID, "%.*s is not a whole number", NUMBER_ARG(v));
    if (d.count > 19 || d.exponent > 19 || !decimal_to_i64(&d, out_value))
        return FAIL(E_INVALID, "%.*s does not fit 64 bits", NUMBER_ARG(v));
    return OK;
}

status json_to_double(const struct json *v, double *out_value) {
    if (!v || v->type != JSON_NUMBER)
        return not_a_number(v);
    AUTO(buf) text = {0};
    buf_append(&text, v->text);
    double value = strtod(buf_string(&text), NULL); /* the process stays in the C locale */
    if (!isfinite(value))
        return FAIL(E_INVALID, "%.*s is beyond the range of a double", NUMBER_ARG(v));
    *out_value = value;
    return OK;
}
