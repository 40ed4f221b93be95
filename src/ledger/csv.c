#include "ledger/csv.h"

#include <string.h>

static const bytes byte_order_mark = BYTES("\xef\xbb\xbf");

uint8_t csv_separator(bytes text) {
    bool quoted = false;
    for (size_t i = 0; i < text.len && text.ptr[i] != '\n'; i++) {
        uint8_t c = text.ptr[i];
        if (c == '"')
            quoted = !quoted;
        if (!quoted && (c == ',' || c == ';' || c == '\t'))
            return c;
    }
    return ',';
}

static bool is_empty(bytes record) {
    return record.len == 0 || (record.len == 1 && record.ptr[0] == '\r');
}

/* Where the record at the front ends: at a line feed outside quotes. Counts those inside. */
static size_t find_end(bytes text, uint64_t *lines) {
    size_t most = text.len < CSV_RECORD_BYTES_MAX ? text.len : CSV_RECORD_BYTES_MAX;
    bool quoted = false;
    for (size_t i = 0; i < most; i++) {
        if (text.ptr[i] == '"')
            quoted = !quoted;
        if (text.ptr[i] == '\n' && !quoted)
            return i;
        *lines += text.ptr[i] == '\n';
    }
    return most;
}

bool csv_take(bytes *rest, uint64_t *line, bytes *out_record, uint64_t *out_line) {
    if (*line == 1 && bytes_start_with(*rest, byte_order_mark))
        *rest = bytes_skip(*rest, byte_order_mark.len);
    while (rest->len > 0) {
        uint64_t lines = 0;
        size_t end = find_end(*rest, &lines);
        bytes record = bytes_slice(*rest, 0, end);
        bool at_line_end = end < rest->len && rest->ptr[end] == '\n';
        *rest = bytes_skip(*rest, at_line_end ? end + 1 : end);
        *out_line = *line;
        *line += lines + at_line_end;
        if (is_empty(record))
            continue;
        bool with_return = record.ptr[record.len - 1] == '\r';
        *out_record = bytes_slice(record, 0, record.len - with_return);
        return true;
    }
    return false;
}

/* What stands between quotes; a doubled one stands for one. */
static status take_quoted(bytes *rest, struct arena *memory, bytes *out_value) {
    uint8_t *value = arena_alloc(memory, rest->len);
    size_t len = 0, i = 1;
    for (; i < rest->len; i++) {
        if (rest->ptr[i] == '"' && (i + 1 == rest->len || rest->ptr[i + 1] != '"'))
            break;
        i += rest->ptr[i] == '"';
        value[len++] = rest->ptr[i];
    }
    if (i >= rest->len)
        return FAIL(E_MALFORMED, "a quote is opened and never closed");
    *rest = bytes_skip(*rest, i + 1);
    *out_value = bytes_of(value, len);
    return OK;
}

static status take_field(bytes *rest, uint8_t separator, struct arena *memory, bytes *out_value) {
    if (rest->len > 0 && rest->ptr[0] == '"') {
        TRY(take_quoted(rest, memory, out_value));
        if (rest->len > 0 && rest->ptr[0] != separator)
            return FAIL(E_MALFORMED, "there is text behind a closing quote");
        return OK;
    }
    size_t end = bytes_find(*rest, separator);
    *out_value = bytes_trim(bytes_slice(*rest, 0, end));
    *rest = bytes_skip(*rest, end);
    return OK;
}

status csv_split(bytes record, uint8_t separator, struct arena *memory,
                 struct csv_fields *out_fields) {
    bytes rest = record;
    bool more = true;
    out_fields->count = 0;
    while (more) {
        if (out_fields->count == CSV_FIELDS_MAX)
            return FAIL(E_MALFORMED, "there are more than %d fields", CSV_FIELDS_MAX);
        TRY(take_field(&rest, separator, memory, &out_fields->items[out_fields->count]));
        out_fields->count++;
        more = rest.len > 0;
        rest = bytes_skip(rest, 1);
    }
    return OK;
}

static bool needs_quotes(bytes value) {
    for (size_t i = 0; i < value.len; i++)
        if (strchr("\",;\t\r\n", value.ptr[i])) /* a zero byte, too */
            return true;
    return value.len > 0 && (value.ptr[0] == ' ' || value.ptr[value.len - 1] == ' ');
}

void csv_append(struct buf *out, bytes value) {
    if (!needs_quotes(value)) {
        buf_append(out, value);
        return;
    }
    buf_append_byte(out, '"');
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"')
            buf_append_byte(out, '"');
        buf_append_byte(out, value.ptr[i]);
    }
    buf_append_byte(out, '"');
}
