/* Inside template/: a template as it is kept, places in it, and expressions, which stand wherever
 * the language wants a text or a list of texts. */
#pragma once
#include "codec/json.h"
#include "template/template.h"

struct template {
    enum template_use use;
    const struct json *parameters, *mappings, *resources, *device_configuration; /* NULL: absent */
};

/* Where in the template something stands: a chain along the stack, from the inside out. The
 * outermost one holds what sentences begin with. */
struct place {
    const struct place *outer; /* NULL: the template itself */
    bytes name;                /* of a member; ptr NULL: an element */
    size_t index;              /* of an element */
};
/* template_refuse is E_INVALID: what sentences begin with, the given one, and the place. */
NODISCARD
status template_refuse(const struct place *at, const char *format, ...) PRINTF(2, 3);

/* template_find_parameter tells whether a parameter may be used; out_declared is its declaration,
 * NULL for one that needs none. */
bool template_find_parameter(const struct template *t, bytes name,
                             const struct json **out_declared);

/* ---- expressions ----
 *
 *     "a text"   7   true   {"Ref": "Name"}   {"Fn::Join": ["-", ["a", {"Ref": "B"}]]}   …
 *
 * Checking demands what can be known without parameters; evaluating trusts that it was checked. */
NODISCARD
status expression_check_text(const struct template *t, const struct json *v,
                             const struct place *at);
NODISCARD
status expression_check_list(const struct template *t, const struct json *v,
                             const struct place *at);
/* expression_check_document takes any JSON with functions inside. */
NODISCARD
status expression_check_document(const struct template *t, const struct json *v,
                                 const struct place *at);
/* expression_is_function: an object that is a call, rightly made or not. */
bool expression_is_function(const struct json *v);
/* expression_check_mappings: two levels of constants. */
NODISCARD
status expression_check_mappings(const struct json *mappings, const struct place *at);

struct evaluation {
    const struct template *template;
    const struct template_parameters *parameters;
    struct arena *arena;
    size_t bytes_left; /* of TEMPLATE_OUTPUT_BYTES_MAX */
};
struct text_list {
    const bytes *items;
    size_t count;
};
NODISCARD
status expression_text(struct evaluation *e, const struct json *v, const struct place *at,
                       bytes *out_text);
NODISCARD
status expression_list(struct evaluation *e, const struct json *v, const struct place *at,
                       struct text_list *out_list);
/* expression_document: a text as it is, any other JSON written as text. */
NODISCARD
status expression_document(struct evaluation *e, const struct json *v, const struct place *at,
                           bytes *out_text);
/* expression_keep copies what an evaluation made into its arena, within the limits. */
NODISCARD
status expression_keep(struct evaluation *e, bytes text, const struct place *at, bytes *out_text);

/* ---- functions.c: what each of them takes and gives ---- */
struct function {
    const char *name;
    status (*check)(const struct template *t, const struct json *argument, const struct place *at);
    /* one of these, or both when the argument decides */
    status (*text)(struct evaluation *e, const struct json *argument, const struct place *at,
                   bytes *out_text);
    status (*list)(struct evaluation *e, const struct json *argument, const struct place *at,
                   struct text_list *out_list);
};
const struct function *function_find(bytes name); /* or NULL */
/* expression_parameter is the value of a parameter; E_INVALID without one. */
NODISCARD
status expression_parameter(const struct evaluation *e, bytes name, const struct place *at,
                            bytes *out_value);
