#include "gateway/newcomers.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "gateway/connection.h"
#include "gateway/roles.h"
#include "gateway/server.h"
#include "provisioning/first_connect.h"

enum { CHAIN_MAX = 4 }; /* what a client may send besides its own; tls/connection.h takes no more */

struct newcomer {
    struct job job;
    struct admission *admission; /* ours until the answer */
    struct buf presented[CHAIN_MAX];
    size_t presented_count;
};

/* ---- on a worker ---- */

static void copy_text(char *out, size_t size, const char *text) {
    (void)snprintf(out, size, "%s", text);
}

static void run(struct job *j) {
    struct newcomer *n = OWNER(j, struct newcomer, job);
    struct admission *a = n->admission;
    bytes chain[CHAIN_MAX];
    struct first_connect_answer answer = {0};
    for (size_t i = 0; i < n->presented_count; i++)
        chain[i] = buf_bytes(&n->presented[i]);
    struct first_connect f = {
        .store = a->server->store,
        .region = bytes_from(a->server->settings->region),
        .account = bytes_from(a->account),
        .stranger = {.server_name = buf_bytes(&a->server_name),
                     .server_name_known = a->server_name_known,
                     .der = buf_bytes(&a->der),
                     .chain = chain,
                     .chain_count = n->presented_count},
        .options = {.issuer = a->server->issuer,
                    .without_quotas = a->server->settings->profile == PROFILE_STANDARD}};
    status s = first_connect(&f, clock_wall_ms(), &answer);
    a->result = s == OK ? E_DENIED : s;
    a->event = s == OK ? answer.event : "connect.refused";
    copy_text(a->text, sizeof a->text, s == OK ? buf_string(&answer.sentence) : failure_text());
    memcpy(a->account, answer.account, sizeof a->account);
    if (answer.role_unknown[0])
        role_is_unknown(a->account, bytes_from(answer.role_unknown));
    first_connect_answer_done(&answer);
}

/* ---- on the loop ---- */

static void newcomer_free(struct newcomer *n) {
    for (size_t i = 0; i < n->presented_count; i++)
        buf_done(&n->presented[i]);
    mem_free(n);
}

static void done(struct job *j) {
    struct newcomer *n = OWNER(j, struct newcomer, job);
    struct admission *a = n->admission;
    connection_idle(a->connection);
    admission_answered(a);
    newcomer_free(n);
}

static void copy_chain(struct newcomer *n, const struct tls *t) {
    size_t count = tls_peer_certificates(t);
    for (size_t i = 1; i < count && n->presented_count < CHAIN_MAX; i++)
        tls_peer_certificate(t, i, &n->presented[n->presented_count++]);
}

bool newcomer_start(struct admission *a) {
    struct newcomer *n = NEW(struct newcomer);
    n->admission = a;
    n->job.run = run;
    n->job.done = done;
    copy_chain(n, a->connection->tls);
    if (workers_post(a->server->workers[CREW_WRITERS], a->connection->plane->loop, &n->job) != OK) {
        newcomer_free(n);
        return false;
    }
    connection_busy(a->connection);
    return true;
}
