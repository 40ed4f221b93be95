/* When something changed in IAM: one number in the store, for those who keep what they gathered. */
#include <string.h>

#include "base/random.h"
#include "iam/documents.h"
#include "iam/internal.h"

static const bytes key_name = {(const uint8_t *)"iam.generation", 14};

status iam_generation(const struct registry *r, uint64_t *out_generation) {
    bytes value;
    status s = store_load(r->txn, TABLE_META, key_name, r->arena, &value);
    *out_generation = 0;
    if (s == OK && value.len == sizeof *out_generation)
        memcpy(out_generation, value.ptr, sizeof *out_generation);
    return s == E_NOT_FOUND ? OK : s;
}

/* It begins anywhere, so that two stores of one process do not look alike. */
static status raise(const struct registry *r) {
    uint64_t generation;
    TRY(iam_generation(r, &generation));
    if (generation == 0)
        generation = random_u64();
    if (++generation == 0)
        generation = 1;
    return store_save(r->txn, TABLE_META, key_name, bytes_of(&generation, sizeof generation));
}

status iam_save(const struct registry *r, enum table table, bytes key, bytes value) {
    TRY(raise(r));
    return store_save(r->txn, table, key, value);
}

status iam_remove(const struct registry *r, enum table table, bytes key) {
    TRY(raise(r));
    return store_remove(r->txn, table, key);
}
