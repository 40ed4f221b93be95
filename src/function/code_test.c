#include "function/code.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "registry/function.h"
#include "store/fixture.h"
#include "support/testing.h"

struct scene {
    struct store_fixture store;
    char data[40];
    struct buf zip;
};

static const char *under(const struct scene *c, const char *name, const char *rest) {
    static char path[200];
    (void)snprintf(path, sizeof path, "%s/%s%s", c->data, name, rest);
    return path;
}

static bool is_there(const struct scene *c, const char *id, const char *rest) {
    char name[60];
    (void)snprintf(name, sizeof name, "functions/%s", id);
    return access(under(c, name, rest), F_OK) == 0;
}

static struct scene scene_open(void) {
    struct scene c = {.store = store_fixture_open(&store_memory), .data = "/tmp/kedge-code-XXXXXX"};
    CHECK(mkdtemp(c.data) != NULL);
    CHECK_OK(code_open(c.data));
    CHECK_OK(folder_make(under(&c, "source", "")));
    CHECK_OK(file_write(under(&c, "source", "/app.py"), BYTES("pass"), 0600));
    CHECK_OK(file_write(under(&c, "source", "/bootstrap"), BYTES("#!"), 0700));
    CHECK_OK(folder_make(under(&c, "source", "/lib")));
    CHECK_OK(file_write(under(&c, "source", "/lib/a.py"), BYTES("1"), 0600));
    CHECK_OK(package_pack(under(&c, "source", ""), &c.zip));
    return c;
}

static void scene_done(struct scene *c) {
    buf_done(&c->zip);
    CHECK_OK(folder_remove(c->data));
    store_fixture_done(&c->store);
}

/* A function whose record names the code. */
static void name_it(struct scene *c, const struct code *code) {
    AUTO(arena) a = {0};
    struct txn *t;
    CHECK_OK(store_begin_write(c->store.store, &t));
    struct registry r = {t, &a, BYTES("111111111111"), BYTES("us-east-1")};
    struct function_record f = {.name = BYTES("f"),
                                .code_id = bytes_from(code->id),
                                .code_sha256 = bytes_from(code->sha256)};
    CHECK_OK(function_create(&r, &f));
    CHECK_OK(store_commit(t));
}

static mode_t mode_of(const struct scene *c, const char *id, const char *rest) {
    struct stat about;
    char name[60];
    (void)snprintf(name, sizeof name, "functions/%s", id);
    CHECK(stat(under(c, name, rest), &about) == 0);
    return about.st_mode & 0777;
}

TEST(code_lies_unpacked_beside_its_zip_whatever_the_umask) {
    mode_t before = umask(0077);
    struct scene c = scene_open();
    struct code code;
    CHECK_OK(code_place(c.data, buf_bytes(&c.zip), &code));
    code_keep(&code);
    CHECK_INT(mode_of(&c, code.id, ""), 0755);
    CHECK_INT(mode_of(&c, code.id, "/app.py"), 0644);
    CHECK_INT(mode_of(&c, code.id, "/bootstrap"), 0755);
    CHECK_INT(mode_of(&c, code.id, "/lib"), 0755);
    CHECK_INT(mode_of(&c, code.id, "/lib/a.py"), 0644);
    CHECK_INT(mode_of(&c, code.id, ".zip"), 0600);
    CHECK_INT(code.size, c.zip.len);
    (void)umask(before);
    scene_done(&c);
}

TEST(what_is_refused_or_dropped_leaves_nothing) {
    struct scene c = scene_open();
    struct code code;
    CHECK(code_place(c.data, BYTES("no zip"), &code) == E_INVALID);
    CHECK_OK(code_place(c.data, buf_bytes(&c.zip), &code));
    code_drop(c.data, &code);
    CHECK(!is_there(&c, code.id, "") && !is_there(&c, code.id, ".zip"));
    CHECK(rmdir(under(&c, "functions", "")) == 0); /* it is empty */
    scene_done(&c);
}

TEST(code_that_is_being_made_is_not_swept) {
    struct scene c = scene_open();
    struct code code;
    CHECK_OK(code_place(c.data, buf_bytes(&c.zip), &code));
    CHECK_OK(code_sweep(c.data, c.store.store, true));
    CHECK(is_there(&c, code.id, ""));
    code_keep(&code); /* and nobody names it */
    CHECK_OK(code_sweep(c.data, c.store.store, false));
    CHECK(is_there(&c, code.id, "")); /* something may be running from it */
    CHECK_OK(code_sweep(c.data, c.store.store, true));
    CHECK(!is_there(&c, code.id, "") && !is_there(&c, code.id, ".zip"));
    scene_done(&c);
}

TEST(code_that_was_left_long_ago_is_swept_while_running) {
    const struct timespec long_ago[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
    struct scene c = scene_open();
    struct code named, left;
    char name[60];
    CHECK_OK(code_place(c.data, buf_bytes(&c.zip), &named));
    name_it(&c, &named);
    code_keep(&named);
    CHECK_OK(code_place(c.data, buf_bytes(&c.zip), &left));
    code_keep(&left);
    for (const struct code *const *code = (const struct code *const[]){&named, &left, NULL}; *code;
         code++) {
        (void)snprintf(name, sizeof name, "functions/%s", (*code)->id);
        CHECK(utimensat(AT_FDCWD, under(&c, name, ""), long_ago, 0) == 0);
    }
    CHECK_OK(code_sweep(c.data, c.store.store, false));
    CHECK(is_there(&c, named.id, "/app.py") && !is_there(&c, left.id, ""));
    scene_done(&c);
}

static void count_problem(void *context, const char *sentence) {
    UNUSED(sentence);
    ++*(unsigned *)context;
}

TEST(after_a_restore_code_is_unpacked_from_its_zip) {
    struct scene c = scene_open();
    struct code code;
    unsigned problems = 0;
    char name[60];
    CHECK_OK(code_place(c.data, buf_bytes(&c.zip), &code));
    name_it(&c, &code);
    code_keep(&code);
    (void)snprintf(name, sizeof name, "functions/%s", code.id);
    CHECK_OK(folder_remove(under(&c, name, "")));
    CHECK_OK(code_unpack_missing(c.data, c.store.store, count_problem, &problems));
    CHECK(is_there(&c, code.id, "/app.py") && !is_there(&c, code.id, ".new") && problems == 0);
    CHECK_OK(code_verify(c.data, c.store.store, count_problem, &problems));
    CHECK_INT(problems, 0);
    CHECK_OK(file_write(under(&c, name, ".zip"), BYTES("damaged"), 0600));
    CHECK_OK(code_verify(c.data, c.store.store, count_problem, &problems));
    CHECK_INT(problems, 1);
    CHECK(unlink(under(&c, name, ".zip")) == 0);
    CHECK_OK(folder_remove(under(&c, name, "")));
    CHECK_OK(code_unpack_missing(c.data, c.store.store, count_problem, &problems));
    CHECK_INT(problems, 2); /* told, and the others go on */
    scene_done(&c);
}

TEST_MAIN("function/code")
