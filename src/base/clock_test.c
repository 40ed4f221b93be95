#include "base/clock.h"

#include "support/testing.h"

TEST(formats_wall_time_as_iso_8601) {
    char text[25];
    clock_format(1767323045678, text);
    CHECK_TEXT(text, "2026-01-02T03:04:05.678Z");
}

TEST(stands_still_when_simulated) {
    clock_simulate(1000);
    CHECK_INT(clock_wall_ms(), 1000);
    CHECK_INT(clock_monotonic_us(), 1000000);
    clock_simulate(-1);
    CHECK(clock_wall_ms() > 1000000000000);
}

TEST_MAIN("base/clock")
