/* What decodes encodes to the same text; and any bytes encode to what decodes to them. */
#include <assert.h>

#include "codec/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO(arena) a = {0};
    AUTO(buf) text = {0}, encoded = {0};
    bytes input = bytes_of(data, size), decoded;
    if (base64_decode(&a, input, &decoded) == OK) {
        base64_encode(decoded, &text);
        assert(bytes_equal(buf_bytes(&text), input));
    }
    base64_encode(input, &encoded);
    status s = base64_decode(&a, buf_bytes(&encoded), &decoded);
    assert(s == OK && bytes_equal(decoded, input));
    return 0;
}
