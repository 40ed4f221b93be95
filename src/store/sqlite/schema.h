/* Inside store/sqlite/: whose file it is, and how its layout came to be. */
#pragma once
#include "store/sqlite/connection.h"

/* schema_prepare makes an empty file ours, brings an older one up to date, and refuses with
 * E_INVALID what a newer Kedge wrote or what is not ours. */
NODISCARD
status schema_prepare(struct connection *c);
