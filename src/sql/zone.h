/* Time zones: offsets from the system's database (/usr/share/zoneinfo) [RFC 8536]. Zones are read
 * when first asked for and kept; any thread. */
#pragma once
#include "base/bytes.h"

struct zone;

/* zone_find knows "UTC", "Z", "GMT", offsets ("+09:00", "UTC+9", "GMT-03:30") and names of the
 * database; NULL for others. The zone is shared and never freed. */
const struct zone *zone_find(bytes name);
/* zone_offset gives seconds east of UTC at that moment, and the abbreviation ("CST"). */
int32_t zone_offset(const struct zone *z, int64_t wall_s, char out_name[8]);
/* zone_to_utc finds the moment a clock in the zone shows this time; of two the earlier. */
int64_t zone_to_utc(const struct zone *z, int64_t local_s);
