#include "loop/output.h"

#include <string.h>

/* Small first, so that ten thousand receivers of one message cost kilobytes, not pages. */
static const uint32_t class_bytes[OUTPUT_CLASSES] = {1024, 4096, 32768};

enum { SPARE_BYTES_MAX = 8 << 20 };

void output_pool_init(struct output_pool *p) {
    *p = (struct output_pool){0};
    list_init(&p->dirty);
}

void output_pool_done(struct output_pool *p) {
    for (int i = 0; i < OUTPUT_CLASSES; i++) {
        while (p->spare[i]) {
            struct output_chunk *c = p->spare[i];
            p->spare[i] = c->next;
            mem_free(c);
        }
    }
    p->spare_bytes = 0;
}

static struct output_chunk *chunk_take(struct output_pool *p, int size_class) {
    struct output_chunk *c = p->spare[size_class];
    uint32_t size = class_bytes[size_class];
    if (c) {
        p->spare[size_class] = c->next;
        p->spare_bytes -= size;
    } else {
        c = mem_resize(NULL, size);
        c->size_class = (uint8_t)size_class;
        c->capacity = size - (uint32_t)sizeof *c;
    }
    c->next = NULL;
    c->start = c->end = 0;
    return c;
}

static void chunk_give(struct output_pool *p, struct output_chunk *c) {
    if (p->spare_bytes > SPARE_BYTES_MAX) {
        mem_free(c);
        return;
    }
    c->next = p->spare[c->size_class];
    p->spare[c->size_class] = c;
    p->spare_bytes += class_bytes[c->size_class];
}

void output_init(struct output *o, struct output_pool *p) {
    *o = (struct output){.pool = p};
    list_init(&o->dirty);
}

void output_done(struct output *o) {
    output_drop(o, o->len);
    list_remove(&o->dirty);
}

void output_touch(struct output *o) {
    if (list_is_empty(&o->dirty))
        list_push(&o->pool->dirty, &o->dirty);
}

/* The class of the next chunk: one larger than the last, and large enough. */
static int next_class(const struct output *o, size_t len) {
    int c = o->last ? o->last->size_class + 1 : 0;
    if (c >= OUTPUT_CLASSES)
        c = OUTPUT_CLASSES - 1;
    while (class_bytes[c] - sizeof(struct output_chunk) < len)
        c++;
    return c;
}

uint8_t *output_reserve_slow(struct output *o, size_t len) {
    output_touch(o);
    if (!o->last || o->last->capacity - o->last->end < len) {
        struct output_chunk *c = chunk_take(o->pool, next_class(o, len));
        if (o->last)
            o->last->next = c;
        else
            o->first = c;
        o->last = c;
    }
    uint8_t *at = o->last->data + o->last->end;
    o->last->end += (uint32_t)len;
    o->len += len;
    return at;
}

void output_append(struct output *o, bytes data) {
    while (data.len > 0) {
        size_t room = o->last ? o->last->capacity - o->last->end : 0;
        size_t most = room ? room : class_bytes[next_class(o, 0)] - sizeof(struct output_chunk);
        size_t part = data.len < most ? data.len : most;
        memcpy(output_reserve(o, part), data.ptr, part);
        data = bytes_skip(data, part);
    }
}

int output_gather(const struct output *o, struct iovec *parts, int max) {
    int n = 0;
    for (struct output_chunk *c = o->first; c && n < max; c = c->next)
        if (c->end > c->start)
            parts[n++] = (struct iovec){c->data + c->start, c->end - c->start};
    return n;
}

void output_drop(struct output *o, size_t count) {
    o->len -= count;
    while (o->first) {
        struct output_chunk *c = o->first;
        size_t have = c->end - c->start;
        if (count < have) {
            c->start += (uint32_t)count;
            return;
        }
        count -= have;
        o->first = c->next;
        if (!o->first)
            o->last = NULL;
        chunk_give(o->pool, c);
    }
}
