#include "account/account.h"
#include "store/fixture.h"
#include "support/testing.h"

#include <stdio.h>
#include <string.h>

#define REGION BYTES("ap-northeast-1")

static struct account create(struct store *s, const char *id) {
    struct txn *t;
    struct account account;
    CHECK_OK(store_begin_write(s, &t));
    CHECK_OK(account_create(t, bytes_from(id), &account));
    CHECK_OK(store_commit(t));
    return account;
}

static struct txn *reading(struct store *s) {
    struct txn *t;
    CHECK_OK(store_begin_read(s, &t));
    return t;
}

static bool is_made_of(const char *text, const char *alphabet) {
    return strspn(text, alphabet) == strlen(text);
}

static void first_start(struct store *s) {
    struct account first, again;
    CHECK_OK(account_ensure_default(s, (bytes){0}, &first));
    CHECK(strlen(first.id) == 12 && is_made_of(first.id, "0123456789") && first.id[0] != '0');
    CHECK(first.is_default);
    CHECK_OK(account_ensure_default(s, (bytes){0}, &again));
    CHECK_TEXT(again.id, first.id);
    CHECK_TEXT(again.prefix, first.prefix);
    CHECK_OK(account_ensure_default(s, bytes_from(first.id), &again));
    CHECK_FAILS(account_ensure_default(s, BYTES("999999999999"), &again), E_INVALID, first.id);
}
TEST(the_first_start_makes_the_default_account_and_later_ones_find_it) {
    store_fixture_each(first_start);
}

static void chosen_id(struct store *s) {
    struct account account;
    CHECK_FAILS(account_ensure_default(s, BYTES("12345"), &account), E_INVALID, "12 digits");
    CHECK_OK(account_ensure_default(s, BYTES("000000000001"), &account));
    CHECK_TEXT(account.id, "000000000001");
}
TEST(the_default_account_may_be_given_its_id) {
    store_fixture_each(chosen_id);
}

static void several(struct store *s) {
    struct account b = create(s, "222222222222"), a = create(s, "111111111111"), got;
    CHECK(b.is_default && !a.is_default);
    struct txn *t;
    CHECK_OK(store_begin_write(s, &t));
    CHECK_FAILS(account_create(t, BYTES("111111111111"), &got), E_EXISTS, "exists already");
    CHECK_FAILS(account_create(t, BYTES("11111111111x"), &got), E_INVALID, "12 digits");
    store_rollback(t);
    AUTO(arena) arena = {0};
    struct account *accounts;
    size_t count;
    t = reading(s);
    CHECK_OK(account_list(t, &arena, &accounts, &count));
    CHECK_INT(count, 2);
    CHECK_TEXT(accounts[0].id, "111111111111");
    CHECK_TEXT(accounts[1].prefix, b.prefix);
    CHECK_OK(account_load(t, BYTES("111111111111"), &got));
    CHECK_TEXT(got.prefix, a.prefix);
    CHECK_OK(account_load_default(t, &got));
    CHECK_TEXT(got.id, b.id);
    CHECK_FAILS(account_load(t, BYTES("333333333333"), &got), E_NOT_FOUND, "333333333333");
    store_rollback(t);
}
TEST(a_server_keeps_several_accounts) {
    store_fixture_each(several);
}

static void keys(struct store *s) {
    struct account account = create(s, "123456789012");
    struct access_key key, found;
    struct txn *t = reading(s);
    CHECK_OK(access_key_load_first(t, bytes_from(account.id), &key));
    CHECK(strlen(key.id) == 20 && memcmp(key.id, "AKIA", 4) == 0);
    CHECK(is_made_of(key.id + 4, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"));
    CHECK_INT(strlen(key.secret), 40);
    CHECK_TEXT(key.account, "123456789012");
    CHECK_TEXT(key.user, "");
    CHECK_OK(access_key_load(t, bytes_from(key.id), &found));
    CHECK_TEXT(found.secret, key.secret);
    CHECK_FAILS(access_key_load(t, BYTES("AKIAAAAAAAAAAAAAAAAA"), &found), E_TOKEN_INVALID,
                "The security token included in the request is invalid.");
    CHECK(access_key_load(t, (bytes){0}, &found) == E_TOKEN_INVALID);
    CHECK(access_key_load_first(t, BYTES("222222222222"), &found) == E_NOT_FOUND);
    CHECK(access_key_load_first(t, (bytes){0}, &found) == E_NOT_FOUND);
    store_rollback(t);
    access_key_done(&key);
    CHECK_INT(strlen(key.secret), 0);
}
TEST(each_account_has_a_key_pair_of_its_own) { /* [AWS control-plane 3.2] */
    store_fixture_each(keys);
}

TEST(the_names_of_an_account_share_a_prefix) { /* [AWS identity 4.3] */
    struct account account = {.id = "123456789012", .prefix = "a1b2c3d4e5f6g7"};
    struct account_hosts hosts;
    account_hosts_format(&account, REGION, &hosts);
    CHECK_TEXT(hosts.names[HOST_DATA_ATS], "a1b2c3d4e5f6g7-ats.iot.ap-northeast-1.kedge.test");
    CHECK_TEXT(hosts.names[HOST_DATA_LEGACY], "a1b2c3d4e5f6g7.iot.ap-northeast-1.kedge.test");
    CHECK_TEXT(hosts.names[HOST_JOBS], "a1b2c3d4e5f6g7.jobs.iot.ap-northeast-1.kedge.test");
    CHECK_TEXT(hosts.names[HOST_CREDENTIALS],
               "a1b2c3d4e5f6g7.credentials.iot.ap-northeast-1.kedge.test");
    (void)snprintf(account.domain, sizeof account.domain, "plant.example");
    account_hosts_format(&account, REGION, &hosts);
    CHECK_TEXT(hosts.names[HOST_DATA_ATS], "a1b2c3d4e5f6g7-ats.iot.ap-northeast-1.plant.example");
}

TEST(describe_endpoint_answers_a_name_that_resolves) {
    static const struct {
        bool is_default;
        const char *domain, *type, *want;
    } rows[] = {
        {true, "", "iot:Data-ATS", "localhost"},
        {true, "", "iot:Data", "a1b2c3d4e5f6g7.iot.ap-northeast-1.kedge.test"},
        {true, "", "", "a1b2c3d4e5f6g7.iot.ap-northeast-1.kedge.test"}, /* [AWS control-plane 1] */
        {true, "x.org", "iot:Data-ATS", "a1b2c3d4e5f6g7-ats.iot.ap-northeast-1.x.org"},
        {false, "", "iot:Data-ATS", "a1b2c3d4e5f6g7-ats.iot.ap-northeast-1.kedge.test"},
        {false, "", "iot:Jobs", "a1b2c3d4e5f6g7.jobs.iot.ap-northeast-1.kedge.test"},
    };
    char name[HOST_NAME_MAX_LEN + 1];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct account account = {.prefix = "a1b2c3d4e5f6g7", .is_default = rows[i].is_default};
        (void)snprintf(account.domain, sizeof account.domain, "%s", rows[i].domain);
        CHECK_OK(account_endpoint(&account, REGION, bytes_from(rows[i].type), name));
        CHECK_TEXT(name, rows[i].want);
    }
    CHECK_FAILS(account_endpoint(&(struct account){0}, REGION, BYTES("iot:Nothing"), name),
                E_INVALID, "Endpoint type iot:Nothing not recognized.");
}

static void find(struct txn *t, const char *host, const char *want_account,
                 enum account_host want) {
    struct account account;
    enum account_host kind;
    if (!want_account) {
        CHECK_FAILS(account_find_by_host(t, REGION, bytes_from(host), &account, &kind), E_NOT_FOUND,
                    "No account here");
        return;
    }
    CHECK_OK(account_find_by_host(t, REGION, bytes_from(host), &account, &kind));
    CHECK_TEXT(account.id, want_account);
    CHECK_INT(kind, want);
}

static void hosts(struct store *s) {
    struct account first = create(s, "111111111111"), second = create(s, "222222222222");
    struct account_hosts of_first, of_second;
    char other[300];
    account_hosts_format(&first, REGION, &of_first);
    account_hosts_format(&second, REGION, &of_second);
    struct txn *t = reading(s);
    for (enum account_host i = 0; i < ACCOUNT_HOST_COUNT; i++) {
        find(t, of_first.names[i], first.id, i);
        find(t, of_second.names[i], second.id, i);
    }
    find(t, "LOCALHOST", first.id, HOST_DATA_ATS);
    (void)snprintf(other, sizeof other, "%s.", of_second.names[0]);
    other[0] = 'A'; /* names have no case */
    find(t, other, second.id, HOST_DATA_ATS);
    (void)snprintf(other, sizeof other, "%s-ats.iot.eu-west-1.kedge.test", second.prefix);
    find(t, other, NULL, 0);
    (void)snprintf(other, sizeof other, "%s-ats.iot.ap-northeast-1.evil.test", second.prefix);
    find(t, other, NULL, 0);
    find(t, "aaaaaaaaaaaaaa-ats.iot.ap-northeast-1.kedge.test", NULL, 0);
    find(t, "", NULL, 0);
    find(t, "example.org", NULL, 0);
    store_rollback(t);
}
TEST(a_server_name_leads_to_its_account) { /* [AWS identity 4.2] */
    store_fixture_each(hosts);
}

static void domain(struct store *s) {
    struct account account = create(s, "111111111111");
    struct txn *t;
    CHECK_OK(store_begin_write(s, &t));
    static const char *const bad[] = {".x", "x.", "a..b", "Upper.org", "under_score", "a b"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_FAILS(account_set_domain(t, BYTES("111111111111"), bytes_from(bad[i])), E_INVALID,
                    "not a domain");
    CHECK_OK(account_set_domain(t, BYTES("111111111111"), BYTES("iot.plant-7.example")));
    CHECK_OK(account_load(t, BYTES("111111111111"), &account));
    CHECK_TEXT(account.domain, "iot.plant-7.example");
    CHECK_OK(account_set_domain(t, BYTES("111111111111"), (bytes){0}));
    CHECK_OK(account_load(t, BYTES("111111111111"), &account));
    CHECK_TEXT(account.domain, "");
    CHECK(account_set_domain(t, BYTES("222222222222"), BYTES("x.org")) == E_NOT_FOUND);
    store_rollback(t);
}
TEST(a_domain_can_be_set_and_unset) {
    store_fixture_each(domain);
}

static void rotated(struct store *s) {
    struct account account = create(s, "111111111111"), other = create(s, "222222222222");
    struct access_key before, of_other, after, found;
    struct txn *t;
    CHECK_OK(store_begin_write(s, &t));
    CHECK_OK(access_key_load_first(t, bytes_from(account.id), &before));
    CHECK_OK(access_key_load_first(t, bytes_from(other.id), &of_other));
    CHECK_OK(access_key_rotate(t, bytes_from(account.id), &after));
    CHECK(strcmp(after.id, before.id) != 0 && strcmp(after.secret, before.secret) != 0);
    CHECK_TEXT(after.user, before.user);
    CHECK(access_key_load(t, bytes_from(before.id), &found) == E_TOKEN_INVALID);
    CHECK_OK(access_key_load(t, bytes_from(of_other.id), &found));
    CHECK_OK(access_key_load_first(t, bytes_from(account.id), &found));
    CHECK_TEXT(found.secret, after.secret);
    CHECK(access_key_rotate(t, BYTES("333333333333"), &after) == E_NOT_FOUND);
    store_rollback(t);
}
TEST(a_new_key_replaces_the_old_ones_of_its_account) {
    store_fixture_each(rotated);
}

static uint64_t generation(struct store *s) {
    uint64_t g;
    struct txn *t = reading(s);
    CHECK_OK(account_generation(t, &g));
    store_rollback(t);
    return g;
}

static void save(struct store *s, enum table table, const char *key) {
    struct txn *t;
    CHECK_OK(store_begin_write(s, &t));
    CHECK_OK(store_save(t, table, bytes_from(key), BYTES("x")));
    CHECK_OK(store_commit(t));
}

static void save_value(struct store *s, enum table table, const char *key, const char *value) {
    struct txn *t;
    CHECK_OK(store_begin_write(s, &t));
    CHECK_OK(store_save(t, table, bytes_from(key), bytes_from(value)));
    CHECK_OK(store_commit(t));
}

static bool has(struct store *s, enum table table, const char *key) {
    bool present;
    struct txn *t = reading(s);
    CHECK_OK(store_has(t, table, bytes_from(key), &present));
    store_rollback(t);
    return present;
}

#define CERTIFICATE "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void removed(struct store *s) {
    struct account first = create(s, "111111111111"), second = create(s, "222222222222");
    struct account_hosts hosts;
    struct account found;
    enum account_host kind;
    uint64_t before = generation(s);
    save(s, TABLE_CERTIFICATES, "222222222222" CERTIFICATE);
    save(s, TABLE_CERTIFICATE_OWNERS, CERTIFICATE "222222222222");
    save(s, TABLE_CERTIFICATE_OWNERS, CERTIFICATE "111111111111");
    save(s, TABLE_THINGS, "222222222222lamp");
    save(s, TABLE_SECRETS, "222222222222key");
    save(s, TABLE_SECRET_VALUES, "222222222222key");
    save(s, TABLE_THINGS, "111111111111lamp");
    save_value(s, TABLE_DOMAIN_NAMES, "222222222222.example", "111111111111plant");
    save_value(s, TABLE_DOMAIN_NAMES, "plant.example", "222222222222plant");
    CHECK_FAILS(account_delete(s, BYTES("222222222222"), false), E_DELETE_CONFLICT,
                "still holds 1 certificates, 1 things, 1 secrets");
    CHECK_FAILS(account_delete(s, BYTES("111111111111"), true), E_INVALID, "default account");
    CHECK(generation(s) == before);
    CHECK_OK(account_delete(s, BYTES("222222222222"), true));
    CHECK(generation(s) > before);
    CHECK(!has(s, TABLE_CERTIFICATES, "222222222222" CERTIFICATE));
    CHECK(!has(s, TABLE_SECRETS, "222222222222key"));
    CHECK(!has(s, TABLE_SECRET_VALUES, "222222222222key"));
    CHECK(!has(s, TABLE_CERTIFICATE_OWNERS, CERTIFICATE "222222222222"));
    CHECK(has(s, TABLE_CERTIFICATE_OWNERS, CERTIFICATE "111111111111"));
    CHECK(!has(s, TABLE_THINGS, "222222222222lamp") && has(s, TABLE_THINGS, "111111111111lamp"));
    CHECK(has(s, TABLE_DOMAIN_NAMES, "222222222222.example"));
    CHECK(!has(s, TABLE_DOMAIN_NAMES, "plant.example"));
    struct txn *t = reading(s);
    account_hosts_format(&second, REGION, &hosts);
    CHECK(account_find_by_host(t, REGION, bytes_from(hosts.names[0]), &found, &kind) ==
          E_NOT_FOUND);
    CHECK(access_key_load_first(t, bytes_from(second.id), &(struct access_key){0}) == E_NOT_FOUND);
    CHECK_OK(account_load(t, bytes_from(first.id), &found));
    store_rollback(t);
    CHECK_FAILS(account_delete(s, BYTES("222222222222"), true), E_NOT_FOUND, "no account 2222");
    save(s, TABLE_THINGS, "222222222222left"); /* as an interrupted deletion leaves it */
    CHECK_OK(account_delete(s, BYTES("222222222222"), false));
    CHECK(!has(s, TABLE_THINGS, "222222222222left"));
}
TEST(an_account_goes_with_all_it_holds_and_nothing_else) {
    store_fixture_each(removed);
}

static void in_transfer(struct store *s) {
    (void)create(s, "111111111111");
    (void)create(s, "222222222222");
    save(s, TABLE_TRANSFERS_INCOMING, "222222222222" CERTIFICATE);
    CHECK_FAILS(account_delete(s, BYTES("222222222222"), true), E_DELETE_CONFLICT, "transfers");
}
TEST(an_account_stays_while_certificates_are_on_their_way) {
    store_fixture_each(in_transfer);
}

TEST_MAIN("account")
