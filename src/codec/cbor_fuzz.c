/* What is accepted libcbor's own tree builder accepts too, and it is the same after it was written
 * and read again. */
#include <assert.h>
#include <cbor.h>

#include "codec/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_text(const struct json *v, struct buf *out) {
    struct json_writer w;
    json_start(&w, out);
    json_value(&w, v);
}

static void check_second_opinion(bytes data) {
    struct cbor_load_result result;
    cbor_item_t *item = cbor_load(data.ptr, data.len, &result);
    assert(item && result.read == data.len);
    cbor_decref(&item);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO(arena) a = {0};
    AUTO(buf) once = {0}, twice = {0}, first = {0}, second = {0};
    const struct json *v, *again;
    if (cbor_decode(&a, bytes_of(data, size), &v) != OK)
        return 0;
    check_second_opinion(bytes_of(data, size));
    status s = cbor_encode(v, &once);
    assert(s == OK);
    s = cbor_decode(&a, buf_bytes(&once), &again);
    assert(s == OK);
    write_text(v, &first);
    write_text(again, &second);
    assert(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
    s = cbor_encode(again, &twice);
    assert(s == OK && bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
    return 0;
}
