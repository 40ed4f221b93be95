/* Protocol Buffers: the bytes of a message to JSON, by a compiled set of descriptors
 * (`protoc --include_imports --descriptor_set_out`). Pure; any thread.
 *
 *     TRY(protobuf_read(descriptor_set, &arena, &types));
 *     TRY(protobuf_to_json(types, BYTES("reading.proto"), BYTES("Reading"), data, &json));
 *
 * proto2 and proto3, as the encoding and its mapping to JSON are documented by Google: members in
 * lowerCamelCase (json_name), enums by name, bytes in base64, maps as objects, NaN and infinities
 * as texts, unknown fields and groups passed over. But 64-bit integers are numbers and not texts:
 * rules compute with 34 digits. */
#pragma once
#include "base/arena.h"

enum {
    PROTOBUF_DEPTH_MAX = 30,    /* messages within messages; JSON has two levels for each */
    PROTOBUF_TYPES_MAX = 10000, /* of one set */
    PROTOBUF_JSON_BYTES_MAX = 4 << 20
};

struct protobuf;

/* protobuf_read borrows the set, which must live as long as *out. E_INVALID says what is wrong. */
NODISCARD
status protobuf_read(bytes descriptor_set, struct arena *a, const struct protobuf **out);

/* protobuf_to_json appends. `file` is the .proto the type is in, with or without that ending;
 * `type` its name, with or without the package. E_NOT_FOUND without them; E_INVALID for bytes that
 * are no such message; E_TOO_LARGE. */
NODISCARD
status protobuf_to_json(const struct protobuf *p, bytes file, bytes type, bytes data,
                        struct buf *out);
