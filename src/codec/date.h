/* Dates as the wires write them ⇄ milliseconds since 1970-01-01 UTC.
 *
 * The proleptic Gregorian calendar, years 0000 to 9999; a day that does not exist and a leap second
 * are E_INVALID. What is beyond these years is written as the nearest that is within. */
#pragma once
#include "base/bytes.h"

/* date_parse_iso reads ISO 8601 in the two forms of AWS, and nothing after them:
 *     basic     20260102T030405Z
 *     extended  2026-01-02T03:04:05Z   2026-01-02T03:04:05.678+09:00
 * A fraction of 1–9 digits is cut to milliseconds; the zone is Z or ±hh:mm (basic: ±hhmm). */
NODISCARD
status date_parse_iso(bytes text, int64_t *out_wall_ms);
/* date_parse_http reads "Sun, 06 Nov 1994 08:49:37 GMT" [RFC 9110 5.6.7] and its elder relatives
 * [RFC 5322 3.3]: the day name may be missing, the day may have one digit, the zone may be UT, UTC
 * or ±hhmm. The two obsolete forms of RFC 9110 are E_INVALID: no client that signs sends them. */
NODISCARD
status date_parse_http(bytes text, int64_t *out_wall_ms);

/* Each writes its characters and a zero. With milliseconds: clock_format (base/clock.h). */
void date_format_basic(int64_t wall_ms, char out[17]); /* 20260102T030405Z */
void date_format_iso(int64_t wall_ms, char out[21]);   /* 2026-01-02T03:04:05Z */
void date_format_http(int64_t wall_ms, char out[30]);  /* Fri, 02 Jan 2026 03:04:05 GMT */
