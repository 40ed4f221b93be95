/* DIR/server.json: what a running server tells the command line — process, ports, files. Written
 * when the server is ready, removed when it stops. */
#pragma once
#include "base/arena.h"
#include "gateway/plane.h"

struct running {
    int64_t pid;
    const char *region, *host;      /* host: where the control plane listens */
    uint16_t ports[ENTRANCE_COUNT]; /* 0: not listening */
    const char *ca_file, *legacy_ca_file;
    uint64_t accounts; /* account_generation the server has taken up */
};

NODISCARD
status running_write(const struct server *s);
void running_remove(const char *directory);
/* running_read fails with E_UNAVAILABLE when no server runs on this directory, or it is not ready.
 */
NODISCARD
status running_read(const char *directory, struct arena *memory, struct running *out);
