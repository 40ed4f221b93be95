#include "store/backup.h"
#include "store/fixture.h"
#include "support/testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"
#include "store/backup_internal.h"

/* A data directory with a store, a key and a certificate; a place for the backup and for what is
 * made of it. */
struct scene {
    struct store_fixture fixture;
    char root[64], file[80], data[80];
};

static const char *under(const char *folder, const char *name) {
    static char paths[4][200];
    static size_t next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void put(struct store *s, const char *key, bytes value) {
    struct txn *t;
    CHECK_OK(store_begin_write(s, &t));
    CHECK_OK(store_save(t, TABLE_CERTIFICATE_PEMS, bytes_from(key), value));
    CHECK_OK(store_commit(t));
}

static bool has(struct store *s, const char *key) {
    struct txn *t;
    bool present = false;
    CHECK_OK(store_begin_read(s, &t));
    CHECK_OK(store_has(t, TABLE_CERTIFICATE_PEMS, bytes_from(key), &present));
    store_rollback(t);
    return present;
}

static struct scene scene_open(void) {
    struct scene c = {.fixture = store_fixture_open(&store_sqlite),
                      .root = "/tmp/kedge-backup-XXXXXX"};
    CHECK(mkdtemp(c.root) != NULL);
    (void)snprintf(c.file, sizeof c.file, "%s/kept", c.root);
    (void)snprintf(c.data, sizeof c.data, "%s/data", c.root);
    CHECK_OK(folder_make(under(c.fixture.directory, "ca")));
    CHECK_OK(folder_make(under(c.fixture.directory, "tls")));
    CHECK_OK(file_write(under(c.fixture.directory, "ca/root.key"), BYTES("secret"), 0600));
    CHECK_OK(file_write(under(c.fixture.directory, "ca/root.pem"), BYTES("public"), 0644));
    CHECK_OK(file_write(under(c.fixture.directory, "tls/half.pem.new"), BYTES("half"), 0600));
    put(c.fixture.store, "a", BYTES("1"));
    return c;
}

static void scene_done(struct scene *c) {
    CHECK_OK(folder_remove(under(c->fixture.directory, "ca")));
    CHECK_OK(folder_remove(under(c->fixture.directory, "tls")));
    store_fixture_done(&c->fixture);
    CHECK_OK(folder_remove(c->root));
}

static status back_up(const struct scene *c) {
    return backup_write(c->fixture.store, c->fixture.directory, c->file, NULL);
}

static void check_content(const char *path, bytes content, mode_t mode) {
    AUTO(buf) found = {0};
    struct stat about;
    CHECK_OK(file_read(path, &found));
    CHECK_BYTES(buf_bytes(&found), content);
    CHECK_INT(stat(path, &about), 0);
    CHECK_INT(about.st_mode & 0777, mode);
}

static bool is_there(const char *path) {
    return access(path, F_OK) == 0;
}

/* As long as pieces are, a little shorter and longer, and several. */
TEST(files_of_any_length_come_back) {
    static const size_t lengths[] = {0,
                                     1,
                                     BACKUP_PIECE_BYTES - 1,
                                     BACKUP_PIECE_BYTES,
                                     BACKUP_PIECE_BYTES + 1,
                                     2 * BACKUP_PIECE_BYTES,
                                     3 * BACKUP_PIECE_BYTES + 7};
    struct scene c = scene_open();
    char name[40];
    uint8_t *content = mem_new(4 * BACKUP_PIECE_BYTES);
    random_fill(content, 4 * BACKUP_PIECE_BYTES);
    CHECK_OK(folder_make(under(c.fixture.directory, "functions")));
    CHECK_OK(folder_make(under(c.fixture.directory, "functions/unpacked")));
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        (void)snprintf(name, sizeof name, "functions/%zu.zip", i);
        CHECK_OK(file_write(under(c.fixture.directory, name), bytes_of(content, lengths[i]), 0600));
    }
    CHECK_OK(back_up(&c));
    CHECK_OK(backup_restore(c.file, c.data, false, NULL));
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct stat about;
        (void)snprintf(name, sizeof name, "functions/%zu.zip", i);
        uint8_t *found = mem_new(lengths[i] + 1);
        FILE *f = fopen(under(c.data, name), "re");
        CHECK(f && fread(found, 1, lengths[i] + 1, f) == lengths[i]);
        CHECK(memcmp(found, content, lengths[i]) == 0);
        CHECK(stat(under(c.data, name), &about) == 0 && (about.st_mode & 0777) == 0600);
        (void)fclose(f);
        mem_free(found);
    }
    CHECK(!is_there(under(c.data, "functions/unpacked")));
    mem_free(content);
    CHECK_OK(folder_remove(under(c.fixture.directory, "functions")));
    scene_done(&c);
}

TEST(a_backup_gives_back_store_keys_and_certificates) {
    struct scene c = scene_open();
    struct store *restored;
    struct stat about;
    CHECK_OK(back_up(&c));
    put(c.fixture.store, "later", BYTES("2"));
    CHECK_INT(stat(c.file, &about), 0);
    CHECK_INT(about.st_mode & 0777, 0600);
    CHECK(!is_there(under(c.root, "kept.part")));
    CHECK_OK(backup_restore(c.file, c.data, false, NULL));
    check_content(under(c.data, "ca/root.key"), BYTES("secret"), 0600);
    check_content(under(c.data, "ca/root.pem"), BYTES("public"), 0644);
    CHECK(!is_there(under(c.data, "tls/half.pem.new")));
    CHECK(is_there(under(c.data, "tls")) && !is_there(under(c.data, "restoring")));
    CHECK_OK(store_open(&store_sqlite, c.data, &restored));
    CHECK(has(restored, "a") && !has(restored, "later"));
    struct txn *t;
    struct arena memory = {0};
    struct row *rows;
    size_t count;
    CHECK_OK(store_begin_read(restored, &t)); /* the keys are files, and in the store no more */
    CHECK_OK(store_scan(t, TABLE_BACKUP_FILES, &(struct scan){.limit = 1}, &memory, &rows, &count));
    CHECK_INT(count, 0);
    store_rollback(t);
    arena_done(&memory);
    CHECK_OK(store_verify(restored));
    store_close(restored);
    scene_done(&c);
}

/* As deep into the copy as the progress is told, a writer commits. */
struct meddler {
    struct store *store;
    unsigned writes;
    uint64_t last, total;
};

static void meddle(void *context, uint64_t done, uint64_t total) {
    struct meddler *m = context;
    char key[16];
    CHECK(done <= total && done >= m->last);
    m->last = done;
    m->total = total;
    (void)snprintf(key, sizeof key, "meddled-%u", m->writes++);
    put(m->store, key, BYTES("x"));
}

TEST(a_backup_is_one_moment_while_writers_go_on) {
    struct scene c = scene_open();
    struct store *restored;
    uint8_t large[100000];
    char key[16];
    memset(large, 'x', sizeof large);
    for (unsigned i = 0; i < 100; i++) {
        (void)snprintf(key, sizeof key, "large-%u", i);
        put(c.fixture.store, key, bytes_of(large, sizeof large));
    }
    struct meddler m = {c.fixture.store, 0, 0, 0};
    struct store_progress progress = {meddle, &m};
    CHECK_OK(backup_write(c.fixture.store, c.fixture.directory, c.file, &progress));
    CHECK(m.writes > 5 && m.last > m.total / 2);
    CHECK_OK(backup_restore(c.file, c.data, false, NULL));
    CHECK_OK(store_open(&store_sqlite, c.data, &restored));
    CHECK(has(restored, "large-99") && !has(restored, "meddled-0"));
    CHECK(has(c.fixture.store, "meddled-0"));
    store_close(restored);
    scene_done(&c);
}

TEST(a_backup_replaces_an_older_one_and_no_other_file) {
    struct scene c = scene_open();
    CHECK_OK(back_up(&c));
    CHECK_OK(back_up(&c));
    CHECK_OK(file_write(c.file, BYTES("a novel"), 0600));
    CHECK_FAILS(back_up(&c), E_EXISTS, "is not a backup: choose another name");
    check_content(c.file, BYTES("a novel"), 0600);
    scene_done(&c);
}

TEST(leftovers_of_a_backup_that_was_cut_short_are_no_obstacle) {
    struct scene c = scene_open();
    CHECK_OK(folder_make(under(c.root, "kept.part")));
    CHECK_OK(file_write(under(c.root, "kept.part/kedge.db"), BYTES("half"), 0600));
    CHECK_OK(file_write(under(c.root, "kept.part/kedge.db-wal"), BYTES("half"), 0600));
    CHECK_OK(back_up(&c));
    CHECK_OK(backup_restore(c.file, c.data, false, NULL));
    scene_done(&c);
}

/* Each of some bytes of the file changed, and the file cut at some lengths. */
TEST(a_damaged_or_cut_file_is_refused_and_leaves_nothing) {
    struct scene c = scene_open();
    struct stat about;
    CHECK_OK(back_up(&c));
    CHECK_INT(stat(c.file, &about), 0);
    int fd = open(c.file, O_RDWR);
    for (off_t at = 7; at < about.st_size; at += about.st_size / 9) {
        uint8_t byte, other;
        CHECK(pread(fd, &byte, 1, at) == 1);
        other = byte ^ 4;
        CHECK(pwrite(fd, &other, 1, at) == 1);
        status s = backup_restore(c.file, c.data, false, NULL);
        test_check_status(s, E_INVALID, "restore of a damaged file", __FILE__, __LINE__);
        CHECK(!is_there(under(c.data, "kedge.db")) && !is_there(under(c.data, "restoring")));
        CHECK(pwrite(fd, &byte, 1, at) == 1);
    }
    CHECK_OK(backup_restore(c.file, under(c.root, "again"), false, NULL));
    CHECK_INT(ftruncate(fd, about.st_size - 1), 0);
    CHECK_FAILS(backup_restore(c.file, c.data, false, NULL), E_INVALID, "its end is missing");
    CHECK_INT(ftruncate(fd, 0), 0);
    CHECK_FAILS(backup_restore(c.file, c.data, false, NULL), E_INVALID, "is not a backup");
    (void)close(fd);
    CHECK_FAILS(backup_restore(under(c.root, "none"), c.data, false, NULL), E_UNAVAILABLE,
                "cannot be read: No such file");
    scene_done(&c);
}

TEST(what_is_there_is_not_overwritten_unless_told_and_kept_then) {
    struct scene c = scene_open();
    struct store *before, *after;
    CHECK_OK(back_up(&c));
    CHECK_OK(folder_make(c.data));
    CHECK_OK(store_open(&store_sqlite, c.data, &before));
    put(before, "before", BYTES("1"));
    store_close(before);
    CHECK_FAILS(backup_restore(c.file, c.data, false, NULL), E_EXISTS, "is not empty");
    CHECK_OK(backup_restore(c.file, c.data, true, NULL));
    CHECK_OK(store_open(&store_sqlite, c.data, &after));
    CHECK(has(after, "a") && !has(after, "before"));
    store_close(after);
    CHECK_OK(backup_restore(c.file, c.data, true, NULL)); /* and once more */
    scene_done(&c);
}

TEST(a_directory_in_use_is_not_touched) {
    struct scene c = scene_open();
    int lock;
    CHECK_OK(back_up(&c));
    CHECK_OK(store_lock_directory(c.data, &lock));
    CHECK_FAILS(backup_restore(c.file, c.data, true, NULL), E_UNAVAILABLE, "in use by the server");
    store_unlock_directory(lock);
    scene_done(&c);
}

TEST(a_restore_that_was_cut_short_is_noticed_and_can_be_repeated) {
    struct scene c = scene_open();
    CHECK_OK(back_up(&c));
    CHECK_OK(folder_make(c.data));
    CHECK_OK(folder_make(under(c.data, "restoring")));
    CHECK_OK(file_write(under(c.data, "restoring/kedge.db"), BYTES("half"), 0600));
    CHECK_FAILS(backup_check_restored(c.data), E_UNAVAILABLE, "was cut short");
    CHECK_OK(backup_restore(c.file, c.data, false, NULL));
    CHECK_OK(backup_check_restored(c.data));
    scene_done(&c);
}

/* Files of a backup that somebody made by hand stay where they belong. */
TEST(names_that_lead_elsewhere_are_refused) {
    static const char *const names[] = {"../evil",  "ca/../../evil", "ca/",        "ca",
                                        "/ca/evil", "ca/..",         "other/evil", "tls/a/b"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct scene c = scene_open();
        struct txn *t;
        CHECK_OK(store_begin_write(c.fixture.store, &t));
        CHECK_OK(store_save(t, TABLE_BACKUP_FILES, bytes_from(names[i]), BYTES("\1")));
        CHECK_OK(store_commit(t));
        CHECK_OK(back_up(&c));
        CHECK_FAILS(backup_restore(c.file, c.data, false, NULL), E_INVALID,
                    "a name that is not ours");
        scene_done(&c);
    }
}

TEST(a_store_in_memory_has_nothing_to_copy) {
    struct scene c = scene_open();
    struct store *memory;
    CHECK_OK(store_open(&store_memory, "", &memory));
    CHECK_FAILS(backup_write(memory, c.fixture.directory, c.file, NULL), E_INVALID,
                "keeps nothing in files");
    CHECK(!is_there(c.file) && !is_there(under(c.root, "kept.part")));
    CHECK_FAILS(store_verify(memory), E_INVALID, "keeps nothing in files");
    store_close(memory);
    scene_done(&c);
}

TEST_MAIN("store/backup")
