#include "runtime/runtime.h"

#include <stdio.h>

#include "runtime/fixture.h"
#include "support/testing.h"

TEST(a_function_answers_and_its_process_stays_warm) {
    struct fixture f = {0};
    struct runtime_result r;
    fixture_open(&f, "python3.11", "index.py",
                 "n = 0\n"
                 "def handler(event, context):\n"
                 "    global n\n"
                 "    n += 1\n"
                 "    print('hello', event['name'])\n"
                 "    return {'n': n, 'name': event['name'], 'id': context.aws_request_id}\n");
    bytes payload = fixture_call(&f, "{\"name\":\"a\"}", &r);
    CHECK_BYTES(payload,
                bytes_from(arena_printf(&f.memory, "{\"n\": 1, \"name\": \"a\", \"id\": \"%.*s\"}",
                                        BYTES_ARG(r.request_id))));
    CHECK(r.cold && !r.error);
    CHECK_BYTES(bytes_slice(fixture_call(&f, "{\"name\":\"b\"}", &r), 0, 8), BYTES("{\"n\": 2,"));
    CHECK(!r.cold);
    CHECK(fixture_logged(&f, "|hello a\n|END RequestId: "));
    fixture_close(&f);
}

TEST_MAIN("runtime/runtime")
