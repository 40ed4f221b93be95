/* Thing registration tasks:
 *
 *     REGISTRATION_TASKS         account, id
 *     REGISTRATION_TASK_REPORTS  account, id, 'E' or 'R', number of the row (8 bytes) */
#include "registry/registration_task.h"
#include "base/clock.h"
#include "registry/internal.h"

static const struct field fields[] = {
    FIELD(1, struct registration_task, template_body),
    FIELD(2, struct registration_task, bucket),
    FIELD(3, struct registration_task, key),
    FIELD(4, struct registration_task, role_arn),
    FIELD_BELOW(5, struct registration_task, status, REGISTRATION_TASK_STATUS_COUNT),
    FIELD(6, struct registration_task, message),
    FIELD(7, struct registration_task, created_ms),
    FIELD(8, struct registration_task, modified_ms),
    FIELD(9, struct registration_task, input_bytes),
    FIELD(10, struct registration_task, offset),
    FIELD(11, struct registration_task, line_count),
    FIELD(12, struct registration_task, success_count),
    FIELD(13, struct registration_task, failure_count),
    FIELD(14, struct registration_task, error_rows),
    FIELD(15, struct registration_task, result_rows),
};
static const char *const status_names[] = {
#define STATUS_NAME(name, text) [REGISTRATION_TASK_##name] = (text),
    REGISTRATION_TASK_STATUSES(STATUS_NAME)
#undef STATUS_NAME
};
static const char *const report_names[] = {
    [REPORT_ERRORS] = "ERRORS", [REPORT_RESULTS] = "RESULTS"};

const char *registration_task_status_name(enum registration_task_status s) {
    return status_names[s];
}

status registration_task_status_parse(bytes text, enum registration_task_status *out_status) {
    for (unsigned i = 0; i < COUNT_OF(status_names); i++)
        if (bytes_equal(text, bytes_from(status_names[i]))) {
            *out_status = (enum registration_task_status)i;
            return OK;
        }
    return FAIL(E_INVALID, "'%.*s' is not a status of a task", BYTES_ARG(bytes_slice(text, 0, 40)));
}

const char *report_type_name(enum report_type type) {
    return report_names[type];
}

status report_type_parse(bytes text, enum report_type *out_type) {
    for (unsigned i = 0; i < COUNT_OF(report_names); i++)
        if (bytes_equal(text, bytes_from(report_names[i]))) {
            *out_type = (enum report_type)i;
            return OK;
        }
    return FAIL(E_INVALID, "'%.*s' is not a type of report: ERRORS or RESULTS",
                BYTES_ARG(bytes_slice(text, 0, 40)));
}

static status decode(const struct registry *r, bytes id, bytes value,
                     struct registration_task *out_task) {
    struct registration_task task = {.id = arena_copy(r->arena, id)};
    TRY(record_decode(fields, COUNT_OF(fields), value, &task));
    *out_task = task;
    return OK;
}

status registration_task_load(const struct registry *r, bytes id,
                              struct registration_task *out_task) {
    struct registration_task task = {.id = arena_copy(r->arena, id)};
    status s =
        object_load(r, TABLE_REGISTRATION_TASKS, key_of(r, id), fields, COUNT_OF(fields), &task);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "Task %.*s not found", BYTES_ARG(bytes_slice(id, 0, 40)));
    TRY(s);
    *out_task = task;
    return OK;
}

status registration_task_save(const struct registry *r, struct registration_task *task) {
    task->modified_ms = clock_wall_ms();
    return object_save(r, TABLE_REGISTRATION_TASKS, key_of(r, task->id), fields, COUNT_OF(fields),
                       task);
}

static bool has_ended(const struct registration_task *task) {
    return task->status != REGISTRATION_TASK_IN_PROGRESS &&
           task->status != REGISTRATION_TASK_CANCELLING;
}

/* ---- reports ---- */

static bytes report_prefix(const struct registry *r, bytes id, enum report_type type) {
    return key_of(r, bytes_from(arena_printf(r->arena, "%.*s%c", BYTES_ARG(id),
                                             type == REPORT_ERRORS ? 'E' : 'R')));
}

static bytes report_key(const struct registry *r, bytes id, enum report_type type, uint64_t row) {
    AUTO(buf) key = {0};
    buf_append(&key, report_prefix(r, id, type));
    buf_append_u32(&key, (uint32_t)(row >> 32));
    buf_append_u32(&key, (uint32_t)row);
    return arena_copy(r->arena, buf_bytes(&key));
}

status registration_task_report(const struct registry *r, struct registration_task *task,
                                enum report_type type, bytes lines) {
    uint64_t *rows = type == REPORT_ERRORS ? &task->error_rows : &task->result_rows;
    if (lines.len == 0)
        return OK;
    return store_save(r->txn, TABLE_REGISTRATION_TASK_REPORTS,
                      report_key(r, task->id, type, (*rows)++), lines);
}

status registration_task_read_report(const struct registry *r, bytes id, enum report_type type,
                                     uint64_t from, uint64_t count, struct buf *out_lines) {
    struct scan scan = {.prefix = report_prefix(r, id, type),
                        .from = report_key(r, id, type, from),
                        .limit = (size_t)count};
    struct row *rows;
    size_t row_count;
    TRY(store_scan(r->txn, TABLE_REGISTRATION_TASK_REPORTS, &scan, r->arena, &rows, &row_count));
    for (size_t i = 0; i < row_count; i++)
        buf_append(out_lines, rows[i].value);
    return OK;
}

/* Keys alone are not read without their values: a page of rows at a time. */
static status remove_report(const struct registry *r, const struct registration_task *task,
                            enum report_type type) {
    uint64_t rows = type == REPORT_ERRORS ? task->error_rows : task->result_rows;
    for (uint64_t i = 0; i < rows; i++)
        TRY(store_remove(r->txn, TABLE_REGISTRATION_TASK_REPORTS,
                         report_key(r, task->id, type, i)));
    return OK;
}

/* ---- beginning and ending ---- */

static status forget(const struct registry *r, const struct registration_task *task) {
    TRY(remove_report(r, task, REPORT_ERRORS));
    TRY(remove_report(r, task, REPORT_RESULTS));
    return store_remove(r->txn, TABLE_REGISTRATION_TASKS, key_of(r, task->id));
}

/* One task at a time [AWS identity 9.2]. */
static status make_room(const struct registry *r, int64_t now_ms) {
    static const int64_t kept_ms = (int64_t)REGISTRATION_TASK_DAYS_MAX * 24 * 3600 * 1000;
    struct scan scan = {.prefix = r->account, .limit = STORE_SCAN_ROWS_MAX};
    struct registration_task task;
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, TABLE_REGISTRATION_TASKS, &scan, r->arena, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(decode(r, bytes_skip(rows[i].key, r->account.len), rows[i].value, &task));
        if (!has_ended(&task))
            return FAIL(E_INVALID,
                        "The task %.*s is %s, and an account runs one at a time: wait for its end "
                        "or stop it",
                        BYTES_ARG(task.id), status_names[task.status]);
        if (task.modified_ms + kept_ms < now_ms)
            TRY(forget(r, &task));
    }
    return OK;
}

status registration_task_create(const struct registry *r, struct registration_task *task) {
    TRY(role_arn_check(task->role_arn));
    TRY(make_room(r, clock_wall_ms()));
    task->id = generation_new(r);
    task->status = REGISTRATION_TASK_IN_PROGRESS;
    task->created_ms = clock_wall_ms();
    return registration_task_save(r, task);
}

status registration_task_cancel(const struct registry *r, bytes id) {
    struct registration_task task;
    TRY(registration_task_load(r, id, &task));
    if (task.status == REGISTRATION_TASK_CANCELLING)
        return OK;
    if (has_ended(&task))
        return FAIL(E_INVALID, "The task %.*s is %s already", BYTES_ARG(id),
                    status_names[task.status]);
    task.status = REGISTRATION_TASK_CANCELLING;
    return registration_task_save(r, &task);
}

unsigned registration_task_percentage(const struct registration_task *task) {
    if (task->status == REGISTRATION_TASK_COMPLETED)
        return 100;
    return task->input_bytes ? (unsigned)(task->offset * 100 / task->input_bytes) : 0;
}

/* ---- listings ---- */

status registration_task_list(const struct registry *r, const enum registration_task_status *wanted,
                              const struct page *page, struct name_list *out_list) {
    struct name_list l = {0};
    struct registration_task task;
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, TABLE_REGISTRATION_TASKS, r->account, false, page, &c));
    l.items = ARENA_ARRAY(r->arena, bytes, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        TRY(decode(r, bytes_skip(row.key, r->account.len), row.value, &task));
        if (!wanted || *wanted == task.status)
            l.items[l.count++] = task.id;
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}

status registration_task_unfinished(struct txn *t, struct arena *a, struct unfinished_task **out,
                                    size_t *out_count) {
    enum { ACCOUNT_LEN = 12 };
    struct registry r = {.txn = t, .arena = a};
    struct scan scan = {.limit = STORE_SCAN_ROWS_MAX}; /* one a running account, and some ended */
    struct unfinished_task *all = ARENA_ARRAY(a, struct unfinished_task, STORE_SCAN_ROWS_MAX);
    struct registration_task task;
    struct row *rows;
    size_t row_count, count = 0;
    do {
        TRY(store_scan(t, TABLE_REGISTRATION_TASKS, &scan, a, &rows, &row_count));
        for (size_t i = 0; i < row_count && count < STORE_SCAN_ROWS_MAX; i++) {
            bytes id = bytes_skip(rows[i].key, ACCOUNT_LEN);
            TRY(decode(&r, id, rows[i].value, &task));
            if (!has_ended(&task))
                all[count++] =
                    (struct unfinished_task){bytes_slice(rows[i].key, 0, ACCOUNT_LEN), id};
        }
        if (row_count > 0)
            scan.from = rows[row_count - 1].key, scan.after = true;
    } while (row_count == scan.limit);
    *out = all;
    *out_count = count;
    return OK;
}
