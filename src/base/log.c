#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_internal.h"

static const char *const level_names[] = {"debug", "info", "warn", "error", "off"};
static _Atomic int least_level = LOG_INFO;

enum { TAIL_BYTES = 4, VALUE_BYTES_MAX = 1024 }; /* TAIL: room for the closing characters */

void log_set_level(enum log_level least) {
    atomic_store(&least_level, (int)least);
}

status log_level_parse(bytes text, enum log_level *out_level) {
    for (size_t i = 0; i < COUNT_OF(level_names); i++) {
        if (bytes_equal(text, bytes_from(level_names[i]))) {
            *out_level = (enum log_level)i;
            return OK;
        }
    }
    return FAIL(E_INVALID, "log level '%.*s' is none of debug, info, warn, error, off",
                BYTES_ARG(text));
}

static void put(struct log_line *l, const char *data, size_t len) {
    size_t room = sizeof l->text - TAIL_BYTES - l->len;
    if (len > room)
        len = room;
    memcpy(l->text + l->len, data, len);
    l->len += len;
}

static bool has_room(const struct log_line *l, size_t len) {
    return len <= sizeof l->text - TAIL_BYTES - l->len;
}

/* How many characters a byte takes in JSON. */
static size_t escaped_size(uint8_t c, bool text) {
    if (c == '"' || c == '\\')
        return 2;
    return c < 0x20 || c == 0x7F || (c >= 0x80 && !text) ? 6 : 1;
}

static size_t escaped_len(bytes value, bool text) {
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++)
        len += escaped_size(value.ptr[i], text);
    return len;
}

static void put_escaped(struct log_line *l, bytes value, bool text) {
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.ptr[i];
        char escape[8] = {(char)c};
        if (escaped_size(c, text) == 2)
            (void)snprintf(escape, sizeof escape, "\\%c", c);
        else if (escaped_size(c, text) == 6)
            (void)snprintf(escape, sizeof escape, "\\u%04x", c);
        put(l, escape, escaped_size(c, text));
    }
}

bool log_begin(struct log_line *l, enum log_level level, const char *event) {
    if ((int)level < atomic_load_explicit(&least_level, memory_order_relaxed))
        return false;
    if (!log_writer_wants(event))
        return false;
    char time[25];
    clock_format(clock_wall_ms(), time);
    int n = snprintf(l->text, sizeof l->text, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"",
                     time, level_names[level], event);
    l->len = (size_t)n;
    return true;
}

void log_bytes(struct log_line *l, const char *key, bytes value) {
    if (value.len > VALUE_BYTES_MAX) {
        value = bytes_slice(value, 0, VALUE_BYTES_MAX);
        for (int i = 0; i < 3 && (value.ptr[value.len - 1] & 0x80) && !bytes_are_utf8(value); i++)
            value.len--; /* a character cut in the middle */
    }
    bool text = bytes_are_utf8(value);
    if (!has_room(l, strlen(key) + escaped_len(value, text) + 6))
        return;
    put(l, ",\"", 2);
    put(l, key, strlen(key));
    put(l, "\":\"", 3);
    put_escaped(l, value, text);
    put(l, "\"", 1);
}

void log_text(struct log_line *l, const char *key, const char *value) {
    log_bytes(l, key, bytes_from(value));
}

void log_u64(struct log_line *l, const char *key, uint64_t value) {
    char text[160];
    int n = snprintf(text, sizeof text, ",\"%.100s\":%llu", key, (unsigned long long)value);
    if (n > 0 && has_room(l, (size_t)n))
        put(l, text, (size_t)n);
}

void log_end(struct log_line *l) {
    memcpy(l->text + l->len, "}\n", 2);
    if (!log_writer_take(l->text, l->len + 2))
        (void)!write(STDERR_FILENO, l->text, l->len + 2);
}

void log_event(enum log_level level, const char *event, const char *format, ...) {
    struct log_line l;
    if (!log_begin(&l, level, event))
        return;
    char message[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    log_text(&l, "message", message);
    log_end(&l);
}
