/* A ledger: the certificates of many devices, as a vendor or another registry hands them over.
 *
 *     a CSV, its first line naming the columns     a record each
 *     a folder of PEM files                        a file each, chains leaf first
 *     a PEM bundle                                 a certificate each; CAs belong to the one before
 *     a manifest of Microchip or NXP (manifest.h)  an element each
 *
 * Opening looks at what it is; ledger_next cuts off piece after piece in order, which is quick;
 * what a piece says is found out later, by entry.h, on any thread. The file is mapped, not read: a
 * piece borrows from it until ledger_close. Blocks on the disk: not for loop threads. */
#pragma once
#include "ledger/csv.h"

enum ledger_kind { LEDGER_CSV, LEDGER_FOLDER, LEDGER_BUNDLE, LEDGER_MANIFEST };
const char *ledger_kind_name(enum ledger_kind kind); /* for people: "CSV", "folder of PEM files" */

struct ledger;

/* ledger_open: E_UNAVAILABLE when it cannot be read, E_INVALID when it is none of these. */
NODISCARD
status ledger_open(const char *path, struct ledger **out_ledger);
void ledger_close(struct ledger *l); /* NULL does nothing */

enum ledger_kind ledger_kind_of(const struct ledger *l);
const char *ledger_path(const struct ledger *l);
/* Of a CSV: the names of its columns, and what separates them. */
const struct csv_fields *ledger_columns(const struct ledger *l);
uint8_t ledger_separator(const struct ledger *l);

struct ledger_piece {
    uint64_t line; /* where it begins; of a folder: the number of the file, from 1 */
    bytes text;    /* a record, blocks, an element; of a folder: the file's path */
};
/* ledger_next takes the next piece; E_MALFORMED when the rest cannot be read at all. */
NODISCARD
status ledger_next(struct ledger *l, struct ledger_piece *out_piece, bool *out_taken);
/* ledger_fraction is how much of it was taken, from 0 to 1. */
double ledger_fraction(const struct ledger *l);
