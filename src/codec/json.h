/* JSON, strict (RFC 8259): text to a tree in an arena, and a writer.
 *
 * Numbers keep their text: the rules engine is specified on 34 digits, which no double holds.
 * Strings are unescaped UTF-8; a lone surrogate, a byte order mark, a control character and depth
 * beyond the limit are E_INVALID with line and column in the sentence. Members of the same name all
 * stay in the tree; json_member sees the last. No I/O; any thread. */
#pragma once
#include "base/arena.h"

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json {
    enum json_type type;
    bytes name;               /* of a member; no bytes elsewhere */
    bytes text;               /* a string's characters, a number's digits as written */
    const struct json *first; /* of an array's elements or an object's members, in document order */
    const struct json *next;  /* the sibling */
    size_t count;             /* elements or members */
};

enum { JSON_DEPTH_MAX = 64 };

/* json_parse reads one whole document. The tree and its text live in `a`; strings without escapes
 * borrow from `text`, which must live as long. */
NODISCARD
status json_parse(struct arena *a, bytes text, const struct json **out_root);

/* json_member finds a member by name (the last one of that name wins), or NULL; also for NULL and
 * non-objects. */
const struct json *json_member(const struct json *object, bytes name);
bool json_is_string(const struct json *v); /* NULL is not */
/* json_to_i64 reads an integral number (1, 1.0 and 1e3 are integral); E_INVALID otherwise. */
NODISCARD
status json_to_i64(const struct json *v, int64_t *out_value);
NODISCARD
status json_to_double(const struct json *v, double *out_value);

#define JSON_EACH(item, parent) \
    for (const struct json *item = (parent) ? (parent)->first : NULL; item; item = item->next)

/* The writer puts commas by itself. Calls must nest properly; names only inside objects. */
struct json_writer {
    struct buf *out;
    bool comma;
};
void json_start(struct json_writer *w, struct buf *out);
void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_name(struct json_writer *w, const char *name);
void json_name_bytes(struct json_writer *w, bytes name);
void json_string(struct json_writer *w, bytes value); /* bytes that are not UTF-8 become U+FFFD */
void json_text(struct json_writer *w, const char *value);
void json_i64(struct json_writer *w, int64_t value);
void json_bool(struct json_writer *w, bool value);
void json_null(struct json_writer *w);
/* json_seconds writes milliseconds as epoch seconds with a fraction when there is one:
 * 1657990649.72 */
void json_seconds(struct json_writer *w, int64_t wall_ms);
/* json_raw writes text that is JSON already. */
void json_raw(struct json_writer *w, bytes json);
/* json_value writes a parsed value again: numbers as they were written, no white space. */
void json_value(struct json_writer *w, const struct json *v);
