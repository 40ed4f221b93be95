#include "api/route.h"

#include "api/generated/iot.h"
#include "support/testing.h"

static const struct model *m = &model_iot;

static const char *routed(enum model_method method, const char *path) {
    static struct route r;
    if (!route_find(m, method, bytes_from(path), &r))
        return "none";
    return (const char *)model_text(m, r.operation->name).ptr;
}

/* Fills each label of a template: a greedy one with several segments. */
static void example_path(bytes template, struct buf *out) {
    bytes part;
    template = bytes_skip(template, 1);
    while (bytes_split(&template, '/', &part)) {
        buf_append_byte(out, '/');
        if (part.len && part.ptr[0] == '{')
            buf_text(out, part.ptr[part.len - 2] == '+' ? "arn%3Aaws/b/c" : "value%2F1");
        else
            buf_append(out, part);
    }
}

TEST(every_operation_is_reached_by_its_own_template) {
    for (size_t i = 0; i < m->operation_count; i++) {
        const struct model_operation *o = &m->operations[i];
        AUTO(buf) path = {0};
        example_path(model_text(m, o->path), &path);
        struct route r;
        CHECK(route_find(m, (enum model_method)o->method, buf_bytes(&path), &r));
        CHECK_BYTES(model_text(m, r.operation->name), model_text(m, o->name));
    }
}

TEST(a_literal_beats_a_label) { /* [AWS control-plane 2] */
    CHECK_TEXT(routed(MODEL_PUT, "/thing-groups/addThingToThingGroup"), "AddThingToThingGroup");
    CHECK_TEXT(routed(MODEL_PUT, "/thing-groups/updateThingGroupsForThing"),
               "UpdateThingGroupsForThing");
    CHECK_TEXT(routed(MODEL_PUT, "/billing-groups/addThingToBillingGroup"),
               "AddThingToBillingGroup");
    CHECK_TEXT(routed(MODEL_POST, "/things"), "RegisterThing");
    CHECK_TEXT(routed(MODEL_POST, "/things/lamp"), "CreateThing");
}

TEST(an_encoded_slash_does_not_split) { /* [AWS control-plane 2] */
    struct route r;
    CHECK(route_find(m, MODEL_POST, BYTES("/attached-policies/arn%3Aaws%3Acert%2F01"), &r));
    CHECK(r.operation == &m->operations[IOT_LIST_ATTACHED_POLICIES]);
    CHECK_BYTES(route_label(&r, BYTES("target")), BYTES("arn%3Aaws%3Acert%2F01"));
    CHECK_BYTES(route_label(&r, BYTES("policyName")), BYTES(""));
}

TEST(a_greedy_label_takes_the_rest) {
    struct route r;
    CHECK(route_find(m, MODEL_GET, BYTES("/destinations/arn%3Aaws/http/7a28"), &r));
    CHECK_BYTES(route_label(&r, BYTES("arn")), BYTES("arn%3Aaws/http/7a28"));
    CHECK_TEXT(routed(MODEL_GET, "/destinations"), "ListTopicRuleDestinations");
}

TEST(one_slash_at_the_end_is_ignored) { /* [AWS control-plane 2] */
    CHECK_TEXT(routed(MODEL_GET, "/authorizers"), "ListAuthorizers");
    CHECK_TEXT(routed(MODEL_GET, "/authorizers/"), "ListAuthorizers");
    CHECK_TEXT(routed(MODEL_GET, "/things/lamp/"), "DescribeThing");
    CHECK_TEXT(routed(MODEL_GET, "/things/lamp//"), "none");
}

TEST(the_method_counts) {
    CHECK_TEXT(routed(MODEL_PUT, "/target-policies/p"), "AttachPolicy");
    CHECK_TEXT(routed(MODEL_POST, "/target-policies/p"), "DetachPolicy");
    CHECK_TEXT(routed(MODEL_DELETE, "/target-policies/p"), "none");
}

TEST(other_paths_reach_nothing) {
    CHECK_TEXT(routed(MODEL_GET, ""), "none");
    CHECK_TEXT(routed(MODEL_GET, "/"), "none");
    CHECK_TEXT(routed(MODEL_GET, "//things"), "none");
    CHECK_TEXT(routed(MODEL_GET, "things"), "none");
    CHECK_TEXT(routed(MODEL_GET, "/things//principals"), "none");
    CHECK_TEXT(routed(MODEL_GET, "/things/a/b/c/d/e/f"), "none");
}

TEST(a_literal_may_come_percent_encoded) {
    CHECK_TEXT(routed(MODEL_GET, "/%74hings"), "ListThings");
    CHECK_TEXT(routed(MODEL_GET, "/%7"), "none");
}

TEST_MAIN("api/route")
