#include "policy/document.h"
#include "provisioning/internal.h"
#include "registry/policy.h"

#include <openssl/evp.h>

status policy_name_of(struct arena *a, bytes document, bytes *out_name) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (EVP_Digest(document.ptr, document.len, digest, &len, EVP_sha1(), NULL) != 1)
        return FAIL(E_INTERNAL, "libcrypto does not compute SHA-1");
    char *name = ARENA_ARRAY(a, char, 2 * len + 1);
    hex_encode(bytes_of(digest, len), name);
    for (size_t i = 0; i < 2 * len; i++)
        if (name[i] >= 'a')
            name[i] = (char)(name[i] - 'a' + 'A');
    *out_name = bytes_from(name);
    return OK;
}

/* The same document gives the same policy: one for all devices of a template. What became of it
 * since is its owner's business. */
static status ensure(const struct run *run, bytes document, bytes *out_name) {
    const struct registry *r = run->registry;
    struct policy_record present;
    TRY(policy_name_of(r->arena, document, out_name));
    status s = policy_load(r, *out_name, &present);
    if (s != E_NOT_FOUND)
        return s;
    TRY(run_may(run, "iot:CreatePolicy", policy_arn(r, *out_name)));
    return policy_create(r, *out_name, document, NULL);
}

static status require(const struct registry *r, bytes name) {
    struct policy_record policy;
    status s = policy_load(r, name, &policy);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "Policy %.*s not found", BYTES_ARG(bytes_slice(name, 0, 128)));
    return s;
}

static status run_policy(struct run *run, const struct plan_policy *wanted) {
    const struct registry *r = run->registry;
    bytes name = wanted->name;
    TRY(wanted->document.ptr ? ensure(run, wanted->document, &name) : require(r, name));
    run_add_resource(run, wanted->logical_id, policy_arn(r, name));
    if (!run->plan->certificate)
        return OK;
    TRY(run_may(run, "iot:AttachPolicy", run->out.certificate_arn));
    return policy_attach(r, name, run->out.certificate_arn);
}

status run_policies(struct run *run) {
    for (size_t i = 0; i < run->plan->policy_count; i++)
        TRY(run_concerning(run->plan->policies[i].logical_id,
                           run_policy(run, &run->plan->policies[i])));
    return OK;
}

static status check_document(const struct plan_policy *policy, bool without_quotas) {
    struct policy_document *document;
    if (!policy->document.ptr)
        return OK;
    TRY(policy_document_parse(BYTES("of the template"), policy->document,
                              without_quotas ? POLICY_BYTES_MAX : POLICY_LENGTH_MAX, &document));
    policy_document_unref(document);
    return OK;
}

status provisioning_prepare(const struct plan *plan, const struct provisioning_options *options,
                            struct issued *out_issued) {
    for (size_t i = 0; i < plan->policy_count; i++)
        TRY(run_concerning(plan->policies[i].logical_id,
                           check_document(&plan->policies[i], options->without_quotas)));
    if (!plan->certificate || !plan->certificate->csr.ptr)
        return OK;
    return run_concerning(
        plan->certificate->logical_id,
        issuer_issue_csr(options->issuer, plan->certificate->csr, options->now_ms, out_issued));
}
