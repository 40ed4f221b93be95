/* Encode: from a record to the JSON of an answer [AWS control-plane 2]: members in the model's
 * order, absent ones left out, timestamps as numbers of seconds. */
#pragma once
#include "api/record.h"

/* encode_is_payload tells an output whose whole body is one blob; *out_payload is what it holds, if
 * it is present. */
bool encode_is_payload(const struct record *output, bytes *out_payload);

/* encode_output appends to `out`; NULL gives {}. */
void encode_output(const struct record *output, struct buf *out);
