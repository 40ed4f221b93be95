/* PEM blocks in a text, found by their lines alone; identity/ judges what is in them. Pure. */
#pragma once
#include "base/arena.h"

/* pem_text_take takes the next block off *rest, from its BEGIN line to the end of its END line;
 * what stands before it is passed over. False when no whole block is left; then *rest is what is
 * left. */
bool pem_text_take(bytes *rest, bytes *out_block);

/* pem_text_der decodes a block of a certificate. E_CERTIFICATE_INVALID in the words of identity/.
 * pem_text_of writes a certificate as a block. */
NODISCARD
status pem_text_der(bytes pem, struct arena *memory, bytes *out_der);
void pem_text_of(bytes der, struct buf *out);
