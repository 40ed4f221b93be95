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
static const struct thing_record things[] = {
    {.name = TEXT("lamp"), .id = TEXT("a0-1")},
    {TEXT("Lamp-7"), TEXT("b1-2"), TEXT("bulb"), {0}, first, COUNT_OF(first), 1, 1},
    {TEXT("tv:1_x"), TEXT("c2-3"), TEXT("AND"), {0}, second, COUNT_OF(second), 1, 1},
    {TEXT("aaaaaaab"), TEXT("d3-4"), {0}, {0}, third, COUNT_OF(third), 1, 1},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO(arena) a = {0};
    const struct thing_query *q;
    bytes text = bytes_of(data, size);
    if (thing_query_parse(&a, text, &q) != OK)
        return 0;
    for (size_t i = 0; i < COUNT_OF(things); i++)
        if (thing_query_matches(q, &things[i]) != thing_query_naive(text, &things[i]))
            abort();
    return 0;
}
