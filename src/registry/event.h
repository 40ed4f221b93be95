/* Inside registry/: the events of the registry, published under $aws/events once the change they
 * tell of is durable [AWS device-gateway 9.2]. Each of these does nothing while its type is
 * switched off for the account (settings.h), which is how an account starts. */
#pragma once
#include "registry/ca_certificate.h"
#include "registry/certificate.h"
#include "registry/settings.h"
#include "registry/thing.h"
#include "registry/thing_group.h"
#include "registry/thing_type.h"

enum event_operation { EVENT_CREATED, EVENT_UPDATED, EVENT_DELETED, EVENT_ADDED, EVENT_REMOVED };

NODISCARD
status event_thing(const struct registry *r, enum event_operation operation,
                   const struct thing_record *thing);
NODISCARD
status event_thing_type(const struct registry *r, enum event_operation operation,
                        const struct thing_type_record *type);
/* ADDED or REMOVED: the thing's type; nothing when it has none. */
NODISCARD
status event_type_association(const struct registry *r, enum event_operation operation,
                              const struct thing_record *thing);
NODISCARD
status event_thing_group(const struct registry *r, enum event_operation operation,
                         const struct thing_group_record *group);
/* A child came to its parent or left it; nothing for a root. */
NODISCARD
status event_group_hierarchy(const struct registry *r, enum event_operation operation,
                             const struct thing_group_record *child);
NODISCARD
status event_group_membership(const struct registry *r, enum event_operation operation,
                              bytes group_name, bytes group_id, const struct thing_record *thing);
/* Of certificates AWS documents no message: ours have the shape of event_thing's, on
 * $aws/events/certificate/<id>/created|updated|deleted and …/caCertificate/…. A certificate that is
 * transferred is deleted in one account and created in the other. */
NODISCARD
status event_certificate(const struct registry *r, enum event_operation operation,
                         const struct certificate_record *certificate);
NODISCARD
status event_ca_certificate(const struct registry *r, enum event_operation operation,
                            const struct ca_record *ca);
/* event_is_enabled spares its caller what only an event needs. */
NODISCARD
status event_is_enabled(const struct registry *r, enum event_type type, bool *out_enabled);
