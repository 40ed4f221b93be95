/* What the service logs: options, levels per target, and the older form of both
 * [AWS device-gateway 18.1]. */
#include "registry/logging.h"
#include "api/handlers.h"
#include "store/record.h"

/* The model let only its own names pass. */
static enum logging_level level_of(const struct record *r, unsigned member) {
    enum logging_level level = LOGGING_DISABLED;
    (void)logging_level_find(get_text(r, member), &level);
    return level;
}

static status require_configured(const struct call *c, struct logging_settings *out) {
    TRY(logging_settings_load(&c->registry, out));
    if (!out->configured)
        return FAIL(E_NOT_CONFIGURED, "The logging options of this account were never set: call "
                                      "SetV2LoggingOptions first");
    return OK;
}

/* ---- options ---- */

static bytes events_of(const struct call *c) {
    AUTO(buf) list = {0};
    VALUES_EACH(v, get_list(c->in, M_EVENT_CONFIGURATIONS)) {
        record_list_add(&list, get_text(v->record, M_EVENT_TYPE));
        record_list_add(&list, get_text(v->record, M_LOG_LEVEL));
        record_list_add(&list, get_text(v->record, M_LOG_DESTINATION));
    }
    return arena_copy(c->arena, buf_bytes(&list));
}

/* What is not given stays as it was. */
status set_v2_logging_options(struct call *c) {
    struct logging_settings s;
    TRY(logging_settings_load(&c->registry, &s));
    if (has(c->in, M_ROLE_ARN))
        s.role_arn = get_text(c->in, M_ROLE_ARN);
    if (has(c->in, M_DEFAULT_LOG_LEVEL))
        s.default_level = level_of(c->in, M_DEFAULT_LOG_LEVEL);
    if (has(c->in, M_DISABLE_ALL_LOGS))
        s.disable_all = get_flag(c->in, M_DISABLE_ALL_LOGS);
    if (has(c->in, M_EVENT_CONFIGURATIONS))
        s.events = events_of(c);
    return logging_settings_save(&c->registry, &s);
}

static void put_events(struct call *c, bytes list) {
    bytes type, level, destination;
    struct items *out = put_list(c->out, M_EVENT_CONFIGURATIONS);
    while (record_list_next(&list, &type) && record_list_next(&list, &level) &&
           record_list_next(&list, &destination)) {
        struct record *r = add_record(out);
        put_text(r, M_EVENT_TYPE, type);
        if (level.len)
            put_text(r, M_LOG_LEVEL, level);
        if (destination.len)
            put_text(r, M_LOG_DESTINATION, destination);
    }
}

status get_v2_logging_options(struct call *c) {
    struct logging_settings s;
    TRY(require_configured(c, &s));
    if (s.role_arn.len)
        put_text(c->out, M_ROLE_ARN, s.role_arn);
    put_string(c->out, M_DEFAULT_LOG_LEVEL, logging_level_name(s.default_level));
    put_flag(c->out, M_DISABLE_ALL_LOGS, s.disable_all);
    if (s.events.len)
        put_events(c, s.events);
    return OK;
}

/* The older form sets the same. */
status set_logging_options(struct call *c) {
    const struct record *payload = get_record(c->in, M_LOGGING_OPTIONS_PAYLOAD);
    struct logging_settings s;
    TRY(logging_settings_load(&c->registry, &s));
    s.role_arn = get_text(payload, M_ROLE_ARN);
    if (has(payload, M_LOG_LEVEL))
        s.default_level = level_of(payload, M_LOG_LEVEL);
    return logging_settings_save(&c->registry, &s);
}

status get_logging_options(struct call *c) {
    struct logging_settings s;
    TRY(logging_settings_load(&c->registry, &s));
    if (s.role_arn.len)
        put_text(c->out, M_ROLE_ARN, s.role_arn);
    put_string(c->out, M_LOG_LEVEL, logging_level_name(s.default_level));
    return OK;
}

/* ---- levels of targets ---- */

static bool is_default(bytes type) {
    return bytes_equal(type, BYTES("DEFAULT"));
}

static status set_default(struct call *c, struct logging_settings *s, enum logging_level level) {
    s->default_level = level;
    return logging_settings_save(&c->registry, s);
}

status set_v2_logging_level(struct call *c) {
    const struct record *target = get_record(c->in, M_LOG_TARGET);
    struct logging_target t = {get_text(target, M_TARGET_TYPE), get_text(target, M_TARGET_NAME),
                               level_of(c->in, M_LOG_LEVEL)};
    struct logging_settings s;
    TRY(require_configured(c, &s));
    if (is_default(t.type))
        return set_default(c, &s, t.level);
    if (t.name.len == 0)
        return FAIL(E_INVALID, "A target of type %.*s needs its targetName", BYTES_ARG(t.type));
    return logging_target_save(&c->registry, &t);
}

status delete_v2_logging_level(struct call *c) {
    bytes type = get_text(c->in, M_TARGET_TYPE);
    struct logging_settings s;
    if (!is_default(type))
        return logging_target_remove(&c->registry, type, get_text(c->in, M_TARGET_NAME));
    TRY(logging_settings_load(&c->registry, &s));
    return s.configured ? set_default(c, &s, LOGGING_DISABLED) : OK;
}

static void put_target(struct items *list, const struct logging_target *t) {
    struct record *r = add_record(list);
    struct record *target = put_record(r, M_LOG_TARGET);
    put_text(target, M_TARGET_TYPE, t->type);
    if (t->name.len)
        put_text(target, M_TARGET_NAME, t->name);
    put_string(r, M_LOG_LEVEL, logging_level_name(t->level));
}

/* The default stands first, on the first page. */
status list_v2_logging_levels(struct call *c) {
    bytes type = get_text(c->in, M_TARGET_TYPE);
    struct page page = call_page(c);
    struct logging_target_list list = {0};
    struct logging_settings s;
    TRY(require_configured(c, &s));
    struct items *out = put_list(c->out, M_LOG_TARGET_CONFIGURATIONS);
    if ((type.len == 0 || is_default(type)) && page.token.len == 0)
        put_target(out, &(struct logging_target){BYTES("DEFAULT"), {0}, s.default_level});
    if (is_default(type))
        return OK;
    TRY(logging_target_list(&c->registry, type, &page, &list));
    for (size_t i = 0; i < list.count; i++)
        put_target(out, &list.items[i]);
    call_put_next(c, list.next);
    return OK;
}
