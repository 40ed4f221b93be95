#include "rules/producers.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/librdkafka.h"

#include "base/clock.h"
#include "store/record.h"

enum {
    PRODUCERS_MAX = 16,
    VALUE_BYTES_MAX = 64 << 10,
    REASON_BYTES_MAX = 300,
    POLL_MS = 50,
};
/* The time of one try, and how much may wait in memory: what waits is in the outbox. */
#define MESSAGE_TIMEOUT_MS "10000"
#define QUEUE_KBYTES_MAX "4096"

/* ---- properties ---- */

enum rule { ANY, ONE_OF, PEM };
static const struct property {
    const char *name, *ours; /* ours: as librdkafka calls it */
    enum rule rule;
    const char *values; /* ONE_OF: blank around each */
} known[] = {
    {"bootstrap.servers", "bootstrap.servers", ANY, NULL},
    {"acks", "acks", ONE_OF, " 0 1 all -1 "},
    {"compression.type", "compression.type", ONE_OF, " none gzip snappy lz4 zstd "},
    {"security.protocol", "security.protocol", ONE_OF, " SSL SASL_SSL PLAINTEXT SASL_PLAINTEXT "},
    {"sasl.mechanism", "sasl.mechanism", ONE_OF, " PLAIN SCRAM-SHA-256 SCRAM-SHA-512 "},
    {"sasl.plain.username", "sasl.username", ANY, NULL},
    {"sasl.plain.password", "sasl.password", ANY, NULL},
    {"sasl.scram.username", "sasl.username", ANY, NULL},
    {"sasl.scram.password", "sasl.password", ANY, NULL},
    {"ssl.truststore", "ssl.ca.pem", PEM, NULL},
    {"ssl.keystore", "ssl.certificate.pem", PEM, NULL},
    {"ssl.key.password", "ssl.key.password", ANY, NULL},
    {"key.serializer", NULL, ONE_OF,
     " org.apache.kafka.common.serialization.StringSerializer "
     "org.apache.kafka.common.serialization.BytesSerializer "
     "org.apache.kafka.common.serialization.ByteArraySerializer "
     "org.apache.kafka.common.serialization.ByteBufferSerializer "},
    {"value.serializer", NULL, ONE_OF,
     " org.apache.kafka.common.serialization.StringSerializer "
     "org.apache.kafka.common.serialization.BytesSerializer "
     "org.apache.kafka.common.serialization.ByteArraySerializer "
     "org.apache.kafka.common.serialization.ByteBufferSerializer "},
};

static const struct property *find_property(bytes name) {
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (bytes_equal(name, bytes_from(known[i].name)))
            return &known[i];
    return NULL;
}

static status refuse_property(bytes name) {
    AUTO(buf) names = {0};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        buf_printf(&names, "%s%s", i ? ", " : "", known[i].name);
    return FAIL(E_INVALID, "This server has no Kafka client property %.*s; it has: %s",
                BYTES_ARG(bytes_slice(name, 0, 60)), buf_string(&names));
}

static bool is_one_of(const char *values, bytes value) {
    AUTO(buf) wanted = {0};
    buf_append_byte(&wanted, ' ');
    buf_append(&wanted, value);
    buf_append_byte(&wanted, ' ');
    bytes all = bytes_from(values);
    return value.len > 0 && bytes_find(value, ' ') == value.len &&
           bytes_search(all, buf_bytes(&wanted)) < all.len;
}

static status check_property(bytes name, bytes value) {
    const struct property *p = find_property(name);
    if (!p)
        return refuse_property(name);
    if (value.len == 0 || value.len > VALUE_BYTES_MAX || memchr(value.ptr, 0, value.len))
        return FAIL(E_INVALID, "The Kafka client property %s has no value, or one too long",
                    p->name);
    if (p->rule == ONE_OF && !is_one_of(p->values, value))
        return FAIL(E_INVALID, "The Kafka client property %s is one of:%s", p->name, p->values);
    if (p->rule == PEM && !bytes_start_with(bytes_trim(value), BYTES("-----BEGIN ")))
        return FAIL(E_INVALID, "The Kafka client property %s holds PEM here, not a Java keystore",
                    p->name);
    return OK;
}

status producers_check(bytes properties) {
    bytes name, value;
    bool has_servers = false;
    while (record_list_next(&properties, &name) && record_list_next(&properties, &value)) {
        TRY(check_property(name, value));
        has_servers |= bytes_equal(name, BYTES("bootstrap.servers"));
    }
    if (!has_servers)
        return FAIL(E_INVALID, "The clientProperties of a kafka action lack bootstrap.servers");
    return OK;
}

/* ---- producers ---- */

struct producer {
    struct buf properties; /* none: the place is free */
    rd_kafka_t *kafka;
    unsigned users;
    uint64_t used_us;
    const struct producers *of;
    bool is_tls;
    pthread_mutex_t lock;
    char reason[REASON_BYTES_MAX]; /* the last trouble with a broker */
};

struct producers {
    enum web_reach reach;
    const _Atomic bool *stop;
    pthread_mutex_t lock;
    struct producer all[PRODUCERS_MAX];
};

struct producers *producers_new(enum web_reach reach, const _Atomic bool *stop) {
    struct producers *p = NEW(struct producers);
    p->reach = reach;
    p->stop = stop;
    (void)pthread_mutex_init(&p->lock, NULL);
    for (size_t i = 0; i < PRODUCERS_MAX; i++)
        (void)pthread_mutex_init(&p->all[i].lock, NULL);
    return p;
}

static void producer_close(struct producer *p) {
    if (p->kafka)
        librdkafka.destroy(p->kafka);
    p->kafka = NULL;
    if (p->properties.ptr)
        mem_wipe(p->properties.ptr, p->properties.capacity); /* it may hold a password */
    buf_done(&p->properties);
}

void producers_free(struct producers *p) {
    if (!p)
        return;
    for (size_t i = 0; i < PRODUCERS_MAX; i++) {
        producer_close(&p->all[i]);
        (void)pthread_mutex_destroy(&p->all[i].lock);
    }
    (void)pthread_mutex_destroy(&p->lock);
    mem_free(p);
}

static void keep_reason(struct producer *p, const char *reason) {
    (void)pthread_mutex_lock(&p->lock);
    (void)snprintf(p->reason, sizeof p->reason, "%s", reason);
    (void)pthread_mutex_unlock(&p->lock);
}

static void on_error(rd_kafka_t *kafka, int code, const char *reason, void *producer) {
    UNUSED(kafka), UNUSED(code);
    keep_reason(producer, reason);
}

/* The address that is connected to decides, as with webhooks. */
static int on_connect(int fd, const struct sockaddr *to, int len, const char *id, void *producer) {
    struct producer *p = producer;
    UNUSED(id);
    if (reach_check(p->of->reach, p->is_tls, to) != OK) {
        keep_reason(p, failure_text());
        return EACCES;
    }
    return connect(fd, to, (socklen_t)len) == 0 || errno == EINPROGRESS ? 0 : errno;
}

/* What became of a message; set by whichever thread polls. */
struct outcome {
    _Atomic bool known;
    rd_kafka_resp_err_t error;
};

static void on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *m, void *producer) {
    struct outcome *o = m->_private;
    UNUSED(kafka), UNUSED(producer);
    o->error = m->err;
    atomic_store(&o->known, true);
}

static status set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char why[512];
    if (librdkafka.conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK)
        return OK;
    return FAIL(E_INVALID, "Kafka: %s", why);
}

static status set_property(rd_kafka_conf_t *conf, bytes name, bytes value, struct producer *p) {
    AUTO(buf) text = {0};
    const struct property *property = find_property(name);
    if (!property || !property->ours)
        return OK;
    buf_append(&text, value);
    TRY(set(conf, property->ours, buf_string(&text)));
    if (strcmp(property->ours, "security.protocol") == 0)
        p->is_tls = bytes_end_with(value, BYTES("SSL"));
    if (strcmp(property->ours, "ssl.certificate.pem") == 0)
        TRY(set(conf, "ssl.key.pem", buf_string(&text))); /* both in one text */
    mem_wipe(text.ptr, text.capacity);
    return OK;
}

static status configure(rd_kafka_conf_t *conf, struct producer *p) {
    bytes rest = buf_bytes(&p->properties), name, value;
    TRY(set(conf, "client.id", "kedge"));
    TRY(set(conf, "message.timeout.ms", MESSAGE_TIMEOUT_MS));
    TRY(set(conf, "queue.buffering.max.kbytes", QUEUE_KBYTES_MAX));
    TRY(set(conf, "queue.buffering.max.ms", "0"));
    TRY(set(conf, "log_level", "0"));
    while (record_list_next(&rest, &name) && record_list_next(&rest, &value))
        TRY(set_property(conf, name, value, p));
    librdkafka.conf_set_dr_msg_cb(conf, on_delivery);
    librdkafka.conf_set_error_cb(conf, on_error);
    librdkafka.conf_set_connect_cb(conf, on_connect);
    librdkafka.conf_set_opaque(conf, p);
    return OK;
}

static status producer_open(struct producer *p) {
    char why[512];
    TRY(librdkafka_load());
    rd_kafka_conf_t *conf = librdkafka.conf_new();
    status s = configure(conf, p);
    if (s == OK)
        p->kafka = librdkafka.new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (p->kafka)
        return OK;
    librdkafka.conf_destroy(conf);
    return s != OK ? s : (status)FAIL(E_INVALID, "Kafka: %s", why);
}

/* One that is there, a free place, or the one that has been idle for longest. With the lock. */
static struct producer *find_place(struct producers *all, bytes properties) {
    struct producer *best = NULL;
    for (size_t i = 0; i < PRODUCERS_MAX; i++) {
        struct producer *p = &all->all[i];
        if (p->kafka && bytes_equal(buf_bytes(&p->properties), properties))
            return p;
        if (p->users == 0 && (!best || p->used_us < best->used_us))
            best = p;
    }
    return best;
}

static status take(struct producers *all, bytes properties, struct producer **out) {
    status s = OK;
    (void)pthread_mutex_lock(&all->lock);
    struct producer *p = find_place(all, properties);
    if (p && (!p->kafka || !bytes_equal(buf_bytes(&p->properties), properties))) {
        producer_close(p);
        p->of = all;
        p->is_tls = false;
        p->reason[0] = 0;
        buf_append(&p->properties, properties);
        s = producer_open(p);
        if (s != OK)
            producer_close(p);
    }
    if (p && s == OK)
        p->users++;
    (void)pthread_mutex_unlock(&all->lock);
    *out = p;
    if (!p)
        return FAIL(E_UNAVAILABLE, "all %d producers of Kafka messages are at work", PRODUCERS_MAX);
    return s;
}

static void give_back(struct producers *all, struct producer *p) {
    (void)pthread_mutex_lock(&all->lock);
    p->users--;
    p->used_us = clock_monotonic_us();
    (void)pthread_mutex_unlock(&all->lock);
}

/* ---- sending ---- */

static bool lasts(rd_kafka_resp_err_t error) {
    switch ((int)error) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
        return true;
    default:
        return false;
    }
}

static status explain(struct producer *p, bytes topic, rd_kafka_resp_err_t error) {
    char reason[REASON_BYTES_MAX];
    (void)pthread_mutex_lock(&p->lock);
    memcpy(reason, p->reason, sizeof reason);
    (void)pthread_mutex_unlock(&p->lock);
    return FAIL(lasts(error) ? E_INVALID : E_UNAVAILABLE, "Kafka topic %.*s: %s%s%s",
                BYTES_ARG(bytes_slice(topic, 0, 100)), librdkafka.err2str(error),
                reason[0] ? "; " : "", reason);
}

static rd_kafka_headers_t *headers_of(const struct kafka_message *m) {
    rd_kafka_headers_t *headers = librdkafka.headers_new(m->header_count);
    for (size_t i = 0; i < m->header_count; i++)
        (void)librdkafka.header_add(headers, (const char *)m->headers[i].name.ptr,
                                    (ssize_t)m->headers[i].name.len, m->headers[i].value.ptr,
                                    (ssize_t)m->headers[i].value.len);
    return headers;
}

static rd_kafka_resp_err_t produce(struct producer *p, const struct kafka_message *m,
                                   const char *topic, struct outcome *outcome) {
    rd_kafka_headers_t *headers = headers_of(m);
    rd_kafka_resp_err_t error = librdkafka.producev(
        p->kafka, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(m->partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)m->body.ptr, m->body.len),
        RD_KAFKA_V_KEY(m->has_key ? (const void *)m->key.ptr : NULL, m->has_key ? m->key.len : 0),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(outcome), RD_KAFKA_V_END);
    if (error)
        librdkafka.headers_destroy(headers); /* else they are the message's */
    return error;
}

/* librdkafka tells of every message within its time-out; a server that stops does not wait so long.
 */
static void wait_for(const struct producers *all, struct producer *p, struct outcome *outcome) {
    bool purged = false;
    while (!atomic_load(&outcome->known)) {
        (void)librdkafka.poll(p->kafka, POLL_MS);
        if (!purged && all->stop && atomic_load(all->stop)) {
            (void)librdkafka.purge(p->kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
            purged = true;
        }
    }
}

status producers_send(struct producers *all, const struct kafka_message *m) {
    AUTO(buf) topic = {0};
    struct outcome outcome = {.known = false};
    struct producer *p;
    buf_append(&topic, m->topic);
    TRY(take(all, m->properties, &p));
    rd_kafka_resp_err_t error = produce(p, m, buf_string(&topic), &outcome);
    if (!error) {
        wait_for(all, p, &outcome);
        error = outcome.error;
    }
    status s = error ? explain(p, m->topic, error) : OK;
    give_back(all, p);
    return s;
}
