#include "store/sqlite/batch.h"
#include "base/clock.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Bounds on how long a member waits for those who follow it. */
enum { MEMBERS_MAX = 256, BATCH_AGE_MAX_US = 10000 };

struct batch {
    struct member *first, **last; /* in commit order */
    size_t count, leaving;
    uint64_t started_us;
    pthread_cond_t has_ended;
    bool ended;
    status result;
    char sentence[SENTENCE_MAX];
};

void batches_init(struct batches *b, struct connection *take_writer) {
    b->writer = take_writer;
    b->open = NULL;
    turn_init(&b->turn);
    pthread_mutex_init(&b->mutex, NULL);
}

void batches_done(struct batches *b) {
    assert(!b->open);
    turn_done(&b->turn);
    pthread_mutex_destroy(&b->mutex);
    connection_free(b->writer);
}

static struct batch *batch_new(void) {
    struct batch *batch = NEW(struct batch);
    batch->last = &batch->first;
    batch->started_us = clock_monotonic_us();
    pthread_cond_init(&batch->has_ended, NULL);
    return batch;
}

static void batch_free(struct batch *batch) {
    pthread_cond_destroy(&batch->has_ended);
    mem_free(batch);
}

/* Ends the open batch, if any, with what became of it, and wakes its members. */
static void end_batch(struct batches *b, status result, const char *sentence) {
    struct batch *batch = TAKE(b->open);
    if (!batch)
        return;
    for (struct member *m = batch->first; m && result == OK; m = m->next)
        store_tell(&m->base);
    pthread_mutex_lock(&b->mutex);
    batch->result = result;
    (void)snprintf(batch->sentence, sizeof batch->sentence, "%s", sentence);
    batch->ended = true;
    pthread_cond_broadcast(&batch->has_ended);
    pthread_mutex_unlock(&b->mutex);
}

/* SQLite commits; with an empty batch there is nothing to keep. */
static void finish(struct batches *b) {
    char sentence[SENTENCE_MAX] = "";
    status result = OK;
    if (b->open) {
        int code = connection_try(b->writer, CONTROL_COMMIT);
        if (code != SQLITE_OK)
            result = connection_describe(b->writer, code, sentence);
    }
    if (connection_is_in_transaction(b->writer))
        (void)connection_try(b->writer, CONTROL_ROLLBACK);
    end_batch(b, result, sentence);
}

static bool is_ripe(struct batches *b) {
    return !turn_is_wanted(&b->turn) ||
           (b->open && (b->open->count >= MEMBERS_MAX ||
                        clock_monotonic_us() - b->open->started_us > BATCH_AGE_MAX_US));
}

static void leave(struct batches *b) {
    if (is_ripe(b))
        finish(b);
    turn_pass(&b->turn);
}

status batches_begin(struct batches *b) {
    turn_take(&b->turn);
    status s = OK;
    if (!connection_is_in_transaction(b->writer))
        s = connection_control(b->writer, CONTROL_BEGIN_WRITE);
    if (s == OK)
        s = connection_control(b->writer, CONTROL_MEMBER_BEGIN);
    if (s != OK)
        leave(b);
    return s;
}

static void join(struct batches *b, struct member *m) {
    if (!b->open)
        b->open = batch_new();
    m->batch = b->open;
    *m->batch->last = m;
    m->batch->last = &m->next;
    m->batch->count++;
}

static status wait_for_end(struct batches *b, struct batch *batch) {
    char sentence[SENTENCE_MAX];
    pthread_mutex_lock(&b->mutex);
    while (!batch->ended)
        pthread_cond_wait(&batch->has_ended, &b->mutex);
    status result = batch->result;
    memcpy(sentence, batch->sentence, sizeof sentence);
    bool last = ++batch->leaving == batch->count;
    pthread_mutex_unlock(&b->mutex);
    if (last)
        batch_free(batch);
    return result == OK ? OK : FAIL(result, "%s", sentence);
}

status batches_keep(struct batches *b, struct member *m) {
    int code = connection_try(b->writer, CONTROL_MEMBER_KEEP);
    if (code != SQLITE_OK) {
        status s = connection_fail(b->writer, code);
        batches_check(b, code);
        batches_undo(b);
        return s;
    }
    join(b, m);
    leave(b);
    return wait_for_end(b, m->batch);
}

void batches_undo(struct batches *b) {
    if (connection_is_in_transaction(b->writer)) {
        int code = connection_try(b->writer, CONTROL_MEMBER_UNDO);
        if (code == SQLITE_OK)
            code = connection_try(b->writer, CONTROL_MEMBER_KEEP); /* ends the savepoint */
        if (code != SQLITE_OK) { /* nothing of the transaction can be trusted */
            (void)connection_try(b->writer, CONTROL_ROLLBACK);
            batches_check(b, code);
        }
    }
    leave(b);
}

void batches_check(struct batches *b, int code) {
    if (!b->open || connection_is_in_transaction(b->writer))
        return;
    char sentence[SENTENCE_MAX];
    status result = connection_describe(b->writer, code, sentence);
    end_batch(b, result, sentence);
}
