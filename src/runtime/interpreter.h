/* The interpreter a runtime gets on this machine: looked for once per name of a runtime, and asked
 * where it lives. Any thread. */
#pragma once
#include "runtime/environment.h"

enum { INTERPRETER_READS_MAX = 4 };

struct interpreter {
    enum family family;
    const char *path; /* of the program; "bootstrap" for provided* */
    const char
        *reads[INTERPRETER_READS_MAX + 1]; /* its folders outside of /usr, which it must see */
};

/* interpreter_find borrows it until runtimes_free. For python3.12 that is, best first: a python3.12
 * with boto3, a python3 with boto3, a python3.12, a python3. Errors as of runtime_find. */
NODISCARD
status interpreter_find(struct runtimes *r, bytes runtime, const struct interpreter **out);
void interpreters_free(struct runtimes *r);
