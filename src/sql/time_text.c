#include "sql/time_text.h"

#include <stdio.h>
#include <string.h>

#include "codec/calendar.h"
#include "sql/zone.h"

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const weekdays[] = {"Thursday", "Friday",  "Saturday", "Sunday",
                                       "Monday",   "Tuesday", "Wednesday"}; /* 1970-01-01 first */

/* ---- a moment on a clock's face ---- */

struct civil {
    struct calendar_day date;
    int hour, minute, second, milli;
    int weekday; /* index of weekdays[] */
};

static int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

static struct civil civil_of(int64_t local_ms) {
    int64_t days = floor_divide(local_ms, 86400000), rest = local_ms - days * 86400000;
    return (struct civil){.date = calendar_day_of(days),
                          .hour = (int)(rest / 3600000),
                          .minute = (int)(rest / 60000 % 60),
                          .second = (int)(rest / 1000 % 60),
                          .milli = (int)(rest % 1000),
                          .weekday = (int)((days % 7 + 7) % 7)};
}

/* ---- patterns ---- */

/* The next run of one letter, or a literal; false at the end. */
struct piece {
    uint8_t letter; /* 0: a literal */
    size_t count;
    bytes literal;
};

static bool is_letter(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool next_piece(bytes *pattern, struct piece *out) {
    if (pattern->len == 0)
        return false;
    uint8_t c = pattern->ptr[0];
    *out = (struct piece){0};
    if (is_letter(c)) {
        out->letter = c;
        while (out->count < pattern->len && pattern->ptr[out->count] == c)
            out->count++;
        *pattern = bytes_skip(*pattern, out->count);
        return true;
    }
    if (c != '\'') {
        out->literal = bytes_slice(*pattern, 0, 1);
        *pattern = bytes_skip(*pattern, 1);
        return true;
    }
    bytes inner = bytes_skip(*pattern, 1);
    size_t end = bytes_find(inner, '\'');
    out->literal =
        end == 0 ? bytes_slice(*pattern, 0, 1) : bytes_slice(inner, 0, end); /* '' is ' */
    *pattern = bytes_skip(inner, end + 1);
    return true;
}

/* ---- writing ---- */

struct moment {
    struct civil civil;
    int32_t offset;
    char zone[8];
    bytes zone_name;
};

static void put_name(const char *name, size_t count, size_t few, struct buf *out) {
    bytes b = bytes_from(name);
    buf_append(out, count <= 3 ? bytes_slice(b, 0, few) : b);
}

static void put_offset(int32_t offset, bool colon, struct buf *out) {
    int minutes = (offset < 0 ? -offset : offset) / 60;
    buf_printf(out, "%c%02d%s%02d", offset < 0 ? '-' : '+', minutes / 60, colon ? ":" : "",
               minutes % 60);
}

static void put_year(const struct moment *m, size_t count, struct buf *out) {
    if (count == 2)
        buf_printf(out, "%02d", (int)((m->civil.date.year % 100 + 100) % 100));
    else
        buf_printf(out, "%0*lld", (int)count, (long long)m->civil.date.year);
}

/* Tenths, hundredths, …: as many digits as letters. */
static void put_fraction(const struct moment *m, size_t count, struct buf *out) {
    char text[4];
    (void)snprintf(text, sizeof text, "%03d", m->civil.milli);
    for (size_t i = 0; i < count; i++)
        buf_append_byte(out, i < 3 ? (uint8_t)text[i] : '0');
}

static bool put_piece(const struct moment *m, const struct piece *p, struct buf *out) {
    const struct civil *c = &m->civil;
    int width = (int)p->count, twelve = c->hour % 12;
    switch (p->letter) {
    case 'y':
    case 'Y':
    case 'u':
        put_year(m, p->count, out);
        return true;
    case 'M':
        if (p->count >= 3)
            put_name(months[c->date.month - 1], p->count, 3, out);
        else
            buf_printf(out, "%0*d", width, c->date.month);
        return true;
    case 'd':
        buf_printf(out, "%0*d", width, c->date.day);
        return true;
    case 'D':
        buf_printf(out, "%0*d", width, c->date.day_of_year);
        return true;
    case 'H':
        buf_printf(out, "%0*d", width, c->hour);
        return true;
    case 'h':
        buf_printf(out, "%0*d", width, twelve ? twelve : 12);
        return true;
    case 'K':
        buf_printf(out, "%0*d", width, twelve);
        return true;
    case 'k':
        buf_printf(out, "%0*d", width, c->hour ? c->hour : 24);
        return true;
    case 'm':
        buf_printf(out, "%0*d", width, c->minute);
        return true;
    case 's':
        buf_printf(out, "%0*d", width, c->second);
        return true;
    case 'S':
        put_fraction(m, p->count, out);
        return true;
    case 'E':
        put_name(weekdays[c->weekday], p->count, 3, out);
        return true;
    case 'e':
        buf_printf(out, "%0*d", width, (c->weekday + 3) % 7 + 1); /* Monday is 1 */
        return true;
    case 'a':
        buf_text(out, c->hour < 12 ? "AM" : "PM");
        return true;
    case 'G':
        buf_text(out, c->date.year > 0 ? "AD" : "BC");
        return true;
    case 'z':
        buf_text(out, m->zone);
        return true;
    case 'Z':
        if (p->count >= 3)
            buf_append(out, m->zone_name);
        else
            put_offset(m->offset, p->count == 2, out);
        return true;
    default:
        return false;
    }
}

enum { PATTERN_LETTERS_MAX = 40, PATTERN_BYTES_MAX = 1000 };

bool time_text_format(int64_t wall_ms, bytes pattern, bytes zone, struct buf *out) {
    const struct zone *z = zone_find(zone);
    struct piece p;
    if (!z || wall_ms > 253402300799999 || wall_ms < -62135596800000 ||
        pattern.len > PATTERN_BYTES_MAX) /* years 1 to 9999 */
        return false;
    struct moment m = {.zone_name = zone.len ? zone : BYTES("UTC")};
    m.offset = zone_offset(z, floor_divide(wall_ms, 1000), m.zone);
    m.civil = civil_of(wall_ms + (int64_t)m.offset * 1000);
    while (next_piece(&pattern, &p)) {
        if (!p.letter)
            buf_append(out, p.literal);
        else if (p.count > PATTERN_LETTERS_MAX || !put_piece(&m, &p, out))
            return false;
    }
    return true;
}

/* ---- reading ---- */

struct reading {
    bytes rest;
    int64_t year;
    int month, day, hour, minute, second, milli, day_of_year;
    int half; /* 0: not given, 1: AM, 2: PM */
    bool twelve, before_christ;
    const struct zone *zone;
};

/* Digits: all there are up to `most`, at least `least`. */
static bool read_number(struct reading *r, size_t least, size_t most, int64_t *out) {
    size_t n = 0;
    *out = 0;
    for (; n < most && n < r->rest.len && r->rest.ptr[n] >= '0' && r->rest.ptr[n] <= '9'; n++)
        *out = *out * 10 + (r->rest.ptr[n] - '0');
    r->rest = bytes_skip(r->rest, n);
    return n >= least;
}

/* With one letter as many digits as there are; with more just so many. */
static bool read_field(struct reading *r, size_t count, size_t most, int low, int high, int *out) {
    int64_t n;
    if (!read_number(r, count, count == 1 ? most : count, &n) || n < low || n > high)
        return false;
    *out = (int)n;
    return true;
}

static bool read_name(struct reading *r, const char *const *names, size_t count, size_t letters,
                      int *out) {
    for (size_t i = 0; i < count; i++) {
        bytes name = bytes_from(names[i]);
        if (letters <= 3)
            name = bytes_slice(name, 0, 3);
        if (bytes_equal_nocase(bytes_slice(r->rest, 0, name.len), name)) {
            r->rest = bytes_skip(r->rest, name.len);
            *out = (int)i;
            return true;
        }
    }
    return false;
}

static bool read_year(struct reading *r, size_t count) {
    if (!read_number(r, count == 2 ? 2 : count > 4 ? count : 1, count == 2 ? 2 : 9, &r->year))
        return false;
    if (count == 2)
        r->year += 2000; /* java.time: 2000 to 2099 */
    return r->year <= 9999;
}

static bool read_fraction(struct reading *r, size_t count) {
    int64_t n;
    if (!read_number(r, count, count > 9 ? 9 : count, &n))
        return false;
    for (; count < 3; count++)
        n *= 10;
    for (; count > 3; count--)
        n /= 10;
    r->milli = (int)n;
    return true;
}

/* A zone goes on to the next blank or bracket. */
static bool read_zone(struct reading *r) {
    size_t n = 0;
    while (n < r->rest.len && !strchr(" \t,;()[]'\"", r->rest.ptr[n]))
        n++;
    if (n == 0)
        return false;
    r->zone = zone_find(bytes_slice(r->rest, 0, n));
    r->rest = bytes_skip(r->rest, n);
    return r->zone != NULL;
}

static bool read_piece(struct reading *r, const struct piece *p) {
    static const char *const halves[] = {"AM ", "PM "}, *const eras[] = {"AD ", "BC "};
    int ignored, which;
    switch (p->letter) {
    case 'y':
    case 'u':
    case 'Y':
        return read_year(r, p->count);
    case 'M':
    case 'L':
        if (p->count < 3)
            return read_field(r, p->count, 2, 1, 12, &r->month);
        if (!read_name(r, months, 12, p->count, &which))
            return false;
        r->month = which + 1;
        return true;
    case 'd':
        return read_field(r, p->count, 2, 1, 31, &r->day);
    case 'D':
        return read_field(r, p->count, 3, 1, 366, &r->day_of_year);
    case 'H':
        return read_field(r, p->count, 2, 0, 23, &r->hour);
    case 'h':
        r->twelve = true;
        return read_field(r, p->count, 2, 1, 12, &r->hour);
    case 'K':
        r->twelve = true;
        return read_field(r, p->count, 2, 0, 11, &r->hour);
    case 'k':
        return read_field(r, p->count, 2, 1, 24, &r->hour);
    case 'm':
        return read_field(r, p->count, 2, 0, 59, &r->minute);
    case 's':
        return read_field(r, p->count, 2, 0, 59, &r->second);
    case 'S':
        return read_fraction(r, p->count);
    case 'E':
        return read_name(r, weekdays, 7, p->count, &ignored);
    case 'a':
    case 'G':
        for (which = 0; which < 2; which++)
            if (bytes_equal_nocase(
                    bytes_slice(r->rest, 0, 2),
                    bytes_slice(bytes_from((p->letter == 'a' ? halves : eras)[which]), 0, 2)))
                break;
        if (which == 2)
            return false;
        r->rest = bytes_skip(r->rest, 2);
        if (p->letter == 'a')
            r->half = which + 1;
        else
            r->before_christ = which == 1;
        return true;
    case 'z':
    case 'Z':
    case 'V':
    case 'X':
    case 'x':
    case 'O':
        return read_zone(r);
    default:
        return false;
    }
}

static bool read_literal(struct reading *r, bytes literal) {
    if (!bytes_start_with(r->rest, literal))
        return false;
    r->rest = bytes_skip(r->rest, literal.len);
    return true;
}

static bool settle(struct reading *r, int64_t *out_wall_ms) {
    if (r->twelve)
        r->hour = r->hour % 12 + (r->half == 2 ? 12 : 0);
    r->hour %= 24; /* 24 of the letter k */
    if (r->before_christ)
        r->year = 1 - r->year;
    int64_t days;
    if (r->day_of_year) {
        if (r->day_of_year > 365 + calendar_is_leap(r->year))
            return false;
        days = calendar_days_before_year(r->year) + r->day_of_year - 1;
    } else {
        if (r->day > calendar_days_in_month(r->year, r->month))
            return false;
        days = calendar_days(r->year, r->month, r->day);
    }
    int64_t local = days * 86400 + r->hour * 3600 + r->minute * 60 + r->second;
    *out_wall_ms = zone_to_utc(r->zone, local) * 1000 + r->milli;
    return true;
}

bool time_text_parse(bytes text, bytes pattern, int64_t *out_wall_ms) {
    struct reading r = {
        .rest = text, .year = 1970, .month = 1, .day = 1, .zone = zone_find(BYTES("UTC"))};
    struct piece p;
    if (pattern.len > PATTERN_BYTES_MAX)
        return false;
    while (next_piece(&pattern, &p))
        if (p.letter ? p.count > PATTERN_LETTERS_MAX || !read_piece(&r, &p)
                     : !read_literal(&r, p.literal))
            return false;
    return r.rest.len == 0 && settle(&r, out_wall_ms);
}
