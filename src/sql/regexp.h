/* Regular expressions for the rules engine: Java's, as far as PCRE2 agrees [AWS rules 4]. The work
 * on one text is bounded, at each place where a match could begin and in all (a tenth of a second
 * of this thread), so no pattern holds a thread. */
#pragma once
#include "base/bytes.h"

enum regexp_result {
    REGEXP_FOUND,
    REGEXP_NOT_FOUND,
    REGEXP_BAD,     /* no pattern */
    REGEXP_TOO_MUCH /* work */
};

/* regexp_find gives the first match within `text`. */
enum regexp_result regexp_find(bytes pattern, bytes text, bytes *out_match);
/* regexp_replace replaces every match; `$1` in `with` is a group, `\` quotes. REGEXP_FOUND when it
 * is done, matches or not; REGEXP_BAD also when `with` names no group, or the result would be
 * longer than `most`. */
enum regexp_result regexp_replace(bytes pattern, bytes text, bytes with, size_t most,
                                  struct buf *out);
