/* kafka: the result as a message of a topic of Kafka [AWS rules 6.2]. */
#include "codec/json.h"
#include "rules/action.h"
#include "rules/producers.h"
#include "store/record.h"

enum { ATTEMPTS_MAX = 10, HEADERS_MAX = 100, PROPERTIES_MAX = 50, TOPIC_BYTES_MAX = 249 };

struct header {
    struct sql_template *key, *value;
};

struct kafka {
    struct arena memory;
    struct sql_template *topic, *key, *partition; /* key, partition: NULL when not given */
    struct header *headers;
    size_t header_count;
    bytes properties; /* names and values in turn, sorted as given */
};

static void release(void *compiled) {
    struct kafka *k = compiled;
    if (!k)
        return;
    sql_template_free(k->topic);
    sql_template_free(k->key);
    sql_template_free(k->partition);
    for (size_t i = 0; i < k->header_count; i++) {
        sql_template_free(k->headers[i].key);
        sql_template_free(k->headers[i].value);
    }
    arena_wipe(&k->memory);
    arena_done(&k->memory);
    mem_free(k);
}

/* ---- reading ---- */

static status compile_header(const struct sql_statement *s, const struct json *item,
                             struct kafka *k) {
    struct header *h = &k->headers[k->header_count++];
    bytes key, value;
    TRY(action_require(item, "key", &key));
    TRY(action_require(item, "value", &value));
    TRY(sql_template_compile(s, key, &h->key));
    return sql_template_compile(s, value, &h->value);
}

static status compile_headers(const struct sql_statement *s, const struct json *list,
                              struct kafka *k) {
    if (!list || list->type != JSON_ARRAY)
        return OK;
    if (list->count > HEADERS_MAX)
        return FAIL(E_INVALID, "A kafka action has at most %d headers", HEADERS_MAX);
    k->headers = ARENA_ARRAY(&k->memory, struct header, list->count);
    JSON_EACH (item, list)
        TRY(compile_header(s, item, k));
    return OK;
}

static status compile_properties(const struct json *properties, struct kafka *k) {
    AUTO(buf) list = {0};
    if (!properties || properties->type != JSON_OBJECT || properties->count > PROPERTIES_MAX)
        return FAIL(E_INVALID, "A kafka action needs clientProperties");
    JSON_EACH (p, properties) {
        if (!json_is_string(p))
            return FAIL(E_INVALID, "The values of clientProperties are texts");
        record_list_add(&list, p->name);
        record_list_add(&list, p->text);
    }
    k->properties = arena_copy(&k->memory, buf_bytes(&list));
    return producers_check(k->properties);
}

static status compile_optional(const struct sql_statement *s, const struct json *members,
                               const char *name, struct sql_template **out) {
    const struct json *value = json_member(members, bytes_from(name));
    return json_is_string(value) ? sql_template_compile(s, value->text, out) : OK;
}

/* The destination is a VPC on AWS; here brokers are reached from where the server runs. */
static status fill_kafka(const struct sql_statement *s, const struct json *members,
                         struct kafka *k) {
    bytes destination, topic;
    TRY(action_require(members, "destinationArn", &destination));
    TRY(action_require(members, "topic", &topic));
    if (!bytes_start_with(destination, BYTES("arn:")))
        return FAIL(E_INVALID, "The destinationArn of a kafka action is an ARN");
    TRY(compile_properties(json_member(members, BYTES("clientProperties")), k));
    TRY(sql_template_compile(s, topic, &k->topic));
    TRY(compile_optional(s, members, "key", &k->key));
    TRY(compile_optional(s, members, "partition", &k->partition));
    return compile_headers(s, json_member(members, BYTES("headers")), k);
}

static status compile(const struct sql_statement *s, const struct json *members, void **out) {
    struct kafka *k = NEW(struct kafka);
    status result = fill_kafka(s, members, k);
    if (result != OK) {
        release(k);
        return result;
    }
    *out = k;
    return OK;
}

/* ---- running ---- */

/* What the outbox keeps. */
struct kept {
    bytes properties, topic, key, headers, body;
    bool has_key;
    int64_t partition; /* plus one; 0: none */
};
static const struct field fields[] = {
    FIELD(1, struct kept, properties), FIELD(2, struct kept, topic), FIELD(3, struct kept, key),
    FIELD(4, struct kept, headers),    FIELD(5, struct kept, body),  FIELD(6, struct kept, has_key),
    FIELD(7, struct kept, partition),
};

static status check_topic(bytes topic) {
    bool good = topic.len > 0 && topic.len <= TOPIC_BYTES_MAX;
    for (size_t i = 0; i < topic.len && good; i++) {
        uint8_t c = topic.ptr[i];
        good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    }
    if (!good)
        return FAIL(E_INVALID, "'%.*s' is no topic of Kafka: 1 to %d letters, digits, '.', _ and -",
                    BYTES_ARG(bytes_slice(topic, 0, 100)), TOPIC_BYTES_MAX);
    return OK;
}

static status fill_partition(const struct kafka *k, struct action_run *run, int64_t *out) {
    AUTO(buf) text = {0};
    uint64_t number;
    if (!k->partition)
        return OK;
    TRY(action_fill(k->partition, run->evaluation, "partition", &text));
    if (bytes_to_u64(buf_bytes(&text), INT32_MAX, &number) != OK)
        return FAIL(E_INVALID, "the partition '%.*s' is no number",
                    BYTES_ARG(bytes_slice(buf_bytes(&text), 0, 50)));
    *out = (int64_t)number + 1;
    return OK;
}

static status fill_headers(const struct kafka *k, struct action_run *run, struct buf *out) {
    for (size_t i = 0; i < k->header_count; i++) {
        AUTO(buf) key = {0};
        AUTO(buf) value = {0};
        TRY(action_fill(k->headers[i].key, run->evaluation, "key of a header", &key));
        (void)sql_template_fill(k->headers[i].value, run->evaluation, &value);
        record_list_add(out, buf_bytes(&key));
        record_list_add(out, buf_bytes(&value));
    }
    return OK;
}

/* Brokers share a fate, and the order within them counts. */
static bytes lane_of(const struct kafka *k) {
    bytes rest = k->properties, name, value;
    while (record_list_next(&rest, &name) && record_list_next(&rest, &value))
        if (bytes_equal(name, BYTES("bootstrap.servers")))
            return bytes_slice(value, 0, OUTBOX_LANE_BYTES_MAX);
    return BYTES("kafka");
}

static status run(const void *compiled, struct action_run *run) {
    const struct kafka *k = compiled;
    AUTO(buf) key = {0};
    AUTO(buf) headers = {0};
    AUTO(buf) content = {0};
    struct kept kept = {.properties = k->properties, .body = run->payload, .has_key = k->key};
    TRY(action_fill(k->topic, run->evaluation, "topic", &run->resource));
    TRY(check_topic(buf_bytes(&run->resource)));
    if (k->key)
        TRY(action_fill(k->key, run->evaluation, "key", &key));
    TRY(fill_partition(k, run, &kept.partition));
    TRY(fill_headers(k, run, &headers));
    kept.topic = buf_bytes(&run->resource);
    kept.key = buf_bytes(&key);
    kept.headers = buf_bytes(&headers);
    record_encode(fields, COUNT_OF(fields), &kept, &content);
    struct later later = {.lane = lane_of(k)};
    status s = delivery_put(run, &later, buf_bytes(&content));
    mem_wipe(content.ptr, content.capacity); /* a password, perhaps */
    return s;
}

/* ---- delivering ---- */

static status deliver(const struct outward *o, struct delivered *items, size_t count,
                      struct arena *a) {
    struct kept kept = {0};
    struct http_header *headers = ARENA_ARRAY(a, struct http_header, HEADERS_MAX);
    bytes name, value;
    UNUSED(count); /* one */
    TRY(record_decode(fields, COUNT_OF(fields), items->delivery.content, &kept));
    struct kafka_message m = {.properties = kept.properties,
                              .topic = kept.topic,
                              .key = kept.key,
                              .body = kept.body,
                              .has_key = kept.has_key,
                              .partition = (int32_t)(kept.partition - 1),
                              .headers = headers};
    while (m.header_count < HEADERS_MAX && record_list_next(&kept.headers, &name) &&
           record_list_next(&kept.headers, &value))
        headers[m.header_count++] = (struct http_header){name, value};
    return producers_send(o->producers, &m);
}

static const struct action_later later = {.at_a_time = 1,
                                          .attempts_max = ATTEMPTS_MAX,
                                          .again_first_ms = 1000,
                                          .again_most_ms = 60000,
                                          .deliver = deliver};

const struct action_kind action_kafka = {.name = "kafka",
                                         .failed = "KafkaAction",
                                         .compile = compile,
                                         .release = release,
                                         .run = run,
                                         .later = &later};
