/* Records: structs as values of the store, by a table of their fields.
 *
 *     static const struct field fields[] = {
 *         FIELD(1, struct lamp, name), FIELD(2, struct lamp, created_ms), …
 *     };
 *
 * The form is compact and describes itself: a version byte, then per field a tag with its kind and
 * the content. Fields that are zero or empty are left out; unknown tags are skipped; so fields may
 * be added, and removed ones only leave their tag behind, never to be used again. Small and binary
 * rather than JSON because every connection and every DescribeThing decodes some: a tenth of a
 * microsecond instead of several, and PEM and policy text need no escapes. Pure. */
#pragma once
#include "base/bytes.h"

enum field_kind { FIELD_BYTES, FIELD_NUMBER, FIELD_ENUM, FIELD_BOOL, FIELD_TEXT };

struct field {
    uint8_t tag; /* 1–127, never reused */
    enum field_kind kind;
    size_t offset, size;
    uint32_t below; /* FIELD_ENUM: values from here on are damage; 0: any */
};

#define FIELD_(tag_, type, member, limit)                                                     \
    {                                                                                         \
        .tag = (tag_),                                                                      \
     .kind = _Generic(((type *)0)->member, bytes: FIELD_BYTES, bool: FIELD_BOOL,         \
             char *: FIELD_TEXT, int64_t: FIELD_NUMBER, uint64_t: FIELD_NUMBER, unsigned: FIELD_ENUM), \
     .offset = offsetof(type, member),                                                   \
     .size = sizeof(((type *)0)->member),                                                \
     .below = (limit) \
    }
/* A member of type bytes, bool, int64_t, uint64_t, an enum, or char[] with a terminating zero. */
#define FIELD(tag, type, member) FIELD_(tag, type, member, 0)
/* An enum whose values stay below `count`. */
#define FIELD_BELOW(tag, type, member, count) FIELD_(tag, type, member, count)

void record_encode(const struct field *fields, size_t count, const void *object, struct buf *out);
/* record_decode sets the members found and leaves the others; bytes borrow from `value`.
 * E_INTERNAL when it is damaged. */
NODISCARD
status record_decode(const struct field *fields, size_t count, bytes value, void *object);

/* A list of texts as one bytes field: each with its length. */
void record_list_add(struct buf *list, bytes item);
/* record_list_next takes the next item off *rest; false at the end or at damage. */
bool record_list_next(bytes *rest, bytes *out_item);
