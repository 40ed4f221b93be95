/* Random bytes from the kernel, and what is made of them. Any thread; cannot fail. */
#pragma once
#include "base/bytes.h"

void random_fill(void *out, size_t len);
uint64_t random_u64(void);
/* random_uuid writes a version 4 UUID: 36 characters and a zero. Its bytes were asked of the kernel
 * for several at a time: a process that forks and goes on in both must not use it. */
void random_uuid(char out[37]);
/* random_text fills `len` characters from `alphabet` (2–64 characters) without bias, and a zero. */
void random_text(const char *alphabet, char *out, size_t len);
