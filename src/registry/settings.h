/* What an account has switched on: events, indexing. One small record for each; one that was never
 * saved reads as all off. */
#pragma once
#include "registry/registry.h"

/* The events of the registry that are published under $aws/events [AWS identity 10.5]. */
#define EVENT_TYPES(X)        \
    X(THING)                  \
    X(THING_GROUP)            \
    X(THING_TYPE)             \
    X(THING_GROUP_MEMBERSHIP) \
    X(THING_GROUP_HIERARCHY)  \
    X(THING_TYPE_ASSOCIATION) \
    X(JOB)                    \
    X(JOB_EXECUTION)          \
    X(POLICY)                 \
    X(CERTIFICATE)            \
    X(CA_CERTIFICATE)

enum event_type {
#define EVENT_TYPE_ENUM(name) EVENT_##name,
    EVENT_TYPES(EVENT_TYPE_ENUM)
#undef EVENT_TYPE_ENUM
        EVENT_TYPE_COUNT
};
const char *event_type_name(enum event_type type); /* "THING_GROUP" */

struct event_settings {
    uint64_t enabled;                /* bits: 1 << event type; never renumber them */
    int64_t created_ms, modified_ms; /* 0: never saved */
};
NODISCARD
status event_settings_load(const struct registry *r, struct event_settings *out_settings);
/* event_settings_save sets the times itself. */
NODISCARD
status event_settings_save(const struct registry *r, const struct event_settings *settings);

/* Of the two indices, AWS_Things and AWS_ThingGroups. Custom fields are a list (store/record.h) of
 * names and types in turn. */
struct indexing_settings {
    bool things;       /* what the registry knows of things */
    bool connectivity; /* and who is connected */
    bool groups;       /* thing groups */
    bytes thing_fields, group_fields;
};
NODISCARD
status indexing_settings_load(const struct registry *r, struct indexing_settings *out_settings);
NODISCARD
status indexing_settings_save(const struct registry *r, const struct indexing_settings *settings);
