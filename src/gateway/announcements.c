#include "gateway/announcements.h"

#include "gateway/rules.h"
#include "gateway/server.h"

/* What one commit announced, on its way to the loop that publishes. */
struct parcel {
    struct task task;
    struct server *server;
    size_t count;
    struct announcement *announcements;
    struct arena memory;
};

static void publish(struct server *s, const struct announcement *a) {
    struct publication p = {.topic = a->topic, .payload = a->payload, .qos = 1};
    struct rule_source from = {.account = a->account};
    (void)broker_publish(broker_space(s->planes[0]->broker, a->account), &p, NULL);
    if (rules_want(s, a->account, a->topic))
        rules_offer(s->planes[0], &from, &p);
}

static void unpack(struct task *t) {
    struct parcel *parcel = OWNER(t, struct parcel, task);
    struct server *s = parcel->server;
    for (size_t i = 0; i < parcel->count && !atomic_load(&s->stopping); i++)
        publish(s, &parcel->announcements[i]);
    arena_done(&parcel->memory);
    mem_free(parcel);
}

void announcements_send(void *server, const struct announcement *announcements, size_t count) {
    struct server *s = server;
    if (s->plane_count == 0)
        return; /* nobody is connected yet */
    struct parcel *parcel = NEW(struct parcel);
    parcel->task.run = unpack;
    parcel->server = s;
    parcel->count = count;
    parcel->announcements = ARENA_ARRAY(&parcel->memory, struct announcement, count);
    for (size_t i = 0; i < count; i++)
        parcel->announcements[i] =
            (struct announcement){arena_copy(&parcel->memory, announcements[i].account),
                                  arena_copy(&parcel->memory, announcements[i].topic),
                                  arena_copy(&parcel->memory, announcements[i].payload)};
    loop_post(s->planes[0]->loop, &parcel->task);
}

void announce_now(struct server *s, bytes account, bytes topic, bytes payload) {
    announcements_send(s, &(struct announcement){account, topic, payload}, 1);
}
