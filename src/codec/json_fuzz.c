/* Parse, write, parse again, write again: both texts are the same, and so is what the trees say.
 * Strings and names of an accepted text are UTF-8. */
#include <assert.h>

#include "codec/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_text(const struct json *v, struct buf *out) {
    struct json_writer w;
    json_start(&w, out);
    json_value(&w, v);
}

static void check_values(const struct json *v) {
    assert(bytes_are_utf8(v->name));
    assert(bytes_are_utf8(v->text));
    int64_t integer;
    double real;
    if (json_to_i64(v, &integer) == OK && json_to_double(v, &real) == OK)
        assert(real >= -0x1p63 && real <= 0x1p63 && (double)integer == real);
    size_t count = 0;
    JSON_EACH (child, v) {
        check_values(child);
        count++;
    }
    assert(count == v->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO(arena) a = {0};
    AUTO(buf) first = {0}, second = {0};
    const struct json *v, *again;
    if (json_parse(&a, bytes_of(data, size), &v) != OK)
        return 0;
    check_values(v);
    write_text(v, &first);
    status reparsed = json_parse(&a, buf_bytes(&first), &again);
    assert(reparsed == OK);
    write_text(again, &second);
    assert(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
    return 0;
}
