#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <string.h>

#include "rules/producers.h"
#include "store/record.h"
#include "support/testing.h"

/* librdkafka's own stand-in for brokers, on this machine, in plain TCP. */
static rd_kafka_t *mock_owner;
static rd_kafka_mock_cluster_t *brokers;
static _Atomic bool stops;

static void brokers_start(void) {
    char why[256];
    mock_owner = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
    CHECK(mock_owner);
    brokers = rd_kafka_mock_cluster_new(mock_owner, 1);
    CHECK(brokers);
}

static void brokers_stop(void) {
    rd_kafka_mock_cluster_destroy(brokers);
    rd_kafka_destroy(mock_owner);
}

static void properties_of(const char *servers, struct buf *out) {
    const char *const list[] = {"bootstrap.servers",
                                servers,
                                "security.protocol",
                                "PLAINTEXT",
                                "acks",
                                "1",
                                "key.serializer",
                                "org.apache.kafka.common.serialization.StringSerializer"};
    for (size_t i = 0; i < COUNT_OF(list); i++)
        record_list_add(out, bytes_from(list[i]));
}

static status send_to(enum web_reach reach, const char *servers, int32_t partition) {
    AUTO(buf) properties = {0};
    properties_of(servers, &properties);
    CHECK_OK(producers_check(buf_bytes(&properties)));
    const struct http_header headers[] = {{BYTES("color"), BYTES("red")}, {BYTES("none"), {0}}};
    struct kafka_message m = {.properties = buf_bytes(&properties),
                              .topic = BYTES("readings"),
                              .key = BYTES("7"),
                              .has_key = true,
                              .body = BYTES("{\"t\":1}"),
                              .partition = partition,
                              .headers = headers,
                              .header_count = 2};
    struct producers *p = producers_new(reach, &stops);
    status s = producers_send(p, &m);
    if (s == OK)
        CHECK_OK(producers_send(p, &m)); /* by the same producer */
    producers_free(p);
    return s;
}

static rd_kafka_message_t *consume(const char *servers, int32_t partition, rd_kafka_t **out) {
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", servers, why, sizeof why);
    (void)rd_kafka_conf_set(conf, "group.id", "g", why, sizeof why);
    rd_kafka_t *c = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "readings", partition)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
    CHECK_INT(rd_kafka_assign(c, list), 0);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_message_t *m = NULL;
    for (int i = 0; i < 100 && !m; i++) {
        m = rd_kafka_consumer_poll(c, 200);
        if (m && m->err) {
            rd_kafka_message_destroy(m);
            m = NULL;
        }
    }
    CHECK(m);
    *out = c;
    return m;
}

TEST(a_message_reaches_the_broker_with_key_partition_and_headers) {
    const void *value;
    size_t len;
    rd_kafka_t *consumer;
    rd_kafka_headers_t *headers;
    brokers_start();
    const char *servers = rd_kafka_mock_cluster_bootstraps(brokers);
    CHECK_OK(send_to(REACH_PRIVATE, servers, 2));
    rd_kafka_message_t *m = consume(servers, 2, &consumer);
    CHECK_BYTES(bytes_of(m->payload, m->len), BYTES("{\"t\":1}"));
    CHECK_BYTES(bytes_of(m->key, m->key_len), BYTES("7"));
    CHECK_INT(rd_kafka_message_headers(m, &headers), 0);
    CHECK_INT(rd_kafka_header_get(headers, 0, "color", &value, &len), 0);
    CHECK_BYTES(bytes_of(value, len), BYTES("red"));
    rd_kafka_message_destroy(m);
    (void)rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    brokers_stop();
}

TEST(a_broker_that_refuses_for_good_is_not_asked_again) {
    brokers_start();
    const char *servers = rd_kafka_mock_cluster_bootstraps(brokers);
    rd_kafka_mock_push_request_errors(brokers, 0 /* Produce */, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    CHECK_FAILS(send_to(REACH_PRIVATE, servers, -1), E_INVALID, "Kafka topic readings: ");
    brokers_stop();
}

TEST(brokers_out_of_reach_are_not_connected_to) {
    brokers_start();
    CHECK_FAILS(send_to(REACH_PUBLIC, rd_kafka_mock_cluster_bootstraps(brokers), -1), E_UNAVAILABLE,
                "timed out");
    brokers_stop();
}

TEST(a_server_that_stops_does_not_wait_for_brokers) {
    atomic_store(&stops, true);
    CHECK_FAILS(send_to(REACH_PRIVATE, "127.0.0.1:1", -1), E_UNAVAILABLE, "Kafka topic readings");
    atomic_store(&stops, false);
}

TEST(properties_are_those_of_the_java_client_that_are_known) { /* [AWS rules 6.2] */
    static const struct {
        const char *name, *value, *part;
    } rows[] = {
        {"group.id", "x", "no Kafka client property group.id; it has: bootstrap.servers, acks"},
        {"acks", "2", "acks is one of: 0 1 all"},
        {"acks", "0 1", "acks is one of"},
        {"security.protocol", "TLS", "is one of: SSL SASL_SSL"},
        {"sasl.mechanism", "GSSAPI", "is one of: PLAIN SCRAM-SHA-256"},
        {"ssl.truststore", "/u3+7QAAAAI=", "holds PEM here"},
        {"value.serializer", "org.apache.kafka.common.serialization.DoubleSerializer", "is one of"},
        {"compression.type", "", "has no value"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf) list = {0};
        record_list_add(&list, bytes_from(rows[i].name));
        record_list_add(&list, bytes_from(rows[i].value));
        CHECK_FAILS(producers_check(buf_bytes(&list)), E_INVALID, rows[i].part);
    }
    CHECK_FAILS(producers_check((bytes){0}), E_INVALID, "lack bootstrap.servers");
}

TEST_MAIN("rules/kafka")
