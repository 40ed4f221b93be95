#include "store/sqlite/schema.h"

#include <stdio.h>

/* "KEDG", so that file(1) and a careful administrator can tell. */
#define APPLICATION_ID 1262830663

/* WITHOUT ROWID keeps key and value in one tree: right for small rows. Large ones would make that
 * tree deep, since even its inner pages carry whole rows; they get a tree by number and an index.
 */
static status create_tables(struct connection *c) {
    char sql[200];
    for (enum table i = 0; i < TABLE_COUNT; i++) {
        (void)snprintf(
            sql, sizeof sql,
            "CREATE TABLE IF NOT EXISTS %s (key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL)%s",
            store_table_name(i), store_table_is_large(i) ? "" : " WITHOUT ROWID");
        TRY(connection_run(c, sql));
    }
    return OK;
}

/* Step i brings a file from version i to i + 1. New tables are one more step of create_tables,
 * which makes those that are missing; a step that changes what is there is a function of its own.
 */
static status (*const migrations[])(struct connection *c) = {
    create_tables, /* 1 */
    create_tables, /* 2: role aliases, settings of accounts */
    create_tables, /* 3: thing types, tags, billing groups, thing groups */
    create_tables, /* 4: what provisioning and the life cycle of certificates need */
};
enum { VERSION = COUNT_OF(migrations) };

static status migrate(struct connection *c, int64_t from) {
    char sql[80];
    for (int64_t i = from; i < VERSION; i++)
        TRY(migrations[i](c));
    (void)snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   APPLICATION_ID, VERSION);
    return connection_run(c, sql);
}

static status check_version(struct connection *c, int64_t *out_version) {
    int64_t application, version, objects;
    TRY(connection_number(c, "PRAGMA application_id", &application));
    TRY(connection_number(c, "PRAGMA user_version", &version));
    TRY(connection_number(c, "SELECT count(*) FROM sqlite_schema", &objects));
    bool is_new = application == 0 && version == 0 && objects == 0;
    if (!is_new && application != APPLICATION_ID)
        return connection_fail(c, SQLITE_NOTADB);
    if (version > VERSION)
        return FAIL(E_INVALID,
                    "The store %s was written by a newer Kedge (its layout has version %d, this "
                    "Kedge knows %d): run that Kedge, or restore a backup of before",
                    c->path, (int)version, VERSION);
    *out_version = version;
    return OK;
}

static status migrate_alone(struct connection *c) {
    int64_t version;
    TRY(connection_control(c, CONTROL_BEGIN_WRITE));
    status s = check_version(c, &version); /* again: another process may have been quicker */
    if (s == OK)
        s = migrate(c, version);
    if (s == OK)
        s = connection_control(c, CONTROL_COMMIT);
    if (s != OK)
        (void)connection_try(c, CONTROL_ROLLBACK);
    return s;
}

/* In one transaction: another process may be making the tables at this moment. */
static status check_version_alone(struct connection *c, int64_t *out_version) {
    TRY(connection_control(c, CONTROL_BEGIN_READ));
    status s = check_version(c, out_version);
    (void)connection_try(c, CONTROL_ROLLBACK);
    return s;
}

status schema_prepare(struct connection *c) {
    int64_t version;
    TRY(check_version_alone(c, &version));
    TRY(connection_run(c, "PRAGMA journal_mode = WAL"));
    return version == VERSION ? OK : migrate_alone(c);
}
