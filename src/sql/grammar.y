/* The grammar of the rules engine's language; made into C by lemon. [AWS rules 1.1]
 *
 * AWS publishes none: this one covers every documented statement. `SELECT value` is VALUE only when
 * an expression follows: parse.c sees to that. */
%name sql_grammar
%token_prefix SQL_T_
%token_type {struct sql_token}
%default_type {struct sql_node *}
%extra_argument {struct sql_parser *p}
%include {
#include <assert.h>
#include "sql/parse.h"
}

/* A keyword that cannot stand where it stands is a name: `SELECT end, a.from AS set`. */
%fallback NAME AND AS CASE CAST ELSE END EXISTS FALSE FROM IN NOT NULL OR SELECT SET THEN TRUE VALUE
  WHEN WHERE.

%left OR.
%left AND.
%right NOT.
%nonassoc EQ NE LT LE GT GE IN.
%left PLUS MINUS.
%left STAR SLASH PERCENT.
%right NEGATIVE.
%left DOT.

%syntax_error { sql_unexpected(p, yymajor, TOKEN); }
%stack_overflow { sql_fail(p, "the statement is nested too deeply"); }
%parse_failure { sql_fail(p, "the statement cannot be read"); }

start ::= STATEMENT set outermost.
start ::= EXPRESSION whole(E). { p->tree.expression = E; }

set ::= .
set ::= SET assignments.
assignments ::= assignment.
assignments ::= assignments COMMA assignment.
assignment ::= VARIABLE(N) EQ expr(E). { sql_assign(p, N.text, E); }

outermost ::= select_list(S) topic where(W). { S->where = W; p->tree.select = S; }
topic ::= .
topic ::= FROM SINGLE(T). { p->tree.topic_filter = sql_unquote(p, T.text); }

%type select_list {struct sql_select *}
%type select {struct sql_select *}
select_list(S) ::= SELECT items(I). { S = sql_select_new(p, false, I); }
select_list(S) ::= SELECT VALUE whole(E). { S = sql_select_new(p, true, E); }

select(S) ::= select_list(L) source(F) where(W). { S = sql_select_from(L, F, W); }
source(F) ::= . { F = NULL; }
source(F) ::= FROM expr(E). { F = E; }
source(F) ::= FROM expr(E) AS NAME(A). { F = sql_keyed(E, A.text); }
where(W) ::= . { W = NULL; }
where(W) ::= WHERE expr(E). { W = E; }

items(L) ::= item(I). { L = I; }
items(L) ::= items(M) COMMA item(I). { L = sql_append(M, I); }
item(I) ::= whole(E). { I = E; }
item(I) ::= whole(E) AS alias(A). { I = sql_keyed(E, A); }
%type alias {bytes}
alias(A) ::= NAME(N). { A = N.text; }
alias(A) ::= SINGLE(N). { A = sql_unquote(p, N.text); }
alias(A) ::= alias(B) DOT NAME(N). { A = sql_joined(B, N.text); }

whole(E) ::= STAR. { E = sql_new(p, SQL_WHOLE); }
whole(E) ::= expr(X). { E = X; }

expr(E) ::= expr(A) OR expr(B). { E = sql_binary(p, SQL_BINARY, SQL_T_OR, A, B); }
expr(E) ::= expr(A) AND expr(B). { E = sql_binary(p, SQL_BINARY, SQL_T_AND, A, B); }
expr(E) ::= NOT expr(A). { E = sql_unary(p, SQL_NOT, A); }
expr(E) ::= expr(A) EQ|NE|LT|LE|GT|GE(O) expr(B). { E = sql_binary(p, SQL_BINARY, sql_operator(O), A, B); }
expr(E) ::= expr(A) IN expr(B). { E = sql_binary(p, SQL_IN, 0, A, B); }
expr(E) ::= expr(A) PLUS expr(B). { E = sql_binary(p, SQL_BINARY, SQL_T_PLUS, A, B); }
expr(E) ::= expr(A) MINUS expr(B). { E = sql_binary(p, SQL_BINARY, SQL_T_MINUS, A, B); }
expr(E) ::= expr(A) STAR expr(B). { E = sql_binary(p, SQL_BINARY, SQL_T_STAR, A, B); }
expr(E) ::= expr(A) SLASH expr(B). { E = sql_binary(p, SQL_BINARY, SQL_T_SLASH, A, B); }
expr(E) ::= expr(A) PERCENT expr(B). { E = sql_binary(p, SQL_BINARY, SQL_T_PERCENT, A, B); }
expr(E) ::= MINUS expr(A). [NEGATIVE] { E = sql_unary(p, SQL_NEGATE, A); }
expr(E) ::= expr(A) DOT NAME(N). { E = sql_unary(p, SQL_MEMBER, A); E->text = N.text; }

expr(E) ::= NUMBER(T). { E = sql_number_literal(p, T); }
expr(E) ::= SINGLE|DOUBLE(T). { E = sql_literal(p, sql_string(sql_unquote(p, T.text))); }
expr(E) ::= TRUE. { E = sql_literal(p, sql_boolean(true)); }
expr(E) ::= FALSE. { E = sql_literal(p, sql_boolean(false)); }
expr(E) ::= NULL. { E = sql_literal(p, sql_null()); }
expr(E) ::= NAME(N). { E = sql_new(p, SQL_NAME); E->text = N.text; }
expr(E) ::= VARIABLE(N). { E = sql_variable(p, N); }
expr(E) ::= OPEN expr(A) CLOSE. { E = A; }
expr(E) ::= OPEN select(S) CLOSE. { E = sql_subquery(p, S); }
expr(E) ::= EXISTS OPEN select(S) CLOSE. { E = sql_unary(p, SQL_EXISTS, sql_subquery(p, S)); }
expr(E) ::= CAST OPEN expr(A) AS NAME(T) CLOSE. { E = sql_cast(p, A, T); }
expr(E) ::= CASE expr(V) branches(B) END. { E = sql_case(p, V, B, NULL); }
expr(E) ::= CASE expr(V) branches(B) ELSE expr(O) END. { E = sql_case(p, V, B, O); }
branches(L) ::= branch(B). { L = B; }
branches(L) ::= branches(M) branch(B). { L = sql_append(M, B); }
branch(L) ::= WHEN expr(W) THEN expr(T). { L = sql_append(W, T); }

expr(E) ::= NAME(N) OPEN arguments(A) CLOSE. { E = sql_call(p, N, A); }
expr(E) ::= OPEN_ARRAY elements(L) CLOSE_ARRAY. { E = sql_collection(p, SQL_ARRAY_OF, L); }
expr(E) ::= OPEN_OBJECT entries(L) CLOSE_OBJECT. { E = sql_collection(p, SQL_OBJECT_OF, L); }
arguments(L) ::= . { L = NULL; }
arguments(L) ::= some_arguments(M). { L = M; }
some_arguments(L) ::= whole(E). { L = E; }
some_arguments(L) ::= some_arguments(M) COMMA whole(E). { L = sql_append(M, E); }
elements(L) ::= arguments(M). { L = M; }
entries(L) ::= . { L = NULL; }
entries(L) ::= some_entries(M). { L = M; }
some_entries(L) ::= entry(E). { L = E; }
some_entries(L) ::= some_entries(M) COMMA entry(E). { L = sql_append(M, E); }
entry(N) ::= SINGLE|DOUBLE(K) COLON whole(E). { N = sql_keyed(E, sql_unquote(p, K.text)); }
