/* The environment of a function's process, made from nothing [AWS rules-and-functions 8.2]. */
#pragma once
#include "runtime/language.h"

struct variables_about {
    const struct runtime_code *code;
    const struct runtime_credentials *credentials; /* NULL: none */
    enum family family;
    const char *region, *endpoint_url;
    const char *api;       /* "127.4.5.6:40001" */
    const char *root;      /* the code, as the process sees it */
    const char *temporary; /* its folder for temporary files */
    const char *log_group, *log_stream;
};

/* variables_build appends "NAME=value", a zero after each. AWS's reserved names win over the
 * function's own; the others (PATH, LANG, AWS_ENDPOINT_URL …) the function may set. */
void variables_build(struct buf *out, const struct variables_about *v);
/* variables_are_reserved is whether a function may not set this name [7]. */
bool variables_are_reserved(bytes name);
