/* Which loop holds the connection of a client identifier: the one thing all loops share.
 *
 * A client identifier is connected at most once in an account; a second connection takes over from
 * the first [MQTT311-3.1.4-2]. A claim is a look-up and a store under a lock held for nothing else.
 * Any thread. */
#pragma once
#include "base/bytes.h"

struct directory;

/* Who holds a client identifier: the loop's number and a number unique to that session. */
struct holder {
    unsigned loop;
    uint64_t serial;
};

struct directory *directory_new(void);
void directory_free(struct directory *d);

/* directory_claim makes `holder` the holder; true when there was one before, in *out_previous. */
bool directory_claim(struct directory *d, bytes account, bytes client_id, struct holder holder,
                     struct holder *out_previous);
/* directory_release gives it up; does nothing when somebody else holds it by now. */
void directory_release(struct directory *d, bytes account, bytes client_id, struct holder holder);
size_t directory_count(struct directory *d);
