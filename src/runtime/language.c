#include "runtime/language.h"

#include <stdlib.h>
#include <unistd.h>

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

/* The first program of that name on the way, or NULL. */
static const char *search(const struct runtime_options *o, const char *name, struct arena *a) {
    const char *way = o->search ? o->search : getenv("PATH");
    bytes left = bytes_from(way ? way : "/usr/local/bin:/usr/bin:/bin"), folder;
    while (bytes_split(&left, ':', &folder)) {
        const char *path = arena_printf(a, "%.*s/%s", BYTES_ARG(folder), name);
        if (folder.len > 0 && folder.ptr[0] == '/' && access(path, X_OK) == 0)
            return path;
    }
    return NULL;
}

status language_find(const struct runtime_options *o, bytes runtime, struct arena *a,
                     const char **out_path) {
    enum family f;
    if (!language_of(runtime, &f))
        return FAIL(E_INVALID,
                    "there is no runtime %.*s here: python3.*, nodejs* and provided* run",
                    BYTES_ARG(runtime));
    const struct language *l = &languages[f];
    const char *path = f == FAMILY_PYTHON ? o->python : f == FAMILY_NODE ? o->node : l->program;
    if (!path && f == FAMILY_PYTHON) /* "python3.12", if that very one is there */
        path = search(o, arena_string(a, runtime), a);
    if (!path)
        path = search(o, l->program, a);
    if (!path)
        return FAIL(E_UNAVAILABLE,
                    "no %s was found on this machine to run %.*s; install it: apt install %s",
                    l->program, BYTES_ARG(runtime), l->package);
    *out_path = path;
    return OK;
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
