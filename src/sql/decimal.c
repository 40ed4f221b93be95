#include "sql/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/real.h"

typedef decimal_digits u128;

/* ---- powers of ten ---- */

static u128 ten_to(int n) {
    static const uint64_t small[] = {1ULL,
                                     10ULL,
                                     100ULL,
                                     1000ULL,
                                     10000ULL,
                                     100000ULL,
                                     1000000ULL,
                                     10000000ULL,
                                     100000000ULL,
                                     1000000000ULL,
                                     10000000000ULL,
                                     100000000000ULL,
                                     1000000000000ULL,
                                     10000000000000ULL,
                                     100000000000000ULL,
                                     1000000000000000ULL,
                                     10000000000000000ULL,
                                     100000000000000000ULL,
                                     1000000000000000000ULL};
    if (n <= 18)
        return small[n];
    return n <= 36 ? (u128)small[18] * small[n - 18] : (u128)small[18] * small[18] * small[n - 36];
}

static int digits_of(u128 n) {
    int count = 1;
    while (count < 39 && n >= ten_to(count < 38 ? count : 38)) {
        if (count == 38)
            return 39;
        count++;
    }
    return count;
}

/* ---- 256 bits, for products and quotients ---- */

struct wide {
    u128 high, low;
};

static struct wide wide_multiply(u128 a, u128 b) {
    u128 a1 = a >> 64, a0 = (uint64_t)a, b1 = b >> 64, b0 = (uint64_t)b;
    u128 low = a0 * b0, middle = a1 * b0, other = a0 * b1;
    u128 carry = (low >> 64) + (uint64_t)middle + (uint64_t)other;
    return (struct wide){a1 * b1 + (middle >> 64) + (other >> 64) + (carry >> 64),
                         (carry << 64) | (uint64_t)low};
}

/* Divides in place by a small number and gives the remainder. */
static uint32_t wide_divide_small(struct wide *w, uint32_t by) {
    uint64_t parts[4] = {(uint64_t)(w->high >> 64), (uint64_t)w->high, (uint64_t)(w->low >> 64),
                         (uint64_t)w->low};
    u128 rest = 0;
    for (int i = 0; i < 4; i++) {
        u128 at = rest << 64 | parts[i];
        parts[i] = (uint64_t)(at / by);
        rest = at % by;
    }
    w->high = (u128)parts[0] << 64 | parts[1];
    w->low = (u128)parts[2] << 64 | parts[3];
    return (uint32_t)rest;
}

/* ---- making ---- */

static struct decimal zero(void) {
    return (struct decimal){0};
}

/* Gives the number with its exponent in range, or false. */
static bool settle(bool negative, u128 coefficient, int64_t exponent, struct decimal *out) {
    if (coefficient == 0) {
        *out = zero();
        return true;
    }
    if (exponent + digits_of(coefficient) - 1 > DECIMAL_EXPONENT_MAX ||
        exponent + digits_of(coefficient) - 1 < -DECIMAL_EXPONENT_MAX)
        return false;
    *out = (struct decimal){coefficient, (int32_t)exponent, negative};
    return true;
}

/* A wide coefficient, rounded half up to 34 digits. */
static bool settle_wide(bool negative, struct wide w, int64_t exponent, struct decimal *out) {
    uint32_t last = 0;
    while (w.high > 0 || w.low >= ten_to(DECIMAL_DIGITS)) {
        last = wide_divide_small(&w, 10);
        exponent++;
    }
    if (last >= 5 && ++w.low == ten_to(DECIMAL_DIGITS)) {
        w.low /= 10;
        exponent++;
    }
    return settle(negative, w.low, exponent, out);
}

struct decimal decimal_from_i64(int64_t value) {
    u128 coefficient = value < 0 ? (u128)(-(value + 1)) + 1 : (u128)value;
    return (struct decimal){coefficient, 0, value < 0};
}

bool decimal_from_double(double value, struct decimal *out) {
    char text[REAL_TEXT_BYTES];
    if (!isfinite(value))
        return false;
    real_format(value, text);
    return decimal_parse(bytes_from(text), out);
}

double decimal_to_double(struct decimal d) {
    AUTO(buf) text = {0};
    decimal_append(d, &text);
    return strtod(buf_string(&text), NULL);
}

bool decimal_to_i64(struct decimal d, int64_t *out) {
    if (!decimal_is_whole(d))
        return false;
    d = decimal_round(d, 0, DECIMAL_DOWN);
    if (d.exponent > 18 || digits_of(d.coefficient) + d.exponent > 19)
        return d.coefficient == 0 ? (*out = 0, true) : false;
    u128 value = d.coefficient * ten_to(d.exponent);
    if (value > (u128)INT64_MAX + d.negative)
        return false;
    *out = d.negative ? -(int64_t)(value - 1) - 1 : (int64_t)value;
    if (value == 0)
        *out = 0;
    return true;
}

/* ---- text ---- */

struct scanner {
    bytes text;
    size_t at;
};

static bool at_digit(const struct scanner *r) {
    return r->at < r->text.len && r->text.ptr[r->at] >= '0' && r->text.ptr[r->at] <= '9';
}

static bool take(struct scanner *r, char c) {
    if (r->at >= r->text.len || r->text.ptr[r->at] != (uint8_t)c)
        return false;
    r->at++;
    return true;
}

/* Reads digits into the coefficient; those beyond what it holds count in *dropped. */
static bool read_digits(struct scanner *r, u128 *coefficient, int64_t *kept, int64_t *dropped,
                        int *first_dropped) {
    size_t start = r->at;
    for (; at_digit(r); r->at++) {
        unsigned digit = r->text.ptr[r->at] - (unsigned)'0';
        if (*coefficient < ten_to(DECIMAL_DIGITS - 1) && *dropped == 0) {
            *coefficient = *coefficient * 10 + digit;
            ++*kept;
        } else if ((*dropped)++ == 0) {
            *first_dropped = (int)digit;
        }
    }
    return r->at > start;
}

static bool read_exponent(struct scanner *r, int64_t *out) {
    if (!take(r, 'e') && !take(r, 'E'))
        return true;
    bool negative = take(r, '-');
    if (!negative)
        (void)take(r, '+');
    if (!at_digit(r))
        return false;
    for (; at_digit(r); r->at++)
        if (*out < 100000)
            *out = *out * 10 + (r->text.ptr[r->at] - '0');
    if (negative)
        *out = -*out;
    return true;
}

bool decimal_parse(bytes text, struct decimal *out) {
    struct scanner r = {text, 0};
    u128 coefficient = 0;
    int64_t kept = 0, dropped = 0, exponent = 0;
    int first_dropped = 0;
    bool negative = take(&r, '-');
    if (!read_digits(&r, &coefficient, &kept, &dropped, &first_dropped))
        return false;
    int64_t whole_dropped = dropped, whole_kept = kept;
    if (take(&r, '.') && !read_digits(&r, &coefficient, &kept, &dropped, &first_dropped))
        return false;
    if (!read_exponent(&r, &exponent) || r.at != text.len)
        return false;
    exponent += whole_dropped - (kept - whole_kept);
    if (first_dropped >= 5)
        coefficient++;
    return settle_wide(negative, (struct wide){0, coefficient}, exponent, out);
}

static void append_digits(u128 n, struct buf *out) {
    char digits[40];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + (int)(n % 10));
    while (n /= 10);
    buf_append(out, bytes_of(digits + at, sizeof digits - at));
}

static void append_zeros(struct buf *out, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        buf_append_byte(out, '0');
}

/* 12345 with 2 places: 123.45; with 7: 0.0012345 */
static void append_fraction(u128 n, int places, struct buf *out) {
    int digits = digits_of(n);
    if (digits <= places) {
        buf_text(out, "0.");
        append_zeros(out, places - digits);
        append_digits(n, out);
        return;
    }
    append_digits(n / ten_to(places), out);
    buf_append_byte(out, '.');
    u128 rest = n % ten_to(places);
    append_zeros(out, places - digits_of(rest));
    append_digits(rest, out);
}

void decimal_append(struct decimal d, struct buf *out) {
    int digits = digits_of(d.coefficient);
    if (d.negative)
        buf_append_byte(out, '-');
    if (d.exponent >= 0 && digits + d.exponent <= DECIMAL_DIGITS) {
        append_digits(d.coefficient, out);
        append_zeros(out, d.exponent);
    } else if (d.exponent < 0 && digits + d.exponent > -6) {
        append_fraction(d.coefficient, -d.exponent, out);
    } else {
        int64_t exponent = (int64_t)d.exponent + digits - 1;
        if (digits > 1)
            append_fraction(d.coefficient, digits - 1, out);
        else
            append_digits(d.coefficient, out);
        buf_printf(out, "E%s%lld", exponent < 0 ? "-" : "+",
                   (long long)(exponent < 0 ? -exponent : exponent));
    }
}

/* ---- looking ---- */

int decimal_length(struct decimal d) {
    return digits_of(d.coefficient) + d.exponent;
}

bool decimal_is_zero(struct decimal d) {
    return d.coefficient == 0;
}

struct decimal decimal_strip(struct decimal d) {
    while (d.exponent < 0 && d.coefficient % 10 == 0 && d.coefficient > 0) {
        d.coefficient /= 10;
        d.exponent++;
    }
    return d.coefficient ? d : zero();
}

bool decimal_is_whole(struct decimal d) {
    return decimal_strip(d).exponent >= 0;
}

struct decimal decimal_negate(struct decimal d) {
    d.negative = d.coefficient && !d.negative;
    return d;
}

/* Compares sizes without signs. */
static int compare_sizes(struct decimal a, struct decimal b) {
    if (a.exponent != b.exponent) {
        int64_t top_a = digits_of(a.coefficient) + (int64_t)a.exponent;
        int64_t top_b = digits_of(b.coefficient) + (int64_t)b.exponent;
        if (top_a != top_b)
            return top_a < top_b ? -1 : 1;
        /* as many digits before the point: the one with the smaller exponent has more in all */
        if (a.exponent > b.exponent)
            a.coefficient *= ten_to(a.exponent - b.exponent);
        else
            b.coefficient *= ten_to(b.exponent - a.exponent);
    }
    return a.coefficient < b.coefficient ? -1 : a.coefficient > b.coefficient;
}

int decimal_compare(struct decimal a, struct decimal b) {
    if (a.coefficient == 0 || b.coefficient == 0) {
        int sign_a = a.coefficient == 0 ? 0 : a.negative ? -1 : 1;
        int sign_b = b.coefficient == 0 ? 0 : b.negative ? -1 : 1;
        return sign_a < sign_b ? -1 : sign_a > sign_b;
    }
    if (a.negative != b.negative)
        return a.negative ? -1 : 1;
    return a.negative ? compare_sizes(b, a) : compare_sizes(a, b);
}

/* ---- arithmetic ---- */

/* Brings `a` (of the larger exponent) down to `exponent` as far as 38 digits allow; what lies
 * below that cannot change the 34 digits of a sum but by its last rounding. */
static void lower(struct decimal *a, int32_t exponent) {
    while (a->exponent > exponent && a->coefficient < ten_to(36)) {
        a->coefficient *= 10;
        a->exponent--;
    }
}

static void raise(struct decimal *a, int32_t exponent) {
    bool sticky = false;
    while (a->exponent < exponent && a->coefficient) {
        sticky = sticky || a->coefficient % 10;
        a->coefficient /= 10;
        a->exponent++;
    }
    a->exponent = exponent;
    if (sticky && a->coefficient % 5 == 0)
        a->coefficient++; /* so that half is seen to be more than half */
}

bool decimal_add(struct decimal a, struct decimal b, struct decimal *out) {
    if (a.coefficient == 0 || b.coefficient == 0) {
        *out = a.coefficient == 0 ? b : a;
        return true;
    }
    struct decimal *high = a.exponent > b.exponent ? &a : &b, *low = high == &a ? &b : &a;
    lower(high, low->exponent);
    raise(low, high->exponent);
    u128 sum;
    bool negative = a.negative;
    if (a.negative == b.negative) {
        sum = a.coefficient + b.coefficient;
    } else if (a.coefficient >= b.coefficient) {
        sum = a.coefficient - b.coefficient;
    } else {
        sum = b.coefficient - a.coefficient;
        negative = b.negative;
    }
    return settle_wide(negative, (struct wide){0, sum}, a.exponent, out);
}

bool decimal_subtract(struct decimal a, struct decimal b, struct decimal *out) {
    return decimal_add(a, decimal_negate(b), out);
}

bool decimal_multiply(struct decimal a, struct decimal b, struct decimal *out) {
    return settle_wide(a.negative != b.negative, wide_multiply(a.coefficient, b.coefficient),
                       (int64_t)a.exponent + b.exponent, out);
}

/* Long division, a digit at a time: the quotient's first 35 digits and whether more would follow.
 */
bool decimal_divide(struct decimal a, struct decimal b, struct decimal *out) {
    if (b.coefficient == 0)
        return false;
    u128 quotient = a.coefficient / b.coefficient, rest = a.coefficient % b.coefficient;
    int64_t exponent = (int64_t)a.exponent - b.exponent;
    while (rest && quotient < ten_to(DECIMAL_DIGITS)) {
        rest *= 10; /* below 10^35 */
        quotient = quotient * 10 + rest / b.coefficient;
        rest %= b.coefficient;
        exponent--;
    }
    return settle_wide(a.negative != b.negative, (struct wide){0, quotient}, exponent, out);
}

bool decimal_remainder(struct decimal a, struct decimal b, struct decimal *out) {
    if (b.coefficient == 0)
        return false;
    if (a.coefficient == 0 || compare_sizes(a, b) < 0) {
        *out = a;
        return true;
    }
    int64_t shift = (int64_t)a.exponent - b.exponent;
    if (digits_of(a.coefficient) + shift - digits_of(b.coefficient) > DECIMAL_DIGITS)
        return false;
    u128 rest, divisor = b.coefficient;
    int64_t exponent = b.exponent;
    if (shift < 0) {
        if (-shift + digits_of(divisor) > 38)
            return false;
        divisor *= ten_to((int)-shift);
        exponent = a.exponent;
        shift = 0;
    }
    rest = a.coefficient % divisor;
    for (; shift > 0; shift--) {
        rest = rest * 10 % divisor;
    }
    return settle(a.negative && rest, rest, exponent, out);
}

struct decimal decimal_round(struct decimal d, int places, enum decimal_rounding how) {
    if (d.exponent >= -places)
        return d;
    int drop = -places - d.exponent;
    bool half = false, any = d.coefficient != 0;
    if (drop > 38) {
        d.coefficient = 0;
    } else {
        u128 unit = ten_to(drop), rest = d.coefficient % unit;
        any = rest != 0;
        half = rest >= unit / 2 && any;
        d.coefficient /= unit;
    }
    bool up = (how == DECIMAL_HALF_UP && half) || (how == DECIMAL_CEILING && any && !d.negative) ||
              (how == DECIMAL_FLOOR && any && d.negative);
    d.coefficient += up;
    d.exponent = -places;
    return d.coefficient ? d : zero();
}
