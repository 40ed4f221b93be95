#include "gateway/strangers.h"

enum { SAY_TIMES_MAX = 64 };

uint8_t strangers_take_byte(struct strangers *s) {
    uint8_t byte = s->input.len ? s->input.ptr[0] : 0;
    s->input = bytes_skip(s->input, 1);
    return byte;
}

bytes strangers_take_some(struct strangers *s) {
    size_t len = strangers_take_byte(s);
    bytes some = bytes_slice(s->input, 0, len);
    s->input = bytes_skip(s->input, len);
    return some;
}

static bool read_all(struct strangers *s, size_t stranger) {
    struct stranger *one = &s->all[stranger];
    if (!one->end || one->sulks || sim_read(one->end, &one->in) <= 0)
        return false;
    buf_drop_front(&one->in, s->check(stranger, buf_bytes(&one->in)));
    return true;
}

void strangers_settle(struct strangers *s) {
    bool any = true;
    while (any) {
        any = false;
        sim_run_until_idle(s->sim);
        for (size_t i = 0; i < STRANGERS; i++)
            any |= read_all(s, i);
    }
}

void strangers_pass(struct strangers *s) {
    strangers_settle(s);
    sim_pass(s->sim, strangers_take_byte(s) * 1000u);
}

void stranger_say(struct strangers *s, size_t stranger, bytes data) {
    struct stranger *one = &s->all[stranger];
    if (!one->end)
        one->end = sim_connect(s->sim, bytes_from(s->door));
    for (int times = 0; !one->shut && data.len > 0 && times < SAY_TIMES_MAX; times++) {
        ssize_t n = sim_write(one->end, data);
        if (n < 0)
            return;
        data = bytes_skip(data, (size_t)n);
        if (data.len > 0)
            strangers_settle(s);
    }
}

void stranger_shut_down(struct strangers *s, size_t stranger) {
    struct stranger *one = &s->all[stranger];
    if (one->end && !one->shut)
        sim_shutdown(one->end);
    one->shut = one->end != NULL;
}

void stranger_reset(struct strangers *s, size_t stranger) {
    if (s->all[stranger].end)
        sim_reset(s->all[stranger].end);
    stranger_leave(s, stranger);
}

void stranger_leave(struct strangers *s, size_t stranger) {
    sim_end_free(s->all[stranger].end);
    buf_done(&s->all[stranger].in);
    s->all[stranger] = (struct stranger){0};
}
