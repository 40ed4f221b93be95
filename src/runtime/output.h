/* What a process writes, as events of a log [AWS rules-and-functions 9]: a line is an event, and a
 * carriage return inside a line is a line break that does not end it, as AWS's runtime clients
 * write exceptions. Bounded per invocation; the last 4 KB stay at hand. No I/O; one thread. */
#pragma once
#include "runtime/runtime.h"

enum {
    OUTPUT_LINE_BYTES_MAX = 256 * 1024 - 26, /* of an event; longer ones are cut in pieces */
    OUTPUT_PENDING_MAX = 512,                /* events before they must be handed on */
};

struct transcript {
    struct buf partial; /* a line that has not ended */
    struct buf text;    /* of the pending events, one after the other */
    size_t ends[OUTPUT_PENDING_MAX];
    int64_t times_ms[OUTPUT_PENDING_MAX];
    size_t pending;
    struct buf tail;       /* at most twice RUNTIME_LOG_TAIL_BYTES */
    size_t taken, dropped; /* bytes of the process, in this invocation */
    void (*emit)(struct transcript *o, const struct runtime_line *lines, size_t count);
};

void transcript_done(struct transcript *o);
/* transcript_begin forgets tail and bounds: an invocation begins. */
void transcript_begin(struct transcript *o);
/* transcript_take takes what the process wrote; beyond RUNTIME_OUTPUT_BYTES_MAX it is counted only.
 */
void transcript_take(struct transcript *o, bytes written, int64_t now_ms);
/* transcript_say adds an event of our own: START, END, REPORT … */
void transcript_say(struct transcript *o, int64_t now_ms, const char *format, ...) PRINTF(3, 4);
/* transcript_end ends the line that has not ended, and says how much was dropped. */
void transcript_end(struct transcript *o, int64_t now_ms);
/* transcript_flush hands pending events on. */
void transcript_flush(struct transcript *o);
/* transcript_tail is the last RUNTIME_LOG_TAIL_BYTES, until the next change. */
bytes transcript_tail(const struct transcript *o);
