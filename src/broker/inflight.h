/* The packet identifiers of QoS 1 messages that were sent to a client and are not acknowledged yet.
 *
 * A sliding window over a sequence; identifiers run 1 … 65535 and start again [MQTT311-2.3.1-1].
 * Acknowledgements may come in any order; the window moves when its oldest one has come. Nothing is
 * allocated until one comes out of order. */
#pragma once
#include "base/bytes.h"

struct inflight {
    uint32_t head, next;    /* sequence numbers: head is the oldest not acknowledged */
    uint16_t window;        /* at most this many between them */
    uint64_t *acknowledged; /* a ring of bits by sequence, or NULL */
};

void inflight_init(struct inflight *f, uint16_t window /* 1 … 8192 */);
void inflight_done(struct inflight *f);
static inline bool inflight_is_full(const struct inflight *f) {
    return f->next - f->head >= f->window;
}
static inline uint32_t inflight_count(const struct inflight *f) {
    return f->next - f->head;
}
/* inflight_take gives the next identifier; the window must not be full. */
static inline uint16_t inflight_take(struct inflight *f) {
    return (uint16_t)(f->next++ % 65535 + 1);
}
/* inflight_acknowledge takes a PUBACK; false when that identifier is not in flight. */
bool inflight_acknowledge(struct inflight *f, uint16_t packet_id);
