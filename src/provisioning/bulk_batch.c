#include "provisioning/bulk_batch.h"

#include "base/clock.h"
#include "codec/json.h"

/* A line on its way: what it plans, or why it failed. */
struct line {
    struct plan plan;
    struct issued issued;
    status failure; /* OK: none so far */
    const char *sentence;
};

static bool is_of_the_store(status s) {
    return s == E_UNAVAILABLE || s == E_INTERNAL;
}

static void fail(struct line *l, struct arena *a, status s) {
    l->failure = s;
    l->sentence = arena_string(a, bytes_from(failure_text()));
}

/* ---- before the transaction ---- */

/* {"SerialNumber": "1", …}: flat; numbers and truth values count as their text. */
static status parse_parameters(struct arena *a, bytes text, struct template_parameters *out) {
    const struct json *object;
    size_t count = 0;
    TRY(json_parse(a, text, &object));
    if (object->type != JSON_OBJECT)
        return FAIL(E_INVALID, "A line is a JSON object of parameters and their values");
    struct plan_pair *pairs = ARENA_ARRAY(a, struct plan_pair, object->count);
    JSON_EACH (v, object) {
        if (v->type == JSON_NULL || v->type == JSON_ARRAY || v->type == JSON_OBJECT)
            return FAIL(E_INVALID, "The parameter %.*s has no plain value",
                        BYTES_ARG(bytes_slice(v->name, 0, 100)));
        bytes value = v->type == JSON_TRUE    ? BYTES("true")
                      : v->type == JSON_FALSE ? BYTES("false")
                                              : v->text;
        pairs[count++] = (struct plan_pair){v->name, value};
    }
    *out = (struct template_parameters){pairs, count};
    return OK;
}

static status plan_line(struct bulk_batch *b, const struct input_line *input, struct line *l) {
    struct template_parameters parameters;
    struct arena *a = b->registry->arena;
    if (!input->text.ptr)
        return FAIL(E_INVALID, "The line is longer than %d bytes", BULK_LINE_BYTES_MAX);
    TRY(parse_parameters(a, input->text, &parameters));
    TRY(template_evaluate(b->template, &parameters, a, &l->plan));
    return provisioning_prepare(&l->plan, &b->options, &l->issued);
}

/* ---- reports [AWS identity 9.2] ---- */

static void begin_report(struct json_writer *w, struct buf *out, uint64_t number, uint64_t offset) {
    json_start(w, out);
    json_object_begin(w);
    json_name(w, "lineNumber");
    json_i64(w, (int64_t)number);
    json_name(w, "offset");
    json_i64(w, (int64_t)offset);
}

static void report_result(const struct provisioned *done, uint64_t number, uint64_t offset,
                          struct buf *out) {
    struct json_writer w;
    begin_report(&w, out, number, offset);
    json_name(&w, "response");
    json_object_begin(&w);
    if (done->certificate_pem.len > 0) {
        json_name(&w, "certificatePem");
        json_string(&w, done->certificate_pem);
    }
    json_name(&w, "resourceArns");
    json_object_begin(&w);
    for (size_t i = 0; i < done->resource_count; i++) {
        json_name_bytes(&w, done->resources[i].logical_id);
        json_string(&w, done->resources[i].arn);
    }
    json_object_end(&w);
    json_object_end(&w);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

static void report_error(const struct line *l, uint64_t number, uint64_t offset, struct buf *out) {
    struct json_writer w;
    begin_report(&w, out, number, offset);
    json_name(&w, "errorCode");
    json_text(&w, status_info(l->failure)->aws_type);
    json_name(&w, "errorMessage");
    json_text(&w, l->sentence);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

/* ---- in the transaction ---- */

/* Registers all lines that have not failed. When one does, that is noted on it and `redo` set: the
 * transaction is lost, and the next one leaves that line out. */
static status register_lines(struct bulk_batch *b, struct registry *r,
                             const struct input_batch *input, struct line *lines, uint64_t first,
                             struct buf *results, bool *out_redo) {
    *out_redo = false;
    for (size_t i = 0; i < input->count; i++) {
        struct provisioned done;
        if (lines[i].failure != OK)
            continue;
        status s =
            provisioning_register_thing(r, &lines[i].plan, &lines[i].issued, &b->options, &done);
        if (is_of_the_store(s))
            return s;
        if (s != OK) {
            fail(&lines[i], b->registry->arena, s);
            *out_redo = true;
            return OK;
        }
        report_result(&done, first + i, input->lines[i].offset, results);
    }
    return OK;
}

/* The task may have been told to stop meanwhile; its progress counts all the same. */
static status save_progress(struct registry *r, const struct input_batch *input,
                            const struct line *lines, struct buf *results,
                            struct registration_task *task) {
    AUTO(buf) errors = {0};
    struct registration_task now;
    TRY(registration_task_load(r, task->id, &now));
    task->status = now.status;
    for (size_t i = 0; i < input->count; i++)
        if (lines[i].failure != OK) {
            report_error(&lines[i], task->line_count + 1 + i, input->lines[i].offset, &errors);
            task->failure_count++;
        }
    TRY(registration_task_report(r, task, REPORT_RESULTS, buf_bytes(results)));
    TRY(registration_task_report(r, task, REPORT_ERRORS, buf_bytes(&errors)));
    task->success_count = task->line_count + input->count - task->failure_count;
    task->line_count += input->count;
    task->offset = input->end;
    return registration_task_save(r, task);
}

static status attempt(struct bulk_batch *b, const struct input_batch *input, struct line *lines,
                      struct registration_task *task, bool *out_redo) {
    AUTO(arena) memory = {0};
    AUTO(buf) results = {0};
    struct registration_task changed = *task;
    struct registry r = *b->registry;
    r.arena = &memory;
    TRY(store_begin_write(b->store, &r.txn));
    status s = register_lines(b, &r, input, lines, task->line_count + 1, &results, out_redo);
    if (s == OK && !*out_redo)
        s = save_progress(&r, input, lines, &results, &changed);
    if (s == OK && !*out_redo)
        return store_commit(r.txn);
    store_rollback(r.txn);
    return s;
}

status bulk_batch_run(struct bulk_batch *b, const struct input_batch *input,
                      struct registration_task *task) {
    struct line *lines = ARENA_ARRAY(b->registry->arena, struct line, input->count);
    bool redo = true;
    status s = OK;
    b->options.now_ms = clock_wall_ms();
    for (size_t i = 0; i < input->count && s == OK; i++) {
        status failure = plan_line(b, &input->lines[i], &lines[i]);
        if (is_of_the_store(failure))
            s = failure;
        else if (failure != OK)
            fail(&lines[i], b->registry->arena, failure);
    }
    while (redo && s == OK)
        s = attempt(b, input, lines, task, &redo);
    for (size_t i = 0; i < input->count; i++)
        issued_done(&lines[i].issued);
    return s;
}
