#include "base/clock.h"
#include "registry/domain_configuration.h"
#include "registry/fixture.h"
#include "registry/tags.h"
#include "support/testing.h"

#include <stdio.h>

static struct domain_configuration of(const char *name, const char *domain_name) {
    return (struct domain_configuration){.name = bytes_from(name),
                                         .domain_name = bytes_from(domain_name),
                                         .type = DOMAIN_CUSTOMER_MANAGED};
}

static void has_three(struct registry_fixture *f) {
    struct domain_configuration_list list;
    struct domain_configuration d;
    struct page page = {0};
    CHECK_OK(domain_configuration_list(&f->r, DOMAIN_SERVICE_COUNT, &page, &list));
    CHECK_INT(list.count, 3);
    CHECK_BYTES(list.items[0].name, BYTES("iot:CredentialProvider"));
    CHECK_BYTES(list.items[1].name, BYTES("iot:Data-ATS"));
    CHECK_BYTES(list.items[2].name, BYTES("iot:Jobs"));
    CHECK_INT(list.items[2].service, DOMAIN_SERVICE_JOBS);
    CHECK_OK(domain_configuration_load(&f->r, BYTES("iot:Data-ATS"), &d));
    CHECK_BYTES(domain_configuration_arn(&f->r, &d),
                BYTES("arn:aws:iot:us-east-1:111111111111:domainconfiguration/iot:Data-ATS"));
    CHECK_FAILS(domain_configuration_delete(&f->r, d.name, true), E_INVALID, "cannot be deleted");
    d.security_policy = BYTES("IoTSecurityPolicy_TLS13_1_3_2022_10");
    CHECK_OK(domain_configuration_save(&f->r, &d));
    CHECK_OK(domain_configuration_list(&f->r, DOMAIN_SERVICE_DATA, &page, &list));
    CHECK_INT(list.count, 1);
    CHECK_BYTES(list.items[0].security_policy, d.security_policy);
}
TEST(an_account_has_three_configurations_from_the_start) { /* [AWS identity 11.4] */
    registry_fixture_each(has_three);
}

static void lives(struct registry_fixture *f) {
    struct domain_configuration d = of("mine", "iot.example.com"), got;
    bytes account, name;
    CHECK_OK(domain_configuration_create(&f->r, &d));
    CHECK_INT(d.suffix.len, 5);
    CHECK_OK(domain_find(f->r.txn, &f->arena, d.domain_name, &account, &name));
    CHECK_BYTES(account, f->r.account);
    CHECK_BYTES(name, d.name);
    CHECK_FAILS(domain_configuration_create(&f->r, &d), E_EXISTS,
                "Domain configuration with given name already exists.");
    struct domain_configuration second = of("iot:Jobs", "b.example.com");
    CHECK(domain_configuration_create(&f->r, &second) == E_EXISTS);
    struct registry other = fixture_other_account(f);
    second = of("theirs", "iot.example.com");
    CHECK_FAILS(domain_configuration_create(&other, &second), E_EXISTS, "domain name");
    CHECK_FAILS(domain_configuration_delete(&f->r, d.name, false), E_INVALID, "is ENABLED");
    CHECK_OK(domain_configuration_load(&f->r, d.name, &got));
    got.disabled = true;
    CHECK_OK(domain_configuration_save(&f->r, &got));
    CHECK_OK(domain_configuration_delete(&f->r, d.name, false));
    CHECK(domain_find(f->r.txn, &f->arena, d.domain_name, &account, &name) == E_NOT_FOUND);
    CHECK(domain_configuration_load(&f->r, d.name, &got) == E_NOT_FOUND);
}
TEST(a_domain_configuration_owns_its_name_until_it_is_deleted) {
    registry_fixture_each(lives);
}

static void waits(struct registry_fixture *f) {
    struct domain_configuration d = of("managed", "x-ats.iot.us-east-1.kedge.test");
    d.type = DOMAIN_AWS_MANAGED;
    clock_simulate(1000);
    CHECK_OK(domain_configuration_create(&f->r, &d));
    d.disabled = true;
    CHECK_OK(domain_configuration_save(&f->r, &d));
    CHECK_FAILS(domain_configuration_delete(&f->r, d.name, false), E_INVALID, "7 days");
    clock_simulate(1000 + INT64_C(7) * 86400 * 1000);
    CHECK_OK(domain_configuration_delete(&f->r, d.name, false));
}
TEST(an_aws_managed_one_is_disabled_for_seven_days_first) {
    registry_fixture_each(waits);
}

static void pages(struct registry_fixture *f) {
    struct page page = {.limit = 4};
    struct domain_configuration_list list;
    char name[16], host[32];
    for (int i = 0; i < DOMAIN_CONFIGURATIONS_MAX; i++) {
        (void)snprintf(name, sizeof name, "d%02d", i);
        (void)snprintf(host, sizeof host, "%s.example.com", name);
        struct domain_configuration d = of(name, host);
        CHECK_OK(domain_configuration_create(&f->r, &d));
    }
    struct domain_configuration one_more = of("e", "e.example.com");
    CHECK_FAILS(domain_configuration_create(&f->r, &one_more), E_LIMIT, "10 domain configurations");
    size_t count = 0;
    do {
        CHECK_OK(domain_configuration_list(&f->r, DOMAIN_SERVICE_COUNT, &page, &list));
        count += list.count;
        page.token = list.next;
    } while (list.next.len > 0);
    CHECK_INT(count, DOMAIN_CONFIGURATIONS_MAX + 3);
}
TEST(listings_go_page_by_page_and_ten_are_the_most) {
    registry_fixture_each(pages);
}

static void has_tags(struct registry_fixture *f) {
    struct domain_configuration d = of("mine", "iot.example.com");
    bytes resource;
    CHECK_OK(domain_configuration_create(&f->r, &d));
    CHECK_OK(tags_resource_require(&f->r, domain_configuration_arn(&f->r, &d), &resource));
    CHECK_BYTES(resource, BYTES("domainconfiguration/mine"));
}
TEST(a_domain_configuration_may_have_tags) {
    registry_fixture_each(has_tags);
}

TEST(names_of_the_api_are_found) {
    enum domain_authentication a;
    enum domain_protocol p;
    enum domain_service s;
    CHECK_OK(domain_authentication_find(BYTES("CUSTOM_AUTH_X509"), &a));
    CHECK_INT(a, DOMAIN_AUTHENTICATION_CUSTOM_AUTH_X509);
    CHECK_OK(domain_protocol_find((bytes){0}, &p));
    CHECK_INT(p, DOMAIN_PROTOCOL_DEFAULT);
    CHECK_FAILS(domain_service_find(BYTES("DATE"), &s), E_INVALID, "DATE is no service type");
}

TEST_MAIN("registry/domain_configuration")
