/* Which events of the registry are published [AWS identity 10.5]. */
#include "api/handlers.h"
#include "registry/settings.h"

/* What Kedge does not publish yet stays off rather than promise it. All others may be switched on;
 * of POLICY, CERTIFICATE and CA_CERTIFICATE AWS documents no message, and none comes of them. */
static const uint64_t not_there_yet = 1U << EVENT_JOB | 1U << EVENT_JOB_EXECUTION;

/* The model let only its own names pass. */
static enum event_type type_of(bytes name) {
    enum event_type type = 0;
    while (type + 1 < EVENT_TYPE_COUNT && !bytes_equal(name, bytes_from(event_type_name(type))))
        type++;
    return type;
}

status describe_event_configurations(struct call *c) {
    struct event_settings settings;
    TRY(event_settings_load(&c->registry, &settings));
    struct items *map = put_list(c->out, M_EVENT_CONFIGURATIONS);
    for (enum event_type i = 0; i < EVENT_TYPE_COUNT; i++)
        put_flag(add_record_entry(map, bytes_from(event_type_name(i))), M_ENABLED,
                 settings.enabled >> i & 1);
    if (settings.created_ms != 0) {
        put_time(c->out, M_CREATION_DATE, settings.created_ms);
        put_time(c->out, M_LAST_MODIFIED_DATE, settings.modified_ms);
    }
    return OK;
}

/* Types that are not named stay as they are. */
status update_event_configurations(struct call *c) {
    struct event_settings settings;
    TRY(event_settings_load(&c->registry, &settings));
    VALUES_EACH(v, get_list(c->in, M_EVENT_CONFIGURATIONS)) {
        enum event_type type = type_of(v->key);
        uint64_t bit = (uint64_t)1 << type;
        bool enabled = get_flag(v->record, M_ENABLED);
        if (enabled && (not_there_yet & bit))
            return FAIL(E_NOT_IMPLEMENTED, "kedge does not publish events of type %s yet",
                        event_type_name(type));
        settings.enabled = enabled ? settings.enabled | bit : settings.enabled & ~bit;
    }
    return event_settings_save(&c->registry, &settings);
}
