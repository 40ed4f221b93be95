#include "base/clock.h"
#include "provisioning/bulk_batch.h"
#include "provisioning/fixture.h"
#include "registry/thing.h"
#include "support/testing.h"

static const char body[] =
    "{\"Parameters\": {\"Name\": {\"Type\": \"String\"}}, \"Resources\": {\"t\": {\"Type\": "
    "\"AWS::IoT::Thing\", \"Properties\": {\"ThingName\": {\"Ref\": \"Name\"}}}}}";

static struct registration_task task;

static void begin_task(void) {
    task = (struct registration_task){.role_arn = BYTES("arn:aws:iam::123456789012:role/B"),
                                      .template_body = bytes_from(body),
                                      .input_bytes = 100};
    CHECK_OK(registration_task_create(&f.r, &task));
    registry_fixture_commit(&f);
}

static void run_lines(const char *const *texts, size_t count) {
    struct registry outside = f.r;
    struct input_batch input = {.count = count, .end = 100};
    struct bulk_batch b = {.store = f.store, .registry = &outside};
    outside.txn = NULL;
    for (size_t i = 0; i < count; i++)
        input.lines[i] = (struct input_line){bytes_from(texts[i]), 10 * i};
    CHECK_OK(template_parse(&f.arena, bytes_from(body), TEMPLATE_THING, &b.template));
    store_rollback(TAKE(f.r.txn));
    CHECK_OK(bulk_batch_run(&b, &input, &task));
    CHECK_OK(store_begin_write(f.store, &f.r.txn));
    CHECK_OK(registration_task_load(&f.r, task.id, &task));
}

static const char *report(enum report_type type) {
    AUTO(buf) lines = {0};
    CHECK_OK(registration_task_read_report(&f.r, task.id, type, 0, 10, &lines));
    return arena_string(&f.arena, buf_bytes(&lines));
}

TEST(a_line_that_fails_costs_the_others_nothing) { /* [AWS identity 9.2] */
    static const char *const lines[] = {
        "{\"Name\": \"a\"}", "{\"Name\": \"b b\"}", "[]", "{\"Name\": [1]}", "{}",
        "{\"Name\": \"c\"}"};
    struct thing_list things;
    start();
    begin_task();
    run_lines(lines, COUNT_OF(lines));
    CHECK_INT(task.success_count, 2);
    CHECK_INT(task.failure_count, 4);
    CHECK_INT(task.line_count, 6);
    CHECK_INT(task.offset, 100);
    CHECK_OK(thing_list(&f.r, NULL, &(struct page){0}, &things));
    CHECK_INT(things.count, 2);
    CHECK_TEXT(report(REPORT_RESULTS),
               "{\"lineNumber\":1,\"offset\":0,\"response\":{\"resourceArns\":{\"t\":"
               "\"arn:aws:iot:us-east-1:111111111111:thing/a\"}}}\n"
               "{\"lineNumber\":6,\"offset\":50,\"response\":{\"resourceArns\":{\"t\":"
               "\"arn:aws:iot:us-east-1:111111111111:thing/c\"}}}\n");
    test_check_contains(report(REPORT_ERRORS),
                        "{\"lineNumber\":2,\"offset\":10,\"errorCode\":"
                        "\"ResourceRegistrationFailureException\",\"errorMessage\":\"Resources.t: ",
                        __FILE__, __LINE__);
    stop();
}

TEST(a_task_told_to_stop_meanwhile_stays_told) {
    static const char *const lines[] = {"{\"Name\": \"a\"}"};
    start();
    begin_task();
    CHECK_OK(registration_task_cancel(&f.r, task.id));
    registry_fixture_commit(&f);
    run_lines(lines, 1);
    CHECK(task.status == REGISTRATION_TASK_CANCELLING && task.success_count == 1);
    stop();
}

TEST(one_task_of_an_account_at_a_time_and_ended_ones_are_kept_30_days) { /* [AWS identity 9.2] */
    struct registration_task next;
    struct unfinished_task *unfinished;
    size_t count;
    start();
    begin_task();
    next = (struct registration_task){.role_arn = task.role_arn};
    CHECK_FAILS(registration_task_create(&f.r, &next), E_INVALID, "is InProgress");
    CHECK_OK(registration_task_unfinished(f.r.txn, &f.arena, &unfinished, &count));
    CHECK_INT(count, 1);
    CHECK_BYTES(unfinished[0].id, task.id);
    CHECK_BYTES(unfinished[0].account, f.r.account);
    task.status = REGISTRATION_TASK_COMPLETED;
    CHECK_OK(registration_task_report(&f.r, &task, REPORT_RESULTS, BYTES("x\n")));
    CHECK_OK(registration_task_save(&f.r, &task));
    CHECK_OK(registration_task_create(&f.r, &next));
    CHECK_OK(registration_task_load(&f.r, task.id, &task));
    next.status = REGISTRATION_TASK_FAILED;
    CHECK_OK(registration_task_save(&f.r, &next));
    clock_simulate(clock_wall_ms() + (int64_t)31 * 24 * 3600 * 1000);
    CHECK_OK(registration_task_create(&f.r, &next));
    CHECK(registration_task_load(&f.r, task.id, &task) == E_NOT_FOUND);
    clock_simulate(-1);
    stop();
}

TEST_MAIN("provisioning/bulk")
