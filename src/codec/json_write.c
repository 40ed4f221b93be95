/* The writer: values to JSON text. */
#include <inttypes.h>
#include <string.h>

#include "codec/json.h"
#include "codec/utf8.h"

void json_start(struct json_writer *w, struct buf *out) {
    *w = (struct json_writer){.out = out};
}

static void begin(struct json_writer *w, uint8_t bracket) {
    if (w->comma)
        buf_append_byte(w->out, ',');
    buf_append_byte(w->out, bracket);
    w->comma = false;
}

static void end(struct json_writer *w, uint8_t bracket) {
    buf_append_byte(w->out, bracket);
    w->comma = true;
}

void json_object_begin(struct json_writer *w) {
    begin(w, '{');
}

void json_object_end(struct json_writer *w) {
    end(w, '}');
}

void json_array_begin(struct json_writer *w) {
    begin(w, '[');
}

void json_array_end(struct json_writer *w) {
    end(w, ']');
}

static void escape(struct buf *out, uint8_t c) { /* [RFC 8259 7] */
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *found = c ? strchr(from, c) : NULL;
    if (found) {
        buf_append_byte(out, '\\');
        buf_append_byte(out, (uint8_t)to[found - from]);
    } else {
        buf_printf(out, "\\u%04x", c);
    }
}

static bool is_plain(uint8_t c) {
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void quoted(struct buf *out, bytes text) {
    buf_append_byte(out, '"');
    while (text.len > 0) {
        size_t plain = 0;
        while (plain < text.len && is_plain(text.ptr[plain]))
            plain++;
        buf_append(out, bytes_slice(text, 0, plain));
        text = bytes_skip(text, plain);
        if (text.len == 0)
            break;
        size_t len = utf8_length(text);
        if (len == 1)
            escape(out, text.ptr[0]);
        else
            buf_append(out, len ? bytes_slice(text, 0, len) : BYTES("\xEF\xBF\xBD"));
        text = bytes_skip(text, len ? len : 1);
    }
    buf_append_byte(out, '"');
}

void json_name_bytes(struct json_writer *w, bytes name) {
    if (w->comma)
        buf_append_byte(w->out, ',');
    quoted(w->out, name);
    buf_append_byte(w->out, ':');
    w->comma = false;
}

void json_name(struct json_writer *w, const char *name) {
    json_name_bytes(w, bytes_from(name));
}

void json_raw(struct json_writer *w, bytes json) {
    if (w->comma)
        buf_append_byte(w->out, ',');
    buf_append(w->out, json);
    w->comma = true;
}

void json_string(struct json_writer *w, bytes value) {
    json_raw(w, (bytes){0});
    quoted(w->out, value);
}

void json_text(struct json_writer *w, const char *value) {
    json_string(w, bytes_from(value));
}

void json_i64(struct json_writer *w, int64_t value) {
    json_raw(w, (bytes){0});
    buf_printf(w->out, "%" PRId64, value);
}

void json_bool(struct json_writer *w, bool value) {
    json_raw(w, value ? BYTES("true") : BYTES("false"));
}

void json_null(struct json_writer *w) {
    json_raw(w, BYTES("null"));
}

void json_seconds(struct json_writer *w, int64_t wall_ms) {
    uint64_t ms = wall_ms < 0 ? 0 - (uint64_t)wall_ms : (uint64_t)wall_ms;
    json_raw(w, wall_ms < 0 ? BYTES("-") : BYTES(""));
    buf_printf(w->out, "%" PRIu64, ms / 1000);
    if (ms % 1000 == 0)
        return;
    buf_printf(w->out, ".%03u", (unsigned)(ms % 1000));
    while (w->out->ptr[w->out->len - 1] == '0')
        w->out->len--;
}

void json_value(struct json_writer *w, const struct json *v) {
    switch (v->type) {
    case JSON_NULL:
        json_null(w);
        return;
    case JSON_FALSE:
    case JSON_TRUE:
        json_bool(w, v->type == JSON_TRUE);
        return;
    case JSON_NUMBER:
        json_raw(w, v->text);
        return;
    case JSON_STRING:
        json_string(w, v->text);
        return;
    case JSON_ARRAY:
        json_array_begin(w);
        JSON_EACH (item, v)
            json_value(w, item);
        json_array_end(w);
        return;
    case JSON_OBJECT:
        json_object_begin(w);
        JSON_EACH (member, v) {
            json_name_bytes(w, member->name);
            json_value(w, member);
        }
        json_object_end(w);
        return;
    }
}
