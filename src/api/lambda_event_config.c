/* How asynchronous invocations go on [AWS rules 7, 8.4]. */
#include "api/lambda.h"
#include "registry/function_event_config.h"

static void put_target(struct record *destinations, unsigned member, bytes arn) {
    if (arn.len > 0)
        put_text(put_record(destinations, member), M_DESTINATION, arn);
}

static void put_config(const struct call *c, struct record *out, bytes function,
                       const struct function_event_config *config) {
    struct record *destinations = put_record(out, M_DESTINATION_CONFIG);
    put_text(out, M_FUNCTION_ARN, function_arn(&c->registry, function, config->qualifier));
    put_time(out, M_LAST_MODIFIED, config->modified_ms);
    if (config->has_retries)
        put_number(out, M_MAXIMUM_RETRY_ATTEMPTS, (int64_t)config->retries);
    if (config->has_age)
        put_number(out, M_MAXIMUM_EVENT_AGE_IN_SECONDS, (int64_t)config->age_s);
    (void)put_record(destinations, M_ON_SUCCESS); /* both are there, empty or not */
    (void)put_record(destinations, M_ON_FAILURE);
    put_target(destinations, M_ON_SUCCESS, config->on_success);
    put_target(destinations, M_ON_FAILURE, config->on_failure);
}

/* What is said replaces what was; a destination without its ARN takes it away. */
static void take_target(const struct record *destinations, unsigned member, bytes *target) {
    if (destinations && has(destinations, member))
        *target = get_text(get_record(destinations, member), M_DESTINATION);
}

static void take_input(const struct call *c, struct function_event_config *config) {
    const struct record *destinations =
        has(c->in, M_DESTINATION_CONFIG) ? get_record(c->in, M_DESTINATION_CONFIG) : NULL;
    if (has(c->in, M_MAXIMUM_RETRY_ATTEMPTS)) {
        config->has_retries = true;
        config->retries = (uint64_t)get_number(c->in, M_MAXIMUM_RETRY_ATTEMPTS, 0);
    }
    if (has(c->in, M_MAXIMUM_EVENT_AGE_IN_SECONDS)) {
        config->has_age = true;
        config->age_s = (uint64_t)get_number(c->in, M_MAXIMUM_EVENT_AGE_IN_SECONDS, 0);
    }
    take_target(destinations, M_ON_SUCCESS, &config->on_success);
    take_target(destinations, M_ON_FAILURE, &config->on_failure);
}

static status save(const struct call *c, const struct function_name *name,
                   struct function_event_config *config) {
    take_input(c, config);
    TRY(function_event_config_save(&c->registry, name->name, config));
    put_config(c, c->out, name->name, config);
    return OK;
}

status lambda_put_event_config(struct call *c) {
    struct function_name name;
    TRY(lambda_name(c, &name));
    struct function_event_config config = {.qualifier = name.qualifier};
    return save(c, &name, &config);
}

status lambda_update_event_config(struct call *c) {
    struct function_name name;
    struct function_event_config config;
    TRY(lambda_name(c, &name));
    TRY(function_event_config_load(&c->registry, name.name, name.qualifier, &config));
    return save(c, &name, &config);
}

status lambda_get_event_config(struct call *c) {
    struct function_name name;
    struct function_event_config config;
    TRY(lambda_name(c, &name));
    TRY(function_event_config_load(&c->registry, name.name, name.qualifier, &config));
    put_config(c, c->out, name.name, &config);
    return OK;
}

status lambda_delete_event_config(struct call *c) {
    struct function_name name;
    TRY(lambda_name(c, &name));
    return function_event_config_delete(&c->registry, name.name, name.qualifier);
}

status lambda_list_event_configs(struct call *c) {
    struct function_name name;
    struct function_record f;
    struct function_event_config_list list;
    struct page page = lambda_page(c);
    TRY(lambda_name(c, &name));
    TRY(function_load(&c->registry, name.name, &f));
    TRY(function_event_config_list(&c->registry, name.name, &page, &list));
    struct items *out = put_list(c->out, M_FUNCTION_EVENT_INVOKE_CONFIGS);
    for (size_t i = 0; i < list.count; i++)
        put_config(c, add_record(out), name.name, &list.items[i]);
    if (list.next.len > 0)
        put_text(c->out, M_NEXT_MARKER, list.next);
    return OK;
}
