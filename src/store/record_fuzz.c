/* Whatever decodes, encodes to something that decodes to the same. */
#include "store/record.h"

#include <stdlib.h>
#include <string.h>

struct sample {
    bytes name;
    bool on;
    int64_t created_ms;
    unsigned color;
    char room[8];
};
static const struct field fields[] = {
    FIELD(1, struct sample, name),       FIELD(2, struct sample, on),
    FIELD(3, struct sample, created_ms), FIELD_BELOW(5, struct sample, color, 3),
    FIELD(6, struct sample, room),
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sample first = {0}, second = {0};
    AUTO(buf) value = {0};
    if (record_decode(fields, COUNT_OF(fields), bytes_of(data, size), &first) != OK)
        return 0;
    record_encode(fields, COUNT_OF(fields), &first, &value);
    if (record_decode(fields, COUNT_OF(fields), buf_bytes(&value), &second) != OK ||
        !bytes_equal(first.name, second.name) || first.on != second.on ||
        first.created_ms != second.created_ms || first.color != second.color ||
        strcmp(first.room, second.room) != 0)
        abort();
    return 0;
}
