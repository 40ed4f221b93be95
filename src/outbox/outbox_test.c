#include "base/clock.h"
#include "outbox/outbox.h"
#include "store/fixture.h"
#include "support/testing.h"

#include <stdio.h>
#include <string.h>

#define ACCOUNT "111122223333"
#define START_MS 1767225600000 /* 2026-01-01 */

/* A target that does what the test says, and remembers what reached it. */
struct target {
    status answer;
    int64_t again_in_ms;
    char heard[400]; /* "payload attempts mark; …" */
    size_t deliveries;
    char given_up[200], events[200];
};

static status deliver(void *context, struct outbox_delivery *d, size_t count, struct arena *a) {
    struct target *t = context;
    UNUSED(a);
    t->deliveries++;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(t->heard);
        (void)snprintf(t->heard + len, sizeof t->heard - len, "%.*s %u %u; ",
                       BYTES_ARG(d[i].item.payload), d[i].attempts, (unsigned)d[i].mark);
        d[i].mark += 10;
        d[i].again_in_ms = t->again_in_ms;
        if (bytes_equal(d[i].item.payload, BYTES("bad"))) {
            d[i].result = E_INVALID;
            (void)snprintf(d[i].sentence, sizeof d[i].sentence, "this one is bad");
        }
    }
    return t->answer == OK ? OK : FAIL(t->answer, "the target is out");
}

static void gave_up(void *context, const struct outbox_delivery *d, const char *sentence) {
    struct target *t = context;
    size_t len = strlen(t->given_up);
    (void)snprintf(t->given_up + len, sizeof t->given_up - len, "%.*s: %s; ",
                   BYTES_ARG(d->item.payload), sentence);
}

static void told(void *context, enum outbox_event event, const struct outbox_item *item,
                 const char *sentence) {
    static const char *const names[] = {"full", "again", "gave up", "stuck"};
    struct target *t = context;
    size_t len = strlen(t->events);
    UNUSED(item);
    UNUSED(sentence);
    (void)snprintf(t->events + len, sizeof t->events - len, "%s; ", names[event]);
}

struct bench {
    struct target target;
    struct outbox_kind kind;
    struct outbox_config config;
    struct outbox *outbox;
    struct store *store;
    int64_t now_ms;
};

static void on_change(void *bench, const struct change *changes, size_t count) {
    outbox_told(((struct bench *)bench)->outbox, changes, count);
}

/* As a server that starts on this store. */
static void start(struct bench *b) {
    b->outbox = outbox_new(&b->config);
    outbox_add_kind(b->outbox, &b->kind);
    CHECK_OK(outbox_start(b->outbox));
}

static void open_bench(struct bench *b, struct store *s) {
    *b = (struct bench){.store = s, .now_ms = START_MS};
    b->target.again_in_ms = -1;
    b->kind = (struct outbox_kind){.name = "test",
                                   .context = &b->target,
                                   .at_a_time = 2,
                                   .deliver = deliver,
                                   .gave_up = gave_up,
                                   .again_first_ms = 1000,
                                   .again_most_ms = 300000};
    b->config = outbox_standard;
    b->config.threads_max = 0;
    b->config.store = s;
    b->config.context = &b->target;
    b->config.told = told;
    clock_simulate(b->now_ms);
    store_on_change(s, on_change, b);
    start(b);
}

static void close_bench(struct bench *b) {
    outbox_close(TAKE(b->outbox));
    clock_simulate(-1);
}

/* What kill -9 leaves: the index is gone, the store is not. */
static void die_and_start(struct bench *b) {
    struct outbox *dead = TAKE(b->outbox);
    start(b);
    outbox_close(dead); /* had nothing to note */
}

static void pass(struct bench *b, int64_t ms) {
    b->now_ms += ms;
    clock_simulate(b->now_ms);
}

static status put_item(struct bench *b, struct outbox_item item, bool keep) {
    struct txn *t;
    item.kind = "test";
    item.account = BYTES(ACCOUNT);
    CHECK_OK(store_begin_write(b->store, &t));
    status s = outbox_put(b->outbox, t, &item, NULL);
    if (s == OK && keep) {
        CHECK_OK(store_commit(t));
    } else {
        store_rollback(t);
    }
    return s;
}

static status put(struct bench *b, const char *lane, const char *payload) {
    return put_item(
        b, (struct outbox_item){.lane = bytes_from(lane), .payload = bytes_from(payload)}, true);
}

static void check_empty(struct bench *b) {
    struct txn *t;
    CHECK_INT(outbox_counts(b->outbox).items, 0);
    CHECK_INT(outbox_counts(b->outbox).lanes, 0);
    CHECK_INT(outbox_counts(b->outbox).bytes, 0);
    CHECK_OK(store_begin_read(b->store, &t));
    static const enum table tables[] = {TABLE_OUTBOX, TABLE_OUTBOX_PAYLOADS};
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        AUTO(arena) memory = {0};
        struct row *rows;
        size_t count;
        CHECK_OK(store_scan(t, tables[i], &(struct scan){.limit = 10}, &memory, &rows, &count));
        CHECK_INT(count, 0);
    }
    store_rollback(t);
}

static void commits_deliver(struct store *s) {
    struct bench b;
    open_bench(&b, s);
    CHECK_OK(put(&b, "a", "one"));
    CHECK_OK(put_item(&b, (struct outbox_item){.lane = BYTES("a"), .payload = BYTES("no")}, false));
    CHECK_OK(put(&b, "a", "two"));
    CHECK_INT(outbox_run_due(b.outbox), 2);
    CHECK_TEXT(b.target.heard, "one 0 0; two 0 0; ");
    check_empty(&b);
    close_bench(&b);
}
TEST(what_was_committed_is_delivered_once_in_order_and_what_was_rolled_back_is_not) {
    store_fixture_each(commits_deliver);
}

static void backs_off(struct store *s) {
    struct bench b;
    open_bench(&b, s);
    b.target.answer = E_UNAVAILABLE;
    CHECK_OK(put(&b, "a", "x"));
    CHECK_INT(outbox_run_due(b.outbox), 1);
    pass(&b, 999);
    CHECK_INT(outbox_run_due(b.outbox), 0);
    pass(&b, 1);
    CHECK_INT(outbox_run_due(b.outbox), 1); /* 1 s, then 2 s, … up to 300 s */
    pass(&b, 2000);
    CHECK_INT(outbox_run_due(b.outbox), 1);
    for (int i = 0; i < 8; i++) {
        pass(&b, 300000);
        CHECK_INT(outbox_run_due(b.outbox), 1);
    }
    pass(&b, 299999);
    CHECK_INT(outbox_run_due(b.outbox), 0);
    b.target.answer = OK;
    b.target.heard[0] = '\0';
    pass(&b, 1);
    CHECK_INT(outbox_run_due(b.outbox), 1);
    CHECK_TEXT(b.target.heard, "x 11 110; ");
    check_empty(&b);
    close_bench(&b);
}
TEST(what_cannot_be_delivered_is_tried_again_after_a_while_that_doubles) {
    store_fixture_each(backs_off);
}

static void survives(struct store *s) {
    struct bench b;
    open_bench(&b, s);
    b.target.answer = E_UNAVAILABLE;
    CHECK_OK(put(&b, "a", "x"));
    CHECK_INT(outbox_run_due(b.outbox), 1);
    CHECK_OK(put(&b, "b", "y"));
    b.target.answer = OK;
    b.target.heard[0] = '\0';
    die_and_start(&b);
    CHECK_INT(outbox_run_due(b.outbox), 1); /* x still waits for its time */
    pass(&b, 1000);
    CHECK_INT(outbox_run_due(b.outbox), 1);
    CHECK_TEXT(b.target.heard, "y 0 0; x 1 10; ");
    check_empty(&b);
    CHECK_OK(put(&b, "a", "z")); /* ids go on */
    CHECK_INT(outbox_run_due(b.outbox), 1);
    check_empty(&b);
    close_bench(&b);
}
TEST(a_new_server_goes_on_where_the_dead_one_was_with_attempts_and_marks) {
    store_fixture_each(survives);
}

static void gives_up(struct store *s) {
    struct bench b;
    open_bench(&b, s);
    b.target.answer = E_INVALID;
    CHECK_OK(put(&b, "a", "x"));
    CHECK_INT(outbox_run_due(b.outbox), 1);
    CHECK_TEXT(b.target.given_up, "x: the target is out; ");
    CHECK_TEXT(b.target.events, "gave up; ");
    check_empty(&b);
    close_bench(&b);
}
TEST(what_fails_for_good_is_given_up_at_once) {
    store_fixture_each(gives_up);
}

static void ages(struct store *s) {
    struct bench b;
    open_bench(&b, s);
    b.target.answer = E_UNAVAILABLE;
    b.target.again_in_ms = 40000;
    CHECK_OK(put_item(&b,
                      (struct outbox_item){.lane = BYTES("a"),
                                           .payload = BYTES("x"),
                                           .expires_ms = START_MS + 60000},
                      true));
    CHECK_INT(outbox_run_due(b.outbox), 1);
    pass(&b, 40000);
    CHECK_INT(outbox_run_due(b.outbox), 1); /* the next attempt would be too late */
    CHECK_TEXT(b.target.given_up, "x: the target is out; ");
    check_empty(&b);
    CHECK_OK(put_item(&b,
                      (struct outbox_item){.lane = BYTES("a"),
                                           .payload = BYTES("y"),
                                           .expires_ms = START_MS + 60000},
                      true));
    pass(&b, 20000); /* nobody came by in time */
    b.target.heard[0] = b.target.given_up[0] = '\0';
    CHECK_INT(outbox_run_due(b.outbox), 1);
    CHECK_TEXT(b.target.heard, "");
    CHECK_TEXT(b.target.given_up, "y: it could not be delivered in time; ");
    check_empty(&b);
    close_bench(&b);
}
TEST(what_gets_too_old_is_given_up) {
    store_fixture_each(ages);
}

static void stops_after_attempts(struct store *s) {
    struct bench b;
    open_bench(&b, s);
    b.target.answer = E_UNAVAILABLE;
    b.kind.attempts_max = 3;
    CHECK_OK(put(&b, "a", "x"));
    for (int i = 0; i < 5; i++) {
        (void)outbox_run_due(b.outbox);
        pass(&b, 300000);
    }
    CHECK_TEXT(b.target.heard, "x 0 0; x 1 10; x 2 20; ");
    CHECK_TEXT(b.target.events, "again; again; gave up; ");
    check_empty(&b);
    close_bench(&b);
}
TEST(a_kind_may_allow_a_number_of_attempts) {
    store_fixture_each(stops_after_attempts);
}

static void is_bounded(struct store *s) {
    struct bench b;
    open_bench(&b, s);
    outbox_close(b.outbox);
    b.config.lane_items_max = 2;
    b.config.items_max = 3;
    start(&b);
    CHECK_OK(put(&b, "a", "1"));
    CHECK_OK(put(&b, "a", "2"));
    CHECK_FAILS(put(&b, "a", "3"), E_THROTTLED, "a: too much waits to be delivered there");
    CHECK_FAILS(put(&b, "a", "3"), E_THROTTLED, "there");
    CHECK_TEXT(b.target.events, "full; "); /* told once */
    CHECK_OK(put(&b, "b", "3"));
    CHECK_FAILS(put(&b, "c", "4"), E_THROTTLED, "in all");
    CHECK_TEXT(b.target.events, "full; full; ");
    CHECK_INT(outbox_run_due(b.outbox), 3);
    CHECK_OK(put(&b, "a", "5"));
    CHECK_INT(outbox_run_due(b.outbox), 1);
    check_empty(&b);
    close_bench(&b);
}
TEST(a_lane_and_all_of_them_hold_so_much_and_no_more) {
    store_fixture_each(is_bounded);
}

static void batches(struct store *s) {
    struct bench b;
    open_bench(&b, s);
    for (int i = 0; i < 5; i++) {
        char payload[8];
        (void)snprintf(payload, sizeof payload, i == 1 ? "bad" : "p%d", i);
        CHECK_OK(put_item(&b,
                          (struct outbox_item){.lane = BYTES("a"),
                                               .payload = bytes_from(payload),
                                               .not_before_ms = b.now_ms + 50,
                                               .batch_max = 4},
                          true));
        pass(&b, 10);
    }
    CHECK_INT(outbox_run_due(b.outbox), 4); /* the first is due, and takes others along */
    CHECK_INT(b.target.deliveries, 1);
    CHECK_TEXT(b.target.heard, "p0 0 0; bad 0 0; p2 0 0; p3 0 0; ");
    CHECK_TEXT(b.target.given_up, "bad: this one is bad; ");
    pass(&b, 50);
    CHECK_INT(outbox_run_due(b.outbox), 1);
    check_empty(&b);
    close_bench(&b);
}
TEST(a_delivery_may_take_several_of_a_lane_each_with_its_own_fate) {
    store_fixture_each(batches);
}

static size_t view(struct bench *b, struct arena *a, struct outbox_lane_view **out) {
    struct txn *t;
    size_t count;
    CHECK_OK(store_begin_read(b->store, &t));
    CHECK_OK(outbox_view(t, a, out, &count));
    store_rollback(t);
    return count;
}

static void change(struct bench *b, const char *lane, size_t expected,
                   status (*how)(struct txn *t, const struct outbox_choice *w, size_t *count)) {
    struct outbox_choice which = {.lane = bytes_from(lane)};
    struct txn *t;
    size_t count;
    CHECK_OK(store_begin_write(b->store, &t));
    CHECK_OK(how(t, &which, &count));
    CHECK_OK(store_commit(t));
    CHECK_INT(count, expected);
    outbox_look_again(b->outbox);
}

static void is_visible(struct store *s) {
    AUTO(arena) memory = {0};
    struct outbox_lane_view *lanes;
    struct bench b;
    open_bench(&b, s);
    b.target.answer = E_UNAVAILABLE;
    CHECK_OK(put(&b, "a", "x"));
    (void)outbox_run_due(b.outbox);
    pass(&b, 100);
    CHECK_OK(put(&b, "a", "yy"));
    CHECK_OK(put(&b, "b", "z"));
    CHECK_INT(view(&b, &memory, &lanes), 2);
    CHECK_BYTES(lanes[0].lane, BYTES("a"));
    CHECK_INT(lanes[0].waiting, 2);
    CHECK_INT(lanes[0].failing, 1);
    CHECK_INT(lanes[0].bytes, 3);
    CHECK_INT(lanes[0].oldest_put_ms, START_MS);
    CHECK_BYTES(lanes[0].sentence, BYTES("the target is out"));
    CHECK_INT(lanes[1].failing, 0);
    b.target.answer = OK;
    change(&b, "a", 2, outbox_hurry);
    change(&b, "b", 1, outbox_drop);
    CHECK_INT(outbox_run_due(b.outbox), 2);
    check_empty(&b);
    close_bench(&b);
}
TEST(people_see_what_waits_and_why_and_may_hurry_or_drop_it) {
    store_fixture_each(is_visible);
}

static void stays_when_stopped(struct store *s) {
    struct bench b;
    open_bench(&b, s);
    CHECK_OK(put(&b, "a", "x"));
    outbox_stop(b.outbox);
    CHECK_INT(outbox_run_due(b.outbox), 0);
    CHECK_OK(put(&b, "a", "y"));
    CHECK_INT(outbox_run_due(b.outbox), 0);
    die_and_start(&b);
    CHECK_INT(outbox_run_due(b.outbox), 2);
    CHECK_TEXT(b.target.heard, "x 0 0; y 0 0; ");
    close_bench(&b);
}
TEST(a_server_that_stops_delivers_nothing_more_and_leaves_the_rest_to_the_next) {
    store_fixture_each(stays_when_stopped);
}

TEST_MAIN("outbox/outbox")
