/* What things and groups of things share in the API. For this folder. */
#pragma once
#include "api/call.h"
#include "registry/arn.h"
#include "registry/thing.h"

/* attributes_in reads the attributePayload of `in`, in its arena; NULL and 0 when there is none. */
struct thing_attribute *attributes_in(const struct record *in, size_t *out_count);
void put_attributes(struct record *out, const struct thing_attribute *attributes, size_t count);

/* named_in reads what the input names by name or by ARN: E_INVALID when by neither, or by both but
 * differently. */
struct naming {
    unsigned name, arn; /* members */
    enum arn_type type;
    const char *neither; /* what is said then */
};
extern const struct naming naming_thing, naming_thing_group, naming_billing_group;
NODISCARD
status named_in(const struct call *c, const struct naming *naming, bytes *out_name);

/* put_names answers a page of names, as a list of texts. */
void put_names(struct call *c, unsigned member, const struct name_list *list);
/* put_groups answers a page of groups: names and ARNs, groups being of `type`. */
void put_groups(struct call *c, unsigned member, enum arn_type type, const struct name_list *list);
void put_group(const struct call *c, struct items *groups, enum arn_type type, bytes name);
