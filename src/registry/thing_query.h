/* Queries over things and thing groups, in the language of fleet indexing [AWS query-syntax]:
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

enum query_index { QUERY_INDEX_THINGS = 1, QUERY_INDEX_GROUPS = 2 };

/* The fields of both indices: as written, another name that is understood, the index, and whether a
 * word without a field is looked for in it. */
#define QUERY_FIELDS(X)                                                             \
    X(ANY, "", NULL, THINGS, false)                                                 \
    X(THING_NAME, "thingName", NULL, THINGS, true)                                  \
    X(THING_ID, "thingId", NULL, THINGS, true)                                      \
    X(THING_TYPE, "thingTypeName", "registry.thingTypeName", THINGS, true)          \
    X(THING_GROUPS, "thingGroupNames", "registry.thingGroupNames", THINGS, true)    \
    X(BILLING_GROUP, "billingGroupName", "registry.billingGroupName", THINGS, true) \
    X(VERSION, "registry.version", NULL, THINGS, false)                             \
    X(CONNECTED, "connectivity.connected", NULL, THINGS, false)                     \
    X(CONNECTIVITY_TIME, "connectivity.timestamp", NULL, THINGS, false)             \
    X(DISCONNECT_REASON, "connectivity.disconnectReason", NULL, THINGS, false)      \
    X(GROUP_NAME, "thingGroupName", NULL, GROUPS, true)                             \
    X(GROUP_ID, "thingGroupId", NULL, GROUPS, true)                                 \
    X(GROUP_DESCRIPTION, "thingGroupDescription", NULL, GROUPS, true)               \
    X(GROUP_PARENTS, "parentGroupNames", NULL, GROUPS, true)                        \
    X(ATTRIBUTE, "attributes.", NULL, THINGS, true) /* and the name of one; of either index */
enum query_field {
#define QUERY_FIELD_ENUM(name, text, alias, index, of_any) QUERY_##name,
    QUERY_FIELDS(QUERY_FIELD_ENUM)
#undef QUERY_FIELD_ENUM
        QUERY_FIELD_COUNT
};
const char *query_field_text(enum query_field field);
/* query_field_is_of_any: whether a word without a field is looked for in it. */
bool query_field_is_of_any(enum query_field field);

/* What a query is asked about: values by field; several of one field where it is a list. */
struct query_value {
    enum query_field field;
    bytes text;
};
enum { QUERY_VALUES_MAX = 24 };
struct query_document {
    struct query_value values[QUERY_VALUES_MAX];
    size_t value_count;
    const struct thing_attribute *attributes;
    size_t attribute_count;
};
/* query_document_add leaves out a value of no bytes, and what is too many. */
void query_document_add(struct query_document *d, enum query_field field, bytes text);

struct thing_query;

/* thing_query_parse takes a query apart into `a`. E_QUERY_INVALID says where it is wrong: also for
 * fields that the index has not (shadow, Device Defender). */
NODISCARD
status thing_query_parse(struct arena *a, enum query_index index, bytes text,
                         const struct thing_query **out_query);
/* thing_query_asks: whether the query looks at the field, by name or as any field. */
bool thing_query_asks(const struct thing_query *q, enum query_field field);
bool thing_query_matches(const struct thing_query *q, const struct query_document *document);

/* query_field_find: a field by either of its names, "attributes.NAME" with the name of the
 * attribute in *out_attribute. E_QUERY_INVALID names those there are. */
NODISCARD
status query_field_find(enum query_index index, bytes name, enum query_field *out_field,
                        bytes *out_attribute);
/* query_number reads a decimal number, all of `text`; false when it is none. */
bool query_number(bytes text, double *out_number);
