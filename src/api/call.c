#include "api/call.h"

struct page call_page(const struct call *c) {
    struct page page = {0};
    if (c->operation->flags & MODEL_PAGE_MARKER) {
        page.limit = (size_t)get_number(c->in, M_PAGE_SIZE, 0);
        page.token = get_text(c->in, M_MARKER);
        page.ascending =
            record_knows(c->in, M_ASCENDING_ORDER) && get_flag(c->in, M_ASCENDING_ORDER);
    } else {
        page.limit = (size_t)get_number(c->in, M_MAX_RESULTS, 0);
        page.token = get_text(c->in, M_NEXT_TOKEN);
    }
    return page;
}

void call_put_next(struct call *c, bytes next) {
    if (next.len)
        put_text(c->out, c->operation->flags & MODEL_PAGE_MARKER ? M_NEXT_MARKER : M_NEXT_TOKEN,
                 next);
}
