#include "broker/inflight.h"

#include "support/testing.h"

TEST(identifiers_run_from_1_to_65535_and_start_again) { /* [MQTT311-2.3.1-1] */
    struct inflight f;
    inflight_init(&f, 10);
    for (uint32_t i = 0; i < 140000; i++) {
        uint16_t id = inflight_take(&f);
        CHECK_INT(id, i % 65535 + 1);
        CHECK(inflight_acknowledge(&f, id));
        CHECK(!inflight_acknowledge(&f, id));
    }
    inflight_done(&f);
}

TEST(the_window_moves_when_its_oldest_is_acknowledged) {
    struct inflight f;
    inflight_init(&f, 3);
    uint16_t a = inflight_take(&f), b = inflight_take(&f), c = inflight_take(&f);
    CHECK(inflight_is_full(&f));
    CHECK(inflight_acknowledge(&f, b));
    CHECK(!inflight_acknowledge(&f, b));
    CHECK(inflight_is_full(&f));
    CHECK(inflight_acknowledge(&f, a));
    CHECK_INT(inflight_count(&f), 1);
    CHECK(inflight_acknowledge(&f, c));
    CHECK_INT(inflight_count(&f), 0);
    CHECK(!inflight_acknowledge(&f, c) && !inflight_acknowledge(&f, 0) &&
          !inflight_acknowledge(&f, 999));
    inflight_done(&f);
}

TEST(agrees_with_a_plain_set_in_any_order_of_acknowledgements) {
    enum { WINDOW = 200 };
    struct inflight f;
    bool out[65536] = {0};
    uint32_t seed = 7;
    inflight_init(&f, WINDOW);
    for (int step = 0; step < 300000; step++) {
        seed = seed * 1664525 + 1013904223;
        if (!inflight_is_full(&f) && seed >> 31) {
            uint16_t id = inflight_take(&f);
            CHECK(!out[id]);
            out[id] = true;
        } else {
            uint16_t id = (uint16_t)((f.head + (seed >> 8) % (WINDOW + 20)) % 65535 + 1);
            CHECK(inflight_acknowledge(&f, id) == out[id]);
            out[id] = false;
        }
    }
    inflight_done(&f);
}

TEST_MAIN("broker/inflight")
