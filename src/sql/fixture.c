#include "sql/fixture.h"

#include "sql/evaluate.h"
#include "sql/naive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sql_compare(const struct sql_statement *s, const struct sql_message *m, bool *out_runs,
                 struct buf *out) {
    AUTO(arena) memory = {0};
    AUTO(arena) other = {0};
    bool json = false;
    struct sql_evaluation e = sql_begin(s, m, &memory);
    *out_runs = sql_where(&e);
    if (*out_runs)
        sql_select(&e, out, &json);
    if (e.steps >= SQL_STEPS_MAX / 100 || memory.total >= SQL_RESULT_BYTES_MAX)
        return true;
    struct naive_result n = naive_run(s, m, &other);
    if (n.runs == *out_runs &&
        (!n.runs || (n.is_json == json && bytes_equal(n.out, buf_bytes(out)))))
        return true;
    (void)fprintf(stderr, "gives %s, but naively %.*s\n", *out_runs ? buf_string(out) : "no action",
                  BYTES_ARG(n.runs ? n.out : BYTES("no action")));
    return false;
}

bool sql_run(const struct sql_case *c, struct buf *out) {
    struct sql_statement *s;
    bool runs, not_mqtt = c->client && strcmp(c->client, "-") == 0;
    struct sql_message m = {
        .topic = bytes_from(c->topic ? c->topic : "a/b"),
        .payload = c->len ? bytes_of(c->payload, c->len) : bytes_from(c->payload),
        .client_id = not_mqtt ? (bytes){0} : bytes_from(c->client ? c->client : "dev1"),
        .principal = BYTES("0123abcd"),
        .source_ip = BYTES("192.0.2.7"),
        .account = BYTES("123456789012"),
        .trace_id = BYTES("6a5cbb4c-6ca5-4f1f-a4a3-1f8b5e8a0b1c"),
        .now_ms = 1767323045000,
        .payload_format = -1};
    if (sql_compile(bytes_from(c->sql), c->version, &s) != OK) {
        (void)fprintf(stderr, "%s: %s\n", c->sql, failure_text());
        abort();
    }
    if (!sql_compare(s, &m, &runs, out)) {
        (void)fprintf(stderr, "  %s\n  on %s\n", c->sql, c->payload);
        abort();
    }
    sql_statement_free(s);
    return runs;
}
