/* The AWS IoT SQL dialect: statements of rules and their substitution templates [AWS rules 1-5].
 *
 *     struct sql_statement *s;
 *     TRY(sql_compile(text, SQL_2016_03_23, &s));
 *     … for each message whose topic fits sql_topic_filter(s) …
 *     struct sql_evaluation e = sql_begin(s, &message, &arena);
 *     if (sql_where(&e)) {
 *         sql_select(&e, &payload);
 *         sql_template_fill(t, &e, &text);
 *     }
 *
 * A statement never changes after it is compiled: any number of threads evaluate it at a time, each
 * with an arena of its own. No I/O but what the functions of `struct sql_outside` do. */
#pragma once
#include "sql/value.h"

/* [AWS rules 1.3]; all evaluate alike, but the first keeps 10.0 apart from 10. */
enum sql_version { SQL_2015_10_08, SQL_2016_03_23, SQL_BETA, SQL_VERSION_COUNT };
const char *sql_version_name(enum sql_version v);
bool sql_version_find(bytes name, enum sql_version *out);

enum {
    SQL_TEXT_MAX = 65536,
    SQL_STEPS_MAX = 1000000,       /* of one evaluation; what comes after is Undefined */
    SQL_MEMORY_MAX = 32 << 20,     /* bytes of its arena, likewise */
    SQL_RESULT_BYTES_MAX = 1 << 20 /* of one string */
};

struct sql_statement;

/* sql_compile copies the text. E_SQL_PARSE with line and column. */
NODISCARD
status sql_compile(bytes text, enum sql_version version, struct sql_statement **out);
void sql_statement_free(struct sql_statement *s);      /* NULL does nothing */
bytes sql_topic_filter(const struct sql_statement *s); /* ptr NULL: FROM is missing */
/* sql_reads_rows tells one that calls get_dynamodb(), which wants a database; so does
 * sql_template_reads_rows. */
bool sql_reads_rows(const struct sql_statement *s);

/* The message a rule looks at; all borrowed. */
struct sql_message {
    bytes topic; /* without `$aws/rules/<rule>/` [AWS rules 6.6] */
    bytes payload;
    bytes client_id; /* ptr NULL: not by MQTT */
    bytes principal; /* certificate id */
    bytes source_ip, account, trace_id;
    int64_t now_ms;
    /* of MQTT 5 */
    bytes content_type, response_topic, correlation_data;
    int payload_format;                     /* -1: not given */
    const struct sql_item *user_properties; /* strings, in order; NULL: none */
};

/* Part of the key of a row: a column and the value it must have. */
struct sql_key {
    bytes column, value;
    bool is_number;
};

/* What lies outside the message: functions that ask others. A function that nobody lends is
 * Undefined; so is one that fails, which is noted in `failures`. */
struct sql_outside {
    void *context;
    /* invoke calls a function with JSON; the answer is JSON text in `a` [AWS rules 4 aws_lambda].
     */
    status (*invoke)(void *context, bytes function, bytes event, struct arena *a, bytes *out);
    /* object reads an object in a bucket [AWS rules 4 decode]. */
    status (*object)(void *context, bytes bucket, bytes key, struct arena *a, bytes *out);
    /* registry_data asks the registry as `role`: `operation` is DescribeThing or
     * ListThingGroupsForThing, the answer the API's [AWS rules 4 get_registry_data]. */
    status (*registry_data)(void *context, bytes operation, bytes thing, bytes role,
                            struct arena *a, bytes *out);
    /* secret reads a secret by name or ARN as `role`: the value as it is kept, text or, when
     * `is_binary`, bytes; a failure where it is the other [AWS rules 4 get_secret]. */
    status (*secret)(void *context, bytes id, bool is_binary, bytes role, struct arena *a,
                     bytes *out);
    /* row reads the one row that has the keys, as `role`: a JSON object in `a`, or no bytes when
     * there is none [AWS rules 4 get_dynamodb]. */
    status (*row)(void *context, bytes table, const struct sql_key *keys, size_t count, bytes role,
                  struct arena *a, bytes *out);
};

struct sql_evaluation {
    const struct sql_statement *statement;
    const struct sql_message *message;
    struct arena *arena;
    const struct sql_outside *outside;
    bool read, is_json;          /* the payload was looked at; and is JSON, or empty */
    struct sql_value whole;      /* Undefined when it is not */
    struct sql_value *variables; /* of SET, as far as `variables_known` */
    size_t variables_known;
    const struct sql_scope *scope; /* of a nested SELECT; NULL outermost */
    unsigned steps;
    struct buf *failures; /* a line for each function that failed; may be NULL */
};

struct sql_evaluation sql_begin(const struct sql_statement *s, const struct sql_message *m,
                                struct arena *a);
/* sql_where tells whether the actions run: only when WHERE is true, or missing. */
bool sql_where(struct sql_evaluation *e);
/* sql_select gives the payload of the actions; *out_is_json is false for bytes that pass through as
 * they came. */
void sql_select(struct sql_evaluation *e, struct buf *out, bool *out_is_json);

/* A text with ${…} in it, evaluated against the message that came [AWS rules 6.3]. */
struct sql_template;
NODISCARD
status sql_template_compile(const struct sql_statement *s, bytes text, struct sql_template **out);
void sql_template_free(struct sql_template *t);
/* sql_template_is_plain tells one without ${…}. */
bool sql_template_is_plain(const struct sql_template *t);
/* sql_template_asks_others tells one with a function of `struct sql_outside` other than get_secret:
 * not for error actions [AWS rules 4]. */
bool sql_template_asks_others(const struct sql_template *t);
bool sql_template_reads_rows(const struct sql_template *t);
/* sql_template_fill appends the text; false when a part was Undefined, which leaves nothing there.
 */
bool sql_template_fill(const struct sql_template *t, struct sql_evaluation *e, struct buf *out);
