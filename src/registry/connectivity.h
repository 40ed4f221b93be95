/* Who is connected, as searches and listings of the registry want to know it. The registry keeps
 * nothing of it: whoever holds the connections answers, from memory. */
#pragma once
#include "base/bytes.h"

struct connectivity {
    bool is_known; /* this client identifier has been connected, as far as one remembers */
    bool is_connected;
    int64_t since_ms;              /* when it connected, or was disconnected */
    const char *disconnect_reason; /* "CONNECTION_LOST"; NULL while connected or when not known */
};

/* A seam of one function. `find` may be called on any thread and must not block for long. */
struct connectivity_source {
    void (*find)(struct connectivity_source *source, bytes account, bytes client_id,
                 struct connectivity *out);
};

/* connectivity_find asks `source`; NULL, where connections are not indexed, knows nothing. */
static inline void connectivity_find(struct connectivity_source *source, bytes account,
                                     bytes client_id, struct connectivity *out) {
    *out = (struct connectivity){.is_known = false};
    if (source)
        source->find(source, account, client_id, out);
}
