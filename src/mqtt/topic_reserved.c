#include "mqtt/topic.h"

/* Reserved topics [AWS device-gateway 8]. In a pattern '+' is any level, "a|b" either, and '#' any
 * further levels. P: clients may publish, S: subscribe, R: responses come without a subscription.
 */
enum { P = TOPIC_PUBLISH, S = TOPIC_SUBSCRIBE, R = TOPIC_DIRECT };

static const struct {
    const char *pattern;
    unsigned rights;
} reserved[] = {
    {"$aws/certificates/create/json|cbor", P},
    {"$aws/certificates/create/json|cbor/accepted|rejected", S},
    {"$aws/certificates/create-from-csr/json|cbor", P},
    {"$aws/certificates/create-from-csr/json|cbor/accepted|rejected", S},
    {"$aws/provisioning-templates/+/provision/json|cbor", P},
    {"$aws/provisioning-templates/+/provision/json|cbor/accepted|rejected", S},
    {"$aws/events/certificates/registered/+", S},
    {"$aws/events/certificates|caCertificates/expiring|expired/+", S},      /* ours */
    {"$aws/events/certificate|caCertificate/+/created|updated|deleted", S}, /* ours */
    {"$aws/events/presence/connected|disconnected|connect_failed/+", S},
    {"$aws/events/subscriptions/subscribed|unsubscribed/+", S},
    {"$aws/events/thing/+/created|updated|deleted", S},
    {"$aws/events/thingType/+/created|updated|deleted", S},
    {"$aws/events/thingGroup/+/created|updated|deleted", S},
    {"$aws/events/thingTypeAssociation/thing/+/thingType/+/added|removed", S},
    {"$aws/events/thingGroupMembership/thingGroup/+/thing/+/added|removed", S},
    {"$aws/events/thingGroupHierarchy/thingGroup/+/childThingGroup/+/added|removed", S},
    {"$aws/events/job/+/canceled|cancellation_in_progress|completed|deleted|deletion_in_progress",
     S},
    {"$aws/events/jobExecution/+/"
     "succeeded|failed|rejected|canceled|timed_out|removed|deleted",
     S},
    {"$aws/things/+/jobs/get|start-next", P},
    {"$aws/things/+/jobs/get|start-next/accepted|rejected", S | R},
    {"$aws/things/+/jobs/+/get|update", P},
    {"$aws/things/+/jobs/+/get|update/accepted|rejected", S | R},
    {"$aws/things/+/jobs/notify|notify-next", S},
    {"$aws/things/+/shadow/get|update|delete", P | S},
    {"$aws/things/+/shadow/get|update|delete/accepted|rejected", S},
    {"$aws/things/+/shadow/update/delta|documents", S},
    {"$aws/things/+/shadow/name/+/get|update|delete", P | S},
    {"$aws/things/+/shadow/name/+/get|update|delete/accepted|rejected", S},
    {"$aws/things/+/shadow/name/+/update/delta|documents", S},
    {"$aws/things/+/defender/metrics/json|cbor", P},
    {"$aws/things/+/defender/metrics/json|cbor/accepted|rejected", S},
    {"$aws/things/+/streams/+/describe|get/json|cbor", P},
    {"$aws/things/+/streams/+/description|data|rejected/json|cbor", S},
    {"$aws/things/+/tunnels/notify", S},
    {"$aws/rules/+", P},
    {"$aws/rules/+/#", P},
    {"$aws/commands/things|clients/+/executions/+/request", S},
    {"$aws/commands/things|clients/+/executions/+/request/json|cbor", S},
    {"$aws/commands/things|clients/+/executions/+/response", P},
    {"$aws/commands/things|clients/+/executions/+/response/json|cbor", P},
    {"$aws/commands/things|clients/+/executions/+/response/accepted|rejected", S},
    {"$aws/commands/things|clients/+/executions/+/response/accepted|rejected/json|cbor", S},
    {"$aws/device_location/+/get_position_estimate", P},
    {"$aws/device_location/+/get_position_estimate/accepted|rejected", S},
    {"$aws/sitewise/asset-models/+/assets/+/properties/+", S},
};

/* Could one level stand at this place of a pattern? A '+' in a topic filter could. */
static bool level_fits(bytes pattern, bytes level) {
    bytes choice;
    if (bytes_equal(pattern, BYTES("+")) || bytes_equal(level, BYTES("+")))
        return true;
    while (bytes_split(&pattern, '|', &choice))
        if (bytes_equal(choice, level))
            return true;
    return false;
}

/* Is there a topic name that both the pattern and `topic` (a name or a filter) stand for? */
static bool overlaps(bytes pattern, bytes topic) {
    for (;;) {
        bytes wanted, level;
        bool more_pattern = topic_level_next(&pattern, &wanted);
        bool more_topic = topic_level_next(&topic, &level);
        if (!more_pattern || !more_topic)
            return more_pattern == more_topic;
        if (bytes_equal(wanted, BYTES("#")) || bytes_equal(level, BYTES("#")))
            return true;
        if (!level_fits(wanted, level))
            return false;
    }
}

static unsigned rights_of(bytes topic) {
    unsigned rights = 0;
    for (size_t i = 0; i < COUNT_OF(reserved); i++)
        if (overlaps(bytes_from(reserved[i].pattern), topic))
            rights |= reserved[i].rights;
    return rights;
}

unsigned topic_name_rights(bytes name) {
    return topic_is_reserved(name) ? rights_of(name) : P | S;
}

bool topic_filter_may_subscribe(bytes filter) {
    bytes group, inner;
    if (topic_share_split(filter, &group, &inner) == TOPIC_SHARE_MALFORMED)
        return false;
    return (topic_name_rights(inner) & S) != 0;
}
