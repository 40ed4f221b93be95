#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "loop/workers.h"
#include "support/testing.h"

/* ---- the real world ---- */

struct peer {
    int fd;
};
static struct loop *the_loop;

static struct loop *world_open(void) {
    the_loop = loop_new_uv();
    return the_loop;
}

static void world_close(void) {
    loop_free(the_loop);
    the_loop = NULL;
}

static void stop_the_loop(struct timer *t) {
    UNUSED(t);
    loop_stop(the_loop);
}

static void world_pass(unsigned ms) {
    struct timer end = {.on_time = stop_the_loop};
    timer_start(the_loop, &end, ms);
    loop_run(the_loop);
}

static struct workers *world_workers(void) {
    return workers_new(3);
}

static struct peer *peer_connect(uint16_t port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct peer *p = NEW(struct peer);
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(p->fd >= 0);
    const int small = 16 * 1024; /* so that a peer that does not read is soon felt */
    (void)setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    CHECK(connect(p->fd, (struct sockaddr *)&a, sizeof a) == 0);
    CHECK(fcntl(p->fd, F_SETFL, O_NONBLOCK) == 0);
    return p;
}

static ssize_t peer_write(struct peer *p, bytes data) {
    ssize_t n = send(p->fd, data.ptr, data.len, MSG_NOSIGNAL);
    return n < 0 ? -errno : n;
}

static ssize_t peer_read(struct peer *p, struct buf *into) {
    uint8_t scratch[4096];
    ssize_t n, total = 0;
    while ((n = recv(p->fd, scratch, sizeof scratch, 0)) > 0) {
        buf_append(into, bytes_of(scratch, (size_t)n));
        total += n;
    }
    return total ? total : n < 0 ? -errno : 0;
}

static void peer_shutdown(struct peer *p) {
    (void)shutdown(p->fd, SHUT_WR);
}

static void peer_reset(struct peer *p) {
    const struct linger at_once = {1, 0};
    (void)setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    (void)close(p->fd);
    p->fd = -1;
}

static void peer_free(struct peer *p) {
    if (p->fd >= 0)
        (void)close(p->fd);
    mem_free(p);
}

#include "loop/contract_test.h"

/* ---- what only the real loop has ---- */

TEST(listens_on_ipv6) {
    struct server server;
    struct loop *loop = world_open();
    struct listener l = {.on_accept = server_on_accept};
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    server_open(&server, loop);
    listener_close(&server.listener);
    server.listener.on_accept = server_on_accept;
    status s = loop_listen(loop, &server.listener, BYTES("[::1]:0"), &server.port);
    if (s != OK) { /* a machine without IPv6 says so */
        CHECK_FAILS(loop_listen(loop, &l, BYTES("[::1]:0"), &server.port), E_UNAVAILABLE, "::1");
        world_close();
        return;
    }
    a.sin6_port = htons(server.port);
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    CHECK(connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
    world_pass(SMALL_PASS_MS);
    char address[46];
    uint16_t port;
    stream_peer(&OWNER(server.connections.next, struct echo, link)->stream, address, &port);
    CHECK_TEXT(address, "::1");
    (void)close(fd);
    server_close(&server);
    world_close();
}

TEST(an_ipv4_peer_of_an_ipv6_listener_reads_as_ipv4) {
    struct server server;
    server_open(&server, world_open());
    listener_close(&server.listener);
    server.listener.on_accept = server_on_accept;
    if (loop_listen(the_loop, &server.listener, BYTES("[::]:0"), &server.port) == OK) {
        struct peer *p = peer_connect(server.port);
        char address[46];
        uint16_t port;
        world_pass(SMALL_PASS_MS);
        stream_peer(&OWNER(server.connections.next, struct echo, link)->stream, address, &port);
        CHECK_TEXT(address, "127.0.0.1");
        peer_free(p);
    }
    server_close(&server);
    world_close();
}

TEST(another_program_on_the_port_is_noticed_although_ports_are_shared) {
    struct listener l = {.on_accept = server_on_accept};
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t len = sizeof a;
    const int on = 1;
    uint16_t port;
    char address[40];
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    CHECK(bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 1) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", ntohs(a.sin_port));
    CHECK_FAILS(loop_listen(world_open(), &l, bytes_from(address), &port), E_UNAVAILABLE,
                "another program");
    (void)close(fd);
    world_close();
}

TEST(an_address_of_no_interface_is_named) {
    struct listener l = {.on_accept = server_on_accept};
    uint16_t port;
    CHECK_FAILS(loop_listen(world_open(), &l, BYTES("192.0.2.1:0"), &port), E_UNAVAILABLE,
                "192.0.2.1");
    world_close();
}

static int trouble;

static void on_trouble(struct listener *l, int error) {
    UNUSED(l);
    trouble = error;
}

TEST(without_descriptors_connections_wait_and_are_accepted_later) {
    struct server server;
    struct rlimit before, tight;
    AUTO(buf) got = {0};
    server_open(&server, world_open());
    server.listener.on_trouble = on_trouble;
    struct peer *p = peer_connect(server.port);
    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    tight = before;
    tight.rlim_cur = (rlim_t)p->fd + 1; /* every number below is taken */
    CHECK(setrlimit(RLIMIT_NOFILE, &tight) == 0);
    world_pass(SMALL_PASS_MS);
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK_INT(trouble, EMFILE);
    CHECK_INT(server.accepted, 0);
    CHECK_INT(peer_write(p, BYTES("patience")), 8);
    receive(p, &got, 8);
    CHECK_BYTES(buf_bytes(&got), BYTES("patience"));
    peer_free(p);
    server_close(&server);
    world_close();
}

/* ---- threads ---- */

enum { SENDERS = 4, PER_SENDER = 5000 };

struct letter {
    struct task task;
    struct post *post;
    unsigned sender, number;
};

struct post {
    unsigned next[SENDERS], total;
    bool disorder;
    struct letter letters[SENDERS][PER_SENDER];
};

static void on_letter(struct task *t) {
    struct letter *l = OWNER(t, struct letter, task);
    struct post *post = l->post;
    post->disorder = post->disorder || post->next[l->sender] != l->number;
    post->next[l->sender] = l->number + 1;
    if (++post->total == SENDERS * PER_SENDER)
        loop_stop(the_loop);
}

static void *send_letters(void *letters) {
    struct letter *l = letters;
    for (unsigned i = 0; i < PER_SENDER;) {
        if (i % 3 == 0 && i + 3 < PER_SENDER) { /* now and then three at once */
            l[i].task.next = &l[i + 1].task;
            l[i + 1].task.next = &l[i + 2].task;
            l[i + 2].task.next = NULL;
            loop_post_batch(the_loop, &l[i].task, &l[i + 2].task);
            i += 3;
        } else {
            loop_post(the_loop, &l[i++].task);
        }
        if (i % 1000 == 0)
            (void)usleep(1000); /* lets the loop fall asleep */
    }
    return NULL;
}

TEST(tasks_of_four_threads_arrive_in_the_order_of_each) {
    struct post *post = NEW(struct post);
    pthread_t threads[SENDERS];
    world_open();
    for (unsigned s = 0; s < SENDERS; s++)
        for (unsigned i = 0; i < PER_SENDER; i++)
            post->letters[s][i] = (struct letter){{NULL, on_letter}, post, s, i};
    for (unsigned s = 0; s < SENDERS; s++)
        CHECK(pthread_create(&threads[s], NULL, send_letters, post->letters[s]) == 0);
    loop_run(the_loop);
    for (unsigned s = 0; s < SENDERS; s++)
        CHECK(pthread_join(threads[s], NULL) == 0);
    CHECK_INT(post->total, SENDERS * PER_SENDER);
    CHECK(!post->disorder);
    world_close();
    mem_free(post);
}

enum { BOUNCES = 2001 }; /* odd: the last one falls on the loop of this thread */

struct ball {
    struct task task;
    struct loop *here, *there;
    unsigned *bounces;
};

static void on_ball(struct task *t) {
    struct ball *b = OWNER(t, struct ball, task);
    struct loop *from = b->here;
    if (++*b->bounces >= BOUNCES) {
        loop_stop(from);
        return;
    }
    b->here = b->there;
    b->there = from;
    loop_post(b->here, t);
}

static void *run_loop(void *loop) {
    loop_run(loop);
    return NULL;
}

static void on_stop(struct task *t) {
    loop_stop(OWNER(t, struct ball, task)->here);
}

TEST(two_sleeping_loops_wake_each_other) {
    unsigned bounces = 0;
    pthread_t thread;
    struct loop *other = loop_new_uv();
    struct ball ball = {{NULL, on_ball}, world_open(), other, &bounces};
    struct ball end = {{NULL, on_stop}, other, NULL, NULL};
    loop_post(the_loop, &ball.task);
    CHECK(pthread_create(&thread, NULL, run_loop, other) == 0);
    loop_run(the_loop);
    loop_post(other, &end.task);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_INT(bounces, BOUNCES);
    loop_free(other);
    world_close();
}

/* ---- a full queue ---- */

static atomic_bool may_go;

static void wait_to_go(struct job *j) {
    UNUSED(j);
    while (!atomic_load(&may_go))
        (void)usleep(100);
}

static void count_down(struct job *j) {
    UNUSED(j);
}

TEST(a_full_queue_of_workers_says_so) {
    struct workers *w = workers_new(1);
    struct job *jobs = NEW_ARRAY(struct job, WORKERS_PENDING_MAX + 2);
    status s = OK;
    size_t posted = 0;
    jobs[0].run = wait_to_go;
    CHECK_OK(workers_post(w, NULL, &jobs[posted++]));
    while (posted < WORKERS_PENDING_MAX + 2) {
        jobs[posted].run = count_down;
        if ((s = workers_post(w, NULL, &jobs[posted])) != OK)
            break;
        posted++;
    }
    CHECK_INT(s, E_UNAVAILABLE);
    CHECK(strstr(failure_text(), "busy"));
    CHECK(posted >= WORKERS_PENDING_MAX);
    atomic_store(&may_go, true);
    workers_free(w);
    mem_free(jobs);
}

TEST_MAIN("loop/uv")
