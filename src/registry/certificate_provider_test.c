#include "base/clock.h"
#include "registry/certificate_provider.h"
#include "registry/fixture.h"
#include "support/testing.h"

#define FUNCTION BYTES("arn:aws:lambda:us-east-1:111111111111:function:ca:live")
static const struct tags no_tags = {NULL, 0};

static void lives(struct registry_fixture *f) {
    struct certificate_provider new = {.name = BYTES("ours"), .function_arn = FUNCTION}, got;
    bool found;
    CHECK_OK(certificate_provider_find(&f->r, &found, &got));
    CHECK(!found);
    clock_simulate(5000);
    CHECK_OK(certificate_provider_create(&f->r, &new, &no_tags));
    registry_fixture_commit(f);
    CHECK_OK(certificate_provider_find(&f->r, &found, &got));
    CHECK(found && got.created_ms == 5000);
    CHECK_BYTES(got.name, new.name);
    CHECK_BYTES(got.function_arn, FUNCTION);
    struct registry other = fixture_other_account(f);
    CHECK_OK(certificate_provider_find(&other, &found, &got));
    CHECK(!found);
    clock_simulate(6000);
    CHECK_OK(certificate_provider_update(
        &f->r, new.name, BYTES("arn:aws:lambda:us-east-1:111111111111:function:other")));
    CHECK_OK(certificate_provider_load(&f->r, new.name, &got));
    CHECK(got.created_ms == 5000 && got.modified_ms == 6000);
    CHECK_BYTES(got.function_arn, BYTES("arn:aws:lambda:us-east-1:111111111111:function:other"));
    CHECK_OK(certificate_provider_delete(&f->r, new.name));
    CHECK(certificate_provider_delete(&f->r, new.name) == E_NOT_FOUND);
    CHECK(certificate_provider_update(&f->r, new.name, FUNCTION) == E_NOT_FOUND);
}
TEST(a_provider_is_made_changed_and_deleted) { /* [AWS identity 11.1] */
    registry_fixture_each(lives);
}

static void is_alone(struct registry_fixture *f) {
    struct certificate_provider one = {.name = BYTES("one"),
                                       .function_arn = FUNCTION,
                                       .client_token =
                                           BYTES("11111111-1111-1111-1111-111111111111")};
    struct certificate_provider two = {.name = BYTES("two"), .function_arn = FUNCTION};
    CHECK_OK(certificate_provider_create(&f->r, &one, &no_tags));
    CHECK_OK(certificate_provider_create(&f->r, &one, &no_tags)); /* the same request */
    one.client_token = (bytes){0};
    CHECK_FAILS(certificate_provider_create(&f->r, &one, &no_tags), E_EXISTS,
                "Certificate provider with name one already exists");
    CHECK_FAILS(certificate_provider_create(&f->r, &two, &no_tags), E_LIMIT,
                "has the certificate provider one already");
}
TEST(an_account_has_one_provider) {
    registry_fixture_each(is_alone);
}

static void judges(struct registry_fixture *f) {
    static const char *const wrong[] = {"", "arn:aws:lambda:us-east-1:111111111111:function:",
                                        "arn:aws:lambda:us-east-1:1111:function:ca",
                                        "arn:aws:lambda::111111111111:function:ca",
                                        "arn:aws:iam::111111111111:role/ca"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct certificate_provider p = {.name = BYTES("ours"),
                                         .function_arn = bytes_from(wrong[i])};
        CHECK_FAILS(certificate_provider_create(&f->r, &p, &no_tags), E_INVALID,
                    "is not the ARN of a function");
    }
}
TEST(only_functions_provide_certificates) {
    registry_fixture_each(judges);
}

TEST_MAIN("certificate_provider")
