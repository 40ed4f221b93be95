/* Message enrichment: what a thing type has added, as MQTT 5 user properties, to each message that
 * a client publishes for a thing of that type [AWS iot thing-types-propagating-attributes]. */
#pragma once
#include "registry/thing.h"

/* Every one of them costs each message: AWS documents no number, its console offers three. */
enum { PROPAGATING_ATTRIBUTES_MAX = 20 };

/* One user property: its key, and where its value comes from: one of the two that follow. */
struct propagating_attribute {
    bytes user_property_key;
    bytes thing_attribute;      /* the name of an attribute of the thing */
    bytes connection_attribute; /* iot:ClientId or iot:Thing.ThingName */
};
/* In the order given, which is that of the user properties; a key may repeat. */
struct propagation {
    struct propagating_attribute *items;
    size_t count;
};

/* propagation_check: E_INVALID for too many, for one without key, without source or with two, and
 * for a connection attribute there is none of. */
NODISCARD
status propagation_check(const struct propagation *p);
bool propagations_are_alike(const struct propagation *a, const struct propagation *b);
void propagation_encode(const struct propagation *p, struct buf *out); /* a record list */
/* propagation_decode: the texts borrow from `list`. */
void propagation_decode(struct arena *a, bytes list, struct propagation *out);

/* propagating_value is the value for a client of this identifier that speaks for `thing`; no bytes
 * when the thing has no such attribute: then there is no user property. */
bytes propagating_value(const struct propagating_attribute *p, const struct thing_record *thing,
                        bytes client_id);
