/* The promises of store.h, kept by every implementation alike. */
#include "store/fixture.h"
#include "support/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct txn *reading(struct store *s) {
    struct txn *t;
    CHECK_OK(store_begin_read(s, &t));
    return t;
}

static struct txn *writing(struct store *s) {
    struct txn *t;
    CHECK_OK(store_begin_write(s, &t));
    return t;
}

static void save(struct txn *t, const char *key, const char *value) {
    CHECK_OK(store_save(t, TABLE_THINGS, bytes_from(key), bytes_from(value)));
}

/* One transaction that saves, for what a test needs to be there. */
static void put(struct store *s, const char *key, const char *value) {
    struct txn *t = writing(s);
    save(t, key, value);
    CHECK_OK(store_commit(t));
}

static void check_value(struct txn *t, const char *key, const char *want) {
    AUTO(arena) a = {0};
    bytes value;
    if (want) {
        CHECK_OK(store_load(t, TABLE_THINGS, bytes_from(key), &a, &value));
        CHECK_BYTES(value, bytes_from(want));
    } else {
        CHECK(store_load(t, TABLE_THINGS, bytes_from(key), &a, &value) == E_NOT_FOUND);
    }
}

static void check_stored(struct store *s, const char *key, const char *want) {
    struct txn *t = reading(s);
    check_value(t, key, want);
    store_rollback(t);
}

static void a_commit_is_seen(struct store *s) {
    put(s, "lamp", "1");
    check_stored(s, "lamp", "1");
    put(s, "lamp", "2");
    check_stored(s, "lamp", "2");
    struct txn *t = writing(s);
    CHECK_OK(store_remove(t, TABLE_THINGS, BYTES("lamp")));
    CHECK_OK(store_remove(t, TABLE_THINGS, BYTES("never there")));
    CHECK_OK(store_commit(t));
    check_stored(s, "lamp", NULL);
}
TEST(a_commit_is_seen_by_later_readers) {
    store_fixture_each(a_commit_is_seen);
}

static void others_do_not_see(struct store *s) {
    put(s, "lamp", "old");
    struct txn *t = writing(s);
    save(t, "lamp", "new");
    check_value(t, "lamp", "new"); /* the writer sees its own */
    check_stored(s, "lamp", "old");
    CHECK_OK(store_commit(t));
    check_stored(s, "lamp", "new");
}
TEST(what_is_under_way_is_seen_by_its_writer_only) {
    store_fixture_each(others_do_not_see);
}

static void a_reader_keeps_its_view(struct store *s) {
    put(s, "lamp", "old");
    struct txn *t = reading(s);
    check_value(t, "lamp", "old");
    put(s, "lamp", "new");
    check_value(t, "lamp", "old");
    store_rollback(t);
    check_stored(s, "lamp", "new");
}
TEST(a_reader_keeps_the_commit_it_saw_first) {
    store_fixture_each(a_reader_keeps_its_view);
}

static void a_rollback_leaves_nothing(struct store *s) {
    put(s, "lamp", "old");
    struct txn *t = writing(s);
    save(t, "lamp", "new");
    save(t, "pump", "new");
    CHECK_OK(store_remove(t, TABLE_THINGS, BYTES("lamp")));
    store_rollback(t);
    check_stored(s, "lamp", "old");
    check_stored(s, "pump", NULL);
    store_rollback(NULL);
}
TEST(a_rollback_leaves_nothing_behind) {
    store_fixture_each(a_rollback_leaves_nothing);
}

static void any_bytes(struct store *s) {
    uint8_t large[5000], key[STORE_KEY_BYTES_MAX + 1];
    AUTO(arena) a = {0};
    bytes value;
    memset(large, 0xa5, sizeof large);
    memset(key, 0xff, sizeof key);
    bytes longest = bytes_of(key, STORE_KEY_BYTES_MAX);
    struct txn *t = writing(s);
    CHECK_OK(store_save(t, TABLE_CERTIFICATE_PEMS, BYTES("\0a\0"), bytes_of(large, sizeof large)));
    CHECK_OK(store_save(t, TABLE_THINGS, longest, (bytes){0}));
    CHECK(store_save(t, TABLE_THINGS, bytes_of(key, sizeof key), (bytes){0}) == E_INVALID);
    CHECK(store_save(t, TABLE_THINGS, (bytes){0}, BYTES("x")) == E_INVALID);
    CHECK_OK(store_load(t, TABLE_CERTIFICATE_PEMS, BYTES("\0a\0"), &a, &value));
    CHECK_BYTES(value, bytes_of(large, sizeof large));
    CHECK_OK(store_load(t, TABLE_THINGS, longest, &a, &value));
    CHECK_INT(value.len, 0);
    bool present;
    CHECK_OK(store_has(t, TABLE_CERTIFICATE_PEMS, BYTES("\0a"), &present));
    CHECK(!present);
    CHECK_OK(store_has(t, TABLE_CERTIFICATE_PEMS, BYTES("\0a\0"), &present));
    CHECK(present);
    struct row *rows;
    size_t count;
    CHECK_OK(store_scan(t, TABLE_THINGS, &(struct scan){.limit = 2}, &a, &rows, &count));
    CHECK_INT(count, 1);
    CHECK_BYTES(rows[0].key, longest);
    CHECK_OK(store_commit(t));
}
TEST(keys_and_values_are_any_bytes) {
    store_fixture_each(any_bytes);
}

/* Scans the table and compares with keys written one after the other: "a,ab,b". */
static void check_scan(struct txn *t, struct scan scan, const char *want) {
    AUTO(arena) a = {0};
    AUTO(buf) got = {0};
    struct row *rows;
    size_t count;
    CHECK_OK(store_scan(t, TABLE_THINGS, &scan, &a, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        buf_append(&got, i ? BYTES(",") : (bytes){0});
        buf_append(&got, rows[i].key);
        CHECK_BYTES(rows[i].value, rows[i].key);
    }
    CHECK_BYTES(buf_bytes(&got), bytes_from(want));
}

static void scans(struct store *s) {
    static const char *const keys[] = {"b", "a", "ab", "c", "ac", "aba"};
    struct txn *t = writing(s);
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        save(t, keys[i], keys[i]);
    CHECK_OK(store_save(t, TABLE_META, BYTES("ax"), BYTES("in another table")));
    const struct {
        struct scan scan;
        const char *want;
    } rows[] = {
        {{.limit = 9}, "a,ab,aba,ac,b,c"},
        {{.limit = 2}, "a,ab"},
        {{.limit = 9, .descending = true}, "c,b,ac,aba,ab,a"},
        {{.limit = 2, .descending = true}, "c,b"},
        {{.prefix = BYTES("ab"), .limit = 9}, "ab,aba"},
        {{.prefix = BYTES("ab"), .limit = 9, .descending = true}, "aba,ab"},
        {{.prefix = BYTES("x"), .limit = 9}, ""},
        {{.from = BYTES("ab"), .limit = 2}, "ab,aba"},
        {{.from = BYTES("ab"), .after = true, .limit = 2}, "aba,ac"},
        {{.from = BYTES("abx"), .after = true, .limit = 2}, "ac,b"}, /* a key that went meanwhile */
        {{.from = BYTES("ab"), .limit = 9, .descending = true}, "ab,a"},
        {{.from = BYTES("ab"), .after = true, .limit = 9, .descending = true}, "a"},
        {{.prefix = BYTES("a"), .from = BYTES("ab"), .after = true, .limit = 9}, "aba,ac"},
        {{.prefix = BYTES("a"), .from = BYTES("0"), .limit = 9}, "a,ab,aba,ac"},
        {{.prefix = BYTES("a"), .from = BYTES("z"), .limit = 9}, ""},
        {{.prefix = BYTES("a"), .from = BYTES("z"), .limit = 2, .descending = true}, "ac,aba"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_scan(t, rows[i].scan, rows[i].want);
    CHECK_OK(store_commit(t));
    t = reading(s);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_scan(t, rows[i].scan, rows[i].want);
    store_rollback(t);
}
TEST(scans_go_in_key_order_both_ways) {
    store_fixture_each(scans);
}

static void prefixes_of_ff(struct store *s) {
    struct txn *t = writing(s);
    save(t, "a\xff", "a\xff");
    save(t, "a\xff\xff", "a\xff\xff");
    save(t, "b", "b");
    check_scan(t, (struct scan){.prefix = BYTES("a\xff"), .limit = 9}, "a\xff,a\xff\xff");
    check_scan(t, (struct scan){.prefix = BYTES("a\xff"), .limit = 1, .descending = true},
               "a\xff\xff");
    check_scan(t, (struct scan){.prefix = BYTES("\xff"), .limit = 9}, "");
    store_rollback(t);
}
TEST(a_prefix_may_end_in_the_greatest_byte) {
    store_fixture_each(prefixes_of_ff);
}

/* Many rows in shuffled order, half of them removed again: order and balance hold. */
static void many_rows(struct store *s) {
    enum { COUNT = 2000 };
    char key[16];
    struct txn *t = writing(s);
    for (unsigned i = 0; i < COUNT; i++) {
        (void)snprintf(key, sizeof key, "k%05u", i * 7919 % COUNT);
        save(t, key, key);
    }
    for (unsigned i = 0; i < COUNT; i += 2) {
        (void)snprintf(key, sizeof key, "k%05u", i);
        CHECK_OK(store_remove(t, TABLE_THINGS, bytes_from(key)));
    }
    CHECK_OK(store_commit(t));
    t = reading(s);
    AUTO(arena) a = {0};
    struct row *rows;
    size_t count;
    CHECK_OK(store_scan(t, TABLE_THINGS, &(struct scan){.limit = 1000}, &a, &rows, &count));
    CHECK_INT(count, COUNT / 2);
    for (unsigned i = 0; i < count; i++) {
        (void)snprintf(key, sizeof key, "k%05u", 2 * i + 1);
        CHECK_BYTES(rows[i].key, bytes_from(key));
    }
    store_rollback(t);
}
TEST(many_rows_keep_their_order) {
    store_fixture_each(many_rows);
}

static struct {
    size_t calls, changes;
    char text[200];
} told;

static void listen(void *context, const struct change *changes, size_t count) {
    CHECK(context == &told);
    told.calls++;
    told.changes += count;
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(told.text);
        (void)snprintf(told.text + used, sizeof told.text - used, "%d:%.*s:%.*s ", changes[i].kind,
                       BYTES_ARG(changes[i].account), BYTES_ARG(changes[i].key));
    }
}

static void listener(struct store *s) {
    memset(&told, 0, sizeof told);
    store_on_change(s, listen, &told);
    put(s, "lamp", "a change nobody noted");
    CHECK_INT(told.calls, 0);
    struct txn *t = writing(s);
    for (int i = 0; i < 6; i++)
        store_note(t, CHANGE_THING, BYTES("1"), BYTES("lamp"));
    store_rollback(t);
    CHECK_INT(told.calls, 0);
    t = writing(s);
    store_note(t, CHANGE_POLICY, BYTES("1"), BYTES("p"));
    store_note(t, CHANGE_THING, BYTES("2"), BYTES("lamp"));
    CHECK_INT(told.calls, 0);
    CHECK_OK(store_commit(t));
    CHECK_INT(told.calls, 1);
    CHECK_TEXT(told.text, "3:1:p 5:2:lamp ");
}
TEST(the_listener_is_told_of_commits_only) {
    store_fixture_each(listener);
}

static void send(void *context, const struct announcement *announcements, size_t count) {
    CHECK(context == &told);
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(told.text);
        (void)snprintf(told.text + used, sizeof told.text - used, "%.*s %.*s=%.*s ",
                       BYTES_ARG(announcements[i].account), BYTES_ARG(announcements[i].topic),
                       BYTES_ARG(announcements[i].payload));
    }
}

static void announcer(struct store *s) {
    memset(&told, 0, sizeof told);
    store_on_change(s, listen, &told);
    store_on_announcement(s, send, &told);
    struct txn *t = writing(s);
    store_announce(t, BYTES("1"), BYTES("a/b"), BYTES("never"));
    store_rollback(t);
    t = writing(s);
    for (int i = 0; i < 3; i++)
        store_announce(t, BYTES("1"), BYTES("a/b"), bytes_of(&"123"[i], 1));
    store_note(t, CHANGE_THING, BYTES("1"), BYTES("lamp"));
    store_announce(t, BYTES("2"), BYTES("c"), BYTES(""));
    CHECK_TEXT(told.text, "");
    CHECK_OK(store_commit(t));
    CHECK_TEXT(told.text, "5:1:lamp 1 a/b=1 1 a/b=2 1 a/b=3 2 c= ");
}
TEST(announcements_go_out_after_the_commit_behind_its_changes) {
    store_fixture_each(announcer);
}

TEST(the_data_directory_has_one_server) {
    char base[] = "/tmp/kedge-lock-XXXXXX", directory[64], lock_file[80], process[40];
    int lock, second;
    CHECK(mkdtemp(base) != NULL);
    (void)snprintf(directory, sizeof directory, "%s/a/b", base);
    (void)snprintf(lock_file, sizeof lock_file, "%s/lock", directory);
    (void)snprintf(process, sizeof process, "process id %ld:", (long)getpid());
    CHECK_OK(store_lock_directory(directory, &lock));
    CHECK_FAILS(store_lock_directory(directory, &second), E_UNAVAILABLE, process);
    store_unlock_directory(lock);
    CHECK_OK(store_lock_directory(directory, &lock));
    struct stat about;
    CHECK(stat(lock_file, &about) == 0 && (about.st_mode & 0777) == 0600);
    CHECK(stat(directory, &about) == 0 && (about.st_mode & 0777) == 0700);
    store_unlock_directory(lock);
    (void)unlink(lock_file);
    (void)rmdir(directory);
    *strrchr(directory, '/') = '\0';
    (void)rmdir(directory);
    (void)rmdir(base);
}

TEST_MAIN("store")
