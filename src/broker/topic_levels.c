#include "broker/topic_levels.h"

enum { INLINE_BYTES = 16, SLOTS_MIN = 64 };

struct level {
    uint32_t users;
    uint32_t len;
    union {
        uint8_t near[INLINE_BYTES];
        uint8_t *far; /* longer than INLINE_BYTES: on the heap */
    };
};

struct topic_level_slot {
    uint32_t hash;
    uint32_t number; /* 0: empty */
};

void topic_levels_init(struct topic_levels *l) {
    *l = (struct topic_levels){.slot_count = SLOTS_MIN};
    topic_pool_init(&l->levels, sizeof(struct level));
    l->slots = NEW_ARRAY(struct topic_level_slot, SLOTS_MIN);
}

static struct level *level_at(const struct topic_levels *l, uint32_t number) {
    return topic_pool_at(&l->levels, number);
}

static bytes text_of(const struct level *level) {
    return (bytes){level->len > INLINE_BYTES ? level->far : level->near, level->len};
}

static void drop_text(struct level *level) {
    if (level->len > INLINE_BYTES)
        mem_free(level->far);
}

void topic_levels_done(struct topic_levels *l) {
    for (uint32_t i = 0; i < l->slot_count; i++)
        if (l->slots[i].number)
            drop_text(level_at(l, l->slots[i].number));
    mem_free(l->slots);
    topic_pool_done(&l->levels);
    *l = (struct topic_levels){0};
}

static uint32_t hash_of(bytes text) {
    return (uint32_t)bytes_hash(text);
}

/* The slot where `text` is or would be. */
static uint32_t slot_of(const struct topic_levels *l, bytes text, uint32_t hash) {
    uint32_t mask = l->slot_count - 1, at = hash & mask;
    for (; l->slots[at].number; at = (at + 1) & mask)
        if (l->slots[at].hash == hash &&
            bytes_equal(text_of(level_at(l, l->slots[at].number)), text))
            break;
    return at;
}

uint32_t topic_levels_find(const struct topic_levels *l, bytes text) {
    return l->slots[slot_of(l, text, hash_of(text))].number;
}

static void grow(struct topic_levels *l) {
    struct topic_level_slot *old = l->slots;
    uint32_t old_count = l->slot_count, mask = 2 * old_count - 1;
    l->slots = NEW_ARRAY(struct topic_level_slot, 2 * (size_t)old_count);
    l->slot_count = 2 * old_count;
    for (uint32_t i = 0; i < old_count; i++) {
        uint32_t at = old[i].hash & mask;
        if (!old[i].number)
            continue;
        while (l->slots[at].number)
            at = (at + 1) & mask;
        l->slots[at] = old[i];
    }
    mem_free(old);
}

static uint32_t new_level(struct topic_levels *l, bytes text) {
    uint32_t number = topic_pool_take(&l->levels);
    struct level *level = level_at(l, number);
    level->len = (uint32_t)text.len;
    if (text.len > INLINE_BYTES)
        level->far = mem_new(text.len);
    if (text.len)
        memcpy(text.len > INLINE_BYTES ? level->far : level->near, text.ptr, text.len);
    return number;
}

uint32_t topic_levels_take(struct topic_levels *l, bytes text) {
    uint32_t hash = hash_of(text), at = slot_of(l, text, hash);
    if (!l->slots[at].number) {
        if ((l->count + 1) / 3 >= l->slot_count / 4) {
            grow(l);
            at = slot_of(l, text, hash);
        }
        l->slots[at] = (struct topic_level_slot){hash, new_level(l, text)};
        l->count++;
    }
    level_at(l, l->slots[at].number)->users++;
    return l->slots[at].number;
}

/* Empties a slot, moving back what probed past it. */
static void close_slot(struct topic_levels *l, uint32_t hole) {
    uint32_t mask = l->slot_count - 1;
    for (uint32_t i = (hole + 1) & mask; l->slots[i].number; i = (i + 1) & mask) {
        uint32_t home = l->slots[i].hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            l->slots[hole] = l->slots[i];
            hole = i;
        }
    }
    l->slots[hole] = (struct topic_level_slot){0};
}

void topic_levels_release(struct topic_levels *l, uint32_t number) {
    struct level *level = level_at(l, number);
    if (--level->users > 0)
        return;
    bytes text = text_of(level);
    close_slot(l, slot_of(l, text, hash_of(text)));
    l->count--;
    drop_text(level);
    topic_pool_give(&l->levels, number);
}
