#include "registry/retained_message.h"

#include "mqtt/property.h"
#include "registry/fixture.h"
#include "support/testing.h"

static struct retained_message message(struct registry_fixture *f, const char *topic,
                                       const char *payload, uint32_t expiry_s, int64_t now_ms) {
    AUTO(buf) properties = {0};
    if (expiry_s)
        mqtt_property_append_number(&properties, MQTT_MESSAGE_EXPIRY_INTERVAL, expiry_s);
    mqtt_property_append_bytes(&properties, MQTT_CONTENT_TYPE, BYTES("text/plain"));
    return retained_message_of(f->r.arena, bytes_from(topic), bytes_from(payload),
                               buf_bytes(&properties), 1, now_ms);
}

static void is_kept_and_forgotten(struct registry_fixture *f) {
    struct retained_message got, m = message(f, "a/b", "one", 0, 5000);
    CHECK_OK(retained_message_save(&f->r, &m));
    m = message(f, "a/b", "two", 0, 6000);
    CHECK_OK(retained_message_save(&f->r, &m));
    registry_fixture_commit(f);
    CHECK_OK(retained_message_load(&f->r, BYTES("a/b"), 7000, &got));
    CHECK_BYTES(got.topic, BYTES("a/b"));
    CHECK_BYTES(got.payload, BYTES("two"));
    CHECK_BYTES(got.properties, m.properties);
    CHECK(got.qos == 1 && got.kept_ms == 6000 && got.expiry_s == RETAINED_NEVER);
    struct registry other = fixture_other_account(f);
    CHECK_FAILS(retained_message_load(&other, BYTES("a/b"), 7000, &got), E_NOT_FOUND,
                "No retained message exists for the topic a/b");
    m = message(f, "a/b", "", 0, 8000);
    CHECK_OK(retained_message_save(&f->r, &m));
    CHECK_FAILS(retained_message_load(&f->r, BYTES("a/b"), 8000, &got), E_NOT_FOUND,
                "No retained message exists for the topic a/b");
}

TEST(the_last_message_of_a_topic_is_kept_until_an_empty_one_comes) { /* [MQTT311-3.3.1-10] */
    registry_fixture_each(is_kept_and_forgotten);
}

static void expires(struct registry_fixture *f) {
    struct retained_message got, m = message(f, "a", "x", 10, 1000);
    struct retained_message_list list;
    CHECK(m.expiry_s == 10);
    CHECK_OK(retained_message_save(&f->r, &m));
    CHECK_OK(retained_message_load(&f->r, BYTES("a"), 10999, &got));
    CHECK_FAILS(retained_message_load(&f->r, BYTES("a"), 11000, &got), E_NOT_FOUND,
                "No retained message exists for the topic a");
    CHECK_OK(retained_message_list(&f->r, &(struct page){0}, 11000, &list));
    CHECK(list.count == 0);
}

TEST(a_message_that_has_expired_is_as_good_as_none) {
    registry_fixture_each(expires);
}

static void are_listed(struct registry_fixture *f) {
    static const char *const topics[] = {"c", "a/b", "a"};
    struct retained_message_list list;
    struct page page = {.limit = 2};
    for (size_t i = 0; i < COUNT_OF(topics); i++) {
        struct retained_message m = message(f, topics[i], "x", 0, 1);
        CHECK_OK(retained_message_save(&f->r, &m));
    }
    CHECK_OK(retained_message_list(&f->r, &page, 2, &list));
    CHECK(list.count == 2);
    CHECK_BYTES(list.items[0].topic, BYTES("a"));
    CHECK_BYTES(list.items[1].topic, BYTES("a/b"));
    page.token = list.next;
    CHECK_OK(retained_message_list(&f->r, &page, 2, &list));
    CHECK(list.count == 1 && list.next.len == 0);
    CHECK_BYTES(list.items[0].topic, BYTES("c"));
}

TEST(retained_messages_are_listed_by_topic_in_pages) {
    registry_fixture_each(are_listed);
}

static void cut_off(struct registry_fixture *f) {
    AUTO(arena) memory = {0};
    struct retained_message got, m = message(f, "a", "x", 10, 1000);
    bytes value, key = retained_message_key(&f->r, m.topic);
    CHECK_OK(retained_message_save(&f->r, &m));
    CHECK_OK(store_load(f->r.txn, TABLE_RETAINED, key, &memory, &value));
    for (size_t len = 0; len < value.len - m.payload.len; len++)
        CHECK_FAILS(retained_message_decode(key, bytes_slice(value, 0, len), &got), E_INVALID,
                    "a retained message in the store is cut off");
    CHECK_OK(retained_message_decode(key, value, &got));
}

TEST(a_row_that_is_cut_off_is_told_from_a_whole_one) {
    registry_fixture_each(cut_off);
}

TEST_MAIN("registry/retained_message")
