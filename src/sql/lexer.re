/* Tokens of the rules engine's language; made into C by re2c. [AWS rules 1.1] */
#include "sql/grammar.h"
#include "sql/syntax.h"

/* A zero stands behind the text; re2c asks there whether it is the end (re2c:eof). */
int sql_lex(struct sql_parser *p, struct sql_token *out) {
    const unsigned char *YYCURSOR = p->text.ptr + p->at, *YYLIMIT = p->text.ptr + p->text.len;
    const unsigned char *YYMARKER, *start;
    int token;
again:
    start = YYCURSOR;
    if (start == YYLIMIT)
        return 0;
    /*!re2c
    re2c:define:YYCTYPE = "unsigned char";
    re2c:yyfill:enable = 0;
    re2c:eof = 0;

    blank  = [ \t\r\n]+;
    digits = [0-9]+;
    number = digits ("." digits)? ([eE] [+-]? digits)?;
    letter = [A-Za-z_] | [\x80-\xff];
    name   = letter (letter | [0-9])*;
    single = "'" ("''" | "\\" [^\x00] | [^'\\\x00])* "'";
    double = "\"" ("\"\"" | "\\" [^\x00] | [^"\\\x00])* "\"";

    blank    { goto again; }
    'and'    { token = SQL_T_AND; goto found; }
    'as'     { token = SQL_T_AS; goto found; }
    'case'   { token = SQL_T_CASE; goto found; }
    'cast'   { token = SQL_T_CAST; goto found; }
    'else'   { token = SQL_T_ELSE; goto found; }
    'end'    { token = SQL_T_END; goto found; }
    'exists' { token = SQL_T_EXISTS; goto found; }
    'false'  { token = SQL_T_FALSE; goto found; }
    'from'   { token = SQL_T_FROM; goto found; }
    'in'     { token = SQL_T_IN; goto found; }
    'not'    { token = SQL_T_NOT; goto found; }
    'null'   { token = SQL_T_NULL; goto found; }
    'or'     { token = SQL_T_OR; goto found; }
    'select' { token = SQL_T_SELECT; goto found; }
    'set'    { token = SQL_T_SET; goto found; }
    'then'   { token = SQL_T_THEN; goto found; }
    'true'   { token = SQL_T_TRUE; goto found; }
    'value'  { token = SQL_T_VALUE; goto found; }
    'when'   { token = SQL_T_WHEN; goto found; }
    'where'  { token = SQL_T_WHERE; goto found; }
    name     { token = SQL_T_NAME; goto found; }
    "@" name { token = SQL_T_VARIABLE; goto found; }
    number   { token = SQL_T_NUMBER; goto found; }
    single   { token = SQL_T_SINGLE; goto found; }
    double   { token = SQL_T_DOUBLE; goto found; }
    "="      { token = SQL_T_EQ; goto found; }
    "<>"     { token = SQL_T_NE; goto found; }
    "!="     { token = SQL_T_NE; goto found; }
    "<="     { token = SQL_T_LE; goto found; }
    "<"      { token = SQL_T_LT; goto found; }
    ">="     { token = SQL_T_GE; goto found; }
    ">"      { token = SQL_T_GT; goto found; }
    "+"      { token = SQL_T_PLUS; goto found; }
    "-"      { token = SQL_T_MINUS; goto found; }
    "*"      { token = SQL_T_STAR; goto found; }
    "/"      { token = SQL_T_SLASH; goto found; }
    "%"      { token = SQL_T_PERCENT; goto found; }
    "("      { token = SQL_T_OPEN; goto found; }
    ")"      { token = SQL_T_CLOSE; goto found; }
    "["      { token = SQL_T_OPEN_ARRAY; goto found; }
    "]"      { token = SQL_T_CLOSE_ARRAY; goto found; }
    "{"      { token = SQL_T_OPEN_OBJECT; goto found; }
    "}"      { token = SQL_T_CLOSE_OBJECT; goto found; }
    ","      { token = SQL_T_COMMA; goto found; }
    ":"      { token = SQL_T_COLON; goto found; }
    "."      { token = SQL_T_DOT; goto found; }
    *        { token = -1; goto found; }
    $        { return 0; }
    */
found:
    out->offset = (size_t)(start - p->text.ptr);
    out->text = bytes_of(start, (size_t)(YYCURSOR - start));
    p->at = (size_t)(YYCURSOR - p->text.ptr);
    return token;
}
