/* Any text is a query or is refused; a query means the same to both evaluators. */
#include <stdlib.h>

#include "registry/thing_query.h"
#include "registry/thing_query_naive.h"

#define TEXT(literal) \
    { (const uint8_t *)(literal), sizeof(literal) - 1 }

static struct thing_attribute first[] = {{TEXT("a"), TEXT("75")}, {TEXT("b"), TEXT("abCe")}};
static struct thing_attribute second[] = {
    {TEXT("a"), TEXT("-5.5")}, {TEXT("a/b"), TEXT("x,y")}, {TEXT("c"), TEXT("lamp")}};
static struct thing_attribute third[] = {{TEXT("a"), TEXT("1e2")}, {TEXT("b"), TEXT("[*]=#")}};
static const struct query_document documents[] = {
    {.values = {{QUERY_THING_NAME, TEXT("lamp")}, {QUERY_THING_ID, TEXT("a0-1")}},
     .value_count = 2},
    {.values = {{QUERY_THING_NAME, TEXT("Lamp-7")},
                {QUERY_THING_ID, TEXT("b1-2")},
                {QUERY_THING_TYPE, TEXT("bulb")},
                {QUERY_VERSION, TEXT("12")},
                {QUERY_CONNECTED, TEXT("true")}},
     .value_count = 5,
     .attributes = first,
     .attribute_count = COUNT_OF(first)},
    {.values = {{QUERY_THING_NAME, TEXT("tv:1_x")},
                {QUERY_THING_TYPE, TEXT("AND")},
                {QUERY_THING_GROUPS, TEXT("hall")},
                {QUERY_THING_GROUPS, TEXT("lamp")},
                {QUERY_BILLING_GROUP, TEXT("75")}},
     .value_count = 5,
     .attributes = second,
     .attribute_count = COUNT_OF(second)},
    {.values = {{QUERY_THING_NAME, TEXT("aaaaaaab")},
                {QUERY_CONNECTIVITY_TIME, TEXT("1700000000123")},
                {QUERY_DISCONNECT_REASON, TEXT("CONNECTION_LOST")}},
     .value_count = 3,
     .attributes = third,
     .attribute_count = COUNT_OF(third)},
};
static const struct query_document groups[] = {
    {.values = {{QUERY_GROUP_NAME, TEXT("lamp")},
                {QUERY_GROUP_DESCRIPTION, TEXT("a 75")},
                {QUERY_GROUP_PARENTS, TEXT("plant")},
                {QUERY_GROUP_PARENTS, TEXT("hall")}},
     .value_count = 4,
     .attributes = first,
     .attribute_count = COUNT_OF(first)},
};

static void check(enum query_index index, bytes text, const struct query_document *all,
                  size_t count) {
    AUTO(arena) a = {0};
    const struct thing_query *q;
    if (thing_query_parse(&a, index, text, &q) != OK)
        return;
    for (size_t i = 0; i < count; i++)
        if (thing_query_matches(q, &all[i]) != thing_query_naive(text, &all[i]))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check(QUERY_INDEX_THINGS, bytes_of(data, size), documents, COUNT_OF(documents));
    check(QUERY_INDEX_GROUPS, bytes_of(data, size), groups, COUNT_OF(groups));
    return 0;
}
