/* The walk finds nothing in a registry with everything in it, and each row that is missing. */
#include "registry/billing_group.h"
#include "registry/check.h"
#include "registry/crl.h"
#include "registry/fixture.h"
#include "registry/function_policy.h"
#include "registry/internal.h"
#include "registry/provisioning_template.h"
#include "registry/secret.h"
#include "registry/tags.h"
#include "registry/thing_group.h"
#include "registry/thing_type.h"
#include "registry/transfer.h"
#include "support/testing.h"

#include <stdio.h>
#include <string.h>

static char last_sentence[800];

static void keep(void *context, const char *sentence) {
    UNUSED(context);
    (void)snprintf(last_sentence, sizeof last_sentence, "%s", sentence);
}

static uint64_t problems(struct registry_fixture *f) {
    struct registry_check check = {.problem = keep};
    last_sentence[0] = '\0';
    CHECK_OK(registry_check(f->r.txn, &check));
    return check.problems;
}

static struct tags one_tag(void) {
    static struct tag tag = {BYTES("colour"), BYTES("red")};
    return (struct tags){&tag, 1};
}

static void add_groups(struct registry_fixture *f) {
    struct tags tags = one_tag();
    struct thing_group_new house = {.name = BYTES("house")},
                           room = {.name = BYTES("room"), .parent = BYTES("house")};
    CHECK_OK(thing_group_create(&f->r, &house, &tags, NULL));
    CHECK_OK(thing_group_create(&f->r, &room, &tags, NULL));
    CHECK_OK(thing_group_add_thing(&f->r, BYTES("room"), BYTES("lamp")));
    CHECK_OK(policy_attach(&f->r, BYTES("p"), thing_group_arn(&f->r, BYTES("room"))));
}

static void add_offered(struct registry_fixture *f) {
    struct registry target = fixture_other_account(f);
    struct transfer_offer offer = {.target = target.account};
    bytes arn;
    (void)fixture_register(f, 2);
    CHECK_OK(certificate_transfer_offer(&f->r, fixture_id(f, 2), &offer, &arn));
}

static void add_list(struct registry_fixture *f) {
    struct crl_record crl = {.ca_certificate_id = fixture_ca(f, 7).id};
    struct crl_entry entry = {.serial = BYTES("\x12\x34")};
    CHECK_OK(crl_replace(&f->r, &crl, &entry, 1));
}

static void lists(struct registry_fixture *f) {
    struct row *rows;
    size_t count;
    struct ca_record ca = fixture_ca(f, 7);
    CHECK_OK(ca_register(&f->r, &ca, NULL));
    add_list(f);
    CHECK_INT(problems(f), 0);
    CHECK_OK(store_scan(f->r.txn, TABLE_CRL_ENTRIES, &(struct scan){.limit = 1}, &f->arena, &rows,
                        &count));
    CHECK_OK(store_remove(f->r.txn, TABLE_CRL_ENTRIES, rows[0].key));
    CHECK_INT(problems(f), 1);
    test_check_contains(last_sentence, "has 0 entries instead of 1", __FILE__, __LINE__);
}
TEST(misses_the_entries_of_a_revocation_list) {
    registry_fixture_each(lists);
}

static void add_function(struct registry_fixture *f) {
    struct tags tags = one_tag();
    struct function_record new = {.name = BYTES("f"), .code_id = BYTES("1")}, version;
    struct function_alias alias = {
        .function = BYTES("f"), .name = BYTES("live"), .version = BYTES("1")};
    const struct function_permission p = {.id = BYTES("s"),
                                          .action = BYTES("lambda:InvokeFunction"),
                                          .principal = BYTES("iot.amazonaws.com")};
    bytes statement;
    CHECK_OK(function_create(&f->r, &new));
    CHECK_OK(function_publish(&f->r, new.name, (bytes){0}, &version));
    CHECK_OK(function_alias_create(&f->r, &alias));
    CHECK_OK(function_permission_add(&f->r, new.name, alias.name, &p, (bytes){0}, &statement));
    CHECK_OK(tags_set(&f->r, function_tags(&f->r, new.name), &tags));
}

static void add_secret(struct registry_fixture *f) {
    struct secret s = {.name = BYTES("key")};
    CHECK_OK(secret_create(&f->r, &s));
    CHECK_OK(secret_set_value(&f->r, &s, BYTES("1"), BYTES("value")));
}

/* Something in every table that the walk looks at. */
static void add_everything(struct registry_fixture *f) {
    struct tags tags = one_tag();
    struct ca_record ca = fixture_ca(f, 7);
    struct certificate_new c = fixture_certificate(f, 1);
    struct thing_type_record type = {.name = BYTES("light")};
    struct billing_group_record billing = {.name = BYTES("cheap")};
    struct thing_record lamp = {
        .name = BYTES("lamp"), .type_name = BYTES("light"), .billing_group_name = BYTES("cheap")};
    CHECK_OK(ca_register(&f->r, &ca, NULL));
    c.ca_certificate_id = ca.id;
    CHECK_OK(certificate_register(&f->r, &c, NULL));
    bytes principal = certificate_arn(&f->r, c.id);
    CHECK_OK(policy_create(&f->r, BYTES("p"), BYTES("{}"), NULL));
    CHECK_OK(policy_version_create(&f->r, BYTES("p"), BYTES("{}"), true, NULL));
    CHECK_OK(policy_version_delete(&f->r, BYTES("p"), BYTES("1"))); /* nobody would miss it */
    CHECK_OK(policy_attach(&f->r, BYTES("p"), principal));
    CHECK_OK(thing_type_create(&f->r, &type, &tags, NULL));
    CHECK_OK(billing_group_create(&f->r, &billing, &tags, NULL));
    CHECK_OK(thing_create(&f->r, &lamp, NULL));
    CHECK_OK(thing_principal_attach(&f->r, lamp.name, principal, THING_PRINCIPAL_EXCLUSIVE));
    CHECK_OK(provisioning_template_create(
        &f->r,
        &(struct provisioning_template){.name = BYTES("lamps"),
                                        .role_arn = BYTES("arn:aws:iam::111111111111:role/r"),
                                        .body = BYTES("{}")},
        &tags));
    add_groups(f);
    add_function(f);
    add_secret(f);
    add_offered(f);
    CHECK_OK(store_save(f->r.txn, TABLE_META, BYTES("expiry-index"), (bytes){0}));
    registry_fixture_commit(f);
}

static void in_order(struct registry_fixture *f) {
    CHECK_INT(problems(f), 0);
    add_everything(f);
    CHECK_INT(problems(f), 0);
    CHECK_TEXT(last_sentence, "");
}

TEST(finds_nothing_where_everything_is_in_order) {
    registry_fixture_each(in_order);
}

/* Tables whose rows nothing else speaks of: what is attached to them hangs on other tables. */
static bool stands_alone(enum table table) {
    static const enum table alone[] = {TABLE_TAGS, TABLE_META, TABLE_FUNCTION_ALIASES,
                                       TABLE_FUNCTION_POLICIES};
    for (size_t i = 0; i < COUNT_OF(alone); i++)
        if (alone[i] == table)
            return true;
    return false;
}

static void each_row_missing(struct registry_fixture *f) {
    size_t tried = 0;
    add_everything(f);
    for (enum table table = 0; table < TABLE_COUNT; table++) {
        struct row *rows;
        size_t count;
        CHECK_OK(
            store_scan(f->r.txn, table, &(struct scan){.limit = 100}, &f->arena, &rows, &count));
        for (size_t i = 0; i < count && !stands_alone(table); i++) {
            CHECK_OK(store_remove(f->r.txn, table, rows[i].key));
            if (problems(f) == 0)
                (void)fprintf(stderr, "nobody misses a row of %s\n", store_table_name(table));
            CHECK(problems(f) > 0);
            registry_fixture_undo(f);
            tried++;
        }
    }
    CHECK(tried > 25);
}

TEST(misses_each_row) {
    registry_fixture_each(each_row_missing);
}

static void damaged(struct registry_fixture *f) {
    add_everything(f);
    struct registry *r = &f->r;
    CHECK_OK(store_save(r->txn, TABLE_THINGS, key_of(r, BYTES("lamp")), BYTES("\1\xff")));
    CHECK(problems(f) > 0);
    registry_fixture_undo(f);
    CHECK_OK(store_save(r->txn, TABLE_THINGS_BY_TYPE, key_of(r, BYTES("no zero")), BYTES("")));
    CHECK(problems(f) == 1);
    test_check_contains(last_sentence, "things_by_type 111111111111no zero: its key is damaged",
                        __FILE__, __LINE__);
    registry_fixture_undo(f);
    CHECK_OK(mark_save(r, TABLE_POLICIES_BY_CREATION, key_with_time(r, (bytes){0}, 7, BYTES("p"))));
    CHECK(problems(f) == 1);
    test_check_contains(last_sentence, "belongs elsewhere", __FILE__, __LINE__);
    registry_fixture_undo(f);
    CHECK_OK(mark_save(r, TABLE_CERTIFICATES_BY_CA, BYTES("111")));
    CHECK(problems(f) == 1);
    registry_fixture_undo(f);
    CHECK_OK(thing_create(r, &(struct thing_record){.name = BYTES("fan")}, NULL));
    bytes resource = certificate_resource(r, fixture_id(f, 1));
    CHECK_OK(store_save(r->txn, TABLE_THING_PRINCIPALS, key_of_pair(r, BYTES("fan"), resource),
                        BYTES("E")));
    CHECK_OK(store_save(r->txn, TABLE_PRINCIPAL_THINGS, key_of_pair(r, resource, BYTES("fan")),
                        BYTES("E")));
    CHECK_INT(problems(f), 2);
    test_check_contains(last_sentence, "more than one thing", __FILE__, __LINE__);
}

TEST(tells_what_is_damaged) {
    registry_fixture_each(damaged);
}

static void many(struct registry_fixture *f) {
    char name[16];
    struct registry_check check = {.problem = keep};
    for (int i = 0; i < 450; i++) {
        (void)snprintf(name, sizeof name, "thing-%d", i);
        CHECK_OK(thing_create(&f->r, &(struct thing_record){.name = bytes_from(name)}, NULL));
    }
    CHECK_OK(registry_check(f->r.txn, &check));
    CHECK_INT(check.rows, 450);
    CHECK_INT(check.problems, 0);
}

TEST(walks_more_than_a_page) {
    registry_fixture_each(many);
}

TEST_MAIN("registry/check")
