/* Starting the process of an environment: credentials, variables, command, descriptors. */
#pragma once
#include "runtime/environment.h"

NODISCARD
status launch(struct environment *e, const struct runtime_code *code, const char *interpreter);
