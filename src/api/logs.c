#include "api/logs.h"

#include "codec/base64.h"

static const struct {
    logs_function *function;
    enum access access;
} rows[LOGS_OPERATIONS] = {
#define LOGS_ROW(operation, function, access) [LOGS_##operation] = {function, access},
    HANDLERS_LOGS(LOGS_ROW)
#undef LOGS_ROW
};

static status answer(struct call *c) {
    size_t row = (size_t)(c->operation - model_logs.operations);
    struct log_book b = {NULL, c->arena, c->registry.account};
    bool writes = rows[row].access == WRITE;
    if (!c->config->logs)
        return FAIL(E_UNAVAILABLE, "This server keeps no logs");
    if (!writes)
        logs_settle(c->config->logs);
    TRY(writes ? logs_begin_write(c->config->logs, &b.txn)
               : logs_begin_read(c->config->logs, &b.txn));
    status s = rows[row].function(c, &b);
    if (s != OK || !writes) {
        store_rollback(b.txn);
        return s;
    }
    TRY(store_commit(b.txn));
    if (row == LOGS_DELETE_LOG_GROUP || row == LOGS_DELETE_LOG_STREAM)
        logs_tidy(c->config->logs);
    return OK;
}

const struct handler handlers_logs[LOGS_OPERATIONS] = {
#define LOGS_HANDLER(operation, function, access) [LOGS_##operation] = {answer, NULL, NO_STORE},
    HANDLERS_LOGS(LOGS_HANDLER)
#undef LOGS_HANDLER
};

const struct error_name errors_logs[] = {
    {E_INVALID, "InvalidParameterException", 400},
    {E_VALIDATION, "InvalidParameterException", 400},
    {OK, NULL, 0},
};

/* ---- what they share ---- */

enum { ARN_COLONS = 6 };

/* "arn:aws:logs:REGION:ACCOUNT:log-group:NAME", maybe with ":*" behind it; or a name. */
static bytes name_of(bytes identifier) {
    if (!bytes_start_with(identifier, BYTES("arn:")))
        return identifier;
    bytes rest = identifier, part;
    for (int i = 0; i < ARN_COLONS; i++)
        if (!bytes_split(&rest, ':', &part))
            return (bytes){0};
    return bytes_slice(rest, 0, bytes_find(rest, ':'));
}

status logs_group(const struct call *c, const struct log_book *b, struct log_group *out_group) {
    bytes name = get_text(c->in, M_LOG_GROUP_NAME);
    bool by_identifier =
        record_knows(c->in, M_LOG_GROUP_IDENTIFIER) && has(c->in, M_LOG_GROUP_IDENTIFIER);
    if (by_identifier && name.len)
        return FAIL(E_INVALID, "LogGroup name and LogGroup ARN are mutually exclusive parameters.");
    if (by_identifier)
        name = name_of(get_text(c->in, M_LOG_GROUP_IDENTIFIER));
    return log_group_load(b, name, out_group);
}

const char *logs_group_arn(const struct call *c, bytes name) {
    return arena_printf(c->arena, "arn:aws:logs:%.*s:%.*s:log-group:%.*s",
                        BYTES_ARG(c->registry.region), BYTES_ARG(c->registry.account),
                        BYTES_ARG(name));
}

bytes logs_token(struct arena *a, bytes text) {
    AUTO(buf) token = {0};
    base64_encode(text, &token);
    return arena_copy(a, buf_bytes(&token));
}

status logs_token_invalid(void) {
    return FAIL(E_INVALID, "The specified nextToken is invalid."); /* [AWS rules 9] */
}

status logs_token_open(struct arena *a, bytes token, bytes *out_text) {
    return base64_decode(a, token, out_text) == OK ? OK : logs_token_invalid();
}
