/* Patterns of a policy: wildcards, escapes and variables [AWS policy 3.1, 3.3, 5].
 *
 * A pattern is read once into a template: pieces of text with variables between them. Binding puts
 * values in place of the variables and yields one encoded text: UTF-8 in which three bytes that
 * UTF-8 never uses stand for what is not literal. So a value can never become a wildcard.
 *
 *     topic/${iot:ClientId}/v?.*  →  "topic/" ${iot:ClientId} "/v" FE "." FF
 *                       bound to lamp7:  "topic/lamp7/v" FE "." FF
 *
 * `*` is any run of characters, also none, also across "/"; a run of `*` is one. `?` is exactly one
 * character, which is a whole UTF-8 sequence. All else is compared byte by byte. */
#pragma once
#include "policy/variables.h"

enum {
    POLICY_ANY_RUN = 0xFF,       /* `*` */
    POLICY_ANY_CHARACTER = 0xFE, /* `?` */
    POLICY_ARN_COLON = 0xFD,     /* one of the five colons between the parts of an ARN */
};

struct policy_variable {
    struct policy_key key;
    bytes written;  /* "${iot:ClientId}" */
    bytes fallback; /* what follows the comma; no pointer without one */
};

struct policy_piece {
    bytes text;                             /* encoded */
    const struct policy_variable *variable; /* after the text; NULL in the last piece */
};

struct policy_template {
    const struct policy_piece *pieces; /* one more than there are variables */
    size_t count;
    bool broken; /* an opening "${" is text, for nothing closes it as it should */
};

enum {
    POLICY_TEMPLATE_WILDCARDS = 1, /* `*` and `?` match; otherwise they are text */
    POLICY_TEMPLATE_VARIABLES = 2, /* ${…} and the escapes; a policy of version 2012-10-17 */
    POLICY_TEMPLATE_ARN = 4,       /* the first five colons are POLICY_ARN_COLON */
};

/* policy_template_parse cannot fail. The template lives in `a`; `text` is copied. */
struct policy_template policy_template_parse(struct arena *a, bytes text, unsigned flags);
bool policy_template_is_constant(const struct policy_template *t);

/* What variables are resolved with, and the names of those that were looked for in vain. */
struct policy_binding {
    const struct policy_scope *scope;
    const struct policy_context *context; /* NULL knows nothing */
    const struct policy_request *request; /* of IAM's documents: all keys are here instead */
    struct arena *arena;                  /* where bound texts are made */
    uint32_t actions;                     /* of the statement at hand */
    struct policy_missing *missing;
    size_t missing_count;
};

struct policy_missing {
    bytes name;
    uint32_t actions; /* of the statements that look for it */
    struct policy_missing *next;
};

/* policy_binding_miss notes a name once, in whatever case it is written, for the actions at hand.
 */
void policy_binding_miss(struct policy_binding *b, bytes name);

/* policy_template_bind gives the encoded text, the template's own when it is constant; false when a
 * variable has no value and no fallback: the pattern then matches nothing [AWS policy 5.4]. */
bool policy_template_bind(const struct policy_template *t, struct policy_binding *b,
                          bytes *out_text);

/* policy_glob_matches compares an encoded pattern with a text. No recursion; worst case is the
 * product of the lengths, and only for patterns with several `*`. */
bool policy_glob_matches(bytes pattern, bytes text);
/* policy_arn_matches compares part by part; a pattern or a text of fewer than six parts does not
 * match, but a bare `*` matches everything [AWS policy 3.2]. */
bool policy_arn_matches(bytes pattern, bytes arn);

/* policy_glob_after gives the patterns that together match what may follow `head` in texts that
 * `pattern` matches: of "topic/a*" after "topic/" that is "a*"; of "t*x" it is "*x". At most
 * POLICY_REMAINDERS_MAX, each a part of `pattern`; 0 when no such text begins with `head`.
 * `head` is ASCII of at most 12 characters. */
enum { POLICY_REMAINDERS_MAX = 16 };
size_t policy_glob_after(bytes pattern, bytes head, bytes out[POLICY_REMAINDERS_MAX]);

/* policy_pattern_show appends an encoded pattern as a person would write it. */
void policy_pattern_show(bytes pattern, struct buf *out);
