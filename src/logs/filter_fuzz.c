/* A pattern, a zero, a line: saying a pattern twice means what it means once. */
#include <assert.h>

#include "logs/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* "{ x }" becomes "{(x)||(x)}", terms are put behind themselves. */
static void say_twice(bytes pattern, struct buf *out) {
    if (pattern.ptr[0] != '{') {
        buf_printf(out, "%.*s %.*s", BYTES_ARG(pattern), BYTES_ARG(pattern));
        return;
    }
    bytes inner = bytes_slice(pattern, 1, pattern.len - 2);
    buf_printf(out, "{(%.*s)||(%.*s)}", BYTES_ARG(inner), BYTES_ARG(inner));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO(arena) a = {0};
    AUTO(buf) twice = {0};
    const struct log_filter *once, *again;
    bytes input = bytes_of(data, size), line = input, pattern;
    if (!bytes_split(&line, 0, &pattern) || log_filter_parse(&a, pattern, &once) != OK)
        return 0;
    bool matches = log_filter_matches(once, line);
    pattern = bytes_trim(pattern);
    if (pattern.len == 0) {
        assert(matches);
        return 0;
    }
    say_twice(pattern, &twice);
    if (log_filter_parse(&a, buf_bytes(&twice), &again) == OK) /* else it is too long by now */
        assert(log_filter_matches(again, line) == matches);
    return 0;
}
