/* Stores for tests of this folder and those above: a directory of its own, gone afterwards. */
#pragma once
#include "store/store.h"

struct store_fixture {
    const struct store_ops *ops;
    char directory[64];
    struct store *store;
};
/* Opens an empty store, or fails the test. */
struct store_fixture store_fixture_open(const struct store_ops *ops);
/* Closes and opens it again; memory forgets. */
void store_fixture_reopen(struct store_fixture *f);
void store_fixture_done(struct store_fixture *f);
/* Runs `check` on a fresh store of each kind. */
void store_fixture_each(void (*check)(struct store *s));
