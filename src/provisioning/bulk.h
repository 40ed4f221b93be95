/* Bulk registration: runs thing registration tasks (registry/registration_task.h) in the background
 * [AWS identity 9.2].
 *
 *     StartThingRegistrationTask ─▶ task in the store ─▶ bulk_run ─▶ a worker, batch by batch:
 *         some dozens of lines of the input ─▶ plans, signed certificates ─▶ one transaction with
 *         what they make, the lines of the reports, and how far the task has come
 *
 * So a task that is interrupted, however, goes on where its last commit was: no line is lost and
 * none is registered twice. A line that fails costs the others nothing; it is reported. Tasks of
 * several accounts take turns. One per server; any thread. */
#pragma once
#include "identity/issuer.h"
#include "provisioning/report_link.h"
#include "store/store.h"

struct bulk;

/* All borrowed, and must outlive it. */
struct bulk_config {
    struct store *store;
    bytes region;
    const struct issuer *issuer;
    const char *buckets; /* the folder that stands for S3: a folder in it is a bucket */
    bool without_quotas;
};
/* bulk_new starts a worker and takes up what an earlier server left unfinished; E_UNAVAILABLE when
 * the store cannot be read. */
NODISCARD
status bulk_new(const struct bulk_config *config, struct bulk **out_bulk);
/* bulk_free waits for the batch under way; NULL does nothing. */
void bulk_free(struct bulk *b);

/* bulk_find_input measures the file of a bucket; E_INVALID says which file cannot be read. */
NODISCARD
status bulk_find_input(const struct bulk *b, bytes bucket, bytes key, uint64_t *out_bytes);
/* bulk_run takes up a task that is in the store. */
void bulk_run(struct bulk *b, bytes account, bytes id);

/* bulk_report_link appends path and query of a part of a report, good for an hour and this server;
 * bulk_report_read verifies them and appends that part. E_ACCESS_DENIED. */
void bulk_report_link(const struct bulk *b, const struct report_part *part, int64_t now_ms,
                      struct buf *out);
NODISCARD
status bulk_report_read(const struct bulk *b, bytes path, bytes query, int64_t now_ms,
                        struct buf *out_lines);
