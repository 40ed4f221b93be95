/* Asking a program of this machine something: runs it and reads what it prints. Blocks. */
#pragma once
#include "base/bytes.h"

/* program_read appends at most 16 KB of standard output. `words` ends with NULL, words[0] is a
 * path. E_UNAVAILABLE when it cannot be started, takes longer than ten seconds or fails. */
NODISCARD
status program_read(const char *const *words, struct buf *out);
