/* The proleptic Gregorian calendar: days since 1970-01-01 ⇄ year, month, day, for any year (0 is
 * the one before 1, astronomers' way). Pure; any thread. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct calendar_day {
    int64_t year;
    int month, day, day_of_year; /* each from 1 */
};

bool calendar_is_leap(int64_t year);
/* calendar_days_in_month wants a month of 1–12. */
int calendar_days_in_month(int64_t year, int month);
/* calendar_days_before_year is the number of its first of January. */
int64_t calendar_days_before_year(int64_t year);
/* calendar_days is the number of a day that exists. */
int64_t calendar_days(int64_t year, int month, int day);
struct calendar_day calendar_day_of(int64_t days);
