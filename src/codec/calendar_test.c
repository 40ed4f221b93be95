#include "codec/calendar.h"

#include "support/testing.h"

TEST(known_days_have_their_numbers) {
    static const struct {
        int64_t days;
        struct calendar_day day;
    } rows[] = {
        {0, {1970, 1, 1, 1}},           {-1, {1969, 12, 31, 365}},
        {11016, {2000, 2, 29, 60}},     {-141427, {1582, 10, 15, 288}},
        {-719162, {1, 1, 1, 1}},        {-719163, {0, 12, 31, 366}},
        {-719528, {0, 1, 1, 1}},        {-719529, {-1, 12, 31, 365}},
        {2932896, {9999, 12, 31, 365}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct calendar_day *want = &rows[i].day;
        struct calendar_day got = calendar_day_of(rows[i].days);
        CHECK_INT(got.year, want->year);
        CHECK_INT(got.month, want->month);
        CHECK_INT(got.day, want->day);
        CHECK_INT(got.day_of_year, want->day_of_year);
        CHECK_INT(calendar_days(want->year, want->month, want->day), rows[i].days);
    }
}

TEST(each_day_of_eight_hundred_years_follows_the_one_before) {
    int64_t first = calendar_days_before_year(-400), last = calendar_days_before_year(400);
    struct calendar_day before = calendar_day_of(first - 1);
    for (int64_t days = first; days < last; days++) {
        struct calendar_day day = calendar_day_of(days);
        bool month_ends = before.day == calendar_days_in_month(before.year, before.month);
        CHECK_INT(day.day, month_ends ? 1 : before.day + 1);
        CHECK_INT(day.month, month_ends ? before.month % 12 + 1 : before.month);
        CHECK_INT(calendar_days(day.year, day.month, day.day), days);
        before = day;
    }
}

TEST_MAIN("codec/calendar")
