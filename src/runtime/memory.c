#include "runtime/memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PROCESSES_MAX = 32768,
    GENERATIONS_MAX = 64, /* from a process up to the one that the server started */
    SPARE_KB = 16 * 1024, /* pages of programs and libraries, which all share, count here */
};

struct process {
    pid_t pid, parent;
    size_t kb;
};
struct processes {
    struct process *list; /* by pid */
    size_t count, capacity;
};

/* What is measured: copied, for environments may go meanwhile. */
struct target {
    pid_t pid, group;
    bool confined; /* the processes `pid` and `group` are ours, not the function's */
    size_t kb;
};

/* ---- looking ---- */

/* "1234 (na me) S 1 …": the name may hold anything, also parentheses */
static bool read_stat(const char *number, struct process *out) {
    char path[64], text[1024];
    (void)snprintf(path, sizeof path, "/proc/%.20s/stat", number);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        (void)close(fd);
    if (len <= 0)
        return false;
    text[len] = 0;
    char *at = strrchr(text, ')');
    long pages = 0;
    int parent = 0;
    if (!at || sscanf(at + 1,
                      " %*c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                      "%*s %*s %*s %*s %ld",
                      &parent, &pages) != 2)
        return false;
    out->pid = (pid_t)strtol(number, NULL, 10);
    out->parent = parent;
    out->kb = pages > 0 ? (size_t)pages * ((size_t)sysconf(_SC_PAGESIZE) / 1024) : 0;
    return true;
}

static int by_pid(const void *a, const void *b) {
    pid_t left = ((const struct process *)a)->pid, right = ((const struct process *)b)->pid;
    return (left > right) - (left < right);
}

static void look(struct processes *out) {
    DIR *folder = opendir("/proc");
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)) && out->count < PROCESSES_MAX) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        if (out->count == out->capacity) {
            out->capacity = out->capacity ? 2 * out->capacity : 256;
            out->list = mem_resize(out->list, out->capacity * sizeof *out->list);
        }
        if (read_stat(entry->d_name, &out->list[out->count]))
            out->count++;
    }
    if (folder)
        (void)closedir(folder);
    if (out->count > 0)
        qsort(out->list, out->count, sizeof *out->list, by_pid);
}

static const struct process *find(const struct processes *all, pid_t pid) {
    struct process key = {.pid = pid};
    return all->count ? bsearch(&key, all->list, all->count, sizeof key, by_pid) : NULL;
}

/* The target whose descendant this is, or NULL. */
static struct target *target_of(const struct processes *all, const struct process *p,
                                struct target *targets, size_t count) {
    for (int hop = 0; p && p->pid > 1 && hop < GENERATIONS_MAX; hop++) {
        for (size_t i = 0; i < count; i++)
            if (targets[i].pid == p->pid)
                return &targets[i];
        p = find(all, p->parent);
    }
    return NULL;
}

static void add_up(const struct processes *all, struct target *targets, size_t count) {
    for (size_t i = 0; i < all->count; i++) {
        const struct process *p = &all->list[i];
        struct target *t = target_of(all, p, targets, count);
        if (t && !(t->confined && (p->pid == t->pid || p->pid == t->group)))
            t->kb += p->kb;
    }
}

/* ---- judging ---- */

static size_t list_targets(struct runtimes *r, struct target **out) {
    size_t n = 0;
    pthread_mutex_lock(&r->mutex);
    struct target *targets = NEW_ARRAY(struct target, r->process_count + 1);
    LIST_EACH (link, &r->all) {
        const struct environment *e = OWNER(link, struct environment, everywhere);
        if (e->pid > 0 && n < r->process_count)
            targets[n++] = (struct target){e->pid, e->group, e->report >= 0, 0};
    }
    pthread_mutex_unlock(&r->mutex);
    *out = targets;
    return n;
}

static void judge(struct environment *e, const struct target *t) {
    if (t->kb > e->peak_kb)
        e->peak_kb = t->kb;
    if (t->kb <= (size_t)e->memory_mb * 1024 + SPARE_KB)
        return;
    e->is_over_memory = true;
    environment_kill(e);
}

static void judge_all(struct runtimes *r, const struct target *targets, size_t count) {
    pthread_mutex_lock(&r->mutex);
    LIST_EACH (link, &r->all) {
        struct environment *e = OWNER(link, struct environment, everywhere);
        for (size_t i = 0; e->pid > 0 && i < count; i++)
            if (targets[i].pid == e->pid)
                judge(e, &targets[i]);
    }
    pthread_mutex_unlock(&r->mutex);
}

void memory_watch(struct runtimes *r) {
    struct processes all = {0};
    struct target *targets;
    size_t count = list_targets(r, &targets);
    look(&all);
    add_up(&all, targets, count);
    judge_all(r, targets, count);
    mem_free(all.list);
    mem_free(targets);
}
