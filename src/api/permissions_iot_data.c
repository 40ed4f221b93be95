/* What the operations of AWS IoT's data plane ask of IAM, after AWS's Service Authorization
 * Reference: its actions are those of iot. */
#include "api/generated/iot_data.h"
#include "api/permission.h"

const struct permission permissions_iot_data[IOT_DATA_OPERATIONS] = {
    // clang-format off
    [IOT_DATA_DELETE_CONNECTION] = ON("client/{clientId}"),
    [IOT_DATA_DELETE_THING_SHADOW] = ON("{shadow}"),
    [IOT_DATA_GET_CONNECTION] = ON("client/{clientId}"),
    [IOT_DATA_GET_RETAINED_MESSAGE] = ON("topic/{topic}"),
    [IOT_DATA_GET_THING_SHADOW] = ON("{shadow}"),
    [IOT_DATA_LIST_NAMED_SHADOWS_FOR_THING] = ON("thing/{thingName}"),
    [IOT_DATA_LIST_RETAINED_MESSAGES] = ON_ALL,
    [IOT_DATA_LIST_SUBSCRIPTIONS] = ON("client/{clientId}"),
    [IOT_DATA_PUBLISH] = ON_AND("retain", "iot:RetainPublish", "topic/{topic}"),
    [IOT_DATA_SEND_DIRECT_MESSAGE] = ON("client/{clientId}"),
    [IOT_DATA_UPDATE_THING_SHADOW] = ON("{shadow}"),
    // clang-format on
};
