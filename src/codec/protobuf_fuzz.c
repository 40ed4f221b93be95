/* A set of descriptors and a message, both from the input: two bytes of length, the set, the rest.
 * Whatever they are, what comes out is JSON. */
#include <assert.h>

#include "codec/json.h"
#include "codec/protobuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO(arena) a = {0};
    AUTO(buf) out = {0};
    const struct protobuf *p;
    const struct json *root;
    if (size < 2)
        return 0;
    bytes rest = bytes_of(data + 2, size - 2);
    size_t len = (size_t)data[0] << 8 | data[1];
    bytes set = bytes_slice(rest, 0, len);
    if (protobuf_read(set, &a, &p) == OK &&
        protobuf_to_json(p, BYTES("lab/reading"), BYTES("Reading"), bytes_skip(rest, set.len),
                         &out) == OK) {
        status s = json_parse(&a, buf_bytes(&out), &root);
        assert(s == OK && root->type == JSON_OBJECT);
    }
    return 0;
}
