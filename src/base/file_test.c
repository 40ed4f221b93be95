#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/testing.h"

static char folder[64];

static const char *in_folder(const char *name) {
    static char path[128];
    if (!folder[0]) {
        (void)snprintf(folder, sizeof folder, "/tmp/kedge-file-XXXXXX");
        CHECK(mkdtemp(folder));
    }
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

TEST(what_is_written_is_read_back_with_its_mode) {
    AUTO(buf) got = {0};
    struct stat s;
    CHECK_OK(file_write(in_folder("key"), BYTES("old"), 0644));
    CHECK_OK(file_write(in_folder("key"), BYTES("secret"), 0600));
    buf_text(&got, "> ");
    CHECK_OK(file_read(in_folder("key"), &got));
    CHECK_BYTES(buf_bytes(&got), BYTES("> secret"));
    CHECK(stat(in_folder("key"), &s) == 0);
    CHECK_INT(s.st_mode & 0777, 0600);
    CHECK(access(in_folder("key.new"), F_OK) != 0);
}

TEST(a_draft_left_by_a_crash_is_not_in_the_way) {
    AUTO(buf) got = {0};
    CHECK_OK(file_write(in_folder("list.new"), BYTES("half"), 0600));
    CHECK_OK(file_write(in_folder("list"), BYTES("whole"), 0600));
    CHECK_OK(file_read(in_folder("list"), &got));
    CHECK_BYTES(buf_bytes(&got), BYTES("whole"));
}

TEST(failures_name_the_file) {
    AUTO(buf) got = {0};
    CHECK_FAILS(file_read(in_folder("nothing"), &got), E_NOT_FOUND, "nothing");
    CHECK_FAILS(file_read(in_folder(""), &got), E_UNAVAILABLE, folder);
    CHECK_FAILS(file_write(in_folder("no/such/folder"), BYTES("x"), 0600), E_UNAVAILABLE,
                "no/such");
    CHECK_INT(got.len, 0);
}

TEST(a_file_too_large_is_refused) {
    AUTO(buf) large = {0};
    AUTO(buf) got = {0};
    (void)buf_reserve(&large, FILE_BYTES_MAX + 1);
    for (large.len = 0; large.len <= FILE_BYTES_MAX;)
        large.ptr[large.len++] = 'x';
    CHECK_OK(file_write(in_folder("large"), buf_bytes(&large), 0600));
    CHECK_FAILS(file_read(in_folder("large"), &got), E_UNAVAILABLE, "larger");
    CHECK_INT(got.len, 0);
}

TEST(a_folder_is_made_once_and_for_its_owner) {
    struct stat s;
    CHECK_OK(folder_make(in_folder("ca")));
    CHECK_OK(folder_make(in_folder("ca")));
    CHECK(stat(in_folder("ca"), &s) == 0);
    CHECK_INT(s.st_mode & 0777, 0700);
    CHECK_OK(file_write(in_folder("file"), BYTES("x"), 0600));
    CHECK_FAILS(folder_make(in_folder("file")), E_UNAVAILABLE, "in the way");
}

TEST(leaves_nothing_behind) {
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    CHECK_INT(system(command), 0);
}

TEST(a_folder_goes_with_all_that_is_in_it) {
    char root[] = "/tmp/kedge-folder-XXXXXX", path[64];
    CHECK(mkdtemp(root) != NULL);
    (void)snprintf(path, sizeof path, "%s/inner", root);
    CHECK_OK(folder_make(path));
    (void)snprintf(path, sizeof path, "%s/inner/file", root);
    CHECK_OK(file_write(path, BYTES("x"), 0600));
    CHECK_OK(folder_sync(root));
    CHECK_OK(folder_remove(root));
    CHECK(access(root, F_OK) != 0);
    CHECK_OK(folder_remove(root));
    CHECK_FAILS(folder_sync(root), E_UNAVAILABLE, root);
}

TEST_MAIN("base/file")
