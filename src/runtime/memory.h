/* How much memory the processes of each function have: what the keeper looks at while any works. */
#pragma once
#include "runtime/environment.h"

/* memory_watch measures every environment and ends those beyond their limit. The keeper's thread.
 */
void memory_watch(struct runtimes *r);
