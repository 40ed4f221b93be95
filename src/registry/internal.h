/* Inside registry/: keys, records, listings and checks that the objects share. */
#pragma once
#include "registry/arn.h"
#include "registry/principal.h"
#include "registry/registry.h"
#include "store/record.h"

/* Keys. Every table's key begins with the account (the two …_OWNERS tables, which span accounts,
 * with the id); names that follow hold no zero byte, so a zero ends one where another follows. */
bytes key_of(const struct registry *r, bytes name);
bytes key_of_pair(const struct registry *r, bytes first, bytes second); /* first, 0, second */
bytes key_with_time(const struct registry *r, bytes group, int64_t time_ms, bytes last);
bytes key_with_number(const struct registry *r, bytes name, uint64_t number); /* name, 0, 8 bytes */
uint64_t key_number(bytes key); /* the number that ends such a key */
/* A time in a key: 8 bytes, so that keys sort by it. */
enum { KEY_TIME_LEN = 8 };

/* "cert/<id>": how principals stand in keys. */
bytes certificate_resource(const struct registry *r, bytes id);

/* resource_of is "<type>/<name>", as it ends an ARN: how targets of policies and owners of tags
 * stand in keys. */
bytes resource_of(const struct registry *r, enum arn_type type, bytes name);

/* stable_hash is the same in every process and version, unlike bytes_hash: for keys. */
uint64_t stable_hash(bytes b);

/* object_load reads a record. E_NOT_FOUND also for a key too long to be there. */
NODISCARD
status object_load(const struct registry *r, enum table table, bytes key,
                   const struct field *fields, size_t field_count, void *object);
NODISCARD
status object_save(const struct registry *r, enum table table, bytes key,
                   const struct field *fields, size_t field_count, const void *object);
NODISCARD
status object_has(const struct registry *r, enum table table, bytes key, bool *out_present);
/* mark_save adds a key whose presence says all. */
NODISCARD
status mark_save(const struct registry *r, enum table table, bytes key);
void note(const struct registry *r, enum change_kind kind, bytes key);

/* A new generation id, in the arena. */
bytes generation_new(const struct registry *r);

/* A page of a listing, row by row. */
struct cursor {
    const struct registry *r;
    enum table table;
    struct scan scan;
    size_t limit;    /* items the caller may give */
    size_t examined; /* rows taken; a filtered listing stops at LISTING_ROWS_MAX */
    struct row *rows;
    size_t row_count, next_row;
    bool at_end;
    bytes last; /* the key taken last */
};
enum { LISTING_ROWS_MAX = 5000 };
/* E_INVALID for a limit out of bounds and for a token of another listing. */
NODISCARD
status cursor_start(const struct registry *r, enum table table, bytes prefix, bool descending,
                    const struct page *page, struct cursor *out_cursor);
/* cursor_next takes the next row; false when there is none or enough rows were examined. */
NODISCARD
status cursor_next(struct cursor *c, struct row *out_row, bool *out_taken);
/* cursor_token is where the next page starts: no bytes when no row follows the last one taken. */
NODISCARD
status cursor_token(struct cursor *c, bytes *out_token);
/* cursor_token_after is the token of a page whose last row has this key: for listings that are put
 * together from several places and only use a cursor's limit and scan.from. */
bytes cursor_token_after(const struct cursor *c, bytes key);

/* names_list gives a page of the rows under `prefix` as names: their keys without the first
 * `skip` bytes. */
NODISCARD
status names_list(const struct registry *r, enum table table, bytes prefix, size_t skip,
                  const struct page *page, struct name_list *out_list);

/* What names and values may hold; E_INVALID in the words of AWS's validation. */
enum constraint {
    CONSTRAINT_POLICY_NAME,
    CONSTRAINT_THING_NAME,
    CONSTRAINT_THING_TYPE_NAME,
    CONSTRAINT_THING_GROUP_NAME,
    CONSTRAINT_BILLING_GROUP_NAME,
    CONSTRAINT_TEMPLATE_NAME,
    CONSTRAINT_ATTRIBUTE_NAME,
    CONSTRAINT_ATTRIBUTE_VALUE,
};
NODISCARD
status constraint_check(enum constraint constraint, bytes value);

/* function_arn_check: E_INVALID for what is no ARN of a Lambda function, with or without version.
 */
NODISCARD
status function_arn_check(bytes arn);

/* arn_check_ours: E_INVALID when it is not of this account and region; `text` is what it was parsed
 * from. */
NODISCARD
status arn_check_ours(const struct registry *r, const struct arn *arn, bytes text);
/* principal_parse takes a principal's ARN; the certificate id borrows from it.
 * E_INVALID when it is none of this account and region. The certificate need not exist. */
NODISCARD
status principal_parse(const struct registry *r, bytes text, bytes *out_certificate_id);

/* Sharing between accounts [AWS identity 1.3, 2.4]: E_EXISTS when another account holds `id` in
 * DEFAULT mode. `table` is one of the …_OWNERS. */
NODISCARD
status ownership_check(const struct registry *r, enum table table, bytes id);
NODISCARD
status ownership_save(const struct registry *r, enum table table, bytes id, bool is_default_mode);
NODISCARD
status ownership_remove(const struct registry *r, enum table table, bytes id);
/* ownership_list gives the accounts that hold `id`; the first few of very many. */
NODISCARD
status ownership_list(const struct registry *r, enum table table, bytes id, bytes **out_accounts,
                      size_t *out_count);

/* certificate_save replaces the record; certificate_add_rows and certificate_remove_rows take it
 * with its text and its indexes into an account and out of it. They note nothing. */
NODISCARD
status certificate_save(const struct registry *r, const struct certificate_record *c);
NODISCARD
status certificate_add_rows(const struct registry *r, const struct certificate_record *c);
NODISCARD
status certificate_remove_rows(const struct registry *r, const struct certificate_record *c);
/* certificate_creation_key sorts by time of creation and ends in the id. */
bytes certificate_creation_key(const struct registry *r, const struct certificate_record *c);
/* certificate_list_index gives a page of an index whose keys end in certificate ids; a value is the
 * account to look in, no value this one. */
struct certificate_list;
NODISCARD
status certificate_list_index(const struct registry *r, enum table index, bytes prefix,
                              const struct page *page, struct certificate_list *out_list);
NODISCARD
status certificate_has_policies(const struct registry *r, bytes id, bool *out_some);
/* principal_has_things for a principal as it stands in keys, "cert/<id>". */
NODISCARD
status principal_has_things(const struct registry *r, bytes resource, bool *out_some);

/* transfer_find_incoming gives the registry of the account that offers `id` to this one.
 * E_NOT_FOUND. */
NODISCARD
status transfer_find_incoming(const struct registry *r, bytes id, struct registry *out_source);
/* transfer_check_none: E_INVALID while the certificate is offered to another account. */
NODISCARD
status transfer_check_none(const struct registry *r, bytes id);
/* thing_set_billing_group notes on the thing to which billing group it belongs; billing_group_join
 * and billing_group_leave keep the other side. E_NOT_FOUND for a group that is not there. */
NODISCARD
status thing_set_billing_group(const struct registry *r, bytes name, bytes group);
NODISCARD
status billing_group_join(const struct registry *r, bytes group, bytes thing);
NODISCARD
status billing_group_leave(const struct registry *r, bytes group, bytes thing);
/* thing_group_leave_all takes a thing out of all its groups. */
struct thing_record;
NODISCARD
status thing_group_leave_all(const struct registry *r, const struct thing_record *thing);
/* thing_group_members_prefix is what the keys of the things in a group begin with. */
struct thing_group_record;
bytes thing_group_members_prefix(const struct registry *r, const struct thing_group_record *group);
/* thing_group_memberships gives the groups a thing was added to: names as keys, paths as values. */
NODISCARD
status thing_group_memberships(const struct registry *r, bytes thing, struct row **out_rows,
                               size_t *out_count);
/* policy_detach_all removes every policy of a target ("cert/<id>", "thinggroup/<name>"). */
NODISCARD
status policy_detach_all(const struct registry *r, bytes target);
