#include "codec/calendar.h"

bool calendar_is_leap(int64_t year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int calendar_days_in_month(int64_t year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && calendar_is_leap(year));
}

static int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

int64_t calendar_days_before_year(int64_t year) {
    int64_t era = floor_divide(year - 1, 400), of_era = year - 1 - era * 400;
    int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100;
    return days - 719162; /* 719,162 days lie between 0001-01-01 and 1970-01-01 */
}

int64_t calendar_days(int64_t year, int month, int day) {
    int64_t days = calendar_days_before_year(year);
    for (int m = 1; m < month; m++)
        days += calendar_days_in_month(year, m);
    return days + day - 1;
}

struct calendar_day calendar_day_of(int64_t days) {
    struct calendar_day c = {.year = floor_divide((days + 719528) * 400, 146097)}; /* or one off */
    while (calendar_days_before_year(c.year) > days)
        c.year--;
    while (calendar_days_before_year(c.year + 1) <= days)
        c.year++;
    int left = (int)(days - calendar_days_before_year(c.year));
    c.day_of_year = left + 1;
    for (c.month = 1; left >= calendar_days_in_month(c.year, c.month); c.month++)
        left -= calendar_days_in_month(c.year, c.month);
    c.day = left + 1;
    return c;
}
