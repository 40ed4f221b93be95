/* What the language of rules costs: evaluations a second on one core, each WHERE and SELECT on one
 * message, the payload read anew each time.
 *
 *     bench_sql */
#include "sql/sql.h"
#include "report.h"

enum { ROUNDS = 300000 };

static const char reading[] =
    "{\"deviceId\":\"sensor-00017\",\"temperature\":31.5,\"humidity\":48.25,\"battery\":3.7,"
    "\"location\":{\"lat\":47.606,\"lon\":-122.332},\"status\":\"ok\",\"seq\":184467,\"ts\":"
    "1767323045678}";

static void measure(const char *what, const char *text, const char *payload) {
    AUTO(arena) memory = {0};
    AUTO(buf) out = {0};
    struct sql_statement *s;
    bool json, runs = false;
    struct sql_message m = {.topic = BYTES("d/sensor-000017/t"),
                            .payload = bytes_from(payload),
                            .client_id = BYTES("sensor-000017"),
                            .now_ms = 1767323045678,
                            .payload_format = -1};
    if (sql_compile(bytes_from(text), SQL_2016_03_23, &s) != OK) {
        (void)fprintf(stderr, "%s\n", failure_text());
        return;
    }
    double start = report_cpu_us();
    for (int i = 0; i < ROUNDS; i++) {
        __asm__ volatile("" : "+r"(m.payload.ptr)); /* each time anew */
        struct sql_evaluation e = sql_begin(s, &m, &memory);
        buf_clear(&out);
        runs = sql_where(&e);
        if (runs)
            sql_select(&e, &out, &json);
        arena_reset(&memory);
    }
    double us = report_cpu_us() - start;
    report(ROUNDS / us * 1e6, "/s", "%s%s", what, runs ? "" : ", not passing");
    sql_statement_free(s);
}

int main(void) {
    (void)printf("  a message of %zu bytes\n", sizeof reading - 1);
    measure("SELECT temperature, deviceId WHERE temperature > 30",
            "SELECT temperature, deviceId FROM 'd/+/t' WHERE temperature > 30", reading);
    measure("… WHERE temperature > 40",
            "SELECT temperature, deviceId FROM 'd/+/t' WHERE temperature > 40", reading);
    measure("SELECT *", "SELECT * FROM 'd/+/t'", reading);
    measure("SELECT *, topic(2) AS d", "SELECT *, topic(2) AS d FROM 'd/+/t'", reading);
    measure("SELECT location.lat * 2 + seq AS x", "SELECT location.lat * 2 + seq AS x FROM 'd/+/t'",
            reading);
    measure("SELECT upper(status), get(location, 'lon')",
            "SELECT upper(status) AS s, get(location, 'lon') AS l FROM 'd/+/t'", reading);
    return 0;
}
