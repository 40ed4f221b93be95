#include "codec/date.h"

#include <stdio.h>
#include <string.h>

#include "codec/calendar.h"

static const int64_t MS_PER_DAY = 86400000;
static const char day_names[] = "SunMonTueWedThuFriSat";
static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct date {
    int year, month, day, hour, minute, second, ms;
    int zone_minutes; /* east of Greenwich */
    int64_t days;     /* since 1970-01-01; set by split only */
};

static status join(const struct date *d, int64_t *out_wall_ms) {
    bool fits = d->month >= 1 && d->month <= 12 && d->day >= 1 &&
                d->day <= calendar_days_in_month(d->year, d->month) && d->hour <= 23 &&
                d->minute <= 59 && d->second <= 59;
    if (!fits)
        return FAIL(E_INVALID, "there is no %04d-%02d-%02d %02d:%02d:%02d", d->year, d->month,
                    d->day, d->hour, d->minute, d->second);
    int64_t minutes = (int64_t)d->hour * 60 + d->minute - d->zone_minutes;
    *out_wall_ms = calendar_days(d->year, d->month, d->day) * MS_PER_DAY + minutes * 60000 +
                   d->second * 1000 + d->ms;
    return OK;
}

static struct date split(int64_t wall_ms) {
    const int64_t least = -62167219200000, most = 253402300799999; /* years 0000 and 9999 */
    wall_ms = wall_ms < least ? least : wall_ms > most ? most : wall_ms;
    int64_t ms = ((wall_ms % MS_PER_DAY) + MS_PER_DAY) % MS_PER_DAY;
    struct date d = {.days = (wall_ms - ms) / MS_PER_DAY};
    struct calendar_day day = calendar_day_of(d.days);
    d.year = (int)day.year;
    d.month = day.month;
    d.day = day.day;
    d.hour = (int)(ms / 3600000);
    d.minute = (int)(ms / 60000 % 60);
    d.second = (int)(ms / 1000 % 60);
    d.ms = (int)(ms % 1000);
    return d;
}

/* The readers below take from the front and say whether it was there. */
static bool take_byte(bytes *in, uint8_t c) {
    if (in->len == 0 || in->ptr[0] != c)
        return false;
    *in = bytes_skip(*in, 1);
    return true;
}

static bool take_number(bytes *in, size_t digits, int *out_value) {
    int value = 0;
    if (in->len < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (in->ptr[i] < '0' || in->ptr[i] > '9')
            return false;
        value = value * 10 + (in->ptr[i] - '0');
    }
    *in = bytes_skip(*in, digits);
    *out_value = value;
    return true;
}

/* One of some names of three letters; *out_index counts from 0. */
static bool take_name(bytes *in, const char *names, int *out_index) {
    for (size_t i = 0; names[i] != 0 && in->len >= 3; i += 3) {
        if (memcmp(in->ptr, names + i, 3) == 0) {
            *in = bytes_skip(*in, 3);
            *out_index = (int)(i / 3);
            return true;
        }
    }
    return false;
}

static bool take_fraction(bytes *in, int *out_ms) {
    int ms = 0;
    size_t digits = 0;
    for (int digit; digits < 9 && take_number(in, 1, &digit); digits++)
        if (digits < 3)
            ms = ms * 10 + digit;
    for (size_t i = digits; i < 3; i++)
        ms *= 10;
    *out_ms = ms;
    return digits > 0;
}

/* ±hhmm, with a colon when the form is extended. */
static bool take_offset(bytes *in, bool extended, int *out_minutes) {
    int hour, minute;
    bool west = in->len > 0 && in->ptr[0] == '-';
    if (!take_byte(in, '+') && !take_byte(in, '-'))
        return false;
    if (!take_number(in, 2, &hour) || (extended && !take_byte(in, ':')) ||
        !take_number(in, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *out_minutes = (west ? -1 : 1) * (hour * 60 + minute);
    return true;
}

static bool read_iso(bytes in, struct date *d) {
    if (!take_number(&in, 4, &d->year))
        return false;
    bool extended = in.len > 0 && in.ptr[0] == '-';
    uint8_t dash = extended ? '-' : 0, colon = extended ? ':' : 0;
    bool right = (!dash || take_byte(&in, dash)) && take_number(&in, 2, &d->month) &&
                 (!dash || take_byte(&in, dash)) && take_number(&in, 2, &d->day) &&
                 take_byte(&in, 'T') && take_number(&in, 2, &d->hour) &&
                 (!colon || take_byte(&in, colon)) && take_number(&in, 2, &d->minute) &&
                 (!colon || take_byte(&in, colon)) && take_number(&in, 2, &d->second);
    if (!right || (take_byte(&in, '.') && !take_fraction(&in, &d->ms)))
        return false;
    return (take_byte(&in, 'Z') || take_offset(&in, extended, &d->zone_minutes)) && in.len == 0;
}

static int quoted_len(bytes text) {
    return (int)(text.len < 40 ? text.len : 40);
}

status date_parse_iso(bytes text, int64_t *out_wall_ms) {
    struct date d = {0};
    if (!read_iso(text, &d))
        return FAIL(E_INVALID, "'%.*s' is not a date like 2026-01-02T03:04:05Z or 20260102T030405Z",
                    quoted_len(text), text.ptr);
    return join(&d, out_wall_ms);
}

static bool read_http(bytes in, struct date *d) {
    int day_of_week;
    if (take_name(&in, day_names, &day_of_week) && !(take_byte(&in, ',') && take_byte(&in, ' ')))
        return false;
    if (!take_number(&in, 2, &d->day) && !take_number(&in, 1, &d->day))
        return false;
    bool right = take_byte(&in, ' ') && take_name(&in, month_names, &d->month) &&
                 take_byte(&in, ' ') && take_number(&in, 4, &d->year) && take_byte(&in, ' ') &&
                 take_number(&in, 2, &d->hour) && take_byte(&in, ':') &&
                 take_number(&in, 2, &d->minute) && take_byte(&in, ':') &&
                 take_number(&in, 2, &d->second) && take_byte(&in, ' ');
    d->month++;
    if (!right)
        return false;
    if (bytes_equal(in, BYTES("GMT")) || bytes_equal(in, BYTES("UTC")) ||
        bytes_equal(in, BYTES("UT")))
        return true;
    return take_offset(&in, false, &d->zone_minutes) && in.len == 0;
}

status date_parse_http(bytes text, int64_t *out_wall_ms) {
    struct date d = {0};
    if (!read_http(text, &d))
        return FAIL(E_INVALID, "'%.*s' is not a date like Fri, 02 Jan 2026 03:04:05 GMT",
                    quoted_len(text), text.ptr);
    return join(&d, out_wall_ms);
}

void date_format_basic(int64_t wall_ms, char out[17]) {
    struct date d = split(wall_ms);
    (void)snprintf(out, 17, "%04d%02d%02dT%02d%02d%02dZ", d.year, d.month, d.day, d.hour, d.minute,
                   d.second);
}

void date_format_iso(int64_t wall_ms, char out[21]) {
    struct date d = split(wall_ms);
    (void)snprintf(out, 21, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month, d.day, d.hour,
                   d.minute, d.second);
}

void date_format_http(int64_t wall_ms, char out[30]) {
    struct date d = split(wall_ms);
    int day_of_week = (int)(((d.days + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    (void)snprintf(out, 30, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", day_names + 3 * day_of_week,
                   d.day, month_names + 3 * (d.month - 1), d.year, d.hour, d.minute, d.second);
}
