/* Times as text, by patterns of Joda-Time (parse_time) and java.time (time_to_epoch): the letters
 * both have in common [AWS rules 4]. Zones come from the system's time zone database. */
#pragma once
#include "base/bytes.h"

/* time_text_format appends the time in `zone` ("UTC", "America/Belize", "+09:00"; no bytes: UTC).
 * False for a letter or a zone nobody knows. */
bool time_text_format(int64_t wall_ms, bytes pattern, bytes zone, struct buf *out);
/* time_text_parse reads all of `text` by the pattern; without a zone in it, UTC. False when it does
 * not fit. */
bool time_text_parse(bytes text, bytes pattern, int64_t *out_wall_ms);
