/* Decimal numbers as the rules engine has them: 34 digits, exponents to ±999 [AWS rules 2].
 *
 * A value is sign × coefficient × 10^exponent; results are rounded half up to 34 digits. Plain
 * values, no memory of their own, any thread. */
#pragma once
#include "base/bytes.h"

enum { DECIMAL_DIGITS = 34, DECIMAL_EXPONENT_MAX = 999, DECIMAL_TEXT_MAX = 1100 };

__extension__ typedef unsigned __int128 decimal_digits;

struct decimal {
    decimal_digits coefficient; /* below 10^34 */
    int32_t exponent;
    bool negative; /* never of zero */
};

struct decimal decimal_from_i64(int64_t value);
/* decimal_from_double takes the shortest text that reads back as this double. False for what is no
 * number. */
bool decimal_from_double(double value, struct decimal *out);
double decimal_to_double(struct decimal d);
/* decimal_to_i64 is false for what has a fraction or does not fit. */
bool decimal_to_i64(struct decimal d, int64_t *out);

/* decimal_parse reads -?digits(.digits)?([eE][+-]?digits)?, all of `text`. Digits beyond the 34th
 * are rounded; false for other texts and for exponents beyond the range. */
bool decimal_parse(bytes text, struct decimal *out);
/* decimal_append writes it: plain where that is not longer than 34 digits, else with an E. */
void decimal_append(struct decimal d, struct buf *out);

/* decimal_length is how many digits stand before the point, at least 1 for what is not below 1. */
int decimal_length(struct decimal d);
bool decimal_is_zero(struct decimal d);
bool decimal_is_whole(struct decimal d);
int decimal_compare(struct decimal a, struct decimal b);
struct decimal decimal_negate(struct decimal d);
/* decimal_strip removes trailing zeros of the fraction: 2.50 becomes 2.5, 300 stays. */
struct decimal decimal_strip(struct decimal d);

/* Arithmetic; false when the result is beyond the range or not defined (division by zero). */
bool decimal_add(struct decimal a, struct decimal b, struct decimal *out);
bool decimal_subtract(struct decimal a, struct decimal b, struct decimal *out);
bool decimal_multiply(struct decimal a, struct decimal b, struct decimal *out);
bool decimal_divide(struct decimal a, struct decimal b, struct decimal *out);
/* decimal_remainder has the sign of `a`, as % of Java. False also when the quotient has more than
 * 34 digits. */
bool decimal_remainder(struct decimal a, struct decimal b, struct decimal *out);

enum decimal_rounding { DECIMAL_DOWN, DECIMAL_HALF_UP, DECIMAL_CEILING, DECIMAL_FLOOR };
/* decimal_round keeps `places` digits behind the point (0: a whole number). Away from zero when
 * half, towards zero for DOWN. */
struct decimal decimal_round(struct decimal d, int places, enum decimal_rounding how);
