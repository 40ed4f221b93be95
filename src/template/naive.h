/* A second evaluator of expressions for tests: written to be obviously right, not to be fast, to
 * explain or to bound anything. */
#pragma once
#include "codec/json.h"
#include "template/template.h"

/* naive_text gives the text of an expression in the template `root`; false when it gives none. */
bool naive_text(struct arena *a, const struct json *root,
                const struct template_parameters *parameters, const struct json *v,
                bytes *out_text);
