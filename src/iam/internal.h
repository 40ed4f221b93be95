/* Inside iam/: keys, records and listings that the objects share. */
#pragma once
#include "iam/name.h"
#include "store/record.h"

/* Keys begin with the account. Names hold no zero byte, so a zero ends one where another follows:
 * iam_key is account, name; iam_key_pair is account, first, 0, second. */
bytes iam_key(const struct registry *r, bytes name);
bytes iam_key_pair(const struct registry *r, bytes first, bytes second);
/* iam_owner is "role/NAME" and the like: how entities and policies stand in keys. */
bytes iam_owner(const struct registry *r, enum iam_kind kind, bytes name);
bytes iam_entity_owner(const struct registry *r, const struct iam_entity *entity);

/* All that iam/ writes goes through these two: they raise the generation (documents.h). */
NODISCARD
status iam_save(const struct registry *r, enum table table, bytes key, bytes value);
NODISCARD
status iam_remove(const struct registry *r, enum table table, bytes key);

NODISCARD
status iam_object_load(const struct registry *r, enum table table, bytes key,
                       const struct field *fields, size_t field_count, void *object);
NODISCARD
status iam_object_save(const struct registry *r, enum table table, bytes key,
                       const struct field *fields, size_t field_count, const void *object);
NODISCARD
status iam_has(const struct registry *r, enum table table, bytes key, bool *out_present);
/* iam_has_any tells whether a row's key begins so. */
NODISCARD
status iam_has_any(const struct registry *r, enum table table, bytes prefix, bool *out_some);
/* iam_room: E_LIMIT when `most` rows begin so already; `what` is "roles". */
NODISCARD
status iam_room(const struct registry *r, enum table table, bytes prefix, size_t most,
                const char *quota);

/* What is there when it is not there, in AWS's words: "The role with name X cannot be found." */
status iam_not_found(enum iam_kind kind, bytes name);
status iam_exists(enum iam_kind kind, bytes name);

/* A page of the rows under a prefix. `keep` chooses (NULL: all of them). */
struct iam_rows {
    struct row *items;
    size_t count;
    bytes next; /* marker of the next page, no bytes at the end */
};
typedef bool iam_keep(const struct registry *r, const struct row *row, const struct iam_page *page);
NODISCARD
status iam_rows(const struct registry *r, enum table table, bytes prefix,
                const struct iam_page *page, iam_keep *keep, struct iam_rows *out_rows);
size_t iam_page_limit(const struct iam_page *page);
/* Markers of other listings: base64 of a position. */
bytes iam_marker(const struct registry *r, bytes position);
NODISCARD
status iam_marker_read(const struct registry *r, bytes marker, bytes *out_position);

/* iam_forget removes what hangs on an entity or policy: tags. */
NODISCARD
status iam_tags_forget(const struct registry *r, bytes owner);
/* iam_is_bare: E_DELETE_CONFLICT while an entity holds inline policies or has some attached. */
NODISCARD
status iam_is_bare(const struct registry *r, const struct iam_entity *entity);
/* What a user that gets another name takes along: its policies; its places in groups. */
NODISCARD
status iam_policies_move(const struct registry *r, const struct iam_entity *from,
                         const struct iam_entity *to);
NODISCARD
status iam_groups_move(const struct registry *r, bytes user, bytes new_user);
/* iam_rows_move gives all rows under one prefix another one. */
NODISCARD
status iam_rows_move(const struct registry *r, enum table table, bytes from, bytes to);
