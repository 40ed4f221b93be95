#include "broker/topic_subscribers.h"

enum { CAPACITY_MIN = 4, POSITIONS_FROM = 32, NOWHERE = UINT32_MAX };

/* Behind an array of `capacity` subscribers stand twice as many positions: an open-addressing table
 * of index + 1, 0 for empty, by the address of the subscriber. */
static uint32_t *positions_of(const struct topic_subscribers *s) {
    return (uint32_t *)(void *)(s->many + s->capacity);
}

static bool has_positions(const struct topic_subscribers *s) {
    return s->capacity >= POSITIONS_FROM;
}

static uint32_t home_of(const struct topic_subscribers *s, const void *subscriber) {
    uint64_t mixed = (uint64_t)(uintptr_t)subscriber * 0x9E3779B97F4A7C15u;
    return (uint32_t)(mixed >> 32) & (2 * s->capacity - 1);
}

/* The place in the table where `subscriber` is or would be. */
static uint32_t place_of(const struct topic_subscribers *s, const void *subscriber) {
    const uint32_t *positions = positions_of(s);
    uint32_t mask = 2 * s->capacity - 1, at = home_of(s, subscriber);
    while (positions[at] && s->many[positions[at] - 1].subscriber != subscriber)
        at = (at + 1) & mask;
    return at;
}

/* Index in `many`, or NOWHERE. */
static uint32_t index_of(const struct topic_subscribers *s, const void *subscriber) {
    if (has_positions(s))
        return positions_of(s)[place_of(s, subscriber)] - 1; /* 0 - 1 is NOWHERE */
    for (uint32_t i = 0; i < s->count; i++)
        if (s->many[i].subscriber == subscriber)
            return i;
    return NOWHERE;
}

static void append(struct topic_subscribers *s, struct topic_subscriber one) {
    if (has_positions(s))
        positions_of(s)[place_of(s, one.subscriber)] = s->count + 1;
    s->many[s->count++] = one;
}

static void move_to_capacity(struct topic_subscribers *s, uint32_t capacity) {
    size_t position_count = capacity >= POSITIONS_FROM ? 2 * (size_t)capacity : 0;
    struct topic_subscribers moved = {.capacity = capacity};
    moved.many = mem_new(capacity * sizeof *moved.many + position_count * sizeof(uint32_t));
    for (uint32_t i = 0; i < s->count; i++)
        append(&moved, s->many[i]);
    mem_free(s->many);
    *s = moved;
}

static void become_many(struct topic_subscribers *s) {
    struct topic_subscriber first = {s->one, s->detail, 0};
    *s = (struct topic_subscribers){.capacity = CAPACITY_MIN};
    s->many = NEW_ARRAY(struct topic_subscriber, CAPACITY_MIN);
    append(s, first);
}

static void become_one(struct topic_subscribers *s) {
    struct topic_subscriber last = s->many[0];
    mem_free(s->many);
    *s = (struct topic_subscribers){.one = last.subscriber, .detail = last.detail, .count = 1};
}

void topic_subscribers_done(struct topic_subscribers *s) {
    if (s->count > 1)
        mem_free(s->many);
    *s = (struct topic_subscribers){0};
}

bool topic_subscribers_add(struct topic_subscribers *s, void *subscriber, uint32_t detail) {
    if (s->count == 0 || (s->count == 1 && s->one == subscriber)) {
        bool is_new = s->count == 0;
        *s = (struct topic_subscribers){.one = subscriber, .detail = detail, .count = 1};
        return is_new;
    }
    if (s->count == 1)
        become_many(s);
    uint32_t at = index_of(s, subscriber);
    if (at != NOWHERE) {
        s->many[at].detail = detail;
        return false;
    }
    if (s->count == s->capacity)
        move_to_capacity(s, s->capacity * 2);
    append(s, (struct topic_subscriber){subscriber, detail, 0});
    return true;
}

/* Empties a place of the table, moving back what probed past it. */
static void close_place(const struct topic_subscribers *s, uint32_t hole) {
    uint32_t *positions = positions_of(s), mask = 2 * s->capacity - 1;
    for (uint32_t i = (hole + 1) & mask; positions[i]; i = (i + 1) & mask) {
        uint32_t home = home_of(s, s->many[positions[i] - 1].subscriber);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            positions[hole] = positions[i];
            hole = i;
        }
    }
    positions[hole] = 0;
}

static void remove_at(struct topic_subscribers *s, uint32_t at) {
    uint32_t last = s->count - 1;
    if (has_positions(s)) {
        close_place(s, place_of(s, s->many[at].subscriber));
        if (at != last)
            positions_of(s)[place_of(s, s->many[last].subscriber)] = at + 1;
    }
    s->many[at] = s->many[last];
    s->count--;
}

bool topic_subscribers_remove(struct topic_subscribers *s, const void *subscriber) {
    if (s->count <= 1) {
        if (s->count == 0 || s->one != subscriber)
            return false;
        *s = (struct topic_subscribers){0};
        return true;
    }
    uint32_t at = index_of(s, subscriber);
    if (at == NOWHERE)
        return false;
    remove_at(s, at);
    if (s->count == 1)
        become_one(s);
    else if (s->capacity > CAPACITY_MIN && s->count <= s->capacity / 4)
        move_to_capacity(s, s->capacity / 2);
    return true;
}

bool topic_subscribers_find(const struct topic_subscribers *s, const void *subscriber,
                            uint32_t *out_detail) {
    struct topic_subscriber room;
    if (s->count == 0)
        return false;
    const struct topic_subscriber *list = topic_subscribers_list(s, &room);
    uint32_t at = s->count > 1 ? index_of(s, subscriber) : s->one == subscriber ? 0 : NOWHERE;
    if (at == NOWHERE)
        return false;
    *out_detail = list[at].detail;
    return true;
}

const struct topic_subscriber *topic_subscribers_list(const struct topic_subscribers *s,
                                                      struct topic_subscriber *room) {
    if (s->count > 1)
        return s->many;
    *room = (struct topic_subscriber){s->one, s->detail, 0};
    return room;
}
