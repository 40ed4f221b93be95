#include "gateway/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/api.h"
#include "base/clock.h"
#include "gateway/accounts.h"
#include "gateway/announcements.h"
#include "gateway/deliveries.h"
#include "gateway/documents.h"
#include "gateway/event_log.h"
#include "gateway/functions.h"
#include "gateway/presence.h"
#include "gateway/principals.h"
#include "gateway/publisher.h"
#include "gateway/retained.h"
#include "gateway/rules.h"
#include "gateway/running.h"
#include "iam/acting.h"
#include "iam/session.h"
#include "identity/issuer.h"
#include "identity/key_pool.h"
#include "logs/logs.h"
#include "provisioning/bulk.h"
#include "provisioning/fleet.h"
#include "store/backup.h"

enum { SPARE_KEYS = 16, LOOK_AROUND_S = 60 };

/* Writers share commits, so more of them at once means fewer waits for the disk. */
static const unsigned crew_sizes[CREW_COUNT] = {
    [CREW_DEVICES] = 4,      [CREW_WRITERS] = 8,      [CREW_KEYS] = 2,  [CREW_CALLS] = 4,
    [CREW_INVOCATIONS] = 64, [CREW_AUTHORIZERS] = 16, [CREW_RULES] = 1, [CREW_RULE_WAITS] = 32};

/* ---- what lies on disk ---- */

static status open_account(struct server *s) {
    const struct settings *o = s->settings;
    struct txn *t;
    TRY(account_ensure_default(s->store, bytes_from(o->account), &s->account));
    TRY(iam_sessions_prepare(s->store));
    if (!o->domain || strcmp(o->domain, s->account.domain) == 0)
        return OK;
    TRY(store_begin_write(s->store, &t));
    status result = account_set_domain(t, bytes_from(s->account.id), bytes_from(o->domain));
    if (result != OK) {
        store_rollback(t);
        return result;
    }
    TRY(store_commit(t));
    return account_ensure_default(s->store, bytes_from(o->account), &s->account);
}

static void logs_trouble(void *server, const char *sentence) {
    UNUSED(server);
    log_event(LOG_ERROR, "logs.not_written", "%s", sentence);
}

static status open_logs(struct server *s) {
    AUTO(buf) folder = {0};
    buf_printf(&folder, "%s/logs", s->settings->data);
    struct logs_config config = {
        .ops = &store_sqlite, .folder = buf_string(&folder), .trouble = logs_trouble};
    return logs_open(&config, &s->logs);
}

/* Goes on with the thing registration tasks that the last server left. */
static status open_bulk(struct server *s) {
    AUTO(buf) folder = {0};
    if (s->settings->buckets)
        buf_text(&folder, s->settings->buckets);
    else
        buf_printf(&folder, "%s/buckets", s->settings->data);
    s->buckets_folder = mem_new(folder.len + 1);
    memcpy(s->buckets_folder, folder.ptr, folder.len);
    struct bulk_config config = {.store = s->store,
                                 .region = bytes_from(s->settings->region),
                                 .issuer = s->issuer,
                                 .buckets = s->buckets_folder,
                                 .without_quotas = s->settings->profile == PROFILE_STANDARD};
    return bulk_new(&config, &s->bulk);
}

static status open_api(struct server *s) {
    s->publisher = publisher_new(s);
    struct api_config config = {.store = s->store,
                                .region = bytes_from(s->settings->region),
                                .issuer = s->issuer,
                                .keys = s->key_pool,
                                .functions = s->functions,
                                .publisher = s->publisher,
                                .function_later = s->function_later,
                                .function_host = s->function_host,
                                .bulk = s->bulk,
                                .logs = s->logs,
                                .outbox = s->outbox,
                                .outbound = s->settings->outbound,
                                .has_tables = s->settings->tables != NULL,
                                .connectivity = presence_source(s->presence),
                                .without_quotas = s->settings->profile == PROFILE_STANDARD};
    s->api = api_new(&config);
    return OK;
}

/* The store's listener. Domains are loaded again where accounts are, by the thread that waits for
 * signals: several changes at once make one signal. */
static void told(void *server, const struct change *changes, size_t count) {
    bool domains = false;
    for (size_t i = 0; i < count; i++)
        domains |= changes[i].kind == CHANGE_DOMAIN;
    principals_told(server, changes, count);
    rules_told(server, changes, count);
    event_log_told(server, changes, count);
    outbox_told(((struct server *)server)->outbox, changes, count);
    if (domains)
        (void)kill(getpid(), SIGHUP);
}

status server_open(struct server *s, const struct settings *settings) {
    s->settings = settings;
    TRY(store_open(&store_sqlite, settings->data, &s->store));
    store_on_change(s->store, told, s);
    store_on_announcement(s->store, announcements_send, s);
    TRY(open_account(s));
    TRY(open_logs(s));
    TRY(event_log_open(s));
    TRY(retained_look(s));
    TRY(authority_open(settings->data, &s->authority));
    TRY(issuer_open(settings->data, &s->issuer));
    TRY(accounts_load(s));
    TRY(rules_open(s));
    s->key_pool = key_pool_new(SPARE_KEYS);
    s->documents = documents_new();
    s->directory = directory_new();
    s->presence = presence_new();
    for (int crew = 0; crew < CREW_COUNT; crew++)
        s->workers[crew] = workers_new(crew_sizes[crew]);
    s->acting = iam_acting_new(s->store, bytes_from(s->settings->region));
    TRY(open_bulk(s));
    TRY(functions_open(s));
    TRY(deliveries_open(s));
    return open_api(s);
}

/* Loops that have ended may still owe each other answers, and free memory by them. */
static void settle(struct server *s) {
    bool any = true;
    while (any) {
        any = false;
        for (unsigned i = 0; i < s->plane_count; i++)
            any |= loop_run_posted(s->planes[i]->loop);
    }
}

void server_close(struct server *s) {
    atomic_store(&s->stopping, true);
    outbox_stop(s->outbox);
    functions_stop(s);
    for (int crew = 0; crew < CREW_COUNT; crew++)
        workers_free(s->workers[crew]);
    if (s->outbox)
        outbox_wait(s->outbox);
    settle(s);
    for (unsigned i = 0; i < s->plane_count; i++) {
        struct loop *loop = s->planes[i]->loop;
        plane_free(s->planes[i]);
        loop_free(loop);
    }
    rules_close(s);
    api_free(s->api);
    publisher_free(s->publisher);
    bulk_free(s->bulk);
    iam_acting_free(s->acting);
    deliveries_close(s);
    functions_close(s);
    mem_free(s->buckets_folder);
    key_pool_free(s->key_pool);
    issuer_close(s->issuer);
    documents_free(s->documents);
    directory_free(s->directory);
    presence_free(s->presence);
    server_identity_unref(s->identity);
    server_identity_unref(s->own_identity);
    accounts_done(s);
    crls_done(&s->upkeep.crls);
    authority_free(s->authority);
    event_log_close(s);
    logs_close(s->logs);
    store_close(s->store);
}

/* ---- planes ---- */

static const char *address_of(const struct settings *o, enum entrance e) {
    const char *const addresses[ENTRANCE_COUNT] = {[ENTRANCE_MQTT] = o->mqtt,
                                                   [ENTRANCE_MQTTS] = o->mqtts,
                                                   [ENTRANCE_HTTPS] = o->https,
                                                   [ENTRANCE_API] = o->api};
    return addresses[e];
}

status server_add_plane(struct server *s, struct loop *loop, unsigned count) {
    struct plane *p = plane_new(s, loop, s->plane_count, count, s->directory);
    s->planes[s->plane_count++] = p;
    if (s->identity)
        p->tls = tls_context_new(s->identity);
    for (int e = 0; e < ENTRANCE_COUNT; e++) {
        const char *address = address_of(s->settings, (enum entrance)e);
        if (address)
            TRY(plane_listen(p, (enum entrance)e, bytes_from(address),
                             p == s->planes[0] ? NULL : s->planes[0], &s->ports[e]));
    }
    return OK;
}

void server_connect_planes(struct server *s) {
    for (unsigned i = 0; i < s->plane_count; i++)
        s->brokers[i] = s->planes[i]->broker;
    broker_connect_peers(s->brokers, s->plane_count);
}

/* ---- running ---- */

static void *run_loop(void *loop) {
    loop_run(loop);
    return NULL;
}

struct drain {
    struct task task;
    struct plane *plane;
};

static void drain(struct task *t) {
    plane_drain(OWNER(t, struct drain, task)->plane);
}

static void block_signals(sigset_t *out_signals) {
    (void)signal(SIGPIPE, SIG_IGN);
    sigemptyset(out_signals);
    sigaddset(out_signals, SIGTERM);
    sigaddset(out_signals, SIGINT);
    sigaddset(out_signals, SIGHUP);
    sigaddset(out_signals, SIGUSR1);
    (void)pthread_sigmask(SIG_BLOCK, out_signals, NULL);
}

/* What devices asked for and did not come back for. */
static void sweep(const struct server *s) {
    if (fleet_sweep(s->store, bytes_from(s->settings->region), clock_wall_ms()) != OK)
        log_event(LOG_ERROR, "provisioning.not_swept", "%s", failure_text());
}

static void look_again(struct server *s) {
    principals_look_again(s);
    outbox_look_again(s->outbox);
}

/* Waits for the end; meanwhile SIGHUP or the time reload the server's certificates, what is due
 * gets done, and SIGUSR1 says that another process has written to the store (kedge import,
 * kedge queue). */
static void wait_for_end(struct server *s, const sigset_t *signals) {
    for (int signal_number = 0;;) {
        struct timespec timeout = {.tv_sec = LOOK_AROUND_S};
        upkeep_look(s, signal_number == SIGHUP);
        signal_number = sigtimedwait(signals, NULL, &timeout);
        if (signal_number == SIGTERM || signal_number == SIGINT)
            return;
        if (signal_number == SIGUSR1)
            look_again(s);
        if (signal_number == SIGHUP || clock_wall_ms() >= s->identity_look_again_ms ||
            accounts_have_changed(s))
            accounts_renew(s);
        sweep(s);
        functions_sweep(s);
    }
}

static void say_where(const struct server *s) {
    static const char *const what[ENTRANCE_COUNT] = {[ENTRANCE_API] = "control plane (HTTP)",
                                                     [ENTRANCE_MQTTS] = "MQTT over TLS",
                                                     [ENTRANCE_HTTPS] = "HTTPS",
                                                     [ENTRANCE_MQTT] = "MQTT, plain"};
    (void)printf("kedge %s, account %s, region %s, data in %s\n", KEDGE_VERSION, s->account.id,
                 s->settings->region, s->settings->data);
    for (int e = ENTRANCE_COUNT - 1; e >= 0; e--) {
        const char *address = address_of(s->settings, (enum entrance)e);
        if (!address)
            continue;
        int host = (int)(strrchr(address, ':') ? strrchr(address, ':') - address : 0);
        (void)printf("  %-22s %.*s:%u\n", what[e], host, address, s->ports[e]);
    }
    (void)printf("ready\n");
    (void)fflush(stdout);
}

/* The threads of the loops, as far as they were started. */
struct loop_threads {
    pthread_t ids[PLANES_MAX];
    struct drain drains[PLANES_MAX];
    unsigned count;
};

static status start_loops(struct server *s, struct loop_threads *threads) {
    for (unsigned i = 0; i < s->plane_count; i++) {
        int error = pthread_create(&threads->ids[i], NULL, run_loop, s->planes[i]->loop);
        if (error)
            return FAIL(E_UNAVAILABLE, "a thread cannot be started: %s", strerror(error));
        threads->count++;
    }
    return OK;
}

static void stop_loops(struct server *s, struct loop_threads *threads) {
    for (unsigned i = 0; i < threads->count; i++) {
        threads->drains[i] = (struct drain){{NULL, drain}, s->planes[i]};
        loop_post(s->planes[i]->loop, &threads->drains[i].task);
    }
    for (unsigned i = 0; i < threads->count; i++)
        (void)pthread_join(threads->ids[i], NULL);
}

static status serve_until_told(struct server *s, struct loop_threads *threads,
                               const sigset_t *signals) {
    for (unsigned i = 0; i < s->settings->threads; i++)
        TRY(server_add_plane(s, loop_new_uv(), s->settings->threads));
    server_connect_planes(s);
    functions_announce(s);
    TRY(deliveries_start(s));
    TRY(start_loops(s, threads));
    TRY(running_write(s));
    say_where(s);
    wait_for_end(s, signals);
    log_event(LOG_INFO, "server.draining", "asked to stop");
    return OK;
}

static status serve(struct server *s, const sigset_t *signals) {
    struct loop_threads threads = {.count = 0};
    status result = serve_until_told(s, &threads, signals);
    running_remove(s->settings->data); /* first: nobody is to be sent here any more */
    stop_loops(s, &threads);
    return result;
}

/* As many connections as the system lets us have, less what the store, its readers and the keys
 * need: a server that is full still answers those who are in. */
enum { FILES_KEPT = 128 };
static void raise_file_limit(struct server *s) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    rlim_t most = files.rlim_max < UINT32_MAX ? files.rlim_max : UINT32_MAX;
    s->connections_max = (unsigned)(most > 2 * FILES_KEPT ? most - FILES_KEPT : most / 2);
}

status server_run(const struct settings *settings) {
    struct server *s = NEW(struct server);
    sigset_t signals;
    int lock;
    block_signals(&signals);
    log_start();
    raise_file_limit(s);
    status result = store_lock_directory(settings->data, &lock);
    if (result == OK) {
        result = backup_check_restored(settings->data);
        if (result == OK)
            result = server_open(s, settings);
        if (result == OK)
            result = serve(s, &signals);
        server_close(s);
        store_unlock_directory(lock);
    }
    mem_free(s);
    log_stop();
    return result;
}
