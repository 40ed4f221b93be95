#include "iam/grammar.h"

#include "codec/json.h"

size_t iam_grammar_length(bytes document) {
    size_t length = 0;
    for (size_t i = 0; i < document.len; i++) {
        uint8_t c = document.ptr[i];
        length += c != ' ' && c != '\t' && c != '\n' && c != '\r' && (c & 0xc0) != 0x80;
    }
    return length;
}

static status check_statement(enum iam_grammar grammar, const struct json *s) {
    bool principal = json_member(s, BYTES("Principal")) || json_member(s, BYTES("NotPrincipal"));
    bool resource = json_member(s, BYTES("Resource")) || json_member(s, BYTES("NotResource"));
    if (s->type != JSON_OBJECT)
        return FAIL(E_POLICY_MALFORMED, "Syntax errors in policy.");
    if (grammar == IAM_GRAMMAR_TRUST && resource)
        return FAIL(E_POLICY_MALFORMED, "Has prohibited field Resource");
    if (grammar == IAM_GRAMMAR_TRUST && !principal)
        return FAIL(E_POLICY_MALFORMED, "Missing required field Principal");
    if (grammar == IAM_GRAMMAR_IDENTITY && principal)
        return FAIL(E_POLICY_MALFORMED, "Policy document should not specify a principal.");
    if (grammar == IAM_GRAMMAR_IDENTITY && !resource)
        return FAIL(E_POLICY_MALFORMED, "Policy statement must contain resources.");
    return OK;
}

status iam_grammar_check(struct arena *a, enum iam_grammar grammar, bytes document) {
    const struct json *root, *statements;
    if (json_parse(a, document, &root) != OK || root->type != JSON_OBJECT)
        return FAIL(E_POLICY_MALFORMED, "%s",
                    grammar == IAM_GRAMMAR_TRUST ? "This policy contains invalid Json"
                                                 : "Syntax errors in policy.");
    statements = json_member(root, BYTES("Statement"));
    if (!statements)
        return FAIL(E_POLICY_MALFORMED, "Missing required field Statement");
    if (statements->type == JSON_OBJECT)
        return check_statement(grammar, statements);
    JSON_EACH (s, statements)
        TRY(check_statement(grammar, s));
    return OK;
}
