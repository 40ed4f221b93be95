#include "api/api.h"
#include "api/exchange.h"

struct counts {
    size_t done, all;
};

static void row(struct buf *out, struct counts *counts, const char *service, const char *name,
                bool done) {
    buf_printf(out, "%-6s %-45s %s\n", service, name, done ? "done" : "not yet");
    counts->done += done;
    counts->all++;
}

static void total(struct buf *out, const char *service, const struct counts *counts) {
    buf_printf(out, "%s: %zu of %zu operations\n", service, counts->done, counts->all);
}

static void cover_face(struct buf *out, const struct face *f, struct counts *counts) {
    for (size_t i = 0; i < f->model->operation_count; i++)
        row(out, counts, f->model->service,
            (const char *)model_text(f->model, f->model->operations[i].name).ptr,
            f->handlers[i].answer != NULL);
}

void api_coverage(struct buf *out) {
    struct counts counts[FACE_COUNT] = {0};
    for (int i = 0; i < FACE_COUNT; i++)
        cover_face(out, &faces[i], &counts[i]);
    buf_text(out, "\n");
    for (int i = 0; i < FACE_COUNT; i++)
        total(out, faces[i].model->service, &counts[i]);
}
