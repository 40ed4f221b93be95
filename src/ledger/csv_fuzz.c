/* CSV from anywhere. What was read is written and read again the same; lines are counted as a naive
 * count has them. */
#include <stdlib.h>
#include <string.h>

#include "ledger/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds)
        abort();
}

static void write_and_read_again(const struct csv_fields *f, struct arena *memory) {
    AUTO(buf) text = {0};
    struct csv_fields again;
    for (size_t i = 0; i < f->count; i++) {
        if (i)
            buf_append_byte(&text, ',');
        csv_append(&text, f->items[i]);
    }
    must(csv_split(buf_bytes(&text), ',', memory, &again) == OK);
    must(again.count == f->count);
    for (size_t i = 0; i < f->count; i++)
        must(bytes_equal(again.items[i], f->items[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO(arena) memory = {0};
    bytes text = bytes_of(data, size), rest = text, record;
    uint64_t line = 1, at, last = 0, lines = 1;
    struct csv_fields f;
    uint8_t separator = csv_separator(text);
    while (csv_take(&rest, &line, &record, &at)) {
        must(at > last && at <= line && record.len > 0);
        last = at;
        if (csv_split(record, separator, &memory, &f) == OK)
            write_and_read_again(&f, &memory);
        else
            must(strlen(failure_text()) > 0);
    }
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    must(line == lines);
    return 0;
}
