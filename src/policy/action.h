/* The twenty data-plane actions an IoT policy can hold, and the type of resource each is checked on
 * [AWS policy 2.1]. They fit one word, so what a statement's Action names is a mask. */
#pragma once
#include "base/bytes.h"

/*   name          as written            the resource is            */
#define POLICY_RESOURCE_TYPES(X)    \
    X(CLIENT, "client/")            \
    X(TOPIC, "topic/")              \
    X(TOPIC_FILTER, "topicfilter/") \
    X(THING, "thing/")              \
    X(ROLE_ALIAS, "rolealias/")     \
    X(NO_RESOURCE, "") /* must be granted on "*" */

enum policy_resource_type {
#define POLICY_RESOURCE_TYPE_ENUM(name, prefix) POLICY_##name,
    POLICY_RESOURCE_TYPES(POLICY_RESOURCE_TYPE_ENUM)
#undef POLICY_RESOURCE_TYPE_ENUM
        POLICY_RESOURCE_TYPE_COUNT
};

#define POLICY_ACTIONS(X)                                              \
    X(CONNECT, "iot:Connect", CLIENT)                                  \
    X(PUBLISH, "iot:Publish", TOPIC)                                   \
    X(RETAIN_PUBLISH, "iot:RetainPublish", TOPIC)                      \
    X(SUBSCRIBE, "iot:Subscribe", TOPIC_FILTER)                        \
    X(RECEIVE, "iot:Receive", TOPIC)                                   \
    X(GET_RETAINED_MESSAGE, "iot:GetRetainedMessage", TOPIC)           \
    X(LIST_RETAINED_MESSAGES, "iot:ListRetainedMessages", NO_RESOURCE) \
    X(GET_THING_SHADOW, "iot:GetThingShadow", THING)                   \
    X(UPDATE_THING_SHADOW, "iot:UpdateThingShadow", THING)             \
    X(DELETE_THING_SHADOW, "iot:DeleteThingShadow", THING)             \
    X(LIST_NAMED_SHADOWS, "iot:ListNamedShadowsForThing", THING)       \
    X(DESCRIBE_JOB_EXECUTION, "iot:DescribeJobExecution", THING)       \
    X(GET_PENDING_JOBS, "iot:GetPendingJobExecutions", THING)          \
    X(START_NEXT_JOB, "iot:StartNextPendingJobExecution", THING)       \
    X(UPDATE_JOB_EXECUTION, "iot:UpdateJobExecution", THING)           \
    X(ASSUME_ROLE, "iot:AssumeRoleWithCertificate", ROLE_ALIAS)        \
    X(SEND_DIRECT_MESSAGE, "iot:SendDirectMessage", CLIENT)            \
    X(DELETE_CONNECTION, "iot:DeleteConnection", CLIENT)               \
    X(GET_CONNECTION, "iot:GetConnection", CLIENT)                     \
    X(LIST_SUBSCRIPTIONS, "iot:ListSubscriptions", CLIENT)

enum policy_action {
#define POLICY_ACTION_ENUM(name, text, type) POLICY_##name,
    POLICY_ACTIONS(POLICY_ACTION_ENUM)
#undef POLICY_ACTION_ENUM
        POLICY_ACTION_COUNT
};

#define POLICY_ACTION_BIT(action) (1u << (action))
#define POLICY_ACTIONS_ALL (POLICY_ACTION_BIT(POLICY_ACTION_COUNT) - 1)

/* policy_action_name is "iot:Publish" and the like. */
const char *policy_action_name(enum policy_action action);
/* policy_action_find reads such a name in any case; false when there is none. */
bool policy_action_find(bytes name, enum policy_action *out_action);
enum policy_resource_type policy_action_resource(enum policy_action action);
/* policy_action_mask is the actions a pattern of a policy names ("iot:Pub*", "*"), as bits; 0 for
 * an action of another kind, which a policy may name to no effect. */
uint32_t policy_action_mask(bytes pattern);
/* policy_actions_on is the actions checked on this type of resource, as bits. */
uint32_t policy_actions_on(enum policy_resource_type type);
/* policy_resource_prefix is "topic/" and the like, what stands before the name in an ARN. */
bytes policy_resource_prefix(enum policy_resource_type type);
