#include "base/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void random_fill(void *out, size_t len) {
    uint8_t *p = out;
    while (len > 0) {
        ssize_t n = getrandom(p, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            abort();
        p += n;
        len -= (size_t)n;
    }
}

uint64_t random_u64(void) {
    uint64_t v;
    random_fill(&v, sizeof v);
    return v;
}

void random_uuid(char out[37]) {
    uint8_t b[16];
    char hex[33] = {0};
    random_fill(b, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0F) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
    hex_encode(bytes_of(b, sizeof b), hex);
    (void)snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                   hex + 20);
}

void random_text(const char *alphabet, char *out, size_t len) {
    size_t n = strlen(alphabet), limit = 256 - 256 % n;
    for (size_t i = 0; i < len;) {
        uint8_t b;
        random_fill(&b, 1);
        if (b < limit)
            out[i++] = alphabet[b % n];
    }
    out[len] = 0;
}
