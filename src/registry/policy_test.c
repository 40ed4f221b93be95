#include "base/clock.h"
#include "registry/fixture.h"
#include "registry/policy.h"
#include "support/testing.h"

#include <string.h>

#define DOCUMENT BYTES("{ \"Version\" :\t\"2012-10-17\",\n \"Statement\": [] }")

static void creates(struct registry_fixture *f) {
    struct policy_record got;
    clock_simulate(5000);
    CHECK_OK(policy_create(&f->r, BYTES("Pub+Sub=a,b.c@d-e_1"), DOCUMENT, NULL));
    registry_fixture_commit(f);
    CHECK_OK(policy_load(&f->r, BYTES("Pub+Sub=a,b.c@d-e_1"), &got));
    CHECK_BYTES(got.name, BYTES("Pub+Sub=a,b.c@d-e_1"));
    CHECK_BYTES(got.document, DOCUMENT); /* byte for byte */
    CHECK(got.default_version == 1 && got.created_ms == 5000 && got.modified_ms == 5000);
    CHECK_INT(got.generation_id.len, 36);
    CHECK_FAILS(policy_create(&f->r, got.name, BYTES("{}"), NULL), E_EXISTS,
                "Policy cannot be created - name already exists (name=Pub+Sub=a,b.c@d-e_1)");
    CHECK_FAILS(policy_load(&f->r, BYTES("none"), &got), E_NOT_FOUND, "Policy not found");
    CHECK_BYTES(policy_arn(&f->r, BYTES("p")),
                BYTES("arn:aws:iot:us-east-1:111111111111:policy/p"));
}
TEST(a_policy_is_kept_byte_for_byte) { /* [AWS identity 10.3] */
    registry_fixture_each(creates);
}

static void names(struct registry_fixture *f) {
    char long_name[130];
    memset(long_name, 'x', sizeof long_name);
    CHECK_OK(policy_create(&f->r, bytes_of(long_name, 128), DOCUMENT, NULL));
    CHECK_FAILS(policy_create(&f->r, bytes_of(long_name, 129), DOCUMENT, NULL), E_INVALID,
                "length less than or equal to 128");
    CHECK_FAILS(policy_create(&f->r, (bytes){0}, DOCUMENT, NULL), E_INVALID, "greater than");
    CHECK_FAILS(policy_create(&f->r, BYTES("a/b"), DOCUMENT, NULL), E_INVALID,
                "1 validation error detected: Value 'a/b' at 'policyName' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+");
    CHECK(policy_create(&f->r, BYTES("a\0b"), DOCUMENT, NULL) == E_INVALID);
}
TEST(names_are_checked) { /* [AWS policy 1.2] */
    registry_fixture_each(names);
}

static void versions(struct registry_fixture *f) {
    struct policy_version_record v, *all;
    struct policy_record p;
    size_t count;
    CHECK_OK(policy_create(&f->r, BYTES("p"), BYTES("v1"), NULL));
    CHECK_OK(policy_version_create(&f->r, BYTES("p"), BYTES("v2"), false, &v));
    CHECK(v.version == 2 && !v.is_default);
    CHECK_OK(policy_load(&f->r, BYTES("p"), &p));
    CHECK_BYTES(p.document, BYTES("v1"));
    CHECK_OK(policy_version_create(&f->r, BYTES("p"), BYTES("v3"), true, &v));
    CHECK(v.version == 3 && v.is_default);
    CHECK_OK(policy_load(&f->r, BYTES("p"), &p));
    CHECK(p.default_version == 3);
    CHECK_BYTES(p.document, BYTES("v3"));
    CHECK_OK(policy_version_list(&f->r, BYTES("p"), &all, &count));
    CHECK_INT(count, 3);
    CHECK(all[0].version == 3 && all[0].is_default && all[2].version == 1 && !all[2].is_default);
    CHECK_OK(policy_version_load(&f->r, BYTES("p"), BYTES("2"), &v));
    CHECK_BYTES(v.document, BYTES("v2"));
    CHECK_OK(policy_version_set_default(&f->r, BYTES("p"), BYTES("2")));
    CHECK_OK(policy_load(&f->r, BYTES("p"), &p));
    CHECK_BYTES(p.document, BYTES("v2"));
    static const char *const none[] = {"4", "0", "x", "", "99999999999999999999999"};
    for (size_t i = 0; i < COUNT_OF(none); i++)
        CHECK_FAILS(policy_version_load(&f->r, BYTES("p"), bytes_from(none[i]), &v), E_NOT_FOUND,
                    "has no version");
    CHECK_FAILS(policy_version_load(&f->r, BYTES("q"), BYTES("1"), &v), E_NOT_FOUND,
                "Policy not found");
}
TEST(a_policy_has_versions_and_one_of_them_counts) { /* [AWS policy 1.2] */
    registry_fixture_each(versions);
}

static void version_limit(struct registry_fixture *f) {
    struct policy_version_record v;
    CHECK_OK(policy_create(&f->r, BYTES("p"), BYTES("v1"), NULL));
    for (int i = 2; i <= POLICY_VERSIONS_MAX; i++)
        CHECK_OK(policy_version_create(&f->r, BYTES("p"), BYTES("v"), false, NULL));
    CHECK_FAILS(policy_version_create(&f->r, BYTES("p"), BYTES("v6"), true, NULL), E_VERSIONS_LIMIT,
                "The policy p already has the maximum number of versions (5)");
    CHECK_FAILS(policy_version_delete(&f->r, BYTES("p"), BYTES("1")), E_INVALID,
                "Cannot delete the default version of a policy");
    CHECK_OK(policy_version_delete(&f->r, BYTES("p"), BYTES("5")));
    CHECK(policy_version_delete(&f->r, BYTES("p"), BYTES("5")) == E_NOT_FOUND);
    CHECK_OK(policy_version_create(&f->r, BYTES("p"), BYTES("v"), false, &v));
    CHECK_INT(v.version, 6); /* numbers are not used again */
}
TEST(five_versions_are_the_most_and_numbers_are_not_reused) { /* [AWS identity 10.3] */
    registry_fixture_each(version_limit);
}

static void deletes(struct registry_fixture *f) {
    bytes arn = fixture_register(f, 1);
    CHECK_OK(policy_create(&f->r, BYTES("p"), BYTES("v1"), NULL));
    CHECK_OK(policy_version_create(&f->r, BYTES("p"), BYTES("v2"), true, NULL));
    CHECK_OK(policy_attach(&f->r, BYTES("p"), arn));
    CHECK_FAILS(policy_delete(&f->r, BYTES("p")), E_DELETE_CONFLICT,
                "The policy cannot be deleted as the policy is attached to one or more principals "
                "(name=p)");
    CHECK_OK(policy_detach(&f->r, BYTES("p"), arn));
    CHECK_FAILS(
        policy_delete(&f->r, BYTES("p")), E_DELETE_CONFLICT,
        "Cannot delete the policy because it has one or more policy versions attached to it "
        "(name=p)");
    CHECK_OK(policy_version_delete(&f->r, BYTES("p"), BYTES("1")));
    CHECK_OK(policy_delete(&f->r, BYTES("p"))); /* version 2 is the default and the last */
    CHECK(policy_delete(&f->r, BYTES("p")) == E_NOT_FOUND);
    struct policy_record first, second;
    CHECK_OK(policy_create(&f->r, BYTES("p"), BYTES("new"), &second)); /* nothing was left behind */
    CHECK_OK(policy_load(&f->r, BYTES("p"), &first));
    CHECK_BYTES(first.document, BYTES("new"));
    CHECK_BYTES(first.generation_id, second.generation_id);
}
TEST(deletion_needs_no_attachment_and_no_other_version) { /* [AWS identity 10.3] */
    registry_fixture_each(deletes);
}

static void lists(struct registry_fixture *f) {
    static const char *const names_by_time[] = {"c", "a", "b"};
    struct policy_list l;
    for (size_t i = 0; i < COUNT_OF(names_by_time); i++) {
        clock_simulate(1000 * (int64_t)(i + 1));
        CHECK_OK(policy_create(&f->r, bytes_from(names_by_time[i]), BYTES("{}"), NULL));
    }
    CHECK_OK(policy_list(&f->r, &(struct page){.limit = 2, .ascending = true}, &l));
    CHECK_INT(l.count, 2);
    CHECK_BYTES(l.items[0].name, BYTES("c"));
    CHECK_BYTES(l.items[1].name, BYTES("a"));
    CHECK_OK(
        policy_list(&f->r, &(struct page){.limit = 2, .ascending = true, .token = l.next}, &l));
    CHECK_INT(l.count, 1);
    CHECK_BYTES(l.items[0].name, BYTES("b"));
    CHECK_OK(policy_list(&f->r, &(struct page){0}, &l));
    CHECK_BYTES(l.items[0].name, BYTES("b"));
    CHECK_INT(l.next.len, 0);
}
TEST(policies_are_listed_by_time) {
    registry_fixture_each(lists);
}

static void attaches(struct registry_fixture *f) {
    bytes arn = fixture_register(f, 1), other = fixture_register(f, 2);
    struct policy_list l;
    struct target_list targets;
    CHECK_OK(policy_create(&f->r, BYTES("b"), BYTES("{}"), NULL));
    CHECK_OK(policy_create(&f->r, BYTES("a"), BYTES("{}"), NULL));
    CHECK_OK(policy_attach(&f->r, BYTES("a"), arn));
    CHECK_OK(policy_attach(&f->r, BYTES("a"), arn)); /* again [AWS control-plane 7] */
    CHECK_OK(policy_attach(&f->r, BYTES("b"), arn));
    CHECK_OK(policy_attach(&f->r, BYTES("a"), other));
    registry_fixture_commit(f);
    CHECK_OK(policy_list_attached(&f->r, arn, &(struct page){.limit = 1}, &l));
    CHECK_INT(l.count, 1);
    CHECK_BYTES(l.items[0].name, BYTES("a"));
    CHECK_OK(policy_list_attached(&f->r, arn, &(struct page){.limit = 1, .token = l.next}, &l));
    CHECK_BYTES(l.items[0].name, BYTES("b"));
    CHECK_INT(l.next.len, 0);
    CHECK_OK(policy_list_targets(&f->r, BYTES("a"), &(struct page){0}, &targets));
    CHECK_INT(targets.count, 2);
    CHECK_BYTES(targets.items[0], arn);
    CHECK_BYTES(targets.items[1], other);
    CHECK_OK(policy_detach(&f->r, BYTES("a"), arn));
    CHECK_OK(policy_detach(&f->r, BYTES("a"), arn)); /* not attached: fine [AWS control-plane 7] */
    CHECK_OK(policy_list_attached(&f->r, arn, &(struct page){0}, &l));
    CHECK_INT(l.count, 1);
    CHECK_OK(policy_list_targets(&f->r, BYTES("a"), &(struct page){0}, &targets));
    CHECK_INT(targets.count, 1);
}
TEST(attachments_are_seen_from_both_sides) { /* [AWS identity 10.3] */
    registry_fixture_each(attaches);
}

static void attach_errors(struct registry_fixture *f) {
    bytes arn = fixture_register(f, 1);
    struct policy_list l;
    struct target_list targets;
    static const struct {
        const char *target;
        status want;
    } rows[] = {
        {"arn:aws:iot:us-east-1:111111111111:cert/00", E_NOT_FOUND},
        {"arn:aws:iot:us-east-1:111111111111:thinggroup/g", E_NOT_FOUND},
        {"arn:aws:iot:us-east-1:111111111111:thing/t", E_INVALID},
        {"arn:aws:iot:us-east-1:222222222222:cert/00", E_INVALID},
        {"arn:aws:iot:eu-west-1:111111111111:cert/00", E_INVALID},
        {"us-east-1:4a5b6c7d-0000-1111-2222-333333333333", E_NOT_IMPLEMENTED},
        {"nonsense", E_INVALID},
        {"", E_INVALID},
    };
    CHECK_OK(policy_create(&f->r, BYTES("p"), BYTES("{}"), NULL));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_INT(policy_attach(&f->r, BYTES("p"), bytes_from(rows[i].target)), rows[i].want);
        CHECK_INT(policy_list_attached(&f->r, bytes_from(rows[i].target), &(struct page){0}, &l),
                  rows[i].want);
    }
    CHECK_FAILS(policy_attach(&f->r, BYTES("none"), arn), E_NOT_FOUND, "Policy not found");
    CHECK_FAILS(policy_detach(&f->r, BYTES("none"), arn), E_NOT_FOUND, "Policy not found");
    CHECK_FAILS(policy_list_targets(&f->r, BYTES("none"), &(struct page){0}, &targets), E_NOT_FOUND,
                "Policy not found");
}
TEST(what_is_not_there_cannot_be_attached) {
    registry_fixture_each(attach_errors);
}

static void attach_limit(struct registry_fixture *f) {
    bytes arn = fixture_register(f, 1);
    for (int i = 0; i <= POLICIES_PER_TARGET_MAX; i++) {
        bytes name = bytes_from(arena_printf(&f->arena, "p%d", i));
        CHECK_OK(policy_create(&f->r, name, BYTES("{}"), NULL));
        CHECK_INT(policy_attach(&f->r, name, arn), i < POLICIES_PER_TARGET_MAX ? OK : E_LIMIT);
    }
    CHECK_OK(policy_attach(&f->r, BYTES("p0"), arn)); /* is attached already */
    CHECK_OK(policy_detach(&f->r, BYTES("p0"), arn));
    CHECK_OK(policy_attach(&f->r, BYTES("p10"), arn));
}
TEST(ten_policies_may_be_attached_to_a_certificate) { /* [AWS policy 1.2] */
    registry_fixture_each(attach_limit);
}

TEST_MAIN("registry/policy")
