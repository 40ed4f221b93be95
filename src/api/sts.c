/* Who am I? [AWS control-plane 9] */
#include "api/query.h"
#include "api/xml.h"

/* The UserId of a root user is its account; that of a user begins with AIDA, and there are none. */
status get_caller_identity(struct exchange *x, const struct http_query *form, struct buf *out) {
    UNUSED(form);
    xml_element(out, "Arn", bytes_from(x->caller_arn));
    xml_element(out, "UserId", bytes_from(x->account));
    xml_element(out, "Account", bytes_from(x->account));
    return OK;
}
