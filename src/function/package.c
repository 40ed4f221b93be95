#include "function/package.h"

#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#define UNREADABLE                                                                                 \
    "Could not unzip uploaded file. Please check your file, then try to upload again." /* [AWS     \
                                                                                          rules 7] \
                                                                                        */

/* ---- names ---- */

static status bad_name(bytes name, const char *why) {
    return FAIL(E_INVALID, UNREADABLE " The name of the entry '%.*s' %s",
                BYTES_ARG(bytes_slice(name, 0, 100)), why);
}

static status check_part(bytes name, bytes part) {
    if (part.len == 0 || bytes_equal(part, BYTES(".")) || bytes_equal(part, BYTES("..")))
        return bad_name(name, "is not a plain path inside the package");
    if (part.len > PACKAGE_PART_BYTES_MAX)
        return bad_name(name, "has a part that is too long");
    return OK;
}

status package_name_check(bytes name) {
    bytes rest = name, part;
    int depth = 0;
    if (name.len == 0 || name.len > PACKAGE_NAME_BYTES_MAX)
        return bad_name(name, "is empty or too long");
    if (bytes_find(name, 0) < name.len || bytes_find(name, '\\') < name.len)
        return bad_name(name, "has a character that no name here has");
    while (bytes_split(&rest, '/', &part)) {
        TRY(check_part(name, part));
        if (++depth > PACKAGE_DEPTH_MAX)
            return bad_name(name, "leads through too many folders");
    }
    return OK;
}

/* ---- unpacking ---- */

struct unpacking {
    zip_t *zip;
    const struct package_sink *sink;
    uint64_t total;
};

static status trouble(void) {
    return FAIL(E_INVALID, UNREADABLE);
}

/* The number of entries as the end of the file tells it, before libzip makes room for them. */
static status check_count(bytes zip) {
    enum { END_LEN = 22, COMMENT_MAX = 65535, COUNT_AT = 10 };
    if (zip.len < END_LEN)
        return trouble();
    size_t last = zip.len - END_LEN, first = last > COMMENT_MAX ? last - COMMENT_MAX : 0;
    for (size_t at = last + 1; at-- > first;) {
        const uint8_t *end = zip.ptr + at;
        if (memcmp(end, "PK\5\6", 4) != 0)
            continue;
        if ((end[COUNT_AT] | end[COUNT_AT + 1] << 8) > PACKAGE_ENTRIES_MAX)
            return FAIL(E_INVALID, UNREADABLE " It has more than %d entries", PACKAGE_ENTRIES_MAX);
    }
    return OK;
}

static status open_zip(bytes zip, zip_t **out_zip) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(zip.ptr, zip.len, 0, &error);
    zip_t *z = source ? zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error) : NULL;
    if (source && !z)
        zip_source_free(source);
    zip_error_fini(&error);
    if (!z)
        return trouble();
    *out_zip = z;
    return OK;
}

/* What Unix says a file is, if it was Unix that packed it; 0 when that is not told. */
static unsigned unix_mode(zip_t *zip, zip_uint64_t index) {
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    if (zip_file_get_external_attributes(zip, index, 0, &system, &attributes) != 0)
        return 0;
    return system == ZIP_OPSYS_UNIX ? attributes >> 16 : 0;
}

static status check_entry(const zip_stat_t *about, bytes name, unsigned mode, bool is_folder) {
    if (about->valid & ZIP_STAT_ENCRYPTION_METHOD && about->encryption_method != ZIP_EM_NONE)
        return bad_name(name, "stands for something encrypted");
    if (about->comp_method != ZIP_CM_STORE && about->comp_method != ZIP_CM_DEFLATE)
        return bad_name(name, "stands for something that is neither stored nor deflated");
    unsigned kind = mode & S_IFMT;
    if (kind != 0 && kind != (is_folder ? S_IFDIR : S_IFREG))
        return bad_name(name, "stands for a link or a device, which a package may not have");
    return package_name_check(name);
}

static status too_large(void) {
    return FAIL(E_INVALID, "Unzipped size must be smaller than %d bytes", PACKAGE_BYTES_MAX);
}

/* What is read counts, not what the entry promised. */
static status read_file(struct unpacking *u, zip_file_t *file) {
    uint8_t piece[16 << 10];
    for (;;) {
        zip_int64_t n = zip_fread(file, piece, sizeof piece);
        if (n < 0)
            return trouble();
        if (n == 0)
            return OK;
        u->total += (uint64_t)n;
        if (u->total > PACKAGE_BYTES_MAX)
            return too_large();
        TRY(u->sink->data(u->sink->context, bytes_of(piece, (size_t)n)));
    }
}

static status take_file(struct unpacking *u, zip_uint64_t index, bytes name, unsigned mode) {
    TRY(u->sink->file(u->sink->context, name, mode & S_IXUSR));
    zip_file_t *file = zip_fopen_index(u->zip, index, 0);
    status s = file ? read_file(u, file) : trouble();
    if (file && zip_fclose(file) != 0 && s == OK)
        s = trouble();
    status ended = u->sink->end(u->sink->context);
    return s == OK ? ended : s;
}

static status take_entry(struct unpacking *u, zip_uint64_t index) {
    const zip_uint64_t wanted = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD;
    zip_stat_t about;
    if (zip_stat_index(u->zip, index, ZIP_FL_ENC_RAW, &about) != 0 ||
        (about.valid & wanted) != wanted)
        return trouble();
    bytes name = bytes_from(about.name);
    bool is_folder = bytes_end_with(name, BYTES("/"));
    if (is_folder)
        name.len--;
    unsigned mode = unix_mode(u->zip, index);
    TRY(check_entry(&about, name, mode, is_folder));
    if (about.size > PACKAGE_BYTES_MAX || u->total + about.size > PACKAGE_BYTES_MAX)
        return too_large();
    return is_folder ? u->sink->folder(u->sink->context, name) : take_file(u, index, name, mode);
}

status package_unpack(bytes zip, const struct package_sink *sink) {
    struct unpacking u = {.sink = sink};
    if (zip.len > PACKAGE_ZIP_BYTES_MAX)
        return FAIL(E_TOO_LARGE, "Zipped size must be smaller than %d bytes",
                    PACKAGE_ZIP_BYTES_MAX);
    TRY(check_count(zip));
    TRY(open_zip(zip, &u.zip));
    zip_int64_t count = zip_get_num_entries(u.zip, 0);
    status s = count > 0 ? OK : FAIL(E_INVALID, "Uploaded file must be a non-empty zip");
    for (zip_int64_t i = 0; i < count && s == OK; i++)
        s = take_entry(&u, (zip_uint64_t)i);
    zip_discard(u.zip);
    return s;
}
