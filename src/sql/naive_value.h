/* Values of the naive evaluator: each is text. For naive.c and its functions. */
#pragma once
#include "sql/evaluate.h"

struct naive {
    enum sql_type type;
    bytes text; /* a string's characters; anything else as JSON, without white space */
};

/* Who evaluates what, and where names are looked up. */
struct naive_world {
    struct arena *a;
    const struct sql_statement *statement;
    const struct sql_message *message;
    const struct naive *element; /* of a nested SELECT; NULL: the message */
    bytes alias;
    unsigned steps; /* for the fuzzer's patience */
};

struct naive_member {
    bytes name;
    struct naive value;
};

extern const struct naive naive_undefined, naive_null, naive_true, naive_false;
struct naive naive_boolean(bool flag);
struct naive naive_string(bytes text);
/* naive_number is what functions give: an Int when it is whole. naive_raw_number keeps the places
 * behind the point, as 2015-10-08 does with what comes from a message or from Decimals. */
struct naive naive_number(struct naive_world *w, struct decimal d);
struct naive naive_raw_number(struct naive_world *w, struct decimal d);

/* naive_read takes in one JSON text; Undefined when it is none, or a number out of range. */
struct naive naive_read(struct naive_world *w, bytes json);
/* naive_members takes an array or object apart; of members of one name the last counts, where the
 * first stood. */
struct naive_member *naive_members(struct naive_world *w, const struct naive *v, size_t *out_count);
/* naive_array and naive_object put one together: no Undefined members, null for Undefined
 * elements. */
struct naive naive_array(struct naive_world *w, const struct naive_member *items, size_t count);
struct naive naive_object(struct naive_world *w, const struct naive_member *items, size_t count);
/* naive_put replaces the member of that name or adds it; *items has room for one more. */
void naive_put(struct naive_member *items, size_t *count, bytes name, struct naive value);
/* naive_member_of is v.name. */
struct naive naive_member_of(struct naive_world *w, const struct naive *v, bytes name);
bytes naive_json(struct naive_world *w, const struct naive *v); /* no bytes for Undefined */

bool naive_is_number(const struct naive *v);
bool naive_to_decimal(const struct naive *v, struct decimal *out);
bool naive_to_int(const struct naive *v, struct decimal *out);
bool naive_to_boolean(const struct naive *v, bool *out);
bool naive_to_text(const struct naive *v, bytes *out);
/* naive_order is below, at or above zero as a is to b. */
int naive_order(struct decimal a, struct decimal b);
bool naive_equal(struct naive_world *w, const struct naive *a, const struct naive *b);

struct naive_call {
    struct naive_world *world;
    struct naive *arguments;
    size_t count;
    bool star; /* the first argument was a bare * */
};
/* naive_function calls the function of that name, in any case; *out_known tells whether there is
 * one. */
struct naive naive_function(bytes name, struct naive_call *c, bool *out_known);
