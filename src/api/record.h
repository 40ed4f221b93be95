/* Records: what travels in an operation, typed by its model.
 *
 * A record holds the members of one structure; a list holds the elements of a list or the entries
 * of a map. Both live in the arena of the request, so nothing is freed. Members are named by the
 * constants of generated/members.h; naming one that the structure does not have, or putting a value
 * of another type than the model's, is our own mistake and asserts.
 *
 *     bytes target = get_text(c->in, M_TARGET);
 *     put_text(c->out, M_POLICY_NAME, name);
 *     struct items *policies = put_list(c->out, M_POLICIES);
 *     put_text(add_record(policies), M_POLICY_NAME, name);
 */
#pragma once
#include "api/model.h"
#include "base/arena.h"

struct record;
struct items;

struct value {
    bool present;
    bytes key;          /* of a map's entry */
    struct value *next; /* the element or entry after this one */
    union {
        bytes text;     /* string, or a blob's bytes */
        int64_t number; /* integer, long; a timestamp in milliseconds since the epoch */
        double real;
        bool flag;
        struct record *record;
        struct items *items;
    };
};

struct record {
    const struct model *model;
    const struct model_shape *shape;
    struct arena *arena;
    struct value values[]; /* one per member, in the model's order */
};

struct items {
    const struct model *model;
    const struct model_shape *shape; /* of the list or map itself */
    struct arena *arena;
    struct value *first, **last;
    size_t count;
};

struct record *record_new(struct arena *a, const struct model *m, uint16_t shape);
struct items *items_new(struct arena *a, const struct model *m, uint16_t shape);
/* items_add appends an element (or, with a key, an entry) without a value yet. */
struct value *items_add(struct items *l, bytes key);

/* Reading. An absent member gives no bytes, `otherwise`, false or NULL. `id` is an enum member of
 * the record's model. NULL for a record gives the same: optional structures need no check. */
bool record_knows(const struct record *r, unsigned id); /* the structure has such a member */
bool has(const struct record *r, unsigned id);
bytes get_text(const struct record *r, unsigned id);
int64_t get_number(const struct record *r, unsigned id, int64_t otherwise);
bool get_flag(const struct record *r, unsigned id);
const struct record *get_record(const struct record *r, unsigned id);
const struct items *get_list(const struct record *r, unsigned id);
#define VALUES_EACH(v, of) for (const struct value *v = (of) ? (of)->first : NULL; v; v = v->next)

/* Writing. Texts are borrowed and must live as long as the arena; a text with ptr NULL stays
 * absent. */
void put_text(struct record *r, unsigned id, bytes text);
void put_string(struct record *r, unsigned id, const char *text); /* copied; NULL stays absent */
void put_number(struct record *r, unsigned id, int64_t number);
void put_real(struct record *r, unsigned id, double real);
void put_flag(struct record *r, unsigned id, bool flag);
void put_time(struct record *r, unsigned id, int64_t wall_ms);
struct record *put_record(struct record *r, unsigned id);
struct items *put_list(struct record *r, unsigned id); /* also of a map */
void add_text(struct items *l, bytes text);
void add_entry(struct items *l, bytes key, bytes text); /* copies neither */
struct record *add_record(struct items *l);
struct items *add_list_entry(struct items *l, bytes key);    /* to a map of lists, likewise */
struct record *add_record_entry(struct items *l, bytes key); /* to a map; does not copy the key */
