#include "mqtt/topic.h"

#include "support/testing.h"

#include <string.h>

/* `count` times this character. */
static bytes repeated(char character, size_t count) {
    static char text[70000];
    memset(text, character, count);
    return bytes_of(text, count);
}

TEST(topic_names_are_not_empty_and_have_no_wildcards) { /* [MQTT311-4.7.3-1] [MQTT311-4.7.1-1]
                                                           [MQTT5-4.7.0-1] */
    CHECK_OK(topic_name_check(BYTES("a")));
    CHECK_OK(topic_name_check(BYTES("/")));
    CHECK_OK(topic_name_check(BYTES("a//b/")));
    CHECK_OK(topic_name_check(BYTES("a b/\xC3\xA9/$x")));
    CHECK_FAILS(topic_name_check(BYTES("")), E_MALFORMED, "empty");
    CHECK_FAILS(topic_name_check(BYTES("a/+/b")), E_MALFORMED, "wildcard");
    CHECK_FAILS(topic_name_check(BYTES("a+")), E_MALFORMED, "wildcard");
    CHECK_FAILS(topic_name_check(BYTES("sport/#")), E_MALFORMED, "wildcard");
}

TEST(a_bad_character_is_found_wherever_it_stands) { /* [MQTT311-4.7.3-2] [MQTT5-4.7.3-2] */
    char text[40];
    for (size_t len = 1; len <= sizeof text; len++)
        for (size_t at = 0; at < len; at++) {
            memset(text, 'a', len);
            CHECK_OK(topic_name_check(bytes_of(text, len)));
            for (const char *bad = "\x80\xFF+#"; *bad; bad++) {
                text[at] = *bad;
                CHECK(topic_name_check(bytes_of(text, len)) == E_MALFORMED);
            }
            text[at] = 0;
            CHECK(topic_name_check(bytes_of(text, len)) == E_MALFORMED);
            CHECK(topic_filter_check(bytes_of(text, len)) == E_MALFORMED);
        }
}

TEST(topics_have_at_most_65535_bytes) { /* [MQTT311-4.7.3-3] [MQTT5-4.7.3-3] */
    CHECK_OK(topic_name_check(repeated('/', 65535)));
    CHECK_OK(topic_filter_check(repeated('a', 65535)));
    CHECK_FAILS(topic_name_check(repeated('/', 65536)), E_MALFORMED, "65,535");
}

TEST(wildcards_are_whole_levels_and_hash_the_last) { /* [MQTT311-4.7.1-2] [MQTT311-4.7.1-3]
                                                        [MQTT5-4.7.1-1] [MQTT5-4.7.1-2] */
    static const char *const good[] = {"#", "+", "a/#", "+/#", "a/+/b", "/+", "+/", "+/+/+", "/#"};
    static const char *const bad[] = {"a#", "a/#/b", "#/a", "a+", "+a/b", "a/b+", "##", "++", "#/"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        CHECK_OK(topic_filter_check(bytes_from(good[i])));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_FAILS(topic_filter_check(bytes_from(bad[i])), E_MALFORMED, "whole level");
    CHECK_FAILS(topic_filter_check(BYTES("")), E_MALFORMED, "empty");
}

static bool matches(const char *filter, const char *name) {
    return topic_filter_matches(bytes_from(filter), bytes_from(name), true);
}

TEST(matches_as_the_specification_says) { /* the examples of [MQTT311 4.7.1] [MQTT5 4.7.1] */
    CHECK(matches("sport/tennis/player1/#", "sport/tennis/player1"));
    CHECK(matches("sport/tennis/player1/#", "sport/tennis/player1/ranking"));
    CHECK(matches("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"));
    CHECK(matches("sport/#", "sport"));
    CHECK(matches("#", "sport"));
    CHECK(matches("sport/tennis/+", "sport/tennis/player1"));
    CHECK(!matches("sport/tennis/+", "sport/tennis/player1/ranking"));
    CHECK(!matches("sport/+", "sport"));
    CHECK(matches("sport/+", "sport/"));
    CHECK(matches("+/+", "/finance"));
    CHECK(matches("/+", "/finance"));
    CHECK(!matches("+", "/finance"));
    CHECK(matches("+/tennis/#", "sport/tennis"));
}

TEST(names_match_byte_for_byte) { /* [MQTT311-4.7.3-4] [MQTT5-4.7.3-4] [MQTT311 4.7.3] */
    CHECK(!matches("ACCOUNTS", "Accounts"));
    CHECK(!matches("/finance", "finance"));
    CHECK(!matches("a/", "a"));
    CHECK(!matches("a", "a/"));
    CHECK(matches("Accounts payable", "Accounts payable"));
    CHECK(!matches("a/b", "a/b/c"));
    CHECK(!matches("a/b/c", "a/b"));
}

TEST(leading_wildcards_do_not_match_dollar_topics) { /* [MQTT311-4.7.2-1] [MQTT5-4.7.2-1] [AWS
                                                        device-gateway 3 row 9] */
    CHECK(!matches("#", "$SYS/monitor"));
    CHECK(!matches("+/monitor/Clients", "$SYS/monitor/Clients"));
    CHECK(matches("$SYS/#", "$SYS/"));
    CHECK(matches("$SYS/monitor/+", "$SYS/monitor/Clients"));
    CHECK(matches("a/#", "a/$b"));
}

TEST(at_aws_a_hash_does_not_include_the_parent) { /* [AWS device-gateway 3 row 8] */
    CHECK(!topic_filter_matches(BYTES("sensor/#"), BYTES("sensor"), false));
    CHECK(topic_filter_matches(BYTES("sensor/#"), BYTES("sensor/"), false));
    CHECK(topic_filter_matches(BYTES("sensor/#"), BYTES("sensor/a"), false));
    CHECK(topic_filter_matches(BYTES("sensor/#"), BYTES("sensor/a/b"), false));
    CHECK(!topic_filter_matches(BYTES("sensor/+/#"), BYTES("sensor/a"), false));
    CHECK(topic_filter_matches(BYTES("#"), BYTES("sensor"), false));
}

TEST(levels_may_be_empty) { /* [MQTT311 4.7.1.1] */
    bytes rest = BYTES("/a//"), level;
    AUTO(buf) seen = {0};
    while (topic_level_next(&rest, &level)) {
        buf_append(&seen, level);
        buf_append_byte(&seen, '.');
    }
    CHECK_BYTES(buf_bytes(&seen), BYTES(".a..."));
    CHECK_INT(topic_level_count(BYTES("/a//")), 4);
    CHECK_INT(topic_level_count(BYTES("a")), 1);
}

TEST(shared_subscriptions_have_a_group_and_a_filter) { /* [MQTT5-4.8.2-1] [MQTT5-4.8.2-2] */
    bytes group, filter;
    CHECK_INT(topic_share_split(BYTES("$share/g/a/+"), &group, &filter), TOPIC_SHARED);
    CHECK_BYTES(group, BYTES("g"));
    CHECK_BYTES(filter, BYTES("a/+"));
    CHECK_INT(topic_share_split(BYTES("$share/g//"), &group, &filter), TOPIC_SHARED);
    CHECK_BYTES(filter, BYTES("/"));
    CHECK_INT(topic_share_split(BYTES("$shared/g/a"), &group, &filter), TOPIC_NOT_SHARED);
    CHECK_BYTES(filter, BYTES("$shared/g/a"));
    static const char *const bad[] = {"$share",    "$share/",    "$share/g", "$share/g/",
                                      "$share//a", "$share/+/a", "$share/#", "$share/g+/a"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_INT(topic_share_split(bytes_from(bad[i]), &group, &filter), TOPIC_SHARE_MALFORMED);
}

TEST(aws_allows_256_bytes_and_seven_slashes) { /* [AWS device-gateway 3.1] */
    CHECK_OK(topic_name_check_aws(repeated('a', 256)));
    CHECK_FAILS(topic_name_check_aws(repeated('a', 257)), E_LIMIT, "256");
    CHECK_OK(topic_name_check_aws(BYTES("1/2/3/4/5/6/7/8")));
    CHECK_FAILS(topic_name_check_aws(BYTES("1/2/3/4/5/6/7/8/")), E_LIMIT, "8 slashes");
    CHECK_OK(topic_filter_check_aws(BYTES("1/2/3/4/5/6/7/#")));
    CHECK_FAILS(topic_filter_check_aws(BYTES("1/2/3/4/5/6/7/8/#")), E_LIMIT, "slashes");
}

TEST(aws_does_not_count_rule_and_share_prefixes) { /* [AWS device-gateway 3.1, 5.4] */
    CHECK_OK(topic_name_check_aws(BYTES("$aws/rules/r/1/2/3/4/5/6/7/8")));
    CHECK_FAILS(topic_name_check_aws(BYTES("$aws/rules/r/1/2/3/4/5/6/7/8/9")), E_LIMIT, "slashes");
    CHECK_OK(topic_name_check_aws(BYTES("$aws/rules/r")));
    CHECK_OK(topic_filter_check_aws(BYTES("$share/g/1/2/3/4/5/6/7/8")));
    CHECK_FAILS(topic_filter_check_aws(BYTES("$share/g/1/2/3/4/5/6/7/8/9")), E_LIMIT, "slashes");
    char text[300] = "$share/";
    memset(text + 7, 'g', 128);
    memcpy(text + 135, "/a", 3);
    CHECK_OK(topic_filter_check_aws(bytes_from(text)));
    memcpy(text + 135, "g/a", 4);
    CHECK_FAILS(topic_filter_check_aws(bytes_from(text)), E_LIMIT, "128");
}

TEST(reserved_topics_have_the_rights_of_the_table) { /* [AWS device-gateway 8] */
    enum { P = TOPIC_PUBLISH, S = TOPIC_SUBSCRIBE, R = TOPIC_DIRECT };
    static const struct {
        const char *name;
        unsigned rights;
    } cases[] = {
        {"a/b", P | S},
        {"$aws/certificates/create/json", P},
        {"$aws/certificates/create/cbor/accepted", S},
        {"$aws/certificates/create/xml", 0},
        {"$aws/certificates/create-from-csr/json", P},
        {"$aws/provisioning-templates/t/provision/json", P},
        {"$aws/provisioning-templates/t/provision/cbor/rejected", S},
        {"$aws/events/certificates/registered/ab12", S},
        {"$aws/events/presence/connect_failed/c1", S},
        {"$aws/events/presence/vanished/c1", 0},
        {"$aws/events/thingTypeAssociation/thing/T/thingType/Y/added", S},
        {"$aws/events/job/j/deletion_in_progress", S},
        {"$aws/events/jobExecution/j/timed_out", S},
        {"$aws/things/t/jobs/get", P},
        {"$aws/things/t/jobs/start-next/accepted", S | R},
        {"$aws/things/t/jobs/$next/get", P},
        {"$aws/things/t/jobs/j1/update/rejected", S | R},
        {"$aws/things/t/jobs/notify-next", S},
        {"$aws/things/t/shadow/update", P | S},
        {"$aws/things/t/shadow/name/n/get", P | S},
        {"$aws/things/t/shadow/name/n/update/delta", S},
        {"$aws/things/t/shadow/delete/accepted", S},
        {"$aws/things/t/shadow/get/delta", 0},
        {"$aws/things/t/defender/metrics/cbor", P},
        {"$aws/things/t/streams/s/get/json", P},
        {"$aws/things/t/streams/s/data/json", S},
        {"$aws/things/t/tunnels/notify", S},
        {"$aws/rules/r", P},
        {"$aws/rules/r/any/topic", P},
        {"$aws/commands/things/t/executions/e/request", S},
        {"$aws/commands/clients/c/executions/e/request/json", S},
        {"$aws/commands/clients/c/executions/e/response/cbor", P},
        {"$aws/commands/clients/c/executions/e/response/accepted/json", S},
        {"$aws/device_location/d/get_position_estimate", P},
        {"$aws/device_location/d/get_position_estimate/accepted", S},
        {"$aws/sitewise/asset-models/m/assets/a/properties/p", S},
        {"$aws/other", 0},
        {"$aws", 0},
        {"$SYS/broker/uptime", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (topic_name_rights(bytes_from(cases[i].name)) != cases[i].rights)
            print_error("%s\n", cases[i].name);
        CHECK_INT(topic_name_rights(bytes_from(cases[i].name)), cases[i].rights);
    }
}

TEST(filters_may_be_subscribed_when_some_topic_below_may) { /* [AWS device-gateway 8] */
    CHECK(topic_filter_may_subscribe(BYTES("#")));
    CHECK(topic_filter_may_subscribe(BYTES("$aws/things/t/shadow/#")));
    CHECK(topic_filter_may_subscribe(BYTES("$aws/things/+/jobs/notify")));
    CHECK(topic_filter_may_subscribe(BYTES("$aws/commands/things/t/executions/+/request/+")));
    CHECK(!topic_filter_may_subscribe(BYTES("$aws/rules/#")));
    CHECK(!topic_filter_may_subscribe(BYTES("$aws/rules/r/+")));
    CHECK(!topic_filter_may_subscribe(BYTES("$aws/things/t/defender/metrics/json")));
    CHECK(!topic_filter_may_subscribe(BYTES("$aws/unknown/#")));
    CHECK(!topic_filter_may_subscribe(BYTES("$SYS/#")));
    CHECK(topic_filter_may_subscribe(BYTES("$share/g/a/#")));
    CHECK(!topic_filter_may_subscribe(BYTES("$share/g/$aws/rules/#")));
    CHECK(!topic_filter_may_subscribe(BYTES("$share/g")));
}

TEST_MAIN("mqtt/topic")
