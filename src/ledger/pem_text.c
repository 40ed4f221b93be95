#include "ledger/pem_text.h"

#include "identity/pem.h"

bool pem_text_take(bytes *rest, bytes *out_block) {
    static const bytes begin = BYTES("-----BEGIN "), end = BYTES("-----END "),
                       dashes = BYTES("-----");
    size_t from = bytes_search(*rest, begin);
    bytes block = bytes_skip(*rest, from);
    size_t at = bytes_search(block, end);
    if (at == block.len)
        return false;
    size_t until = at + end.len + bytes_search(bytes_skip(block, at + end.len), dashes);
    if (until >= block.len)
        return false;
    until += dashes.len;
    while (until < block.len && (block.ptr[until] == '\r' || block.ptr[until] == '\n'))
        until++;
    *out_block = bytes_slice(block, 0, until);
    *rest = bytes_skip(block, until);
    return true;
}

status pem_text_der(bytes pem, struct arena *memory, bytes *out_der) {
    AUTO(buf) der = {0};
    TRY(pem_decode(pem, X509_DEVICE_CERTIFICATE, &der));
    *out_der = arena_copy(memory, buf_bytes(&der));
    return OK;
}

void pem_text_of(bytes der, struct buf *out) {
    pem_encode("CERTIFICATE", der, out);
}
