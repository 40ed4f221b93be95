/* Thing types: what kind of thing something is. A thing of a type may have 50 attributes instead of
 * 3 [AWS identity 10.1]. */
#pragma once
#include "registry/propagation.h"
#include "registry/tags.h"

enum {
    SEARCHABLE_ATTRIBUTES_MAX = 3,
    /* AWS demands so long between deprecation and deletion [AWS iot thing-types]. */
    THING_TYPE_DEPRECATED_MS_MIN = 5 * 60 * 1000
};

struct thing_type_record {
    bytes name;
    bytes id; /* UUID */
    bytes description;
    bytes *searchable_attributes; /* names, as given */
    size_t searchable_count;
    struct propagation propagation; /* what goes along with messages for things of this type */
    bool deprecated;                /* things can no longer be given this type */
    int64_t deprecated_ms, created_ms;
};
bytes thing_type_arn(const struct registry *r, bytes name);

/* thing_type_create adds a type; of the record the caller fills name, description,
 * searchable_attributes and propagation. The same again gives the type there is and leaves its tags
 * alone; E_EXISTS when it is described otherwise; E_INVALID for a name or a number of attributes
 * out of bounds, for a propagation (propagation_check) and for tags (tags_set). out_type may be
 * NULL. */
NODISCARD
status thing_type_create(const struct registry *r, const struct thing_type_record *type,
                         const struct tags *tags, struct thing_type_record *out_type);
/* The calls below answer E_NOT_FOUND. */
NODISCARD
status thing_type_load(const struct registry *r, bytes name, struct thing_type_record *out_type);

struct thing_type_changes {
    const bytes *description;           /* NULL: as it is */
    const bytes *searchable_attributes; /* NULL: as they are; else these instead */
    size_t searchable_count;
    const struct propagation *propagation; /* NULL: as it is; a change notes CHANGE_THING_TYPE */
};
NODISCARD
status thing_type_update(const struct registry *r, bytes name,
                         const struct thing_type_changes *changes);
/* thing_type_deprecate: repeating it keeps the first date; undone, the date goes. */
NODISCARD
status thing_type_deprecate(const struct registry *r, bytes name, bool undo);
/* thing_type_delete: E_INVALID unless it has been deprecated for at least `deprecated_ms_min`
 * (THING_TYPE_DEPRECATED_MS_MIN, as AWS does it) and no thing has it. */
NODISCARD
status thing_type_delete(const struct registry *r, bytes name, int64_t deprecated_ms_min);

struct thing_type_list {
    struct thing_type_record *items;
    size_t count;
    bytes next;
};
/* By name; only those whose name begins with `prefix`. */
NODISCARD
status thing_type_list(const struct registry *r, bytes prefix, const struct page *page,
                       struct thing_type_list *out_list);
