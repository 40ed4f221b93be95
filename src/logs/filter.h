/* Filter patterns: which lines FilterLogEvents gives [AWS logs FilterAndPatternSyntax].
 *
 *     ERROR timeout          both must occur
 *     "Task timed out"       as it stands
 *     ?WARN ?ERROR           one of them; ignored beside others, as AWS does
 *     ERROR -retry           ERROR, and not retry
 *     { $.level = "warn" && $.n > 3 }    lines that are JSON objects
 *
 * Terms are parts of a line, upper and lower case differ. Pure; any thread. */
#pragma once
#include "base/arena.h"

struct log_filter;

/* log_filter_parse reads a pattern into `a`, which must keep `pattern` alive, too; an empty one
 * matches all. E_INVALID says what is wrong. */
NODISCARD
status log_filter_parse(struct arena *a, bytes pattern, const struct log_filter **out_filter);
/* log_filter_matches tells whether a line matches. */
bool log_filter_matches(const struct log_filter *f, bytes message);
