/* The wildcard filters of a topic index: a trie of 24-byte nodes.
 *
 *     site/+/temp, site/+/#        root ── "site" ── + ── "temp" (here: subscribers)
 *                                                    └ rest: subscribers of site/+/#
 *
 * A node knows its '+' child and the subscribers of "node/#" itself; its other children are found
 * in one table of all edges by (parent, level). A name is matched by walking with a stack of its
 * own. */
#pragma once
#include "broker/topic_levels.h"
#include "broker/topic_subscribers.h"

struct topic_trie {
    struct topic_levels levels;
    struct topic_pool nodes, lists;
    struct topic_edge *edges; /* a power of two, at most 3/4 full; linear probing */
    uint32_t edge_slots, edge_count;
    uint32_t node_count; /* without the root */
    uint64_t key;        /* peers cannot choose collisions */
    struct topic_walk *walk;
};

void topic_trie_init(struct topic_trie *t);
void topic_trie_done(struct topic_trie *t);
/* topic_trie_make gives the subscribers of `filter`, an empty list when it is new; to be filled at
 * once. Valid until the trie changes. */
struct topic_subscribers *topic_trie_make(struct topic_trie *t, bytes filter);
/* topic_trie_find is NULL when nobody subscribes to it. */
struct topic_subscribers *topic_trie_find(const struct topic_trie *t, bytes filter);
/* topic_trie_prune takes out a filter whose list has become empty. */
void topic_trie_prune(struct topic_trie *t, bytes filter);
size_t topic_trie_match(struct topic_trie *t, bytes name, bool parent_included,
                        topic_index_visit *visit, void *context);
