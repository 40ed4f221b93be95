/* What parses as a resource name formats to the same text. */
#include "registry/arn.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO(arena) a = {0};
    bytes text = bytes_of(data, size);
    struct arn arn;
    if (bytes_find(text, '\0') < size || arn_parse(text, &arn) != OK)
        return 0;
    if (!bytes_equal(arn_format(&a, arn.region, arn.account, arn.type, arn.name), text))
        abort();
    return 0;
}
