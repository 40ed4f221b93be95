#include "policy/action.h"

#include "policy/pattern.h"

static const struct {
    const char *name;
    enum policy_resource_type resource;
} actions[POLICY_ACTION_COUNT] = {
#define ACTION_ROW(name, text, type) [POLICY_##name] = {text, POLICY_##type},
    POLICY_ACTIONS(ACTION_ROW)
#undef ACTION_ROW
};

static const char *const prefixes[POLICY_RESOURCE_TYPE_COUNT] = {
#define PREFIX_ROW(name, text) [POLICY_##name] = text,
    POLICY_RESOURCE_TYPES(PREFIX_ROW)
#undef PREFIX_ROW
};

const char *policy_action_name(enum policy_action action) {
    return actions[action].name;
}

bool policy_action_find(bytes name, enum policy_action *out_action) {
    for (unsigned i = 0; i < POLICY_ACTION_COUNT; i++)
        if (bytes_equal_nocase(name, bytes_from(actions[i].name)))
            return *out_action = (enum policy_action)i, true;
    return false;
}

enum policy_resource_type policy_action_resource(enum policy_action action) {
    return actions[action].resource;
}

uint32_t policy_actions_on(enum policy_resource_type type) {
#define ACTION_ON(name, text, on) | (POLICY_##on == type ? POLICY_ACTION_BIT(POLICY_##name) : 0)
    return 0 POLICY_ACTIONS(ACTION_ON);
#undef ACTION_ON
}

bytes policy_resource_prefix(enum policy_resource_type type) {
    return bytes_from(prefixes[type]);
}

/* Lower-case ASCII; of a pattern also with its wildcards encoded. */
static void fold(bytes text, bool is_pattern, struct buf *out) {
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        else if (is_pattern && c == '*')
            c = POLICY_ANY_RUN;
        else if (is_pattern && c == '?')
            c = POLICY_ANY_CHARACTER;
        buf_append_byte(out, c);
    }
}

uint32_t policy_action_mask(bytes pattern) {
    struct buf folded = {0}, name = {0};
    uint32_t mask = 0;
    fold(pattern, true, &folded);
    for (unsigned i = 0; i < POLICY_ACTION_COUNT; i++) {
        buf_clear(&name);
        fold(bytes_from(actions[i].name), false, &name);
        if (policy_glob_matches(buf_bytes(&folded), buf_bytes(&name)))
            mask |= POLICY_ACTION_BIT(i);
    }
    buf_done(&folded);
    buf_done(&name);
    return mask;
}
