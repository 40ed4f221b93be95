#include "api/api.h"
#include "api/handlers.h"
#include "api/query.h"

struct counts {
    size_t done, all;
};

static void row(struct buf *out, struct counts *counts, const char *service, const char *name,
                bool done) {
    buf_printf(out, "%-4s %-45s %s\n", service, name, done ? "done" : "not yet");
    counts->done += done;
    counts->all++;
}

static void total(struct buf *out, const char *service, const struct counts *counts) {
    buf_printf(out, "%s: %zu of %zu operations\n", service, counts->done, counts->all);
}

void api_coverage(struct buf *out) {
    struct counts iot = {0}, sts = {0};
    for (size_t i = 0; i < model_iot.operation_count; i++)
        row(out, &iot, model_iot.service,
            (const char *)model_text(&model_iot, model_iot.operations[i].name).ptr,
            handlers_iot[i].answer != NULL);
    size_t position = 0;
    const struct query_operation *o;
    while ((o = query_operation_next(&position)))
        row(out, &sts, o->service, o->action, o->answer != NULL);
    buf_text(out, "\n");
    total(out, model_iot.service, &iot);
    total(out, "sts", &sts);
}
