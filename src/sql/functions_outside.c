/* Functions that ask others [AWS rules 4]: what they cannot tell is Undefined, and noted. */
#include "codec/base64.h"
#include "codec/protobuf.h"
#include "sql/evaluate.h"

static void note_failure(const struct sql_call *c, const char *function) {
    if (c->evaluation->failures)
        buf_printf(c->evaluation->failures, "%s: %s\n", function, failure_text());
}

/* What an answer in JSON is worth. */
static struct sql_value answered(const struct sql_call *c, const char *function, status s,
                                 bytes answer) {
    const struct json *root;
    if (s == OK)
        s = json_parse(c->evaluation->arena, answer, &root);
    if (s == OK)
        return sql_from_json(root, sql_keeps_decimals(c->evaluation));
    note_failure(c, function);
    return sql_undefined();
}

static struct sql_value aws_lambda_(struct sql_call *c) {
    const struct sql_outside *outside = c->evaluation->outside;
    AUTO(buf) event = {0};
    bytes function, answer = {0};
    if (!outside || !outside->invoke || !sql_argument_text(c, 0, &function))
        return sql_undefined();
    sql_serialise(&c->arguments[1], &event);
    status s = outside->invoke(outside->context, function, buf_bytes(&event), c->evaluation->arena,
                               &answer);
    return answered(c, "aws_lambda", s, answer);
}

static struct sql_value get_registry_data_(struct sql_call *c) {
    const struct sql_outside *outside = c->evaluation->outside;
    bytes operation, thing, role, answer = {0};
    if (!outside || !outside->registry_data || !sql_argument_text(c, 0, &operation) ||
        !sql_argument_text(c, 1, &thing) || !sql_argument_text(c, 2, &role))
        return sql_undefined();
    status s = outside->registry_data(outside->context, operation, thing, role,
                                      c->evaluation->arena, &answer);
    return answered(c, "get_registry_data", s, answer);
}

static bool read_key(struct sql_call *c, size_t at, struct sql_key *out) {
    const struct sql_value *value = &c->arguments[at + 1];
    out->is_number = value->type == SQL_INT || value->type == SQL_DECIMAL;
    return (out->is_number || value->type == SQL_STRING) &&
           sql_argument_text(c, at, &out->column) && sql_argument_text(c, at + 1, &out->value);
}

/* Without such a row it is Undefined, which is no failure: a new device may have none. */
static struct sql_value get_dynamodb_(struct sql_call *c) {
    const struct sql_outside *outside = c->evaluation->outside;
    struct sql_key keys[2] = {{.is_number = false}};
    bool has_sort_key = c->count == 6;
    bytes table, role, answer = {0};
    if (!outside || !outside->row || c->count == 5 || !sql_argument_text(c, 0, &table) ||
        !read_key(c, 1, &keys[0]) || (has_sort_key && !read_key(c, 3, &keys[1])) ||
        !sql_argument_text(c, c->count - 1, &role))
        return sql_undefined();
    status s = outside->row(outside->context, table, keys, has_sort_key ? 2 : 1, role,
                            c->evaluation->arena, &answer);
    return s == OK && answer.len == 0 ? sql_undefined() : answered(c, "get_dynamodb", s, answer);
}

/* ---- get_secret(id, type[, key], role): its sentences never hold any of the value ---- */

static status member_of_secret(const struct sql_call *c, bytes value, bytes key,
                               struct sql_value *out) {
    const struct json *root, *member = NULL;
    if (json_parse(c->evaluation->arena, value, &root) == OK)
        member = json_member(root, key);
    if (!member)
        return FAIL(E_INVALID, "the secret is no JSON object with a member %.*s",
                    BYTES_ARG(bytes_slice(key, 0, 100)));
    *out = sql_from_json(member, sql_keeps_decimals(c->evaluation));
    return OK;
}

/* An object is one; anything else is text. */
static struct sql_value whole_secret(const struct sql_call *c, bytes value) {
    const struct json *root;
    if (json_parse(c->evaluation->arena, value, &root) == OK && root->type == JSON_OBJECT)
        return sql_from_json(root, sql_keeps_decimals(c->evaluation));
    return sql_string(value);
}

static struct sql_value binary_secret(const struct sql_call *c, bytes value) {
    AUTO(buf) text = {0};
    base64_encode(value, &text);
    return sql_string(arena_copy(c->evaluation->arena, buf_bytes(&text)));
}

static status read_secret(struct sql_call *c, bytes id, bool is_binary, bytes role,
                          struct sql_value *out) {
    const struct sql_outside *outside = c->evaluation->outside;
    bytes value = {0}, key = {0};
    bool has_key = c->count > 3;
    if (has_key && (is_binary || !sql_argument_text(c, 2, &key)))
        return FAIL(E_INVALID, "a key is a text, and only for a SecretString");
    TRY(outside->secret(outside->context, id, is_binary, role, c->evaluation->arena, &value));
    sql_spend(c->evaluation, value.len);
    if (has_key)
        return member_of_secret(c, value, key, out);
    *out = is_binary ? binary_secret(c, value) : whole_secret(c, value);
    return OK;
}

static struct sql_value get_secret_(struct sql_call *c) {
    const struct sql_outside *outside = c->evaluation->outside;
    bytes id, type, role;
    struct sql_value out = sql_undefined();
    if (!outside || !outside->secret || !sql_argument_text(c, 0, &id) ||
        !sql_argument_text(c, 1, &type) || !sql_argument_text(c, c->count - 1, &role))
        return out;
    bool is_binary = bytes_equal(type, BYTES("SecretBinary"));
    status s = OK;
    if (is_binary || bytes_equal(type, BYTES("SecretString")))
        s = read_secret(c, id, is_binary, role, &out);
    else
        s = FAIL(E_INVALID, "its second argument is SecretString or SecretBinary");
    if (s != OK)
        note_failure(c, "get_secret");
    return out;
}

/* ---- decode(value, 'proto', bucket, key, file, type) ---- */

/* The message as it came, or the text's base64. */
static status take_data(struct sql_call *c, bytes *out) {
    bytes text;
    if (c->whole & 1 && !c->evaluation->scope) {
        *out = c->evaluation->message->payload;
        return OK;
    }
    if (!sql_argument_text(c, 0, &text))
        return FAIL(E_INVALID, "what is to be decoded is Undefined");
    return base64_decode(c->evaluation->arena, text, out);
}

static status read_proto(struct sql_call *c, bytes *out_json) {
    const struct sql_outside *outside = c->evaluation->outside;
    struct arena *a = c->evaluation->arena;
    AUTO(buf) json = {0};
    const struct protobuf *types;
    bytes bucket, key, file, type, data, set = {0};
    if (!sql_argument_text(c, 2, &bucket) || !sql_argument_text(c, 3, &key) ||
        !sql_argument_text(c, 4, &file) || !sql_argument_text(c, 5, &type))
        return FAIL(E_INVALID, "a bucket, a key, a file and a type are texts");
    TRY(take_data(c, &data));
    TRY(outside->object(outside->context, bucket, key, a, &set));
    sql_spend(c->evaluation, data.len + set.len / 16);
    TRY(protobuf_read(set, a, &types));
    TRY(protobuf_to_json(types, file, type, data, &json));
    *out_json = arena_copy(a, buf_bytes(&json));
    return OK;
}

static struct sql_value decode_proto_(struct sql_call *c) {
    bytes json = {0};
    if (!c->evaluation->outside || !c->evaluation->outside->object)
        return sql_undefined();
    return answered(c, "decode", read_proto(c, &json), json);
}

const struct sql_function sql_function_decode_proto = {"decode", 6, 6, decode_proto_};

#define ROW(name, least, most, function) {name, least, most, function},
const struct sql_function sql_functions_outside[] = {SQL_FUNCTIONS_OUTSIDE(ROW){NULL, 0, 0, NULL}};
const struct sql_function sql_functions_secret[] = {SQL_FUNCTIONS_SECRET(ROW){NULL, 0, 0, NULL}};
#undef ROW

static const struct {
    const char *name, *why;
} absent[] = {
    {"get_thing_shadow", "this server has no shadows yet"},
    {"machinelearning_predict", "it asks Amazon Machine Learning, which is no more"},
};

const char *sql_function_absence(bytes name) {
    for (size_t i = 0; i < COUNT_OF(absent); i++)
        if (bytes_equal_nocase(name, bytes_from(absent[i].name)))
            return absent[i].why;
    return NULL;
}
