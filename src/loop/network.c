/* The simulated network: two byte queues per connection, one for each direction.
 *
 *     test writes ──▶ to_server: arrived | under way ──▶ stream_read
 *     test reads  ◀── to_client:           arrived   ◀── stream_write
 *
 * What a turn of the server's loop lets arrive of the bytes under way, and how much of a write
 * fits, is drawn from the seed. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "loop/world.h"

struct queue {
    struct buf bytes;
    size_t arrived;
    bool ended; /* by its writer */
};

/* A connection: the test's end, and what the server's struct stream has as handle. */
struct sim_end {
    struct sim *sim;
    struct list link; /* of its loop's ends, or of a listener's waiting */
    struct stream *stream;
    struct queue to_server, to_client;
    struct address address; /* the test's */
    size_t window;
    bool watches_readable, watches_writable;
    bool reset;         /* by the test */
    bool server_closed; /* also: never accepted */
    bool bytes_were_unread;
    bool freed; /* the test let go of it */
};

static size_t room(const struct sim_end *e) {
    size_t used = e->to_client.bytes.len;
    return used < e->window ? e->window - used : 0;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* How much of `count` goes through this time: most often all, now and then a single byte. */
static size_t cut(struct sim *sim, size_t count) {
    if (sim->seed == 0 || count < 2)
        return count;
    switch (sim_random(sim, 4)) {
    case 0:
        return 1;
    case 1:
        return 1 + (size_t)sim_random(sim, least(count, 16));
    case 2:
        return 1 + (size_t)sim_random(sim, count);
    default:
        return count;
    }
}

static void end_free(struct sim_end *e) {
    list_remove(&e->link);
    buf_done(&e->to_server.bytes);
    buf_done(&e->to_client.bytes);
    mem_free(e);
}

/* ---- the server's side ---- */

static struct sim_end *end_of(const struct stream *s) {
    return s->handle;
}

static ssize_t net_read(struct stream *s, void *into, size_t size) {
    struct sim_end *e = end_of(s);
    struct queue *q = &e->to_server;
    if (e->reset)
        return -ECONNRESET;
    size_t count = least(size, q->arrived);
    if (count == 0)
        return q->ended && q->bytes.len == 0 ? 0 : -EAGAIN;
    memcpy(into, q->bytes.ptr, count);
    buf_drop_front(&q->bytes, count);
    q->arrived -= count;
    return (ssize_t)count;
}

static size_t parts_len(const struct iovec *parts, int count) {
    size_t len = 0;
    for (int i = 0; i < count; i++)
        len += parts[i].iov_len;
    return len;
}

static ssize_t net_write(struct stream *s, const struct iovec *parts, int count) {
    struct sim_end *e = end_of(s);
    if (e->reset || e->freed || e->to_client.ended)
        return e->reset ? -ECONNRESET : -EPIPE;
    size_t len = parts_len(parts, count), fits = least(len, room(e));
    if (len == 0)
        return 0;
    if (fits == 0 || (e->sim->seed && sim_random(e->sim, 16) == 0))
        return -EAGAIN;
    fits = cut(e->sim, fits);
    for (size_t left = fits; left > 0; parts++) {
        size_t part = least(left, parts->iov_len);
        buf_append(&e->to_client.bytes, bytes_of(parts->iov_base, part));
        left -= part;
    }
    return (ssize_t)fits;
}

static void net_watch(struct stream *s, bool readable, bool writable) {
    struct sim_end *e = end_of(s);
    e->watches_readable = readable;
    e->watches_writable = writable;
}

static void net_shutdown(struct stream *s) {
    end_of(s)->to_client.ended = true;
}

static void close_server_side(struct sim_end *e) {
    e->stream = NULL;
    e->server_closed = e->to_client.ended = true;
    e->bytes_were_unread = e->to_server.bytes.len > 0;
    list_remove(&e->link);
    if (e->freed)
        end_free(e);
}

static void net_close(struct stream *s) {
    close_server_side(end_of(s));
}

static void net_peer(const struct stream *s, char out_address[46], uint16_t *out_port) {
    address_host(&end_of(s)->address, out_address);
    *out_port = address_port(&end_of(s)->address);
}

/* ---- listeners ---- */

static bool same_host(const struct address *a, const struct address *b) {
    char one[46], other[46];
    address_host(a, one);
    address_host(b, other);
    return strcmp(one, other) == 0;
}

static bool is_any(const struct address *a) {
    char host[46];
    address_host(a, host);
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

static bool listens_at(const struct sim_listener *h, const struct address *a) {
    return address_port(&h->address) == address_port(a) &&
           (is_any(&h->address) || is_any(a) || same_host(&h->address, a));
}

static void add_listener(struct sim_loop *l, struct listener *listener, const struct address *a) {
    struct sim_listener *h = NEW(struct sim_listener);
    h->owner = listener;
    h->loop = l;
    h->address = *a;
    list_init(&h->waiting);
    list_push(&l->sim->listeners, &h->link);
    listener->handle = h;
}

static status net_listen(struct loop *loop, struct listener *listener, bytes address,
                         uint16_t *out_port) {
    struct sim_loop *l = sim_loop_of(loop);
    struct address a;
    TRY(address_parse(address, &a));
    if (address_port(&a) == 0)
        address_set_port(&a, l->sim->next_port++);
    LIST_EACH (link, &l->sim->listeners)
        if (listens_at(OWNER(link, struct sim_listener, link), &a))
            return FAIL(E_UNAVAILABLE, "cannot listen on %.*s: %s", BYTES_ARG(address),
                        strerror(EADDRINUSE));
    add_listener(l, listener, &a);
    *out_port = address_port(&a);
    return OK;
}

static status net_listen_beside(struct loop *loop, struct listener *listener,
                                const struct listener *first) {
    const struct sim_listener *h = first->handle;
    add_listener(sim_loop_of(loop), listener, &h->address);
    return OK;
}

static void net_take(struct listener *listener, struct stream *s) {
    struct sim_listener *h = listener->handle;
    assert(h && h->accepting);
    struct sim_end *e = TAKE(h->accepting);
    s->handle = e;
    e->stream = s;
    e->watches_readable = true;
    list_push(&h->loop->ends, &e->link);
}

static void net_stop_listening(struct listener *listener) {
    struct sim_listener *h = listener->handle;
    for (struct list *link; (link = list_pop(&h->waiting));)
        close_server_side(OWNER(link, struct sim_end, link));
    if (h->accepting) /* closed inside on_accept */
        close_server_side(h->accepting);
    list_remove(&h->link);
    mem_free(h);
}

const struct network_ops sim_network_ops = {
    .read = net_read,
    .write = net_write,
    .watch = net_watch,
    .shutdown = net_shutdown,
    .close = net_close,
    .peer = net_peer,
    .listen = net_listen,
    .listen_beside = net_listen_beside,
    .take = net_take,
    .stop_listening = net_stop_listening,
};

/* ---- events ---- */

static bool is_readable(const struct sim_end *e) {
    return e->watches_readable && (e->to_server.bytes.len > 0 || e->to_server.ended || e->reset);
}

static bool is_writable(const struct sim_end *e) {
    return e->watches_writable && (room(e) > 0 || e->freed || e->reset);
}

bool sim_network_is_ready(struct sim_loop *l) {
    LIST_EACH (link, &l->ends) {
        const struct sim_end *e = OWNER(link, struct sim_end, link);
        if (is_readable(e) || is_writable(e))
            return true;
    }
    LIST_EACH (link, &l->sim->listeners) {
        const struct sim_listener *h = OWNER(link, struct sim_listener, link);
        if (h->loop == l && !list_is_empty(&h->waiting))
            return true;
    }
    return false;
}

static void accept_waiting(struct listener *listener) {
    struct sim_listener *h = listener->handle;
    for (int i = 0; i < LISTENER_ACCEPT_MAX && !list_is_empty(&h->waiting); i++) {
        h->accepting = OWNER(list_pop(&h->waiting), struct sim_end, link);
        listener->on_accept(listener);
        if (listener->handle != h) /* closed meanwhile */
            return;
        if (h->accepting)
            close_server_side(h->accepting);
        h->accepting = NULL;
    }
}

static void hand_out(struct sim_end *e) {
    struct queue *q = &e->to_server;
    bool readable = is_readable(e), writable = is_writable(e);
    if (readable)
        q->arrived += cut(e->sim, q->bytes.len - q->arrived);
    e->stream->on_event(e->stream, readable || e->reset, writable || e->reset);
}

/* Ready ends go to a list of their own first: an event may close any of them. */
static void hand_out_all(struct sim_loop *l) {
    struct list ready;
    list_init(&ready);
    LIST_EACH (link, &l->ends) {
        struct sim_end *e = OWNER(link, struct sim_end, link);
        if (!is_readable(e) && !is_writable(e))
            continue;
        list_remove(link);
        if (l->sim->seed && sim_random(l->sim, 2))
            list_push(ready.next, link); /* before the first */
        else
            list_push(&ready, link);
    }
    for (struct list *link; (link = list_pop(&ready));) {
        list_push(&l->ends, link);
        hand_out(OWNER(link, struct sim_end, link));
    }
}

void sim_network_turn(struct sim_loop *l) {
    hand_out_all(l);
    struct list *all = &l->sim->listeners;
    for (struct list *link = all->next, *next; link != all; link = next) {
        struct sim_listener *h = OWNER(link, struct sim_listener, link);
        next = link->next;
        if (h->loop == l && !list_is_empty(&h->waiting)) {
            accept_waiting(h->owner);
            break; /* one listener a turn: others may be gone now */
        }
    }
}

/* ---- the test's side ---- */

static struct sim_listener *choose_listener(struct sim *sim, const struct address *a) {
    struct sim_listener *chosen = NULL;
    size_t count = 0;
    LIST_EACH (link, &sim->listeners) {
        struct sim_listener *h = OWNER(link, struct sim_listener, link);
        if (!listens_at(h, a))
            continue;
        if (sim->seed ? sim_random(sim, ++count) == 0 : !chosen)
            chosen = h;
    }
    return chosen;
}

struct sim_end *sim_connect(struct sim *sim, bytes address) {
    struct address a;
    struct sim_listener *h = NULL;
    if (address_parse(address, &a) == OK)
        h = choose_listener(sim, &a);
    if (!h)
        return NULL;
    struct sim_end *e = NEW(struct sim_end);
    e->sim = sim;
    e->window = sim->window;
    status s = address_parse(BYTES("127.0.0.1:0"), &e->address);
    assert(s == OK);
    address_set_port(&e->address, sim->next_port++);
    list_push(&h->waiting, &e->link);
    return e;
}

ssize_t sim_write(struct sim_end *e, bytes data) {
    struct queue *q = &e->to_server;
    assert(!q->ended);
    if (e->server_closed)
        return e->bytes_were_unread ? -ECONNRESET : -EPIPE;
    size_t fits = q->bytes.len < e->window ? least(data.len, e->window - q->bytes.len) : 0;
    buf_append(&q->bytes, bytes_slice(data, 0, fits));
    return (ssize_t)fits;
}

ssize_t sim_read(struct sim_end *e, struct buf *into) {
    struct queue *q = &e->to_client;
    size_t count = q->bytes.len;
    if (count == 0 && !q->ended)
        return -EAGAIN;
    if (count == 0)
        return e->bytes_were_unread ? -ECONNRESET : 0;
    buf_append(into, buf_bytes(&q->bytes));
    buf_clear(&q->bytes);
    return (ssize_t)count;
}

void sim_shutdown(struct sim_end *e) {
    e->to_server.ended = true;
}

void sim_reset(struct sim_end *e) {
    e->reset = true;
    e->to_server.ended = true;
}

bool sim_is_closed(const struct sim_end *e) {
    return e->server_closed;
}

void sim_end_free(struct sim_end *e) {
    if (!e)
        return;
    e->freed = e->to_server.ended = true;
    if (e->server_closed)
        end_free(e);
}
