/* Interned levels of topic filters: each distinct level has a number and is kept once, however many
 * filters hold it. 24 bytes for one of up to 16 bytes, and about 14 in the table that finds it. */
#pragma once
#include "base/bytes.h"
#include "broker/topic_pool.h"

struct topic_levels {
    struct topic_pool levels;
    struct topic_level_slot *slots; /* a power of two, at most 3/4 full; linear probing */
    uint32_t slot_count, count;
};

void topic_levels_init(struct topic_levels *l);
void topic_levels_done(struct topic_levels *l);
/* topic_levels_find is the number of a level, or 0. */
uint32_t topic_levels_find(const struct topic_levels *l, bytes text);
/* topic_levels_take finds or adds it and counts one more user; topic_levels_release one less. */
uint32_t topic_levels_take(struct topic_levels *l, bytes text);
void topic_levels_release(struct topic_levels *l, uint32_t number);
