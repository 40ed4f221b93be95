/* Inside logs/: keys and counters. */
#pragma once
#include "logs/event.h"

enum { ID_BYTES = 8, EVENT_KEY_BYTES = 3 * ID_BYTES };

/* A number as part of a key: big-endian, so that byte order is number order. */
static inline void put_be64(uint8_t out[ID_BYTES], uint64_t number) {
    for (int i = 0; i < ID_BYTES; i++)
        out[i] = (uint8_t)(number >> (56 - 8 * i));
}
static inline uint64_t be64_at(bytes b, size_t at) {
    uint64_t number = 0;
    for (size_t i = 0; i < ID_BYTES && at + i < b.len; i++)
        number = number << 8 | b.ptr[at + i];
    return number;
}
/* id_key is the key that is, or begins with, an id. */
bytes id_key(const struct log_book *b, uint64_t id);
/* id_name_key is an id and a name. */
bytes id_name_key(const struct log_book *b, uint64_t id, bytes name);
bytes event_key(const struct log_book *b, uint64_t owner, struct log_position at);

/* What is counted over all groups. */
struct log_totals {
    uint64_t last_id; /* the last id or serial given */
    uint64_t size;    /* bytes of all groups */
};
NODISCARD
status totals_load(const struct log_book *b, struct log_totals *out_totals);
NODISCARD
status totals_save(const struct log_book *b, const struct log_totals *totals);
/* ids_take gives `count` ids, *out_first and those after it. */
NODISCARD
status ids_take(const struct log_book *b, uint64_t count, uint64_t *out_first);

/* group_by_id loads a group whatever its account; E_NOT_FOUND when it was deleted. *out_book is `b`
 * with the account it is of. */
NODISCARD
status group_by_id(const struct log_book *b, uint64_t id, struct log_book *out_book,
                   struct log_group *out_group);
/* group_decode reads the row of a group. */
NODISCARD
status group_decode(bytes account_and_name, bytes value, struct log_group *out_group);
