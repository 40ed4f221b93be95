/* Topic names and topic filters [MQTT311 4.7] [MQTT5 4.7], and AWS's narrower idea of them.
 *
 * A topic name is concrete, a topic filter may hold wildcards. Both are UTF-8 of 1–65,535 bytes,
 * cut into levels by '/'; levels may be empty. Nothing here recurses or allocates. Any thread. */
#pragma once
#include "mqtt/packet.h"

/* topic_name_check wants a well-formed topic name: not empty [MQTT311-4.7.3-1], no U+0000
 * [MQTT311-4.7.3-2], at most 65,535 bytes [MQTT311-4.7.3-3], no '+' or '#' [MQTT5-4.7.0-1].
 * E_MALFORMED. */
NODISCARD
status topic_name_check(bytes name);
/* topic_filter_check wants a well-formed topic filter: as above, but '#' may be the last level and
 * '+' any whole level [MQTT311-4.7.1-2] [MQTT311-4.7.1-3]. E_MALFORMED. */
NODISCARD
status topic_filter_check(bytes filter);

bool topic_filter_has_wildcards(bytes filter);

/* topic_filter_matches compares level by level. A filter that begins with a wildcard does not match
 * a name that begins with '$' [MQTT311-4.7.2-1]. `parent_included`: does "a/#" match "a"? It does
 * in the standard [MQTT5 4.7.1.2], it does not at AWS [AWS device-gateway 3 row 8]. Both arguments
 * are well formed. */
bool topic_filter_matches(bytes filter, bytes name, bool parent_included);

/* topic_level_next takes the first level off *rest; false when there is none left:
 *     bytes rest = name, level;
 *     while (topic_level_next(&rest, &level)) … */
static inline bool topic_level_next(bytes *rest, bytes *out_level) {
    return bytes_split(rest, '/', out_level);
}
/* topic_level_count is at least 1. */
size_t topic_level_count(bytes topic);

/* Shared subscriptions: `$share/GROUP/FILTER` [MQTT5 4.8.2]; at AWS for 3.1.1 too. */
enum topic_share { TOPIC_NOT_SHARED, TOPIC_SHARED, TOPIC_SHARE_MALFORMED };
/* topic_share_split gives group and inner filter when SHARED, `filter` itself when NOT_SHARED; with
 * SHARE_MALFORMED (empty group or filter, wildcard in the group [MQTT5-4.8.2-1] [MQTT5-4.8.2-2])
 * there is a sentence instead. The inner filter is not checked. */
enum topic_share topic_share_split(bytes filter, bytes *out_group, bytes *out_filter);

/* Beyond '$' a server gives topics a meaning of its own [MQTT311-4.7.2-1]. */
static inline bool topic_is_reserved(bytes topic) {
    return topic.len > 0 && topic.ptr[0] == '$';
}

/* AWS's limits [AWS device-gateway 3.1]: at most 256 bytes and 7 slashes, not counting the first
 * three levels of `$aws/rules/RULE/…` and the `$share/GROUP/` of a filter; GROUP at most 128
 * characters. E_LIMIT. Arguments are well formed. */
enum { TOPIC_AWS_BYTES_MAX = 256, TOPIC_AWS_SLASHES_MAX = 7, TOPIC_AWS_GROUP_CHARACTERS_MAX = 128 };
NODISCARD
status topic_name_check_aws(bytes name);
NODISCARD
status topic_filter_check_aws(bytes filter);

/* What clients may do with a topic [AWS device-gateway 8]; policies still apply. */
enum topic_rights {
    TOPIC_PUBLISH = 1,
    TOPIC_SUBSCRIBE = 2,
    TOPIC_DIRECT = 4, /* a response goes to the requester even without a subscription */
};
/* topic_name_rights is PUBLISH and SUBSCRIBE for topics that do not begin with '$', what AWS's
 * table of reserved topics says for those in it, and 0 for all others. */
unsigned topic_name_rights(bytes name);
/* topic_filter_may_subscribe: is there a topic that `filter` matches and clients may subscribe to?
 * A
 * `$share/GROUP/` before it is looked through. */
bool topic_filter_may_subscribe(bytes filter);
