/* Routes: from a method and a raw path to the operation that answers there.
 *
 * The path is split on '/' as it came; only what a label then holds is percent-decoded, so that an
 * ARN with "%2F" stays one segment [AWS control-plane 2]. Where a literal and a label both fit, the
 * literal wins; a greedy label ({name+}) takes all that is left; one slash at the end is ignored.
 */
#pragma once
#include "api/model.h"

enum { ROUTE_LABELS_MAX = 4 };

struct route {
    const struct model_operation *operation;
    size_t label_count;
    struct {
        bytes name, raw; /* raw: still percent-encoded, borrowed from the path */
    } labels[ROUTE_LABELS_MAX];
};

/* route_find finds the operation, or gives false. */
bool route_find(const struct model *m, enum model_method method, bytes path,
                struct route *out_route);

/* route_leads_to tells whether this operation's own path fits; the method is the caller's to ask.
 */
bool route_leads_to(const struct model *m, const struct model_operation *o, bytes path);

/* route_label is the raw value of a label, or no bytes. */
bytes route_label(const struct route *r, bytes name);
