/* Failures of just-in-time provisioning:
 *
 *     JITP_FAILURES  account, certificate id */
#include "registry/jitp_failure.h"
#include "registry/internal.h"

static const struct field fields[] = {
    FIELD(1, struct jitp_failure, sentence),
    FIELD(2, struct jitp_failure, attempts),
    FIELD(3, struct jitp_failure, failed_ms),
};

status jitp_failure_load(const struct registry *r, bytes certificate_id,
                         struct jitp_failure *out_failure) {
    struct jitp_failure failure = {0};
    TRY(object_load(r, TABLE_JITP_FAILURES, key_of(r, certificate_id), fields, COUNT_OF(fields),
                    &failure));
    *out_failure = failure;
    return OK;
}

status jitp_failure_save(const struct registry *r, bytes certificate_id,
                         const struct jitp_failure *failure) {
    return object_save(r, TABLE_JITP_FAILURES, key_of(r, certificate_id), fields, COUNT_OF(fields),
                       failure);
}

status jitp_failure_remove(const struct registry *r, bytes certificate_id) {
    return store_remove(r->txn, TABLE_JITP_FAILURES, key_of(r, certificate_id));
}
