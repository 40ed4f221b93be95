/* Established traffic while others connect: publishers that send 100 messages a second each to a
 * subscriber of their own, first in peace, then while a child process keeps --connections clients
 * connecting at once, each closing when it is answered and starting over.
 *
 * A message's delay counts from when it was due, so one that could not be sent in time counts as
 * late. */
#pragma once

/* storm_run prints percentiles of the delays, in milliseconds, and how many connects there were. */
void storm_run(void);
