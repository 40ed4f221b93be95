#include "runtime/output.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void transcript_done(struct transcript *o) {
    buf_done(&o->partial);
    buf_done(&o->text);
    buf_done(&o->tail);
}

void transcript_begin(struct transcript *o) {
    buf_clear(&o->tail);
    o->taken = o->dropped = 0;
}

void transcript_flush(struct transcript *o) {
    struct runtime_line lines[OUTPUT_PENDING_MAX];
    size_t from = 0;
    for (size_t i = 0; i < o->pending; i++) {
        lines[i] = (struct runtime_line){o->times_ms[i],
                                         bytes_slice(buf_bytes(&o->text), from, o->ends[i] - from)};
        from = o->ends[i];
    }
    if (o->pending > 0 && o->emit)
        o->emit(o, lines, o->pending);
    o->pending = 0;
    buf_clear(&o->text);
}

static void add_to_tail(struct transcript *o, bytes event) {
    size_t most = RUNTIME_LOG_TAIL_BYTES;
    if (event.len > most)
        event = bytes_skip(event, event.len - most);
    buf_append(&o->tail, event);
    if (o->tail.len > 2 * most)
        buf_drop_front(&o->tail, o->tail.len - most);
}

bytes transcript_tail(const struct transcript *o) {
    size_t most = RUNTIME_LOG_TAIL_BYTES;
    return bytes_skip(buf_bytes(&o->tail), o->tail.len > most ? o->tail.len - most : 0);
}

static void add_event(struct transcript *o, bytes event, int64_t now_ms) {
    if (event.len == 0)
        return;
    buf_append(&o->text, event);
    o->ends[o->pending] = o->text.len;
    o->times_ms[o->pending] = now_ms;
    o->pending++;
    add_to_tail(o, event);
    if (o->pending == OUTPUT_PENDING_MAX)
        transcript_flush(o);
}

/* The partial line ends here. What breaks it into lines without ending it was written as a carriage
 * return; the one before the newline is just that. */
static void end_line(struct transcript *o, int64_t now_ms) {
    uint8_t *p = o->partial.ptr;
    size_t len = o->partial.len;
    for (size_t i = 0; i + 1 < len; i++)
        if (p[i] == '\r' && !(i + 2 == len && p[i + 1] == '\n'))
            p[i] = '\n';
    add_event(o, buf_bytes(&o->partial), now_ms);
    buf_clear(&o->partial);
}

/* Takes up to a newline off the front. */
static void take_piece(struct transcript *o, bytes *left, int64_t now_ms) {
    size_t newline = bytes_find(*left, '\n');
    bool ends = newline < left->len;
    size_t len = newline + (ends ? 1 : 0), room = OUTPUT_LINE_BYTES_MAX - o->partial.len;
    if (len >= room) {
        len = room;
        ends = true;
    }
    buf_append(&o->partial, bytes_slice(*left, 0, len));
    *left = bytes_skip(*left, len);
    if (ends)
        end_line(o, now_ms);
}

void transcript_take(struct transcript *o, bytes written, int64_t now_ms) {
    size_t room = RUNTIME_OUTPUT_BYTES_MAX - o->taken;
    if (written.len > room) {
        o->dropped += written.len - room;
        written.len = room;
    }
    o->taken += written.len;
    while (written.len > 0)
        take_piece(o, &written, now_ms);
}

void transcript_say(struct transcript *o, int64_t now_ms, const char *format, ...) {
    char text[2048];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t most = sizeof text - 1;
    if (len > 0)
        add_event(o, bytes_of(text, (size_t)len < most ? (size_t)len : most), now_ms);
}

void transcript_end(struct transcript *o, int64_t now_ms) {
    end_line(o, now_ms);
    if (o->dropped > 0)
        transcript_say(o, now_ms,
                       "[kedge] %zu more bytes of output were not kept: an invocation may write "
                       "%d bytes to its log\n",
                       o->dropped, RUNTIME_OUTPUT_BYTES_MAX);
    o->dropped = 0;
}
