/* Takeover: a client identifier is wanted by a new connection while another holds it.
 *
 * The new session waits; the loop of the former one closes that connection (its will is published
 * there, before anything of the new one) and answers; then the new session opens [MQTT311-3.1.4-2].
 * If a third one comes meanwhile it claims in turn and closes the one that still waits. */
#include <string.h>

#include "broker/internal.h"

struct takeover {
    struct task task;
    struct broker *from, *to; /* the loop of the new session, and of the former */
    struct session *session;  /* that waits; NULL when it went away meanwhile */
    struct takeover *behind;  /* wants what `session` was waiting for, and waits for the same */
    uint64_t former_serial;
    size_t account_bytes;
    uint8_t account[];
};

static void open_session(struct session *s) {
    s->takeover = NULL;
    s->events->session_opened(s);
}

/* Back on the loop of the new session. */
static void finish(struct task *t) {
    struct takeover *o = OWNER(t, struct takeover, task);
    struct session *s = o->session;
    if (o->behind) { /* nobody holds the identifier any more: the next one may have it */
        o->behind->task.run = finish;
        loop_post(o->behind->from->loop, &o->behind->task);
    }
    mem_free(o);
    if (s)
        open_session(s);
}

static struct session *find_former(struct broker *b, const struct takeover *o) {
    struct space *space = broker_space(b, bytes_of(o->account, o->account_bytes));
    struct map_node *n =
        map_find(&space->sessions, bytes_of(&o->former_serial, sizeof o->former_serial));
    return n ? OWNER(n, struct session, by_serial) : NULL;
}

/* On the loop of the former session, which may be gone already. */
static void close_former(struct task *t) {
    struct takeover *o = OWNER(t, struct takeover, task);
    struct session *former = find_former(o->to, o);
    struct takeover *pending = former ? former->takeover : NULL;
    if (former)
        former->events->session_taken_over(former);
    if (pending) { /* it waited itself: so do we, for the same answer */
        pending->behind = o;
        return;
    }
    o->task.run = finish;
    loop_post(o->from->loop, &o->task);
}

void takeover_start(struct session *s, struct holder former) {
    struct space *space = s->space;
    struct broker *b = space->broker;
    struct takeover *o = mem_new(sizeof *o + space->account.len);
    *o = (struct takeover){.task.run = close_former,
                           .from = b,
                           .to = b,
                           .session = s,
                           .former_serial = former.serial,
                           .account_bytes = space->account.len};
    if (space->account.len)
        memcpy(o->account, space->account.ptr, space->account.len);
    if (former.loop != b->index)
        o->to = b->peers[former.loop];
    s->takeover = o;
    loop_post(o->to->loop, &o->task);
}

void takeover_cancel(struct session *s) {
    if (s->takeover)
        s->takeover->session = NULL;
    s->takeover = NULL;
}
