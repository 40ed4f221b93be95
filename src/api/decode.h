/* Decode: from an HTTP request to a record, each member from where the model says it travels
 * [AWS control-plane 2]. */
#pragma once
#include "api/record.h"
#include "api/route.h"
#include "http/request.h"

/* decode_input reads path labels, query, headers and the JSON body into a record of the operation's
 * input shape. Unknown keys are ignored; null, absent, an empty body and {} mean the same.
 * E_INVALID for a malformed URL or value in it; E_SERIALIZATION for a body that is not JSON or has
 * values of other types than the model. Constraints are not looked at. */
NODISCARD
status decode_input(struct arena *a, const struct model *m, const struct route *route,
                    const struct http_request *request, struct record **out_input);

/* decode_simple reads a value that travels as text: all but blobs, lists, maps and structures.
 * `name` is its member's, for the sentence of E_INVALID. */
NODISCARD
status decode_simple(const struct model_shape *shape, bytes name, bytes text, struct value *out);

/* decode_structure_text reads a JSON object that encode_output wrote into a new record of the same
 * structure; both live in the record's arena. */
NODISCARD
status decode_structure_text(bytes json, struct record *out_record);
