#include "runtime/language.h"

extern const char shim_python[], shim_node[]; /* made of shim/ by embed.py */

const struct language languages[FAMILY_COUNT] = {
    [FAMILY_PYTHON] = {"python3", "python3", "python3", "PYTHONPATH=/var/runtime", true},
    [FAMILY_NODE] = {"nodejs", "node", "nodejs",
                     "NODE_PATH=/opt/nodejs/node_modules:/var/runtime/node_modules", true},
    [FAMILY_PROVIDED] = {"provided", "bootstrap", NULL, NULL, false},
};

bool language_of(bytes runtime, enum family *out_family) {
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        if (!bytes_start_with(runtime, bytes_from(languages[i].prefix)))
            continue;
        *out_family = (enum family)i;
        return true;
    }
    return false;
}

bool runtime_is_known(bytes runtime) {
    enum family f;
    return language_of(runtime, &f);
}

void language_command(enum family f, const char *interpreter, const char *root, unsigned memory_mb,
                      struct arena *a, const char *out_words[COMMAND_WORDS_MAX]) {
    size_t n = 0;
    if (f == FAMILY_PROVIDED) {
        out_words[n++] = arena_printf(a, "%s/bootstrap", root);
    } else if (f == FAMILY_PYTHON) {
        out_words[n++] = interpreter;
        out_words[n++] = "-s"; /* no packages of a user's own */
        out_words[n++] = "-c";
        out_words[n++] = shim_python;
    } else {
        out_words[n++] = interpreter;
        out_words[n++] = arena_printf(a, "--max-old-space-size=%u", memory_mb);
        out_words[n++] = "-e";
        out_words[n++] = shim_node;
    }
    out_words[n] = NULL;
}
