/* Event invoke configurations:
 *
 *     FUNCTION_EVENT_CONFIGS  account, function, 0, qualifier */
#include "registry/function_event_config.h"
#include "base/clock.h"
#include "registry/internal.h"

static const struct field fields[] = {
    FIELD(1, struct function_event_config, has_retries),
    FIELD(2, struct function_event_config, retries),
    FIELD(3, struct function_event_config, has_age),
    FIELD(4, struct function_event_config, age_s),
    FIELD(5, struct function_event_config, on_success),
    FIELD(6, struct function_event_config, on_failure),
    FIELD(7, struct function_event_config, modified_ms),
};

static bytes full(bytes qualifier) {
    return qualifier.len ? qualifier : BYTES(FUNCTION_LATEST);
}

static bytes key(const struct registry *r, bytes function, bytes qualifier) {
    return key_of_pair(r, function, full(qualifier));
}

/* A destination is a function of this account; what AWS also has is refused by name. */
static status check_destination(const struct registry *r, bytes function, bytes arn) {
    static const char *const others[] = {"sqs", "sns", "events", "s3"};
    struct function_name name;
    struct function_record f;
    bytes rest = arn, service = {0};
    if (arn.len == 0)
        return OK;
    for (int i = 0; i < 3; i++) /* arn, partition, service */
        (void)bytes_split(&rest, ':', &service);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (bytes_equal(service, bytes_from(others[i])))
            return FAIL(E_INVALID, "This server sends outcomes to functions only, not to %s: %.*s",
                        others[i], BYTES_ARG(bytes_slice(arn, 0, 200)));
    if (!bytes_equal(service, BYTES("lambda")))
        return FAIL(E_INVALID, "The destination is no ARN of a function: %.*s",
                    BYTES_ARG(bytes_slice(arn, 0, 200)));
    TRY(function_name_require(r, arn, (bytes){0}, &name));
    if (bytes_equal(name.name, function))
        return FAIL(E_INVALID, "A function cannot be its own destination: it would go round in a "
                               "circle");
    return function_resolve(r, name.name, name.qualifier, &f);
}

status function_event_config_save(const struct registry *r, bytes function,
                                  struct function_event_config *config) {
    struct function_record f;
    TRY(function_resolve(r, function, config->qualifier, &f));
    TRY(check_destination(r, function, config->on_success));
    TRY(check_destination(r, function, config->on_failure));
    config->qualifier = full(config->qualifier);
    config->modified_ms = clock_wall_ms();
    return object_save(r, TABLE_FUNCTION_EVENT_CONFIGS, key(r, function, config->qualifier), fields,
                       COUNT_OF(fields), config);
}

status function_event_config_load(const struct registry *r, bytes function, bytes qualifier,
                                  struct function_event_config *out_config) {
    struct function_event_config c = {.qualifier = full(qualifier)};
    status s = object_load(r, TABLE_FUNCTION_EVENT_CONFIGS, key(r, function, qualifier), fields,
                           COUNT_OF(fields), &c);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "The function %.*s doesn't have an EventInvokeConfig",
                    BYTES_ARG(function_arn(r, bytes_slice(function, 0, 200),
                                           bytes_slice(full(qualifier), 0, 200))));
    TRY(s);
    *out_config = c;
    return OK;
}

status function_event_config_delete(const struct registry *r, bytes function, bytes qualifier) {
    struct function_event_config c;
    TRY(function_event_config_load(r, function, qualifier, &c));
    return store_remove(r->txn, TABLE_FUNCTION_EVENT_CONFIGS, key(r, function, qualifier));
}

status function_event_config_list(const struct registry *r, bytes function, const struct page *page,
                                  struct function_event_config_list *out_list) {
    struct function_event_config_list l = {0};
    bytes prefix = key_of_pair(r, function, (bytes){0});
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, TABLE_FUNCTION_EVENT_CONFIGS, prefix, false, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct function_event_config, c.limit);
    while (l.count < c.limit) {
        struct function_event_config *config = &l.items[l.count];
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        config->qualifier = bytes_skip(row.key, prefix.len);
        TRY(record_decode(fields, COUNT_OF(fields), row.value, config));
        l.count++;
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}

status function_event_config_in_force(const struct registry *r, bytes function, bytes qualifier,
                                      struct function_event_config *out_config) {
    struct function_event_config c = {.qualifier = full(qualifier)};
    status s = function_event_config_load(r, function, qualifier, &c);
    if (s != OK && s != E_NOT_FOUND)
        return s;
    if (!c.has_retries)
        c.retries = FUNCTION_RETRIES_MAX;
    if (!c.has_age)
        c.age_s = FUNCTION_EVENT_AGE_S_MAX;
    *out_config = c;
    return OK;
}
