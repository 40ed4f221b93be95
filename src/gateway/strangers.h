/* Strangers: what fuzzers of whole conversations do at a door of a simulated server.
 *
 * An input is a row of steps, a byte each: the low two bits name a stranger, the high four what it
 * does, and arguments follow. Zeros follow the end of an input. */
#pragma once
#include "base/bytes.h"
#include "loop/simulated.h"

enum { STRANGERS = 4, STRANGER_STEPS_MAX = 200 };

struct stranger {
    struct sim_end *end;
    bool sulks; /* reads nothing */
    bool shut;  /* writes nothing any more */
    struct buf in;
};

struct strangers {
    struct sim *sim;
    const char *door;
    bytes input;
    /* check looks at what came and gives how much of it was whole, and so is done with. */
    size_t (*check)(size_t stranger, bytes in);
    struct stranger all[STRANGERS];
};

uint8_t strangers_take_byte(struct strangers *s);
/* strangers_take_some takes a length, and as many bytes. */
bytes strangers_take_some(struct strangers *s);
/* strangers_settle goes on until nothing moves, and all that came is checked. */
void strangers_settle(struct strangers *s);
void strangers_pass(struct strangers *s); /* settles, then takes how many seconds go by */

/* stranger_say connects when it has to, and writes as long as the server takes it. */
void stranger_say(struct strangers *s, size_t stranger, bytes data);
void stranger_shut_down(struct strangers *s, size_t stranger);
void stranger_reset(struct strangers *s, size_t stranger);
void stranger_leave(struct strangers *s, size_t stranger);
