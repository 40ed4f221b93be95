/* Retained messages: the last PUBLISH with RETAIN set, kept per topic [MQTT311-3.3.1-5].
 *
 * Kept in the store, so what was acknowledged outlives the server: a worker saves, then PUBACK goes
 * out; meanwhile nothing more is read from that client, which keeps its messages and
 * acknowledgements in order. A SUBSCRIBE has a worker look them up; they follow the SUBACK. */
#pragma once
#include "gateway/mqtt.h"

/* retained_keep saves or, with an empty payload, forgets [MQTT311-3.3.1-10]. The client's
 * connection is held until that is done, then acknowledged at QoS 1. E_UNAVAILABLE when too much
 * waits. */
NODISCARD
status retained_keep(struct mqtt_client *m, const struct mqtt_publish *p);
/* retained_keep_published is for a message by HTTPS; https_kept is told when that is done. */
NODISCARD
status retained_keep_published(struct https_publish *h, struct connection *c, const char *account,
                               const struct publication *p);
/* retained_save is for workers: it returns when the message is on disk. */
NODISCARD
status retained_save(struct server *s, const char *account, const struct publication *p);
/* retained_keep_will is for a client that is gone: nobody is told. */
void retained_keep_will(struct mqtt_client *m, const struct publication *will);

/* A subscription just made, for retained_send. */
struct retained_query {
    bytes filter;
    uint8_t qos;
};
/* retained_send sends what is kept for the filters to the client, if it is still there then; true
 * when that is under way, and the client's connection held meanwhile, so that one client keeps one
 * worker busy at most. With the AWS profile only for filters without wildcards [AWS device-gateway
 * 3 row 11]. */
bool retained_send(struct mqtt_client *m, const struct retained_query *queries, size_t count);

/* retained_look tells the server whether there are any at all, at start. */
NODISCARD
status retained_look(struct server *s);
