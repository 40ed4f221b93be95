#include "api/exchange.h"

#include "http/query.h"

/* "execute-api" is what the iot client of older SDKs signs with [AWS control-plane 1]. */
static const struct service services[] = {
    {"iot", "iot", REST_JSON, FACE_IOT, rest_answer},
    {"execute-api", "iot", REST_JSON, FACE_IOT, rest_answer},
    {"sts", "sts", QUERY, FACE_STS, query_answer},
    {"iotdata", "iot-data", REST_JSON, FACE_IOT_DATA, rest_answer},
    {"iotdevicegateway", "iot-data", REST_JSON, FACE_IOT_DATA, rest_answer},
    {"iot-jobs-data", "iot-jobs-data", REST_JSON, FACE_NONE, NULL},
    {"lambda", "lambda", REST_JSON, FACE_LAMBDA, rest_answer},
    {"logs", "logs", JSON_1_1, FACE_LOGS, json_answer},
    {"acm", "acm", JSON_1_1, FACE_ACM, json_answer},
    {"secretsmanager", "secretsmanager", JSON_1_1, FACE_SECRETSMANAGER, json_answer},
    {"iam", "iam", QUERY, FACE_IAM, query_answer},
    {"IoTSecuredTunneling", "iotsecuretunneling", JSON_1_1, FACE_NONE, NULL},
};

const struct service *service_find(bytes signing_name) {
    for (size_t i = 0; i < COUNT_OF(services); i++)
        if (bytes_equal(signing_name, bytes_from(services[i].signing_name)))
            return &services[i];
    return NULL;
}

const struct service *service_guess(const struct http_request *request) {
    bytes content_type = http_header_find(request, "content-type");
    bytes target = http_header_find(request, "x-amz-target");
    if (bytes_start_with(target, BYTES("CertificateManager.")))
        return service_find(BYTES("acm"));
    if (bytes_start_with(target, BYTES("secretsmanager.")))
        return service_find(BYTES("secretsmanager"));
    if (target.ptr)
        return service_find(BYTES("logs"));
    if (bytes_start_with(content_type, BYTES("application/x-www-form-urlencoded")) ||
        bytes_start_with(request->query, BYTES("Action=")))
        return service_find(BYTES("sts"));
    return service_find(BYTES("iot"));
}
