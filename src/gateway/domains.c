#include "gateway/domains.h"

#include <string.h>

#include "account/account.h"
#include "api/acm.h"
#include "base/clock.h"
#include "base/log.h"
#include "gateway/server.h"

/* ---- marks ---- */

enum { MARK_KNOWN = 1u << 31, MARK_PROTOCOL = 8, MARK_FUNCTION = 1 << 16 };

static unsigned mark_of(const struct domain_configuration *d) {
    return MARK_KNOWN | (unsigned)d->authentication | (unsigned)d->protocol << MARK_PROTOCOL |
           (d->client_certificate_function.len > 0 ? MARK_FUNCTION : 0u);
}

enum domain_authentication domain_mark_authentication(unsigned mark) {
    return (enum domain_authentication)(mark & 0xFF);
}

enum domain_protocol domain_mark_protocol(unsigned mark) {
    return (enum domain_protocol)(mark >> MARK_PROTOCOL & 0xFF);
}

bool domain_mark_calls_function(unsigned mark) {
    return (mark & MARK_FUNCTION) != 0;
}

/* ---- one domain ---- */

static enum client_certificate certificate_wish(const struct domain_configuration *d) {
    static const enum client_certificate wishes[DOMAIN_AUTHENTICATION_COUNT] = {
        [DOMAIN_AUTHENTICATION_DEFAULT] = CERTIFICATE_BY_PORT,
        [DOMAIN_AUTHENTICATION_AWS_X509] = CERTIFICATE_REQUIRED,
        [DOMAIN_AUTHENTICATION_CUSTOM_AUTH] = CERTIFICATE_NONE,
        [DOMAIN_AUTHENTICATION_CUSTOM_AUTH_X509] = CERTIFICATE_REQUIRED,
        [DOMAIN_AUTHENTICATION_AWS_SIGV4] = CERTIFICATE_NONE,
    };
    return wishes[d->authentication];
}

static enum tls_policy policy_of(const struct domain_configuration *d) {
    enum tls_policy policy;
    return tls_policy_find(d->security_policy, &policy) == OK ? policy : 0;
}

/* All domains on their way into an identity; pairs are owned. */
struct collection {
    struct server *server;
    struct arena arena;
    struct server_domain *items;
    size_t count, capacity;
};

static void collection_done(struct collection *c) {
    for (size_t i = 0; i < c->count; i++)
        server_pair_unref(c->items[i].pair);
    mem_free(c->items);
    arena_done(&c->arena);
}

static struct server_domain *add(struct collection *c, const struct domain_configuration *d,
                                 bytes name) {
    if (c->count == c->capacity) {
        c->capacity = c->capacity ? 2 * c->capacity : 16;
        c->items = mem_resize(c->items, c->capacity * sizeof *c->items);
    }
    struct server_domain *domain = &c->items[c->count++];
    *domain = (struct server_domain){.name = name,
                                     .policy = policy_of(d),
                                     .certificate = certificate_wish(d),
                                     .mark = mark_of(d)};
    return domain;
}

/* An unusable certificate leaves the last good one [AWS identity 11.4]. */
static struct server_pair *keep_last(const struct server *s, const struct domain_configuration *d) {
    const struct server_domain *before =
        s->identity ? server_identity_domain(s->identity, d->domain_name) : NULL;
    struct server_pair *last = before && before->pair ? server_pair_ref(before->pair) : NULL;
    struct log_line l;
    if (!log_begin(&l, LOG_ERROR, "domain.certificate_invalid"))
        return last;
    log_bytes(&l, "domainName", d->domain_name);
    log_bytes(&l, "domainConfiguration", d->name);
    log_text(&l, "message", failure_text());
    log_text(&l, "shown", last ? "the last good one" : "the server's own");
    log_end(&l);
    return last;
}

static struct server_pair *load_pair(const struct server *s, const struct registry *r,
                                     const struct domain_configuration *d) {
    struct server_pair *pair;
    if (acm_pair_load(r, d->certificate_arn, &pair) != OK)
        return keep_last(s, d);
    if (server_pair_serves(pair, d->domain_name, clock_wall_ms()) == OK)
        return pair;
    server_pair_unref(pair);
    return keep_last(s, d);
}

/* One of the three that every account has: only when it differs from what all names do. */
static void add_endpoint(struct collection *c, const struct account *account,
                         const struct domain_configuration *d) {
    static const enum account_host hosts_of[DOMAIN_SERVICE_COUNT] = {
        [DOMAIN_SERVICE_DATA] = HOST_DATA_ATS,
        [DOMAIN_SERVICE_CREDENTIAL_PROVIDER] = HOST_CREDENTIALS,
        [DOMAIN_SERVICE_JOBS] = HOST_JOBS};
    struct account_hosts hosts;
    enum account_host kind = hosts_of[d->service];
    if (mark_of(d) == mark_of(&(struct domain_configuration){0}) && policy_of(d) == 0)
        return;
    account_hosts_format(account, bytes_from(c->server->settings->region), &hosts);
    (void)add(c, d, arena_copy(&c->arena, bytes_from(hosts.names[kind])));
    if (account->is_default && kind == HOST_DATA_ATS)
        (void)add(c, d, BYTES("localhost"));
}

static status add_account(struct collection *c, struct txn *t, const struct account *account) {
    struct registry r = {t, &c->arena, bytes_from(account->id),
                         bytes_from(c->server->settings->region)};
    struct page page = {.limit = PAGE_LIMIT_MAX};
    struct domain_configuration_list list;
    TRY(domain_configuration_list(&r, DOMAIN_SERVICE_COUNT, &page, &list));
    for (size_t i = 0; i < list.count; i++) {
        const struct domain_configuration *d = &list.items[i];
        if (d->type == DOMAIN_ENDPOINT)
            add_endpoint(c, account, d);
        else if (d->type == DOMAIN_AWS_MANAGED)
            (void)add(c, d, d->domain_name);
        else
            add(c, d, d->domain_name)->pair = load_pair(c->server, &r, d);
    }
    return OK;
}

static status collect(struct collection *c, struct txn *t) {
    struct account *accounts;
    size_t count;
    TRY(account_list(t, &c->arena, &accounts, &count));
    for (size_t i = 0; i < count; i++)
        TRY(add_account(c, t, &accounts[i]));
    return OK;
}

status domains_load(struct server *s) {
    struct collection c = {.server = s};
    struct txn *t;
    TRY(store_begin_read(s->store, &t));
    status result = collect(&c, t);
    store_rollback(t);
    if (result == OK) {
        struct server_identity *identity = server_identity_with(s->own_identity, c.items, c.count);
        server_identity_unref(s->identity);
        s->identity = identity;
    }
    collection_done(&c);
    return result;
}

/* ---- whose name is it? ---- */

static bytes normal(struct arena *a, bytes server_name) {
    char *name = arena_string(a, bytes_slice(server_name, 0, HOST_NAME_MAX_LEN + 1));
    size_t len = strlen(name);
    for (char *c = name; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
    return bytes_of(name, len > 0 && name[len - 1] == '.' ? len - 1 : len);
}

static status find_endpoint(struct txn *t, struct arena *a, bytes region, bytes name,
                            char out_account[13], struct domain_configuration *out_domain) {
    static const int services[ACCOUNT_HOST_COUNT] = {[HOST_DATA_ATS] = DOMAIN_SERVICE_DATA,
                                                     [HOST_DATA_LEGACY] = -1,
                                                     [HOST_JOBS] = DOMAIN_SERVICE_JOBS,
                                                     [HOST_CREDENTIALS] =
                                                         DOMAIN_SERVICE_CREDENTIAL_PROVIDER};
    struct account account;
    enum account_host kind;
    TRY(account_find_by_host(t, region, name, &account, &kind));
    memcpy(out_account, account.id, sizeof account.id);
    *out_domain = (struct domain_configuration){0};
    if (services[kind] < 0)
        return OK;
    struct registry r = {t, a, arena_copy(a, bytes_from(account.id)), region};
    const char *endpoint = domain_configuration_endpoint((enum domain_service)services[kind]);
    return domain_configuration_load(&r, bytes_from(endpoint), out_domain);
}

status domains_find(struct txn *t, struct arena *a, bytes region, bytes server_name,
                    char out_account[13], struct domain_configuration *out_domain) {
    bytes name = normal(a, server_name), account, configuration;
    if (name.len == 0)
        return FAIL(E_NOT_FOUND, "the client sent no server name");
    status s = domain_find(t, a, name, &account, &configuration);
    if (s == E_NOT_FOUND)
        return find_endpoint(t, a, region, name, out_account, out_domain);
    TRY(s);
    struct registry r = {t, a, account, region};
    TRY(domain_configuration_load(&r, configuration, out_domain));
    memcpy(out_account, account.ptr, account.len);
    out_account[account.len] = 0;
    return OK;
}

/* ---- for the server's own certificate ---- */

static status managed_of(struct collection *c, struct txn *t) {
    struct account *accounts;
    struct page page = {.limit = PAGE_LIMIT_MAX};
    struct domain_configuration_list list;
    size_t count;
    TRY(account_list(t, &c->arena, &accounts, &count));
    for (size_t i = 0; i < count; i++) {
        struct registry r = {t, &c->arena, bytes_from(accounts[i].id),
                             bytes_from(c->server->settings->region)};
        TRY(domain_configuration_list(&r, DOMAIN_SERVICE_COUNT, &page, &list));
        for (size_t k = 0; k < list.count; k++)
            if (list.items[k].type == DOMAIN_AWS_MANAGED)
                (void)add(c, &list.items[k], list.items[k].domain_name);
    }
    return OK;
}

status domains_managed_names(struct server *s, struct arena *a, bytes **out_names,
                             size_t *out_count) {
    struct collection c = {.server = s};
    struct txn *t;
    TRY(store_begin_read(s->store, &t));
    status result = managed_of(&c, t);
    store_rollback(t);
    if (result == OK) {
        *out_names = ARENA_ARRAY(a, bytes, c.count + 1);
        *out_count = c.count;
        for (size_t i = 0; i < c.count; i++)
            (*out_names)[i] = arena_copy(a, c.items[i].name);
    }
    collection_done(&c);
    return result;
}
