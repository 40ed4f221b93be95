/* The runtimes that run here: families of names, the interpreter of each, and how it is started
 * [AWS rules-and-functions 7, 8]. */
#pragma once
#include "runtime/runtime.h"

enum family { FAMILY_PYTHON, FAMILY_NODE, FAMILY_PROVIDED, FAMILY_COUNT };

struct language {
    const char *prefix; /* of the runtime's name */
    const char *program;
    const char *package;      /* of Debian */
    const char *module_path;  /* "PYTHONPATH=…" */
    bool names_execution_env; /* AWS_EXECUTION_ENV is set */
};
extern const struct language languages[FAMILY_COUNT];

enum { COMMAND_WORDS_MAX = 8 };

/* language_of finds the family; false for a name not known. */
bool language_of(bytes runtime, enum family *out_family);
/* language_command gives the words that start code whose folder is `root` inside, NULL at the end.
 */
void language_command(enum family f, const char *interpreter, const char *root, unsigned memory_mb,
                      struct arena *a, const char *out_words[COMMAND_WORDS_MAX]);
