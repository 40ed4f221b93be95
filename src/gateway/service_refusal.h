/* How a service says no, in JSON. Pure. */
#pragma once
#include "base/bytes.h"
#include "base/status.h"

enum service_form {
    FORM_CODE, /* {"code", "message", "timestamp", "clientToken"} [AWS device-gateway 15.4] */
    FORM_STATUS_CODE, /* {"statusCode", "errorCode", "errorMessage"} [AWS identity 8.1] */
    FORM_NONE         /* there is no topic for it: a reason only */
};

/* service_refuse appends it. `client_token` comes back in FORM_CODE; none: left out. */
void service_refuse(enum service_form form, status s, const char *message, bytes client_token,
                    struct buf *out);
