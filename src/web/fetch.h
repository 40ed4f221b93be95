/* Fetching a file by HTTP(S), for what other servers publish: CRLs. Blocks; for workers and the
 * command line, never for loops. */
#pragma once
#include <stdatomic.h>

#include "base/bytes.h"

enum { FETCH_TIMEOUT_S = 120 };

bool fetch_is_url(bytes text); /* "http://…" or "https://…" */
/* fetch_url appends what `url` answers with 200, after at most a few redirections. E_UNAVAILABLE
 * with the reason, also when it is larger than `bytes_max`, takes longer than FETCH_TIMEOUT_S, or
 * *stop becomes true (may be NULL). */
NODISCARD
status fetch_url(const char *url, size_t bytes_max, const _Atomic bool *stop, struct buf *out);
