/* Is the registry in order? A walk over all rows of all accounts: every index leads to its object
 * and every object is in its indexes, both sides of every relation are there, what is attached
 * exists, and the rules that count (versions of a policy, a principal that is exclusive) hold. It
 * reads only, and asks for the other side of each row: its work is that of the rows. */
#pragma once
#include "store/store.h"

struct registry_check {
    /* problem is told of each thing that is not as it should be, in a sentence. */
    void (*problem)(void *context, const char *sentence);
    void *context;
    const struct store_progress *progress; /* by tables; may be NULL */
    uint64_t rows, problems;               /* counted on the way */
};

/* registry_check walks what `t` sees. Problems are told, not returned; a status other than OK
 * means that the store could not be read to its end. */
NODISCARD
status registry_check(struct txn *t, struct registry_check *check);
