/* Any bytes as a policy document: what parses has the length it was measured to have, parses again,
 * lints, binds with and without a connection, and each decision it gives can be explained. */
#include <assert.h>

#include "policy/fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const bytes names[] = {{(const uint8_t *)"", 0},
                              {(const uint8_t *)"a", 1},
                              {(const uint8_t *)"client1", 7},
                              {(const uint8_t *)"$share/g/a/+/#", 14}};

static void decide(const struct policy_set *s, enum policy_action action, bytes name) {
    AUTO(buf) sentence = {0};
    struct policy_decision d = policy_check(s, action, name, NULL);
    if (d.verdict == POLICY_IMPLICIT_DENY)
        assert(d.statement == POLICY_NO_STATEMENT);
    else
        assert(d.statement < policy_document_statement_count(policy_set_document(s, d.document)));
    assert(!policy_set_allows_all(s, action) || d.verdict == POLICY_ALLOWED);
    policy_decision_explain(s, d, action, name, NULL, &sentence);
    assert(sentence.len > 0);
}

static void bind(struct policy_document *d, const char *context) {
    AUTO(arena) a = {0};
    struct policy_set *s =
        policy_set_bind(&d, 1, &fixture_scope, context ? fixture_context(&a, context) : NULL);
    for (unsigned action = 0; action < POLICY_ACTION_COUNT; action++)
        for (size_t i = 0; i < COUNT_OF(names); i++)
            decide(s, (enum policy_action)action, names[i]);
    policy_set_unref(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bytes text = bytes_of(data, size);
    size_t length = policy_document_length(text);
    struct policy_document *d, *again;
    if (policy_document_parse(BYTES("fuzzed"), text, POLICY_BYTES_MAX, &d) != OK) {
        assert(*failure_text());
        return 0;
    }
    AUTO(buf) warnings = {0};
    size_t count = policy_document_lint(d, &warnings), lines = 0;
    for (size_t i = 0; i < warnings.len; i++)
        lines += warnings.ptr[i] == '\n';
    assert(lines >= count); /* a quoted text may hold one itself */
    bind(d, NULL);
    bind(d, "http");
    bind(
        d,
        "cid=client1; thing=client1; type=a; attr.a=a; CN=a&b*; serial=01:02; ca=LastWill; will=a; "
        "ip=192.0.2.1; sni=a");
    assert(policy_document_parse(BYTES("again"), text, length, &again) == OK);
    policy_document_unref(again);
    assert(policy_document_parse(BYTES("longer"), text, length - 1, &again) == E_POLICY_MALFORMED);
    policy_document_unref(d);
    return 0;
}
