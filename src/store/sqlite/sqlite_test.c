/* What only a store on disk can promise: it outlives the process, and says why when it cannot. */
#include "store/fixture.h"
#include "support/testing.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static status put(struct store *s, const char *key, bytes value) {
    struct txn *t;
    TRY(store_begin_write(s, &t));
    status saved = store_save(t, TABLE_CERTIFICATE_PEMS, bytes_from(key), value);
    if (saved != OK) {
        store_rollback(t);
        return saved;
    }
    return store_commit(t);
}

static bool has(struct store *s, const char *key) {
    struct txn *t;
    bool present = false;
    CHECK_OK(store_begin_read(s, &t));
    CHECK_OK(store_has(t, TABLE_CERTIFICATE_PEMS, bytes_from(key), &present));
    store_rollback(t);
    return present;
}

/* Runs SQL on the store's file from outside. */
static void meddle(const char *path, const char *sql) {
    sqlite3 *db;
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static const char *file_of(const struct store_fixture *f) {
    static char path[80];
    (void)snprintf(path, sizeof path, "%s/kedge.db", f->directory);
    return path;
}

TEST(what_was_committed_is_there_after_reopening) {
    struct store_fixture f = store_fixture_open(&store_sqlite);
    CHECK_OK(put(f.store, "a", BYTES("1")));
    store_fixture_reopen(&f);
    CHECK(has(f.store, "a"));
    CHECK(!has(f.store, "b"));
    store_fixture_done(&f);
}

TEST(only_the_owner_may_read_the_files) {
    mode_t old = umask(0);
    struct store_fixture f = store_fixture_open(&store_sqlite);
    struct stat about;
    char path[100];
    CHECK_OK(put(f.store, "a", BYTES("1")));
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        (void)snprintf(path, sizeof path, "%s%s", file_of(&f), suffixes[i]);
        CHECK_INT(stat(path, &about), 0);
        CHECK_INT(about.st_mode & 0777, 0600);
    }
    store_fixture_done(&f);
    (void)umask(old);
}

/* The tables of layout 1; those of large values, which are laid out differently, end with '*'. */
static const char *const tables_of_version_1[] = {"meta",
                                                  "accounts",
                                                  "access_keys",
                                                  "account_access_keys",
                                                  "endpoint_prefixes",
                                                  "registration_codes",
                                                  "ca_certificates*",
                                                  "ca_certificate_owners",
                                                  "ca_certificates_by_subject",
                                                  "ca_certificates_by_creation",
                                                  "certificates",
                                                  "certificate_pems*",
                                                  "certificate_owners",
                                                  "certificates_by_creation",
                                                  "certificates_by_ca",
                                                  "policies",
                                                  "policies_by_creation",
                                                  "policy_versions*",
                                                  "policies_of_target",
                                                  "targets_of_policy",
                                                  "things",
                                                  "thing_types",
                                                  "thing_principals",
                                                  "principal_things",
                                                  "reasons",
                                                  "retained*"};

static void write_version_1(const char *path) {
    AUTO(buf) sql = {0};
    for (size_t i = 0; i < COUNT_OF(tables_of_version_1); i++) {
        bytes name = bytes_from(tables_of_version_1[i]);
        bool large = bytes_end_with(name, BYTES("*"));
        buf_printf(&sql,
                   "CREATE TABLE %.*s (key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL)%s;",
                   (int)(name.len - large), name.ptr, large ? "" : " WITHOUT ROWID");
    }
    buf_text(&sql, "INSERT INTO certificate_pems VALUES (CAST('kept' AS BLOB), x'31');"
                   "INSERT INTO things VALUES (CAST('thing' AS BLOB), x'32');"
                   "PRAGMA application_id = 1262830663; PRAGMA user_version = 1;");
    meddle(path, buf_string(&sql));
}

static void check_table(struct txn *t, enum table table) {
    struct arena a = {0};
    bytes value;
    CHECK_OK(store_save(t, table, BYTES("key"), BYTES("value")));
    CHECK_OK(store_load(t, table, BYTES("key"), &a, &value));
    CHECK_BYTES(value, BYTES("value"));
    arena_done(&a);
}

TEST(brings_a_file_of_version_1_up_to_date_and_keeps_what_is_in_it) {
    struct store_fixture f = store_fixture_open(&store_sqlite);
    struct txn *t;
    bool kept;
    char path[90];
    store_close(TAKE(f.store));
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof path, "%s%s", file_of(&f),
                       (const char *[]){"", "-wal", "-shm"}[i]);
        (void)unlink(path);
    }
    write_version_1(file_of(&f));
    for (int opened = 0; opened < 2; opened++) { /* the second time there is nothing to do */
        CHECK_OK(store_open(&store_sqlite, f.directory, &f.store));
        CHECK(has(f.store, "kept"));
        CHECK_OK(store_begin_write(f.store, &t));
        CHECK_OK(store_has(t, TABLE_THINGS, BYTES("thing"), &kept));
        CHECK(kept);
        for (enum table i = 0; i < TABLE_COUNT; i++)
            check_table(t, i);
        store_rollback(t);
        store_close(TAKE(f.store));
    }
    CHECK_OK(store_open(&store_sqlite, f.directory, &f.store));
    store_fixture_done(&f);
}

TEST(refuses_what_a_newer_kedge_wrote) {
    struct store_fixture f = store_fixture_open(&store_sqlite);
    struct store *s;
    store_close(TAKE(f.store));
    meddle(file_of(&f), "PRAGMA user_version = 99");
    CHECK_FAILS(store_open(&store_sqlite, f.directory, &s), E_INVALID, "written by a newer Kedge");
    store_fixture_done(&f);
}

TEST(refuses_a_file_that_is_not_a_store) {
    struct store_fixture f = store_fixture_open(&store_sqlite);
    struct store *s;
    store_close(TAKE(f.store));
    meddle(file_of(&f), "PRAGMA application_id = 7");
    CHECK_FAILS(store_open(&store_sqlite, f.directory, &s), E_INVALID, "not a Kedge store");
    int fd = open(file_of(&f), O_WRONLY | O_TRUNC);
    CHECK(write(fd,
                "some text that is no database at all, longer than a header of one hundred "
                "bytes, so that SQLite reads it",
                101) == 101);
    (void)close(fd);
    CHECK_FAILS(store_open(&store_sqlite, f.directory, &s), E_INVALID, "not a Kedge store");
    store_fixture_done(&f);
}

TEST(says_that_the_directory_is_not_there) {
    struct store *s;
    CHECK_FAILS(store_open(&store_sqlite, "/nonexistent/kedge", &s), E_UNAVAILABLE,
                "There is no data directory /nonexistent/kedge");
}

/* A child commits one value after the other and tells each in a pipe, until it is killed. */
static void commit_until_killed(const char *directory, int acknowledged, unsigned first) {
    struct store *s;
    char key[16];
    if (store_open(&store_sqlite, directory, &s) != OK)
        _exit(1);
    for (unsigned i = first;; i++) {
        (void)snprintf(key, sizeof key, "%u", i);
        if (put(s, key, BYTES("value")) != OK || write(acknowledged, &i, sizeof i) != sizeof i)
            _exit(1);
    }
}

static unsigned run_and_kill(const char *directory, unsigned first, long after_ms) {
    int ends[2];
    unsigned last = first, read_one;
    CHECK_INT(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        commit_until_killed(directory, ends[1], first);
    (void)close(ends[1]);
    CHECK(read(ends[0], &last, sizeof last) == sizeof last); /* under way */
    (void)nanosleep(&(struct timespec){.tv_nsec = after_ms * 1000000}, NULL);
    (void)kill(child, SIGKILL);
    while (read(ends[0], &read_one, sizeof read_one) == sizeof read_one)
        last = read_one;
    (void)close(ends[0]);
    (void)waitpid(child, NULL, 0);
    return last;
}

TEST(kill_9_loses_nothing_that_was_acknowledged) {
    struct store_fixture f = store_fixture_open(&store_sqlite);
    store_close(TAKE(f.store));
    unsigned last = 0;
    for (long round = 0; round < 8; round++)
        last = run_and_kill(f.directory, last + 1, 3 + 7 * round);
    CHECK_OK(store_open(&store_sqlite, f.directory, &f.store));
    char key[16];
    for (unsigned i = 1; i <= last; i++) {
        (void)snprintf(key, sizeof key, "%u", i);
        CHECK(has(f.store, key));
    }
    store_fixture_done(&f);
}

/* The kernel refuses to let files grow: what a full disk looks like, without root. */
static void limit_files_to(rlim_t size) {
    struct rlimit limit;
    CHECK_INT(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The log holds the making of the tables already. */
static rlim_t log_size(const struct store_fixture *f) {
    struct stat about;
    char path[100];
    (void)snprintf(path, sizeof path, "%s-wal", file_of(f));
    CHECK_INT(stat(path, &about), 0);
    return (rlim_t)about.st_size;
}

TEST(a_full_disk_is_said_and_survived) {
    struct store_fixture f = store_fixture_open(&store_sqlite);
    uint8_t large[100000];
    memset(large, 'x', sizeof large);
    CHECK_OK(put(f.store, "before", BYTES("1")));
    (void)signal(SIGXFSZ, SIG_IGN);
    limit_files_to(log_size(&f) + 350000);
    status s = OK;
    char key[16];
    unsigned kept = 0;
    for (; s == OK; kept += s == OK) {
        (void)snprintf(key, sizeof key, "%u", kept);
        s = put(f.store, key, bytes_of(large, sizeof large));
    }
    CHECK_INT(s, E_UNAVAILABLE);
    test_check_contains(failure_text(), "The disk that holds", __FILE__, __LINE__);
    CHECK(kept >= 1 && kept < 5);
    CHECK(!has(f.store, key));
    limit_files_to(RLIM_INFINITY);
    CHECK(has(f.store, "before") && has(f.store, "0"));
    CHECK_OK(put(f.store, key, bytes_of(large, sizeof large)));
    store_fixture_reopen(&f);
    CHECK(has(f.store, "before") && has(f.store, "0") && has(f.store, key));
    store_fixture_done(&f);
}

TEST(another_process_may_write_too) {
    struct store_fixture f = store_fixture_open(&store_sqlite);
    CHECK_OK(put(f.store, "ours", BYTES("1")));
    meddle(file_of(&f), "INSERT INTO certificate_pems VALUES (CAST('theirs' AS BLOB), x'31')");
    CHECK(has(f.store, "theirs"));
    CHECK_OK(put(f.store, "ours", BYTES("2")));
    store_fixture_done(&f);
}

TEST_MAIN("store/sqlite")
