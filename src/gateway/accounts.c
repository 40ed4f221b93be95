#include "gateway/accounts.h"

#include <string.h>
#include <unistd.h>

#include "gateway/domains.h"
#include "gateway/principals.h"
#include "gateway/running.h"
#include "gateway/server.h"

/* ---- names ---- */

/* All accounts as of one moment. */
struct view {
    struct account *accounts;
    size_t count;
    uint64_t generation;
};

static status look(struct server *s, struct arena *memory, struct view *out) {
    struct txn *t;
    TRY(store_begin_read(s->store, &t));
    status result = account_list(t, memory, &out->accounts, &out->count);
    if (result == OK)
        result = account_generation(t, &out->generation);
    store_rollback(t);
    return result;
}

/* The names the server answers to: those of all accounts, localhost, the machine's, loopback. */
static status collect_names(struct server *s, const struct view *v, struct arena *memory,
                            struct server_names out[TLS_CHAIN_COUNT]) {
    bytes *managed;
    size_t managed_count;
    TRY(domains_managed_names(s, memory, &managed, &managed_count));
    bytes *ats = ARENA_ARRAY(memory, bytes, v->count * 3 + managed_count + 4),
          *legacy = ARENA_ARRAY(memory, bytes, v->count);
    char machine[256] = "";
    size_t n = 0;
    for (size_t i = 0; i < v->count; i++) {
        struct account_hosts hosts;
        account_hosts_format(&v->accounts[i], bytes_from(s->settings->region), &hosts);
        ats[n++] = arena_copy(memory, bytes_from(hosts.names[HOST_DATA_ATS]));
        ats[n++] = arena_copy(memory, bytes_from(hosts.names[HOST_JOBS]));
        ats[n++] = arena_copy(memory, bytes_from(hosts.names[HOST_CREDENTIALS]));
        legacy[i] = arena_copy(memory, bytes_from(hosts.names[HOST_DATA_LEGACY]));
    }
    for (size_t i = 0; i < managed_count; i++)
        ats[n++] = managed[i];
    ats[n++] = BYTES("localhost");
    if (gethostname(machine, sizeof machine - 1) == 0 && machine[0] &&
        strcmp(machine, "localhost") != 0)
        ats[n++] = arena_copy(memory, bytes_from(machine));
    ats[n++] = BYTES("127.0.0.1");
    ats[n++] = BYTES("::1");
    out[TLS_ATS] = (struct server_names){ats, n};
    out[TLS_LEGACY] = (struct server_names){legacy, v->count};
    return OK;
}

/* ---- accounts that are gone ---- */

static bool has_account(const struct view *v, const char *id) {
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->accounts[i].id, id) == 0)
            return true;
    return false;
}

/* Their connections are looked at again, and find nothing that lets them stay. */
static void tell_of_the_gone(struct server *s, const struct view *v) {
    for (size_t i = 0; i < s->known_count; i++) {
        struct change gone = {.kind = CHANGE_ACCOUNT, .account = bytes_from(s->known_accounts[i])};
        if (!has_account(v, s->known_accounts[i]))
            principals_told(s, &gone, 1);
    }
}

static void remember(struct server *s, const struct view *v) {
    mem_free(s->known_accounts);
    s->known_accounts = mem_new(v->count * sizeof *s->known_accounts + 1);
    for (size_t i = 0; i < v->count; i++)
        memcpy(s->known_accounts[i], v->accounts[i].id, sizeof *s->known_accounts);
    s->known_count = v->count;
    s->accounts_generation = v->generation;
}

void accounts_done(struct server *s) {
    mem_free(TAKE(s->known_accounts));
    s->known_count = 0;
}

/* ---- at start, and again ---- */

static status load_own(struct server *s, const struct view *v, struct arena *memory) {
    struct server_request request = {.certificate_file = s->settings->certificate,
                                     .key_file = s->settings->key};
    struct server_identity *identity;
    TRY(collect_names(s, v, memory, request.names));
    TRY(authority_load_identity(s->authority, &request, &identity, &s->identity_look_again_ms));
    server_identity_unref(s->own_identity);
    s->own_identity = identity;
    return OK;
}

/* Once there is one, a broken file of the operator's does not hold up the rest. */
static status load_or_keep_own(struct server *s, const struct view *v, struct arena *memory) {
    status result = load_own(s, v, memory);
    if (result == OK || !s->own_identity)
        return result;
    log_event(LOG_ERROR, "certificate.not_renewed", "%s", failure_text());
    return OK;
}

status accounts_load(struct server *s) {
    AUTO(arena) memory = {0};
    struct view v;
    TRY(look(s, &memory, &v));
    TRY(load_or_keep_own(s, &v, &memory));
    TRY(domains_load(s));
    tell_of_the_gone(s, &v);
    remember(s, &v);
    return OK;
}

bool accounts_have_changed(struct server *s) {
    uint64_t generation = s->accounts_generation;
    struct txn *t;
    if (store_begin_read(s->store, &t) != OK)
        return false;
    status result = account_generation(t, &generation);
    store_rollback(t);
    return result == OK && generation != s->accounts_generation;
}

struct replacement {
    struct task task;
    struct plane *plane;
    struct server_identity *identity;
};

static void replace(struct task *t) {
    struct replacement *r = OWNER(t, struct replacement, task);
    tls_context_replace(r->plane->tls, r->identity);
    server_identity_unref(r->identity);
    mem_free(r);
}

static void show_to_loops(struct server *s) {
    for (unsigned i = 0; i < s->plane_count; i++) {
        struct replacement *r = NEW(struct replacement);
        *r = (struct replacement){{NULL, replace}, s->planes[i], server_identity_ref(s->identity)};
        loop_post(s->planes[i]->loop, &r->task);
    }
}

void accounts_renew(struct server *s) {
    status result = accounts_load(s);
    if (result == OK) {
        show_to_loops(s);
        result = running_write(s);
    }
    if (result != OK)
        log_event(LOG_ERROR, "certificate.not_renewed", "%s", failure_text());
    else
        log_event(LOG_INFO, "certificate.loaded",
                  "new connections see the present server certificates");
}
