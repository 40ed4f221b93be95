/* Functions that ask others [AWS rules 4]: what they cannot tell is Undefined, and noted. */
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

const struct sql_function sql_functions_outside[] = {
#define ROW(name, least, most, function) {name, least, most, function},
    SQL_FUNCTIONS_OUTSIDE(ROW)
#undef ROW
        {NULL, 0, 0, NULL}};

static const struct {
    const char *name, *why;
} absent[] = {
    {"get_dynamodb", "it reads Amazon DynamoDB"},
    {"get_secret", "it reads AWS Secrets Manager"},
    {"get_thing_shadow", "this server has no shadows yet"},
    {"machinelearning_predict", "it asks Amazon Machine Learning, which is no more"},
};

const char *sql_function_absence(bytes name) {
    for (size_t i = 0; i < COUNT_OF(absent); i++)
        if (bytes_equal_nocase(name, bytes_from(absent[i].name)))
            return absent[i].why;
    return NULL;
}
