/* Producers of Kafka messages, by librdkafka: one for each set of client properties, kept while it
 * is used and closed when others need its place. Blocks until the broker has acknowledged; any
 * thread. */
#pragma once
#include <stdatomic.h>

#include "base/arena.h"
#include "http/request.h"
#include "web/reach.h"

struct producers;

struct producers *producers_new(enum web_reach reach, const _Atomic bool *stop);
void producers_free(struct producers *p); /* NULL does nothing; nobody may be sending */

/* Properties as the Java client names them [AWS apache-kafka-rule-action], names and values in
 * turn. producers_check: E_INVALID for one that is not known or has a value that is not supported.
 */
NODISCARD
status producers_check(bytes properties);

struct kafka_message {
    bytes properties;
    bytes topic, key, body;
    bool has_key;
    int32_t partition; /* −1: by the key, or any */
    const struct http_header *headers;
    size_t header_count;
};
/* producers_send: E_UNAVAILABLE when another try may do better. */
NODISCARD
status producers_send(struct producers *p, const struct kafka_message *m);
