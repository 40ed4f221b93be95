#include "identity/openssl.h"

#include <stdarg.h>
#include <stdio.h>

#include <openssl/err.h>

status openssl_failure(status code, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    ERR_clear_error();
    return reason ? FAIL(code, "%s (%s)", text, reason) : FAIL(code, "%s", text);
}
