/* Links to the reports of a thing registration task: paths that carry their own permission, as the
 * pre-signed URLs of AWS do [AWS identity 9.2].
 *
 *     /thing-registration-task-reports/<account>/<task>/<type>/<part>?expires=<s>&signature=<hex>
 *
 * Whoever holds one may read that part of that report until it expires. Pure. */
#pragma once
#include "registry/registration_task.h"

enum { REPORT_LINK_KEY_BYTES = 32, REPORT_LINK_SECONDS = 3600, REPORT_PART_ROWS = 100 };

struct report_part {
    bytes account, task;
    enum report_type type;
    uint64_t part; /* rows [part × REPORT_PART_ROWS, …) */
};
/* report_link_format appends path and query. */
void report_link_format(const uint8_t key[REPORT_LINK_KEY_BYTES], const struct report_part *part,
                        int64_t expires_s, struct buf *out);
bool report_link_is_one(bytes path);
/* report_link_verify: E_ACCESS_DENIED when it is not one of ours or its time is over. The part
 * borrows from `path`. */
NODISCARD
status report_link_verify(const uint8_t key[REPORT_LINK_KEY_BYTES], bytes path, bytes query,
                          int64_t now_s, struct report_part *out_part);
