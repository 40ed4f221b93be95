/* The filters without wildcards of a topic index: one open-addressing hash by their whole text,
 * which is what a publish looks up as it came. */
#pragma once
#include "broker/topic_subscribers.h"

struct topic_exact_filter {
    struct topic_subscribers list;
    uint32_t len;
    uint8_t text[];
};

struct topic_exact {
    struct topic_exact_slot *slots; /* a power of two, at most 3/4 full; linear probing */
    size_t slot_count, count;
};

void topic_exact_init(struct topic_exact *e);
void topic_exact_done(struct topic_exact *e);
/* topic_exact_find borrows a filter, or NULL. */
struct topic_exact_filter *topic_exact_find(const struct topic_exact *e, bytes filter);
/* topic_exact_make finds or adds; a new one has no subscribers and is to be filled at once. */
struct topic_exact_filter *topic_exact_make(struct topic_exact *e, bytes filter);
/* topic_exact_prune takes out one whose list has become empty. */
void topic_exact_prune(struct topic_exact *e, struct topic_exact_filter *filter);
