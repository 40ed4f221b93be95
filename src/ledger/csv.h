/* CSV as spreadsheets and vendors write it [RFC 4180]: a record at a time, from a text in memory.
 *
 * Fields may be quoted, and then hold separators, line breaks and doubled quotes; lines end with
 * LF or CR LF; a byte order mark is passed over; empty lines are none. The separator is what the
 * first line uses: comma, semicolon or tab. Pure. */
#pragma once
#include "base/arena.h"

enum { CSV_FIELDS_MAX = 64, CSV_RECORD_BYTES_MAX = 1 << 20 };

/* csv_separator is the first separator of the first line that is not quoted; ',' when it has none.
 */
uint8_t csv_separator(bytes text);

/* csv_take takes the next record's text off *rest, without its line end, passing over empty lines;
 * *line is the line it begins in and is moved on by those that were taken. False at the end. A
 * quote that is never closed takes all of the rest, up to CSV_RECORD_BYTES_MAX. */
bool csv_take(bytes *rest, uint64_t *line, bytes *out_record, uint64_t *out_line);

struct csv_fields {
    bytes items[CSV_FIELDS_MAX]; /* without quotes; in the arena, or borrowed from the record */
    size_t count;
};
/* csv_split takes a record apart. E_MALFORMED: more fields than CSV_FIELDS_MAX, a quote that is not
 * closed, text behind a closing quote. */
NODISCARD
status csv_split(bytes record, uint8_t separator, struct arena *memory,
                 struct csv_fields *out_fields);
/* csv_append writes one field, quoted when it has to be; separators and line ends are the
 * caller's. */
void csv_append(struct buf *out, bytes value);
