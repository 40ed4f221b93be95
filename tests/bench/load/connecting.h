/* Clients that connect in a loop, many at a time, in one thread. */
#pragma once
#include "base/bytes.h"

/* connecting_run keeps `count` clients connecting and adds to *connects at each CONNACK; never
 * returns. */
_Noreturn void connecting_run(unsigned count, _Atomic uint64_t *connects);
