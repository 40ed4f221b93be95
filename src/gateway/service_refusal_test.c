#include "gateway/service_refusal.h"

#include "base/clock.h"
#include "support/testing.h"

static void says(enum service_form form, status s, bytes token, const char *expected) {
    AUTO(buf) out = {0};
    service_refuse(form, s, "no", token, &out);
    CHECK_BYTES(buf_bytes(&out), bytes_from(expected));
}

TEST(fleet_provisioning_refuses_with_status_and_code) { /* [AWS identity 8.4] */
    static const struct {
        status status;
        const char *expected;
    } rows[] = {
        {E_OWNERSHIP_TOKEN, "400,\"errorCode\":\"InvalidCertificateOwnershipToken\""},
        {E_INVALID, "400,\"errorCode\":\"InvalidRequest\""},
        {E_CERTIFICATE_INVALID, "400,\"errorCode\":\"InvalidRequest\""},
        {E_REGISTRATION, "400,\"errorCode\":\"InvalidRequest\""},
        {E_ACCESS_DENIED, "403,\"errorCode\":\"AccessDenied\""},
        {E_NOT_FOUND, "404,\"errorCode\":\"ResourceNotFound\""},
        {E_UPDATE_CONFLICT, "409,\"errorCode\":\"ResourceConflict\""},
        {E_THROTTLED, "429,\"errorCode\":\"Throttled\""},
        {E_INTERNAL, "500,\"errorCode\":\"InternalFailure\""},
        {E_NOT_IMPLEMENTED, "501,\"errorCode\":\"NotImplemented\""},
        {E_UNAVAILABLE, "503,\"errorCode\":\"ServiceUnavailable\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf) expected = {0};
        buf_printf(&expected, "{\"statusCode\":%s,\"errorMessage\":\"no\"}", rows[i].expected);
        says(FORM_STATUS_CODE, rows[i].status, (bytes){0}, buf_string(&expected));
    }
}

TEST(shadows_and_jobs_refuse_with_code_time_and_token) { /* [AWS device-gateway 15.4] */
    clock_simulate(5000);
    says(FORM_CODE, E_NOT_IMPLEMENTED, BYTES("t-1"),
         "{\"code\":501,\"message\":\"no\",\"timestamp\":5,\"clientToken\":\"t-1\"}");
    says(FORM_CODE, E_VERSION_CONFLICT, (bytes){0},
         "{\"code\":409,\"message\":\"no\",\"timestamp\":5}");
    clock_simulate(-1);
}

TEST_MAIN("service_refusal")
