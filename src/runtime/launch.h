/* Starting the process of an environment: credentials, variables, confinement, descriptors. */
#pragma once
#include "runtime/environment.h"
#include "runtime/interpreter.h"

/* launch fills in what `e` has of the process; what is there after a failure environment_free takes
 * down. E_UNAVAILABLE. */
NODISCARD
status launch(struct environment *e, const struct runtime_code *code, const struct interpreter *i);
