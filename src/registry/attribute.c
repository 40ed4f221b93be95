#include "registry/attribute.h"

#include <stdlib.h>

void attributes_encode(const struct thing_attribute *attributes, size_t count, struct buf *out) {
    for (size_t i = 0; i < count; i++) {
        record_list_add(out, attributes[i].name);
        record_list_add(out, attributes[i].value);
    }
}

struct thing_attribute *attributes_decode(struct arena *a, bytes list, size_t *out_count) {
    bytes rest = list, item;
    size_t items = 0;
    while (record_list_next(&rest, &item))
        items++;
    struct thing_attribute *attributes = ARENA_ARRAY(a, struct thing_attribute, items / 2);
    rest = list;
    for (size_t i = 0; i < items / 2; i++) {
        (void)record_list_next(&rest, &attributes[i].name);
        (void)record_list_next(&rest, &attributes[i].value);
    }
    *out_count = items / 2;
    return attributes;
}

status attributes_check(const struct thing_attribute *attributes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        TRY(constraint_check(CONSTRAINT_ATTRIBUTE_NAME, attributes[i].name));
        TRY(constraint_check(CONSTRAINT_ATTRIBUTE_VALUE, attributes[i].value));
    }
    return OK;
}

static int compare_names(const void *a, const void *b) {
    const struct thing_attribute *x = a, *y = b;
    return bytes_compare(x->name, y->name);
}

const struct thing_attribute *attribute_find(const struct thing_attribute *attributes, size_t count,
                                             bytes name) {
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(attributes[i].name, name))
            return &attributes[i];
    return NULL;
}

status attributes_lay_over(struct arena *a, const struct thing_attribute *old, size_t old_count,
                           const struct thing_attribute *set, size_t set_count,
                           struct thing_attribute **out, size_t *out_count) {
    if (set_count > 2 * THING_ATTRIBUTES_TYPED_MAX)
        return FAIL(E_INVALID, "%zu attributes are too many: there may be %d", set_count,
                    THING_ATTRIBUTES_TYPED_MAX);
    struct thing_attribute *all = ARENA_ARRAY(a, struct thing_attribute, old_count + set_count);
    size_t count = 0;
    for (size_t i = 0; i < old_count; i++)
        if (!attribute_find(set, set_count, old[i].name))
            all[count++] = old[i];
    for (size_t i = 0; i < set_count; i++)
        if (set[i].value.len > 0 && !attribute_find(set + i + 1, set_count - i - 1, set[i].name))
            all[count++] = set[i];
    qsort(all, count, sizeof *all, compare_names);
    *out = all;
    *out_count = count;
    return OK;
}

bool attributes_are_alike(const struct thing_attribute *a, size_t a_count,
                          const struct thing_attribute *b, size_t b_count) {
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++)
        if (!bytes_equal(a[i].name, b[i].name) || !bytes_equal(a[i].value, b[i].value))
            return false;
    return true;
}
