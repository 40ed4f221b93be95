/* Queries over things, in the language of fleet indexing [AWS query-syntax]:
 *
 *     thingName:lamp*                     names that begin with "lamp"; ? is one character
 *     attributes.floor:[2 TO 5]           2, 3, 4 or 5; { and } leave the bound itself out
 *     attributes.floor>2                  also < <= >=
 *     attributes.serial:["ab" TO "ad"]    texts by alphabet; bounds that are numbers: numbers
 *     thingTypeName:(bulb OR lamp)        one field, several terms
 *     lamp                                any field is "lamp"
 *     a b   a AND b   a OR b   NOT a   a -b   (a OR b) c
 *
 * AND binds more than OR and may be left out. Names of fields are told apart by letter case, values
 * are not. A backslash takes the meaning from the character after it, quotes that of all between
 * them. Parsing is pure; matching too, and allocates nothing. */
#pragma once
#include "registry/thing.h"

enum {
    THING_QUERY_CHARACTERS_MAX = 1000,
    THING_QUERY_LEADING_MAX = 100, /* characters of a query with a leading wildcard */
    THING_QUERY_TERMS_MAX = 12,
};

struct thing_query;

/* thing_query_parse takes a query apart into `a`. E_QUERY_INVALID says where it is wrong: also for
 * fields that are not indexed here (shadow, connectivity, Device Defender, thing groups). */
NODISCARD
status thing_query_parse(struct arena *a, bytes text, const struct thing_query **out_query);
bool thing_query_matches(const struct thing_query *q, const struct thing_record *thing);
