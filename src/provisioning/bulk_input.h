/* The input of thing registration tasks: lines of JSON in a file below the folder that stands for
 * S3, <buckets>/<bucket>/<key> [AWS identity 9.2]. Inside provisioning/. */
#pragma once
#include "base/arena.h"

enum {
    BULK_LINE_BYTES_MAX = 256 * 1024, /* [AWS identity 9.2] */
    BULK_BATCH_LINES = 64,            /* registered in one transaction */
};

/* input_path is where an object lies; E_INVALID for names that lead elsewhere. In `a`. */
NODISCARD
status input_path(struct arena *a, const char *buckets, bytes bucket, bytes key,
                  const char **out_path);
/* input_measure: the size of a plain file that can be read, or E_INVALID with its path. */
NODISCARD
status input_measure(const char *path, uint64_t *out_bytes);

struct input_line {
    bytes text;      /* without line end; ptr NULL: longer than BULK_LINE_BYTES_MAX */
    uint64_t offset; /* of its first byte */
};
struct input_batch {
    struct input_line lines[BULK_BATCH_LINES];
    size_t count;
    uint64_t end; /* where the next batch begins */
    struct buf memory;
};
void input_batch_done(struct input_batch *b);
/* input_read takes the lines that begin at `offset` and end before `size`, as many as fit into a
 * batch; none at the end. E_INVALID when the file is gone or has become shorter. */
NODISCARD
status input_read(const char *path, uint64_t offset, uint64_t size, struct input_batch *out_batch);
