/* A topic filter, a newline, a topic name. Matching agrees with a matcher that recurses over
 * characters, the checks agree with plain ones, and a filter that reaches a reserved topic may be
 * subscribed. */
#include "mqtt/topic.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NAIVE_BYTES_MAX = 4096 }; /* it recurses */

static void must(bool promise) {
    if (!promise)
        abort();
}

/* Does the level that begins here consist of this one character? */
static bool level_is(const char *filter, char wildcard) {
    return filter[0] == wildcard && (filter[1] == 0 || filter[1] == '/');
}

static bool naive_matches(const char *filter, const char *name, bool parent_included) {
    if (level_is(filter, '#'))
        return true;
    size_t level = strcspn(name, "/"), wanted = strcspn(filter, "/");
    if (!level_is(filter, '+') && (level != wanted || memcmp(filter, name, level) != 0))
        return false;
    filter += wanted;
    name += level;
    if (*filter && *name)
        return naive_matches(filter + 1, name + 1, parent_included);
    if (*filter == 0)
        return *name == 0;
    return parent_included && strcmp(filter, "/#") == 0;
}

static bool naive_name_is_good(bytes name) {
    return name.len > 0 && name.len <= 65535 && mqtt_utf8_is_valid(name) &&
           bytes_find(name, '+') == name.len && bytes_find(name, '#') == name.len;
}

static bool naive_filter_is_good(bytes filter) {
    if (filter.len == 0 || filter.len > 65535 || !mqtt_utf8_is_valid(filter))
        return false;
    for (size_t i = 0; i < filter.len; i++) {
        bool first = i == 0 || filter.ptr[i - 1] == '/', last = i + 1 == filter.len;
        if (filter.ptr[i] == '#' && !(first && last))
            return false;
        if (filter.ptr[i] == '+' && !(first && (last || filter.ptr[i + 1] == '/')))
            return false;
    }
    return true;
}

/* Both are good, so neither holds a zero. */
static void check_match(bytes filter, bytes name) {
    AUTO(buf) f = {0}, n = {0};
    buf_append(&f, filter);
    buf_append(&n, name);
    bool dollar = name.ptr[0] == '$' && (filter.ptr[0] == '+' || filter.ptr[0] == '#');
    for (int parent = 0; parent < 2; parent++) {
        bool want = !dollar && naive_matches(buf_string(&f), buf_string(&n), parent);
        must(topic_filter_matches(filter, name, parent) == want);
        if (want && !parent && (topic_name_rights(name) & TOPIC_SUBSCRIBE))
            must(topic_filter_may_subscribe(filter) || bytes_start_with(filter, BYTES("$share")));
    }
}

static void check_share(bytes filter) {
    bytes group, inner;
    if (topic_share_split(filter, &group, &inner) != TOPIC_SHARED)
        return;
    must(group.len > 0 && inner.len > 0);
    must(group.len + inner.len + sizeof "$share//" - 1 == filter.len);
}

static void check_aws(bytes topic) {
    bool small = topic.len <= TOPIC_AWS_BYTES_MAX && topic_level_count(topic) <= 8;
    must(topic_name_check_aws(topic) == (small ? OK : E_LIMIT) ||
         bytes_start_with(topic, BYTES("$aws/rules/")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bytes name = {data, size}, filter;
    if (!bytes_split(&name, '\n', &filter) || !name.ptr)
        return 0;
    bool filter_is_good = topic_filter_check(filter) == OK,
         name_is_good = topic_name_check(name) == OK;
    must(filter_is_good == naive_filter_is_good(filter));
    must(name_is_good == naive_name_is_good(name));
    if (filter_is_good) {
        (void)topic_filter_may_subscribe(filter);
        status limits = topic_filter_check_aws(filter);
        must(limits == OK || limits == E_LIMIT);
        check_share(filter);
    }
    if (name_is_good)
        check_aws(name);
    if (filter_is_good && name_is_good && name.len <= NAIVE_BYTES_MAX)
        check_match(filter, name);
    return 0;
}
