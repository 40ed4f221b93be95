/* Links to the code of functions: paths that carry their own permission, as the pre-signed URLs in
 * GetFunction of AWS do [AWS rules 7].
 *
 *     /function-code/<code id>?expires=<s>&signature=<hex>
 *
 * Whoever holds one may read that zip until it expires. Pure. */
#pragma once
#include "function/code.h"

enum { CODE_LINK_KEY_BYTES = 32, CODE_LINK_SECONDS = 600 };

/* code_link_format appends path and query. */
void code_link_format(const uint8_t key[CODE_LINK_KEY_BYTES], bytes code_id, int64_t expires_s,
                      struct buf *out);
bool code_link_is_one(bytes path);
/* code_link_verify: E_ACCESS_DENIED when it is not one of ours or its time is over. The id borrows
 * from `path`. */
NODISCARD
status code_link_verify(const uint8_t key[CODE_LINK_KEY_BYTES], bytes path, bytes query,
                        int64_t now_s, bytes *out_code_id);
