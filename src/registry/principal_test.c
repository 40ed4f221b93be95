#include "registry/fixture.h"
#include "registry/principal.h"
#include "support/testing.h"

#include <stdio.h>
#include <string.h>

static void facts(struct registry_fixture *f) {
    bytes arn = fixture_register(f, 1), id = fixture_id(f, 1);
    struct principal_facts got;
    CHECK_OK(certificate_update_status(&f->r, id, CERTIFICATE_ACTIVE));
    CHECK_OK(policy_create(&f->r, BYTES("b"), BYTES("b1"), NULL));
    CHECK_OK(policy_version_create(&f->r, BYTES("b"), BYTES("b2"), true, NULL));
    CHECK_OK(policy_create(&f->r, BYTES("a"), BYTES("a1"), NULL));
    CHECK_OK(policy_create(&f->r, BYTES("c"), BYTES("not attached"), NULL));
    CHECK_OK(policy_attach(&f->r, BYTES("b"), arn));
    CHECK_OK(policy_attach(&f->r, BYTES("a"), arn));
    registry_fixture_commit(f);
    CHECK_OK(registry_principal_load(&f->r, id, BYTES("client"), &got));
    CHECK_BYTES(got.certificate.id, id);
    CHECK_INT(got.certificate.status, CERTIFICATE_ACTIVE);
    CHECK(got.certificate.not_before_ms == 1000 && got.certificate.not_after_ms == 2000);
    CHECK_INT(got.certificate.mode, CERTIFICATE_MODE_SNI_ONLY);
    CHECK_INT(got.policy_count, 2);
    CHECK_BYTES(got.policies[0].name, BYTES("a"));
    CHECK_BYTES(got.policies[1].document, BYTES("b2"));
    CHECK_INT(got.policies[1].version, 2);
    CHECK_INT(got.policies[1].generation_id.len, 36);
    CHECK(!got.has_thing);
    CHECK(registry_principal_load(&f->r, fixture_id(f, 9), BYTES("client"), &got) == E_NOT_FOUND);
    struct registry other = fixture_other_account(f);
    CHECK(registry_principal_load(&other, id, BYTES("client"), &got) == E_NOT_FOUND);
    struct policy_facts policy;
    CHECK_OK(registry_policy_load(&f->r, BYTES("b"), &policy));
    CHECK_BYTES(policy.document, BYTES("b2"));
    CHECK(registry_policy_load(&f->r, BYTES("none"), &policy) == E_NOT_FOUND);
}
TEST(one_read_gives_all_a_connection_needs) {
    registry_fixture_each(facts);
}

static void things(struct registry_fixture *f) {
    struct thing_attribute attribute = {BYTES("room"), BYTES("7")};
    struct thing_record lamp = {
        .name = BYTES("lamp"), .attributes = &attribute, .attribute_count = 1};
    bytes a = fixture_register(f, 1), b = fixture_register(f, 2);
    struct principal_facts got;
    CHECK_OK(thing_create(&f->r, &lamp, NULL));
    CHECK_OK(thing_create(&f->r, &(struct thing_record){.name = BYTES("pump")}, NULL));
    CHECK_OK(thing_principal_attach(&f->r, BYTES("lamp"), a, THING_PRINCIPAL_NON_EXCLUSIVE));
    CHECK_OK(thing_principal_attach(&f->r, BYTES("pump"), b, THING_PRINCIPAL_EXCLUSIVE));
    const struct {
        unsigned certificate;
        const char *client_id, *thing;
        bool exclusive;
    } rows[] = {
        {1, "lamp", "lamp", false},    /* attached, and named like the client identifier */
        {1, "pump", NULL, false},      /* a thing, but not this certificate's */
        {1, "nothing", NULL, false},   /* no such thing */
        {1, "", NULL, false},          /* HTTPS has no client identifier */
        {2, "anything", "pump", true}, /* exclusive: whatever the client identifier */
        {2, "", "pump", true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_OK(registry_principal_load(&f->r, fixture_id(f, rows[i].certificate),
                                         bytes_from(rows[i].client_id), &got));
        CHECK_INT(got.has_thing, rows[i].thing != NULL);
        CHECK_INT(got.thing_is_exclusive, rows[i].exclusive);
        if (rows[i].thing)
            CHECK_BYTES(got.thing.name, bytes_from(rows[i].thing));
    }
    CHECK_OK(registry_principal_load(&f->r, fixture_id(f, 1), BYTES("lamp"), &got));
    CHECK_INT(got.thing.attribute_count, 1);
    CHECK_BYTES(got.thing.attributes[0].value, BYTES("7"));
    char *long_id = mem_new(65535);
    memset(long_id, 'x', 65535);
    CHECK_OK(registry_principal_load(&f->r, fixture_id(f, 1), bytes_of(long_id, 65535), &got));
    CHECK(!got.has_thing);
    mem_free(long_id);
}
TEST(the_thing_of_a_connection_is_found) { /* [AWS identity 10.2, policy 5.2] */
    registry_fixture_each(things);
}

static struct { char text[600]; } told;
static void listen(void *context, const struct change *changes, size_t count) {
    UNUSED(context);
    for (size_t i = 0; i < count; i++) {
        bytes id = change_certificate_id(&changes[i]);
        size_t used = strlen(told.text);
        bytes shown = id.len ? bytes_skip(id, CERTIFICATE_ID_LEN - 1) : changes[i].key;
        (void)snprintf(told.text + used, sizeof told.text - used, "%d:%.*s ", changes[i].kind,
                       BYTES_ARG(shown));
    }
}

static void check_told(struct registry_fixture *f, const char *want) {
    told.text[0] = '\0';
    registry_fixture_commit(f);
    CHECK_TEXT(told.text, want);
}

static void notes(struct registry_fixture *f) {
    struct ca_record ca = fixture_ca(f, 0xc);
    bytes arn, id = fixture_id(f, 1);
    store_on_change(f->store, listen, NULL);
    arn = fixture_register(f, 1);
    check_told(f, "2:1 ");
    CHECK_OK(certificate_update_status(&f->r, id, CERTIFICATE_ACTIVE));
    CHECK_OK(certificate_update_status(&f->r, id, CERTIFICATE_ACTIVE)); /* no change, no note */
    check_told(f, "2:1 ");
    CHECK_OK(ca_register(&f->r, &ca, NULL));
    CHECK_OK(ca_update(&f->r, ca.id, &(struct ca_changes){.active = &(bool){false}}));
    CHECK_OK(ca_delete(&f->r, ca.id));
    registry_fixture_commit(f);
    CHECK_OK(policy_create(&f->r, BYTES("p"), BYTES("1"), NULL));
    check_told(f, "3:p ");
    CHECK_OK(policy_version_create(&f->r, BYTES("p"), BYTES("2"), false, NULL));
    check_told(f, ""); /* the default is as it was */
    CHECK_OK(policy_version_set_default(&f->r, BYTES("p"), BYTES("2")));
    check_told(f, "3:p ");
    CHECK_OK(policy_attach(&f->r, BYTES("p"), arn));
    CHECK_OK(policy_attach(&f->r, BYTES("p"), arn));
    check_told(f, "4:1 ");
    CHECK_OK(policy_detach(&f->r, BYTES("p"), arn));
    check_told(f, "4:1 ");
    CHECK_OK(thing_create(&f->r, &(struct thing_record){.name = BYTES("lamp")}, NULL));
    CHECK_OK(thing_create(&f->r, &(struct thing_record){.name = BYTES("lamp")}, NULL));
    check_told(f, "5:lamp ");
    CHECK_OK(thing_principal_attach(&f->r, BYTES("lamp"), arn, THING_PRINCIPAL_NON_EXCLUSIVE));
    check_told(f, "6:1 ");
    CHECK_OK(thing_principal_detach(&f->r, BYTES("lamp"), arn));
    CHECK_OK(thing_update(&f->r, BYTES("lamp"), &(struct thing_changes){0}));
    CHECK_OK(thing_delete(&f->r, BYTES("lamp"), 0));
    check_told(f, "6:1 5:lamp 5:lamp ");
    CHECK_OK(policy_attach(&f->r, BYTES("p"), arn));
    CHECK_OK(certificate_update_status(&f->r, id, CERTIFICATE_REVOKED));
    CHECK_OK(certificate_delete(&f->r, id, true));
    check_told(f, "4:1 2:1 4:1 2:1 ");
    store_on_change(f->store, NULL, NULL);
}
TEST(what_a_connection_could_notice_is_told) {
    registry_fixture_each(notes);
}

TEST_MAIN("registry/principal")
