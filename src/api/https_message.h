/* A message as an HTTP request carries it [AWS device-gateway 12]:
 *
 *     POST /topics/TOPIC?qos=0|1&retain=true|false&contentType=…&responseTopic=…&messageExpiry=S
 *     x-amz-mqtt5-user-properties: base64 of [{"name":"value"},…], or of that in a JSON string
 *     x-amz-mqtt5-payload-format-indicator: UNSPECIFIED_BYTES | UTF8_DATA
 *     x-amz-mqtt5-correlation-data: base64
 *
 * The topic is percent-encoded, its slashes or not. Pure; any thread. */
#pragma once
#include "broker/message.h"
#include "http/request.h"

/* https_message_check_target: is it a publish at all? E_NOT_IMPLEMENTED for all that this listener
 * does not serve, E_METHOD for anything but POST. */
NODISCARD
status https_message_check_target(const struct http_request *r);

/* https_message_read takes the message out of a request that https_message_check_target let pass;
 * it borrows from the request and lives in `a`. `aws_topics`: within AWS's limits. E_INVALID;
 * E_FORBIDDEN for reserved topics where nobody may publish, E_NOT_IMPLEMENTED where a service would
 * have to answer. */
NODISCARD
status https_message_read(struct arena *a, const struct http_request *r, bool aws_topics,
                          struct publication *out_message);
