/* Names made from what a ledger and a certificate say: "lamp-{CN}", "{uniqueId:upper}".
 *
 * A placeholder is a column of the CSV or a text of the manifest, by its name (letter case does not
 * count), or else of the certificate: CN, O, OU, C, ST, serialNumber, dnQualifier of its subject,
 * `serial` (its own serial number, hexadecimal) and `id`. `:upper` and `:lower` change letters.
 * Pure. */
#pragma once
#include "identity/x509_summary.h"

struct ledger_field {
    bytes name, value;
};

struct placeholder_source {
    const struct ledger_field *fields;
    size_t field_count;
    const struct x509_summary *certificate;
};

/* placeholder_check tells of a brace without its other, and of a filter there is not: E_INVALID. */
NODISCARD
status placeholder_check(bytes pattern);
/* placeholder_expand needs a checked pattern. E_NOT_FOUND names the placeholder without a value. */
NODISCARD
status placeholder_expand(bytes pattern, const struct placeholder_source *source,
                          struct arena *memory, bytes *out_text);
