#include "registry/fixture.h"
#include "registry/principal.h"
#include "registry/thing_group.h"
#include "support/testing.h"

static const struct tags no_tags = {0};

static bytes name_of(struct registry_fixture *f, const char *prefix, int number) {
    return bytes_from(arena_printf(&f->arena, "%s%d", prefix, number));
}

static void add_group(struct registry_fixture *f, const char *name, const char *parent) {
    struct thing_group_new new = {.name = bytes_from(name), .parent = bytes_from(parent)};
    CHECK_OK(thing_group_create(&f->r, &new, &no_tags, NULL));
}

/* plant ─┬─ hall1 ─── line7      lab
 *        └─ hall2                                */
static void add_tree(struct registry_fixture *f) {
    add_group(f, "plant", NULL);
    add_group(f, "hall1", "plant");
    add_group(f, "hall2", "plant");
    add_group(f, "line7", "hall1");
    add_group(f, "lab", NULL);
}

static void add_thing(struct registry_fixture *f, const char *name, const char *group) {
    CHECK_OK(thing_create(&f->r, &(struct thing_record){.name = bytes_from(name)}, NULL));
    if (group)
        CHECK_OK(thing_group_add_thing(&f->r, bytes_from(group), bytes_from(name)));
}

static const char *joined(struct registry_fixture *f, const struct name_list *l) {
    const char *text = "";
    for (size_t i = 0; i < l->count; i++)
        text = arena_printf(&f->arena, "%s%s%.*s", text, i ? "," : "", BYTES_ARG(l->items[i]));
    return text;
}

static void creates(struct registry_fixture *f) {
    struct thing_attribute attributes[] = {{BYTES("b"), BYTES("2")}, {BYTES("a"), BYTES("1")}};
    struct thing_group_new new = {.name = BYTES("plant"),
                                  .description = BYTES("the first one"),
                                  .attributes = attributes,
                                  .attribute_count = 2};
    struct thing_group_record got, again;
    CHECK_OK(thing_group_create(&f->r, &new, &no_tags, NULL));
    registry_fixture_commit(f);
    CHECK_OK(thing_group_load(&f->r, BYTES("plant"), &got));
    CHECK_BYTES(got.description, new.description);
    CHECK(got.id.len == 36 && got.version == 1 && got.ancestor_count == 0);
    CHECK_BYTES(got.attributes[0].name, BYTES("a"));
    CHECK_OK(thing_group_create(&f->r, &new, &no_tags, &again));
    CHECK_BYTES(again.id, got.id);
    new.attribute_count = 1;
    CHECK_FAILS(thing_group_create(&f->r, &new, &no_tags, NULL), E_EXISTS,
                "Thing Group plant already exists in current account with different properties");
    struct thing_group_new child = {.name = BYTES("hall1"), .parent = BYTES("plant")};
    CHECK_OK(thing_group_create(&f->r, &child, &no_tags, NULL));
    CHECK_OK(thing_group_create(&f->r, &child, &no_tags, &again));
    CHECK_INT(again.ancestor_count, 1);
    CHECK_BYTES(again.ancestors[0], BYTES("plant"));
    child.parent = (bytes){0};
    CHECK(thing_group_create(&f->r, &child, &no_tags, NULL) == E_EXISTS); /* another parent */
    child = (struct thing_group_new){.name = BYTES("x"), .parent = BYTES("none")};
    CHECK_FAILS(thing_group_create(&f->r, &child, &no_tags, NULL), E_NOT_FOUND,
                "Parent thing group none not found");
    child = (struct thing_group_new){.name = BYTES("x.y")};
    CHECK_FAILS(thing_group_create(&f->r, &child, &no_tags, NULL), E_INVALID, "thingGroupName");
}
TEST(creating_the_same_group_again_succeeds) { /* [AWS control-plane 7] */
    registry_fixture_each(creates);
}

static void limits(struct registry_fixture *f) {
    struct thing_group_new new = {.name = BYTES("deep0")};
    for (int i = 0; i < THING_GROUP_DEPTH_MAX; i++) {
        CHECK_OK(thing_group_create(&f->r, &new, &no_tags, NULL));
        new.parent = name_of(f, "deep", i);
        new.name = name_of(f, "deep", i + 1);
    }
    CHECK_FAILS(thing_group_create(&f->r, &new, &no_tags, NULL), E_INVALID, "8 levels deep");
    new.parent = BYTES("deep0");
    for (int i = 1; i < THING_GROUP_CHILDREN_MAX; i++) {
        new.name = name_of(f, "child", i);
        CHECK_OK(thing_group_create(&f->r, &new, &no_tags, NULL));
    }
    new.name = BYTES("child100");
    CHECK_FAILS(thing_group_create(&f->r, &new, &no_tags, NULL), E_INVALID, "100 child groups");
    struct thing_attribute many[51];
    for (int i = 0; i < 51; i++)
        many[i] = (struct thing_attribute){name_of(f, "a", i), BYTES("v")};
    new = (struct thing_group_new){.name = BYTES("g"), .attributes = many, .attribute_count = 51};
    CHECK_FAILS(thing_group_create(&f->r, &new, &no_tags, NULL), E_INVALID,
                "at most 50 attributes");
    new.attribute_count = 50;
    CHECK_OK(thing_group_create(&f->r, &new, &no_tags, NULL));
}
TEST(depth_children_and_attributes_are_bounded) { /* [AWS control-plane 7] */
    registry_fixture_each(limits);
}

static void updates(struct registry_fixture *f) {
    struct thing_attribute a = {BYTES("a"), BYTES("1")}, b = {BYTES("b"), BYTES("2")};
    struct thing_group_record got;
    uint64_t version;
    bytes text = BYTES("new");
    add_tree(f);
    struct thing_group_changes changes = {.attributes = &a, .attribute_count = 1};
    CHECK_OK(thing_group_update(&f->r, BYTES("hall1"), &changes, &version));
    changes = (struct thing_group_changes){
        .description = &text, .attributes = &b, .attribute_count = 1, .expected_version = 2};
    CHECK_OK(thing_group_update(&f->r, BYTES("hall1"), &changes, &version));
    CHECK_INT(version, 3);
    CHECK_OK(thing_group_load(&f->r, BYTES("hall1"), &got));
    CHECK_BYTES(got.description, text);
    CHECK_INT(got.attribute_count, 2);
    CHECK_INT(got.ancestor_count, 1);
    CHECK_FAILS(thing_group_update(&f->r, BYTES("hall1"), &changes, &version), E_VERSION_CONFLICT,
                "The version for thing group hall1 does not match");
    changes = (struct thing_group_changes){
        .attributes = &a, .attribute_count = 1, .replace_attributes = true};
    CHECK_OK(thing_group_update(&f->r, BYTES("hall1"), &changes, &version));
    CHECK_OK(thing_group_load(&f->r, BYTES("hall1"), &got));
    CHECK_INT(got.attribute_count, 1);
    CHECK_BYTES(got.description, text);
    CHECK(thing_group_update(&f->r, BYTES("none"), &changes, &version) == E_NOT_FOUND);
}
TEST(an_update_merges_or_replaces_and_raises_the_version) {
    registry_fixture_each(updates);
}

static void lists(struct registry_fixture *f) {
    static const struct {
        const char *parent, *prefix;
        bool recursive;
        const char *want;
    } rows[] = {
        {NULL, NULL, true, "hall1,hall2,lab,line7,plant"},
        {NULL, NULL, false, "lab,plant"},
        {NULL, "ha", true, "hall1,hall2"},
        {NULL, "ha", false, ""},
        {"plant", NULL, false, "hall1,hall2"},
        {"plant", "hall2", false, "hall2"},
        {"plant", "line", true, "line7"},
        {"hall1", NULL, true, "line7"},
        {"lab", NULL, true, ""},
    };
    struct name_list l;
    add_tree(f);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct thing_group_filter filter = {bytes_from(rows[i].parent), bytes_from(rows[i].prefix),
                                            rows[i].recursive};
        CHECK_OK(thing_group_list(&f->r, &filter, &(struct page){0}, &l));
        CHECK_TEXT(joined(f, &l), rows[i].want);
    }
    struct thing_group_filter below = {.parent = BYTES("plant"), .recursive = true};
    struct page page = {.limit = 1};
    size_t seen = 0;
    do {
        CHECK_OK(thing_group_list(&f->r, &below, &page, &l));
        seen += l.count;
        page.token = l.next;
    } while (l.next.len > 0);
    CHECK_INT(seen, 3);
    below.parent = BYTES("none");
    CHECK(thing_group_list(&f->r, &below, &(struct page){0}, &l) == E_NOT_FOUND);
}
TEST(groups_are_listed_by_parent_prefix_and_depth) {
    registry_fixture_each(lists);
}

static void members(struct registry_fixture *f) {
    struct name_list l;
    add_tree(f);
    add_thing(f, "t1", "line7");
    add_thing(f, "t2", "plant");
    add_thing(f, "t3", "hall2");
    CHECK_OK(thing_group_add_thing(&f->r, BYTES("lab"), BYTES("t1"))); /* another tree */
    CHECK_OK(thing_group_add_thing(&f->r, BYTES("lab"), BYTES("t1")));
    registry_fixture_commit(f);
    CHECK_OK(thing_group_list_things(&f->r, BYTES("plant"), false, NULL, &(struct page){0}, &l));
    CHECK_TEXT(joined(f, &l), "t2");
    CHECK_OK(thing_group_list_things(&f->r, BYTES("plant"), true, NULL, &(struct page){0}, &l));
    CHECK_INT(l.count, 3);
    CHECK_BYTES(l.items[0], BYTES("t2"));
    CHECK_OK(thing_group_list_things(&f->r, BYTES("hall1"), true, NULL, &(struct page){0}, &l));
    CHECK_TEXT(joined(f, &l), "t1");
    CHECK_OK(thing_list_groups(&f->r, BYTES("t1"), &(struct page){0}, &l));
    CHECK_TEXT(joined(f, &l), "lab,line7");
    CHECK_FAILS(thing_group_add_thing(&f->r, BYTES("plant"), BYTES("t1")), E_INVALID,
                "two groups of the same hierarchy"); /* [AWS iot thing-groups] */
    CHECK_OK(thing_group_remove_thing(&f->r, BYTES("hall1"), BYTES("t1"))); /* is not in it */
    CHECK_OK(thing_group_remove_thing(&f->r, BYTES("line7"), BYTES("t1")));
    CHECK_OK(thing_group_add_thing(&f->r, BYTES("plant"), BYTES("t1")));
    CHECK(thing_group_add_thing(&f->r, BYTES("none"), BYTES("t1")) == E_NOT_FOUND);
    CHECK(thing_group_add_thing(&f->r, BYTES("lab"), BYTES("none")) == E_NOT_FOUND);
    CHECK(thing_group_remove_thing(&f->r, BYTES("lab"), BYTES("none")) == E_NOT_FOUND);
    CHECK(thing_list_groups(&f->r, BYTES("none"), &(struct page){0}, &l) == E_NOT_FOUND);
    for (int i = 0; i < 8; i++) {
        add_group(f, arena_string(&f->arena, name_of(f, "root", i)), NULL);
        CHECK_OK(thing_group_add_thing(&f->r, name_of(f, "root", i), BYTES("t1")));
    }
    add_group(f, "eleventh", NULL);
    CHECK_FAILS(thing_group_add_thing(&f->r, BYTES("eleventh"), BYTES("t1")), E_INVALID,
                "in 10 groups already");
    CHECK_OK(thing_delete(&f->r, BYTES("t1"), 0));
    CHECK_OK(thing_group_list_things(&f->r, BYTES("lab"), true, NULL, &(struct page){0}, &l));
    CHECK_INT(l.count, 0);
}
TEST(a_thing_is_in_one_group_of_a_tree_and_in_ten_at_most) { /* [AWS iot thing-groups] */
    registry_fixture_each(members);
}

static void deletes(struct registry_fixture *f) {
    struct name_list l;
    struct target_list targets;
    struct tag_list tags;
    struct tag site = {BYTES("site"), BYTES("7")};
    add_tree(f);
    add_thing(f, "t1", "line7");
    CHECK_OK(policy_create(&f->r, BYTES("p"), BYTES("{}"), NULL));
    CHECK_OK(policy_attach(&f->r, BYTES("p"), thing_group_arn(&f->r, BYTES("line7"))));
    CHECK_OK(tags_set(&f->r, BYTES("thinggroup/line7"), &(struct tags){&site, 1}));
    CHECK_FAILS(thing_group_delete(&f->r, BYTES("hall1"), 0), E_INVALID,
                " Cannot delete thing group : hall1 when there are still child groups attached to "
                "it"); /* [AWS control-plane 6.2] */
    CHECK(thing_group_delete(&f->r, BYTES("line7"), 9) == E_VERSION_CONFLICT);
    CHECK_OK(thing_group_delete(&f->r, BYTES("line7"), 1));
    CHECK_OK(thing_group_delete(&f->r, BYTES("line7"), 1)); /* [AWS control-plane 7] */
    CHECK_OK(thing_list_groups(&f->r, BYTES("t1"), &(struct page){0}, &l));
    CHECK_INT(l.count, 0);
    CHECK_OK(policy_list_targets(&f->r, BYTES("p"), &(struct page){0}, &targets));
    CHECK_INT(targets.count, 0);
    CHECK_OK(tags_list(&f->r, BYTES("thinggroup/line7"), &(struct page){0}, &tags));
    CHECK_INT(tags.count, 0);
    CHECK_OK(thing_group_delete(&f->r, BYTES("hall1"), 0));
    add_group(f, "line7", NULL);
    CHECK_OK(thing_group_list_things(&f->r, BYTES("line7"), true, NULL, &(struct page){0}, &l));
    CHECK_INT(l.count, 0);
}
TEST(a_deleted_group_leaves_nothing_behind) {
    registry_fixture_each(deletes);
}

/* ---- policies ---- */

static void add_policies(struct registry_fixture *f) {
    for (int i = 0; i < 4; i++)
        CHECK_OK(policy_create(&f->r, name_of(f, "p", i), BYTES("{}"), NULL));
}

static status attach(struct registry_fixture *f, const char *policy, const char *group) {
    return policy_attach(&f->r, bytes_from(policy), thing_group_arn(&f->r, bytes_from(group)));
}

static void policies(struct registry_fixture *f) {
    struct policy_list l;
    struct target_list targets;
    bytes line7 = thing_group_arn(&f->r, BYTES("line7")), cert = fixture_register(f, 1);
    add_tree(f);
    add_policies(f);
    CHECK_OK(attach(f, "p2", "line7"));
    CHECK_OK(attach(f, "p1", "line7"));
    CHECK_OK(attach(f, "p1", "line7"));
    registry_fixture_commit(f);
    CHECK_FAILS(attach(f, "p3", "line7"), E_LIMIT, "2 policies"); /* [AWS policy 7] */
    registry_fixture_undo(f);
    CHECK_OK(attach(f, "p0", "plant"));
    CHECK_OK(attach(f, "p2", "plant"));
    CHECK_OK(policy_attach(&f->r, BYTES("p0"), cert));
    CHECK(attach(f, "p0", "none") == E_NOT_FOUND);
    CHECK_OK(policy_list_attached(&f->r, line7, &(struct page){0}, &l));
    CHECK_INT(l.count, 2);
    CHECK_BYTES(l.items[0].name, BYTES("p1"));
    CHECK_OK(policy_list_inherited(&f->r, line7, &(struct page){.limit = 2}, &l));
    CHECK_INT(l.count, 2);
    CHECK_BYTES(l.items[0].name, BYTES("p0"));
    CHECK_BYTES(l.items[1].name, BYTES("p1"));
    struct page page = {.limit = 2, .token = l.next};
    CHECK_FAILS(policy_list_attached(&f->r, line7, &page, &l), E_INVALID, "token");
    CHECK_OK(policy_list_inherited(&f->r, line7, &page, &l));
    CHECK_INT(l.count, 1);
    CHECK_BYTES(l.items[0].name, BYTES("p2"));
    CHECK_INT(l.next.len, 0);
    CHECK_OK(policy_list_inherited(&f->r, cert, &(struct page){0}, &l));
    CHECK_INT(l.count, 1);
    CHECK_OK(policy_list_targets(&f->r, BYTES("p0"), &(struct page){0}, &targets));
    CHECK_INT(targets.count, 2);
    CHECK_BYTES(targets.items[1], thing_group_arn(&f->r, BYTES("plant")));
    CHECK_OK(policy_list_principals(&f->r, BYTES("p0"), &(struct page){0}, &targets));
    CHECK_INT(targets.count, 1);
    CHECK_BYTES(targets.items[0], cert);
    CHECK(policy_delete(&f->r, BYTES("p1")) == E_DELETE_CONFLICT);
    CHECK_OK(policy_detach(&f->r, BYTES("p1"), line7));
    CHECK_OK(policy_detach(&f->r, BYTES("p1"), line7));
    CHECK_OK(policy_delete(&f->r, BYTES("p1")));
}
TEST(a_group_has_two_policies_and_those_of_its_ancestors) { /* [AWS policy 7] */
    registry_fixture_each(policies);
}

/* The names of the policies that apply to the certificate as this client, and of its groups. */
static const char *applies(struct registry_fixture *f, const char *client_id) {
    struct principal_facts facts;
    const char *text = "";
    CHECK_OK(registry_principal_load(&f->r, fixture_id(f, 1), bytes_from(client_id), &facts));
    for (size_t i = 0; i < facts.policy_count; i++)
        text = arena_printf(&f->arena, "%s%.*s ", text, BYTES_ARG(facts.policies[i].name));
    text = arena_printf(&f->arena, "%s|", text);
    for (size_t i = 0; i < facts.group_count; i++)
        text = arena_printf(&f->arena, "%s %.*s", text, BYTES_ARG(facts.groups[i]));
    return text;
}

static void inherits(struct registry_fixture *f) {
    bytes cert = fixture_register(f, 1);
    add_tree(f);
    add_policies(f);
    add_thing(f, "t1", "line7");
    CHECK_OK(attach(f, "p0", "plant"));
    CHECK_OK(attach(f, "p2", "line7"));
    CHECK_OK(attach(f, "p1", "line7"));
    CHECK_OK(attach(f, "p1", "lab"));
    CHECK_OK(attach(f, "p3", "lab"));
    CHECK_OK(policy_attach(&f->r, BYTES("p2"), cert));
    CHECK_TEXT(applies(f, "t1"), "p2 |"); /* not attached to the thing */
    CHECK_OK(thing_principal_attach(&f->r, BYTES("t1"), cert, THING_PRINCIPAL_NON_EXCLUSIVE));
    CHECK_TEXT(applies(f, "t1"), "p0 p1 p2 | plant hall1 line7");
    CHECK_TEXT(applies(f, "other"), "p2 |"); /* the thing does not resolve */
    CHECK_OK(thing_group_add_thing(&f->r, BYTES("lab"), BYTES("t1")));
    CHECK_TEXT(applies(f, "t1"), "p0 p1 p2 p3 | lab plant hall1 line7");
    CHECK_OK(thing_group_remove_thing(&f->r, BYTES("line7"), BYTES("t1")));
    CHECK_TEXT(applies(f, "t1"), "p1 p2 p3 | lab");
    CHECK_OK(thing_principal_detach(&f->r, BYTES("t1"), cert));
    CHECK_OK(thing_principal_attach(&f->r, BYTES("t1"), cert, THING_PRINCIPAL_EXCLUSIVE));
    CHECK_TEXT(applies(f, "other"), "p1 p2 p3 | lab");
}
TEST(a_connection_has_the_policies_of_its_things_groups) { /* [AWS policy 7] */
    registry_fixture_each(inherits);
}

TEST_MAIN("registry/thing_group")
