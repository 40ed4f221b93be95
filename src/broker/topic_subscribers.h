/* The subscribers of one filter: one inline, several in one array that a fan-out walks front to
 * back.
 *
 * From 32 on a table of positions beside the array finds a subscriber in constant time, so
 * thousands may come to and leave one filter. Removal moves the last into the gap: there is no
 * order. */
#pragma once
#include "broker/topic_index.h"

/* Zero is none. */
struct topic_subscribers {
    union {
        void *one;                     /* count is 1 */
        struct topic_subscriber *many; /* count is 2 or more; `positions` behind them */
    };
    union {
        uint32_t detail;   /* of `one` */
        uint32_t capacity; /* of `many` */
    };
    uint32_t count;
};

void topic_subscribers_done(struct topic_subscribers *s);
/* topic_subscribers_add is true when the subscriber is new, else it only gets a new detail. */
bool topic_subscribers_add(struct topic_subscribers *s, void *subscriber, uint32_t detail);
bool topic_subscribers_remove(struct topic_subscribers *s, const void *subscriber);
bool topic_subscribers_find(const struct topic_subscribers *s, const void *subscriber,
                            uint32_t *out_detail);
/* topic_subscribers_list is the array of s->count, for which one may use *room. */
const struct topic_subscriber *topic_subscribers_list(const struct topic_subscribers *s,
                                                      struct topic_subscriber *room);
