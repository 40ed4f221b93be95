#include "api/handlers.h"

const struct handler handlers_iot[IOT_OPERATIONS] = {
#define HANDLER_ROW_PREPARED(operation, before, function, access) \
    [IOT_##operation] = {function, before, access},
#define HANDLER_ROW(operation, function, access) [IOT_##operation] = {function, NULL, access},
    HANDLERS_PREPARED(HANDLER_ROW_PREPARED) HANDLERS(HANDLER_ROW)
#undef HANDLER_ROW_PREPARED
#undef HANDLER_ROW
};
