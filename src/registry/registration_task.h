/* Thing registration tasks: bulk registration, how far it has come, and its reports
 * [AWS identity 9.2]. Reports are lines of JSON, kept in the order they were added, in rows of some
 * dozens of lines each. */
#pragma once
#include "registry/registry.h"

enum {
    REGISTRATION_TASK_ID_LEN = 36,
    REGISTRATION_TASK_DAYS_MAX = 30 /* that it may run, and that it is kept when it has ended */
};

#define REGISTRATION_TASK_STATUSES(X) \
    X(IN_PROGRESS, "InProgress")      \
    X(COMPLETED, "Completed")         \
    X(FAILED, "Failed")               \
    X(CANCELLED, "Cancelled")         \
    X(CANCELLING, "Cancelling")
enum registration_task_status {
#define REGISTRATION_TASK_STATUS_ENUM(name, text) REGISTRATION_TASK_##name,
    REGISTRATION_TASK_STATUSES(REGISTRATION_TASK_STATUS_ENUM)
#undef REGISTRATION_TASK_STATUS_ENUM
        REGISTRATION_TASK_STATUS_COUNT
};
const char *registration_task_status_name(enum registration_task_status s);
NODISCARD
status registration_task_status_parse(bytes text, enum registration_task_status *out_status);

enum report_type { REPORT_ERRORS, REPORT_RESULTS, REPORT_TYPE_COUNT };
const char *report_type_name(enum report_type type); /* "ERRORS" */
NODISCARD
status report_type_parse(bytes text, enum report_type *out_type);

struct registration_task {
    bytes id;
    bytes template_body, bucket, key, role_arn;
    enum registration_task_status status;
    bytes message; /* why it failed */
    int64_t created_ms, modified_ms;
    uint64_t input_bytes;                  /* of the input when the task began */
    uint64_t offset, line_count;           /* of the input that has been worked off */
    uint64_t success_count, failure_count; /* lines */
    uint64_t error_rows, result_rows;      /* of the reports */
};
/* registration_task_create fills in id and times. E_INVALID while another task of the account runs.
 * What ended more than 30 days ago is forgotten. */
NODISCARD
status registration_task_create(const struct registry *r, struct registration_task *task);
NODISCARD
status registration_task_load(const struct registry *r, bytes id,
                              struct registration_task *out_task); /* E_NOT_FOUND */
/* registration_task_save sets modified_ms. */
NODISCARD
status registration_task_save(const struct registry *r, struct registration_task *task);
/* registration_task_cancel: E_NOT_FOUND; E_INVALID for one that has ended. */
NODISCARD
status registration_task_cancel(const struct registry *r, bytes id);
/* Ids, in no order that means anything; wanted NULL: of any status. */
NODISCARD
status registration_task_list(const struct registry *r, const enum registration_task_status *wanted,
                              const struct page *page, struct name_list *out_list);
unsigned registration_task_percentage(const struct registration_task *task);

/* registration_task_report adds a row, at most STORE_VALUE_BYTES_MAX; save the task afterwards. */
NODISCARD
status registration_task_report(const struct registry *r, struct registration_task *task,
                                enum report_type type, bytes lines);
/* registration_task_read_report appends rows [from, from + count), as far as there are any. */
NODISCARD
status registration_task_read_report(const struct registry *r, bytes id, enum report_type type,
                                     uint64_t from, uint64_t count, struct buf *out_lines);

/* Tasks of all accounts that have not ended: what a server takes up again when it starts. */
struct unfinished_task {
    bytes account, id;
};
NODISCARD
status registration_task_unfinished(struct txn *t, struct arena *a, struct unfinished_task **out,
                                    size_t *out_count);
