/* Packages made of folders: for functions under development. */
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#include "function/package.h"

/* Walks the plain files of a folder by name. */
struct walk {
    FTS *tree;
    size_t root_len;
    size_t files;
    uint64_t bytes;
};

static int by_name(const FTSENT **a, const FTSENT **b) {
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool stays_out(const FTSENT *e) {
    return e->fts_level > 0 && (e->fts_name[0] == '.' || strcmp(e->fts_name, "__pycache__") == 0);
}

static status walk_open(const char *folder, struct walk *out) {
    char *paths[] = {(char *)(uintptr_t)folder, NULL};
    struct stat about;
    if (stat(folder, &about) != 0 || !S_ISDIR(about.st_mode))
        return FAIL(E_NOT_FOUND, "%s is not a folder", folder);
    *out = (struct walk){.root_len = strlen(folder)};
    out->tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    return out->tree ? OK : FAIL(E_UNAVAILABLE, "%s cannot be read: %s", folder, strerror(errno));
}

/* The next file, or NULL at the end; links and whatever else is no plain file are passed over. */
static status walk_next(struct walk *w, FTSENT **out_file) {
    FTSENT *e;
    *out_file = NULL;
    while ((e = fts_read(w->tree))) {
        if (stays_out(e)) {
            (void)fts_set(w->tree, e, FTS_SKIP);
        } else if (e->fts_info == FTS_F) {
            w->bytes += (uint64_t)e->fts_statp->st_size;
            if (++w->files > PACKAGE_ENTRIES_MAX || w->bytes > PACKAGE_BYTES_MAX)
                return FAIL(E_TOO_LARGE, "The folder holds more than %d files or %d bytes",
                            PACKAGE_ENTRIES_MAX, PACKAGE_BYTES_MAX);
            *out_file = e;
            return OK;
        }
    }
    return OK;
}

static const char *name_of(const struct walk *w, const FTSENT *e) {
    const char *name = e->fts_path + w->root_len;
    return name + strspn(name, "/");
}

/* ---- the zip ---- */

static status add(zip_t *zip, const struct walk *w, const FTSENT *e) {
    zip_source_t *source = zip_source_file(zip, e->fts_path, 0, 0);
    zip_int64_t index = source ? zip_file_add(zip, name_of(w, e), source, ZIP_FL_ENC_UTF_8) : -1;
    if (index < 0) {
        if (source)
            zip_source_free(source);
        return FAIL(E_UNAVAILABLE, "%s cannot be packed: %s", e->fts_path, zip_strerror(zip));
    }
    zip_uint32_t mode = (zip_uint32_t)(S_IFREG | (e->fts_statp->st_mode & 0777));
    (void)zip_file_set_external_attributes(zip, (zip_uint64_t)index, 0, ZIP_OPSYS_UNIX, mode << 16);
    return OK;
}

static status add_all(zip_t *zip, const char *folder) {
    struct walk w;
    FTSENT *e;
    TRY(walk_open(folder, &w));
    status s;
    while ((s = walk_next(&w, &e)) == OK && e && (s = add(zip, &w, e)) == OK)
        continue;
    if (s == OK && w.files == 0)
        s = FAIL(E_NOT_FOUND, "The folder %s holds no file to run", folder);
    (void)fts_close(w.tree);
    return s;
}

static status copy_out(zip_source_t *source, struct buf *out) {
    zip_stat_t about;
    if (zip_source_stat(source, &about) != 0 || !(about.valid & ZIP_STAT_SIZE) ||
        zip_source_open(source) != 0)
        return FAIL(E_UNAVAILABLE, "The folder cannot be packed");
    if (about.size > PACKAGE_ZIP_BYTES_MAX) {
        (void)zip_source_close(source);
        return FAIL(E_TOO_LARGE, "Zipped size must be smaller than %d bytes",
                    PACKAGE_ZIP_BYTES_MAX);
    }
    uint8_t *at = buf_reserve(out, (size_t)about.size);
    zip_int64_t n = zip_source_read(source, at, about.size);
    (void)zip_source_close(source);
    if (n != (zip_int64_t)about.size)
        return FAIL(E_UNAVAILABLE, "The folder cannot be packed");
    out->len += (size_t)n;
    return OK;
}

status package_pack(const char *folder, struct buf *out_zip) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &error) : NULL;
    zip_error_fini(&error);
    if (!zip) {
        if (source)
            zip_source_free(source);
        return FAIL(E_INTERNAL, "a zip cannot be made");
    }
    zip_source_keep(source);
    status s = add_all(zip, folder);
    if (s != OK)
        zip_discard(zip);
    else if (zip_close(zip) != 0) {
        s = FAIL(E_UNAVAILABLE, "%s cannot be packed: %s", folder, zip_strerror(zip));
        zip_discard(zip);
    }
    if (s == OK)
        s = copy_out(source, out_zip);
    zip_source_free(source);
    return s;
}

/* ---- the stamp ---- */

static uint64_t mix(uint64_t hash, const void *data, size_t len) { /* FNV-1a */
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ ((const uint8_t *)data)[i]) * 1099511628211U;
    return hash;
}

static uint64_t mix_file(uint64_t hash, const struct walk *w, const FTSENT *e) {
    const struct stat *about = e->fts_statp;
    const char *name = name_of(w, e);
    int64_t numbers[] = {about->st_size, about->st_mtim.tv_sec, about->st_mtim.tv_nsec,
                         about->st_mode};
    hash = mix(hash, name, strlen(name) + 1);
    return mix(hash, numbers, sizeof numbers);
}

status package_stamp(const char *folder, char out_stamp[17]) {
    uint64_t hash = 14695981039346656037U;
    struct walk w;
    FTSENT *e;
    TRY(walk_open(folder, &w));
    status s;
    while ((s = walk_next(&w, &e)) == OK && e)
        hash = mix_file(hash, &w, e);
    (void)fts_close(w.tree);
    TRY(s);
    (void)snprintf(out_stamp, 17, "%016llx", (unsigned long long)hash);
    return OK;
}
