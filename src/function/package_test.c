#include "function/package.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "base/file.h"
#include "support/testing.h"

/* ---- zips, as strangers make them ---- */

struct entry {
    const char *name, *content; /* content NULL: a folder's */
    unsigned mode;              /* of Unix; 0: not said */
};

static void add(zip_t *z, const struct entry *e) {
    const char *content = e->content ? e->content : "";
    zip_source_t *s = zip_source_buffer(z, content, strlen(content), 0);
    zip_int64_t at = zip_file_add(z, e->name, s, 0);
    CHECK(at >= 0);
    if (e->mode)
        CHECK(zip_file_set_external_attributes(z, (zip_uint64_t)at, 0, ZIP_OPSYS_UNIX,
                                               (zip_uint32_t)e->mode << 16) == 0);
}

static void pack(const struct entry *entries, size_t count, struct buf *out) {
    zip_error_t error;
    zip_stat_t about;
    zip_source_t *s = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *z = zip_open_from_source(s, ZIP_CREATE | ZIP_TRUNCATE, &error);
    zip_source_keep(s);
    for (size_t i = 0; i < count; i++)
        add(z, &entries[i]);
    CHECK(zip_close(z) == 0);
    CHECK(zip_source_stat(s, &about) == 0 && zip_source_open(s) == 0);
    buf_clear(out);
    CHECK(zip_source_read(s, buf_reserve(out, about.size), about.size) == (zip_int64_t)about.size);
    out->len = about.size;
    zip_source_close(s);
    zip_source_free(s);
}

/* Replaces a name in all places: what libzip itself would not write. */
static void rename_entries(struct buf *zip, const char *from, const char *to) {
    size_t len = strlen(from);
    CHECK(strlen(to) == len);
    for (size_t i = 0; i + len <= zip->len; i++)
        if (memcmp(zip->ptr + i, from, len) == 0)
            memcpy(zip->ptr + i, to, len);
}

/* ---- a sink that writes down what it is given ---- */

static status note_folder(void *context, bytes name) {
    buf_printf(context, "%.*s/ ", BYTES_ARG(name));
    return OK;
}
static status note_file(void *context, bytes name, bool executable) {
    buf_printf(context, "%.*s%s=", BYTES_ARG(name), executable ? "*" : "");
    return OK;
}
static status note_data(void *context, bytes piece) {
    buf_append(context, piece);
    return OK;
}
static status note_end(void *context) {
    buf_text(context, " ");
    return OK;
}
static struct package_sink notes(struct buf *out) {
    return (struct package_sink){out, note_folder, note_file, note_data, note_end};
}

static status unpack(const struct buf *zip, struct buf *out) {
    struct package_sink sink = notes(out);
    return package_unpack(buf_bytes(zip), &sink);
}

TEST(a_package_gives_its_folders_files_and_what_may_be_executed) {
    static const struct entry entries[] = {{"app.py", "print(1)", 0},
                                           {"lib/", NULL, S_IFDIR | 0755},
                                           {"lib/a.py", "a", S_IFREG | 0644},
                                           {"bootstrap", "#!", S_IFREG | 0755}};
    AUTO(buf) zip = {0}, seen = {0};
    pack(entries, COUNT_OF(entries), &zip);
    CHECK_OK(unpack(&zip, &seen));
    CHECK_TEXT(buf_string(&seen), "app.py=print(1) lib/ lib/a.py=a bootstrap*=#! ");
}

TEST(what_is_no_zip_is_refused_in_the_words_of_aws) { /* [AWS rules 7] */
    AUTO(buf) zip = {0}, seen = {0};
    buf_text(&zip, "def handler(event, context): pass");
    CHECK_FAILS(unpack(&zip, &seen), E_INVALID,
                "Could not unzip uploaded file. Please check your file, then try to upload again.");
    buf_clear(&zip);
    CHECK(unpack(&zip, &seen) == E_INVALID);
    static const uint8_t nothing[22] = "PK\5\6";
    buf_append(&zip, bytes_of(nothing, sizeof nothing));
    CHECK_FAILS(unpack(&zip, &seen), E_INVALID, "Uploaded file must be a non-empty zip");
}

TEST(names_stay_inside_the_package) {
    static const struct {
        const char *name;
        bool fine;
    } rows[] = {
        {"a", true},     {"a/b.c", true}, {"..a/b..", true}, {"a/.b", true},    {"", false},
        {"/a", false},   {"..", false},   {"../a", false},   {"a/../b", false}, {"a/..", false},
        {"a//b", false}, {"./a", false},  {"a/.", false},    {"a\\b", false},   {"..\\a", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_INT(package_name_check(bytes_from(rows[i].name)), rows[i].fine ? OK : E_INVALID);
    CHECK(package_name_check(BYTES("a\0b")) == E_INVALID);
    char deep[] = "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a";
    CHECK(package_name_check(bytes_from(deep)) == E_INVALID);
}

TEST(an_entry_that_leads_elsewhere_is_refused) {
    static const struct entry entries[] = {{"ab/evil", "x", 0}};
    static const struct entry slash[] = {{"abevil", "x", 0}};
    AUTO(buf) zip = {0}, seen = {0};
    pack(entries, 1, &zip);
    rename_entries(&zip, "ab/evil", "../evil");
    CHECK_FAILS(unpack(&zip, &seen), E_INVALID, "is not a plain path inside the package");
    pack(slash, 1, &zip);
    rename_entries(&zip, "abevil", "/bevil");
    CHECK_FAILS(unpack(&zip, &seen), E_INVALID, "is not a plain path inside the package");
    CHECK_INT(seen.len, 0);
}

TEST(links_and_devices_are_refused) {
    static const unsigned modes[] = {S_IFLNK | 0777, S_IFCHR | 0644, S_IFIFO | 0644,
                                     S_IFSOCK | 0644, S_IFDIR | 0755};
    AUTO(buf) zip = {0}, seen = {0};
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        const struct entry e = {"link", "/etc/passwd", modes[i]};
        pack(&e, 1, &zip);
        CHECK_FAILS(unpack(&zip, &seen), E_INVALID, "a link or a device");
    }
}

TEST(an_encrypted_entry_is_refused) {
    static const struct entry e = {"secret", "x", 0};
    AUTO(buf) zip = {0}, seen = {0};
    pack(&e, 1, &zip);
    for (size_t i = 0; i + 10 < zip.len; i++) { /* the flag, in both headers */
        if (memcmp(zip.ptr + i, "PK\3\4", 4) == 0)
            zip.ptr[i + 6] |= 1;
        if (memcmp(zip.ptr + i, "PK\1\2", 4) == 0)
            zip.ptr[i + 8] |= 1;
    }
    CHECK_FAILS(unpack(&zip, &seen), E_INVALID, "encrypted");
}

/* ---- bombs ---- */

static status drop_name(void *context, bytes name) {
    UNUSED(context), UNUSED(name);
    return OK;
}
static status drop_file(void *context, bytes name, bool executable) {
    UNUSED(context), UNUSED(name), UNUSED(executable);
    return OK;
}
static status count_data(void *context, bytes piece) {
    *(uint64_t *)context += piece.len;
    return OK;
}
static status drop_end(void *context) {
    UNUSED(context);
    return OK;
}

TEST(a_bomb_is_refused_before_it_goes_off) {
    enum { LARGE = 16 << 20 };
    AUTO(buf) zip = {0};
    uint64_t total = 0;
    struct package_sink sink = {&total, drop_name, drop_file, count_data, drop_end};
    char *zeros = mem_new(LARGE + 1);
    memset(zeros, 'z', LARGE);
    struct entry entries[16];
    char names[16][8];
    for (size_t i = 0; i < COUNT_OF(entries); i++) {
        (void)snprintf(names[i], sizeof names[i], "z%zu", i);
        entries[i] = (struct entry){names[i], zeros, 0};
    }
    pack(entries, COUNT_OF(entries), &zip); /* 256 MiB in 260 KB */
    CHECK_FAILS(package_unpack(buf_bytes(&zip), &sink), E_INVALID,
                "Unzipped size must be smaller than 262144000 bytes");
    CHECK(total <= PACKAGE_BYTES_MAX);
    mem_free(zeros);
}

TEST(a_count_of_entries_beyond_all_measure_is_refused_unread) {
    uint8_t end[22] = "PK\5\6";
    AUTO(buf) zip = {0}, seen = {0};
    end[10] = end[11] = 0xff;
    buf_append(&zip, bytes_of(end, sizeof end));
    CHECK_FAILS(unpack(&zip, &seen), E_INVALID, "more than 65534 entries");
}

static void unpack_prefix(bytes prefix) {
    AUTO(buf) seen = {0};
    struct package_sink sink = notes(&seen);
    CHECK(package_unpack(prefix, &sink) == E_INVALID);
}
TEST(no_beginning_of_a_package_is_one) {
    static const struct entry entries[] = {{"app.py", "print(1)", 0}, {"b", "b", 0}};
    AUTO(buf) zip = {0};
    pack(entries, COUNT_OF(entries), &zip);
    test_each_truncation(buf_bytes(&zip), unpack_prefix);
}

/* ---- folders ---- */

static char folder[64];
static void put(const char *name, const char *content, unsigned mode) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK_OK(file_write(path, bytes_from(content), mode));
}

TEST(a_folder_becomes_a_package_and_back) {
    AUTO(buf) zip = {0}, seen = {0};
    char path[128], one[17], two[17];
    (void)snprintf(folder, sizeof folder, "/tmp/kedge-package-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    CHECK(package_pack(folder, &zip) == E_NOT_FOUND);
    put("app.py", "1", 0600);
    put("bootstrap", "2", 0755);
    put(".hidden", "3", 0600);
    for (const char *const *name = (const char *const[]){"lib", "__pycache__", ".git", NULL}; *name;
         name++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, *name);
        CHECK_OK(folder_make(path));
    }
    put("lib/x.py", "4", 0644);
    put("__pycache__/app.pyc", "5", 0644);
    put(".git/config", "6", 0644);
    (void)snprintf(path, sizeof path, "%s/link", folder);
    CHECK(symlink("/etc/passwd", path) == 0);
    CHECK_OK(package_pack(folder, &zip));
    CHECK_OK(unpack(&zip, &seen));
    CHECK_TEXT(buf_string(&seen), "app.py=1 bootstrap*=2 lib/x.py=4 ");
    CHECK_OK(package_stamp(folder, one));
    CHECK_OK(package_stamp(folder, two));
    CHECK_TEXT(one, two);
    put("lib/x.py", "longer", 0644);
    CHECK_OK(package_stamp(folder, two));
    CHECK(strcmp(one, two) != 0);
    CHECK_OK(folder_remove(folder));
    CHECK(package_stamp(folder, two) == E_NOT_FOUND);
}

TEST_MAIN("function/package")
