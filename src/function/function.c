#include "function/function.h"

status function_invoke(struct functions *f, const struct function_request *request, struct arena *a,
                       bytes *out_result) {
    if (!f)
        return FAIL(E_NOT_FOUND, "Function not found: %.*s. This server runs no functions yet",
                    BYTES_ARG(request->function));
    return f->ops->invoke(f, request, a, out_result);
}
