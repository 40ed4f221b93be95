/* Destinations of topic rules, as the operations on rules and the link in a confirmation need them
 * [AWS rules 6.4]. */
#pragma once
#include "api/call.h"

/* destination_want judges a URL that a rule is to send to, and notes it on the call. E_INVALID. May
 * look its host up: before the transaction. */
NODISCARD
status destination_want(struct call *c, bytes url);
/* destinations_ensure makes those that were noted and are not there, and asks their owners. */
NODISCARD
status destinations_ensure(struct call *c);

/* The link that an owner follows: GET /confirmdestination/<token>, unsigned. */
bool destination_link_is_one(bytes path);
NODISCARD
status destination_confirm_link(const struct api_config *config, struct arena *a, bytes path);
