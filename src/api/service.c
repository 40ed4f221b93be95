#include "api/exchange.h"

#include "http/query.h"

/* "execute-api" is what the iot client of older SDKs signs with [AWS control-plane 1]. */
static const struct service services[] = {
    {"iot", "iot", REST_JSON, rest_answer},
    {"execute-api", "iot", REST_JSON, rest_answer},
    {"sts", "sts", QUERY, query_answer},
    {"iotdata", "iot-data", REST_JSON, NULL},
    {"iotdevicegateway", "iot-data", REST_JSON, NULL},
    {"iot-jobs-data", "iot-jobs-data", REST_JSON, NULL},
    {"lambda", "lambda", REST_JSON, NULL},
    {"logs", "logs", JSON_1_1, NULL},
    {"iam", "iam", QUERY, NULL},
    {"IoTSecuredTunneling", "iotsecuretunneling", JSON_1_1, NULL},
};

const struct service *service_find(bytes signing_name) {
    for (size_t i = 0; i < COUNT_OF(services); i++)
        if (bytes_equal(signing_name, bytes_from(services[i].signing_name)))
            return &services[i];
    return NULL;
}

const struct service *service_guess(const struct http_request *request) {
    bytes content_type = http_header_find(request, "content-type");
    if (http_header_find(request, "x-amz-target").ptr)
        return service_find(BYTES("logs"));
    if (bytes_start_with(content_type, BYTES("application/x-www-form-urlencoded")) ||
        bytes_start_with(request->query, BYTES("Action=")))
        return service_find(BYTES("sts"));
    return service_find(BYTES("iot"));
}
