/* How asynchronous invocations of a function go on: how often one that failed is tried again, until
 * when, and where the outcome is sent [AWS rules 7 EventInvokeConfig, 8.4]. One for the function,
 * and one for each version and alias that has one. */
#pragma once
#include "registry/function.h"

enum {
    FUNCTION_RETRIES_MAX = 2,
    FUNCTION_EVENT_AGE_S_MIN = 60,
    FUNCTION_EVENT_AGE_S_MAX = 21600, /* six hours; also when none is said */
};

struct function_event_config {
    bytes qualifier; /* not kept: the key; "$LATEST" when none was given */
    bool has_retries, has_age;
    uint64_t retries, age_s;
    bytes on_success, on_failure; /* ARNs, or none */
    int64_t modified_ms;
};

/* function_event_config_save keeps it, with the time. E_NOT_FOUND without the function, version or
 * alias; E_INVALID for a destination that this server does not have, naming what it has. */
NODISCARD
status function_event_config_save(const struct registry *r, bytes function,
                                  struct function_event_config *config);
/* This and the next: E_NOT_FOUND without one, in AWS's words. */
NODISCARD
status function_event_config_load(const struct registry *r, bytes function, bytes qualifier,
                                  struct function_event_config *out_config);
NODISCARD
status function_event_config_delete(const struct registry *r, bytes function, bytes qualifier);

struct function_event_config_list {
    struct function_event_config *items;
    size_t count;
    bytes next;
};
NODISCARD
status function_event_config_list(const struct registry *r, bytes function, const struct page *page,
                                  struct function_event_config_list *out_list);

/* function_event_config_in_force is what counts for an invocation: with what is not said filled
 * in. */
NODISCARD
status function_event_config_in_force(const struct registry *r, bytes function, bytes qualifier,
                                      struct function_event_config *out_config);
