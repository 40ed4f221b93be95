#include "sql/zone.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

#define DATABASE "/usr/share/zoneinfo/"

enum { ZONES_MAX = 1000, ZONE_NAME_MAX = 64, COUNT_MAX = 1 << 20, TYPE_BYTES = 6 };

struct zone {
    struct zone *next;
    char name[ZONE_NAME_MAX + 1];
    int32_t fixed;                                    /* seconds east, when it has no table */
    uint32_t count;                                   /* of moments at which the offset changes */
    const uint8_t *moments, *indexes, *types, *names; /* as in the file */
    uint32_t type_count, name_bytes;
    struct buf file;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct zone *zones;
static size_t zone_count;

/* ---- the file [RFC 8536 3] ---- */

static uint32_t u32_at(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t i64_at(const uint8_t *p) {
    return (int64_t)((uint64_t)u32_at(p) << 32 | u32_at(p + 4));
}

/* Where a block's parts begin, from its six counts; its length, or 0 when it is too short. */
static size_t block_length(bytes b, size_t time_bytes, uint32_t counts[6]) {
    if (b.len < 44 || memcmp(b.ptr, "TZif", 4) != 0)
        return 0;
    uint64_t sum = 44;
    for (int i = 0; i < 6; i++) {
        counts[i] = u32_at(b.ptr + 20 + 4 * i);
        if (counts[i] > COUNT_MAX)
            return 0;
    }
    sum += counts[3] * (time_bytes + 1) + counts[4] * TYPE_BYTES + counts[5] +
           counts[2] * (time_bytes + 4) + counts[1] + counts[0];
    return sum <= b.len ? (size_t)sum : 0;
}

static bool read_file(struct zone *z) {
    uint32_t counts[6];
    bytes b = buf_bytes(&z->file);
    size_t first = block_length(b, 4, counts);
    if (!first || b.ptr[4] < '2')
        return false;
    b = bytes_skip(b, first);
    if (!block_length(b, 8, counts) || counts[4] == 0)
        return false;
    z->count = counts[3];
    z->type_count = counts[4];
    z->name_bytes = counts[5];
    z->moments = b.ptr + 44;
    z->indexes = z->moments + (size_t)8 * z->count;
    z->types = z->indexes + z->count;
    z->names = z->types + (size_t)TYPE_BYTES * z->type_count;
    return true;
}

/* Names have letters, digits and "_+-/", and no dot, so they stay within the database. */
static bool is_name(bytes name) {
    if (name.len == 0 || name.len > ZONE_NAME_MAX || name.ptr[0] == '/')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  (c && strchr("_+-/", c));
        if (!ok)
            return false;
    }
    return true;
}

static bool load(struct zone *z) {
    char path[sizeof DATABASE + ZONE_NAME_MAX];
    (void)snprintf(path, sizeof path, DATABASE "%s", z->name);
    return file_read(path, &z->file) == OK && read_file(z);
}

/* ---- names ---- */

static bool digits(bytes text, size_t at, int most, int *out) {
    if (at + 2 > text.len || text.ptr[at] < '0' || text.ptr[at] > '9' || text.ptr[at + 1] < '0' ||
        text.ptr[at + 1] > '9')
        return false;
    *out = (text.ptr[at] - '0') * 10 + text.ptr[at + 1] - '0';
    return *out <= most;
}

/* ±h, ±hh, ±hhmm, ±hh:mm, with or without UTC or GMT before it. */
static bool fixed_offset(bytes name, int32_t *out) {
    int hours = 0, minutes = 0;
    if (bytes_equal(name, BYTES("Z")) || bytes_equal(name, BYTES("UTC")) ||
        bytes_equal(name, BYTES("GMT")) || bytes_equal(name, BYTES("UT"))) {
        *out = 0;
        return true;
    }
    if (bytes_start_with(name, BYTES("UTC")) || bytes_start_with(name, BYTES("GMT")))
        name = bytes_skip(name, 3);
    if (name.len < 2 || (name.ptr[0] != '+' && name.ptr[0] != '-'))
        return false;
    if (name.len == 2 && name.ptr[1] >= '0' && name.ptr[1] <= '9') {
        hours = name.ptr[1] - '0';
    } else {
        if (!digits(name, 1, 18, &hours))
            return false;
        size_t at = name.len > 3 && name.ptr[3] == ':' ? 4 : 3;
        bool with_minutes = name.len > 3;
        if (with_minutes && (!digits(name, at, 59, &minutes) || name.len != at + 2))
            return false;
    }
    *out = (name.ptr[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

static struct zone *make(bytes name) {
    struct zone *z = NEW(struct zone);
    memcpy(z->name, name.ptr, name.len);
    if (fixed_offset(name, &z->fixed) || load(z))
        return z;
    buf_done(&z->file);
    mem_free(z);
    return NULL;
}

static struct zone *find(bytes name) {
    for (struct zone *z = zones; z; z = z->next)
        if (bytes_equal(bytes_from(z->name), name))
            return z;
    struct zone *z = zone_count < ZONES_MAX ? make(name) : NULL;
    if (!z)
        return NULL;
    z->next = zones;
    zones = z;
    zone_count++;
    return z;
}

const struct zone *zone_find(bytes name) {
    if (name.len == 0)
        name = BYTES("UTC");
    bool offset = bytes_find(name, ':') < name.len;
    int32_t ignored;
    if (name.len > ZONE_NAME_MAX || (offset ? !fixed_offset(name, &ignored) : !is_name(name)))
        return NULL;
    (void)pthread_mutex_lock(&lock);
    const struct zone *z = find(name);
    (void)pthread_mutex_unlock(&lock);
    return z;
}

/* ---- offsets ---- */

/* The type in force: that of the last change before, else the first one. After the last change of
 * the file its type goes on. */
static const uint8_t *type_at(const struct zone *z, int64_t wall_s) {
    uint32_t low = 0, high = z->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (i64_at(z->moments + (size_t)8 * middle) <= wall_s)
            low = middle + 1;
        else
            high = middle;
    }
    uint8_t index = low ? z->indexes[low - 1] : 0;
    return z->types + (size_t)TYPE_BYTES * (index < z->type_count ? index : 0);
}

static void name_fixed(int32_t offset, char out[8]) {
    if (offset == 0) {
        memcpy(out, "UTC", 4);
        return;
    }
    int minutes = (offset < 0 ? -offset : offset) / 60;
    (void)snprintf(out, 8, "%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60 % 100, minutes % 60);
}

int32_t zone_offset(const struct zone *z, int64_t wall_s, char out_name[8]) {
    if (!z->types) {
        name_fixed(z->fixed, out_name);
        return z->fixed;
    }
    const uint8_t *type = type_at(z, wall_s);
    size_t len = 0;
    for (uint32_t at = type[5]; at < z->name_bytes && z->names[at] && len < 7; at++)
        out_name[len++] = (char)z->names[at];
    out_name[len] = '\0';
    return (int32_t)u32_at(type);
}

int64_t zone_to_utc(const struct zone *z, int64_t local_s) {
    char name[8];
    int64_t earlier = local_s - zone_offset(z, local_s - 86400, name);
    int64_t later = local_s - zone_offset(z, local_s + 86400, name);
    int64_t guess = earlier < later ? earlier : later;
    if (guess + zone_offset(z, guess, name) == local_s)
        return guess;
    return earlier < later ? later : earlier;
}
