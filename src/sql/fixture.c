#include "sql/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sql_run(const struct sql_case *c, struct buf *out) {
    AUTO(arena) memory = {0};
    struct sql_statement *s;
    bool json, not_mqtt = c->client && strcmp(c->client, "-") == 0;
    struct sql_message m = {.topic = bytes_from(c->topic ? c->topic : "a/b"),
                            .payload = bytes_from(c->payload),
                            .client_id =
                                not_mqtt ? (bytes){0} : bytes_from(c->client ? c->client : "dev1"),
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
    struct sql_evaluation e = sql_begin(s, &m, &memory);
    bool runs = sql_where(&e);
    if (runs)
        sql_select(&e, out, &json);
    sql_statement_free(s);
    return runs;
}
