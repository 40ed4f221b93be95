#include "provisioning/certificate_source.h"

#include <stdio.h>

#include "codec/json.h"
#include "registry/certificate_provider.h"

static status find_provider(const struct certificate_source *s, bytes account, struct arena *a,
                            bool *out_found, struct certificate_provider *out_provider,
                            bytes *out_arn) {
    struct registry r = {.arena = a, .account = account, .region = s->region};
    TRY(store_begin_read(s->store, &r.txn));
    status result = certificate_provider_find(&r, out_found, out_provider);
    store_rollback(TAKE(r.txn));
    TRY(result);
    if (*out_found)
        *out_arn = certificate_provider_arn(&r, out_provider->name);
    return OK;
}

/* [AWS identity 11.1] */
static void put_event(const struct certificate_request *request, struct buf *out) {
    struct json_writer w;
    json_start(&w, out);
    json_object_begin(&w);
    json_name(&w, "certificateSigningRequest");
    json_string(&w, request->csr);
    json_name(&w, "principalId");
    json_string(&w, request->principal_id);
    if (request->client_id.len > 0) {
        json_name(&w, "clientId");
        json_string(&w, request->client_id);
    }
    json_object_end(&w);
}

static status ask(const struct certificate_source *s, const struct certificate_request *request,
                  const struct certificate_provider *provider, bytes arn, struct arena *a,
                  bytes *out_pem) {
    AUTO(buf) event = {0};
    bytes result;
    const struct json *root;
    put_event(request, &event);
    struct function_request call = {.account = request->account,
                                    .function = provider->function_arn,
                                    .event = buf_bytes(&event),
                                    .principal = "iot.amazonaws.com",
                                    .source_arn = arn,
                                    .timeout_ms = FUNCTION_ANSWER_MS_MAX};
    TRY(function_invoke(s->functions, &call, a, &result));
    TRY(json_parse(a, result, &root));
    const struct json *pem = json_member(root, BYTES("certificatePem"));
    if (!json_is_string(pem))
        return FAIL(E_INVALID, "its function answered without a certificatePem");
    *out_pem = pem->text;
    return OK;
}

static status provide(const struct certificate_source *s, const struct certificate_request *request,
                      const struct certificate_provider *provider, bytes arn, int64_t now_ms,
                      struct arena *a, struct issued *out_issued) {
    bytes pem;
    TRY(ask(s, request, provider, arn, a, &pem));
    return issued_take_provided(request->csr, pem, now_ms, out_issued);
}

status certificate_source_issue(const struct certificate_source *s,
                                const struct certificate_request *request, int64_t now_ms,
                                struct arena *a, struct issued *out_issued) {
    struct certificate_provider provider;
    bool found;
    bytes arn;
    TRY(find_provider(s, request->account, a, &found, &provider, &arn));
    if (!found)
        return issuer_issue_csr(s->issuer, request->csr, now_ms, out_issued);
    TRY(csr_check(request->csr)); /* the function is not asked about nonsense */
    status result = provide(s, request, &provider, arn, now_ms, a, out_issued);
    if (result == OK)
        return OK;
    char why[800];
    (void)snprintf(why, sizeof why, "%s", failure_text());
    return FAIL(result == E_INTERNAL ? E_INTERNAL : E_INVALID,
                "The certificate provider %.*s gave no certificate: %s", BYTES_ARG(provider.name),
                why);
}
