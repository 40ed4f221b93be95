/* The default store: one SQLite file, one writer with group commit, readers of their own. */
#include "store/sqlite/batch.h"
#include "store/sqlite/schema.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Page caches, per connection, filled as they are used: an idle server is to stay below 15 MiB in
 * all. A reader's holds the inner pages of a registry of a million; its leaves come from the
 * system's cache. The file is not mapped: that saves a third of a look-up, but the mapped pages
 * count as the process's own for those who watch it, and a failing disk would end it by a signal.
 */
enum { WRITER_CACHE_KIB = 1024, READER_CACHE_KIB = 1024, IDLE_READERS_MAX = 8 };

struct sqlite_store {
    struct store base;
    char path[PATH_MAX];
    struct batches batches;
    pthread_mutex_t mutex;    /* for what follows */
    struct list idle_readers; /* the one used last is first: its cache is warm */
    size_t idle_count, open_count;
};

struct sqlite_txn {
    struct member member; /* first: holds the struct txn */
    struct connection *connection;
};

static struct sqlite_store *store_of(struct store *s) {
    return OWNER(s, struct sqlite_store, base);
}
static struct sqlite_txn *txn_of(struct txn *t) {
    return OWNER(t, struct sqlite_txn, member.base);
}

/* The file holds secret access keys. SQLite gives -wal and -shm the mode of the file itself. */
static status make_file(const char *directory, const char *path) {
    struct stat about;
    if (stat(directory, &about) != 0)
        return FAIL(E_UNAVAILABLE, "There is no data directory %s: start the server first",
                    directory);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)close(fd); /* new, so no lock of ours is lost by closing it */
        return OK;
    }
    if (errno != EEXIST)
        return FAIL(E_UNAVAILABLE, "Cannot make %s: %s", path, strerror(errno));
    return OK;
}

static status open_writer(const char *directory, char path[PATH_MAX],
                          struct connection **out_writer) {
    struct connection *writer;
    if (snprintf(path, PATH_MAX, "%s/kedge.db", directory) >= PATH_MAX)
        return FAIL(E_INVALID, "The name of the data directory is too long");
    TRY(make_file(directory, path));
    TRY(connection_new(path, WRITER_CACHE_KIB, &writer));
    status s = schema_prepare(writer);
    if (s != OK) {
        connection_free(writer);
        return s;
    }
    *out_writer = writer;
    return OK;
}

static status sqlite_open(const char *directory, struct store **out_store) {
    struct connection *writer;
    struct sqlite_store *s = NEW(struct sqlite_store);
    s->base.ops = &store_sqlite;
    status result = open_writer(directory, s->path, &writer);
    if (result != OK) {
        mem_free(s);
        return result;
    }
    batches_init(&s->batches, writer);
    pthread_mutex_init(&s->mutex, NULL);
    list_init(&s->idle_readers);
    *out_store = &s->base;
    return OK;
}

static void sqlite_close(struct store *base) {
    struct sqlite_store *s = store_of(base);
    assert(s->open_count == 0);
    LIST_EACH (link, &s->idle_readers)
        connection_free(OWNER(link, struct connection, link));
    batches_done(&s->batches); /* last: it copies the log into the file */
    pthread_mutex_destroy(&s->mutex);
    mem_free(s);
}

static struct txn *txn_new(struct sqlite_store *s, struct connection *c, bool writes) {
    struct sqlite_txn *t = NEW(struct sqlite_txn);
    t->member.base.store = &s->base;
    t->member.base.writes = writes;
    t->connection = c;
    return &t->member.base;
}

static void count_transactions(struct sqlite_store *s, int difference) {
    pthread_mutex_lock(&s->mutex);
    s->open_count += (size_t)difference;
    pthread_mutex_unlock(&s->mutex);
}

static status take_reader(struct sqlite_store *s, struct connection **out_reader) {
    pthread_mutex_lock(&s->mutex);
    struct list *idle = list_pop(&s->idle_readers);
    if (idle)
        s->idle_count--;
    pthread_mutex_unlock(&s->mutex);
    if (!idle)
        return connection_new(s->path, READER_CACHE_KIB, out_reader);
    *out_reader = OWNER(idle, struct connection, link);
    return OK;
}

static void give_reader_back(struct sqlite_store *s, struct connection *c) {
    pthread_mutex_lock(&s->mutex);
    bool keep = s->idle_count < IDLE_READERS_MAX && !connection_is_in_transaction(c);
    if (keep) {
        list_push(s->idle_readers.next, &c->link); /* before the first */
        s->idle_count++;
    }
    pthread_mutex_unlock(&s->mutex);
    if (!keep)
        connection_free(c);
}

static status sqlite_begin_read(struct store *base, struct txn **out_txn) {
    struct sqlite_store *s = store_of(base);
    struct connection *c;
    TRY(take_reader(s, &c));
    status begun = connection_control(c, CONTROL_BEGIN_READ);
    if (begun != OK) {
        connection_free(c);
        return begun;
    }
    count_transactions(s, 1);
    *out_txn = txn_new(s, c, false);
    return OK;
}

static status sqlite_begin_write(struct store *base, struct txn **out_txn) {
    struct sqlite_store *s = store_of(base);
    TRY(batches_begin(&s->batches));
    count_transactions(s, 1);
    *out_txn = txn_new(s, s->batches.writer, true);
    return OK;
}

size_t sqlite_writers_waiting(struct store *base) {
    return turn_waiting(&store_of(base)->batches.turn);
}

static status sqlite_commit(struct txn *t) {
    struct sqlite_store *s = store_of(t->store);
    status result = batches_keep(&s->batches, &txn_of(t)->member);
    count_transactions(s, -1);
    return result;
}

static void sqlite_rollback(struct txn *t) {
    struct sqlite_store *s = store_of(t->store);
    if (t->writes) {
        batches_undo(&s->batches);
    } else {
        struct connection *c = txn_of(t)->connection;
        (void)connection_try(c, CONTROL_ROLLBACK);
        give_reader_back(s, c);
    }
    count_transactions(s, -1);
}

/* A failing statement of the writer may have cost the whole batch its transaction. */
static status fail(struct txn *t, int code) {
    status s = connection_fail(txn_of(t)->connection, code);
    if (t->writes)
        batches_check(&store_of(t->store)->batches, code);
    return s;
}

/* Empty bytes are an empty blob, not NULL. */
static void bind(sqlite3_stmt *statement, int place, bytes value) {
    (void)sqlite3_bind_blob(statement, place, value.len ? (const void *)value.ptr : "",
                            (int)value.len, SQLITE_STATIC);
}

static bytes column(sqlite3_stmt *statement, int place, struct arena *a) {
    const void *data = sqlite3_column_blob(statement, place);
    return arena_copy(a, bytes_of(data, (size_t)sqlite3_column_bytes(statement, place)));
}

static status sqlite_load(struct txn *t, enum table table, bytes key, struct arena *a,
                          bytes *out_value) {
    sqlite3_stmt *statement;
    TRY(connection_query(txn_of(t)->connection, QUERY_LOAD, table, &statement));
    bind(statement, 1, key);
    bool found = sqlite3_step(statement) == SQLITE_ROW;
    if (found)
        *out_value = column(statement, 0, a);
    int code = sqlite3_reset(statement);
    if (code != SQLITE_OK)
        return fail(t, code);
    return found ? OK : FAIL(E_NOT_FOUND, "The specified resource does not exist");
}

static status sqlite_has(struct txn *t, enum table table, bytes key, bool *out_present) {
    sqlite3_stmt *statement;
    TRY(connection_query(txn_of(t)->connection, QUERY_HAS, table, &statement));
    bind(statement, 1, key);
    bool found = sqlite3_step(statement) == SQLITE_ROW;
    int code = sqlite3_reset(statement);
    if (code != SQLITE_OK)
        return fail(t, code);
    *out_present = found;
    return OK;
}

static status sqlite_save(struct txn *t, enum table table, bytes key, bytes value) {
    sqlite3_stmt *statement;
    TRY(connection_query(txn_of(t)->connection, QUERY_SAVE, table, &statement));
    bind(statement, 1, key);
    bind(statement, 2, value);
    (void)sqlite3_step(statement);
    int code = sqlite3_reset(statement);
    return code == SQLITE_OK ? OK : fail(t, code);
}

static status sqlite_remove(struct txn *t, enum table table, bytes key) {
    sqlite3_stmt *statement;
    TRY(connection_query(txn_of(t)->connection, QUERY_REMOVE, table, &statement));
    bind(statement, 1, key);
    (void)sqlite3_step(statement);
    int code = sqlite3_reset(statement);
    return code == SQLITE_OK ? OK : fail(t, code);
}

static status sqlite_scan(struct txn *t, enum table table, const struct range *range,
                          struct arena *a, struct row *out_rows, size_t *out_count) {
    sqlite3_stmt *statement;
    enum query query = range->descending ? QUERY_SCAN_DOWN : QUERY_SCAN_UP;
    size_t count = 0;
    TRY(connection_query(txn_of(t)->connection, query, table, &statement));
    bind(statement, 1, range->low);
    bind(statement, 2, range->high);
    (void)sqlite3_bind_int64(statement, 3, (sqlite3_int64)range->limit);
    for (; sqlite3_step(statement) == SQLITE_ROW; count++)
        out_rows[count] = (struct row){column(statement, 0, a), column(statement, 1, a)};
    int code = sqlite3_reset(statement);
    if (code != SQLITE_OK)
        return fail(t, code);
    *out_count = count;
    return OK;
}

/* A connection of its own: what a long walk reads is not to push others' pages out of a cache. */
static status sqlite_copy(struct store *base, const char *directory,
                          const struct store_progress *progress) {
    struct connection *source;
    char path[PATH_MAX];
    if (snprintf(path, PATH_MAX, "%s/kedge.db", directory) >= PATH_MAX)
        return FAIL(E_INVALID, "The name of the directory is too long: %.100s…", directory);
    if (access(path, F_OK) == 0)
        return FAIL(E_EXISTS, "There is a store in %s already", directory);
    TRY(make_file(directory, path));
    TRY(connection_new(store_of(base)->path, READER_CACHE_KIB, &source));
    status s = connection_copy(source, path, progress);
    connection_free(source);
    return s;
}

static status sqlite_verify(struct store *base) {
    struct connection *c;
    TRY(connection_new(store_of(base)->path, READER_CACHE_KIB, &c));
    status s = connection_verify(c);
    connection_free(c);
    return s;
}

/* Pages of a transaction that do not fit into the cache go to the log early, and again when they
 * change again. The figures are good for a transaction of 16,384 certificates. */
static void sqlite_expect_much(struct store *base) {
    struct connection *writer = store_of(base)->batches.writer;
    if (connection_run(writer, "PRAGMA cache_size = -131072; PRAGMA wal_autocheckpoint = 32768") !=
        OK)
        return; /* slower, then */
}

const struct store_ops store_sqlite = {
    "sqlite",      sqlite_open,     sqlite_close, sqlite_begin_read, sqlite_begin_write,
    sqlite_commit, sqlite_rollback, sqlite_load,  sqlite_has,        sqlite_save,
    sqlite_remove, sqlite_scan,     sqlite_copy,  sqlite_verify,     sqlite_expect_much,
};
