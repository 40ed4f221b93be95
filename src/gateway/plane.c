#include "gateway/plane.h"

#include <string.h>

#include "gateway/connection.h"
#include "gateway/principals.h"
#include "gateway/reasons.h"
#include "gateway/server.h"

static void on_turn_end(struct turn_hook *h) {
    connections_end_turn(OWNER(h, struct plane, hook));
}

struct plane *plane_new(struct server *server, struct loop *loop, unsigned index, unsigned count,
                        struct directory *directory) {
    struct plane *p = NEW(struct plane);
    p->server = server;
    p->loop = loop;
    p->index = index;
    p->broker =
        broker_new(loop, index, count, directory, &limits_of(server->settings->profile)->broker);
    broker_on_relief(p->broker, plane_relieved, p);
    output_pool_init(&p->pool);
    list_init(&p->connections);
    list_init(&p->handshakes);
    list_init(&p->graveyard);
    list_init(&p->paused);
    list_init(&p->http_uploads);
    list_init(&p->refreshes);
    p->next_expiry_ms = INT64_MAX;
    p->read_memory = mem_new(READ_BYTES);
    p->plain_memory = mem_new(PLAIN_BYTES);
    p->hook.run = on_turn_end;
    loop_add_turn_hook(loop, &p->hook);
    reasons_start(p);
    return p;
}

/* ---- doors ---- */

static void on_accept(struct listener *l) {
    struct door *d = OWNER(l, struct door, listener);
    connection_accept(d->plane, l, (enum entrance)(d - d->plane->doors));
}

/* Those who want in wait in the kernel meanwhile. */
static void on_trouble(struct listener *l, int error) {
    UNUSED(l);
    log_event(LOG_ERROR, "listener.trouble",
              "connections cannot be accepted: %s; trying again until they can", strerror(error));
}

status plane_listen(struct plane *p, enum entrance entrance, bytes address,
                    const struct plane *first, uint16_t *out_port) {
    struct door *d = &p->doors[entrance];
    d->plane = p;
    d->listener.on_accept = on_accept;
    d->listener.on_trouble = on_trouble;
    if (first)
        TRY(loop_listen_beside(p->loop, &d->listener, &first->doors[entrance].listener));
    else
        TRY(loop_listen(p->loop, &d->listener, address, out_port));
    d->open = true;
    return OK;
}

static void close_doors(struct plane *p) {
    for (int i = 0; i < ENTRANCE_COUNT; i++) {
        if (p->doors[i].open)
            listener_close(&p->doors[i].listener);
        p->doors[i].open = false;
    }
}

/* ---- draining ---- */

enum { DRAIN_MS_MAX = 5000, DRAIN_LOOK_MS = 5 };

/* Closing one connection may close others, so each is taken from a list of those not yet visited.
 */
static void each_connection(struct plane *p, void (*visit)(struct connection *c)) {
    struct list left;
    list_init(&left);
    for (struct list *l; (l = list_pop(&p->connections));)
        list_push(&left, l);
    for (struct list *l; (l = list_pop(&left));) {
        list_push(&p->connections, l);
        visit(OWNER(l, struct connection, link));
    }
}

static void say_farewell(struct connection *c) {
    if (c->protocol)
        c->protocol->drain(c);
    else
        connection_close(c);
}

static void on_drain_time(struct timer *t) {
    struct plane *p = OWNER(t, struct plane, drain_timer);
    if (loop_now_ms(p->loop) >= p->drain_until_ms)
        each_connection(p, connection_close);
    if (p->connection_count > 0 || p->refreshes_under_way > 0) {
        timer_start(p->loop, t, DRAIN_LOOK_MS);
        return;
    }
    timer_stop(p->loop, &p->refresh_timer);
    timer_stop(p->loop, &p->expiry_timer);
    reasons_stop(p);
    loop_stop(p->loop);
}

void plane_drain(struct plane *p) {
    p->draining = true;
    close_doors(p);
    each_connection(p, say_farewell);
    p->drain_until_ms = loop_now_ms(p->loop) + DRAIN_MS_MAX;
    p->drain_timer.on_time = on_drain_time;
    timer_start(p->loop, &p->drain_timer, 0);
}

void plane_free(struct plane *p) {
    if (!p)
        return;
    close_doors(p); /* still open when another one could not be opened */
    connections_end_turn(p);
    broker_free(p->broker);
    tls_context_free(p->tls);
    principals_free(p);
    output_pool_done(&p->pool);
    mem_free(p->read_memory);
    mem_free(p->plain_memory);
    buf_done(&p->cipher);
    buf_done(&p->properties);
    mem_free(p);
}
