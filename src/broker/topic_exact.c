#include "broker/topic_exact.h"

#include <assert.h>
#include <string.h>

enum { SLOTS_MIN = 64 };

/* The hash saves looking at most filters that are not the one, and at all of them when growing. */
struct topic_exact_slot {
    struct topic_exact_filter *filter; /* NULL: empty */
    uint32_t hash;
};

void topic_exact_init(struct topic_exact *e) {
    *e = (struct topic_exact){NEW_ARRAY(struct topic_exact_slot, SLOTS_MIN), SLOTS_MIN, 0};
}

void topic_exact_done(struct topic_exact *e) {
    for (size_t i = 0; i < e->slot_count; i++)
        if (e->slots[i].filter) {
            topic_subscribers_done(&e->slots[i].filter->list);
            mem_free(e->slots[i].filter);
        }
    mem_free(e->slots);
    *e = (struct topic_exact){0};
}

static bytes text_of(const struct topic_exact_filter *f) {
    return (bytes){f->text, f->len};
}

/* The slot where `filter` is or would be. */
static size_t slot_of(const struct topic_exact *e, bytes filter, uint32_t hash) {
    size_t mask = e->slot_count - 1, at = hash & mask;
    for (; e->slots[at].filter; at = (at + 1) & mask)
        if (e->slots[at].hash == hash && bytes_equal(text_of(e->slots[at].filter), filter))
            break;
    return at;
}

struct topic_exact_filter *topic_exact_find(const struct topic_exact *e, bytes filter) {
    return e->slots[slot_of(e, filter, (uint32_t)bytes_hash(filter))].filter;
}

static void resize(struct topic_exact *e, size_t slot_count) {
    struct topic_exact old = *e;
    e->slots = NEW_ARRAY(struct topic_exact_slot, slot_count);
    e->slot_count = slot_count;
    for (size_t i = 0; i < old.slot_count; i++) {
        size_t at = old.slots[i].hash & (slot_count - 1);
        if (!old.slots[i].filter)
            continue;
        while (e->slots[at].filter)
            at = (at + 1) & (slot_count - 1);
        e->slots[at] = old.slots[i];
    }
    mem_free(old.slots);
}

static struct topic_exact_filter *new_filter(bytes text) {
    struct topic_exact_filter *f = mem_new(offsetof(struct topic_exact_filter, text) + text.len);
    f->len = (uint32_t)text.len;
    memcpy(f->text, text.ptr, text.len);
    return f;
}

struct topic_exact_filter *topic_exact_make(struct topic_exact *e, bytes filter) {
    uint32_t hash = (uint32_t)bytes_hash(filter);
    size_t at = slot_of(e, filter, hash);
    if (e->slots[at].filter)
        return e->slots[at].filter;
    if ((e->count + 1) * 4 > e->slot_count * 3) {
        resize(e, e->slot_count * 2);
        at = slot_of(e, filter, hash);
    }
    e->slots[at] = (struct topic_exact_slot){new_filter(filter), hash};
    e->count++;
    return e->slots[at].filter;
}

/* Empties a slot, moving back what probed past it. */
static void close_slot(struct topic_exact *e, size_t hole) {
    size_t mask = e->slot_count - 1;
    for (size_t i = (hole + 1) & mask; e->slots[i].filter; i = (i + 1) & mask) {
        size_t home = e->slots[i].hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            e->slots[hole] = e->slots[i];
            hole = i;
        }
    }
    e->slots[hole] = (struct topic_exact_slot){0};
}

void topic_exact_prune(struct topic_exact *e, struct topic_exact_filter *filter) {
    assert(filter->list.count == 0);
    bytes text = text_of(filter);
    close_slot(e, slot_of(e, text, (uint32_t)bytes_hash(text)));
    mem_free(filter);
    e->count--;
    if (e->slot_count > SLOTS_MIN && e->count * 8 < e->slot_count)
        resize(e, e->slot_count / 2);
}
