/* Copies of a store that is in use, and whether a file is sound. */
#include "store/sqlite/connection.h"

enum { PAGES_AT_ONCE = 256 };

/* The snapshot is that of the transaction `from` is in, so SQLite does not start over when somebody
 * writes. */
static int copy_pages(sqlite3_backup *b, const struct store_progress *progress) {
    int code;
    while ((code = sqlite3_backup_step(b, PAGES_AT_ONCE)) == SQLITE_OK) {
        int total = sqlite3_backup_pagecount(b), left = sqlite3_backup_remaining(b);
        if (progress)
            progress->at(progress->context, (uint64_t)(total - left), (uint64_t)total);
    }
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* The result is told of `to`: that is the one that may be full. */
static status copy_between(struct connection *from, struct connection *to,
                           const struct store_progress *progress) {
    sqlite3_backup *b = sqlite3_backup_init(to->db, "main", from->db, "main");
    if (!b)
        return connection_fail(to, sqlite3_errcode(to->db));
    int code = copy_pages(b, progress);
    (void)sqlite3_backup_finish(b);
    return code == SQLITE_OK ? OK : connection_fail(to, code);
}

status connection_copy(struct connection *c, const char *path,
                       const struct store_progress *progress) {
    struct connection *to;
    int64_t objects;
    TRY(connection_new(path, 1024, &to));
    status s = connection_control(c, CONTROL_BEGIN_READ);
    if (s == OK) {
        s = connection_number(c, "SELECT count(*) FROM sqlite_schema", &objects);
        if (s == OK)
            s = copy_between(c, to, progress);
        (void)connection_try(c, CONTROL_ROLLBACK);
    }
    connection_free(to);
    return s;
}

status connection_verify(struct connection *c) {
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(c->db, "PRAGMA integrity_check(1)", -1, &statement, NULL);
    if (code != SQLITE_OK)
        return connection_fail(c, code);
    status s = OK;
    code = sqlite3_step(statement);
    if (code != SQLITE_ROW) {
        s = connection_fail(c, code);
    } else if (!bytes_equal(bytes_from((const char *)sqlite3_column_text(statement, 0)),
                            BYTES("ok"))) {
        s = FAIL(E_INTERNAL, "The store %s is damaged (%s): restore it from a backup", c->path,
                 (const char *)sqlite3_column_text(statement, 0));
    }
    (void)sqlite3_finalize(statement);
    return s;
}
