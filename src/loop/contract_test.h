/* The promises of loop.h, checked for whichever maker the including test brings:
 *
 *     static struct loop *world_open(void);           the loop under test
 *     static void world_close(void);                  frees it
 *     static void world_pass(unsigned ms);            the loop runs for that long
 *     static struct workers *world_workers(void);
 *     struct peer;                                    the other end of a connection
 *     static struct peer *peer_connect(uint16_t port);
 *     static ssize_t peer_write(struct peer *, bytes);      what fits, or a negative errno
 *     static ssize_t peer_read(struct peer *, struct buf *); as sim_read
 *     static void peer_shutdown(struct peer *), peer_reset(struct peer *), peer_free(struct peer
 * *);
 */
#pragma once
#include <errno.h>
#include <string.h>

#include "loop/workers.h"
#include "support/testing.h"

enum { SMALL_PASS_MS = 30 };

/* ---- a server that echoes, with all its output gathered to the turn's end ---- */

struct server;

struct echo {
    struct stream stream;
    struct server *server;
    struct list link;
    struct buf out;
    bool ended;
};

struct server {
    struct loop *loop;
    struct listener listener;
    struct turn_hook flush;
    struct list connections;
    uint16_t port;
    unsigned accepted, again_later; /* again_later: writes that did not fit */
    size_t refuse;                  /* so many are not taken */
    bool close_at_once, close_all_on_event, hold_reading;
    int last_error;
};

static void echo_free(struct echo *c) {
    stream_close(&c->stream);
    list_remove(&c->link);
    buf_done(&c->out);
    mem_free(c);
}

static void echo_close_all(struct server *server) {
    LIST_EACH (link, &server->connections)
        echo_free(OWNER(link, struct echo, link));
}

static void echo_on_event(struct stream *s, bool readable, bool writable) {
    struct echo *c = OWNER(s, struct echo, stream);
    uint8_t scratch[4096];
    ssize_t n = -EAGAIN;
    CHECK(readable || writable);
    if (c->server->close_all_on_event) {
        echo_close_all(c->server);
        return;
    }
    while (readable && (n = stream_read(s, scratch, sizeof scratch)) > 0)
        buf_append(&c->out, bytes_of(scratch, (size_t)n));
    c->ended = n == 0;
    if (n < 0 && n != -EAGAIN) {
        c->server->last_error = (int)-n;
        echo_free(c);
    }
}

/* False when the connection is over. */
static bool echo_flush(struct echo *c) {
    struct iovec part = {c->out.ptr, c->out.len};
    ssize_t n = c->out.len ? stream_write(&c->stream, &part, 1) : 0;
    if (n < 0 && n != -EAGAIN)
        return false;
    buf_drop_front(&c->out, n > 0 ? (size_t)n : 0);
    c->server->again_later += c->out.len ? 1 : 0;
    stream_watch(&c->stream, c->out.len == 0 && !c->ended, c->out.len > 0);
    return c->out.len || !c->ended;
}

static void server_on_turn_end(struct turn_hook *h) {
    struct server *server = OWNER(h, struct server, flush);
    LIST_EACH (link, &server->connections) {
        struct echo *c = OWNER(link, struct echo, link);
        if (!server->hold_reading && !echo_flush(c))
            echo_free(c);
    }
}

static void server_on_accept(struct listener *l) {
    struct server *server = OWNER(l, struct server, listener);
    server->accepted++;
    if (server->refuse > 0) {
        server->refuse--;
        return;
    }
    struct echo *c = NEW(struct echo);
    c->server = server;
    c->stream.on_event = echo_on_event;
    listener_take(l, &c->stream);
    CHECK(stream_is_open(&c->stream));
    list_push(&server->connections, &c->link);
    if (server->close_at_once)
        echo_free(c);
}

static void server_open(struct server *server, struct loop *loop) {
    *server = (struct server){.loop = loop};
    list_init(&server->connections);
    server->listener.on_accept = server_on_accept;
    server->flush.run = server_on_turn_end;
    loop_add_turn_hook(loop, &server->flush);
    CHECK_OK(loop_listen(loop, &server->listener, BYTES("127.0.0.1:0"), &server->port));
    CHECK(server->port != 0);
}

static void server_close(struct server *server) {
    echo_close_all(server);
    listener_close(&server->listener);
    listener_close(&server->listener);
}

static size_t count_links(const struct list *head) {
    size_t count = 0;
    for (const struct list *link = head->next; link != head; link = link->next)
        count++;
    return count;
}

/* Runs until the peer has `size` bytes, or for two seconds. */
static void receive(struct peer *p, struct buf *into, size_t size) {
    for (int i = 0; i < 400 && into->len < size; i++) {
        world_pass(5);
        (void)peer_read(p, into);
    }
}

/* ---- streams ---- */

TEST(echoes_to_several_connections) {
    struct server server;
    struct peer *peers[5];
    server_open(&server, world_open());
    for (size_t i = 0; i < COUNT_OF(peers); i++)
        peers[i] = peer_connect(server.port);
    for (size_t i = 0; i < COUNT_OF(peers); i++) {
        char text[20];
        (void)snprintf(text, sizeof text, "hello %zu", i);
        CHECK_INT(peer_write(peers[i], bytes_from(text)), strlen(text));
        AUTO(buf) got = {0};
        receive(peers[i], &got, strlen(text));
        CHECK_BYTES(buf_bytes(&got), bytes_from(text));
    }
    CHECK_INT(server.accepted, 5);
    for (size_t i = 0; i < COUNT_OF(peers); i++)
        peer_free(peers[i]);
    world_pass(SMALL_PASS_MS);
    CHECK(list_is_empty(&server.connections)); /* each read the end of its stream */
    server_close(&server);
    world_close();
}

TEST(six_megabytes_go_through_although_writes_stop_fitting) {
    struct server server;
    AUTO(buf) sent = {0};
    AUTO(buf) got = {0};
    server_open(&server, world_open());
    struct peer *p = peer_connect(server.port);
    for (uint32_t i = 0; i < 6 * 256 * 1024; i++)
        buf_append_u32(&sent, i * 2654435761u);
    size_t written = 0;
    for (int i = 0; i < 5000 && written < sent.len; i++) { /* the peer does not read yet */
        ssize_t n = peer_write(p, bytes_skip(buf_bytes(&sent), written));
        if (n > 0)
            written += (size_t)n;
        if (n <= 0 && server.again_later)
            (void)peer_read(p, &got);
        world_pass(1);
    }
    CHECK_INT(written, sent.len);
    receive(p, &got, sent.len);
    CHECK(server.again_later > 0);
    CHECK(bytes_equal(buf_bytes(&got), buf_bytes(&sent)));
    peer_free(p);
    server_close(&server);
    world_close();
}

TEST(streams_may_be_closed_inside_events_of_others) {
    struct server server;
    struct peer *peers[4];
    server_open(&server, world_open());
    for (size_t i = 0; i < COUNT_OF(peers); i++)
        peers[i] = peer_connect(server.port);
    world_pass(SMALL_PASS_MS);
    server.close_all_on_event = true;
    for (size_t i = 0; i < COUNT_OF(peers); i++)
        CHECK_INT(peer_write(peers[i], BYTES("x")), 1);
    world_pass(SMALL_PASS_MS);
    CHECK(list_is_empty(&server.connections));
    for (size_t i = 0; i < COUNT_OF(peers); i++) {
        AUTO(buf) got = {0};
        ssize_t n = peer_read(peers[i], &got);
        CHECK(n == 0 || n == -ECONNRESET);
        peer_free(peers[i]);
    }
    server_close(&server);
    world_close();
}

TEST(a_stream_not_watched_has_no_events) {
    struct server server;
    AUTO(buf) got = {0};
    server_open(&server, world_open());
    struct peer *p = peer_connect(server.port);
    world_pass(SMALL_PASS_MS);
    server.hold_reading = true;
    struct echo *c = OWNER(server.connections.next, struct echo, link);
    stream_watch(&c->stream, false, false);
    CHECK_INT(peer_write(p, BYTES("later")), 5);
    world_pass(SMALL_PASS_MS);
    CHECK_INT(c->out.len, 0);
    server.hold_reading = false;
    stream_watch(&c->stream, true, false);
    receive(p, &got, 5);
    CHECK_BYTES(buf_bytes(&got), BYTES("later"));
    peer_free(p);
    server_close(&server);
    world_close();
}

TEST(one_direction_may_end_before_the_other) {
    struct server server;
    AUTO(buf) got = {0};
    server_open(&server, world_open());
    struct peer *p = peer_connect(server.port);
    CHECK_INT(peer_write(p, BYTES("last words")), 10);
    peer_shutdown(p); /* the server still answers */
    receive(p, &got, 10);
    CHECK_BYTES(buf_bytes(&got), BYTES("last words"));
    world_pass(SMALL_PASS_MS);
    CHECK_INT(peer_read(p, &got), 0);
    peer_free(p);

    p = peer_connect(server.port);
    world_pass(SMALL_PASS_MS);
    struct echo *c = OWNER(server.connections.next, struct echo, link);
    stream_shutdown(&c->stream); /* and the other way round */
    world_pass(SMALL_PASS_MS);
    CHECK_INT(peer_read(p, &got), 0);
    server.hold_reading = true;
    CHECK_INT(peer_write(p, BYTES("still heard")), 11);
    world_pass(SMALL_PASS_MS);
    CHECK_BYTES(buf_bytes(&c->out), BYTES("still heard"));
    peer_free(p);
    server_close(&server);
    world_close();
}

TEST(a_reset_connection_arrives_as_an_event_and_reads_as_an_error) {
    struct server server;
    server_open(&server, world_open());
    struct peer *p = peer_connect(server.port);
    world_pass(SMALL_PASS_MS);
    CHECK_INT(count_links(&server.connections), 1);
    peer_reset(p);
    world_pass(SMALL_PASS_MS);
    CHECK_INT(server.last_error, ECONNRESET);
    CHECK(list_is_empty(&server.connections));
    peer_free(p);
    server_close(&server);
    world_close();
}

TEST(a_stream_knows_its_peer_address) {
    struct server server;
    char address[46];
    uint16_t port = 0;
    server_open(&server, world_open());
    struct peer *p = peer_connect(server.port);
    world_pass(SMALL_PASS_MS);
    struct echo *c = OWNER(server.connections.next, struct echo, link);
    stream_peer(&c->stream, address, &port);
    CHECK_TEXT(address, "127.0.0.1");
    CHECK(port != 0);
    peer_free(p);
    server_close(&server);
    world_close();
}

/* ---- listeners ---- */

TEST(accepts_more_connections_than_one_turn_takes) {
    enum { COUNT = 2 * LISTENER_ACCEPT_MAX + 5 };
    struct server server;
    struct peer *peers[COUNT];
    server_open(&server, world_open());
    for (size_t i = 0; i < COUNT; i++)
        peers[i] = peer_connect(server.port);
    world_pass(SMALL_PASS_MS);
    CHECK_INT(server.accepted, COUNT);
    CHECK_INT(count_links(&server.connections), COUNT);
    for (size_t i = 0; i < COUNT; i++)
        peer_free(peers[i]);
    server_close(&server);
    world_close();
}

TEST(a_connection_not_taken_or_closed_inside_on_accept_is_closed) {
    struct server server;
    AUTO(buf) got = {0};
    server_open(&server, world_open());
    server.refuse = 1;
    struct peer *p = peer_connect(server.port);
    world_pass(SMALL_PASS_MS);
    CHECK_INT(peer_read(p, &got), 0);
    peer_free(p);
    server.close_at_once = true;
    p = peer_connect(server.port);
    world_pass(SMALL_PASS_MS);
    CHECK_INT(peer_read(p, &got), 0);
    CHECK_INT(server.accepted, 2);
    peer_free(p);
    server_close(&server);
    world_close();
}

static void close_on_accept(struct listener *l) {
    listener_close(l);
}

TEST(a_listener_may_be_closed_inside_on_accept) {
    struct loop *loop = world_open();
    struct listener l = {.on_accept = close_on_accept};
    uint16_t port;
    CHECK_OK(loop_listen(loop, &l, BYTES("127.0.0.1:0"), &port));
    struct peer *one = peer_connect(port), *other = peer_connect(port);
    world_pass(SMALL_PASS_MS);
    CHECK(!l.handle);
    peer_free(one);
    peer_free(other);
    world_close();
}

TEST(a_port_in_use_is_named_in_the_failure) {
    struct server server;
    struct listener other = {.on_accept = server_on_accept}, beside = other;
    uint16_t port = 7;
    char address[40];
    struct loop *loop = world_open();
    server_open(&server, loop);
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", server.port);
    CHECK_FAILS(loop_listen(loop, &other, bytes_from(address), &port), E_UNAVAILABLE, address);
    CHECK_FAILS(loop_listen(loop, &other, bytes_from(address), &port), E_UNAVAILABLE, "in use");
    CHECK_INT(port, 7);
    CHECK_OK(loop_listen_beside(loop, &beside, &server.listener));
    listener_close(&beside);
    server_close(&server);
    CHECK_OK(loop_listen(loop, &other, bytes_from(address), &port)); /* free again */
    listener_close(&other);
    world_close();
}

TEST(rejects_what_is_no_address) {
    struct loop *loop = world_open();
    struct listener l = {.on_accept = server_on_accept};
    uint16_t port;
    CHECK_FAILS(loop_listen(loop, &l, BYTES("8883"), &port), E_INVALID, "ADDR:PORT");
    CHECK_FAILS(loop_listen(loop, &l, BYTES("example.org:1"), &port), E_INVALID, "example.org:1");
    world_close();
}

/* ---- timers ---- */

struct note {
    struct timer timer;
    char letter;
    struct timer *stops, *starts;
    struct loop *loop;
    struct buf *book;
};

static void on_note(struct timer *t) {
    struct note *n = OWNER(t, struct note, timer);
    CHECK(!timer_is_running(t));
    buf_append_byte(n->book, (uint8_t)n->letter);
    if (n->stops)
        timer_stop(n->loop, n->stops);
    if (n->starts)
        timer_start(n->loop, TAKE(n->starts), 0);
}

#define NOTE(c, l, b) \
    { .timer.on_time = on_note, .letter = (c), .loop = (l), .book = (b) }

TEST(timers_fire_in_order_of_due_time_and_start) {
    struct loop *loop = world_open();
    AUTO(buf) book = {0};
    struct note a = NOTE('a', loop, &book), b = NOTE('b', loop, &book), c = NOTE('c', loop, &book);
    timer_start(loop, &a.timer, 20);
    timer_start(loop, &b.timer, 10);
    timer_start(loop, &c.timer, 20);
    CHECK(timer_is_running(&a.timer));
    world_pass(60);
    CHECK_BYTES(buf_bytes(&book), BYTES("bac"));
    world_close();
}

TEST(a_timer_may_be_moved_stopped_and_started_from_timers) {
    struct loop *loop = world_open();
    AUTO(buf) book = {0};
    struct note a = NOTE('a', loop, &book), b = NOTE('b', loop, &book), c = NOTE('c', loop, &book),
                d = NOTE('d', loop, &book);
    a.stops = &b.timer; /* due at the same time */
    a.starts = &a.timer;
    timer_start(loop, &a.timer, 10);
    timer_start(loop, &b.timer, 10);
    timer_start(loop, &c.timer, 5000);
    timer_start(loop, &c.timer, 20); /* moved */
    timer_start(loop, &d.timer, 5);
    timer_stop(loop, &d.timer);
    timer_stop(loop, &d.timer);
    CHECK(!timer_is_running(&d.timer));
    world_pass(80);
    CHECK_BYTES(buf_bytes(&book), BYTES("aac"));
    world_close();
}

/* ---- tasks, hooks, turns ---- */

struct errand {
    struct task task;
    char letter;
    struct loop *loop;
    struct buf *book;
    struct errand *then;
};

static void on_errand(struct task *t) {
    struct errand *e = OWNER(t, struct errand, task);
    buf_append_byte(e->book, (uint8_t)e->letter);
    if (e->then)
        loop_post(e->loop, &TAKE(e->then)->task);
}

struct bookkeeper {
    struct turn_hook hook;
    struct buf *book;
    unsigned turns, again;
    struct loop *loop;
};

static void on_turn_end(struct turn_hook *h) {
    struct bookkeeper *k = OWNER(h, struct bookkeeper, hook);
    k->turns++;
    if (k->book->len && k->book->ptr[k->book->len - 1] != '|')
        buf_append_byte(k->book, '|');
    if (k->again) {
        k->again--;
        loop_again(k->loop);
    }
}

TEST(tasks_run_in_order_and_those_posted_meanwhile_next_turn) {
    struct loop *loop = world_open();
    AUTO(buf) book = {0};
    struct bookkeeper keeper = {.hook.run = on_turn_end, .book = &book, .loop = loop};
    struct errand e[6];
    for (size_t i = 0; i < COUNT_OF(e); i++)
        e[i] = (struct errand){{NULL, on_errand}, (char)('a' + i), loop, &book, NULL};
    e[0].then = &e[0];
    loop_add_turn_hook(loop, &keeper.hook);
    loop_post(loop, &e[0].task);
    e[1].task.next = &e[2].task;
    e[2].task.next = &e[3].task;
    loop_post_batch(loop, &e[1].task, &e[3].task);
    loop_post(loop, &e[4].task);
    world_pass(SMALL_PASS_MS);
    CHECK_BYTES(buf_bytes(&book), BYTES("abcde|a|"));
    loop_post(loop, &e[5].task);
    world_close(); /* runs what is left */
    CHECK_BYTES(buf_bytes(&book), BYTES("abcde|a|f"));
}

TEST(hooks_run_after_timers_and_tasks_and_before_sleep) {
    struct loop *loop = world_open();
    AUTO(buf) book = {0};
    struct bookkeeper keeper = {.hook.run = on_turn_end, .book = &book, .loop = loop};
    struct note n = NOTE('t', loop, &book);
    loop_add_turn_hook(loop, &keeper.hook);
    world_pass(SMALL_PASS_MS);
    timer_start(loop, &n.timer, 10);
    world_pass(SMALL_PASS_MS);
    CHECK_BYTES(buf_bytes(&book), BYTES("t|"));
    world_close();
}

TEST(again_gives_another_turn_without_any_event) {
    struct loop *loop = world_open();
    AUTO(buf) book = {0};
    struct bookkeeper keeper = {.hook.run = on_turn_end, .book = &book, .loop = loop};
    loop_add_turn_hook(loop, &keeper.hook);
    world_pass(SMALL_PASS_MS);
    keeper.turns = 0;
    world_pass(100);
    unsigned idle = keeper.turns;
    CHECK(idle <= 6); /* nothing ticks */
    keeper.turns = 0;
    keeper.again = 1000;
    loop_again(loop);
    world_pass(SMALL_PASS_MS);
    CHECK_INT(keeper.again, 0);
    CHECK(keeper.turns >= 1000);
    world_close();
}

/* ---- workers ---- */

struct sum {
    struct job job;
    int a, b, result, told;
};

static void add_up(struct job *j) {
    struct sum *s = OWNER(j, struct sum, job);
    s->result = s->a + s->b;
}

static void tell(struct job *j) {
    OWNER(j, struct sum, job)->told++;
}

TEST(jobs_run_on_workers_and_answer_on_the_loop) {
    struct loop *loop = world_open();
    struct workers *w = world_workers();
    struct sum sums[50];
    for (int i = 0; i < 50; i++) {
        sums[i] = (struct sum){.job = {.run = add_up, .done = tell}, .a = i, .b = 1};
        CHECK_OK(workers_post(w, loop, &sums[i].job));
    }
    for (int i = 0; i < 100 && !sums[49].told; i++)
        world_pass(5);
    struct sum quiet = {.job = {.run = add_up, .done = tell}, .a = 40, .b = 2};
    CHECK_OK(workers_post(w, NULL, &quiet.job));
    struct sum late = {.job = {.run = add_up, .done = tell}, .a = 1, .b = 2};
    CHECK_OK(workers_post(w, loop, &late.job));
    workers_free(w); /* runs what is queued */
    for (int i = 0; i < 50; i++) {
        CHECK_INT(sums[i].result, i + 1);
        CHECK_INT(sums[i].told, 1);
    }
    world_close(); /* tells what is left */
    CHECK_INT(late.told, 1);
    CHECK_INT(quiet.result, 42);
    CHECK_INT(quiet.told, 0);
}
