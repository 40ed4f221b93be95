/* What a control-plane request costs: CPU time of api_answer, signature included, on SQLite.
 *
 *     bench_api [REQUESTS]
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/fixture.h"
#include "base/clock.h"
#include "base/log.h"
#include "report.h"
#include "support/testing.h"

static struct http_request signed_request(struct fixture *f, struct arena *a, const char *method,
                                          const char *target, const char *body) {
    struct http_request r = {
        .method = bytes_from(method), .body = bytes_from(body), .version_minor = 1};
    const struct signing with = {.access_key_id = f->key.id,
                                 .secret = f->key.secret,
                                 .region = FIXTURE_REGION,
                                 .service = "iot",
                                 .now_ms = clock_wall_ms()};
    sign_request(&with, target, &r, a);
    return r;
}

static void measure(struct fixture *f, const char *name, const char *method, const char *target,
                    const char *body, unsigned count) {
    struct arena a = {0}, work = {0};
    struct http_request r = signed_request(f, &a, method, target, body);
    double start = report_cpu_us();
    for (unsigned i = 0; i < count; i++) {
        struct api_response response;
        api_answer(f->api, &r, &work, &response);
        if (response.status != 200)
            (void)fprintf(stderr, "%s: %d %s\n", name, response.status, buf_string(&response.body));
        api_response_done(&response);
        arena_reset(&work);
    }
    report((report_cpu_us() - start) / count, "µs CPU", "%s", name);
    arena_done(&work);
    arena_done(&a);
}

int main(int argc, char **argv) {
    unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 20000;
    struct fixture f = fixture_open_on(&store_sqlite);
    log_set_level(LOG_WARN);
    measure(&f, "CreateThing", "POST", "/things/lamp",
            "{\"attributePayload\":{\"attributes\":{\"colour\":\"red\"}}}", 1);
    measure(&f, "DescribeThing", "GET", "/things/lamp", NULL, count);
    measure(&f, "DescribeEndpoint", "GET", "/endpoint?endpointType=iot%3AData-ATS", NULL, count);
    measure(&f, "CreateThing, repeated", "POST", "/things/lamp",
            "{\"attributePayload\":{\"attributes\":{\"colour\":\"red\"}}}", count / 10);
    fixture_done(&f);
    return 0;
}
