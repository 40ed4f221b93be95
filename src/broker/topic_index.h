/* The topic index: which subscribers a topic name reaches.
 *
 * Filters without wildcards live in one hash table by their whole text; those with wildcards in a
 * trie of 24-byte nodes, whose levels are interned so that a node holds numbers only. A publish
 * costs one look-up for the first and one per level (and per '+' on the way) for the second,
 * whatever the number of filters.
 *
 * One per loop thread, used by that thread alone; nothing blocks and nothing recurses. A subscriber
 * is any pointer, not looked at here; `detail` is 32 bits of its owner's choice (QoS, options).
 * Filters are well formed (topic_filter_check) and without `$share/GROUP/`. */
#pragma once
#include "base/bytes.h"

struct topic_index;

struct topic_subscriber {
    void *subscriber;
    uint32_t detail;
    uint32_t unused;
};

/* topic_index_new: `parent_included` as in topic_filter_matches. */
struct topic_index *topic_index_new(bool parent_included);
void topic_index_free(struct topic_index *index); /* NULL does nothing */

/* topic_index_add subscribes, or gives an existing subscription a new detail [MQTT5-3.8.4-3]; true
 * when it is new. Constant time, also when many subscribe to one filter. */
bool topic_index_add(struct topic_index *index, bytes filter, void *subscriber, uint32_t detail);
/* topic_index_remove is false when there was no such subscription. Constant time. */
bool topic_index_remove(struct topic_index *index, bytes filter, const void *subscriber);
/* topic_index_find gives the detail of a subscription; false when there is none. */
bool topic_index_find(const struct topic_index *index, bytes filter, const void *subscriber,
                      uint32_t *out_detail);
/* topic_index_has_filter: does anybody subscribe to exactly this filter? */
bool topic_index_has_filter(const struct topic_index *index, bytes filter);

/* Called once per matching filter with all its subscribers (count ≥ 1), in no order. The array is
 * valid until the callback returns; it must not change the index. Someone who subscribes by several
 * matching filters comes several times. */
typedef void topic_index_visit(void *context, const struct topic_subscriber *subscribers,
                               size_t count);
/* topic_index_match visits the filters that match `name`; returns how many there were. */
size_t topic_index_match(struct topic_index *index, bytes name, topic_index_visit *visit,
                         void *context);

/* topic_index_generation grows with each change: what was remembered of a match holds while it is
 * the same. Never 0. */
uint64_t topic_index_generation(const struct topic_index *index);

struct topic_index_counts {
    size_t subscriptions;    /* (filter, subscriber) pairs */
    size_t exact, wildcards; /* filters */
    size_t nodes, levels;    /* of the trie */
};
struct topic_index_counts topic_index_counts(const struct topic_index *index);
