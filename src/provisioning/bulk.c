#include "provisioning/bulk.h"

#include <stdatomic.h>
#include <stdio.h>

#include "account/account.h"
#include "base/clock.h"
#include "base/random.h"
#include "loop/workers.h"
#include "provisioning/bulk_batch.h"
#include "provisioning/bulk_input.h"

struct bulk {
    struct bulk_config config;
    struct workers *workers; /* one: batches follow each other */
    _Atomic bool stopping;
    uint8_t link_key[REPORT_LINK_KEY_BYTES];
};

/* A task under way, from batch to batch. */
struct errand {
    struct job job;
    struct bulk *bulk;
    char account[ACCOUNT_ID_LEN + 1];
    char id[REGISTRATION_TASK_ID_LEN + 1];
};

/* ---- one batch ---- */

static status load(struct registry *r, struct store *store, bytes id,
                   struct registration_task *out_task) {
    TRY(store_begin_read(store, &r->txn));
    status s = registration_task_load(r, id, out_task);
    store_rollback(TAKE(r->txn));
    return s;
}

static status save(struct registry *r, struct store *store, struct registration_task *task) {
    TRY(store_begin_write(store, &r->txn));
    status s = registration_task_save(r, task);
    if (s == OK)
        return store_commit(TAKE(r->txn));
    store_rollback(TAKE(r->txn));
    return s;
}

static status end(struct registry *r, struct store *store, struct registration_task *task,
                  enum registration_task_status how, const char *message) {
    task->status = how;
    task->message = bytes_from(message);
    return save(r, store, task);
}

static bool is_overdue(const struct registration_task *task) {
    return clock_wall_ms() - task->created_ms >
           (int64_t)REGISTRATION_TASK_DAYS_MAX * 24 * 3600 * 1000;
}

/* What can go wrong with a task as a whole: its input, its template. */
static status run_batch(const struct bulk_config *c, struct registry *r,
                        struct registration_task *task, struct input_batch *batch) {
    const struct template *template;
    const char *path;
    TRY(input_path(r->arena, c->buckets, task->bucket, task->key, &path));
    TRY(template_parse(r->arena, task->template_body, TEMPLATE_THING, &template));
    TRY(input_read(path, task->offset, task->input_bytes, batch));
    struct bulk_batch b = {.store = c->store,
                           .registry = r,
                           .template = template,
                           .options = {.issuer = c->issuer,
                                       .without_quotas = c->without_quotas,
                                       .role_arn = task->role_arn}};
    return bulk_batch_run(&b, batch, task);
}

/* Does a batch of it; out_more when there is another one to come. */
static status step(struct errand *e, struct arena *memory, bool *out_more) {
    const struct bulk_config *c = &e->bulk->config;
    struct registry r = {NULL, memory, bytes_from(e->account), c->region};
    struct registration_task task;
    AUTO(input_batch) batch = {.count = 0};
    char why[1024];
    *out_more = false;
    TRY(load(&r, c->store, bytes_from(e->id), &task));
    if (task.status == REGISTRATION_TASK_CANCELLING)
        return end(&r, c->store, &task, REGISTRATION_TASK_CANCELLED, "");
    if (task.status != REGISTRATION_TASK_IN_PROGRESS)
        return OK;
    if (task.offset >= task.input_bytes)
        return end(&r, c->store, &task, REGISTRATION_TASK_COMPLETED, "");
    if (is_overdue(&task))
        return end(&r, c->store, &task, REGISTRATION_TASK_FAILED, "It ran for 30 days");
    status s = run_batch(c, &r, &task, &batch);
    *out_more = s == OK;
    if (s == OK || s == E_UNAVAILABLE || s == E_INTERNAL)
        return s;
    (void)snprintf(why, sizeof why, "%s", failure_text());
    return end(&r, c->store, &task, REGISTRATION_TASK_FAILED, why);
}

/* On the worker. When the store fails, the task stays as it is, for the next start. */
static void run(struct job *j) {
    struct errand *e = OWNER(j, struct errand, job);
    AUTO(arena) memory = {0};
    bool more = false;
    if (!atomic_load(&e->bulk->stopping) && step(e, &memory, &more) == OK && more &&
        workers_post(e->bulk->workers, NULL, &e->job) == OK)
        return;
    mem_free(e);
}

/* ---- tasks ---- */

void bulk_run(struct bulk *b, bytes account, bytes id) {
    struct errand *e = NEW(struct errand);
    e->bulk = b;
    e->job.run = run;
    (void)snprintf(e->account, sizeof e->account, "%.*s", BYTES_ARG(account));
    (void)snprintf(e->id, sizeof e->id, "%.*s", BYTES_ARG(id));
    if (workers_post(b->workers, NULL, &e->job) != OK)
        mem_free(e); /* ten thousand accounts at it: taken up at the next start */
}

static status take_up(struct bulk *b) {
    AUTO(arena) memory = {0};
    struct unfinished_task *tasks;
    struct txn *t;
    size_t count;
    TRY(store_begin_read(b->config.store, &t));
    status s = registration_task_unfinished(t, &memory, &tasks, &count);
    store_rollback(t);
    TRY(s);
    for (size_t i = 0; i < count; i++)
        bulk_run(b, tasks[i].account, tasks[i].id);
    return OK;
}

status bulk_new(const struct bulk_config *config, struct bulk **out_bulk) {
    struct bulk *b = NEW(struct bulk);
    b->config = *config;
    b->workers = workers_new(1);
    random_fill(b->link_key, sizeof b->link_key);
    status s = take_up(b);
    if (s != OK) {
        bulk_free(b);
        return s;
    }
    *out_bulk = b;
    return OK;
}

void bulk_free(struct bulk *b) {
    if (!b)
        return;
    atomic_store(&b->stopping, true);
    workers_free(b->workers);
    mem_wipe(b->link_key, sizeof b->link_key);
    mem_free(b);
}

status bulk_find_input(const struct bulk *b, bytes bucket, bytes key, uint64_t *out_bytes) {
    AUTO(arena) memory = {0};
    const char *path;
    TRY(input_path(&memory, b->config.buckets, bucket, key, &path));
    return input_measure(path, out_bytes);
}

/* ---- reports ---- */

void bulk_report_link(const struct bulk *b, const struct report_part *part, int64_t now_ms,
                      struct buf *out) {
    report_link_format(b->link_key, part, now_ms / 1000 + REPORT_LINK_SECONDS, out);
}

status bulk_report_read(const struct bulk *b, bytes path, bytes query, int64_t now_ms,
                        struct buf *out_lines) {
    AUTO(arena) memory = {0};
    struct report_part part;
    TRY(report_link_verify(b->link_key, path, query, now_ms / 1000, &part));
    struct registry r = {NULL, &memory, part.account, b->config.region};
    TRY(store_begin_read(b->config.store, &r.txn));
    status s = registration_task_read_report(&r, part.task, part.type, part.part * REPORT_PART_ROWS,
                                             REPORT_PART_ROWS, out_lines);
    store_rollback(r.txn);
    return s;
}
