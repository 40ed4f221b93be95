/* The services with tables, and which of their operations are written. */
#include "api/acm.h"
#include "api/exchange.h"
#include "api/generated/acm.h"
#include "api/generated/iot_data.h"
#include "api/generated/secretsmanager.h"
#include "api/handlers.h"
#include "api/iam.h"
#include "api/iot_data.h"
#include "api/lambda.h"
#include "api/logs.h"
#include "api/secretsmanager.h"

const struct face faces[FACE_COUNT] = {
    [FACE_IOT] = {&model_iot, handlers_iot, NULL},
    [FACE_IOT_DATA] = {&model_iot_data, handlers_iot_data, NULL},
    [FACE_LAMBDA] = {&model_lambda, handlers_lambda, errors_lambda},
    [FACE_LOGS] = {&model_logs, handlers_logs, errors_logs},
    [FACE_ACM] = {&model_acm, handlers_acm, errors_acm},
    [FACE_SECRETSMANAGER] = {&model_secretsmanager, handlers_secretsmanager, errors_secretsmanager},
    [FACE_IAM] = {&model_iam, handlers_iam, errors_iam},
    [FACE_STS] = {&model_sts, handlers_sts, errors_iam},
};
