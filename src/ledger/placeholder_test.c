#include "ledger/placeholder.h"

#include "support/testing.h"

static struct arena memory;
static const struct ledger_field fields[] = {{BYTES("uniqueId"), BYTES("0123f182ee")},
                                             {BYTES("Site"), BYTES("plant-7")},
                                             {BYTES("empty"), BYTES("")}};
static const struct x509_name_value names[] = {{X509_NAME_COMMON_NAME, BYTES("lamp 1")},
                                               {X509_NAME_ORGANIZATION, BYTES("Acme")}};
static const struct x509_summary certificate = {
    .id = "00ff", .names = {.subject = {names, COUNT_OF(names)}, .serial = BYTES("\x0a\xbc")}};
static const struct placeholder_source source = {fields, COUNT_OF(fields), &certificate};

static void check(const char *pattern, const char *expected) {
    bytes text;
    CHECK_OK(placeholder_check(bytes_from(pattern)));
    CHECK_OK(placeholder_expand(bytes_from(pattern), &source, &memory, &text));
    CHECK_BYTES(text, bytes_from(expected));
}

TEST(a_name_is_put_together_from_ledger_and_certificate) {
    check("fixed", "fixed");
    check("{CN}", "lamp 1");
    check("{o}-{uniqueid:upper}", "Acme-0123F182EE");
    check("at-{site}-{serial}", "at-plant-7-0abc");
    check("{id}", "00ff");
    check("{O:lower}{O}", "acmeAcme");
}

TEST(a_placeholder_without_a_value_is_named) {
    bytes text;
    CHECK_FAILS(placeholder_expand(BYTES("x-{OU}"), &source, &memory, &text), E_NOT_FOUND,
                "there is no OU for {OU}");
    CHECK_FAILS(placeholder_expand(BYTES("{empty}"), &source, &memory, &text), E_NOT_FOUND,
                "there is no empty");
}

TEST(a_pattern_that_cannot_be_read_is_refused_before_it_is_used) {
    CHECK_FAILS(placeholder_check(BYTES("a{CN")), E_INVALID, "{ without its }");
    CHECK_FAILS(placeholder_check(BYTES("a}b")), E_INVALID, "} without its {");
    CHECK_FAILS(placeholder_check(BYTES("{CN:title}")), E_INVALID, "upper or lower");
}

TEST_MAIN("ledger/placeholder")
