#include "loop/simulated.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "support/testing.h"

/* ---- the simulated world ---- */

static struct sim *the_sim;
static struct loop *the_loop;

static struct loop *world_open(void) {
    the_sim = sim_new(4711);
    the_loop = sim_loop_new(the_sim);
    return the_loop;
}

static void world_close(void) {
    loop_free(the_loop);
    sim_free(the_sim);
}

static void world_pass(unsigned ms) {
    sim_pass(the_sim, ms);
}

static struct workers *world_workers(void) {
    return sim_workers_new(the_sim);
}

#define peer sim_end
static struct peer *peer_connect(uint16_t port) {
    char address[40];
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", port);
    struct sim_end *e = sim_connect(the_sim, bytes_from(address));
    CHECK(e);
    return e;
}
#define peer_write sim_write
#define peer_read sim_read
#define peer_shutdown sim_shutdown
#define peer_reset sim_reset
#define peer_free sim_end_free

#include "loop/contract_test.h"

/* ---- what only the simulated world promises ---- */

TEST(time_moves_only_when_told_and_takes_the_clocks_along) {
    struct loop *loop = world_open();
    AUTO(buf) book = {0};
    struct note n = NOTE('x', loop, &book);
    char text[25];
    clock_format(clock_wall_ms(), text);
    CHECK_TEXT(text, "2026-01-01T00:00:00.000Z");
    timer_start(loop, &n.timer, 60000);
    sim_run_until_idle(the_sim);
    CHECK_INT(clock_wall_ms(), INT64_C(1767225600000));
    sim_pass(the_sim, 59999);
    CHECK_INT(book.len, 0);
    uint64_t before_us = clock_monotonic_us();
    sim_pass(the_sim, 1);
    CHECK_INT(book.len, 1);
    CHECK_INT(loop_now_ms(loop), 60000);
    CHECK_INT(clock_monotonic_us() - before_us, 1000);
    world_close();
    CHECK(clock_wall_ms() != INT64_C(1767225660000)); /* real time again */
}

TEST(nobody_listening_means_no_connection) {
    world_open();
    CHECK(!sim_connect(the_sim, BYTES("127.0.0.1:1")));
    world_close();
}

TEST(a_small_window_is_back_pressure_both_ways) {
    struct server server;
    AUTO(buf) got = {0};
    server_open(&server, world_open());
    sim_set_window(the_sim, 10);
    struct sim_end *e = peer_connect(server.port);
    CHECK_INT(sim_write(e, BYTES("0123456789abcdef")), 10);
    CHECK_INT(sim_write(e, BYTES("abcdef")), 0);
    sim_run_until_idle(the_sim);
    CHECK_INT(sim_write(e, BYTES("abcdef")), 6); /* echoed, not read by us: the server waits */
    sim_run_until_idle(the_sim);
    CHECK_INT(sim_read(e, &got), 10);
    sim_run_until_idle(the_sim);
    CHECK_INT(sim_read(e, &got), 6);
    CHECK_INT(sim_read(e, &got), -EAGAIN);
    CHECK_BYTES(buf_bytes(&got), BYTES("0123456789abcdef"));
    sim_end_free(e);
    server_close(&server);
    world_close();
}

/* Two loops pass a ball and talk to peers; what happened when, as text. */
static void live(uint64_t seed, struct buf *story) {
    struct sim *sim = sim_new(seed);
    struct loop *loops[3];
    struct errand errands[30];
    struct server server;
    for (size_t i = 0; i < COUNT_OF(loops); i++)
        loops[i] = sim_loop_new(sim);
    server_open(&server, loops[0]);
    char address[40];
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", server.port);
    struct sim_end *e = sim_connect(sim, bytes_from(address));
    for (size_t i = 0; i < COUNT_OF(errands); i++) {
        errands[i] = (struct errand){{NULL, on_errand}, (char)('A' + i), loops[i % 3], story, NULL};
        errands[i].then = i + 1 < COUNT_OF(errands) && i % 4 ? &errands[i] : NULL;
        loop_post(loops[i % 3], &errands[i].task);
    }
    CHECK_INT(sim_write(e, BYTES("some words")), 10);
    sim_pass(sim, 1000);
    CHECK_INT(sim_read(e, story), 10);
    sim_end_free(e);
    sim_run_until_idle(sim);
    server_close(&server);
    for (size_t i = 0; i < COUNT_OF(loops); i++)
        loop_free(loops[i]);
    sim_free(sim);
}

TEST(one_seed_is_one_story) {
    AUTO(buf) one = {0};
    AUTO(buf) again = {0};
    AUTO(buf) other = {0};
    live(1, &one);
    live(1, &again);
    live(2, &other);
    CHECK_BYTES(buf_bytes(&again), buf_bytes(&one));
    CHECK(!bytes_equal(buf_bytes(&other), buf_bytes(&one)));
}

TEST(with_seed_zero_nothing_is_cut) {
    struct sim *sim = sim_new(0);
    struct loop *loop = sim_loop_new(sim);
    struct server server;
    server_open(&server, loop);
    server.hold_reading = true; /* so that the event's bytes can be seen */
    char address[40];
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", server.port);
    struct sim_end *e = sim_connect(sim, bytes_from(address));
    CHECK_INT(sim_write(e, BYTES("all of this")), 11);
    sim_run_until_idle(sim);
    CHECK_INT(OWNER(server.connections.next, struct echo, link)->out.len, 11);
    sim_end_free(e);
    server.hold_reading = false;
    sim_run_until_idle(sim);
    CHECK(list_is_empty(&server.connections));
    server_close(&server);
    loop_free(loop);
    sim_free(sim);
}

TEST(an_hour_passes_at_once) {
    struct loop *loop = world_open();
    AUTO(buf) book = {0};
    struct note n = NOTE('n', loop, &book);
    timer_start(loop, &n.timer, 3600 * 1000);
    struct errand e = {{NULL, on_errand}, 'e', loop, &book, NULL};
    loop_post(loop, &e.task);
    sim_pass(the_sim, 3600 * 1000);
    CHECK_BYTES(buf_bytes(&book), BYTES("en"));
    world_close();
}

TEST_MAIN("loop/simulated")
