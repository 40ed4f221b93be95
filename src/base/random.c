#include "base/random.h"

#include <errno.h>
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

/* Sixteen bytes nobody has had, of a supply of this thread: a call of the kernel for each would
 * cost more than all the rest. What was given out is wiped. */
static void take_sixteen(uint8_t out[16]) {
    static _Thread_local uint8_t supply[512];
    static _Thread_local size_t left;
    if (left == 0) {
        random_fill(supply, sizeof supply);
        left = sizeof supply;
    }
    left -= 16;
    memcpy(out, supply + left, 16);
    memset(supply + left, 0, 16);
}

void random_uuid(char out[37]) {
    uint8_t b[16];
    char hex[32];
    take_sixteen(b);
    b[6] = (uint8_t)((b[6] & 0x0F) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
    hex_encode(bytes_of(b, sizeof b), hex);
    for (size_t i = 0, at = 0; i < sizeof hex; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            out[at++] = '-';
        out[at++] = hex[i];
    }
    out[36] = '\0';
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
