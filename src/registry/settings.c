/* Settings of accounts:
 *
 *     ACCOUNT_SETTINGS  account, "events" or "indexing" */
#include "registry/settings.h"
#include "base/clock.h"
#include "registry/internal.h"

static const struct field event_fields[] = {
    FIELD(1, struct event_settings, enabled),
    FIELD(2, struct event_settings, created_ms),
    FIELD(3, struct event_settings, modified_ms),
};
static const struct field indexing_fields[] = {
    FIELD(1, struct indexing_settings, things),
    FIELD(2, struct indexing_settings, connectivity),
    FIELD(3, struct indexing_settings, groups),
    FIELD(4, struct indexing_settings, thing_fields),
    FIELD(5, struct indexing_settings, group_fields),
};

const char *event_type_name(enum event_type type) {
    static const char *const names[] = {
#define EVENT_TYPE_NAME(name) [EVENT_##name] = #name,
        EVENT_TYPES(EVENT_TYPE_NAME)
#undef EVENT_TYPE_NAME
    };
    return names[type];
}

static status load(const struct registry *r, bytes name, const struct field *fields, size_t count,
                   void *settings) {
    status s = object_load(r, TABLE_ACCOUNT_SETTINGS, key_of(r, name), fields, count, settings);
    return s == E_NOT_FOUND ? OK : s;
}

status event_settings_load(const struct registry *r, struct event_settings *out_settings) {
    struct event_settings settings = {0};
    TRY(load(r, BYTES("events"), event_fields, COUNT_OF(event_fields), &settings));
    *out_settings = settings;
    return OK;
}

status event_settings_save(const struct registry *r, const struct event_settings *settings) {
    struct event_settings new = *settings;
    new.modified_ms = clock_wall_ms();
    if (new.created_ms == 0)
        new.created_ms = new.modified_ms;
    return object_save(r, TABLE_ACCOUNT_SETTINGS, key_of(r, BYTES("events")), event_fields,
                       COUNT_OF(event_fields), &new);
}

status indexing_settings_load(const struct registry *r, struct indexing_settings *out_settings) {
    struct indexing_settings settings = {0};
    TRY(load(r, BYTES("indexing"), indexing_fields, COUNT_OF(indexing_fields), &settings));
    *out_settings = settings;
    return OK;
}

status indexing_settings_save(const struct registry *r, const struct indexing_settings *settings) {
    return object_save(r, TABLE_ACCOUNT_SETTINGS, key_of(r, BYTES("indexing")), indexing_fields,
                       COUNT_OF(indexing_fields), settings);
}
