/* Sweeping code that no record names (code.h).
 *
 *     folders without a record ─▶ lock each: nobody is making it ─▶ still without one? ─▶ removed
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/map.h"
#include "function/code.h"
#include "registry/function.h"

enum {
    KEPT_S = FUNCTION_TIMEOUT_S_MAX + 60, /* the longest invocation, and a little */
    AT_ONCE = 256
};

struct candidate {
    struct map_node node;
    char id[CODE_ID_LEN + 1];
    int lock;
    bool in_use;
};

struct sweep {
    const char *data;
    struct arena memory;
    struct map found; /* by id */
};

static void path_of(const char *data, const char *id, char out[PATH_MAX]) {
    (void)snprintf(out, PATH_MAX, "%s/functions/%s", data, id);
}

static void use(void *context, const struct function_record *f) {
    const struct sweep *w = context;
    struct map_node *n = map_find(&w->found, f->code_id);
    if (n)
        OWNER(n, struct candidate, node)->in_use = true;
}

static status mark(struct sweep *w, struct store *s) {
    AUTO(arena) a = {0};
    struct txn *t;
    TRY(store_begin_read(s, &t));
    status result = function_codes_in_use(t, &a, use, w);
    store_rollback(t);
    return result;
}

/* A folder, a zip, or both. */
static void found(struct sweep *w, const char *name) {
    size_t len = strlen(name);
    bytes id = bytes_slice(bytes_from(name), 0, CODE_ID_LEN);
    bool fits =
        len == CODE_ID_LEN || (len > CODE_ID_LEN && strcmp(name + CODE_ID_LEN, ".zip") == 0);
    if (!fits || map_find(&w->found, id))
        return;
    struct candidate *c = ARENA_NEW(&w->memory, struct candidate);
    memcpy(c->id, id.ptr, id.len);
    c->lock = -1;
    c->node.key = bytes_from(c->id);
    map_add(&w->found, &c->node);
}

static status list_folders(struct sweep *w) {
    char path[PATH_MAX];
    const struct dirent *e;
    path_of(w->data, "", path);
    DIR *d = opendir(path);
    if (!d)
        return errno == ENOENT ? OK
                               : FAIL(E_UNAVAILABLE, "Cannot read %s: %s", path, strerror(errno));
    while ((e = readdir(d)))
        found(w, e->d_name);
    (void)closedir(d);
    return OK;
}

/* A folder that was left long ago, or that nothing can be running from. */
static bool is_due(const char *path, bool at_start) {
    struct stat about;
    return at_start || (stat(path, &about) == 0 && about.st_mtim.tv_sec + KEPT_S < time(NULL));
}

static size_t lock_unused(struct sweep *w, bool at_start) {
    size_t position = 0, count = 0;
    char path[PATH_MAX];
    for (struct map_node *n; count < AT_ONCE && (n = map_next(&w->found, &position));) {
        struct candidate *c = OWNER(n, struct candidate, node);
        path_of(w->data, c->id, path);
        if (c->in_use || !is_due(path, at_start))
            continue;
        (void)mkdir(path, 0755); /* a zip alone has nothing to lock */
        c->lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (c->lock >= 0 && flock(c->lock, LOCK_EX | LOCK_NB) != 0) {
            (void)close(c->lock); /* it is being made */
            c->lock = -1;
        }
        count += c->lock >= 0;
    }
    return count;
}

static status remove_code(const char *data, const char *id) {
    char path[PATH_MAX];
    path_of(data, id, path);
    size_t len = strlen(path);
    (void)snprintf(path + len, sizeof path - len, ".zip");
    if (unlink(path) != 0 && errno != ENOENT)
        return FAIL(E_UNAVAILABLE, "Cannot remove %s: %s", path, strerror(errno));
    path[len] = 0;
    return folder_remove(path);
}

/* `s`: how marking them again went. */
static status remove_unused(struct sweep *w, status s) {
    size_t position = 0;
    for (struct map_node *n; (n = map_next(&w->found, &position));) {
        const struct candidate *c = OWNER(n, struct candidate, node);
        if (c->lock < 0)
            continue;
        if (!c->in_use && s == OK)
            s = remove_code(w->data, c->id);
        (void)close(c->lock);
    }
    return s;
}

status code_sweep(const char *data, struct store *store, bool at_start) {
    struct sweep w = {.data = data};
    status s = list_folders(&w);
    if (s == OK)
        s = mark(&w, store);
    if (s == OK && lock_unused(&w, at_start) > 0) {
        s = remove_unused(&w, mark(&w, store));
    }
    map_done(&w.found);
    arena_done(&w.memory);
    return s;
}

/* ---- what records name ---- */

struct look {
    struct arena memory;
    const char *data;
    status (*look)(const char *data, const char *id, bytes sha256);
    void (*problem)(void *context, const char *sentence);
    void *context;
    status result;
};

static void look_at(void *context, const struct function_record *f) {
    struct look *l = context;
    if (l->result != OK)
        return;
    const char *id = arena_string(&l->memory, f->code_id);
    status s = l->look(l->data, id, f->code_sha256);
    if (s != OK && s != E_NOT_FOUND && s != E_INVALID)
        l->result = s;
    else if (s != OK)
        l->problem(l->context, arena_printf(&l->memory, "functions/%s.zip, the code of %.*s: %s",
                                            id, BYTES_ARG(f->name), failure_text()));
}

static status look_at_all(struct look *l, struct store *s) {
    AUTO(arena) a = {0};
    struct txn *t;
    TRY(store_begin_read(s, &t));
    status result = function_codes_in_use(t, &a, look_at, l);
    store_rollback(t);
    arena_done(&l->memory);
    return result == OK ? l->result : result;
}

static status unpack_one(const char *data, const char *id, bytes sha256) {
    UNUSED(sha256);
    return code_unpack(data, id);
}

status code_unpack_missing(const char *data, struct store *s,
                           void (*problem)(void *context, const char *sentence), void *context) {
    struct look l = {.data = data, .look = unpack_one, .problem = problem, .context = context};
    return look_at_all(&l, s);
}

status code_verify(const char *data, struct store *s,
                   void (*problem)(void *context, const char *sentence), void *context) {
    struct look l = {.data = data, .look = code_check_zip, .problem = problem, .context = context};
    return look_at_all(&l, s);
}
