#include "broker/topic_index.h"

#include "broker/topic_subscribers.h"
#include "mqtt/topic.h"
#include "support/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Subscribers are addresses of letters; what a match shows is their sorted text with details. */
static char people[] = "abcdefghijklmnopqrstuvwxyz";

struct seen {
    char letters[256];
    size_t count;
};

static void see(void *context, const struct topic_subscriber *subscribers, size_t count) {
    struct seen *seen = context;
    for (size_t i = 0; i < count; i++)
        seen->letters[seen->count++] = *(const char *)subscribers[i].subscriber;
}

static int by_letter(const void *a, const void *b) {
    return *(const char *)a - *(const char *)b;
}

static const char *match(struct topic_index *index, const char *name) {
    static struct seen seen;
    seen = (struct seen){0};
    (void)topic_index_match(index, bytes_from(name), see, &seen);
    qsort(seen.letters, seen.count, 1, by_letter);
    return seen.letters;
}

static bool add(struct topic_index *index, const char *filter, char who) {
    return topic_index_add(index, bytes_from(filter), &people[who - 'a'], 0);
}

static bool take_out(struct topic_index *index, const char *filter, char who) {
    return topic_index_remove(index, bytes_from(filter), &people[who - 'a']);
}

TEST(finds_exact_and_wildcard_filters) {
    struct topic_index *index = topic_index_new(true);
    CHECK(add(index, "site/1/temp", 'a'));
    CHECK(add(index, "site/+/temp", 'b'));
    CHECK(add(index, "site/#", 'c'));
    CHECK(add(index, "#", 'd'));
    CHECK(add(index, "+/+/+", 'e'));
    CHECK(add(index, "site/2/temp", 'f'));
    CHECK_TEXT(match(index, "site/1/temp"), "abcde");
    CHECK_TEXT(match(index, "site/1"), "cd");
    CHECK_TEXT(match(index, "site/1/temp/max"), "cd");
    CHECK_TEXT(match(index, "x"), "d");
    CHECK_TEXT(match(index, "x//"), "de");
    topic_index_free(index);
}

TEST(a_hash_includes_the_parent_where_wanted) { /* [MQTT5 4.7.1.2] [AWS device-gateway 3 row 8] */
    for (int parent_included = 0; parent_included < 2; parent_included++) {
        struct topic_index *index = topic_index_new(parent_included);
        CHECK(add(index, "sensor/#", 'a'));
        CHECK(add(index, "sensor/+/#", 'b'));
        CHECK_TEXT(match(index, "sensor"), parent_included ? "a" : "");
        CHECK_TEXT(match(index, "sensor/"), parent_included ? "ab" : "a");
        CHECK_TEXT(match(index, "sensor/x/y"), "ab");
        topic_index_free(index);
    }
}

TEST(leading_wildcards_do_not_see_dollar_topics) { /* [MQTT311-4.7.2-1] [MQTT5-4.7.2-1] */
    struct topic_index *index = topic_index_new(true);
    CHECK(add(index, "#", 'a'));
    CHECK(add(index, "+/x", 'b'));
    CHECK(add(index, "$aws/#", 'c'));
    CHECK(add(index, "$aws/+", 'd'));
    CHECK(add(index, "$aws/x", 'e'));
    CHECK(add(index, "+/$x", 'f'));
    CHECK_TEXT(match(index, "$aws/x"), "cde");
    CHECK_TEXT(match(index, "$aws"), "c");
    CHECK_TEXT(match(index, "a/$x"), "af");
    topic_index_free(index);
}

TEST(subscribing_again_replaces_the_detail) { /* [MQTT311-3.8.4-3] [MQTT5-3.8.4-3] */
    static const char *const filters[] = {"a/b", "a/+", "a/#"};
    struct topic_index *index = topic_index_new(true);
    uint32_t detail;
    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        bytes filter = bytes_from(filters[i]);
        CHECK(topic_index_add(index, filter, people, 1));
        CHECK(!topic_index_add(index, filter, people, 2));
        CHECK(topic_index_find(index, filter, people, &detail));
        CHECK_INT(detail, 2);
        CHECK(!topic_index_find(index, filter, people + 1, &detail));
        CHECK(topic_index_has_filter(index, filter));
    }
    CHECK_INT(topic_index_counts(index).subscriptions, 3);
    CHECK(!topic_index_has_filter(index, BYTES("a")));
    CHECK(!topic_index_has_filter(index, BYTES("+")));
    topic_index_free(index);
}

TEST(what_is_removed_leaves_nothing_behind) {
    static const char *const filters[] = {"a/b/c", "a/+/c", "a/#", "#",
                                          "+",     "+/+/#", "//",  "a/b/#"};
    struct topic_index *index = topic_index_new(true);
    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        CHECK(add(index, filters[i], 'a'));
        CHECK(add(index, filters[i], 'b'));
    }
    CHECK(!take_out(index, "a/b", 'a'));
    CHECK(!take_out(index, "a/+", 'a'));
    CHECK(!take_out(index, "a/b/c", 'c'));
    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        CHECK(take_out(index, filters[i], 'a'));
        CHECK(!take_out(index, filters[i], 'a'));
        CHECK(take_out(index, filters[i], 'b'));
        CHECK(!topic_index_has_filter(index, bytes_from(filters[i])));
    }
    struct topic_index_counts c = topic_index_counts(index);
    CHECK_INT(c.subscriptions + c.exact + c.wildcards + c.nodes + c.levels, 0);
    CHECK_TEXT(match(index, "a/b/c"), "");
    topic_index_free(index);
}

TEST(a_node_stays_while_anything_needs_it) {
    struct topic_index *index = topic_index_new(true);
    CHECK(add(index, "a/+", 'a') && add(index, "a/#", 'b') && take_out(index, "a/+", 'a'));
    CHECK_TEXT(match(index, "a/x"), "b"); /* for "rest" */
    CHECK(add(index, "a/+/c", 'c') && add(index, "a/+", 'a') && take_out(index, "a/+/c", 'c'));
    CHECK_TEXT(match(index, "a/x"), "ab"); /* for "here" */
    CHECK(add(index, "a/+/c", 'c') && take_out(index, "a/+", 'a') && take_out(index, "a/#", 'b'));
    CHECK_TEXT(match(index, "a/x/c"), "c"); /* for children */
    topic_index_free(index);
}

TEST(the_generation_grows_with_each_change_only) {
    struct topic_index *index = topic_index_new(true);
    uint64_t first = topic_index_generation(index);
    CHECK(first != 0);
    (void)add(index, "a", 'a');
    uint64_t second = topic_index_generation(index);
    CHECK(second > first);
    (void)add(index, "a", 'a'); /* the detail may have changed */
    uint64_t third = topic_index_generation(index);
    CHECK(third > second);
    CHECK(!take_out(index, "b", 'a'));
    (void)match(index, "a");
    CHECK_INT(topic_index_generation(index), third);
    CHECK(take_out(index, "a", 'a'));
    CHECK(topic_index_generation(index) > third);
    topic_index_free(index);
}

static void count_all(void *context, const struct topic_subscriber *subscribers, size_t count) {
    *(size_t *)context += count;
}

TEST(thousands_subscribe_to_one_filter_and_leave) {
    enum { THOUSANDS = 5000 };
    static char crowd[THOUSANDS];
    struct topic_index *index = topic_index_new(true);
    for (size_t i = 0; i < THOUSANDS; i++)
        CHECK(topic_index_add(index, BYTES("news/#"), &crowd[i], (uint32_t)i));
    for (size_t left = THOUSANDS; left > 0; left--) {
        size_t at = left * 7919 % THOUSANDS, seen = 0;
        uint32_t detail;
        CHECK(topic_index_find(index, BYTES("news/#"), &crowd[at], &detail));
        CHECK_INT(detail, at);
        CHECK(topic_index_remove(index, BYTES("news/#"), &crowd[at]));
        CHECK(!topic_index_find(index, BYTES("news/#"), &crowd[at], &detail));
        (void)topic_index_match(index, BYTES("news/x"), count_all, &seen);
        CHECK_INT(seen, left - 1);
    }
    topic_index_free(index);
}

TEST(topics_of_65535_slashes_do_no_harm) { /* [MQTT311-4.7.3-3] */
    static char deep[65535], filter[65535];
    struct topic_index *index = topic_index_new(true);
    memset(deep, '/', sizeof deep);
    for (size_t i = 0; i < sizeof filter; i++)
        filter[i] = i % 2 ? '/' : '+';
    size_t seen = 0;
    CHECK(topic_index_add(index, bytes_of(deep, sizeof deep), people, 0));
    CHECK(topic_index_add(index, bytes_of(filter, sizeof filter), people, 0));
    CHECK(add(index, "#", 'a'));
    CHECK(add(index, "/+/#", 'b'));
    CHECK_INT(topic_index_match(index, bytes_of(deep, sizeof deep), count_all, &seen), 3);
    memset(deep, '/', 32767);
    CHECK_INT(topic_index_match(index, bytes_of(deep, 32767), count_all, &seen), 3);
    CHECK(topic_index_remove(index, bytes_of(filter, sizeof filter), people));
    CHECK_INT(topic_index_counts(index).nodes, 2);
    topic_index_free(index);
}

TEST(long_levels_are_kept_whole) {
    struct topic_index *index = topic_index_new(true);
    CHECK(add(index, "+/sixteen-bytes-ok", 'a'));
    CHECK(add(index, "+/seventeen-bytes-", 'b'));
    CHECK(add(index, "+/0123456789abcdef", 'c'));
    CHECK(add(index, "+/0123456789abcdefg", 'd'));
    CHECK(add(index, "+/0123456789abcdefh", 'e'));
    CHECK_TEXT(match(index, "x/0123456789abcdef"), "c");
    CHECK_TEXT(match(index, "x/0123456789abcdefg"), "d");
    CHECK_TEXT(match(index, "x/0123456789abcdefi"), "");
    CHECK(take_out(index, "+/0123456789abcdefg", 'd'));
    CHECK_TEXT(match(index, "x/0123456789abcdefg"), "");
    topic_index_free(index);
}

/* Against a list and topic_filter_matches: random filters over few levels, adds and removes. */
enum { NAIVE_MAX = 300, ROUNDS = 20000 };

static struct naive {
    char filter[40];
    char *who;
    uint32_t detail;
} naive[NAIVE_MAX];
static size_t naive_count;

static unsigned random_state;
static unsigned dice(unsigned sides) {
    random_state = random_state * 1103515245u + 12345u;
    return (random_state >> 16) % sides;
}

static void random_topic(char *out, bool is_filter) {
    static const char *const levels[] = {"a", "b", "", "$x", "a-rather-long-level"};
    size_t used = 0, count = 1 + dice(4);
    for (size_t i = 0; i < count && used < 20; i++) {
        bool last = i + 1 == count;
        const char *level = levels[dice(i == 0 && !is_filter ? 4 : COUNT_OF(levels))];
        if (is_filter && dice(3) == 0)
            level = last && dice(2) ? "#" : "+";
        used += (size_t)sprintf(out + used, "%s%s", i ? "/" : "", level);
    }
    if (used == 0)
        (void)strcpy(out, "/");
}

static struct naive *naive_find(const char *filter, const char *who) {
    for (size_t i = 0; i < naive_count; i++)
        if (naive[i].who == who && strcmp(naive[i].filter, filter) == 0)
            return &naive[i];
    return NULL;
}

static void change(struct topic_index *index) {
    char filter[40];
    random_topic(filter, true);
    char *who = &people[dice(26)];
    struct naive *old = naive_find(filter, who);
    if (dice(2) && naive_count > 0) {
        CHECK(topic_index_remove(index, bytes_from(filter), who) == (old != NULL));
        if (old)
            *old = naive[--naive_count];
    } else if (old || naive_count < NAIVE_MAX) {
        uint32_t detail = dice(1000);
        CHECK(topic_index_add(index, bytes_from(filter), who, detail) == (old == NULL));
        struct naive *place = old ? old : &naive[naive_count++];
        (void)strcpy(place->filter, filter);
        place->who = who;
        place->detail = detail;
    }
    if (naive_count > NAIVE_MAX / 2) { /* removals by chance hit too little */
        struct naive *victim = &naive[dice((unsigned)naive_count)], gone = *victim;
        *victim = naive[--naive_count];
        CHECK(topic_index_remove(index, bytes_from(gone.filter), gone.who));
    }
}

/* Order does not matter: sums over what was seen do. */
struct sums {
    size_t count;
    uint64_t details, letters;
};

static void sum(void *context, const struct topic_subscriber *subscribers, size_t count) {
    struct sums *s = context;
    for (size_t i = 0; i < count; i++) {
        s->count++;
        s->details += subscribers[i].detail;
        s->letters += (uint64_t)1 << (2 * (*(const char *)subscribers[i].subscriber - 'a'));
    }
}

/* Returns how many were reached: a test that reaches nobody shows nothing. */
static size_t check_agrees(struct topic_index *index, bool parent_included) {
    char name[40];
    struct sums got = {0}, want = {0};
    random_topic(name, false);
    (void)topic_index_match(index, bytes_from(name), sum, &got);
    for (size_t i = 0; i < naive_count; i++)
        if (topic_filter_matches(bytes_from(naive[i].filter), bytes_from(name), parent_included))
            sum(&want, &(struct topic_subscriber){naive[i].who, naive[i].detail, 0}, 1);
    if (got.count != want.count)
        print_error("topic '%s'\n", name);
    CHECK_INT(got.count, want.count);
    CHECK_INT(got.details, want.details);
    CHECK_INT(got.letters, want.letters);
    return want.count;
}

TEST(agrees_with_topic_filter_matches_whatever_comes_and_goes) {
    for (unsigned seed = 0; seed < 2; seed++) {
        struct topic_index *index = topic_index_new(seed % 2);
        size_t reached = 0;
        random_state = seed;
        naive_count = 0;
        for (size_t round = 0; round < ROUNDS; round++) {
            change(index);
            CHECK_INT(topic_index_counts(index).subscriptions, naive_count);
            reached += check_agrees(index, seed % 2);
        }
        CHECK(naive_count > NAIVE_MAX / 4);
        CHECK(reached > ROUNDS);
        topic_index_free(index);
    }
}

TEST(many_filters_come_and_go) { /* tables grow and close their holes */
    enum { MANY = 20000 };
    struct topic_index *index = topic_index_new(true);
    char filter[40];
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < MANY; i++) {
            (void)sprintf(filter, i % 2 ? "site/%u/+/temp" : "site/%u/temp", i);
            CHECK(add(index, filter, 'a'));
        }
        CHECK_INT(topic_index_counts(index).exact, MANY / 2);
        CHECK_INT(topic_index_counts(index).wildcards, MANY / 2);
        CHECK_TEXT(match(index, "site/77/x/temp"), "a");
        CHECK_TEXT(match(index, "site/78/temp"), "a");
        for (unsigned i = 0; i < MANY; i++) {
            (void)sprintf(filter, i % 2 ? "site/%u/+/temp" : "site/%u/temp", i);
            CHECK(take_out(index, filter, 'a'));
        }
        CHECK_INT(topic_index_counts(index).nodes, 0);
    }
    topic_index_free(index);
}

TEST_MAIN("broker/topic_index")
