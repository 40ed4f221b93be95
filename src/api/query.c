/* The query protocol [AWS control-plane 2, 9]: a form in, XML out; the operation is its parameter
 * Action. */
#include <string.h>

#include "api/exchange.h"
#include "api/xml.h"

/* The parameters come as a form, or by GET in the URL [AWS control-plane 9]. */
static status read_form(const struct exchange *x, struct http_query *out_form) {
    if (bytes_equal(x->request->method, BYTES("GET")))
        return http_query_parse(x->arena, x->request->query, out_form);
    return http_form_parse(x->arena, x->request->body, out_form);
}

status query_answer(struct exchange *x) {
    const struct model *model = x->api->faces[x->service->face].model;
    TRY(read_form(x, &x->form));
    bytes action = http_query_find(&x->form, "Action");
    struct route route = {.operation = model_find_operation(model, action)};
    if (!action.ptr)
        return FAIL(E_UNKNOWN_OPERATION, "The request has no parameter Action");
    if (!route.operation)
        return FAIL(E_UNKNOWN_OPERATION, "Could not find operation %.*s for version %.*s",
                    BYTES_ARG(bytes_slice(action, 0, 100)),
                    BYTES_ARG(bytes_slice(http_query_find(&x->form, "Version"), 0, 40)));
    return exchange_operate(x, &route);
}

static void write_end(struct exchange *x) {
    struct buf *out = &x->out->body;
    buf_text(out, "<ResponseMetadata>");
    xml_element(out, "RequestId", bytes_from(x->request_id));
    buf_printf(out, "</ResponseMetadata></%sResponse>", x->out->operation);
}

void query_write_output(struct exchange *x, const struct record *output) {
    const struct model *model = x->api->faces[x->service->face].model;
    struct buf *out = &x->out->body;
    const char *name = x->out->operation;
    x->out->content_type = "text/xml";
    buf_printf(out, "<%sResponse xmlns=\"%s\">", name, model->xml_namespace);
    if (output) {
        buf_printf(out, "<%sResult>", name);
        xml_output(output, out);
        buf_printf(out, "</%sResult>", name);
    }
    write_end(x);
}

/* What the query services call it, where that differs [AWS control-plane 3.2]; of IAM and STS each:
 * iam.c, sts.c. */
static const struct {
    status status;
    const char *code;
} codes[] = {
    {E_TOKEN_MISSING, "MissingAuthenticationToken"},
    {E_TOKEN_INVALID, "InvalidClientTokenId"},
    {E_TOKEN_EXPIRED, "ExpiredToken"},
    {E_SIGNATURE_INCOMPLETE, "IncompleteSignature"},
    {E_SIGNATURE_INVALID, "SignatureDoesNotMatch"},
    {E_ACCESS_DENIED, "AccessDenied"},
    {E_INVALID, "ValidationError"},
    {E_VALIDATION, "ValidationError"},
    {E_UNKNOWN_OPERATION, "InvalidAction"},
    {E_NOT_IMPLEMENTED, "NotImplemented"},
    {E_THROTTLED, "Throttling"},
    {E_INTERNAL, "InternalFailure"},
    {E_UNAVAILABLE, "ServiceUnavailable"},
};

static const char *code_of(const struct exchange *x, status s) {
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (codes[i].status == s)
            return codes[i].code;
    return x->out->error; /* as the service's own table has it */
}

void query_refuse(struct exchange *x, status s, bytes message) {
    const struct model *model = x->api->faces[x->service->face].model;
    struct buf *out = &x->out->body;
    x->out->error = code_of(x, s);
    x->out->content_type = "text/xml";
    buf_printf(out, "<ErrorResponse xmlns=\"%s\"><Error>", model->xml_namespace);
    xml_element(out, "Type", x->out->status < 500 ? BYTES("Sender") : BYTES("Receiver"));
    xml_element(out, "Code", bytes_from(x->out->error));
    xml_element(out, "Message", message);
    buf_text(out, "</Error>");
    xml_element(out, "RequestId", bytes_from(x->request_id));
    buf_text(out, "</ErrorResponse>");
}
