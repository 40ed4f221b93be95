#include "gateway/service_refusal.h"

#include "base/clock.h"
#include "codec/json.h"

/* What a status is called in a rejection [AWS identity 8.4]; a status without a row is one of the
 * request (4xx) or ours. */
static const struct {
    status status;
    int code;
    const char *name;
} rejections[] = {
    {E_OWNERSHIP_TOKEN, 400, "InvalidCertificateOwnershipToken"},
    {E_DENIED, 403, "AccessDenied"},
    {E_ACCESS_DENIED, 403, "AccessDenied"},
    {E_NOT_FOUND, 404, "ResourceNotFound"},
    {E_EXISTS, 409, "ResourceConflict"},
    {E_UPDATE_CONFLICT, 409, "ResourceConflict"},
    {E_VERSION_CONFLICT, 409, "ResourceConflict"},
    {E_TOO_LARGE, 413, "RequestTooLarge"},
    {E_LIMIT, 429, "Throttled"},
    {E_THROTTLED, 429, "Throttled"},
    {E_NOT_IMPLEMENTED, 501, "NotImplemented"},
    {E_UNAVAILABLE, 503, "ServiceUnavailable"},
};

static int find(status s, const char **out_name) {
    for (size_t i = 0; i < COUNT_OF(rejections); i++)
        if (rejections[i].status == s) {
            *out_name = rejections[i].name;
            return rejections[i].code;
        }
    bool is_ours = status_info(s)->http >= 500;
    *out_name = is_ours ? "InternalFailure" : "InvalidRequest";
    return is_ours ? 500 : 400;
}

static void member(struct json_writer *w, const char *name, const char *text) {
    json_name(w, name);
    json_text(w, text);
}

void service_refuse(enum service_form form, status s, const char *message, bytes client_token,
                    struct buf *out) {
    struct json_writer w;
    const char *name;
    int code = find(s, &name);
    json_start(&w, out);
    json_object_begin(&w);
    json_name(&w, form == FORM_CODE ? "code" : "statusCode");
    json_i64(&w, code);
    if (form == FORM_STATUS_CODE)
        member(&w, "errorCode", name);
    member(&w, form == FORM_CODE ? "message" : "errorMessage", message);
    if (form == FORM_CODE) {
        json_name(&w, "timestamp");
        json_i64(&w, clock_wall_ms() / 1000);
        if (client_token.len > 0) {
            json_name(&w, "clientToken");
            json_string(&w, client_token);
        }
    }
    json_object_end(&w);
}
