#include "iam/grammar.h"

#include "policy/document.h"

size_t iam_grammar_length(bytes document) {
    return policy_document_length(document);
}

status iam_grammar_check(struct arena *a, enum iam_grammar grammar, bytes document) {
    static const enum policy_form forms[] = {
        [IAM_GRAMMAR_IDENTITY] = POLICY_FORM_IDENTITY, [IAM_GRAMMAR_TRUST] = POLICY_FORM_TRUST};
    struct policy_document *parsed;
    UNUSED(a);
    TRY(policy_document_parse_as(forms[grammar], BYTES(""), document, POLICY_BYTES_MAX, &parsed));
    policy_document_unref(parsed);
    return OK;
}
