#include "mqtt/topic.h"

#include <string.h>

/* Eight bytes at a time: the high bit of each byte of `word` that is zero (and perhaps of bytes
 * above one that is: good enough to ask whether there is any). */
static uint64_t zero_bytes(uint64_t word) {
    return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u;
}

static uint64_t load_word(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static uint64_t unusual_bytes(uint64_t word) {
    const uint64_t ones = 0x0101010101010101u;
    return (word & (ones << 7)) | zero_bytes(word) | zero_bytes(word ^ (ones * '+')) |
           zero_bytes(word ^ (ones * '#'));
}

static bool byte_is_unusual(uint8_t c) {
    return c == 0 || c >= 0x80 || c == '+' || c == '#';
}

/* Nothing but ASCII without zero and wildcards: what nearly every topic name is. */
static bool is_plain(bytes text) {
    size_t i = 0;
    for (; i + 8 <= text.len; i += 8)
        if (unusual_bytes(load_word(text.ptr + i)))
            return false;
    for (; i < text.len; i++)
        if (byte_is_unusual(text.ptr[i]))
            return false;
    return true;
}

static status check_text(const char *what, bytes text) {
    if (text.len == 0) /* [MQTT311-4.7.3-1] [MQTT5-4.7.3-1] */
        return FAIL(E_MALFORMED, "a %s is empty; it needs at least one character", what);
    if (text.len > MQTT_STRING_BYTES_MAX) /* [MQTT311-4.7.3-3] [MQTT5-4.7.3-3] */
        return FAIL(E_MALFORMED, "a %s of %zu bytes is longer than 65,535", what, text.len);
    if (!mqtt_utf8_is_valid(text)) /* [MQTT311-4.7.3-2] [MQTT5-4.7.3-2] */
        return FAIL(E_MALFORMED, "a %s is not UTF-8, or holds U+0000", what);
    return OK;
}

status topic_name_check(bytes name) {
    if (name.len - 1 < MQTT_STRING_BYTES_MAX && is_plain(name))
        return OK;
    TRY(check_text("topic name", name));
    if (topic_filter_has_wildcards(name)) /* [MQTT311-4.7.1-1] [MQTT5-4.7.0-1] */
        return FAIL(E_MALFORMED,
                    "the topic name '%.*s' holds a wildcard; '+' and '#' belong in topic filters",
                    (int)(name.len < 256 ? name.len : 256), (const char *)name.ptr);
    return OK;
}

status topic_filter_check(bytes filter) {
    if (filter.len - 1 < MQTT_STRING_BYTES_MAX && is_plain(filter))
        return OK;
    TRY(check_text("topic filter", filter));
    bytes rest = filter, level;
    while (topic_level_next(&rest, &level)) {
        bool has_hash = bytes_find(level, '#') < level.len;
        bool has_plus = bytes_find(level, '+') < level.len;
        if (has_hash && (level.len > 1 || rest.ptr)) /* [MQTT311-4.7.1-2] [MQTT5-4.7.1-1] */
            return FAIL(E_MALFORMED,
                        "in the topic filter '%.*s' '#' is not a whole level, or not the last",
                        (int)(filter.len < 256 ? filter.len : 256), (const char *)filter.ptr);
        if (has_plus && level.len > 1) /* [MQTT311-4.7.1-3] [MQTT5-4.7.1-2] */
            return FAIL(E_MALFORMED, "in the topic filter '%.*s' '+' is not a whole level",
                        (int)(filter.len < 256 ? filter.len : 256), (const char *)filter.ptr);
    }
    return OK;
}

bool topic_filter_has_wildcards(bytes filter) {
    return bytes_find(filter, '+') < filter.len || bytes_find(filter, '#') < filter.len;
}

static bool is_byte(bytes level, uint8_t byte) {
    return level.len == 1 && level.ptr[0] == byte;
}

static bool starts_with_wildcard(bytes filter) {
    return filter.len > 0 && (filter.ptr[0] == '+' || filter.ptr[0] == '#');
}

bool topic_filter_matches(bytes filter, bytes name, bool parent_included) {
    if (topic_is_reserved(name) && starts_with_wildcard(filter)) /* [MQTT311-4.7.2-1] */
        return false;
    for (;;) {
        bytes wanted, level;
        bool more_filter = topic_level_next(&filter, &wanted);
        bool more_name = topic_level_next(&name, &level);
        if (more_filter && is_byte(wanted, '#'))
            return more_name || parent_included;
        if (!more_filter || !more_name)
            return more_filter == more_name;
        if (!is_byte(wanted, '+') && !bytes_equal(wanted, level))
            return false;
    }
}

size_t topic_level_count(bytes topic) {
    size_t count = 1;
    for (size_t i = 0; i < topic.len; i++)
        count += topic.ptr[i] == '/';
    return count;
}

enum topic_share topic_share_split(bytes filter, bytes *out_group, bytes *out_filter) {
    bytes rest = filter, first, group;
    *out_group = BYTES("");
    *out_filter = filter;
    if (!topic_level_next(&rest, &first) || !bytes_equal(first, BYTES("$share")))
        return TOPIC_NOT_SHARED;
    bool has_group = topic_level_next(&rest, &group);
    if (!has_group || group.len == 0 || topic_filter_has_wildcards(group) || rest.len == 0) {
        failure_set(__FILE__, __LINE__,
                    "a shared subscription reads $share/GROUP/FILTER, neither part empty and no "
                    "wildcard in GROUP");
        return TOPIC_SHARE_MALFORMED;
    }
    *out_group = group;
    *out_filter = rest;
    return TOPIC_SHARED;
}

/* `$aws/rules/RULE/` does not count towards the limits. */
static bytes without_rule(bytes topic) {
    bytes rest = topic, level;
    if (!bytes_start_with(topic, BYTES("$aws/rules/")))
        return topic;
    for (int i = 0; i < 3; i++)
        (void)topic_level_next(&rest, &level);
    return rest;
}

static status check_aws(const char *what, bytes topic) {
    bytes counted = without_rule(topic);
    if (counted.len > TOPIC_AWS_BYTES_MAX)
        return FAIL(E_LIMIT, "a %s of %zu bytes is longer than the %d allowed", what, counted.len,
                    TOPIC_AWS_BYTES_MAX);
    size_t slashes = topic_level_count(counted) - 1;
    if (slashes > TOPIC_AWS_SLASHES_MAX)
        return FAIL(E_LIMIT, "a %s with %zu slashes has more than the %d allowed", what, slashes,
                    TOPIC_AWS_SLASHES_MAX);
    return OK;
}

status topic_name_check_aws(bytes name) {
    return check_aws("topic name", name);
}

static size_t character_count(bytes text) {
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += (text.ptr[i] & 0xC0) != 0x80;
    return count;
}

status topic_filter_check_aws(bytes filter) {
    bytes group, inner;
    if (topic_share_split(filter, &group, &inner) == TOPIC_SHARED &&
        character_count(group) > TOPIC_AWS_GROUP_CHARACTERS_MAX)
        return FAIL(E_LIMIT, "a share name is longer than %d characters",
                    TOPIC_AWS_GROUP_CHARACTERS_MAX);
    return check_aws("topic filter", inner);
}
