/* What names and values may hold, in the words of AWS's validation [AWS control-plane 6.1]. */
#include "registry/internal.h"

#include <string.h>

#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const struct {
    const char *member, *pattern, *allowed;
    size_t len_min, len_max;
} constraints[] = {
    [CONSTRAINT_POLICY_NAME] = {"policyName", "[\\w+=,.@-]+", WORD "_+=,.@-", 1, 128},
    [CONSTRAINT_THING_NAME] = {"thingName", "[a-zA-Z0-9:_-]+", WORD ":_-", 1, 128},
    [CONSTRAINT_THING_TYPE_NAME] = {"thingTypeName", "[a-zA-Z0-9:_-]+", WORD ":_-", 1, 128},
    [CONSTRAINT_THING_GROUP_NAME] = {"thingGroupName", "[a-zA-Z0-9:_-]+", WORD ":_-", 1, 128},
    [CONSTRAINT_BILLING_GROUP_NAME] = {"billingGroupName", "[a-zA-Z0-9:_-]+", WORD ":_-", 1, 128},
    [CONSTRAINT_TEMPLATE_NAME] = {"templateName", "^[0-9A-Za-z_-]+$", WORD "_-", 1, 36},
    [CONSTRAINT_ATTRIBUTE_NAME] = {"attributePayload.attributes", "[a-zA-Z0-9_.,@/:#-]+",
                                   WORD "_.,@/:#-", 1, 128},
    [CONSTRAINT_ATTRIBUTE_VALUE] = {"attributePayload.attributes", "[a-zA-Z0-9_.,@/:#=\\[\\]-]*",
                                    WORD "_.,@/:#=[]-", 0, 800},
};

static bool is_made_of(bytes value, const char *allowed) {
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] == '\0' || !strchr(allowed, value.ptr[i]))
            return false;
    return true;
}

status constraint_check(enum constraint constraint, bytes value) {
    size_t len_min = constraints[constraint].len_min, len_max = constraints[constraint].len_max;
    const char *member = constraints[constraint].member;
    bytes shown = bytes_slice(value, 0, 200);
    if (value.len < len_min || value.len > len_max)
        return FAIL(
            E_INVALID,
            "1 validation error detected: Value '%.*s' at '%s' failed to satisfy constraint: "
            "Member must have length %s than or equal to %zu",
            BYTES_ARG(shown), member, value.len < len_min ? "greater" : "less",
            value.len < len_min ? len_min : len_max);
    if (!is_made_of(value, constraints[constraint].allowed))
        return FAIL(
            E_INVALID,
            "1 validation error detected: Value '%.*s' at '%s' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: %s",
            BYTES_ARG(shown), member, constraints[constraint].pattern);
    return OK;
}
