/* What confinement this machine allows: asked once, before the first process. Any thread. */
#pragma once
#include "runtime/confine.h"
#include "runtime/environment.h"

/* abilities_of asks `kedge confine --probe` the first time, and then gives notice of what is
 * lacking. E_UNAVAILABLE when the program cannot be asked: then no function may run. */
NODISCARD
status abilities_of(struct runtimes *r, const struct abilities **out);
/* abilities_read reads what --probe prints. */
struct abilities abilities_read(bytes said);
