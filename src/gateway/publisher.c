#include "gateway/publisher.h"

#include <string.h>

#include "gateway/retained.h"
#include "gateway/rules.h"
#include "gateway/server.h"

/* ---- on its way ---- */

struct parcel {
    struct task task;
    struct server *server;
    struct message *message;
    char account[ACCOUNT_ID_LEN + 1];
    unsigned hops;
};

static void unpack(struct task *t) {
    struct parcel *parcel = OWNER(t, struct parcel, task);
    struct server *s = parcel->server;
    if (!atomic_load(&s->stopping)) {
        struct publication m = message_view(parcel->message);
        struct rule_source from = {.account = bytes_from(parcel->account), .hops = parcel->hops};
        (void)broker_publish(broker_space(s->planes[0]->broker, from.account), &m, NULL);
        if (rules_want(s, from.account, m.topic))
            rules_offer(s->planes[0], &from, &m);
    }
    message_unref(parcel->message);
    mem_free(parcel);
}

void publish_later(struct server *s, const struct rule_source *from, const struct publication *m) {
    struct parcel *parcel = NEW(struct parcel);
    size_t len = from->account.len < ACCOUNT_ID_LEN ? from->account.len : ACCOUNT_ID_LEN;
    parcel->task.run = unpack;
    parcel->server = s;
    parcel->message = message_new(m);
    parcel->hops = from->hops;
    memcpy(parcel->account, from->account.ptr, len);
    loop_post(s->planes[0]->loop, &parcel->task);
}

/* ---- for the API ---- */

struct api_publisher {
    struct publisher base;
    struct server *server;
};

static status publish(struct publisher *p, bytes account, const struct publication *m) {
    struct server *s = OWNER(p, struct api_publisher, base)->server;
    struct rule_source from = {.account = account};
    if (s->plane_count == 0)
        return FAIL(E_UNAVAILABLE, "the server is starting: try again");
    if (m->retain) {
        AUTO(buf) id = {0};
        buf_append(&id, account);
        TRY(retained_save(s, buf_string(&id), m));
        atomic_store(&s->has_retained, true);
    }
    publish_later(s, &from, m);
    return OK;
}

struct publisher *publisher_new(struct server *s) {
    static const struct publisher_ops ops = {publish};
    struct api_publisher *p = NEW(struct api_publisher);
    p->base.ops = &ops;
    p->server = s;
    return &p->base;
}

void publisher_free(struct publisher *p) {
    if (p)
        mem_free(OWNER(p, struct api_publisher, base));
}
