/* dynamoDB and dynamoDBv2: the result as a row of a table in a SQL database [AWS rules 6.2]. The
 * members are those of AWS: keys and payload in columns of the names given, or each member of the
 * result in the column of its name. */
#include "codec/json.h"
#include "registry/arn.h"
#include "rules/action.h"
#include "rules/tables.h"
#include "store/record.h"

enum { ATTEMPTS_MAX = 10, CELLS_MAX = 500 };

/* A key: its column, and its value as a template. */
struct key {
    bytes column; /* or no bytes: there is none */
    struct sql_template *value;
    bool is_number;
};

struct dynamodb {
    struct arena memory;
    bytes role;
    struct sql_template *table, *operation; /* operation: NULL is INSERT */
    struct key keys[2];                     /* hash, range */
    struct sql_template *payload_field;     /* NULL is "payload" */
};

static void release(void *compiled) {
    struct dynamodb *d = compiled;
    if (!d)
        return;
    sql_template_free(d->table);
    sql_template_free(d->operation);
    sql_template_free(d->keys[0].value);
    sql_template_free(d->keys[1].value);
    sql_template_free(d->payload_field);
    arena_done(&d->memory);
    mem_free(d);
}

/* ---- reading ---- */

static status compile_optional(const struct sql_statement *s, const struct json *members,
                               const char *name, struct sql_template **out) {
    const struct json *value = json_member(members, bytes_from(name));
    return json_is_string(value) ? sql_template_compile(s, value->text, out) : OK;
}

static status compile_role(const struct json *members, struct dynamodb *d) {
    bytes role;
    TRY(action_require(members, "roleArn", &role));
    d->role = arena_copy(&d->memory, role);
    return role_arn_check(role);
}

static status compile_key(const struct sql_statement *s, const struct json *members,
                          const char *const names[3], struct dynamodb *d, struct key *out) {
    const struct json *type = json_member(members, bytes_from(names[2]));
    bytes column, value;
    TRY(action_require(members, names[0], &column));
    TRY(action_require(members, names[1], &value));
    out->is_number = json_is_string(type) && bytes_equal(type->text, BYTES("NUMBER"));
    if (json_is_string(type) && !out->is_number && !bytes_equal(type->text, BYTES("STRING")))
        return FAIL(E_INVALID, "The %s of a dynamoDB action is STRING or NUMBER", names[2]);
    out->column = arena_copy(&d->memory, column);
    return sql_template_compile(s, value, &out->value);
}

static status fill_v1(const struct sql_statement *s, const struct json *members,
                      struct dynamodb *d) {
    static const char *const hash[] = {"hashKeyField", "hashKeyValue", "hashKeyType"},
                             *const range[] = {"rangeKeyField", "rangeKeyValue", "rangeKeyType"};
    bytes table;
    TRY(compile_role(members, d));
    TRY(action_require(members, "tableName", &table));
    TRY(sql_template_compile(s, table, &d->table));
    TRY(compile_key(s, members, hash, d, &d->keys[0]));
    if (json_member(members, BYTES("rangeKeyField")))
        TRY(compile_key(s, members, range, d, &d->keys[1]));
    TRY(compile_optional(s, members, "operation", &d->operation));
    return compile_optional(s, members, "payloadField", &d->payload_field);
}

static status fill_v2(const struct sql_statement *s, const struct json *members,
                      struct dynamodb *d) {
    bytes table;
    TRY(compile_role(members, d));
    TRY(action_require(json_member(members, BYTES("putItem")), "tableName", &table));
    return sql_template_compile(s, table, &d->table);
}

typedef status fill(const struct sql_statement *s, const struct json *members, struct dynamodb *d);

static status compile_by(fill *fill_in, const struct sql_statement *s, const struct json *members,
                         void **out) {
    struct dynamodb *d = NEW(struct dynamodb);
    status result = fill_in(s, members, d);
    if (result != OK) {
        release(d);
        return result;
    }
    *out = d;
    return OK;
}

static status compile_v1(const struct sql_statement *s, const struct json *members, void **out) {
    return compile_by(fill_v1, s, members, out);
}

static status compile_v2(const struct sql_statement *s, const struct json *members, void **out) {
    return compile_by(fill_v2, s, members, out);
}

/* ---- running ---- */

/* What the outbox keeps: the cells as column, kind, text in turn. */
struct table_row {
    bytes table, cells;
    enum table_act act;
};
static const struct field fields[] = {
    FIELD(1, struct table_row, table),
    FIELD(2, struct table_row, cells),
    FIELD_BELOW(3, struct table_row, act, TABLE_ACT_COUNT),
};

static void add_cell(struct buf *cells, bytes column, enum cell_kind kind, bytes text) {
    uint8_t letter = (uint8_t)('0' + (int)kind);
    record_list_add(cells, column);
    record_list_add(cells, bytes_of(&letter, 1));
    record_list_add(cells, text);
}

static status put_row(const struct dynamodb *d, struct action_run *run,
                      const struct table_row *row) {
    static const char *const actions[TABLE_ACT_COUNT] = {[TABLE_PUT] = "dynamodb:PutItem",
                                                         [TABLE_UPDATE] = "dynamodb:UpdateItem",
                                                         [TABLE_REMOVE] = "dynamodb:DeleteItem"};
    AUTO(buf) content = {0};
    AUTO(buf) resource = {0};
    buf_text(&resource, "table/");
    buf_append(&resource, row->table);
    TRY(action_may(run, d->role, actions[row->act], buf_bytes(&resource)));
    struct later later = {.lane = row->table};
    record_encode(fields, COUNT_OF(fields), row, &content);
    return delivery_put(run, &later, buf_bytes(&content));
}

static bool is_number(struct arena *a, bytes text) {
    const struct json *value;
    return json_parse(a, text, &value) == OK && value->type == JSON_NUMBER;
}

static status add_key(struct action_run *run, const struct key *k, struct buf *cells) {
    AUTO(buf) value = {0};
    if (k->column.len == 0)
        return OK;
    TRY(action_fill(k->value, run->evaluation, "key", &value));
    if (k->is_number && !is_number(run->evaluation->arena, buf_bytes(&value)))
        return FAIL(E_INVALID, "the value of the key %.*s is no number", BYTES_ARG(k->column));
    add_cell(cells, k->column, k->is_number ? CELL_NUMBER : CELL_TEXT, buf_bytes(&value));
    return OK;
}

static status find_act(const struct dynamodb *d, struct action_run *run, enum table_act *out) {
    static const char *const names[] = {
        [TABLE_PUT] = "INSERT", [TABLE_UPDATE] = "UPDATE", [TABLE_REMOVE] = "DELETE"};
    AUTO(buf) name = {0};
    *out = TABLE_PUT;
    if (!d->operation)
        return OK;
    TRY(action_fill(d->operation, run->evaluation, "operation", &name));
    for (unsigned i = 0; i < TABLE_ACT_COUNT; i++)
        if (bytes_equal_nocase(buf_bytes(&name), bytes_from(names[i]))) {
            *out = (enum table_act)i;
            return OK;
        }
    return FAIL(E_INVALID, "the operation is INSERT, UPDATE or DELETE, not '%.*s'",
                BYTES_ARG(bytes_slice(buf_bytes(&name), 0, 50)));
}

static status run_v1(const void *compiled, struct action_run *run) {
    const struct dynamodb *d = compiled;
    AUTO(buf) cells = {0};
    AUTO(buf) column = {0};
    struct table_row row = {0};
    TRY(action_fill(d->table, run->evaluation, "tableName", &run->resource));
    TRY(find_act(d, run, &row.act));
    TRY(add_key(run, &d->keys[0], &cells));
    TRY(add_key(run, &d->keys[1], &cells));
    if (d->payload_field)
        TRY(action_fill(d->payload_field, run->evaluation, "payloadField", &column));
    else
        buf_text(&column, "payload");
    if (!bytes_are_utf8(run->payload))
        return FAIL(E_INVALID, "the payload is no text: encode(*, 'base64') makes it one");
    if (row.act != TABLE_REMOVE)
        add_cell(&cells, buf_bytes(&column), CELL_TEXT, run->payload);
    row.table = buf_bytes(&run->resource);
    row.cells = buf_bytes(&cells);
    return put_row(d, run, &row);
}

static void add_member(struct buf *cells, const struct json *member) {
    AUTO(buf) text = {0};
    struct json_writer w;
    json_start(&w, &text);
    switch (member->type) {
    case JSON_NULL:
        add_cell(cells, member->name, CELL_NULL, (bytes){0});
        return;
    case JSON_FALSE:
    case JSON_TRUE:
        add_cell(cells, member->name, CELL_BOOL,
                 member->type == JSON_TRUE ? BYTES("true") : BYTES("false"));
        return;
    case JSON_NUMBER:
        add_cell(cells, member->name, CELL_NUMBER, member->text);
        return;
    case JSON_STRING:
        add_cell(cells, member->name, CELL_TEXT, member->text);
        return;
    case JSON_ARRAY:
    case JSON_OBJECT:
        json_value(&w, member);
        add_cell(cells, member->name, CELL_TEXT, buf_bytes(&text));
        return;
    }
}

static status run_v2(const void *compiled, struct action_run *run) {
    const struct dynamodb *d = compiled;
    AUTO(buf) cells = {0};
    const struct json *item;
    TRY(action_fill(d->table, run->evaluation, "tableName", &run->resource));
    if (!run->is_json || json_parse(run->evaluation->arena, run->payload, &item) != OK ||
        item->type != JSON_OBJECT || item->count == 0 || item->count > CELLS_MAX)
        return FAIL(E_INVALID,
                    "the result is no JSON object with 1 to %d members, each of which "
                    "would go into the column of its name",
                    CELLS_MAX);
    JSON_EACH (member, item)
        if (json_member(item, member->name) == member) /* the last one of a name counts */
            add_member(&cells, member);
    struct table_row row = {buf_bytes(&run->resource), buf_bytes(&cells), TABLE_PUT};
    return put_row(d, run, &row);
}

/* ---- delivering ---- */

static size_t read_cells(bytes list, struct cell *out, size_t max) {
    bytes column, kind, text;
    size_t count = 0;
    while (count < max && record_list_next(&list, &column) && record_list_next(&list, &kind) &&
           record_list_next(&list, &text) && kind.len == 1 &&
           (unsigned)(kind.ptr[0] - '0') < CELL_KIND_COUNT)
        out[count++] = (struct cell){column, (enum cell_kind)(kind.ptr[0] - '0'), text};
    return count;
}

static status deliver(const struct outward *o, struct delivered *items, size_t count,
                      struct arena *a) {
    struct table_row row = {0};
    struct cell *cells = ARENA_ARRAY(a, struct cell, CELLS_MAX);
    UNUSED(count); /* one */
    TRY(record_decode(fields, COUNT_OF(fields), items->delivery.content, &row));
    if (!o->tables)
        return FAIL(E_INVALID, "this server has no database for tables: kedge serve --tables names "
                               "one");
    size_t cell_count = read_cells(row.cells, cells, CELLS_MAX);
    return tables_act(o->tables, row.act, row.table, cells, cell_count, a);
}

/* One at a time, so that what is put last under a key stays. */
static const struct action_later later = {.at_a_time = 1,
                                          .attempts_max = ATTEMPTS_MAX,
                                          .again_first_ms = 1000,
                                          .again_most_ms = 60000,
                                          .deliver = deliver};

const struct action_kind action_dynamodb = {.name = "dynamoDB",
                                            .failed = "DynamoDBAction",
                                            .compile = compile_v1,
                                            .release = release,
                                            .run = run_v1,
                                            .later = &later};
const struct action_kind action_dynamodb_v2 = {.name = "dynamoDBv2",
                                               .failed = "DynamoDBv2Action",
                                               .compile = compile_v2,
                                               .release = release,
                                               .run = run_v2,
                                               .later = &later};
