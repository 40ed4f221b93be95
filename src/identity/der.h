/* DER, one element at a time: just enough to find things in a certificate [X.690 10].
 *
 * For this folder. Elements borrow from what the reader looks at. */
#pragma once
#include "base/arena.h"

enum {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_OCTET_STRING = 0x04,
    DER_OID = 0x06,
    DER_UTF8_STRING = 0x0C,
    DER_PRINTABLE_STRING = 0x13,
    DER_TELETEX_STRING = 0x14,
    DER_IA5_STRING = 0x16,
    DER_VISIBLE_STRING = 0x1A,
    DER_UNIVERSAL_STRING = 0x1C,
    DER_BMP_STRING = 0x1E,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT = 0x80, /* + number */
    DER_CONTEXT_CONSTRUCTED = 0xA0,
};

struct der {
    uint8_t tag;
    bytes value; /* the contents */
    bytes whole; /* with tag and length */
};

/* der_next takes the next element; E_MALFORMED when it is cut off, has a tag of several bytes or a
 * length that is indefinite or longer than need be. */
NODISCARD
status der_next(struct reader *in, struct der *out_element);
/* der_take takes the next element, which must have this tag. */
NODISCARD
status der_take(struct reader *in, uint8_t tag, struct der *out_element);
/* der_enter takes the next element, which must have this tag, and reads inside it. */
NODISCARD
status der_enter(struct reader *in, uint8_t tag, struct reader *out_inside);
bool der_is_next(const struct reader *in, uint8_t tag);

/* der_is_text is true for the string types that names are written in. */
bool der_is_text(uint8_t tag);
/* der_text gives the characters of a string type as UTF-8, borrowed or made in `memory`. The 8-bit
 * types are read as Latin-1, as OpenSSL does. E_MALFORMED for no text or an ill-formed one. */
NODISCARD
status der_text(const struct der *element, struct arena *memory, bytes *out_text);
