/* What a process may send to its Runtime API: bytes in pieces on two connections, with events given
 * in between. The first byte of each step chooses: 0–1 the connection that gets the piece, 2 an
 * event, 3 a connection hangs up; the second how long the piece is.
 *
 * A second, naive account is kept of what may happen: a result only while an event is worked on,
 * only once, only after a request that names it. */
#include <assert.h>
#include <string.h>

#include "runtime/dialogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_BYTES_MAX = 300, WIRES = 2 };

struct wire {
    struct http_parser parser;
    struct buf in;
    bool holds, broken;
};

struct talk {
    struct dialogue d;
    struct wire wires[WIRES];
    bool given; /* an event that has no result yet */
    unsigned events, results;
};

static bool names(const struct http_request *r, const char *id) {
    bytes path = r->path;
    return bytes_search(path, bytes_from(id)) < path.len;
}

static void check_outcome(struct talk *t, const struct http_request *r, bool had, bool held,
                          const struct http_response *answer) {
    if (held) {
        assert(t->d.state == DIALOGUE_READY);
        return;
    }
    assert(answer->status == 202 || answer->status == 400 || answer->status == 403 ||
           answer->status == 404);
    if (t->d.has_result == had)
        return;
    assert(answer->status == 202 && t->d.has_result);
    if (t->d.state == DIALOGUE_FAILED) {
        assert(t->events == 0 && t->d.is_error);
        return;
    }
    assert(t->given && names(r, t->d.request_id) && t->d.state == DIALOGUE_ANSWERED);
    assert(bytes_equal(buf_bytes(&t->d.result), r->body));
    t->given = false;
    t->results++;
}

static void take(struct talk *t, struct wire *w) {
    AUTO(arena) a = {0};
    struct http_request r;
    struct http_response answer;
    bool held, had = t->d.has_result;
    http_parser_request(&w->parser, &w->in, &a, &r);
    dialogue_ask(&t->d, &r, &answer, &held);
    w->holds = held;
    check_outcome(t, &r, had, held, &answer);
    buf_drop_front(&w->in, http_parser_length(&w->parser));
    http_parser_start(&w->parser, BODY_BYTES_MAX);
}

static void refuse(struct talk *t, struct wire *w) {
    struct http_response answer;
    w->broken = true;
    if (w->parser.http_status != 413)
        return;
    bool had = t->d.has_result;
    dialogue_too_large(&t->d, &answer);
    assert(answer.status == 413);
    if (t->d.has_result == had)
        return;
    assert(t->given && t->d.is_error);
    t->given = false;
    t->results++;
}

static void feed(struct talk *t, struct wire *w, bytes piece) {
    enum http_progress progress;
    if (w->holds || w->broken)
        return;
    buf_append(&w->in, piece);
    while (!w->holds && !w->broken) {
        if (http_parser_read(&w->parser, &w->in, &progress) != OK)
            refuse(t, w);
        else if (progress == HTTP_DONE)
            take(t, w);
        else if (progress == HTTP_MORE)
            return;
    }
}

static void give(struct talk *t) {
    static const struct dialogue_event event = {.request_id = "1-2-3",
                                                .body = {(const uint8_t *)"{}", 2}};
    AUTO(buf) out = {0};
    unsigned holders = 0;
    for (int i = 0; i < WIRES; i++)
        holders += t->wires[i].holds;
    assert(holders == (t->d.state == DIALOGUE_READY)); /* exactly who waits is waited for */
    if (t->d.state != DIALOGUE_READY)
        return;
    dialogue_give(&t->d, &event, &out, 0);
    assert(bytes_start_with(buf_bytes(&out), BYTES("HTTP/1.1 200 OK\r\n")));
    for (int i = 0; i < WIRES; i++)
        t->wires[i].holds = false;
    assert(!t->d.has_result);
    t->given = true;
    t->events++;
}

static void hang_up(struct talk *t, struct wire *w) {
    if (w->holds)
        dialogue_lost(&t->d);
    buf_done(&w->in);
    *w = (struct wire){0};
    http_parser_start(&w->parser, BODY_BYTES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct talk t;
    bytes left = bytes_of(data, size);
    memset(&t, 0, sizeof t);
    for (int i = 0; i < WIRES; i++)
        http_parser_start(&t.wires[i].parser, BODY_BYTES_MAX);
    while (left.len >= 2) {
        unsigned step = left.ptr[0] % 4;
        size_t len = left.ptr[1];
        left = bytes_skip(left, 2);
        if (step < WIRES)
            feed(&t, &t.wires[step], bytes_slice(left, 0, len));
        else if (step == 2)
            give(&t);
        else
            hang_up(&t, &t.wires[len % WIRES]);
        if (step < WIRES)
            left = bytes_skip(left, len);
        assert(t.results <= t.events && t.events - t.results <= 1);
    }
    for (int i = 0; i < WIRES; i++)
        buf_done(&t.wires[i].in);
    dialogue_done(&t.d);
    return 0;
}
