#include "provisioning/bulk_input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 20 }; /* several of the longest lines */

/* ".", ".." and empty parts lead out of the folder or name nothing. */
static bool is_plain(bytes path) {
    bytes part;
    while (bytes_split(&path, '/', &part))
        if (part.len == 0 || bytes_equal(part, BYTES(".")) || bytes_equal(part, BYTES("..")))
            return false;
    return true;
}

status input_path(struct arena *a, const char *buckets, bytes bucket, bytes key,
                  const char **out_path) {
    if (!is_plain(bucket) || bytes_find(bucket, '/') < bucket.len || !is_plain(key))
        return FAIL(E_INVALID, "%.*s/%.*s does not name a file in a bucket", BYTES_ARG(bucket),
                    BYTES_ARG(bytes_slice(key, 0, 200)));
    *out_path = arena_printf(a, "%s/%.*s/%.*s", buckets, BYTES_ARG(bucket), BYTES_ARG(key));
    return OK;
}

static status open_input(const char *path, int *out_fd, uint64_t *out_bytes) {
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO is not waited for */
    if (fd < 0)
        return FAIL(E_INVALID, "The input file %s cannot be read: %s", path, strerror(errno));
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        (void)close(fd);
        return FAIL(E_INVALID, "The input file %s is not a plain file", path);
    }
    *out_fd = fd;
    *out_bytes = (uint64_t)facts.st_size;
    return OK;
}

status input_measure(const char *path, uint64_t *out_bytes) {
    int fd;
    TRY(open_input(path, &fd, out_bytes));
    (void)close(fd);
    return OK;
}

void input_batch_done(struct input_batch *b) {
    buf_done(&b->memory);
}

/* As much as is there, up to `most`. */
static status read_block(int fd, const char *path, uint64_t offset, size_t most,
                         struct buf *out_block) {
    buf_clear(out_block);
    while (out_block->len < most) {
        uint8_t *into = buf_reserve(out_block, most - out_block->len);
        ssize_t got = pread(fd, into, most - out_block->len, (off_t)(offset + out_block->len));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return FAIL(E_INVALID, "The input file %s cannot be read: %s", path, strerror(errno));
        if (got == 0)
            return OK;
        out_block->len += (size_t)got;
    }
    return OK;
}

/* The next line end at or behind `offset`, or `size`. */
static status find_line_end(int fd, const char *path, uint64_t offset, uint64_t size,
                            struct buf *block, uint64_t *out_end) {
    while (offset < size) {
        TRY(read_block(fd, path, offset, BLOCK_BYTES, block));
        size_t at = bytes_find(buf_bytes(block), '\n');
        offset += at;
        if (at < block->len || block->len == 0)
            break;
    }
    *out_end = offset < size ? offset : size;
    return OK;
}

static void add_line(struct input_batch *b, bytes text, uint64_t offset) {
    if (text.len > BULK_LINE_BYTES_MAX)
        text = (bytes){0};
    else if (bytes_trim(text).len == 0)
        return; /* an empty line says nothing */
    b->lines[b->count++] = (struct input_line){text, offset};
}

static status fill(int fd, const char *path, uint64_t offset, uint64_t size,
                   struct input_batch *b) {
    uint64_t left = size - offset;
    TRY(read_block(fd, path, offset, left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES, &b->memory));
    bytes rest = buf_bytes(&b->memory);
    bool at_end = offset + rest.len >= size;
    b->end = offset;
    while (rest.len > 0 && b->count < BULK_BATCH_LINES) {
        size_t len = bytes_find(rest, '\n');
        if (len == rest.len && !at_end)
            break; /* it goes on in the next block */
        add_line(b, bytes_slice(rest, 0, len), b->end);
        rest = bytes_skip(rest, len + 1);
        b->end = rest.len ? b->end + len + 1 : offset + b->memory.len;
    }
    return OK;
}

status input_read(const char *path, uint64_t offset, uint64_t size, struct input_batch *out_batch) {
    uint64_t bytes_now;
    int fd;
    out_batch->count = 0;
    out_batch->end = offset;
    TRY(open_input(path, &fd, &bytes_now));
    status s = bytes_now >= size
                   ? fill(fd, path, offset, size, out_batch)
                   : (status)FAIL(E_INVALID, "The input file %s has become shorter", path);
    if (s == OK && out_batch->end == offset && offset < size) { /* longer than a block */
        s = find_line_end(fd, path, offset, size, &out_batch->memory, &out_batch->end);
        out_batch->lines[out_batch->count++] = (struct input_line){{0}, offset};
        out_batch->end += out_batch->end < size;
    }
    (void)close(fd);
    return s;
}
