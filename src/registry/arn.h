/* Resource names: arn:aws:iot:<region>:<account>:<type>/<name> [AWS identity 0]. Pure. */
#pragma once
#include "base/arena.h"

#define ARN_TYPES(X)                                 \
    X(CERTIFICATE, "cert")                           \
    X(CA_CERTIFICATE, "cacert")                      \
    X(POLICY, "policy")                              \
    X(THING, "thing")                                \
    X(THING_GROUP, "thinggroup")                     \
    X(THING_TYPE, "thingtype")                       \
    X(BILLING_GROUP, "billinggroup")                 \
    X(PROVISIONING_TEMPLATE, "provisioningtemplate") \
    X(ROLE_ALIAS, "rolealias")                       \
    X(AUTHORIZER, "authorizer")                      \
    X(CERTIFICATE_PROVIDER, "certificateprovider")   \
    X(DOMAIN_CONFIGURATION, "domainconfiguration")   \
    X(RULE, "rule")                                  \
    X(RULE_DESTINATION, "ruledestination")           \
    X(CLIENT, "client")                              \
    X(TOPIC, "topic")                                \
    X(TOPIC_FILTER, "topicfilter")

enum arn_type {
#define ARN_TYPE_ENUM(name, text) ARN_##name,
    ARN_TYPES(ARN_TYPE_ENUM)
#undef ARN_TYPE_ENUM
        ARN_TYPE_COUNT
};

struct arn {
    enum arn_type type;
    bytes region, account;
    bytes name;     /* all after the first '/'; may hold more of them */
    bytes resource; /* "<type>/<name>" */
};

const char *arn_type_name(enum arn_type type);
/* arn_parse takes a name of the iot service apart; the parts borrow from `text`. E_INVALID says
 * what is wrong with it. */
NODISCARD
status arn_parse(bytes text, struct arn *out_arn);
struct registry;
/* arn_require takes the name off an ARN that must be of this account, region and type: E_INVALID.
 */
NODISCARD
status arn_require(const struct registry *r, bytes text, enum arn_type type, bytes *out_name);
/* arn_format writes one into `a`. */
bytes arn_format(struct arena *a, bytes region, bytes account, enum arn_type type, bytes name);
/* role_arn_check: E_INVALID for what has not the form of an IAM role's ARN. Whether there is such a
 * role, and what it may do, is not asked. */
NODISCARD
status role_arn_check(bytes arn);
