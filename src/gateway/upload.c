#include "gateway/upload.h"

#include <stdio.h>

#include "gateway/server.h"

struct upload {
    struct job job;
    struct connection *connection;
    struct server *server;
    size_t bytes; /* of UPLOAD_BYTES_MAX */
    struct arena memory;
    struct http_request head;
    status decision;
    char sentence[512];
};

/* All planes share one bound. */
static bool take_room(struct server *s, size_t size) {
    size_t before = atomic_fetch_add(&s->upload_bytes, size);
    if (before + size <= UPLOAD_BYTES_MAX)
        return true;
    atomic_fetch_sub(&s->upload_bytes, size);
    return false;
}

void upload_free(struct upload *u) {
    if (!u)
        return;
    atomic_fetch_sub(&u->server->upload_bytes, u->bytes);
    arena_done(&u->memory);
    mem_free(u);
}

static void run(struct job *j) {
    struct upload *u = OWNER(j, struct upload, job);
    u->decision = E_UNAVAILABLE;
    if (atomic_load(&u->server->stopping))
        return;
    u->decision = api_may_upload(u->server->api, &u->head, &u->memory);
    if (u->decision != OK)
        (void)snprintf(u->sentence, sizeof u->sentence, "%s", failure_text());
}

static void done(struct job *j) {
    struct upload *u = OWNER(j, struct upload, job);
    struct connection *c = u->connection;
    upload_decided(c, u->decision, u->sentence);
    connection_idle(c);
}

static status check_size(struct server *s, struct http_parser *parser, size_t size, size_t max) {
    if (max == 0)
        return http_parser_deny(parser);
    if (size > max)
        return FAIL(E_TOO_LARGE, "Request must be smaller than %zu bytes", max);
    if (!take_room(s, size))
        return FAIL(E_UNAVAILABLE, "too much code is being uploaded at once; try again");
    return OK;
}

status upload_start(struct connection *c, struct http_parser *parser, const struct buf *in,
                    struct upload **out_upload) {
    struct server *server = c->plane->server;
    struct upload *u = NEW(struct upload);
    u->connection = c;
    u->server = server;
    http_parser_request(parser, in, &u->memory, &u->head);
    size_t size = http_parser_length_asked(parser), max = api_body_max(&u->head);
    status s = check_size(server, parser, size, max);
    u->bytes = s == OK ? size : 0;
    u->job.run = run;
    u->job.done = done;
    if (s == OK && workers_post(server->workers[CREW_DEVICES], c->plane->loop, &u->job) != OK)
        s = FAIL(E_UNAVAILABLE, "too many requests wait already; try again");
    if (s != OK) {
        upload_free(u);
        return s;
    }
    connection_busy(c);
    *out_upload = u;
    return OK;
}
