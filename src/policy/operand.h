/* Values that conditions compare as something other than text [AWS policy 6]. No I/O; any thread.
 *
 * Each parser takes a whole text or fails with E_INVALID and a sentence that shows a right one. */
#pragma once
#include "base/bytes.h"

/* A CIDR range; a single address is a range of one. IPv4 lies in the first four bytes, also when
 * written as ::ffff:192.0.2.1. */
struct policy_ip_range {
    uint8_t address[16];
    uint8_t prefix_bits;
    bool is_v4;
};

NODISCARD
status policy_ip_parse(bytes text, struct policy_ip_range *out_range);
/* policy_ip_contains: `address` is a range of one; families do not mix. */
bool policy_ip_contains(const struct policy_ip_range *range, const struct policy_ip_range *address);

/* policy_number_parse reads a JSON number. */
NODISCARD
status policy_number_parse(bytes text, double *out_number);

/* policy_date_parse reads ISO 8601 ("2026-01-02", "2026-01-02T03:04:05Z", also with a fraction and
 * an offset) or seconds since 1970; the result is milliseconds since 1970. */
NODISCARD
status policy_date_parse(bytes text, int64_t *out_ms);

/* policy_bool_parse reads "true" or "false" in any case. */
NODISCARD
status policy_bool_parse(bytes text, bool *out_truth);

/* policy_base64_check accepts strict base64, of which each value has one text. */
NODISCARD
status policy_base64_check(bytes text);
