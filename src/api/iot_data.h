/* The service iot-data (see iot_data.c). */
#pragma once
#include "api/call.h"

extern const struct handler handlers_iot_data[];
