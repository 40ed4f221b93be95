#include "broker/topic_trie.h"

#include "base/random.h"
#include "mqtt/topic.h"

enum { ROOT = 1, EDGES_MIN = 64, WALK_LEVELS_MIN = 16 };

struct node {
    uint32_t parent;
    uint32_t level;    /* 0 for the root and for '+' */
    uint32_t plus;     /* child */
    uint32_t children; /* '+' included */
    uint32_t here;     /* list of the filter that ends here */
    uint32_t rest;     /* list of the filter that goes on with "/#" and ends */
};

/* The hash spares looking at nodes that are not the one. */
struct topic_edge {
    uint32_t hash;
    uint32_t node; /* 0: empty */
};

struct step {
    uint32_t node, depth;
};

/* What a match needs beside the trie, kept from one to the next. The levels of the name are looked
 * up only as deep as the walk comes. */
struct topic_walk {
    bytes rest;       /* of the name, not looked up yet */
    uint32_t *levels; /* numbers, 0 for a level no filter holds */
    struct step *steps;
    size_t level_count, step_count, capacity; /* of both arrays */
};

static struct node *node_at(const struct topic_trie *t, uint32_t number) {
    return topic_pool_at(&t->nodes, number);
}

static struct topic_subscribers *list_at(const struct topic_trie *t, uint32_t number) {
    return topic_pool_at(&t->lists, number);
}

static void make_room(struct topic_walk *w, size_t capacity) {
    w->levels = mem_resize(w->levels, capacity * sizeof *w->levels);
    w->steps = mem_resize(w->steps, capacity * sizeof *w->steps);
    w->capacity = capacity;
}

void topic_trie_init(struct topic_trie *t) {
    *t = (struct topic_trie){.edge_slots = EDGES_MIN, .key = random_u64()};
    topic_levels_init(&t->levels);
    topic_pool_init(&t->nodes, sizeof(struct node));
    topic_pool_init(&t->lists, sizeof(struct topic_subscribers));
    t->edges = NEW_ARRAY(struct topic_edge, EDGES_MIN);
    t->walk = NEW(struct topic_walk);
    make_room(t->walk, WALK_LEVELS_MIN);
    uint32_t root = topic_pool_take(&t->nodes);
    assert(root == ROOT);
}

static bool node_is_live(const struct topic_trie *t, uint32_t number) {
    const struct node *n = node_at(t, number);
    return number == ROOT || n->level || n->children || n->here || n->rest;
}

void topic_trie_done(struct topic_trie *t) {
    for (uint32_t i = ROOT; i < t->nodes.used; i++) {
        const struct node *n = node_at(t, i);
        if (node_is_live(t, i) && n->here)
            topic_subscribers_done(list_at(t, n->here));
        if (node_is_live(t, i) && n->rest)
            topic_subscribers_done(list_at(t, n->rest));
    }
    topic_levels_done(&t->levels);
    topic_pool_done(&t->nodes);
    topic_pool_done(&t->lists);
    mem_free(t->edges);
    mem_free(t->walk->levels);
    mem_free(t->walk->steps);
    mem_free(t->walk);
    *t = (struct topic_trie){0};
}

static uint32_t edge_hash(const struct topic_trie *t, uint32_t parent, uint32_t level) {
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)(((uint64_t)parent << 32 | level) ^ t->key) * 0x9E3779B97F4A7C15u;
    return (uint32_t)((uint64_t)(product >> 64) ^ (uint64_t)product);
}

/* The slot where the edge is or would be. */
static uint32_t edge_slot(const struct topic_trie *t, uint32_t parent, uint32_t level) {
    uint32_t hash = edge_hash(t, parent, level), mask = t->edge_slots - 1, at = hash & mask;
    for (; t->edges[at].node; at = (at + 1) & mask) {
        if (t->edges[at].hash != hash)
            continue;
        const struct node *n = node_at(t, t->edges[at].node);
        if (n->parent == parent && n->level == level)
            break;
    }
    return at;
}

static void edges_grow(struct topic_trie *t) {
    struct topic_edge *old = t->edges;
    uint32_t old_slots = t->edge_slots, mask = 2 * old_slots - 1;
    t->edges = NEW_ARRAY(struct topic_edge, 2 * (size_t)old_slots);
    t->edge_slots = 2 * old_slots;
    for (uint32_t i = 0; i < old_slots; i++) {
        uint32_t at = old[i].hash & mask;
        if (!old[i].node)
            continue;
        while (t->edges[at].node)
            at = (at + 1) & mask;
        t->edges[at] = old[i];
    }
    mem_free(old);
}

static void edge_add(struct topic_trie *t, uint32_t number) {
    const struct node *n = node_at(t, number);
    if ((t->edge_count + 1) / 3 >= t->edge_slots / 4)
        edges_grow(t);
    t->edges[edge_slot(t, n->parent, n->level)] =
        (struct topic_edge){edge_hash(t, n->parent, n->level), number};
    t->edge_count++;
}

/* Empties the edge's slot, moving back what probed past it. */
static void edge_remove(struct topic_trie *t, const struct node *n) {
    uint32_t mask = t->edge_slots - 1, hole = edge_slot(t, n->parent, n->level);
    for (uint32_t i = (hole + 1) & mask; t->edges[i].node; i = (i + 1) & mask) {
        uint32_t home = t->edges[i].hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            t->edges[hole] = t->edges[i];
            hole = i;
        }
    }
    t->edges[hole] = (struct topic_edge){0};
    t->edge_count--;
}

static bool is_byte(bytes level, uint8_t byte) {
    return level.len == 1 && level.ptr[0] == byte;
}

static uint32_t child_find(const struct topic_trie *t, uint32_t parent, bytes level) {
    if (is_byte(level, '+'))
        return node_at(t, parent)->plus;
    uint32_t number = topic_levels_find(&t->levels, level);
    return number ? t->edges[edge_slot(t, parent, number)].node : 0;
}

static uint32_t child_make(struct topic_trie *t, uint32_t parent, bytes level) {
    uint32_t child = child_find(t, parent, level);
    if (child)
        return child;
    child = topic_pool_take(&t->nodes);
    node_at(t, child)->parent = parent;
    node_at(t, parent)->children++;
    t->node_count++;
    if (is_byte(level, '+')) {
        node_at(t, parent)->plus = child;
    } else {
        node_at(t, child)->level = topic_levels_take(&t->levels, level);
        edge_add(t, child);
    }
    return child;
}

/* Where the filter ends: a node, and there `here` or `rest`. */
struct place {
    uint32_t node; /* 0: nowhere */
    bool is_rest;
};

static struct place place_find(const struct topic_trie *t, bytes filter) {
    bytes level;
    uint32_t node = ROOT;
    while (node && topic_level_next(&filter, &level)) {
        if (is_byte(level, '#'))
            return (struct place){node, true};
        node = child_find(t, node, level);
    }
    return (struct place){node, false};
}

static uint32_t *list_of(const struct topic_trie *t, struct place p) {
    return p.is_rest ? &node_at(t, p.node)->rest : &node_at(t, p.node)->here;
}

struct topic_subscribers *topic_trie_find(const struct topic_trie *t, bytes filter) {
    struct place p = place_find(t, filter);
    if (!p.node || !*list_of(t, p))
        return NULL;
    return list_at(t, *list_of(t, p));
}

struct topic_subscribers *topic_trie_make(struct topic_trie *t, bytes filter) {
    bytes level;
    struct place p = {ROOT, false};
    while (topic_level_next(&filter, &level)) {
        p.is_rest = is_byte(level, '#');
        if (!p.is_rest)
            p.node = child_make(t, p.node, level);
    }
    uint32_t *list = list_of(t, p);
    if (!*list)
        *list = topic_pool_take(&t->lists);
    return list_at(t, *list);
}

/* Takes out nodes that lead nowhere any more, from `number` towards the root. */
static void prune_up(struct topic_trie *t, uint32_t number) {
    while (number != ROOT) {
        struct node *n = node_at(t, number);
        if (n->here || n->rest || n->children)
            return;
        uint32_t up = n->parent;
        if (n->level) {
            edge_remove(t, n);
            topic_levels_release(&t->levels, n->level);
        } else {
            node_at(t, up)->plus = 0;
        }
        *n = (struct node){0}; /* not live */
        topic_pool_give(&t->nodes, number);
        node_at(t, up)->children--;
        t->node_count--;
        number = up;
    }
}

void topic_trie_prune(struct topic_trie *t, bytes filter) {
    struct place p = place_find(t, filter);
    uint32_t *list = list_of(t, p);
    assert(list_at(t, *list)->count == 0);
    topic_pool_give(&t->lists, *list);
    *list = 0;
    prune_up(t, p.node);
}

/* The number of the level of the name at `depth`; false when the name ends before it. */
static bool walk_level(struct topic_trie *t, size_t depth, uint32_t *out_level) {
    struct topic_walk *w = t->walk;
    bytes level;
    while (w->level_count <= depth) {
        if (!topic_level_next(&w->rest, &level))
            return false;
        if (w->level_count == w->capacity)
            make_room(w, w->capacity * 2);
        w->levels[w->level_count++] = topic_levels_find(&t->levels, level);
    }
    *out_level = w->levels[depth];
    return true;
}

/* A step takes at most two others along, so no more wait than the walk is deep, and one. */
static void walk_push(struct topic_walk *w, uint32_t node, uint32_t depth) {
    if (!node)
        return;
    if (w->step_count == w->capacity)
        make_room(w, w->capacity * 2);
    w->steps[w->step_count++] = (struct step){node, depth};
}

static size_t show(const struct topic_trie *t, uint32_t list, topic_index_visit *visit,
                   void *context) {
    struct topic_subscriber room;
    if (!list)
        return 0;
    const struct topic_subscribers *s = list_at(t, list);
    visit(context, topic_subscribers_list(s, &room), s->count);
    return 1;
}

size_t topic_trie_match(struct topic_trie *t, bytes name, bool parent_included,
                        topic_index_visit *visit, void *context) {
    struct topic_walk *w = t->walk;
    size_t visited = 0;
    w->rest = name;
    w->level_count = w->step_count = 0;
    walk_push(w, ROOT, 0);
    while (w->step_count) {
        struct step at = w->steps[--w->step_count];
        const struct node *n = node_at(t, at.node);
        uint32_t level;
        if (!walk_level(t, at.depth, &level)) {
            visited += show(t, n->here, visit, context);
            if (parent_included)
                visited += show(t, n->rest, visit, context);
            continue;
        }
        if (at.depth > 0 || !topic_is_reserved(name)) { /* [MQTT311-4.7.2-1] */
            visited += show(t, n->rest, visit, context);
            walk_push(w, n->plus, at.depth + 1);
        }
        if (level)
            walk_push(w, t->edges[edge_slot(t, at.node, level)].node, at.depth + 1);
    }
    return visited;
}
