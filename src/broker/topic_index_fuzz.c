/* A script for the topic index, one operation per line:
 *
 *     +xFILTER   x subscribes        -xFILTER   x unsubscribes        ?NAME   who is reached?
 *
 * The first byte of all: '#' for filters that include the parent. A list of all subscriptions and
 * topic_filter_matches must agree with the index after each line. */
#include "broker/topic_index.h"
#include "mqtt/topic.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SUBSCRIPTIONS_MAX = 400 };

static char people[256];

struct script {
    struct topic_index *index;
    bool parent_included;
    struct naive {
        bytes filter;
        uint8_t who;
        uint32_t detail;
    } list[SUBSCRIPTIONS_MAX];
    size_t count;
    uint32_t line;
};

static void must(bool promise) {
    if (!promise)
        abort();
}

static struct naive *naive_find(struct script *s, bytes filter, uint8_t who) {
    for (size_t i = 0; i < s->count; i++)
        if (s->list[i].who == who && bytes_equal(s->list[i].filter, filter))
            return &s->list[i];
    return NULL;
}

static void subscribe(struct script *s, uint8_t who, bytes filter) {
    struct naive *old = naive_find(s, filter, who);
    if (topic_filter_check(filter) != OK || (!old && s->count == SUBSCRIPTIONS_MAX))
        return;
    must(topic_index_add(s->index, filter, &people[who], s->line) == !old);
    if (!old)
        old = &s->list[s->count++];
    *old = (struct naive){filter, who, s->line};
}

static void unsubscribe(struct script *s, uint8_t who, bytes filter) {
    struct naive *old = naive_find(s, filter, who);
    if (topic_filter_check(filter) != OK)
        return;
    must(topic_index_remove(s->index, filter, &people[who]) == (old != NULL));
    if (old)
        *old = s->list[--s->count];
}

/* Order does not matter, so counts and sums are compared. */
struct sums {
    size_t filters, count;
    uint64_t who, details;
};

static void sum(void *context, const struct topic_subscriber *subscribers, size_t count) {
    struct sums *sums = context;
    sums->filters++;
    must(count > 0);
    for (size_t i = 0; i < count; i++) {
        uint64_t who = (uint64_t)((const char *)subscribers[i].subscriber - people);
        sums->count++;
        sums->who += who * who * who;
        sums->details += subscribers[i].detail;
    }
}

static void ask(struct script *s, bytes name) {
    struct sums got = {0}, want = {0};
    if (topic_name_check(name) != OK)
        return;
    must(topic_index_match(s->index, name, sum, &got) == got.filters);
    for (size_t i = 0; i < s->count; i++)
        if (topic_filter_matches(s->list[i].filter, name, s->parent_included))
            sum(&want, &(struct topic_subscriber){&people[s->list[i].who], s->list[i].detail, 0},
                1);
    must(got.count == want.count && got.who == want.who && got.details == want.details);
}

static void obey(struct script *s, bytes line) {
    if (line.len > 0 && line.ptr[0] == '?')
        ask(s, bytes_skip(line, 1));
    else if (line.len > 1 && line.ptr[0] == '+')
        subscribe(s, line.ptr[1], bytes_skip(line, 2));
    else if (line.len > 1 && line.ptr[0] == '-')
        unsubscribe(s, line.ptr[1], bytes_skip(line, 2));
    s->line++;
    must(topic_index_counts(s->index).subscriptions == s->count);
}

static void leave_all(struct script *s) {
    while (s->count) {
        struct naive last = s->list[s->count - 1];
        uint32_t detail;
        must(topic_index_find(s->index, last.filter, &people[last.who], &detail));
        must(detail == last.detail);
        unsubscribe(s, last.who, last.filter);
    }
    struct topic_index_counts c = topic_index_counts(s->index);
    must(c.exact + c.wildcards + c.nodes + c.levels == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bytes rest = {data, size}, line;
    bool parent_included = size > 0 && data[0] == '#';
    struct script s = {.index = topic_index_new(parent_included),
                       .parent_included = parent_included};
    while (bytes_split(&rest, '\n', &line))
        obey(&s, line);
    leave_all(&s);
    topic_index_free(s.index);
    return 0;
}
