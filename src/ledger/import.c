#include "ledger/import.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ledger/ring.h"

/* ---- which certificates were seen: open addressing by the first half of their ids ---- */

struct seen_slot {
    uint8_t half[16]; /* of the SHA-256, so already as good as random */
    uint64_t line;    /* 0: free */
};
struct seen {
    struct seen_slot *slots;
    size_t slot_count, count;
};

static struct seen_slot *seen_find(const struct seen *s, const uint8_t half[16]) {
    uint64_t hash;
    memcpy(&hash, half, sizeof hash);
    size_t at = (size_t)hash & (s->slot_count - 1);
    while (s->slots[at].line && memcmp(s->slots[at].half, half, 16) != 0)
        at = (at + 1) & (s->slot_count - 1);
    return &s->slots[at];
}

static void seen_grow(struct seen *s) {
    struct seen old = *s;
    s->slot_count = old.slot_count ? 2 * old.slot_count : 4096;
    s->slots = NEW_ARRAY(struct seen_slot, s->slot_count);
    for (size_t i = 0; i < old.slot_count; i++)
        if (old.slots[i].line)
            *seen_find(s, old.slots[i].half) = old.slots[i];
    mem_free(old.slots);
}

/* The line on which this certificate was seen first; 0 when it is new, and then it is kept. */
static uint64_t seen_before(struct seen *s, const char *id, uint64_t line) {
    uint8_t half[16];
    if (hex_decode(bytes_of(id, 2 * sizeof half), half) != OK)
        return 0;
    if (s->count * 4 >= s->slot_count * 3)
        seen_grow(s);
    struct seen_slot *slot = seen_find(s, half);
    if (slot->line)
        return slot->line;
    memcpy(slot->half, half, sizeof half);
    slot->line = line;
    s->count++;
    return 0;
}

/* ---- a batch ---- */

struct outcome {
    struct ledger_entry *entry;
    uint64_t first_line; /* of a duplicate */
    enum enrolled enrolled;
};

struct run {
    const struct import *i;
    struct ring *ring;
    struct seen seen;
    struct import_progress progress;
    struct arena memory; /* of a batch */
    size_t batch, chunk_count, entry_count;
    struct outcome *outcomes; /* in the order of the ledger */
    struct outcome **order;   /* those to enroll, by certificate id: neighbours in the store */
    size_t order_count;
};

static int compare_ids(const void *a, const void *b) {
    const struct ledger_entry *x = (*(struct outcome *const *)a)->entry;
    const struct ledger_entry *y = (*(struct outcome *const *)b)->entry;
    int order = strcmp(x->certificate.id, y->certificate.id);
    return order ? order : x->line < y->line ? -1 : x->line > y->line;
}

static void take_chunk(struct run *run, struct chunk *c) {
    for (size_t k = 0; k < c->count; k++) {
        struct outcome *o = &run->outcomes[run->entry_count++];
        *o = (struct outcome){.entry = &c->entries[k]};
        if (o->entry->result != OK)
            continue;
        o->first_line = seen_before(&run->seen, o->entry->certificate.id, o->entry->line);
        run->order[run->order_count++] = o;
    }
    run->chunk_count++;
    run->progress.fraction = c->fraction;
}

/* False at the end of the ledger. */
static bool gather(struct run *run, status *out_result) {
    run->chunk_count = run->entry_count = run->order_count = 0;
    while (run->entry_count < run->batch) {
        struct chunk *c = ring_next(run->ring, out_result);
        if (!c)
            return false;
        take_chunk(run, c);
    }
    return true;
}

static status enroll_one(struct run *run, struct txn *t, struct outcome *o) {
    struct registry r = {t, &run->memory, run->i->account, run->i->region};
    status s = enroll(&r, o->entry, &o->enrolled);
    arena_reset(&run->memory);
    return s;
}

static void set_bad(struct outcome *o, status s, struct arena *memory) {
    o->entry->result = s;
    o->entry->reason = arena_string(memory, bytes_from(failure_text()));
}

/* A failure of the disk is not the entry's. */
static bool is_fatal(status s) {
    return s == E_UNAVAILABLE || s == E_INTERNAL;
}

/* Enrolls from `at` on in one transaction. Behind an entry that cannot be enrolled nothing is done;
 * *out_done is then that entry's place, and it has failed. Nothing was committed in that case. */
static status try_range(struct run *run, size_t at, size_t end, struct arena *sentences,
                        size_t *out_done) {
    struct txn *t;
    *out_done = at;
    TRY(store_begin_write(run->i->store, &t));
    for (; *out_done < end; (*out_done)++) {
        struct outcome *o = run->order[*out_done];
        status s = enroll_one(run, t, o);
        if (s == OK)
            continue;
        store_rollback(t);
        if (is_fatal(s))
            return s;
        set_bad(o, s, sentences);
        return OK;
    }
    return store_commit(t);
}

static status enroll_batch(struct run *run, struct arena *sentences) {
    size_t at = 0, failed, done;
    qsort(run->order, run->order_count, sizeof *run->order, compare_ids);
    while (at < run->order_count) {
        TRY(try_range(run, at, run->order_count, sentences, &failed));
        if (failed < run->order_count && failed > at)
            TRY(try_range(run, at, failed, sentences, &done)); /* did well a moment ago */
        at = failed + 1;
    }
    return OK;
}

/* ---- the report ---- */

static void count(struct run *run, const struct outcome *o, const char **out_word) {
    struct import_counts *c = &run->progress.counts;
    if (o->entry->result != OK) {
        c->bad++;
        *out_word = "bad";
    } else if (o->first_line) {
        c->duplicates++;
        *out_word = "duplicate";
    } else if (o->enrolled == ENROLLED_NEW) {
        c->registered++;
        *out_word = NULL;
    } else {
        *(o->enrolled == ENROLLED_COMPLETED ? &c->completed : &c->existing) += 1;
        *out_word = o->enrolled == ENROLLED_COMPLETED ? "completed" : "existing";
    }
}

static void report_line(struct run *run, const struct outcome *o, const char *word) {
    AUTO(buf) line = {0};
    buf_printf(&line, "%llu,%s,%s,", (unsigned long long)o->entry->line, word,
               o->entry->certificate.id);
    if (o->entry->result != OK)
        csv_append(&line, bytes_from(o->entry->reason));
    else if (o->first_line)
        buf_printf(&line, "the same as on line %llu", (unsigned long long)o->first_line);
    buf_append_byte(&line, '\n');
    (void)fwrite(line.ptr, 1, line.len, run->i->report);
}

static void report_batch(struct run *run) {
    const char *word;
    for (size_t k = 0; k < run->entry_count; k++) {
        count(run, &run->outcomes[k], &word);
        if (word && run->i->report)
            report_line(run, &run->outcomes[k], word);
    }
    if (run->i->report)
        (void)fflush(run->i->report);
    if (run->i->progress)
        run->i->progress(run->i->context, &run->progress);
}

/* ---- the import ---- */

static void pause_for_others(const struct import *i) {
    const struct timespec pause = {.tv_nsec = (long)i->pause_ms * 1000000L};
    if (i->pause_ms)
        (void)nanosleep(&pause, NULL);
}

static status run_batches(struct run *run) {
    status ledger = OK;
    bool more = true;
    while (more && !(run->i->stop && atomic_load(run->i->stop))) {
        AUTO(arena) sentences = {0};
        more = gather(run, &ledger);
        if (run->entry_count == 0)
            break;
        TRY(enroll_batch(run, &sentences));
        report_batch(run);
        ring_give_back(run->ring, run->chunk_count);
        pause_for_others(run->i);
    }
    return ledger;
}

static status check_plan(const struct import *i) {
    AUTO(arena) memory = {0};
    struct txn *t;
    TRY(store_begin_read(i->store, &t));
    struct registry r = {t, &memory, i->account, i->region};
    status s = enroll_check_plan(&r, i->plan);
    store_rollback(t);
    return s;
}

status import_run(const struct import *i, struct import_counts *out_counts) {
    struct run run = {.i = i, .batch = i->batch ? i->batch : IMPORT_BATCH};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned readers = i->readers ? i->readers : cores > 1 ? (unsigned)cores : 1;
    *out_counts = (struct import_counts){0};
    if (run.batch > (RING_CHUNKS / 2) * (size_t)CHUNK_ENTRIES)
        run.batch = (RING_CHUNKS / 2) * (size_t)CHUNK_ENTRIES;
    TRY(check_plan(i));
    if (i->report)
        (void)fprintf(i->report, "line,outcome,certificateId,reason\n");
    TRY(ring_start(i->ledger, i->plan, readers, &run.ring));
    size_t most = run.batch + CHUNK_ENTRIES;
    run.outcomes = NEW_ARRAY(struct outcome, most);
    run.order = NEW_ARRAY(struct outcome *, most);
    status s = run_batches(&run);
    ring_stop(run.ring);
    run.progress.ended = true;
    *out_counts = run.progress.counts;
    if (i->progress)
        i->progress(i->context, &run.progress);
    mem_free(run.outcomes);
    mem_free(run.order);
    mem_free(run.seen.slots);
    arena_done(&run.memory);
    return s;
}
