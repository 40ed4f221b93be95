#include "logs/logs.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/list.h"
#include "base/map.h"
#include "logs/trim.h"

enum {
    SETTLE_MS_MAX = 2000,
    EAGER_BYTES = 1 << 20, /* so much does not wait for the pause */
    TRIM_PAUSE_S = 60,
    ROWS_AT_ONCE = 1000,
    BLOCKS_MAX = 4096 /* streams that wait at a time */
};
static const uint64_t group_bytes_default = 256ULL << 20, bytes_default = 2ULL << 30;

/* What waits for one stream: entries, each its time, its length, its message. */
struct block {
    struct map_node node; /* by account, group and stream, each ended by a zero */
    struct list link;
    struct buf entries;
    size_t count;
    uint64_t dropped; /* lines that found no room */
    bytes account, group, stream;
    size_t key_len;
    uint8_t key[];
};

struct blocks {
    struct map by_stream;
    struct list in_order;
    size_t size, count;
};

struct logs {
    const struct store_ops *ops;
    char *folder;            /* NULL: the store keeps no files */
    pthread_mutex_t opening; /* for the store alone */
    struct store *store;     /* NULL: not opened yet */
    struct log_bounds bounds;
    void (*trouble)(void *context, const char *sentence);
    void *context;
    pthread_t thread;
    pthread_mutex_t lock; /* for what follows; never held across a call that waits */
    pthread_cond_t more, written;
    struct blocks waiting;
    uint64_t appended, settled; /* calls of logs_append; of those, the ones that are done with */
    uint64_t dropped;
    bool stopping, urgent, tidy;
};

/* ---- blocks; with the lock held, or the writer's own ---- */

static void blocks_init(struct blocks *b) {
    *b = (struct blocks){.size = 0};
    list_init(&b->in_order);
}

static void blocks_done(struct blocks *b) {
    for (struct list *link; (link = list_pop(&b->in_order));) {
        struct block *block = OWNER(link, struct block, link);
        buf_done(&block->entries);
        mem_free(block);
    }
    map_done(&b->by_stream);
}

static bytes name_cut(bytes name) {
    return bytes_slice(name, 0, LOG_NAME_BYTES_MAX);
}

static size_t key_write(uint8_t *out, bytes account, bytes group, bytes stream) {
    bytes parts[] = {account, group, stream};
    size_t len = 0;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (parts[i].len)
            memcpy(out + len, parts[i].ptr, parts[i].len);
        len += parts[i].len;
        out[len++] = 0;
    }
    return len;
}

enum { KEY_BYTES_MAX = 32 + 2 * LOG_NAME_BYTES_MAX + 3 };

static struct block *block_new(const uint8_t *key, size_t len, size_t account, size_t group,
                               size_t stream) {
    struct block *block = mem_new(sizeof *block + len);
    memcpy(block->key, key, len);
    block->node.key = bytes_of(block->key, len);
    block->account = bytes_of(block->key, account);
    block->group = bytes_of(block->key + account + 1, group);
    block->stream = bytes_of(block->key + account + group + 2, stream);
    return block;
}

/* The block of a stream, made when missing; NULL when too many wait. */
static struct block *block_of(struct blocks *b, bytes account, bytes group, bytes stream) {
    uint8_t key[KEY_BYTES_MAX];
    size_t len = key_write(key, account, group, stream);
    struct map_node *n = map_find(&b->by_stream, bytes_of(key, len));
    if (n)
        return OWNER(n, struct block, node);
    if (b->count == BLOCKS_MAX)
        return NULL;
    struct block *block = block_new(key, len, account.len, group.len, stream.len);
    map_add(&b->by_stream, &block->node);
    list_push(&b->in_order, &block->link);
    b->count++;
    return block;
}

struct entry_head {
    int64_t timestamp_ms;
    uint32_t len;
};

static bool block_add(struct blocks *b, struct block *block, const struct log_entry *e) {
    bytes message = bytes_slice(e->message, 0, LOG_MESSAGE_BYTES_MAX);
    struct entry_head head = {e->timestamp_ms, (uint32_t)message.len};
    size_t size = sizeof head + message.len;
    if (b->size + size > LOG_WAITING_BYTES_MAX || block->entries.len + size > LOG_BLOCK_BYTES_MAX)
        return false;
    buf_append(&block->entries, bytes_of(&head, sizeof head));
    buf_append(&block->entries, message);
    block->count++;
    b->size += size;
    return true;
}

/* ---- any thread ---- */

void logs_append(struct logs *l, bytes account, bytes group, bytes stream,
                 const struct log_entry *entries, size_t count) {
    if (!l || count == 0 || group.len == 0 || stream.len == 0 || account.len > 32)
        return;
    (void)pthread_mutex_lock(&l->lock);
    bool was_empty = l->waiting.count == 0, was_eager = l->waiting.size >= EAGER_BYTES;
    struct block *block = block_of(&l->waiting, account, name_cut(group), name_cut(stream));
    for (size_t i = 0; i < count; i++) {
        if (entries[i].message.len == 0 || (block && block_add(&l->waiting, block, &entries[i])))
            continue;
        l->dropped++;
        if (block)
            block->dropped++;
    }
    l->appended++;
    if (was_empty || (!was_eager && l->waiting.size >= EAGER_BYTES))
        (void)pthread_cond_signal(&l->more);
    (void)pthread_mutex_unlock(&l->lock);
}

static struct timespec in_ms(unsigned ms) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

void logs_settle(struct logs *l) {
    struct timespec until = in_ms(SETTLE_MS_MAX);
    (void)pthread_mutex_lock(&l->lock);
    uint64_t wanted = l->appended;
    int late = 0;
    while (l->settled < wanted && late == 0) {
        l->urgent = true;
        (void)pthread_cond_signal(&l->more);
        late = pthread_cond_timedwait(&l->written, &l->lock, &until);
    }
    (void)pthread_mutex_unlock(&l->lock);
}

void logs_tidy(struct logs *l) {
    (void)pthread_mutex_lock(&l->lock);
    l->tidy = true;
    (void)pthread_cond_signal(&l->more);
    (void)pthread_mutex_unlock(&l->lock);
}

uint64_t logs_dropped(struct logs *l) {
    (void)pthread_mutex_lock(&l->lock);
    uint64_t dropped = l->dropped;
    (void)pthread_mutex_unlock(&l->lock);
    return dropped;
}

/* ---- the store ---- */

static status open_store(struct logs *l) {
    if (l->folder)
        TRY(folder_make(l->folder));
    return store_open(l->ops, l->folder, &l->store);
}

static status store_ensure(struct logs *l) {
    (void)pthread_mutex_lock(&l->opening);
    status s = l->store ? OK : open_store(l);
    (void)pthread_mutex_unlock(&l->opening);
    return s;
}

status logs_begin_read(struct logs *l, struct txn **out_txn) {
    TRY(store_ensure(l));
    return store_begin_read(l->store, out_txn);
}

status logs_begin_write(struct logs *l, struct txn **out_txn) {
    TRY(store_ensure(l));
    return store_begin_write(l->store, out_txn);
}

/* Whether there can be anything to trim. */
static bool has_store(const struct logs *l) {
    return l->store || (l->folder && access(l->folder, F_OK) == 0);
}

/* ---- the writer's thread ---- */

static status group_ensure(const struct log_book *b, bytes name, int64_t now_ms,
                           struct log_group *out) {
    status s = log_group_load(b, name, out);
    return s == E_NOT_FOUND ? log_group_create(b, name, (bytes){0}, now_ms, out) : s;
}

static status stream_ensure(const struct log_book *b, struct log_group *group, bytes name,
                            int64_t now_ms, struct log_stream *out) {
    status s = log_stream_load(b, group, name, out);
    if (s != E_NOT_FOUND)
        return s;
    if (group->stream_count >= LOG_STREAMS_MAX)
        TRY(log_streams_make_room(b, group));
    return log_stream_create(b, group, name, now_ms, out);
}

static size_t entries_read(bytes *rest, struct log_entry out[ROWS_AT_ONCE]) {
    size_t count = 0;
    for (struct entry_head head; count < ROWS_AT_ONCE && rest->len >= sizeof head; count++) {
        memcpy(&head, rest->ptr, sizeof head);
        out[count] =
            (struct log_entry){head.timestamp_ms, bytes_slice(*rest, sizeof head, head.len)};
        *rest = bytes_skip(*rest, sizeof head + head.len);
    }
    return count;
}

/* Lines that found no room are told of where they are missed. */
static status write_dropped(const struct log_book *b, struct log_group *group,
                            struct log_stream *stream, uint64_t dropped, int64_t now_ms) {
    char text[160];
    int len = snprintf(text, sizeof text,
                       "kedge: %llu lines are missing here: they came faster than they could be "
                       "written",
                       (unsigned long long)dropped);
    struct log_entry said = {now_ms, bytes_of(text, (size_t)len)};
    return dropped ? log_events_write(b, group, stream, &said, 1, now_ms) : OK;
}

static status write_block(const struct logs *l, struct txn *t, const struct block *block) {
    AUTO(arena) memory = {0};
    struct log_entry *entries = ARENA_ARRAY(&memory, struct log_entry, ROWS_AT_ONCE);
    struct log_book book = {t, &memory, block->account};
    int64_t now_ms = clock_wall_ms();
    struct log_group group;
    struct log_stream stream;
    bytes rest = buf_bytes(&block->entries);
    TRY(group_ensure(&book, block->group, now_ms, &group));
    TRY(stream_ensure(&book, &group, block->stream, now_ms, &stream));
    for (size_t count; (count = entries_read(&rest, entries)) > 0;)
        TRY(log_events_write(&book, &group, &stream, entries, count, now_ms));
    TRY(write_dropped(&book, &group, &stream, block->dropped, now_ms));
    for (bool more = true; more;) /* as many bytes as came, about */
        TRY(log_trim_group(&book, &group, &l->bounds, &more));
    return OK;
}

static status write_one_block(struct logs *l, const struct block *block) {
    struct txn *t;
    TRY(logs_begin_write(l, &t));
    status s = write_block(l, t, block);
    if (s != OK) {
        store_rollback(t);
        return s;
    }
    return store_commit(t);
}

/* All blocks in one transaction. */
static status write_together(struct logs *l, const struct blocks *blocks) {
    struct txn *t;
    status s = OK;
    TRY(logs_begin_write(l, &t));
    for (const struct list *at = blocks->in_order.next; at != &blocks->in_order && s == OK;
         at = at->next)
        s = write_block(l, t, OWNER(at, const struct block, link));
    if (s != OK) {
        store_rollback(t);
        return s;
    }
    return store_commit(t);
}

static void tell(const struct logs *l, size_t lost) {
    char text[512];
    (void)snprintf(text, sizeof text, "%zu lines of the logs were lost: %s", lost, failure_text());
    if (l->trouble)
        l->trouble(l->context, text);
}

/* When they cannot be written together, each is tried alone: what is wrong with one is not to cost
 * the others anything. Gives how many lines were lost. */
static uint64_t write_blocks(struct logs *l, const struct blocks *blocks) {
    uint64_t lost = 0;
    if (blocks->count == 0 || write_together(l, blocks) == OK)
        return 0;
    LIST_EACH (at, &blocks->in_order) {
        const struct block *block = OWNER(at, struct block, link);
        if (write_one_block(l, block) == OK)
            continue;
        lost += block->count;
        tell(l, block->count);
    }
    return lost;
}

static bool trim(struct logs *l) {
    AUTO(arena) memory = {0};
    struct log_book book = {.arena = &memory};
    bool more = false;
    if (!has_store(l) || logs_begin_write(l, &book.txn) != OK)
        return false;
    if (log_trim_all(&book, &l->bounds, clock_wall_ms(), &more) != OK) {
        store_rollback(book.txn);
        if (l->trouble)
            l->trouble(l->context, failure_text());
        return false;
    }
    return store_commit(book.txn) == OK && more;
}

/* Waits for lines, and then for those that follow them within the pause; or for the time to trim.
 * Takes what waits; false: that was the last. */
static bool wait_for_lines(struct logs *l, struct blocks *out_blocks, uint64_t *out_appended,
                           bool *io_trim) {
    struct timespec until = in_ms(*io_trim ? 0 : TRIM_PAUSE_S * 1000);
    int late = 0;
    (void)pthread_mutex_lock(&l->lock);
    while (l->waiting.count == 0 && !l->stopping && !l->tidy && late == 0)
        late = pthread_cond_timedwait(&l->more, &l->lock, &until);
    *io_trim |= late != 0 || l->tidy;
    l->tidy = false;
    until = in_ms(LOG_PAUSE_MS);
    late = 0;
    while (l->waiting.count > 0 && l->waiting.size < EAGER_BYTES && !l->urgent && !l->stopping &&
           late == 0)
        late = pthread_cond_timedwait(&l->more, &l->lock, &until);
    l->urgent = false;
    *out_blocks = l->waiting;
    list_init(&out_blocks->in_order);
    if (!list_is_empty(&l->waiting.in_order)) { /* the list's head moves along */
        out_blocks->in_order = l->waiting.in_order;
        out_blocks->in_order.next->prev = out_blocks->in_order.prev->next = &out_blocks->in_order;
    }
    blocks_init(&l->waiting);
    *out_appended = l->appended;
    bool go_on = !l->stopping || out_blocks->count > 0;
    (void)pthread_mutex_unlock(&l->lock);
    return go_on;
}

static void *run(void *context) {
    struct logs *l = context;
    struct blocks blocks;
    uint64_t appended, trimmed_us = clock_monotonic_us();
    bool want_trim = false;
    while (wait_for_lines(l, &blocks, &appended, &want_trim)) {
        uint64_t lost = write_blocks(l, &blocks);
        (void)pthread_mutex_lock(&l->lock);
        l->dropped += lost;
        l->settled = appended;
        (void)pthread_cond_broadcast(&l->written);
        (void)pthread_mutex_unlock(&l->lock);
        blocks_done(&blocks);
        if (want_trim || clock_monotonic_us() - trimmed_us > TRIM_PAUSE_S * 1000000ULL) {
            want_trim = trim(l);
            trimmed_us = clock_monotonic_us();
        }
    }
    return NULL;
}

/* ---- opening ---- */

static void logs_free(struct logs *l) {
    store_close(l->store);
    mem_free(l->folder);
    (void)pthread_mutex_destroy(&l->opening);
    (void)pthread_cond_destroy(&l->more);
    (void)pthread_cond_destroy(&l->written);
    (void)pthread_mutex_destroy(&l->lock);
    mem_free(l);
}

static void cond_init(pthread_cond_t *c) {
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(c, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

static char *copy_of(const char *text) {
    size_t size = text ? strlen(text) + 1 : 0;
    return text ? memcpy(mem_new(size), text, size) : NULL;
}

status logs_open(const struct logs_config *config, struct logs **out_logs) {
    struct logs *l = NEW(struct logs);
    l->ops = config->ops;
    l->folder = copy_of(config->folder);
    l->bounds =
        (struct log_bounds){config->group_bytes_max ? config->group_bytes_max : group_bytes_default,
                            config->bytes_max ? config->bytes_max : bytes_default};
    l->trouble = config->trouble;
    l->context = config->context;
    blocks_init(&l->waiting);
    (void)pthread_mutex_init(&l->lock, NULL);
    (void)pthread_mutex_init(&l->opening, NULL);
    cond_init(&l->more);
    cond_init(&l->written);
    int error = pthread_create(&l->thread, NULL, run, l);
    if (error) {
        logs_free(l);
        return FAIL(E_UNAVAILABLE, "a thread cannot be started: %s", strerror(error));
    }
    *out_logs = l;
    return OK;
}

void logs_close(struct logs *l) {
    if (!l)
        return;
    (void)pthread_mutex_lock(&l->lock);
    l->stopping = true;
    (void)pthread_cond_signal(&l->more);
    (void)pthread_mutex_unlock(&l->lock);
    (void)pthread_join(l->thread, NULL);
    blocks_done(&l->waiting);
    logs_free(l);
}
