/* A statement, a line break, a payload: it is read or refused, and what it makes of the payload is
 * the same twice and, where it says so, JSON. */
#include <stdlib.h>

#include "sql/evaluate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool run(const struct sql_statement *s, bytes payload, struct buf *out, bool *json) {
    AUTO(arena) memory = {0};
    struct sql_message m = {.topic = BYTES("a/b/c"),
                            .payload = payload,
                            .client_id = BYTES("dev1"),
                            .account = BYTES("123456789012"),
                            .now_ms = 1767323045678,
                            .payload_format = -1};
    struct sql_evaluation e = sql_begin(s, &m, &memory);
    if (!sql_where(&e))
        return false;
    sql_select(&e, out, json);
    return true;
}

/* rand() and newuuid() differ each time. */
static bool depends_on_chance(bytes text) {
    for (size_t i = 0; i < text.len; i++)
        if (bytes_equal_nocase(bytes_slice(text, i, 4), BYTES("rand")) ||
            bytes_equal_nocase(bytes_slice(text, i, 7), BYTES("newuuid")))
            return true;
    return false;
}

static void check(const struct sql_statement *s, bytes payload, bool chance) {
    AUTO(buf) first = {0};
    AUTO(buf) second = {0};
    AUTO(arena) memory = {0};
    const struct json *root;
    bool json = false, again = false;
    bool runs = run(s, payload, &first, &json);
    if (runs && json && json_parse(&memory, buf_bytes(&first), &root) != OK)
        abort();
    if (chance)
        return;
    if (run(s, payload, &second, &again) != runs || again != json ||
        !bytes_equal(buf_bytes(&first), buf_bytes(&second)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bytes rest = bytes_of(data, size), text = {0};
    struct sql_statement *s;
    (void)bytes_split(&rest, '\n', &text);
    if (sql_compile(text, size % 3 ? SQL_2016_03_23 : SQL_2015_10_08, &s) != OK)
        return 0;
    check(s, rest, depends_on_chance(text));
    sql_statement_free(s);
    return 0;
}
