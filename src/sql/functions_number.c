/* Numbers [AWS rules 4]: "num" takes numbers and numeric strings; the rest is Undefined. */
#include <math.h>

#include "base/random.h"
#include "sql/function.h"

static bool number(const struct sql_call *c, size_t i, struct decimal *out) {
    return sql_to_decimal(&c->arguments[i], out);
}

/* Of the functions that compute with doubles. */
static struct sql_value of_double(const struct sql_call *c, double (*f)(double)) {
    struct decimal d;
    return number(c, 0, &d) ? sql_double(f(decimal_to_double(d))) : sql_undefined();
}

#define DOUBLE(name, function)                         \
    static struct sql_value name(struct sql_call *c) { \
        return of_double(c, function);                 \
    }
DOUBLE(acos_, acos)
DOUBLE(asin_, asin)
DOUBLE(atan_, atan)
DOUBLE(cos_, cos)
DOUBLE(cosh_, cosh)
DOUBLE(exp_, exp)
DOUBLE(ln_, log)
DOUBLE(log_, log10)
DOUBLE(sin_, sin)
DOUBLE(sinh_, sinh)
DOUBLE(sqrt_, sqrt)
DOUBLE(tan_, tan)
DOUBLE(tanh_, tanh)
#undef DOUBLE

static struct sql_value of_two_doubles(const struct sql_call *c, double (*f)(double, double)) {
    struct decimal a, b;
    if (!number(c, 0, &a) || !number(c, 1, &b))
        return sql_undefined();
    return sql_double(f(decimal_to_double(a), decimal_to_double(b)));
}

static struct sql_value atan2_(struct sql_call *c) {
    return of_two_doubles(c, atan2);
}

static struct sql_value power_(struct sql_call *c) {
    return of_two_doubles(c, pow);
}

static struct sql_value rand_(struct sql_call *c) {
    UNUSED(c);
    return sql_double((double)(random_u64() >> 11) * 0x1p-53);
}

static struct sql_value abs_(struct sql_call *c) {
    struct decimal d;
    if (!number(c, 0, &d))
        return sql_undefined();
    d.negative = false;
    return sql_number(d);
}

static struct sql_value sign_(struct sql_call *c) {
    struct decimal d;
    if (!number(c, 0, &d))
        return sql_undefined();
    return sql_int(decimal_is_zero(d) ? 0 : d.negative ? -1 : 1);
}

static struct sql_value rounded(const struct sql_call *c, enum decimal_rounding how) {
    struct decimal d;
    return number(c, 0, &d) ? sql_number(decimal_round(d, 0, how)) : sql_undefined();
}

static struct sql_value ceil_(struct sql_call *c) {
    return rounded(c, DECIMAL_CEILING);
}

static struct sql_value floor_(struct sql_call *c) {
    return rounded(c, DECIMAL_FLOOR);
}

static struct sql_value round_(struct sql_call *c) {
    return rounded(c, DECIMAL_HALF_UP);
}

/* How many places to keep: 0 … 34. */
static struct sql_value trunc_(struct sql_call *c) {
    struct decimal d, n;
    int64_t places;
    if (!number(c, 0, &d) || !sql_to_int(&c->arguments[1], &n))
        return sql_undefined();
    if (!decimal_to_i64(n, &places))
        places = n.negative ? 0 : DECIMAL_DIGITS;
    places = places < 0 ? 0 : places > DECIMAL_DIGITS ? DECIMAL_DIGITS : places;
    return sql_number(decimal_round(d, (int)places, DECIMAL_DOWN));
}

static struct sql_value mod_(struct sql_call *c) {
    struct decimal a, b, rest;
    if (!number(c, 0, &a) || !number(c, 1, &b) || !decimal_remainder(a, b, &rest))
        return sql_undefined();
    return sql_number(rest);
}

/* Bits of 64-bit integers; Decimals and numeric strings are rounded down. */
static bool integer(const struct sql_call *c, size_t i, int64_t *out) {
    struct decimal d;
    return number(c, i, &d) && decimal_to_i64(decimal_round(d, 0, DECIMAL_DOWN), out);
}

static struct sql_value bits(const struct sql_call *c, char op) {
    int64_t a, b;
    if (!integer(c, 0, &a) || !integer(c, 1, &b))
        return sql_undefined();
    return sql_int(op == '&' ? a & b : op == '|' ? a | b : a ^ b);
}

static struct sql_value bitand_(struct sql_call *c) {
    return bits(c, '&');
}

static struct sql_value bitor_(struct sql_call *c) {
    return bits(c, '|');
}

static struct sql_value bitxor_(struct sql_call *c) {
    return bits(c, '^');
}

/* Two's complement; the documentation's example of bitnot is no bit operation at all. */
static struct sql_value bitnot_(struct sql_call *c) {
    int64_t a;
    return integer(c, 0, &a) ? sql_int(~a) : sql_undefined();
}

const struct sql_function sql_functions_number[] = {
#define ROW(name, least, most, function) {name, least, most, function},
    SQL_FUNCTIONS_NUMBER(ROW)
#undef ROW
        {NULL, 0, 0, NULL}};
