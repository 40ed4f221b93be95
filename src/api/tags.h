/* Tags that come with what is created. For this folder. */
#pragma once
#include "api/call.h"
#include "registry/tags.h"

/* tags_in reads the `tags` member of the input; none when absent. */
struct tags tags_in(const struct call *c);
/* put_new_tags puts them on what was created just now, by its ARN. */
NODISCARD
status put_new_tags(const struct call *c, bytes arn);
