/* Values of the rules engine's language [AWS rules 2]. Immutable; what they point to lives in the
 * arena of the evaluation, in the message or in the statement. */
#pragma once
#include "codec/json.h"
#include "sql/decimal.h"

enum sql_type {
    SQL_UNDEFINED,
    SQL_NULL,
    SQL_BOOLEAN,
    SQL_INT,     /* up to 34 digits */
    SQL_DECIMAL, /* 34 digits, exponent to ±999 */
    SQL_STRING,
    SQL_ARRAY,
    SQL_OBJECT
};

struct sql_item;

/* An array or object is either JSON as it came (`json`) or was made here (`items`). */
struct sql_value {
    enum sql_type type;
    union {
        bool flag;
        struct decimal number;
        bytes text;
        struct {
            const struct json *json;
            const struct sql_item *items;
        };
    };
};

struct sql_item {
    bytes name; /* of an object's member */
    struct sql_value value;
    struct sql_item *next;
};

/* Walks an array or object of either kind:
 *     struct sql_walk w = sql_walk(value);
 *     while (sql_walk_next(&w)) … w.name, w.value … */
struct sql_walk {
    const struct json *json;
    const struct sql_item *items;
    bool keep_decimals;
    bytes name;
    struct sql_value value;
};

/* sql_from_json gives the value of one JSON value; a number that is whole is an Int, unless the
 * version tells 10.0 from 10 (`keep_decimals`) [AWS rules 1.3]. */
struct sql_value sql_from_json(const struct json *v, bool keep_decimals);
/* sql_number_from_text does so for a number as JSON writes it; Undefined when it is out of range.
 */
struct sql_value sql_number_from_text(bytes text, bool keep_decimals);

struct sql_walk sql_walk(const struct sql_value *v, bool keep_decimals);
bool sql_walk_next(struct sql_walk *w);

/* A list under construction; `last` is where the next item goes. */
struct sql_list {
    struct arena *arena;
    struct sql_item *first, **last;
};
struct sql_list sql_list(struct arena *a);
void sql_list_add(struct sql_list *l, bytes name, struct sql_value v); /* Undefined: as null */
/* sql_list_put replaces a member of that name, or adds it; Undefined is left out. */
void sql_list_put(struct sql_list *l, bytes name, struct sql_value v);
const struct sql_item *sql_list_find(const struct sql_list *l, bytes name); /* or NULL */
/* sql_members lists an object's members, each name once: the last value where the first stood. The
 * list may be added to. */
struct sql_list sql_members(struct arena *a, const struct sql_value *object, bool keep_decimals);

struct sql_value sql_undefined(void);
struct sql_value sql_null(void);
struct sql_value sql_boolean(bool flag);
struct sql_value sql_string(bytes text);
/* sql_number makes an Int of a whole number and a Decimal of others. */
struct sql_value sql_number(struct decimal d);
struct sql_value sql_int(int64_t n);
struct sql_value sql_double(double d); /* Undefined when it is no number */
struct sql_value sql_array(const struct sql_list *l);
struct sql_value sql_object(const struct sql_list *l);

bool sql_is_number(const struct sql_value *v);

/* Conversions of arguments [AWS rules 2.1]; false is Undefined. */
bool sql_to_decimal(const struct sql_value *v, struct decimal *out);
bool sql_to_int(const struct sql_value *v, struct decimal *out);
bool sql_to_boolean(const struct sql_value *v, bool *out);
bool sql_to_text(const struct sql_value *v, struct arena *a, bytes *out);

/* sql_equal is = between values that are not Undefined [AWS rules 3]. Each pair of elements or
 * members that it looks at counts in `steps`; beyond `most` it gives up, and the answer is
 * false. */
struct sql_patience {
    struct arena *arena; /* for names of objects with many members */
    unsigned *steps, most;
};
bool sql_equal(const struct sql_value *a, const struct sql_value *b, struct sql_patience p);

/* sql_write appends JSON; null for Undefined. */
void sql_write(const struct sql_value *v, struct json_writer *w);
/* sql_serialise appends the value as a payload: JSON, and nothing for Undefined. */
void sql_serialise(const struct sql_value *v, struct buf *out);
