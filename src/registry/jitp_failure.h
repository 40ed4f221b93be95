/* Why a certificate could not be provisioned at its last connection [AWS identity 6.2]. */
#pragma once
#include "registry/registry.h"

struct jitp_failure {
    bytes sentence;
    uint64_t attempts; /* that failed, one after the other */
    int64_t failed_ms; /* the last of them */
};
/* jitp_failure_load: E_NOT_FOUND when the last attempt went well or there was none. */
NODISCARD
status jitp_failure_load(const struct registry *r, bytes certificate_id,
                         struct jitp_failure *out_failure);
NODISCARD
status jitp_failure_save(const struct registry *r, bytes certificate_id,
                         const struct jitp_failure *failure);
NODISCARD
status jitp_failure_remove(const struct registry *r, bytes certificate_id);
