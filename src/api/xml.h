/* XML, for answers of the query protocol [AWS control-plane 9]. */
#pragma once
#include "api/record.h"

/* xml_element appends <name>text</name>, escaped; characters XML cannot hold become U+FFFD. */
void xml_element(struct buf *out, const char *name, bytes text);

/* xml_output appends the members of a record as elements, in the model's order, absent ones left
 * out: lists as <member>…, maps as <entry><key>…</key><value>…</value></entry>, times in ISO 8601,
 * policy documents percent-encoded. NULL appends nothing. */
void xml_output(const struct record *output, struct buf *out);
