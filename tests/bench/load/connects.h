/* Connections that do nothing: what opening one costs the server, and what keeping one does. */
#pragma once

/* connects_run opens and closes one after the other, DISCONNECT included, and prints the server's
 * CPU time of each. */
void connects_run(void);
/* idle_run opens the options' number of connections and prints the server's memory of each. */
void idle_run(void);
