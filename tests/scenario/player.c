/* Plays scenarios: conversations with the whole server on a simulated network, clock and disk.
 *
 *     player [--seeds 1-5] [--loops 1,2] [--log LEVEL] FILE.scn …
 *
 * Each file is played from every seed with every number of loops; a file whose `server` line names
 * loops itself is played with those. The seed decides how bytes are cut on their way, on which loop
 * a connection lands and who goes first. Prints TAP. The language is in README.md. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

enum { LOOPS_CHOICES_MAX = 8, LINE_MAX_BYTES = 16384 };

struct choice {
    uint64_t seed_first, seed_last;
    unsigned loops[LOOPS_CHOICES_MAX];
    size_t loops_count;
};

static int plays;

void fail(const struct play *p, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)printf("not ok %d - %s\n# %s:%d: ", plays, p->file, p->file, p->line);
    (void)vprintf(format, args);
    (void)printf("\n# again: --seeds %llu-%llu --loops %u\n", (unsigned long long)p->seed,
                 (unsigned long long)p->seed, p->loops);
    va_end(args);
    (void)fflush(stdout);
    _Exit(EXIT_FAILURE);
}

void must(const struct play *p, status s) {
    if (s != OK)
        fail(p, "%s", failure_text());
}

static void play_line(struct play *p, const char *line) {
    struct words w;
    words_cut(p, line, &w);
    if (w.count == 0 || w.list[0][0] == '#' || stage_play(p, &w, line))
        return;
    struct client *c = w.count > 1 ? client_find(p, w.list[0]) : NULL;
    if (!c || !(act_play(p, c, &w) || sight_play(p, c, &w)))
        fail(p, "this line is not understood");
}

static FILE *open_file(const char *path) {
    FILE *f = fopen(path, "re");
    if (!f) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    return f;
}

static void play_file(const char *path, uint64_t seed, unsigned loops) {
    struct play *p = NEW(struct play);
    const char *slash = strrchr(path, '/');
    FILE *f = open_file(path);
    char line[LINE_MAX_BYTES];
    *p = (struct play){.file = slash ? slash + 1 : path, .seed = seed, .loops = loops};
    plays++;
    stage_open(p);
    while (fgets(line, sizeof line, f)) {
        p->line++;
        play_line(p, line);
    }
    (void)fclose(f);
    clients_account(p);
    stage_close(p);
    (void)printf("ok %d - %s seed %llu, %u loops\n", plays, p->file, (unsigned long long)seed,
                 loops);
    mem_free(p);
}

/* The loops a file asks for itself, 0 when it leaves that open. */
static unsigned loops_of(const char *path) {
    FILE *f = open_file(path);
    char line[LINE_MAX_BYTES];
    unsigned loops = 0;
    while (fgets(line, sizeof line, f)) {
        const char *at = strncmp(line, "server ", 7) == 0 ? strstr(line, " loops=") : NULL;
        if (at)
            loops = (unsigned)strtoul(at + 7, NULL, 10);
    }
    (void)fclose(f);
    return loops;
}

/* Plays a file in all ways there are, or (`count`) only tells how many there are. */
static int play_all(const char *path, const struct choice *c, bool count) {
    unsigned own = loops_of(path);
    size_t ways = own ? 1 : c->loops_count;
    int sum = 0;
    for (uint64_t seed = c->seed_first; seed <= c->seed_last; seed++) {
        for (size_t i = 0; i < ways; i++, sum++)
            if (!count)
                play_file(path, seed, own ? own : c->loops[i]);
    }
    return sum;
}

static void read_seeds(struct choice *c, const char *text) {
    char *end;
    c->seed_first = c->seed_last = strtoull(text, &end, 10);
    if (*end == '-')
        c->seed_last = strtoull(end + 1, NULL, 10);
}

static void read_loops(struct choice *c, const char *text) {
    bytes left = bytes_from(text), one;
    uint64_t loops;
    c->loops_count = 0;
    while (bytes_split(&left, ',', &one) && c->loops_count < LOOPS_CHOICES_MAX)
        if (bytes_to_u64(one, PLANES_MAX, &loops) == OK)
            c->loops[c->loops_count++] = (unsigned)loops;
}

static int read_options(int argc, char **argv, struct choice *c) {
    enum log_level level = LOG_OFF;
    int i = 1;
    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
        if (strcmp(argv[i], "--seeds") == 0)
            read_seeds(c, argv[i + 1]);
        else if (strcmp(argv[i], "--loops") == 0)
            read_loops(c, argv[i + 1]);
        else if (strcmp(argv[i], "--log") != 0 || log_level_parse(bytes_from(argv[i + 1]), &level))
            exit(EXIT_FAILURE);
    }
    log_set_level(level);
    return i;
}

int main(int argc, char **argv) {
    struct choice c = {.seed_first = 1, .seed_last = 5, .loops = {1, 2}, .loops_count = 2};
    int first = read_options(argc, argv, &c), sum = 0;
    for (int i = first; i < argc; i++)
        sum += play_all(argv[i], &c, true);
    (void)printf("1..%d\n", sum);
    for (int i = first; i < argc; i++)
        (void)play_all(argv[i], &c, false);
    return sum > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
