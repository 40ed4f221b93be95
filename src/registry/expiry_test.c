#include "base/clock.h"
#include "registry/expiry.h"
#include "registry/fixture.h"
#include "registry/transfer.h"
#include "support/testing.h"

#define DAY 86400000LL

static void add(struct registry_fixture *f, unsigned number, int64_t not_after_ms) {
    struct certificate_new c = fixture_certificate(f, number);
    c.not_after_ms = not_after_ms;
    CHECK_OK(certificate_register(&f->r, &c, NULL));
}

/* The last hex digits of what a window holds, page by page: "123". */
static const char *found(const struct registry *r, enum expiry_kind kind,
                         struct expiry_window window) {
    struct buf digits = {0};
    struct expiry *items;
    size_t count;
    do {
        CHECK_OK(expiry_list(r, kind, &window, &items, &count));
        for (size_t i = 0; i < count; i++)
            buf_append_byte(&digits, items[i].id.ptr[CERTIFICATE_ID_LEN - 1]);
    } while (count > 0);
    const char *text = arena_string(r->arena, buf_bytes(&digits));
    buf_done(&digits);
    return text;
}

static void lists(struct registry_fixture *f) {
    struct registry other = fixture_other_account(f);
    struct ca_record ca = fixture_ca(f, 9);
    add(f, 1, 3000);
    add(f, 2, 1000);
    add(f, 3, 2000);
    add(f, 4, -5);
    CHECK_OK(ca_register(&f->r, &ca, NULL));
    CHECK_TEXT(found(&f->r, EXPIRY_CERTIFICATE, (struct expiry_window){.until_ms = 9000}), "231");
    CHECK_TEXT(
        found(&f->r, EXPIRY_CERTIFICATE, (struct expiry_window){.after_ms = -1, .until_ms = 2000}),
        "423");
    CHECK_TEXT(found(&f->r, EXPIRY_CERTIFICATE,
                     (struct expiry_window){.after_ms = 1000, .until_ms = 2999}),
               "3");
    CHECK_TEXT(found(&f->r, EXPIRY_CA, (struct expiry_window){.until_ms = 9000}), "9");
    CHECK_TEXT(found(&other, EXPIRY_CERTIFICATE, (struct expiry_window){.until_ms = 9000}), "");
    CHECK_OK(certificate_delete(&f->r, fixture_id(f, 3), false));
    CHECK_OK(ca_update(&f->r, ca.id, &(struct ca_changes){.active = &(bool){false}}));
    CHECK_OK(ca_delete(&f->r, ca.id));
    CHECK_TEXT(found(&f->r, EXPIRY_CERTIFICATE, (struct expiry_window){.until_ms = 9000}), "21");
    CHECK_TEXT(found(&f->r, EXPIRY_CA, (struct expiry_window){.until_ms = 9000}), "");
}
TEST(what_ends_is_listed_soonest_first_per_account) {
    registry_fixture_each(lists);
}

static void pages(struct registry_fixture *f) {
    size_t total = EXPIRY_PAGE_MAX + 7, count, seen = 0;
    struct expiry_window window = {.until_ms = 5000};
    struct expiry *items;
    for (unsigned i = 0; i < total; i++)
        add(f, i, 1000 + i % 3);
    do {
        CHECK_OK(expiry_list(&f->r, EXPIRY_CERTIFICATE, &window, &items, &count));
        seen += count;
    } while (count > 0);
    CHECK_INT(seen, total);
}
TEST(many_that_end_at_once_come_in_pages) {
    registry_fixture_each(pages);
}

static void moves(struct registry_fixture *f) {
    struct registry other = fixture_other_account(f);
    bytes arn;
    add(f, 1, 1000);
    CHECK_OK(certificate_transfer_offer(&f->r, fixture_id(f, 1),
                                        &(struct transfer_offer){other.account, {0}}, &arn));
    CHECK_OK(certificate_transfer_accept(&other, fixture_id(f, 1), true));
    CHECK_TEXT(found(&f->r, EXPIRY_CERTIFICATE, (struct expiry_window){.until_ms = 9000}), "");
    CHECK_TEXT(found(&other, EXPIRY_CERTIFICATE, (struct expiry_window){.until_ms = 9000}), "1");
}
TEST(a_transferred_certificate_ends_in_its_new_account) {
    registry_fixture_each(moves);
}

/* Stages at which a certificate with this end is told, by looks at these times: "3@0 2@23 …". */
static const char *told(struct arena *a, int64_t end, const int64_t *looks, size_t count) {
    struct buf text = {0};
    int64_t last = 0;
    for (size_t i = 0; i < count; i++) {
        for (unsigned stage = 0; stage < EXPIRY_STAGE_COUNT; stage++) {
            struct expiry_window w = expiry_stage_window(stage, last, looks[i]);
            if (w.after_ms < end && end <= w.until_ms)
                buf_printf(&text, "%ud@%lld ", expiry_stage_days(stage),
                           (long long)(looks[i] / DAY));
        }
        last = looks[i];
    }
    const char *all = arena_string(a, buf_bytes(&text));
    buf_done(&text);
    return all;
}

TEST(each_stage_is_told_once_however_often_one_looks) { /* [AWS identity 1.8] */
    AUTO(arena) a = {0};
    int64_t hourly[24 * 100], rarely[] = {1 * DAY, 80 * DAY, 99 * DAY};
    for (int i = 0; i < 24 * 100; i++)
        hourly[i] = DAY + i * (DAY / 24);
    CHECK_TEXT(told(&a, 60 * DAY, hourly, COUNT_OF(hourly)), "30d@30 7d@53 1d@59 0d@60 ");
    CHECK_TEXT(told(&a, 20 * DAY, hourly, COUNT_OF(hourly)), "30d@1 7d@13 1d@19 0d@20 ");
    CHECK_TEXT(told(&a, 60 * DAY, rarely, COUNT_OF(rarely)), "0d@80 ");
    CHECK_TEXT(told(&a, 104 * DAY, rarely, COUNT_OF(rarely)), "30d@80 7d@99 ");
    CHECK_TEXT(told(&a, DAY / 2, hourly, COUNT_OF(hourly)), ""); /* long before we came */
}

TEST(a_certificate_is_valid_in_its_last_millisecond) {
    AUTO(arena) a = {0};
    const int64_t looks[] = {59 * DAY + 1, 60 * DAY, 60 * DAY + 1};
    CHECK_TEXT(told(&a, 60 * DAY, looks, 2), "1d@59 ");
    CHECK_TEXT(told(&a, 60 * DAY, looks, 3), "1d@59 0d@60 ");
}

static void registered(struct registry_fixture *f) {
    struct expiry_window window = {.after_ms = 1000, .until_ms = 9000};
    struct expiry *items;
    size_t count;
    bool more;
    const int64_t created[] = {500, 1000, 1001, 3000, 9001}, ends[] = {50, 50, 60, 80, 50};
    for (unsigned i = 0; i < COUNT_OF(created); i++) {
        clock_simulate(created[i]);
        add(f, i, ends[i]);
    }
    CHECK_OK(expiry_list_registered(&f->r, EXPIRY_CERTIFICATE, &window, 79, &items, &count, &more));
    CHECK(count == 1 && !more && items[0].not_after_ms == 60 && items[0].created_ms == 1001);
    CHECK(!items[0].in_use); /* as fixture_certificate makes them */
    CHECK_OK(certificate_update_status(&f->r, fixture_id(f, 3), CERTIFICATE_ACTIVE));
    window = (struct expiry_window){.after_ms = 1001, .until_ms = 9000};
    CHECK_OK(expiry_list_registered(&f->r, EXPIRY_CERTIFICATE, &window, 80, &items, &count, &more));
    CHECK(count == 1 && items[0].in_use);
}
TEST(what_was_registered_since_is_found_by_when_it_ends) {
    registry_fixture_each(registered);
}

static void remembers(struct registry_fixture *f) {
    int64_t last;
    CHECK_OK(expiry_load_last_look(f->r.txn, &f->arena, &last));
    CHECK_INT(last, 0);
    CHECK_OK(expiry_save_last_look(f->r.txn, 1657989449720));
    CHECK_OK(expiry_load_last_look(f->r.txn, &f->arena, &last));
    CHECK(last == 1657989449720);
}
TEST(the_last_look_is_remembered) {
    registry_fixture_each(remembers);
}

static void indexes(struct registry_fixture *f) {
    struct ca_record ca = fixture_ca(f, 9);
    for (unsigned i = 0; i < 1003; i++)
        add(f, i, 1000);
    CHECK_OK(ca_register(&f->r, &ca, NULL));
    for (unsigned i = 0; i < 1003; i++) /* as a store of before */
        CHECK_OK(expiry_remove(&f->r, EXPIRY_CERTIFICATE, fixture_id(f, i), 1000));
    CHECK_OK(expiry_remove(&f->r, EXPIRY_CA, ca.id, ca.not_after_ms));
    CHECK_OK(store_commit(TAKE(f->r.txn)));
    CHECK_OK(expiry_index_all(f->store));
    CHECK_OK(expiry_index_all(f->store));
    CHECK_OK(store_begin_write(f->store, &f->r.txn));
    CHECK_INT(
        bytes_from(found(&f->r, EXPIRY_CERTIFICATE, (struct expiry_window){.until_ms = 5000})).len,
        1003);
    CHECK_TEXT(found(&f->r, EXPIRY_CA, (struct expiry_window){.until_ms = 9000}), "9");
}
TEST(what_was_registered_before_the_index_is_added_to_it) {
    registry_fixture_each(indexes);
}

TEST_MAIN("registry/expiry")
