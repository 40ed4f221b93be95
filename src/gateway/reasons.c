/* Kept as rows of the table REASONS:
 *
 *     ID 0x00 NUMBER ─▶ the line of JSON     for the client identifier and for the certificate id
 *     0x00 NUMBER    ─▶ the ids, zero between    so that the oldest can be dropped
 *
 * NUMBER is eight bytes, big-endian, and grows with time. Identifiers hold no zero byte. */
#include "gateway/reasons.h"

#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "codec/json.h"
#include "gateway/connection.h"
#include "gateway/server.h"

enum { BATCH_MAX = 1000, REASONS_TRIM_EVERY = 1000 };

struct reason {
    struct list link;
    bytes client_id, certificate_id, line; /* in the batch's arena */
    uint64_t number;
};

/* Of how many reasons of one client or certificate a batch knows: more are not kept. */
struct tally {
    struct map_node node;
    unsigned count;
};

struct reason_batch {
    struct job job;
    struct plane *plane;
    struct arena memory;
    struct list reasons;
    struct map tallies;
    size_t count;
};

/* ---- on the loop ---- */

static uint64_t next_number(void) {
    static _Atomic uint64_t last;
    uint64_t now = (uint64_t)clock_wall_ms() << 16, before = atomic_load(&last), next;
    do {
        next = now > before ? now : before + 1;
    } while (!atomic_compare_exchange_weak(&last, &before, next));
    return next;
}

/* What the client did itself is no warning, nor what goes as it should. */
static bool is_ordinary(const char *event) {
    return strcmp(event, "connection.lost") == 0 || strcmp(event, "connect.registered") == 0 ||
           strcmp(event, "connect.provisioned") == 0;
}

static void log_reason(const struct who *who, const char *event, const char *sentence,
                       const char *peer) {
    struct log_line l;
    bool ours = !is_ordinary(event);
    if (!log_begin(&l, ours ? LOG_WARN : LOG_INFO, event))
        return;
    if (who && who->client_id.len)
        log_bytes(&l, "clientId", who->client_id);
    if (who && who->certificate_id[0])
        log_text(&l, "certificateId", who->certificate_id);
    if (who && who->account[0])
        log_text(&l, "accountId", who->account);
    log_text(&l, "peer", peer);
    log_text(&l, "message", sentence);
    log_end(&l);
}

static bytes line_of(struct arena *memory, const struct who *who, const char *event,
                     const char *sentence, const char *peer) {
    AUTO(buf) text = {0};
    struct json_writer w;
    char time[25];
    clock_format(clock_wall_ms(), time);
    json_start(&w, &text);
    json_object_begin(&w);
    json_name(&w, "time");
    json_text(&w, time);
    json_name(&w, "event");
    json_text(&w, event);
    json_name(&w, "message");
    json_text(&w, sentence);
    json_name(&w, "peer");
    json_text(&w, peer);
    json_name(&w, "accountId");
    json_text(&w, who->account);
    json_name(&w, "clientId");
    json_string(&w, who->client_id);
    json_name(&w, "certificateId");
    json_text(&w, who->certificate_id);
    json_object_end(&w);
    return arena_copy(memory, buf_bytes(&text));
}

static struct reason_batch *batch_of(struct plane *p) {
    if (!p->reasons) {
        p->reasons = NEW(struct reason_batch);
        p->reasons->plane = p;
        list_init(&p->reasons->reasons);
        timer_start(p->loop, &p->reasons_timer, REASONS_FLUSH_MS);
    }
    return p->reasons;
}

/* The last ones of each are kept, so those of a storm after the tenth would only push out their
 * like: in a batch the first ones stand for all. */
static bool is_one_too_many(struct reason_batch *b, bytes id) {
    struct map_node *n = map_find(&b->tallies, id);
    struct tally *t = n ? OWNER(n, struct tally, node) : NULL;
    if (!t) {
        t = ARENA_NEW(&b->memory, struct tally);
        t->node.key = arena_copy(&b->memory, id);
        map_add(&b->tallies, &t->node);
    }
    return ++t->count > REASONS_PER_KEY_MAX;
}

void reason_record(struct connection *c, const struct who *who, const char *event,
                   const char *sentence) {
    char peer[64];
    connection_peer(c, peer);
    log_reason(who, event, sentence, peer);
    if (!who || (who->client_id.len == 0 && !who->certificate_id[0]))
        return;
    struct reason_batch *b = batch_of(c->plane);
    bytes id =
        who->client_id.len ? bytes_slice(who->client_id, 0, 256) : bytes_from(who->certificate_id);
    if (b->count >= BATCH_MAX || is_one_too_many(b, id))
        return; /* a storm */
    b->count++;
    struct reason *r = ARENA_NEW(&b->memory, struct reason);
    r->client_id = arena_copy(&b->memory, bytes_slice(who->client_id, 0, 256));
    r->certificate_id = arena_copy(&b->memory, bytes_from(who->certificate_id));
    r->line = line_of(&b->memory, who, event, sentence, peer);
    r->number = next_number();
    list_push(&b->reasons, &r->link);
}

void reason_connection(struct connection *c, const char *event, const char *sentence) {
    reason_record(c, NULL, event, sentence);
}

/* ---- on a worker ---- */

static void append_number(struct buf *key, uint64_t number) {
    buf_append_u32(key, (uint32_t)(number >> 32));
    buf_append_u32(key, (uint32_t)number);
}

static status keep_line(struct txn *t, bytes id, uint64_t number, bytes line) {
    AUTO(buf) key = {0};
    AUTO(arena) memory = {0};
    struct row *rows;
    size_t count;
    if (id.len == 0)
        return OK;
    buf_append(&key, id);
    buf_append_byte(&key, 0);
    bytes prefix = arena_copy(&memory, buf_bytes(&key));
    append_number(&key, number);
    TRY(store_save(t, TABLE_REASONS, buf_bytes(&key), line));
    struct scan scan = {.prefix = prefix, .limit = REASONS_PER_KEY_MAX + 8};
    TRY(store_scan(t, TABLE_REASONS, &scan, &memory, &rows, &count));
    for (size_t i = 0; i + REASONS_PER_KEY_MAX < count; i++)
        TRY(store_remove(t, TABLE_REASONS, rows[i].key));
    return OK;
}

static status keep_reason(struct txn *t, const struct reason *r) {
    AUTO(buf) key = {0};
    AUTO(buf) ids = {0};
    TRY(keep_line(t, r->client_id, r->number, r->line));
    TRY(keep_line(t, r->certificate_id, r->number, r->line));
    buf_append_byte(&key, 0);
    append_number(&key, r->number);
    buf_append(&ids, r->client_id);
    buf_append_byte(&ids, 0);
    buf_append(&ids, r->certificate_id);
    return store_save(t, TABLE_REASONS, buf_bytes(&key), buf_bytes(&ids));
}

static status drop_line(struct txn *t, bytes id, bytes number) {
    AUTO(buf) key = {0};
    if (id.len == 0)
        return OK;
    buf_append(&key, id);
    buf_append_byte(&key, 0);
    buf_append(&key, number);
    return store_remove(t, TABLE_REASONS, buf_bytes(&key));
}

/* The rows of the ring after `from`: how many, a page at a time. */
static status count_ring(struct txn *t, size_t *out_count) {
    AUTO(arena) memory = {0};
    struct scan scan = {.prefix = BYTES("\0"), .limit = STORE_SCAN_ROWS_MAX};
    struct row *rows;
    size_t count;
    *out_count = 0;
    do {
        TRY(store_scan(t, TABLE_REASONS, &scan, &memory, &rows, &count));
        *out_count += count;
        if (count > 0)
            scan.from = rows[count - 1].key;
        scan.after = true;
    } while (count == scan.limit);
    return OK;
}

static status drop_oldest(struct txn *t, size_t too_many) {
    AUTO(arena) memory = {0};
    struct row *rows;
    size_t count;
    struct scan scan = {.prefix = BYTES("\0"), .limit = too_many};
    TRY(store_scan(t, TABLE_REASONS, &scan, &memory, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        bytes number = bytes_skip(rows[i].key, 1), ids = rows[i].value, id;
        while (bytes_split(&ids, 0, &id))
            TRY(drop_line(t, id, number));
        TRY(store_remove(t, TABLE_REASONS, rows[i].key));
    }
    return OK;
}

/* Keeps the ring at its size. Counting goes through all of it, so it is done once per thousand. */
static status trim(struct txn *t, size_t added) {
    static _Atomic size_t added_since = REASONS_TRIM_EVERY; /* the first one after a start looks */
    size_t count;
    if (atomic_fetch_add(&added_since, added) + added < REASONS_TRIM_EVERY)
        return OK;
    atomic_store(&added_since, 0);
    TRY(count_ring(t, &count));
    while (count > REASONS_MAX) {
        size_t part =
            count - REASONS_MAX < STORE_SCAN_ROWS_MAX ? count - REASONS_MAX : STORE_SCAN_ROWS_MAX;
        TRY(drop_oldest(t, part));
        count -= part;
    }
    return OK;
}

static status keep_batch(struct txn *t, const struct reason_batch *b) {
    size_t added = 0;
    LIST_EACH (link, &b->reasons) {
        TRY(keep_reason(t, OWNER(link, struct reason, link)));
        added++;
    }
    return trim(t, added);
}

static void run(struct job *j) {
    struct reason_batch *b = OWNER(j, struct reason_batch, job);
    struct txn *t;
    status s = store_begin_write(b->plane->server->store, &t);
    if (s == OK) {
        s = keep_batch(t, b);
        if (s == OK)
            s = store_commit(t);
        else
            store_rollback(t);
    }
    if (s != OK)
        log_event(LOG_ERROR, "reasons.lost", "%zu reasons could not be kept for kedge why: %s",
                  b->count, failure_text());
}

static void batch_free(struct reason_batch *b) {
    map_done(&b->tallies);
    arena_done(&b->memory);
    mem_free(b);
}

static void kept(struct job *j) {
    struct reason_batch *b = OWNER(j, struct reason_batch, job);
    b->plane->reasons_under_way = false;
    batch_free(b);
}

/* One batch of a loop is with a worker at a time: a slow disk has few of them waiting. */
static void flush(struct plane *p) {
    struct reason_batch *b = p->reasons;
    if (!b)
        return;
    b->job.run = run;
    b->job.done = kept;
    if (!p->reasons_under_way &&
        workers_post(p->server->workers[CREW_WRITERS], p->loop, &b->job) == OK) {
        p->reasons_under_way = true;
        p->reasons = NULL;
    } else {
        timer_start(p->loop, &p->reasons_timer, REASONS_FLUSH_MS);
    }
}

static void on_time(struct timer *t) {
    flush(OWNER(t, struct plane, reasons_timer));
}

void reasons_start(struct plane *p) {
    p->reasons_timer.on_time = on_time;
}

void reasons_stop(struct plane *p) {
    p->reasons_under_way = false; /* the last one need not wait */
    flush(p);
    timer_stop(p->loop, &p->reasons_timer);
    if (p->reasons) /* the workers would not have it */
        batch_free(TAKE(p->reasons));
}

/* ---- kedge why ---- */

static bool print_line(struct buf *out, struct arena *memory, bytes account, bytes line) {
    static const char *const names[] = {"clientId", "certificateId", "accountId", "peer"};
    const struct json *root;
    if (json_parse(memory, line, &root) != OK)
        return false;
    const struct json *time = json_member(root, BYTES("time")),
                      *event = json_member(root, BYTES("event")),
                      *message = json_member(root, BYTES("message")),
                      *whose = json_member(root, BYTES("accountId"));
    if (!time || !event || !message)
        return false;
    if (account.len && !(json_is_string(whose) && bytes_equal(whose->text, account)))
        return false;
    buf_printf(out, "%.*s  %.*s  %.*s\n", BYTES_ARG(time->text), BYTES_ARG(event->text),
               BYTES_ARG(message->text));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const struct json *v = json_member(root, bytes_from(names[i]));
        if (v && v->text.len)
            buf_printf(out, "    %s %.*s\n", names[i], BYTES_ARG(v->text));
    }
    return true;
}

status reasons_print(struct store *s, bytes id, bytes account, struct buf *out, size_t *out_count) {
    AUTO(arena) memory = {0};
    AUTO(buf) prefix = {0};
    struct txn *t;
    struct row *rows;
    size_t count = 0, printed = 0;
    buf_append(&prefix, bytes_slice(id, 0, 256));
    buf_append_byte(&prefix, 0);
    struct scan scan = {.prefix = buf_bytes(&prefix), .limit = REASONS_PER_KEY_MAX + 8};
    TRY(store_begin_read(s, &t));
    status result = store_scan(t, TABLE_REASONS, &scan, &memory, &rows, &count);
    for (size_t i = 0; result == OK && i < count; i++)
        printed += print_line(out, &memory, account, rows[i].value);
    store_rollback(t);
    *out_count = printed;
    return result;
}
