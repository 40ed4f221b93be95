#include "api/model.h"

static const char *const methods[MODEL_METHODS] = {
    [MODEL_GET] = "GET",     [MODEL_POST] = "POST",     [MODEL_PUT] = "PUT",
    [MODEL_PATCH] = "PATCH", [MODEL_DELETE] = "DELETE",
};

const char *model_method_name(enum model_method method) {
    return methods[method];
}

bool model_method_find(bytes name, enum model_method *out_method) {
    for (unsigned i = 0; i < MODEL_METHODS; i++)
        if (bytes_equal(name, bytes_from(methods[i]))) {
            *out_method = (enum model_method)i;
            return true;
        }
    return false;
}

const struct model_operation *model_find_operation(const struct model *m, bytes name) {
    for (size_t i = 0; i < m->operation_count; i++)
        if (bytes_equal(model_text(m, m->operations[i].name), name))
            return &m->operations[i];
    return NULL;
}

const struct model_error *model_find_error(const struct model *m, bytes type) {
    for (size_t i = 0; i < m->error_count; i++)
        if (bytes_equal(model_text(m, m->errors[i].name), type))
            return &m->errors[i];
    return NULL;
}
