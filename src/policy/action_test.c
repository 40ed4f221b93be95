#include "policy/action.h"

#include "support/testing.h"

TEST(every_action_has_a_name_a_resource_and_a_bit) { /* [AWS policy 2.1] */
    uint32_t seen = 0;
    CHECK_INT(POLICY_ACTION_COUNT, 20);
    for (unsigned i = 0; i < POLICY_ACTION_COUNT; i++) {
        enum policy_action action = (enum policy_action)i, found;
        CHECK(policy_action_find(bytes_from(policy_action_name(action)), &found));
        CHECK_INT(found, action);
        CHECK(policy_actions_on(policy_action_resource(action)) & POLICY_ACTION_BIT(action));
        seen |= policy_action_mask(bytes_from(policy_action_name(action)));
    }
    CHECK_INT(seen, POLICY_ACTIONS_ALL);
}

TEST(each_action_is_checked_on_one_type) {
    uint32_t all = 0;
    for (unsigned type = 0; type < POLICY_RESOURCE_TYPE_COUNT; type++) {
        CHECK_INT(all & policy_actions_on((enum policy_resource_type)type), 0);
        all |= policy_actions_on((enum policy_resource_type)type);
    }
    CHECK_INT(all, POLICY_ACTIONS_ALL);
    CHECK_BYTES(policy_resource_prefix(POLICY_TOPIC_FILTER), BYTES("topicfilter/"));
    CHECK_INT(policy_action_resource(POLICY_LIST_RETAINED_MESSAGES), POLICY_NO_RESOURCE);
}

static const struct {
    const char *pattern;
    uint32_t mask;
} masks[] = {
    /* [AWS policy 1.1]: wildcards inside, any case, unknown names are inert */
    {"*", POLICY_ACTIONS_ALL},
    {"iot:*", POLICY_ACTIONS_ALL},
    {"IOT:PUBLISH", POLICY_ACTION_BIT(POLICY_PUBLISH)},
    {"iot:Pub*", POLICY_ACTION_BIT(POLICY_PUBLISH)},
    {"iot:*Publish", POLICY_ACTION_BIT(POLICY_PUBLISH) | POLICY_ACTION_BIT(POLICY_RETAIN_PUBLISH)},
    {"iot:Re?eive", POLICY_ACTION_BIT(POLICY_RECEIVE)},
    {"iot:CreateThing", 0},
    {"Publish", 0},
    {"s3:*", 0},
    {"", 0},
};

TEST(patterns_name_actions_in_any_case) {
    for (size_t i = 0; i < COUNT_OF(masks); i++)
        CHECK_INT(policy_action_mask(bytes_from(masks[i].pattern)), masks[i].mask);
}

TEST(a_name_that_is_no_action_is_not_found) {
    enum policy_action action;
    CHECK(!policy_action_find(BYTES("iot:Pub*"), &action));
    CHECK(!policy_action_find(BYTES("Publish"), &action));
    CHECK(policy_action_find(BYTES("iot:publish"), &action) && action == POLICY_PUBLISH);
}

TEST_MAIN("policy/action")
