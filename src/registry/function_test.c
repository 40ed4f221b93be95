#include "base/clock.h"
#include "registry/fixture.h"
#include "registry/function_policy.h"
#include "registry/tags.h"
#include "support/testing.h"

#include <stdio.h>
#include <string.h>

#define ARN "arn:aws:lambda:us-east-1:111111111111:function:"
#define RULE "arn:aws:iot:us-east-1:111111111111:rule/jitr"

/* ---- names ---- */

TEST(a_function_is_named_in_several_ways) { /* [AWS rules 7] */
    static const struct {
        const char *text, *account, *name, *qualifier;
    } rows[] = {
        {"f", "", "f", ""},
        {"f-1_A:live", "", "f-1_A", "live"},
        {"function:f", "", "f", ""},
        {"111111111111:function:f:3", "111111111111", "f", "3"},
        {ARN "f", "111111111111", "f", ""},
        {ARN "f:$LATEST", "111111111111", "f", "$LATEST"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct function_name n;
        CHECK_OK(function_name_parse(bytes_from(rows[i].text), &n));
        CHECK_BYTES(n.account, bytes_from(rows[i].account));
        CHECK_BYTES(n.name, bytes_from(rows[i].name));
        CHECK_BYTES(n.qualifier, bytes_from(rows[i].qualifier));
    }
}

TEST(what_names_no_function_is_refused) {
    static const char *const wrong[] = {
        "",
        "f:",
        "a/b",
        "f:1:2",
        "..",
        "arn:aws:iot:us-east-1:1:thing/f",
        ARN "f:",
        ARN "f:1:2",
        ARN,
        "f g",
        "arn:aws:lambda",
    };
    struct function_name n;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CHECK_FAILS(function_name_parse(bytes_from(wrong[i]), &n), E_INVALID, "names no function");
}

static void require(struct registry_fixture *f) {
    struct function_name n;
    CHECK_OK(function_name_require(&f->r, BYTES(ARN "f:1"), BYTES("1"), &n));
    CHECK_FAILS(function_name_require(&f->r, BYTES("f:1"), BYTES("2"), &n), E_INVALID,
                "does not match the specified qualifier");
    CHECK_FAILS(function_name_require(&f->r, BYTES("222222222222:function:f"), (bytes){0}, &n),
                E_NOT_FOUND, "Function not found");
    CHECK(function_name_require(&f->r, BYTES("arn:aws:lambda:eu-west-1:111111111111:function:f"),
                                (bytes){0}, &n) == E_NOT_FOUND);
}
TEST(functions_of_others_are_not_there) {
    registry_fixture_each(require);
}

/* ---- $LATEST ---- */

static struct function_record sample(const char *name) {
    return (struct function_record){.name = bytes_from(name),
                                    .runtime = BYTES("python3.11"),
                                    .handler = BYTES("app.handler"),
                                    .role_arn = BYTES("arn:aws:iam::111111111111:role/r"),
                                    .timeout_s = 3,
                                    .memory_mb = 128,
                                    .code_id = BYTES("0123456789abcdef0123456789abcdef"),
                                    .code_sha256 = BYTES("hash"),
                                    .code_size = 7};
}

static void create(struct registry_fixture *f, const char *name) {
    struct function_record new = sample(name);
    CHECK_OK(function_create(&f->r, &new));
}

static void lives(struct registry_fixture *f) {
    struct function_record got, again;
    clock_simulate(5000);
    create(f, "f");
    registry_fixture_commit(f);
    CHECK_OK(function_load(&f->r, BYTES("f"), &got));
    CHECK_BYTES(got.handler, BYTES("app.handler"));
    CHECK(got.modified_ms == 5000 && got.timeout_s == 3 && got.version == 0);
    CHECK_FAILS(function_create(&f->r, &got), E_EXISTS, "Function already exist: f");
    got.timeout_s = 9;
    bytes before = got.revision_id;
    clock_simulate(6000);
    CHECK_OK(function_save(&f->r, &got));
    CHECK_OK(function_load(&f->r, BYTES("f"), &again));
    CHECK(again.timeout_s == 9 && again.modified_ms == 6000);
    CHECK(!bytes_equal(before, again.revision_id));
    CHECK_OK(function_is_unchanged(again.revision_id, again.revision_id));
    CHECK_OK(function_is_unchanged(again.revision_id, (bytes){0}));
    CHECK_FAILS(function_is_unchanged(again.revision_id, before), E_VERSION_CONFLICT,
                "does not match the latest Revision Id");
    struct registry other = fixture_other_account(f);
    CHECK(function_load(&other, BYTES("f"), &got) == E_NOT_FOUND);
    CHECK_OK(function_delete(&f->r, BYTES("f")));
    CHECK_FAILS(function_load(&f->r, BYTES("f"), &got), E_NOT_FOUND,
                "Function not found: " ARN "f");
    CHECK(function_delete(&f->r, BYTES("f")) == E_NOT_FOUND);
}
TEST(a_function_is_made_changed_and_deleted) {
    registry_fixture_each(lives);
}

static void pages(struct registry_fixture *f) {
    struct function_list list;
    struct page page = {.limit = 2};
    create(f, "a"), create(f, "b"), create(f, "c");
    CHECK_OK(function_list(&f->r, &page, &list));
    CHECK(list.count == 2 && list.next.len > 0);
    page.token = list.next;
    CHECK_OK(function_list(&f->r, &page, &list));
    CHECK(list.count == 1 && list.next.len == 0);
    CHECK_BYTES(list.items[0].name, BYTES("c"));
}
TEST(functions_are_listed_by_name) {
    registry_fixture_each(pages);
}

/* ---- versions and aliases ---- */

static void publishes(struct registry_fixture *f) {
    struct function_record latest, v;
    struct page page = {.limit = 10};
    struct function_list list;
    create(f, "f");
    CHECK_OK(function_publish(&f->r, BYTES("f"), BYTES("first"), &v));
    CHECK(v.version == 1);
    CHECK_BYTES(v.description, BYTES("first"));
    CHECK_OK(function_publish(&f->r, BYTES("f"), (bytes){0}, &v));
    CHECK(v.version == 1); /* nothing has changed */
    CHECK_OK(function_load(&f->r, BYTES("f"), &latest));
    latest.memory_mb = 256;
    CHECK_OK(function_save(&f->r, &latest));
    CHECK_OK(function_publish(&f->r, BYTES("f"), (bytes){0}, &v));
    CHECK(v.version == 2 && v.memory_mb == 256);
    CHECK_OK(function_version_load(&f->r, BYTES("f"), 1, &v));
    CHECK(v.memory_mb == 128);
    CHECK_OK(function_version_list(&f->r, BYTES("f"), &page, &list));
    CHECK(list.count == 2 && list.items[0].version == 1 && list.items[1].version == 2);
    CHECK_BYTES(list.items[0].name, BYTES("f"));
    CHECK_OK(function_version_delete(&f->r, BYTES("f"), 1));
    CHECK_FAILS(function_version_load(&f->r, BYTES("f"), 1, &v), E_NOT_FOUND,
                "Function not found: " ARN "f:1");
    CHECK_OK(function_delete(&f->r, BYTES("f")));
    CHECK(function_version_load(&f->r, BYTES("f"), 2, &v) == E_NOT_FOUND);
}
TEST(versions_stay_as_they_were_published) {
    registry_fixture_each(publishes);
}

static struct function_alias alias_of(const char *name, const char *version) {
    return (struct function_alias){
        .function = BYTES("f"), .name = bytes_from(name), .version = bytes_from(version)};
}

static void leads(struct registry_fixture *f) {
    struct function_record v;
    struct function_alias a = alias_of("live", "1"), got;
    create(f, "f");
    CHECK_FAILS(function_alias_create(&f->r, &a), E_NOT_FOUND, ARN "f:1");
    CHECK_OK(function_publish(&f->r, BYTES("f"), (bytes){0}, &v));
    CHECK_OK(function_alias_create(&f->r, &a));
    CHECK_FAILS(function_alias_create(&f->r, &a), E_EXISTS, "Alias already exists: " ARN "f:live");
    CHECK_OK(function_resolve(&f->r, BYTES("f"), BYTES("live"), &v));
    CHECK(v.version == 1);
    CHECK_OK(function_resolve(&f->r, BYTES("f"), BYTES("$LATEST"), &v));
    CHECK(v.version == 0);
    CHECK_OK(function_resolve(&f->r, BYTES("f"), BYTES("1"), &v));
    CHECK_FAILS(function_resolve(&f->r, BYTES("f"), BYTES("dead"), &v), E_NOT_FOUND, ARN "f:dead");
    CHECK_FAILS(function_version_delete(&f->r, BYTES("f"), 1), E_UPDATE_CONFLICT, "live");
    CHECK_OK(function_alias_load(&f->r, BYTES("f"), BYTES("live"), &got));
    got.version = BYTES("$LATEST");
    CHECK_OK(function_alias_save(&f->r, &got));
    CHECK_OK(function_version_delete(&f->r, BYTES("f"), 1));
    CHECK_OK(function_alias_delete(&f->r, BYTES("f"), BYTES("live")));
    CHECK_OK(function_alias_delete(&f->r, BYTES("f"), BYTES("live")));
    CHECK_FAILS(function_alias_load(&f->r, BYTES("f"), BYTES("live"), &got), E_NOT_FOUND,
                "Cannot find alias arn: " ARN "f:live");
}
TEST(an_alias_leads_to_a_version) {
    registry_fixture_each(leads);
}

static void weighs(struct registry_fixture *f) {
    struct function_record latest, v;
    struct function_alias a = alias_of("live", "1");
    bool seen[3] = {false};
    create(f, "f");
    CHECK_OK(function_publish(&f->r, BYTES("f"), (bytes){0}, &v));
    CHECK_OK(function_load(&f->r, BYTES("f"), &latest));
    latest.memory_mb = 256;
    CHECK_OK(function_save(&f->r, &latest));
    CHECK_OK(function_publish(&f->r, BYTES("f"), (bytes){0}, &v));
    a.other_version = BYTES("$LATEST");
    CHECK_FAILS(function_alias_create(&f->r, &a), E_INVALID, "more than 1 version");
    a.other_version = BYTES("2");
    a.other_percent = 5000;
    CHECK_OK(function_alias_create(&f->r, &a));
    for (int i = 0; i < 200; i++) { /* 2 in 2^200 that only one of them comes */
        CHECK_OK(function_resolve(&f->r, BYTES("f"), BYTES("live"), &v));
        seen[v.version] = true;
    }
    CHECK(seen[1] && seen[2] && !seen[0]);
}
TEST(an_alias_may_have_two_versions) {
    registry_fixture_each(weighs);
}

/* ---- policies ---- */

static struct function_permission iot(const char *id) {
    return (struct function_permission){.id = bytes_from(id),
                                        .action = BYTES("lambda:InvokeFunction"),
                                        .principal = BYTES("iot.amazonaws.com")};
}

static void speaks(struct registry_fixture *f) {
    struct function_permission p = iot("s1");
    bytes text, revision;
    create(f, "f");
    p.source_arn = BYTES(RULE);
    p.source_account = BYTES("111111111111");
    CHECK_FAILS(function_policy_text(&f->r, BYTES("f"), (bytes){0}, &text, &revision), E_NOT_FOUND,
                "The resource you requested does not exist.");
    CHECK_FAILS(function_permission_remove(&f->r, BYTES("f"), (bytes){0}, BYTES("s1"), (bytes){0}),
                E_NOT_FOUND, "No policy is associated with the given resource.");
    CHECK_OK(function_permission_add(&f->r, BYTES("f"), (bytes){0}, &p, (bytes){0}, &text));
    CHECK_BYTES(text, BYTES("{\"Sid\":\"s1\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":"
                            "\"iot.amazonaws.com\"},\"Action\":\"lambda:InvokeFunction\","
                            "\"Resource\":\"" ARN "f\",\"Condition\":{\"StringEquals\":{"
                            "\"AWS:SourceAccount\":\"111111111111\"},\"ArnLike\":{"
                            "\"AWS:SourceArn\":\"" RULE "\"}}}"));
    CHECK_FAILS(function_permission_add(&f->r, BYTES("f"), (bytes){0}, &p, (bytes){0}, &text),
                E_EXISTS, "The statement id (s1) provided already exists.");
    p = iot("s2");
    p.principal = BYTES("222222222222");
    CHECK_OK(function_permission_add(&f->r, BYTES("f"), (bytes){0}, &p, (bytes){0}, &text));
    CHECK_OK(function_policy_text(&f->r, BYTES("f"), (bytes){0}, &text, &revision));
    CHECK(bytes_start_with(text, BYTES("{\"Version\":\"2012-10-17\",\"Id\":\"default\","
                                       "\"Statement\":[{\"Sid\":\"s1\"")));
    CHECK(bytes_search(text, BYTES("{\"AWS\":\"arn:aws:iam::222222222222:root\"}")) < text.len);
    CHECK(function_permission_remove(&f->r, BYTES("f"), (bytes){0}, BYTES("s1"), BYTES("x")) ==
          E_VERSION_CONFLICT);
    CHECK_OK(function_permission_remove(&f->r, BYTES("f"), (bytes){0}, BYTES("s1"), revision));
    CHECK_OK(function_permission_remove(&f->r, BYTES("f"), (bytes){0}, BYTES("s2"), (bytes){0}));
    CHECK(function_policy_text(&f->r, BYTES("f"), (bytes){0}, &text, &revision) == E_NOT_FOUND);
}
TEST(a_policy_reads_as_on_aws) { /* [AWS rules 7] */
    registry_fixture_each(speaks);
}

static void guards(struct registry_fixture *f) {
    static const struct {
        const char *principal, *source_arn, *source_account;
        bool allowed;
    } rows[] = {
        {"iot.amazonaws.com", "", "", true},
        {"iot.amazonaws.com", RULE, "", true},
        {"iot.amazonaws.com", "arn:aws:iot:us-east-1:111111111111:rule/*", "", true},
        {"iot.amazonaws.com", "arn:aws:iot:*:111111111111:rule/ji?r", "111111111111", true},
        {"*", "", "", true},
        {"iot.amazonaws.com", "arn:aws:iot:us-east-1:111111111111:rule/other", "", false},
        {"iot.amazonaws.com", "arn:aws:*:rule/jitr", "", false}, /* part by part */
        {"iot.amazonaws.com", "", "222222222222", false},
        {"s3.amazonaws.com", "", "", false},
        {"111111111111", "", "", false},
    };
    const struct function_caller caller = {BYTES("iot.amazonaws.com"), BYTES(RULE),
                                           BYTES("111111111111")};
    bytes text;
    create(f, "f");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct function_permission p = iot("s");
        p.principal = bytes_from(rows[i].principal);
        p.source_arn = bytes_from(rows[i].source_arn);
        p.source_account = bytes_from(rows[i].source_account);
        CHECK_FAILS(function_policy_allows(&f->r, BYTES("f"), (bytes){0}, &caller), E_DENIED,
                    "aws lambda add-permission --function-name f");
        CHECK_OK(function_permission_add(&f->r, BYTES("f"), (bytes){0}, &p, (bytes){0}, &text));
        CHECK_INT(function_policy_allows(&f->r, BYTES("f"), (bytes){0}, &caller),
                  rows[i].allowed ? OK : E_DENIED);
        CHECK(function_policy_allows(&f->r, BYTES("f"), BYTES("live"), &caller) == E_DENIED);
        CHECK_OK(function_permission_remove(&f->r, BYTES("f"), (bytes){0}, BYTES("s"), (bytes){0}));
    }
}
TEST(only_whom_a_statement_names_is_let_in) { /* [AWS rules 7] */
    registry_fixture_each(guards);
}

static void judges(struct registry_fixture *f) {
    struct function_permission p = iot("s");
    bytes text;
    create(f, "f");
    p.principal = BYTES("nobody");
    CHECK_FAILS(function_permission_add(&f->r, BYTES("f"), (bytes){0}, &p, (bytes){0}, &text),
                E_INVALID, "The provided principal was invalid.");
    p = iot("s");
    p.action = BYTES("iot:Publish");
    CHECK(function_permission_add(&f->r, BYTES("f"), (bytes){0}, &p, (bytes){0}, &text) ==
          E_INVALID);
    p = iot("s");
    CHECK(function_permission_add(&f->r, BYTES("g"), (bytes){0}, &p, (bytes){0}, &text) ==
          E_NOT_FOUND);
    CHECK(function_permission_add(&f->r, BYTES("f"), BYTES("7"), &p, (bytes){0}, &text) ==
          E_NOT_FOUND);
    char source[4096] = "arn:aws:iot:us-east-1:111111111111:rule/";
    memset(source + strlen(source), 'x', sizeof source - strlen(source) - 1);
    status s = OK;
    char id[8];
    for (int i = 0; i < 8 && s == OK; i++) {
        (void)snprintf(id, sizeof id, "s%d", i);
        p = iot(id);
        p.source_arn = bytes_of(source, sizeof source - 1);
        s = function_permission_add(&f->r, BYTES("f"), (bytes){0}, &p, (bytes){0}, &text);
    }
    CHECK(s == E_LIMIT);
}
TEST(a_statement_has_a_known_form_and_a_policy_an_end) {
    registry_fixture_each(judges);
}

/* ---- code ---- */

static void count_code(void *context, const struct function_record *f) {
    *(int *)context += f->code_id.len == 32;
}
static void uses(struct registry_fixture *f) {
    struct function_record v;
    int count = 0;
    create(f, "f");
    CHECK_OK(function_publish(&f->r, BYTES("f"), (bytes){0}, &v));
    CHECK_OK(function_codes_in_use(f->r.txn, &f->arena, count_code, &count));
    CHECK_INT(count, 2);
}
TEST(code_is_in_use_by_functions_and_versions) {
    registry_fixture_each(uses);
}

TEST_MAIN("registry/function")
