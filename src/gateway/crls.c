#include "gateway/crls.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "gateway/principals.h"
#include "gateway/server.h"
#include "gateway/settings.h"
#include "identity/revocation.h"
#include "web/fetch.h"

enum { RETRY_MS = 10 * 60 * 1000 };

/* ---- a set of hashes, shared by the loops ---- */

struct revoked_set {
    _Atomic unsigned references;
    size_t mask;
    uint64_t slots[]; /* open addressing; 0: free */
};

static void set_unref(struct revoked_set *set) {
    if (atomic_fetch_sub(&set->references, 1) == 1)
        mem_free(set);
}

static void set_add(struct revoked_set *set, uint64_t hash) {
    size_t at = hash & set->mask;
    while (set->slots[at] && set->slots[at] != hash)
        at = (at + 1) & set->mask;
    set->slots[at] = hash;
}

bool revoked_set_has(const struct revoked_set *set, uint64_t hash) {
    for (size_t at = hash & set->mask; set->slots[at]; at = (at + 1) & set->mask)
        if (set->slots[at] == hash)
            return true;
    return false;
}

static status set_read(const struct registry *r, const struct crl_record *crl,
                       struct revoked_set **out) {
    size_t count = (size_t)crl->entry_count, size = 16;
    uint64_t *hashes = mem_new((count + 1) * sizeof *hashes);
    status s = crl_hashes(r, crl, hashes);
    while (size < count * 2)
        size *= 2;
    if (s == OK) {
        struct revoked_set *set = mem_new(sizeof *set + size * sizeof set->slots[0]);
        set->mask = size - 1;
        for (size_t i = 0; i < count; i++)
            set_add(set, hashes[i]);
        *out = set;
    }
    mem_free(hashes);
    return s;
}

/* ---- telling the loops ---- */

struct revocation_notice {
    struct task task;
    struct plane *plane;
    struct revoked_set *set;
};

static void take_notice(struct task *t) {
    struct revocation_notice *n = OWNER(t, struct revocation_notice, task);
    if (!atomic_load(&n->plane->server->stopping))
        principals_revoked(n->plane, n->set);
    set_unref(n->set);
    mem_free(n);
}

static void tell_loops(struct server *s, struct revoked_set *set) {
    atomic_store(&set->references, s->plane_count + 1);
    for (unsigned i = 0; i < s->plane_count; i++) {
        struct revocation_notice *n = NEW(struct revocation_notice);
        *n = (struct revocation_notice){{NULL, take_notice}, s->planes[i], set};
        loop_post(s->planes[i]->loop, &n->task);
    }
    set_unref(set);
}

/* ---- what was told ---- */

struct told_crl {
    char account[13], ca_id[CERTIFICATE_ID_LEN + 1];
    uint64_t edition;
    bool is_overdue;
};

void crls_done(struct crls *c) {
    mem_free(c->told);
    *c = (struct crls){0};
}

static struct told_crl *told_of(struct crls *c, bytes account, bytes ca_id) {
    for (size_t i = 0; i < c->count; i++)
        if (bytes_equal(bytes_from(c->told[i].account), account) &&
            bytes_equal(bytes_from(c->told[i].ca_id), ca_id))
            return &c->told[i];
    c->told = mem_resize(c->told, (c->count + 1) * sizeof *c->told);
    struct told_crl *new = &c->told[c->count++];
    *new = (struct told_crl){0};
    (void)snprintf(new->account, sizeof new->account, "%.*s", BYTES_ARG(account));
    (void)snprintf(new->ca_id, sizeof new->ca_id, "%.*s", BYTES_ARG(ca_id));
    return new;
}

static void log_crl(enum log_level level, const char *event, bytes account, bytes ca_id,
                    const char *message) {
    struct log_line l;
    if (!log_begin(&l, level, event))
        return;
    log_bytes(&l, "certificateId", ca_id);
    log_bytes(&l, "accountId", account);
    log_text(&l, "message", message);
    log_end(&l);
}

static void log_taken(const struct registry *r, const struct crl_record *crl) {
    AUTO(buf) text = {0};
    buf_text(&text, "CRL ");
    crl_number_format(crl->number, &text);
    buf_printf(&text, " of CA %.*s with %llu revoked certificates counts",
               BYTES_ARG(crl->ca_certificate_id), (unsigned long long)crl->entry_count);
    log_crl(LOG_INFO, "crl.loaded", r->account, crl->ca_certificate_id, buf_string(&text));
}

/* A list without a successor counts on: what it revokes stays revoked. */
static void check_overdue(const struct registry *r, const struct crl_record *crl, int64_t now_ms,
                          struct told_crl *told) {
    bool is_overdue = crl->next_update_ms > 0 && crl->next_update_ms < now_ms;
    if (is_overdue && !told->is_overdue)
        log_crl(LOG_WARN, "crl.overdue", r->account, crl->ca_certificate_id,
                "the successor of this CA's CRL is overdue; the present one counts on: kedge crl "
                "add --ca ID FILE brings a new one");
    told->is_overdue = is_overdue;
}

static status tell(struct server *s, const struct registry *r, const struct crl_record *crl,
                   int64_t now_ms) {
    struct told_crl *told = told_of(&s->upkeep.crls, r->account, crl->ca_certificate_id);
    struct revoked_set *set;
    check_overdue(r, crl, now_ms, told);
    if (told->edition == crl->edition)
        return OK;
    TRY(set_read(r, crl, &set));
    tell_loops(s, set);
    told->edition = crl->edition;
    log_taken(r, crl);
    return OK;
}

/* ---- asking URLs ---- */

static status note_failure(struct server *s, const struct crl_record *crl, bytes account,
                           const char *why, int64_t now_ms) {
    AUTO(arena) memory = {0};
    struct registry r = {.arena = &memory, .account = account};
    struct crl_record present;
    TRY(store_begin_write(s->store, &r.txn));
    status result = crl_load(&r, crl->ca_certificate_id, &present);
    if (result == OK) {
        present.failure = bytes_from(why);
        present.fetch_ms = now_ms + RETRY_MS;
        result = crl_save(&r, &present);
    }
    if (result == OK)
        return store_commit(r.txn);
    store_rollback(r.txn);
    return result == E_NOT_FOUND ? OK : result;
}

static status fetch(struct server *s, const struct crl_record *crl, bytes account, int64_t now_ms) {
    AUTO(arena) memory = {0};
    AUTO(buf) file = {0};
    struct crl_record taken;
    status result = fetch_url(arena_string(&memory, crl->url), CRL_BYTES_MAX, &s->stopping, &file);
    if (result == OK)
        result = revocation_load(&(struct revocation){.store = s->store,
                                                      .account = account,
                                                      .region = bytes_from(s->settings->region),
                                                      .ca_certificate_id = crl->ca_certificate_id,
                                                      .file = buf_bytes(&file),
                                                      .url = crl->url},
                                 now_ms, &memory, &taken);
    if (result == OK)
        return OK;
    const char *why = arena_printf(&memory, "%s", failure_text());
    log_crl(LOG_WARN, "crl.not_fetched", account, crl->ca_certificate_id, why);
    return note_failure(s, crl, account, why, now_ms);
}

/* ---- a look ---- */

/* All lists of all accounts as one transaction sees them. */
struct known {
    struct known_crl {
        bytes account;
        struct crl_record crl;
    } * items;
    size_t count;
};

static status add_account(const struct registry *r, struct known *known) {
    struct crl_record *crls;
    size_t count;
    TRY(crl_list(r, &crls, &count));
    struct known_crl *items = ARENA_ARRAY(r->arena, struct known_crl, known->count + count);
    for (size_t i = 0; i < known->count; i++)
        items[i] = known->items[i];
    for (size_t i = 0; i < count; i++)
        items[known->count + i] = (struct known_crl){r->account, crls[i]};
    *known = (struct known){items, known->count + count};
    return OK;
}

static status list_all(struct txn *t, struct arena *memory, struct known *out) {
    struct account *accounts;
    size_t count;
    *out = (struct known){0};
    TRY(account_list(t, memory, &accounts, &count));
    for (size_t i = 0; i < count; i++) {
        struct registry r = {.txn = t, .arena = memory, .account = bytes_from(accounts[i].id)};
        TRY(add_account(&r, out));
    }
    return OK;
}

/* Nothing is open while others are asked. */
static status fetch_due(struct server *s, int64_t now_ms) {
    AUTO(arena) memory = {0};
    struct known known;
    struct txn *t;
    TRY(store_begin_read(s->store, &t));
    status result = list_all(t, &memory, &known);
    store_rollback(t);
    for (size_t i = 0; result == OK && i < known.count; i++) {
        const struct crl_record *crl = &known.items[i].crl;
        if (crl->url.len > 0 && crl->fetch_ms <= now_ms && !atomic_load(&s->stopping))
            result = fetch(s, crl, known.items[i].account, now_ms);
    }
    return result;
}

static status tell_in(struct server *s, struct txn *t, int64_t now_ms, int64_t *next_ms) {
    AUTO(arena) memory = {0};
    struct known known;
    TRY(list_all(t, &memory, &known));
    for (size_t i = 0; i < known.count; i++) {
        const struct crl_record *crl = &known.items[i].crl;
        struct registry r = {.txn = t, .arena = &memory, .account = known.items[i].account};
        if (crl->url.len > 0 && crl->fetch_ms < *next_ms)
            *next_ms = crl->fetch_ms;
        TRY(tell(s, &r, crl, now_ms));
    }
    return OK;
}

static status tell_new(struct server *s, int64_t now_ms, int64_t *out_next_ms) {
    struct txn *t;
    *out_next_ms = INT64_MAX;
    TRY(store_begin_read(s->store, &t));
    status result = tell_in(s, t, now_ms, out_next_ms);
    store_rollback(t);
    return result;
}

/* What is there already does not wait for what others answer. */
status crls_look(struct server *s, int64_t now_ms, int64_t *out_next_ms) {
    TRY(tell_new(s, now_ms, out_next_ms));
    if (*out_next_ms > now_ms)
        return OK;
    TRY(fetch_due(s, now_ms));
    return tell_new(s, now_ms, out_next_ms);
}
