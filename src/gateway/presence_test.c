#include "gateway/presence.h"
#include "support/testing.h"

#include <stdio.h>

#define ACCOUNT BYTES("123456789012")

static struct connectivity now_of(struct presence *p, const char *client_id) {
    struct connectivity c;
    connectivity_find(presence_source(p), ACCOUNT, bytes_from(client_id), &c);
    return c;
}

TEST(a_client_is_known_from_its_first_connection_on) {
    struct presence *p = presence_new();
    CHECK(!now_of(p, "lamp").is_known);
    CHECK_INT(presence_came(p, ACCOUNT, BYTES("lamp"), 1000), 0);
    CHECK(now_of(p, "lamp").is_connected);
    CHECK_INT(now_of(p, "lamp").since_ms, 1000);
    CHECK(!now_of(p, "lam").is_known);
    presence_went(p, ACCOUNT, BYTES("lamp"), "CONNECTION_LOST", 2000);
    struct connectivity c = now_of(p, "lamp");
    CHECK(c.is_known && !c.is_connected);
    CHECK_INT(c.since_ms, 2000);
    CHECK_TEXT(c.disconnect_reason, "CONNECTION_LOST");
    connectivity_find(presence_source(p), BYTES("222222222222"), BYTES("lamp"), &c);
    CHECK(!c.is_known);
    presence_free(p);
}

TEST(versions_grow_with_each_connection_and_begin_again_after_an_hour) {
    struct presence *p = presence_new(); /* [AWS device-gateway 9.1] */
    CHECK_INT(presence_came(p, ACCOUNT, BYTES("lamp"), 0), 0);
    presence_went(p, ACCOUNT, BYTES("lamp"), "CONNECTION_LOST", 10);
    CHECK_INT(presence_came(p, ACCOUNT, BYTES("lamp"), 20), 1);
    presence_went(p, ACCOUNT, BYTES("lamp"), "CONNECTION_LOST", 30);
    CHECK_INT(presence_came(p, ACCOUNT, BYTES("lamp"), 29 + PRESENCE_VERSION_MS), 2);
    presence_went(p, ACCOUNT, BYTES("lamp"), "CONNECTION_LOST", 40);
    CHECK_INT(presence_came(p, ACCOUNT, BYTES("lamp"), 40 + PRESENCE_VERSION_MS), 0);
    presence_free(p);
}

TEST(those_that_went_are_forgotten_when_they_are_too_many) {
    struct presence *p = presence_new();
    char id[16];
    size_t known = 0;
    (void)presence_came(p, ACCOUNT, BYTES("stays"), 1);
    for (int i = 0; i < PRESENCE_GONE_MAX + 10000; i++) {
        (void)snprintf(id, sizeof id, "c%d", i);
        (void)presence_came(p, ACCOUNT, bytes_from(id), i);
        presence_went(p, ACCOUNT, bytes_from(id), "CONNECTION_LOST", i);
    }
    for (int i = 0; i < PRESENCE_GONE_MAX + 10000; i++) {
        (void)snprintf(id, sizeof id, "c%d", i);
        known += now_of(p, id).is_known;
    }
    CHECK(known <= PRESENCE_GONE_MAX && known > PRESENCE_GONE_MAX * 9 / 10);
    CHECK(now_of(p, "stays").is_connected);
    CHECK(now_of(p, id).is_known);
    presence_free(p);
}

TEST_MAIN("gateway/presence")
