/* What the parts of the simulated world share: simulated.c has time and turns, network.c the
 * connections. For loop/ only. */
#pragma once
#include "loop/address.h"
#include "loop/internal.h"
#include "loop/simulated.h"

struct sim {
    uint64_t seed, random_state;
    uint64_t now_ms;
    struct list loops;     /* of sim_loop.link, as made */
    struct list listeners; /* of sim_listener.link, as made */
    size_t window;
    uint16_t next_port; /* for listeners on port 0, then for ends */
    struct sim_workers *workers;
};

struct sim_loop {
    struct loop base;
    struct sim *sim;
    struct list link;
    struct list ends; /* of sim_end.link: connections whose server side lives here */
    bool stopped;
};

struct sim_listener {
    struct listener *owner;
    struct sim_loop *loop;
    struct list link;
    struct address address;
    struct list waiting; /* of sim_end.link, not accepted yet */
    struct sim_end *accepting;
};

extern const struct network_ops sim_network_ops;

struct sim_loop *sim_loop_of(struct loop *l);

/* sim_network_is_ready tells whether an event is due on this loop, sim_network_turn hands each out.
 */
bool sim_network_is_ready(struct sim_loop *l);
void sim_network_turn(struct sim_loop *l);
