#include "broker/inflight.h"

enum { RING_BITS = 8192 };

void inflight_init(struct inflight *f, uint16_t window) {
    *f = (struct inflight){.window = window < RING_BITS ? window : RING_BITS};
}

void inflight_done(struct inflight *f) {
    mem_free(f->acknowledged);
    f->acknowledged = NULL;
}

static uint64_t *word_of(const struct inflight *f, uint32_t sequence, uint64_t *out_bit) {
    *out_bit = (uint64_t)1 << (sequence % 64);
    return &f->acknowledged[sequence % RING_BITS / 64];
}

/* Moves the head over what was acknowledged before it. */
static void advance(struct inflight *f) {
    f->head++;
    while (f->acknowledged && f->head != f->next) {
        uint64_t bit, *word = word_of(f, f->head, &bit);
        if (!(*word & bit))
            return;
        *word &= ~bit;
        f->head++;
    }
}

bool inflight_acknowledge(struct inflight *f, uint16_t packet_id) {
    if (packet_id == 0 || f->head == f->next)
        return false;
    uint32_t behind = (packet_id - 1u + 65535u - f->head % 65535u) % 65535u;
    if (behind >= f->next - f->head)
        return false;
    if (behind == 0) {
        advance(f);
        return true;
    }
    if (!f->acknowledged)
        f->acknowledged = NEW_ARRAY(uint64_t, RING_BITS / 64);
    uint64_t bit, *word = word_of(f, f->head + behind, &bit);
    bool fresh = !(*word & bit);
    *word |= bit;
    return fresh;
}
