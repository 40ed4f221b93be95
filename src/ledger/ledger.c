#include "ledger/ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/entry.h"
#include "ledger/manifest.h"
#include "ledger/pem_text.h"

struct ledger {
    enum ledger_kind kind;
    struct arena memory;
    const char *path;
    void *map;
    size_t map_bytes;
    bytes whole, rest;
    uint64_t line;
    struct csv_fields columns;
    uint8_t separator;
    char **files; /* of a folder, by name */
    size_t file_count, next_file;
};

const char *ledger_kind_name(enum ledger_kind kind) {
    static const char *const names[] = {[LEDGER_CSV] = "CSV",
                                        [LEDGER_FOLDER] = "folder of PEM files",
                                        [LEDGER_BUNDLE] = "PEM bundle",
                                        [LEDGER_MANIFEST] = "manifest"};
    return names[kind];
}

enum ledger_kind ledger_kind_of(const struct ledger *l) {
    return l->kind;
}
const char *ledger_path(const struct ledger *l) {
    return l->path;
}
const struct csv_fields *ledger_columns(const struct ledger *l) {
    return &l->columns;
}
uint8_t ledger_separator(const struct ledger *l) {
    return l->separator;
}

/* ---- folders ---- */

static int is_certificate_file(const struct dirent *d) {
    static const char *const endings[] = {".pem", ".crt", ".cer", ".cert"};
    for (size_t i = 0; i < COUNT_OF(endings); i++)
        if (bytes_end_with(bytes_from(d->d_name), bytes_from(endings[i])))
            return d->d_name[0] != '.';
    return 0;
}

static status open_folder(struct ledger *l) {
    struct dirent **found;
    int count = scandir(l->path, &found, is_certificate_file, alphasort);
    if (count < 0)
        return FAIL(E_UNAVAILABLE, "%s cannot be read: %s", l->path, strerror(errno));
    l->kind = LEDGER_FOLDER;
    l->file_count = (size_t)count;
    l->files = ARENA_ARRAY(&l->memory, char *, l->file_count + 1);
    for (size_t i = 0; i < l->file_count; i++) {
        l->files[i] = arena_printf(&l->memory, "%s/%s", l->path, found[i]->d_name);
        free(found[i]);
    }
    free(found);
    if (count == 0)
        return FAIL(E_INVALID, "the folder %s holds no file that ends in .pem, .crt or .cer",
                    l->path);
    return OK;
}

/* ---- files ---- */

static status map_file(struct ledger *l, int fd, const struct stat *about) {
    if (!S_ISREG(about->st_mode))
        return FAIL(E_INVALID, "%s is neither a file nor a folder", l->path);
    if (about->st_size == 0)
        return FAIL(E_INVALID, "%s is empty", l->path);
    void *map = mmap(NULL, (size_t)about->st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return FAIL(E_UNAVAILABLE, "%s cannot be read: %s", l->path, strerror(errno));
    (void)madvise(map, (size_t)about->st_size, MADV_SEQUENTIAL);
    l->map = map;
    l->map_bytes = (size_t)about->st_size;
    l->whole = l->rest = bytes_of(map, l->map_bytes);
    return OK;
}

static bool looks_like_csv(struct ledger *l) {
    bytes rest = l->whole, header;
    uint64_t line = 1, at;
    l->separator = csv_separator(l->whole);
    if (!csv_take(&rest, &line, &header, &at) ||
        csv_split(header, l->separator, &l->memory, &l->columns) != OK ||
        !entry_has_certificate_column(&l->columns))
        return false;
    l->rest = rest;
    l->line = line;
    return true;
}

static status recognize(struct ledger *l) {
    bytes begin = bytes_trim(bytes_slice(l->whole, 0, 4096));
    bool is_array = begin.len > 0 && begin.ptr[0] == '[';
    l->line = 1;
    l->kind = LEDGER_MANIFEST;
    if (is_array)
        return OK;
    l->kind = LEDGER_CSV;
    if (looks_like_csv(l))
        return OK;
    l->kind = LEDGER_BUNDLE;
    if (bytes_search(l->whole, BYTES("-----BEGIN ")) < l->whole.len)
        return OK;
    return FAIL(E_INVALID,
                "%s is no ledger: a CSV has a first line that names its columns, one of them "
                "certificate (or certificateFile); a bundle holds -----BEGIN CERTIFICATE-----; a "
                "manifest is a JSON array",
                l->path);
}

static status open_file(struct ledger *l) {
    struct stat about;
    int fd = open(l->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0) {
        status s = FAIL(E_UNAVAILABLE, "%s cannot be read: %s", l->path, strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return s;
    }
    if (S_ISDIR(about.st_mode)) {
        (void)close(fd);
        return open_folder(l);
    }
    status s = map_file(l, fd, &about);
    (void)close(fd);
    return s == OK ? recognize(l) : s;
}

status ledger_open(const char *path, struct ledger **out_ledger) {
    struct ledger *l = NEW(struct ledger);
    l->path = arena_string(&l->memory, bytes_from(path));
    status s = open_file(l);
    if (s != OK) {
        ledger_close(l);
        return s;
    }
    *out_ledger = l;
    return OK;
}

void ledger_close(struct ledger *l) {
    if (!l)
        return;
    if (l->map)
        (void)munmap(l->map, l->map_bytes);
    arena_done(&l->memory);
    mem_free(l);
}

/* ---- pieces ---- */

static uint64_t count_lines(bytes text) {
    uint64_t lines = 0;
    const uint8_t *end = text.ptr + text.len;
    for (const uint8_t *at = text.ptr; at < end && (at = memchr(at, '\n', (size_t)(end - at)));
         at++)
        lines++;
    return lines;
}

/* Whether a block is a CA's: basicConstraints with cA TRUE, looked for by its bytes, for this is
 * done with each block of a bundle, one after the other. */
static bool is_ca(bytes block) {
    AUTO(arena) memory = {0};
    bytes der;
    if (pem_text_der(block, &memory, &der) != OK)
        return false;
    bytes rest = bytes_skip(der, bytes_search(der, BYTES("\x06\x03\x55\x1d\x13")) + 5);
    if (bytes_start_with(rest, BYTES("\x01\x01\xff")))
        rest = bytes_skip(rest, 3);
    return rest.len > 7 && rest.ptr[0] == 0x04 && rest.ptr[2] == 0x30 &&
           bytes_start_with(bytes_skip(rest, 4), BYTES("\x01\x01\xff"));
}

/* A certificate, and the CAs that follow it. */
static bool next_of_bundle(struct ledger *l, struct ledger_piece *out) {
    bytes before = l->rest, block, more;
    if (!pem_text_take(&l->rest, &block)) {
        size_t begin = bytes_search(l->rest, BYTES("-----BEGIN "));
        block = bytes_skip(l->rest, begin); /* cut off: entry.h says so */
        l->rest = bytes_skip(l->rest, l->rest.len);
        if (block.len == 0)
            return false;
    }
    l->line += count_lines(bytes_slice(before, 0, (size_t)(block.ptr - before.ptr)));
    out->line = l->line;
    bytes rest = l->rest;
    while (pem_text_take(&rest, &more) && is_ca(more)) {
        block.len = (size_t)(more.ptr + more.len - block.ptr);
        l->rest = rest;
    }
    l->line += count_lines(block);
    out->text = block;
    return true;
}

static bool next_of_folder(struct ledger *l, struct ledger_piece *out) {
    if (l->next_file == l->file_count)
        return false;
    out->text = bytes_from(l->files[l->next_file++]);
    out->line = l->next_file;
    return true;
}

status ledger_next(struct ledger *l, struct ledger_piece *out_piece, bool *out_taken) {
    switch (l->kind) {
    case LEDGER_MANIFEST:
        return manifest_take(&l->rest, &l->line, &out_piece->text, &out_piece->line, out_taken);
    case LEDGER_CSV:
        *out_taken = csv_take(&l->rest, &l->line, &out_piece->text, &out_piece->line);
        return OK;
    case LEDGER_BUNDLE:
        *out_taken = next_of_bundle(l, out_piece);
        return OK;
    case LEDGER_FOLDER:
        *out_taken = next_of_folder(l, out_piece);
        return OK;
    }
    return FAIL(E_INTERNAL, "a ledger of an unknown kind");
}

double ledger_fraction(const struct ledger *l) {
    if (l->kind == LEDGER_FOLDER)
        return l->file_count ? (double)l->next_file / (double)l->file_count : 1;
    return 1 - (double)l->rest.len / (double)l->whole.len;
}
