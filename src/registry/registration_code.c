#include "registry/registration_code.h"
#include "base/random.h"

enum { CODE_LEN = 64 };

status registration_code_load(const struct registry *r, bytes *out_code) {
    return store_load(r->txn, TABLE_REGISTRATION_CODES, r->account, r->arena, out_code);
}

status registration_code_ensure(const struct registry *r, bytes *out_code) {
    char code[CODE_LEN + 1];
    status s = registration_code_load(r, out_code);
    if (s != E_NOT_FOUND)
        return s;
    random_text("0123456789abcdef", code, CODE_LEN);
    *out_code = arena_copy(r->arena, bytes_of(code, CODE_LEN));
    return store_save(r->txn, TABLE_REGISTRATION_CODES, r->account, *out_code);
}

status registration_code_delete(const struct registry *r) {
    bytes code;
    TRY(registration_code_load(r, &code));
    return store_remove(r->txn, TABLE_REGISTRATION_CODES, r->account);
}
