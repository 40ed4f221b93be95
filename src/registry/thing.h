/* Things, and which principals they are attached to [AWS identity 10.1, 10.2]. */
#pragma once
#include "registry/registry.h"

/* Per thing without and with a thing type [AWS identity 10.1]. */
enum { THING_ATTRIBUTES_MAX = 3, THING_ATTRIBUTES_TYPED_MAX = 50 };

struct thing_attribute {
    bytes name, value;
};
struct thing_record {
    bytes name;
    bytes id;        /* UUID */
    bytes type_name; /* none: without a type */
    bytes billing_group_name;
    struct thing_attribute *attributes; /* by name */
    size_t attribute_count;
    uint64_t version; /* 1, raised by each update */
    int64_t created_ms;
};
bytes thing_arn(const struct registry *r, bytes name);

/* thing_create adds a thing; of the record the caller fills name, type_name, billing_group_name and
 * attributes. The same again gives the thing there is; E_EXISTS when it is configured otherwise,
 * E_NOT_FOUND for a thing type or billing group that is not there, E_INVALID for names, values or a
 * number of attributes out of bounds and for a deprecated type. out_thing may be NULL. */
NODISCARD
status thing_create(const struct registry *r, const struct thing_record *thing,
                    struct thing_record *out_thing);
NODISCARD
status thing_load(const struct registry *r, bytes name,
                  struct thing_record *out_thing); /* E_NOT_FOUND */

struct thing_changes {
    bytes type_name;  /* none: as it is; a deprecated one only if the thing has it: E_INVALID */
    bool remove_type; /* not together with type_name: E_INVALID */
    const struct thing_attribute *attributes; /* an empty value removes the attribute */
    size_t attribute_count;
    bool replace_attributes;   /* an attributePayload was given without merge */
    uint64_t expected_version; /* 0: any. E_VERSION_CONFLICT */
};
NODISCARD
status thing_update(const struct registry *r, bytes name, const struct thing_changes *changes);
/* thing_delete: fine when there is no such thing; E_INVALID while principals are attached;
 * E_VERSION_CONFLICT when expected_version is neither 0 nor the thing's. */
NODISCARD
status thing_delete(const struct registry *r, bytes name, uint64_t expected_version);

struct thing_query;         /* registry/thing_query.h */
struct connectivity_source; /* registry/connectivity.h */
struct thing_filter {
    bytes type_name;                       /* none: any */
    bytes attribute_name, attribute_value; /* no name: any */
    bool attribute_value_is_prefix;
    const struct thing_query *query;          /* NULL: any */
    struct connectivity_source *connectivity; /* what a query may ask; NULL: nothing known */
};
struct thing_list {
    struct thing_record *items;
    size_t count;
    bytes
        next; /* with a filter, a page may hold fewer items than its limit and still have a next */
};
/* By name. filter may be NULL. */
NODISCARD
status thing_list(const struct registry *r, const struct thing_filter *filter,
                  const struct page *page, struct thing_list *out_list);

#define THING_PRINCIPAL_TYPES(X)            \
    X(NON_EXCLUSIVE, "NON_EXCLUSIVE_THING") \
    X(EXCLUSIVE, "EXCLUSIVE_THING")
enum thing_principal_type { THING_PRINCIPAL_NON_EXCLUSIVE, THING_PRINCIPAL_EXCLUSIVE };
const char *thing_principal_type_name(enum thing_principal_type type);
NODISCARD
status thing_principal_type_parse(bytes text, enum thing_principal_type *out_type);

/* `principal` is a certificate ARN of this account. E_NOT_FOUND when thing or certificate is not
 * there; E_INVALID when an exclusive attachment forbids it, and for what cannot be a principal.
 * Attaching twice and detaching what is not attached are fine. */
NODISCARD
status thing_principal_attach(const struct registry *r, bytes thing_name, bytes principal,
                              enum thing_principal_type type);
NODISCARD
status thing_principal_detach(const struct registry *r, bytes thing_name, bytes principal);

/* thing_principal_is_attached: also false for a thing that is not there. */
NODISCARD
status thing_principal_is_attached(const struct registry *r, bytes thing_name, bytes certificate_id,
                                   bool *out_attached);

struct thing_principal {
    bytes name; /* the principal's ARN, or the thing's name */
    enum thing_principal_type type;
};
struct thing_principal_list {
    struct thing_principal *items;
    size_t count;
    bytes next;
};
/* type may be NULL: both types. E_NOT_FOUND when the thing, or the certificate, is not there. */
NODISCARD
status thing_list_principals(const struct registry *r, bytes thing_name,
                             const enum thing_principal_type *type, const struct page *page,
                             struct thing_principal_list *out_list);
NODISCARD
status principal_list_things(const struct registry *r, bytes principal,
                             const enum thing_principal_type *type, const struct page *page,
                             struct thing_principal_list *out_list);
