#include "broker/topic_index.h"

#include "broker/topic_exact.h"
#include "broker/topic_trie.h"
#include "mqtt/topic.h"

struct topic_index {
    struct topic_exact exact;
    struct topic_trie trie;
    size_t wildcards, subscriptions;
    uint64_t generation;
    bool parent_included;
    bool matching; /* a visit is under way: nothing may change */
};

struct topic_index *topic_index_new(bool parent_included) {
    struct topic_index *index = NEW(struct topic_index);
    topic_exact_init(&index->exact);
    topic_trie_init(&index->trie);
    index->parent_included = parent_included;
    index->generation = 1;
    return index;
}

void topic_index_free(struct topic_index *index) {
    if (!index)
        return;
    topic_exact_done(&index->exact);
    topic_trie_done(&index->trie);
    mem_free(index);
}

/* Where the subscribers of a filter are, NULL when there are none. */
static struct topic_subscribers *list_of(const struct topic_index *index, bytes filter) {
    if (topic_filter_has_wildcards(filter))
        return topic_trie_find(&index->trie, filter);
    struct topic_exact_filter *exact = topic_exact_find(&index->exact, filter);
    return exact ? &exact->list : NULL;
}

static struct topic_subscribers *list_make(struct topic_index *index, bytes filter) {
    if (!topic_filter_has_wildcards(filter))
        return &topic_exact_make(&index->exact, filter)->list;
    struct topic_subscribers *list = topic_trie_make(&index->trie, filter);
    index->wildcards += list->count == 0;
    return list;
}

static void prune(struct topic_index *index, bytes filter) {
    if (topic_filter_has_wildcards(filter)) {
        topic_trie_prune(&index->trie, filter);
        index->wildcards--;
    } else {
        topic_exact_prune(&index->exact, topic_exact_find(&index->exact, filter));
    }
}

bool topic_index_add(struct topic_index *index, bytes filter, void *subscriber, uint32_t detail) {
    assert(!index->matching);
    bool is_new = topic_subscribers_add(list_make(index, filter), subscriber, detail);
    index->subscriptions += is_new;
    index->generation++;
    return is_new;
}

bool topic_index_remove(struct topic_index *index, bytes filter, const void *subscriber) {
    assert(!index->matching);
    struct topic_subscribers *list = list_of(index, filter);
    if (!list || !topic_subscribers_remove(list, subscriber))
        return false;
    if (list->count == 0)
        prune(index, filter);
    index->subscriptions--;
    index->generation++;
    return true;
}

bool topic_index_find(const struct topic_index *index, bytes filter, const void *subscriber,
                      uint32_t *out_detail) {
    const struct topic_subscribers *list = list_of(index, filter);
    return list && topic_subscribers_find(list, subscriber, out_detail);
}

bool topic_index_has_filter(const struct topic_index *index, bytes filter) {
    return list_of(index, filter) != NULL;
}

static size_t match_exact(const struct topic_index *index, bytes name, topic_index_visit *visit,
                          void *context) {
    struct topic_subscriber room;
    const struct topic_exact_filter *exact = topic_exact_find(&index->exact, name);
    if (!exact)
        return 0;
    visit(context, topic_subscribers_list(&exact->list, &room), exact->list.count);
    return 1;
}

size_t topic_index_match(struct topic_index *index, bytes name, topic_index_visit *visit,
                         void *context) {
    assert(!index->matching);
    index->matching = true;
    size_t visited = match_exact(index, name, visit, context);
    if (index->wildcards)
        visited += topic_trie_match(&index->trie, name, index->parent_included, visit, context);
    index->matching = false;
    return visited;
}

uint64_t topic_index_generation(const struct topic_index *index) {
    return index->generation;
}

struct topic_index_counts topic_index_counts(const struct topic_index *index) {
    return (struct topic_index_counts){.subscriptions = index->subscriptions,
                                       .exact = index->exact.count,
                                       .wildcards = index->wildcards,
                                       .nodes = index->trie.node_count,
                                       .levels = index->trie.levels.count};
}
