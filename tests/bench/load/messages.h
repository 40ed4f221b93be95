/* Publishers and subscribers of one run, each publisher at most a window ahead of its subscribers:
 * no broker has a reason to drop, and none is asked for more than it can do.
 *
 * Publisher i writes to topic bench/i and subscriber i reads it; with --fan everybody meets on
 * bench/0. With --rate the publishers take turns, one message each time, that many a second in all.
 */
#pragma once

/* messages_run measures for the options' seconds after the warm-up, and prints the figures. */
void messages_run(void);
