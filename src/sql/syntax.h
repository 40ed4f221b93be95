/* The syntax tree of a statement: what lexer and grammar make, and the evaluators walk. For this
 * folder. A tree lives in the arena it was parsed into and never changes afterwards. */
#pragma once
#include "sql/value.h"

enum sql_kind {
    SQL_LITERAL,   /* value */
    SQL_WHOLE,     /* *: the whole message */
    SQL_NAME,      /* text: a key of the message, or of a nested SELECT's element */
    SQL_VARIABLE,  /* text: @name without the @; index: which assignment */
    SQL_MEMBER,    /* first.text */
    SQL_CALL,      /* text: function; children: arguments */
    SQL_NEGATE,    /* -first */
    SQL_NOT,       /* NOT first */
    SQL_BINARY,    /* op: the token; first, second */
    SQL_IN,        /* first IN second */
    SQL_EXISTS,    /* first: the SELECT */
    SQL_SUBQUERY,  /* select */
    SQL_CASE,      /* first: value; then WHEN, THEN, WHEN, THEN …; `other`: ELSE or NULL */
    SQL_CAST,      /* first AS text */
    SQL_OBJECT_OF, /* children: values, with `key` */
    SQL_ARRAY_OF   /* children */
};

struct sql_function;

struct sql_node {
    enum sql_kind kind;
    int op;
    bytes text;
    size_t index;
    struct sql_value value;
    const struct sql_function *function;
    struct sql_select *select;
    struct sql_node *first; /* children, by `next` */
    struct sql_node *other;
    struct sql_node *next, *tail; /* of the list it is in; the first one knows the last */
    bytes key;      /* of an object's entry; of a SELECT item: its alias, none when not given */
    size_t count;   /* children */
    unsigned depth; /* of the tree below and including this node */
};

struct sql_select {
    bool bare;               /* SELECT VALUE */
    struct sql_node *items;  /* by `next` */
    struct sql_node *source; /* of a nested SELECT; NULL: none */
    bytes source_alias;
    struct sql_node *where; /* NULL: none */
};

struct sql_assignment {
    bytes name;
    struct sql_node *value;
    struct sql_assignment *next;
};

enum {
    SQL_DEPTH_MAX = 200, /* of expressions */
    SQL_VARIABLES_MAX = 100,
    SQL_VARIABLE_NAME_MAX = 64 /* [AWS rules 1.2] */
};

struct sql_tree {
    bool keeps_decimals;              /* given: a literal 10.0 is not the Int 10 [AWS rules 1.3] */
    struct sql_assignment *variables; /* SET */
    size_t variable_count;
    struct sql_select *select;
    struct sql_node *expression; /* instead of a select: of a substitution template */
    bytes topic_filter;          /* FROM; ptr NULL without one */
    bool asks_others;            /* one of SQL_FUNCTIONS_OUTSIDE is in it */
    bool reads_rows;             /* get_dynamodb() is */
};

/* What is being parsed; the grammar's actions work on it. */
struct sql_parser {
    struct arena *arena;
    bytes text;
    size_t at, token_start; /* of the lexer; offsets in text */
    struct sql_tree tree;
    bool failed;
    char message[200]; /* of the first failure */
};

struct sql_token {
    int code;
    bytes text; /* as written */
    size_t offset;
};

/* sql_lex gives the next token's code and its text; 0 at the end, -1 for what is no token. */
int sql_lex(struct sql_parser *p, struct sql_token *out);

/* Actions of the grammar. */
struct sql_node *sql_new(struct sql_parser *p, enum sql_kind kind);
struct sql_node *sql_unary(struct sql_parser *p, enum sql_kind kind, struct sql_node *of);
struct sql_node *sql_binary(struct sql_parser *p, enum sql_kind kind, int op, struct sql_node *a,
                            struct sql_node *b);
void sql_adopt(struct sql_parser *p, struct sql_node *parent, struct sql_node *child);
bytes sql_unquote(struct sql_parser *p, bytes quoted);
void sql_assign(struct sql_parser *p, bytes name, struct sql_node *value);
void sql_fail(struct sql_parser *p, const char *format, ...) PRINTF(2, 3);

/* sql_parse_statement and sql_parse_expression copy `text` into `a` and read all of it into a tree
 * there, which says how literals are meant; an expression may use the variables it has. E_SQL_PARSE
 * with line, column and what was expected. */
NODISCARD
status sql_parse_statement(struct arena *a, bytes text, struct sql_tree *inout_tree);
NODISCARD
status sql_parse_expression(struct arena *a, bytes text, struct sql_tree *inout_tree);
