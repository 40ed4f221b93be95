/* What the service logs of an account's devices, by level [AWS device-gateway 18.1]. */
#pragma once
#include "registry/registry.h"

/* From nothing to everything: a level holds those before it. */
#define LOGGING_LEVELS(X) X(DISABLED) X(ERROR) X(WARN) X(INFO) X(DEBUG)
enum logging_level {
#define LOGGING_LEVEL_ENUM(name) LOGGING_##name,
    LOGGING_LEVELS(LOGGING_LEVEL_ENUM)
#undef LOGGING_LEVEL_ENUM
        LOGGING_LEVEL_COUNT
};
const char *logging_level_name(enum logging_level level);
/* logging_level_find: false for what is none. */
bool logging_level_find(bytes name, enum logging_level *out_level);

struct logging_settings {
    bool configured; /* they were saved once */
    bool disable_all;
    enum logging_level default_level;
    bytes role_arn;
    bytes events; /* a list (store/record.h): event type, level, destination, in turn */
};
NODISCARD
status logging_settings_load(const struct registry *r, struct logging_settings *out_settings);
/* logging_settings_save notes CHANGE_LOGGING, as all changes here do. */
NODISCARD
status logging_settings_save(const struct registry *r, const struct logging_settings *settings);

enum { LOGGING_TARGETS_MAX = 1000 };

/* Whose events a level is for. */
struct logging_target {
    bytes type; /* "THING_GROUP", "CLIENT_ID", "SOURCE_IP", "PRINCIPAL_ID" */
    bytes name;
    enum logging_level level;
};
/* E_LIMIT beyond LOGGING_TARGETS_MAX. */
NODISCARD
status logging_target_save(const struct registry *r, const struct logging_target *target);
/* Removing what is not there is fine. */
NODISCARD
status logging_target_remove(const struct registry *r, bytes type, bytes name);

struct logging_target_list {
    struct logging_target *items;
    size_t count;
    bytes next;
};
/* Of one type, or of all (no bytes). */
NODISCARD
status logging_target_list(const struct registry *r, bytes type, const struct page *page,
                           struct logging_target_list *out_list);
