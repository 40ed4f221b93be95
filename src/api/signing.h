/* Signs requests as clients do, for tests and benches [AWS control-plane 3.1]. */
#pragma once
#include "http/request.h"

struct signing {
    const char *access_key_id, *secret;
    const char *region, *service;
    int64_t now_ms;
    const char *token; /* of temporary credentials; or NULL */
};

/* sign_request adds host, x-amz-date and authorization to the headers there are (which are signed
 * too) and makes path and query of `target`. All lives in `a`; `target` must outlive the request.
 */
void sign_request(const struct signing *with, const char *target, struct http_request *r,
                  struct arena *a);
