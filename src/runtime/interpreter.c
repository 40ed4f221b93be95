#include "runtime/interpreter.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/program.h"

enum { CANDIDATES_MAX = 32, KNOWN_MAX = 64 };

struct known {
    struct list link;
    struct arena memory;
    bytes runtime;
    struct interpreter interpreter;
};

/* What a python3 is asked: where it is, where its libraries are, whether it has boto3. Programs
 * called python3 may be scripts that start another. */
static const char question[] =
    "import sys, importlib.util as u\n"
    "print(sys.executable, sys.prefix, sys.base_prefix, sys.exec_prefix, sep='\\n')\n"
    "print('boto3' if u.find_spec('boto3') else '')\n";

/* ---- candidates ---- */

struct candidates {
    const char *paths[CANDIDATES_MAX];
    size_t count;
};

static void add(struct candidates *c, const char *path) {
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->paths[i], path) == 0)
            return;
    if (c->count < CANDIDATES_MAX && access(path, X_OK) == 0)
        c->paths[c->count++] = path;
}

static void add_named(struct candidates *c, const struct runtime_options *o, const char *name,
                      struct arena *a) {
    const char *way = o->search ? o->search : getenv("PATH");
    bytes left = bytes_from(way ? way : "/usr/local/bin:/usr/bin:/bin"), folder;
    while (bytes_split(&left, ':', &folder))
        if (folder.len > 0 && folder.ptr[0] == '/')
            add(c, arena_printf(a, "%.*s/%s", BYTES_ARG(folder), name));
}

/* ---- Python ---- */

static void see(struct interpreter *p, const char *folder) {
    size_t n = 0;
    if (bytes_start_with(bytes_from(folder), BYTES("/usr")) || strchr(folder + 1, '/') == NULL)
        return; /* seen anyway; "/home" is too much to show */
    for (; p->reads[n]; n++)
        if (strcmp(p->reads[n], folder) == 0)
            return;
    if (n < INTERPRETER_READS_MAX)
        p->reads[n] = folder;
}

/* False when the candidate does not answer. */
static bool ask_python(const char *path, struct arena *a, struct interpreter *out,
                       bool *out_boto3) {
    AUTO(buf) said = {0};
    const char *words[] = {path, "-s", "-E", "-c", question, NULL};
    bytes line, left;
    if (program_read(words, &said) != OK)
        return false;
    left = buf_bytes(&said);
    if (!bytes_split(&left, '\n', &line) || line.len == 0 || line.ptr[0] != '/')
        return false;
    *out = (struct interpreter){.family = FAMILY_PYTHON, .path = arena_string(a, line)};
    for (int i = 0; i < 3 && bytes_split(&left, '\n', &line); i++)
        if (line.len > 0 && line.ptr[0] == '/')
            see(out, arena_string(a, line));
    *out_boto3 = bytes_split(&left, '\n', &line) && line.len > 0;
    return true;
}

static bool choose_python(const struct candidates *c, struct arena *a, struct interpreter *out) {
    bool any = false, boto3 = false;
    for (size_t i = 0; i < c->count && !boto3; i++) {
        struct interpreter p;
        if (!ask_python(c->paths[i], a, &p, &boto3))
            continue;
        if (!any || boto3)
            *out = p;
        any = true;
    }
    return any;
}

/* ---- finding ---- */

static bool choose(const struct runtime_options *o, enum family f, bytes runtime, struct arena *a,
                   struct interpreter *out) {
    struct candidates c = {0};
    const struct language *l = &languages[f];
    char real[PATH_MAX];
    const char *given = f == FAMILY_PYTHON ? o->python : o->node;
    if (f == FAMILY_PROVIDED) {
        *out = (struct interpreter){.family = f, .path = l->program};
        return true;
    }
    if (given)
        add(&c, given);
    if (!given && f == FAMILY_PYTHON)
        add_named(&c, o, arena_string(a, runtime), a); /* python3.12 */
    if (!given)
        add_named(&c, o, l->program, a);
    if (f == FAMILY_PYTHON)
        return choose_python(&c, a, out);
    if (c.count == 0 || !realpath(c.paths[0], real))
        return false;
    *out = (struct interpreter){.family = f, .path = arena_string(a, bytes_from(real))};
    char *bin = strstr(real, "/bin/");
    if (bin) {
        *bin = 0; /* …/node/bin/node: all of …/node */
        see(out, arena_string(a, bytes_from(*real ? real : "/usr")));
    }
    return true;
}

static struct known *find_known(struct runtimes *r, bytes runtime, size_t *out_count) {
    *out_count = 0;
    LIST_EACH (link, &r->interpreters) {
        struct known *k = OWNER(link, struct known, link);
        if (bytes_equal(k->runtime, runtime))
            return k;
        ++*out_count;
    }
    return NULL;
}

static void free_known(struct known *k) {
    list_remove(&k->link);
    arena_done(&k->memory);
    mem_free(k);
}

static status look(struct runtimes *r, enum family f, bytes runtime, struct known **out) {
    struct known *k = NEW(struct known);
    list_init(&k->link);
    k->runtime = arena_copy(&k->memory, runtime);
    if (!choose(&r->options, f, runtime, &k->memory, &k->interpreter)) {
        free_known(k);
        return FAIL(E_UNAVAILABLE,
                    "no %s was found on this machine to run %.*s; install it: apt install %s",
                    languages[f].program, BYTES_ARG(runtime), languages[f].package);
    }
    *out = k;
    return OK;
}

status interpreter_find(struct runtimes *r, bytes runtime, const struct interpreter **out) {
    enum family f;
    size_t count;
    struct known *k;
    if (!language_of(runtime, &f) || runtime.len > 64)
        return FAIL(E_INVALID,
                    "there is no runtime %.*s here: python3.*, nodejs* and provided* run",
                    BYTES_ARG(bytes_slice(runtime, 0, 64)));
    pthread_mutex_lock(&r->finding); /* the second who asks waits for the answer to the first */
    k = find_known(r, runtime, &count);
    status s = k || count < KNOWN_MAX ? OK : FAIL(E_UNAVAILABLE, "too many kinds of runtimes");
    if (s == OK && !k) {
        s = look(r, f, runtime, &k);
        if (s == OK)
            list_push(&r->interpreters, &k->link);
    }
    if (s == OK)
        *out = &k->interpreter;
    pthread_mutex_unlock(&r->finding);
    return s;
}

void interpreters_free(struct runtimes *r) {
    while (!list_is_empty(&r->interpreters))
        free_known(OWNER(r->interpreters.next, struct known, link));
}
