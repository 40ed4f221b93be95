/* Retained messages as the store keeps them: the last PUBLISH with RETAIN set, per topic
 * [MQTT311-3.3.1-5, AWS device-gateway 13]. Who may see them, and when, is for others. */
#pragma once
#include "registry/registry.h"

#define RETAINED_NEVER UINT32_MAX /* it does not expire */

struct retained_message {
    bytes topic, payload;
    bytes properties; /* of MQTT 5, encoded; without the expiry */
    uint8_t qos;
    int64_t kept_ms;
    uint32_t expiry_s; /* after kept_ms; RETAINED_NEVER */
};

/* retained_message_of takes the expiry out of a message's properties, which it copies into `a`. */
struct retained_message retained_message_of(struct arena *a, bytes topic, bytes payload,
                                            bytes properties, uint8_t qos, int64_t now_ms);

/* retained_message_save keeps it in place of the one of its topic; an empty payload forgets that
 * one [MQTT311-3.3.1-10]. */
NODISCARD
status retained_message_save(const struct registry *r, const struct retained_message *m);

/* retained_message_key is the row's key in TABLE_RETAINED, or what keys of topics that begin with
 * `topic` begin with; retained_message_topic is the way back. */
bytes retained_message_key(const struct registry *r, bytes topic);
bytes retained_message_topic(bytes key);
/* retained_message_decode borrows from the row: E_INVALID when it is not one of ours. */
NODISCARD
status retained_message_decode(bytes key, bytes value, struct retained_message *out);
bool retained_message_has_expired(const struct retained_message *m, int64_t now_ms);

/* retained_message_load: E_NOT_FOUND also when it has expired. */
NODISCARD
status retained_message_load(const struct registry *r, bytes topic, int64_t now_ms,
                             struct retained_message *out);

struct retained_message_list {
    struct retained_message *items;
    size_t count;
    bytes next;
};
/* retained_message_list gives those of the account by topic. */
NODISCARD
status retained_message_list(const struct registry *r, const struct page *page, int64_t now_ms,
                             struct retained_message_list *out);
