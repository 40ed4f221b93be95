#include "rules/bucket.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "support/testing.h"

static char folder[] = "/tmp/kedge-bucket-XXXXXX";

static status put(const char *key, const char *body) {
    AUTO(arena) memory = {0};
    struct bucket_object o = {
        .bucket = BYTES("lake"), .key = bytes_from(key), .body = bytes_from(body)};
    return bucket_write(folder, &o, &memory);
}

static void check_file(const char *name, const char *content) {
    AUTO(buf) text = {0};
    char path[200];
    (void)snprintf(path, sizeof path, "%s/lake/%s", folder, name);
    CHECK_OK(file_read(path, &text));
    CHECK_BYTES(buf_bytes(&text), bytes_from(content));
}

static void in_a_folder(void (*check)(void)) {
    char path[200];
    CHECK(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/lake", folder);
    CHECK_INT(mkdir(path, 0700), 0);
    check();
    CHECK_OK(folder_remove(folder));
    (void)snprintf(folder, sizeof folder, "/tmp/kedge-bucket-XXXXXX");
}

static void writes(void) {
    CHECK_OK(put("a", "1"));
    CHECK_OK(put("2026/01/b c\xc3\xa9", "2"));
    CHECK_OK(put("a", "3")); /* an equal key is overwritten [AWS rules 6.2] */
    check_file("a", "3");
    check_file("2026/01/b c\xc3\xa9", "2");
}
TEST(a_key_is_a_path_in_its_bucket) {
    in_a_folder(writes);
}

static void refuses(void) {
    static const char *const keys[] = {"..",   "../x", "a/../../x", "/etc/x",
                                       "a//b", "a/",   ".",         "a/./b"};
    char path[200];
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        CHECK_FAILS(put(keys[i], "x"), E_INVALID, "cannot be the name of a file");
    (void)snprintf(path, sizeof path, "%s/lake/a", folder);
    CHECK(access(path, F_OK) != 0); /* nothing was made on the way */
    CHECK_OK(put("f", "1"));
    CHECK_FAILS(put("f/x", "1"), E_INVALID, "cannot be put into its folder");
    CHECK_INT(symlink("/tmp", path), 0);
    CHECK_FAILS(put("a/kedge-bucket-test", "1"), E_INVALID, "cannot be put into its folder");
}
static void reads(void) {
    AUTO(arena) memory = {0};
    bytes body;
    CHECK_OK(put("d/types", "12345"));
    CHECK_OK(bucket_read(folder, BYTES("lake"), BYTES("d/types"), 5, &memory, &body));
    CHECK_BYTES(body, BYTES("12345"));
    CHECK_FAILS(bucket_read(folder, BYTES("lake"), BYTES("d/types"), 4, &memory, &body), E_INVALID,
                "has more than 4 bytes");
    CHECK_FAILS(bucket_read(folder, BYTES("lake"), BYTES("d"), 9999, &memory, &body), E_INVALID,
                "has more than");
    CHECK_FAILS(bucket_read(folder, BYTES("lake"), BYTES("d/none"), 5, &memory, &body), E_NOT_FOUND,
                "there is no object d/none in the bucket lake");
    CHECK_FAILS(bucket_read(folder, BYTES("lake"), BYTES("../x"), 5, &memory, &body), E_INVALID,
                "cannot be the name of a file");
    CHECK_FAILS(bucket_read(folder, BYTES("sea"), BYTES("x"), 5, &memory, &body), E_INVALID,
                "there is no bucket sea");
}
TEST(an_object_is_read_as_a_whole) {
    in_a_folder(reads);
}

TEST(no_key_leads_out_of_its_bucket) {
    in_a_folder(refuses);
}

static void misses(void) {
    AUTO(arena) memory = {0};
    struct bucket_object o = {.bucket = BYTES("none"), .key = BYTES("a")};
    CHECK_FAILS(bucket_write(folder, &o, &memory), E_INVALID,
                "there is no bucket none: make the f");
}
TEST(a_bucket_must_be_there) {
    in_a_folder(misses);
}

static void reads_keys(void) {
    AUTO(arena) memory = {0};
    bytes id, secret;
    char path[200];
    (void)snprintf(path, sizeof path, "%s/keys", folder);
    CHECK_OK(file_write(path, BYTES("ID:se:cret\n"), 0600));
    CHECK_OK(bucket_keys_read(path, &memory, &id, &secret));
    CHECK_BYTES(id, BYTES("ID"));
    CHECK_BYTES(secret, BYTES("se:cret"));
    CHECK_OK(file_write(path, BYTES("ID"), 0600));
    CHECK_FAILS(bucket_keys_read(path, &memory, &id, &secret), E_INVALID, "ACCESS_KEY_ID:SECRET");
    CHECK_OK(file_write(path, BYTES("ID:x"), 0644));
    CHECK_FAILS(bucket_keys_read(path, &memory, &id, &secret), E_INVALID, "chmod 600");
}
TEST(keys_are_one_line_that_nobody_else_reads) {
    in_a_folder(reads_keys);
}

TEST_MAIN("rules/bucket")
