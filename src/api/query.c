#include "api/query.h"

#include <string.h>

#include "api/xml.h"

static const struct {
    const char *service, *namespace;
} namespaces[] = {
    {"sts", "https://sts.amazonaws.com/doc/2011-06-15/"},
    {"iam", "https://iam.amazonaws.com/doc/2010-05-08/"},
};

static const struct query_operation operations[] = {
    {"sts", "GetCallerIdentity", get_caller_identity},
    {"sts", "AssumeRole", NULL},
    {"sts", "GetSessionToken", NULL},
};

const struct query_operation *query_operation_next(size_t *position) {
    return *position < COUNT_OF(operations) ? &operations[(*position)++] : NULL;
}

static const char *namespace_of(const struct service *service) {
    for (size_t i = 0; i < COUNT_OF(namespaces); i++)
        if (strcmp(namespaces[i].service, service->name) == 0)
            return namespaces[i].namespace;
    return "";
}

static const struct query_operation *find_operation(const struct service *service, bytes action) {
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        if (strcmp(operations[i].service, service->name) == 0 &&
            bytes_equal(action, bytes_from(operations[i].action)))
            return &operations[i];
    return NULL;
}

/* The parameters come as a form, or by GET in the URL [AWS control-plane 9]. */
static status read_form(const struct exchange *x, struct http_query *out_form) {
    if (bytes_equal(x->request->method, BYTES("GET")))
        return http_query_parse(x->arena, x->request->query, out_form);
    return http_form_parse(x->arena, x->request->body, out_form);
}

static status choose_operation(struct exchange *x, const struct http_query *form,
                               const struct query_operation **out_operation) {
    bytes action = http_query_find(form, "Action");
    const struct query_operation *o = find_operation(x->service, action);
    if (!o && !action.ptr)
        return FAIL(E_UNKNOWN_OPERATION, "The request has no parameter Action");
    if (!o || !o->answer)
        return FAIL(E_NOT_IMPLEMENTED,
                    "kedge does not implement %s:%.*s yet; see kedge api --coverage",
                    x->service->name, BYTES_ARG(bytes_slice(action, 0, 100)));
    *out_operation = o;
    return OK;
}

static void finish(struct exchange *x) {
    struct buf *out = &x->out->body;
    buf_text(out, "<ResponseMetadata>");
    xml_element(out, "RequestId", bytes_from(x->request_id));
    buf_text(out, "</ResponseMetadata>");
}

status query_answer(struct exchange *x) {
    struct buf *out = &x->out->body;
    const struct query_operation *o;
    struct http_query form;
    TRY(read_form(x, &form));
    TRY(choose_operation(x, &form, &o));
    x->out->operation = o->action;
    x->out->content_type = "text/xml";
    buf_printf(out, "<%sResponse xmlns=\"%s\"><%sResult>", o->action, namespace_of(x->service),
               o->action);
    TRY(o->answer(x, &form, out));
    buf_printf(out, "</%sResult>", o->action);
    finish(x);
    buf_printf(out, "</%sResponse>", o->action);
    return OK;
}

/* What the query services call it, where that differs [AWS control-plane 3.2]. */
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
    {E_UNKNOWN_OPERATION, "InvalidAction"},
    {E_NOT_IMPLEMENTED, "NotImplemented"},
    {E_INTERNAL, "InternalFailure"},
    {E_UNAVAILABLE, "ServiceUnavailable"},
};

static const char *code_of(status s) {
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (codes[i].status == s)
            return codes[i].code;
    return status_info(s)->aws_type;
}

void query_refuse(struct exchange *x, status s, bytes message) {
    struct buf *out = &x->out->body;
    x->out->error = code_of(s);
    x->out->content_type = "text/xml";
    buf_printf(out, "<ErrorResponse xmlns=\"%s\"><Error>", namespace_of(x->service));
    xml_element(out, "Type", x->out->status < 500 ? BYTES("Sender") : BYTES("Receiver"));
    xml_element(out, "Code", bytes_from(x->out->error));
    xml_element(out, "Message", message);
    buf_text(out, "</Error>");
    xml_element(out, "RequestId", bytes_from(x->request_id));
    buf_text(out, "</ErrorResponse>");
}
