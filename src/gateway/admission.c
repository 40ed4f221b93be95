#include "gateway/admission.h"

#include <stdio.h>
#include <string.h>

#include "account/account.h"
#include "api/subject.h"
#include "base/clock.h"
#include "gateway/custom_auth.h"
#include "gateway/documents.h"
#include "gateway/domains.h"
#include "gateway/https.h"
#include "gateway/mqtt.h"
#include "gateway/newcomers.h"
#include "gateway/principals.h"
#include "gateway/server.h"
#include "identity/names.h"
#include "identity/principal.h"
#include "mqtt/property.h"
#include "registry/ownership.h"
#include "registry/principal.h"
#include "store/record.h"

/* Leaves the answer: it is not let in. */
static status refuse(struct admission *a, status s, const char *event, const char *text) {
    a->result = s;
    a->event = event;
    size_t len = strlen(text) < sizeof a->text ? strlen(text) : sizeof a->text - 1;
    memcpy(a->text, text, len);
    a->text[len] = 0;
    return FAIL(s, "%s", a->text);
}

/* ---- on the loop ---- */

static void copy_certificate(struct admission *a, struct connection *c) {
    const struct tls_facts *facts = tls_facts(c->tls);
    a->has_fingerprint = facts->has_certificate;
    memcpy(a->fingerprint, facts->fingerprint, sizeof a->fingerprint);
    buf_append(&a->server_name, facts->server_name);
    if (!facts->has_certificate)
        return;
    tls_peer_certificate(c->tls, 0, &a->der);
    a->asks_about_certificate = domain_mark_calls_function(facts->mark);
    for (size_t i = 1; a->asks_about_certificate && i < tls_peer_certificates(c->tls); i++) {
        AUTO(buf) der = {0};
        tls_peer_certificate(c->tls, i, &der);
        record_list_add(&a->issuers, buf_bytes(&der));
    }
}

static struct admission *admission_of(struct connection *c) {
    struct admission *a = NEW(struct admission);
    uint16_t port;
    a->server = c->plane->server;
    a->connection = c;
    a->local = c->tls == NULL;
    stream_peer(&c->stream, a->peer_address, &port);
    if (!a->local)
        copy_certificate(a, c);
    return a;
}

struct admission *admission_new(struct mqtt_client *client) {
    struct admission *a = admission_of(client->connection);
    a->client = client;
    buf_append(&a->client_id, client->who.client_id);
    return a;
}

struct admission *admission_new_for_publish(struct connection *c, struct https_publish *publish) {
    struct admission *a = admission_of(c);
    a->publish = publish;
    return a;
}

void admission_free(struct admission *a) {
    if (!a)
        return;
    buf_done(&a->server_name);
    buf_done(&a->client_id);
    buf_done(&a->will_topic);
    buf_done(&a->der);
    buf_done(&a->issuers);
    buf_done(&a->thing_name);
    buf_done(&a->thing_type);
    buf_done(&a->user_properties);
    buf_done(&a->groups);
    policy_set_unref(a->policies);
    custom_auth_free(a->custom);
    mem_free(a);
}

/* False when the workers have too much to do: then that is the answer. */
static bool take_newcomer(struct admission *a) {
    if (newcomer_start(a))
        return true;
    (void)refuse(a, E_UNAVAILABLE, "connect.refused", failure_text());
    return false;
}

static void run(struct job *j) {
    admission_decide(OWNER(j, struct admission, job));
}

static bool is_awaited(const struct admission *a) {
    return a->client || (a->publish && !a->connection->closed);
}

/* Nobody is provisioned for asking for credentials. */
static bool may_be_new(const struct admission *a) {
    return !a->publish || !https_role_alias_of(a->publish);
}

void admission_answered(struct admission *a) {
    if (a->publish)
        https_admitted(a->publish, a);
    else if (a->client)
        mqtt_admitted(a->client, a);
    admission_free(a);
}

static void done(struct job *j) {
    struct admission *a = OWNER(j, struct admission, job);
    connection_idle(a->connection);
    if (a->is_newcomer && is_awaited(a) && may_be_new(a) && take_newcomer(a))
        return;
    if (!a->again) {
        admission_answered(a);
        return;
    }
    if (a->renews)
        custom_auth_renewed(a);
    else
        refresh_done(a);
    admission_free(a);
}

/* A function may take seconds: those who wait for one have a crew of their own. */
static enum crew crew_for(const struct admission *a) {
    bool asks = (a->custom || a->asks_about_certificate) && (!a->again || a->renews);
    return asks ? CREW_AUTHORIZERS : CREW_DEVICES;
}

bool admission_start(struct admission *a) {
    a->job.run = run;
    a->job.done = done;
    a->changes = a->connection->plane->changes;
    if (workers_post(a->server->workers[crew_for(a)], a->connection->plane->loop, &a->job) != OK)
        return false;
    connection_busy(a->connection);
    if (a->client)
        a->client->admission = a;
    return true;
}

/* ---- on a worker ---- */

/* Completes the context with what is read from the certificate: only for policies that ask. */
struct context_memory {
    struct admission *admission;
    struct arena *arena;
    const struct principal_facts *facts;
    struct policy_certificate certificate;
    struct policy_thing thing;
    bytes attributes[2];
};

static void fill_context(struct policy_context *context, void *owner) {
    struct context_memory *m = owner;
    struct admission *a = m->admission;
    size_t count = 0;
    context->client_id = buf_bytes(&a->client_id);
    context->source_ip = bytes_from(a->peer_address);
    if (a->server_name.len)
        context->domain_name = buf_bytes(&a->server_name);
    if (a->has_fingerprint) {
        m->certificate =
            subject_certificate(m->arena, bytes_from(a->certificate_id), buf_bytes(&a->der));
        context->certificate = &m->certificate;
    }
    if (m->facts && m->facts->has_thing && !a->publish) { /* [AWS policy 5] */
        m->thing = subject_thing(m->arena, &m->facts->thing);
        context->thing = &m->thing;
    }
    if (a->persistent)
        m->attributes[count++] = BYTES("PersistentConnect");
    if (a->has_will) {
        m->attributes[count++] = BYTES("LastWill");
        context->last_will_topic = buf_bytes(&a->will_topic);
    }
    context->connect_attributes = m->attributes;
    context->connect_attribute_count = count;
}

static status bind_policies(struct admission *a, struct arena *arena,
                            const struct policy_facts *policies, size_t count,
                            const struct principal_facts *facts) {
    struct policy_scope scope = {.region = bytes_from(a->server->settings->region),
                                 .account = bytes_from(a->account)};
    struct policy_context context = {0};
    struct context_memory memory = {.admission = a, .arena = arena, .facts = facts};
    return documents_bind(a->server->documents, &scope, policies, count, &context, fill_context,
                          &memory, &a->policies);
}

static status check_action(struct admission *a, enum policy_action action, bytes name) {
    const char *event = a->publish ? "publish.denied" : "connect.denied";
    if (action == POLICY_ASSUME_ROLE)
        event = "credentials.denied";
    struct policy_decision d = policy_check(a->policies, action, name, NULL);
    if (d.verdict == POLICY_ALLOWED)
        return OK;
    AUTO(buf) why = {0};
    policy_decision_explain(a->policies, d, action, name, NULL, &why);
    return refuse(a, E_DENIED, event, buf_string(&why));
}

static status check_message(struct admission *a) {
    const bytes *role_alias = https_role_alias_of(a->publish);
    if (role_alias)
        return check_action(a, POLICY_ASSUME_ROLE, *role_alias);
    const struct publication *message = https_message_of(a->publish);
    TRY(check_action(a, POLICY_PUBLISH, message->topic));
    return message->retain ? check_action(a, POLICY_RETAIN_PUBLISH, message->topic) : OK;
}

static status check_policies(struct admission *a) {
    if (a->again)
        return OK;
    if (a->publish)
        return check_message(a);
    TRY(check_action(a, POLICY_CONNECT, buf_bytes(&a->client_id)));
    if (a->has_will)
        TRY(check_action(a, POLICY_PUBLISH, buf_bytes(&a->will_topic)));
    if (a->will_retain)
        TRY(check_action(a, POLICY_RETAIN_PUBLISH, buf_bytes(&a->will_topic)));
    return OK;
}

/* The account that the server name means; any name that is not ours means the default one. */
static status find_account(struct admission *a, struct txn *t, struct arena *arena,
                           struct domain_configuration *out_domain) {
    struct account account;
    *out_domain = (struct domain_configuration){0};
    if (a->account[0] && !a->renews)
        return OK; /* asked again */
    status s = domains_find(t, arena, bytes_from(a->server->settings->region),
                            buf_bytes(&a->server_name), a->account, out_domain);
    a->server_name_known = s == OK || a->server_name.len == 0;
    if (s != E_NOT_FOUND)
        return s;
    TRY(account_load_default(t, &account));
    memcpy(a->account, account.id, sizeof a->account);
    return OK;
}

/* Its clients get an authentication error [AWS identity 4.6]. */
static status check_domain(struct admission *a, const struct domain_configuration *domain) {
    AUTO(buf) text = {0};
    if (!domain->disabled || a->again)
        return OK;
    buf_printf(&text,
               "DOMAIN_DISABLED: the domain configuration %.*s, which the server name %.*s belongs "
               "to, is DISABLED: aws iot update-domain-configuration --domain-configuration-name "
               "%.*s --domain-configuration-status ENABLED",
               BYTES_ARG(domain->name), BYTES_ARG(buf_bytes(&a->server_name)),
               BYTES_ARG(domain->name));
    return refuse(a, E_DENIED, "connect.refused", buf_string(&text));
}

static status load_principal(struct admission *a, struct registry *r,
                             struct principal_facts *out_facts, bool *out_found) {
    *r = (struct registry){r->txn, r->arena, bytes_from(a->account), r->region};
    status s = registry_principal_load(r, bytes_from(a->certificate_id), buf_bytes(&a->client_id),
                                       out_facts);
    *out_found = s == OK;
    return s == E_NOT_FOUND ? OK : s;
}

/* Without a server name the account is that in which the certificate is in DEFAULT mode, and it is
 * so in one at most [AWS identity 4.2]. */
static status find_without_name(struct admission *a, struct registry *r,
                                struct principal_facts *facts, bool *found) {
    struct ownership o;
    if (a->server_name.len || a->again ||
        (*found && facts->certificate.mode == CERTIFICATE_MODE_DEFAULT))
        return OK;
    TRY(certificate_ownership(r, bytes_from(a->certificate_id), &o));
    if (!o.default_account[0] || bytes_equal(bytes_from(o.default_account), r->account))
        return OK;
    memcpy(a->account, o.default_account, sizeof a->account);
    return load_principal(a, r, facts, found);
}

/* Asks the CRL of its CA. */
static status find_in_crl(struct admission *a, const struct registry *r,
                          const struct certificate_record *certificate,
                          struct crl_finding *out_finding) {
    bytes serial, ca_id = certificate->ca_certificate_id;
    if (ca_id.len == 0 || x509_serial_read(buf_bytes(&a->der), &serial) != OK)
        return OK;
    a->crl_hash = crl_hash(r->account, ca_id, serial);
    return crl_find(r, ca_id, serial, out_finding);
}

static status decide_identity(struct admission *a, const struct certificate_record *certificate,
                              const struct crl_finding *finding) {
    AUTO(buf) why = {0};
    struct identity_facts facts = {.has_certificate = a->has_fingerprint,
                                   .server_name = buf_bytes(&a->server_name),
                                   .server_name_known = true,
                                   .account = bytes_from(a->account),
                                   .certificate_id = bytes_from(a->certificate_id),
                                   .certificate = certificate,
                                   .crl = finding};
    enum identity_reason reason = identity_decide(&facts, clock_wall_ms(), &why);
    if (reason == IDENTITY_ADMITTED)
        return OK;
    a->is_newcomer =
        !a->again && a->has_fingerprint && (!certificate || reason == IDENTITY_PENDING_ACTIVATION);
    AUTO(buf) text = {0};
    buf_printf(&text, "%s: %s", identity_reason_name(reason), buf_string(&why));
    return refuse(a, E_DENIED, "connect.refused", buf_string(&text));
}

/* What goes along with each message, as it stands in a PUBLISH. */
static void keep_enrichment(struct admission *a, const struct principal_facts *facts) {
    for (size_t i = 0; i < facts->propagation.count; i++) {
        const struct propagating_attribute *p = &facts->propagation.items[i];
        bytes value = propagating_value(p, &facts->thing, buf_bytes(&a->client_id));
        if (value.len > 0)
            mqtt_property_append_user(&a->user_properties, p->user_property_key, value);
    }
}

static void keep_thing(struct admission *a, const struct principal_facts *facts) {
    a->thing_is_exclusive = facts->has_thing && facts->thing_is_exclusive;
    if (facts->has_thing) {
        buf_append(&a->thing_name, facts->thing.name);
        buf_append(&a->thing_type, facts->thing.type_name);
        keep_enrichment(a, facts);
    }
    for (size_t i = 0; i < facts->group_count; i++) {
        buf_append(&a->groups, facts->groups[i]);
        buf_append_byte(&a->groups, 0);
    }
}

/* The certificate, and what the registry knows of it. */
static status decide_certificate(struct admission *a, struct registry *r,
                                 struct principal_facts *facts) {
    bool found = false;
    if (a->has_fingerprint) {
        hex_encode(bytes_of(a->fingerprint, sizeof a->fingerprint), a->certificate_id);
        TRY(load_principal(a, r, facts, &found));
        TRY(find_without_name(a, r, facts, &found));
    }
    struct crl_finding finding = {0};
    if (found)
        TRY(find_in_crl(a, r, &facts->certificate, &finding));
    TRY(decide_identity(a, found ? &facts->certificate : NULL, &finding));
    a->not_after_ms = facts->certificate.not_after_ms;
    keep_thing(a, facts);
    return OK;
}

static status decide_principal(struct admission *a, struct txn *t, struct arena *arena,
                               struct domain_configuration *domain) {
    struct principal_facts facts = {0};
    TRY(find_account(a, t, arena, domain));
    TRY(check_domain(a, domain));
    struct registry r = {t, arena, bytes_from(a->account), bytes_from(a->server->settings->region)};
    TRY(decide_certificate(a, &r, &facts));
    TRY(bind_policies(a, arena, facts.policies, facts.policy_count, &facts));
    return check_policies(a);
}

/* ---- by an authorizer ---- */

static status find_authorizer(struct admission *a, struct txn *t, struct arena *arena,
                              struct principal_facts *facts, struct domain_configuration *domain,
                              struct custom_choice *out_choice) {
    TRY(find_account(a, t, arena, domain));
    TRY(check_domain(a, domain));
    struct registry r = {t, arena, bytes_from(a->account), bytes_from(a->server->settings->region)};
    if (a->custom->with_certificate)
        TRY(decide_certificate(a, &r, facts));
    else
        a->has_fingerprint = false; /* whatever it shows does not count */
    if (a->again && !a->renews)
        return OK;
    return custom_auth_choose(&r, a->custom, domain, out_choice);
}

/* The certificate's policies and those that the function answered, together
 * [AWS device-gateway 11]. */
static status bind_together(struct admission *a, struct arena *arena,
                            const struct principal_facts *facts) {
    struct policy_scope scope = {.region = bytes_from(a->server->settings->region),
                                 .account = bytes_from(a->account)};
    struct policy_context context = {0};
    struct context_memory memory = {.admission = a, .arena = arena, .facts = facts};
    struct policy_document *documents[AUTHORIZER_POLICIES_MAX + PRINCIPAL_POLICIES_MAX];
    size_t count = 0;
    status s = custom_auth_documents(a->custom, documents, &count);
    for (size_t i = 0; i < facts->policy_count && s == OK; i++) {
        const struct policy_facts *p = &facts->policies[i];
        s = policy_document_parse(p->name, p->document, POLICY_BYTES_MAX, &documents[count]);
        count += s == OK;
    }
    if (s == OK) {
        fill_context(&context, &memory);
        a->policies = policy_set_bind(documents, count, &scope, &context);
    }
    while (count > 0)
        policy_document_unref(documents[--count]);
    return s;
}

/* The function is asked between two transactions: it may take its time. */
static status decide_custom(struct admission *a, struct arena *arena) {
    struct principal_facts facts = {0};
    struct domain_configuration domain = {0};
    struct custom_choice choice;
    struct txn *t;
    TRY(store_begin_read(a->server->store, &t));
    status s = find_authorizer(a, t, arena, &facts, &domain, &choice);
    store_rollback(t);
    TRY(s);
    TRY(custom_auth_check_certificate(a, &domain, arena));
    if (!a->again || a->renews)
        TRY(custom_auth_call(a, &choice, arena));
    TRY(bind_together(a, arena, &facts));
    return check_policies(a);
}

/* The plain listener: every right, or those of one policy of the default account. */
static status decide_local(struct admission *a, struct txn *t, struct arena *arena) {
    struct policy_facts policy;
    const char *name = a->server->settings->mqtt_policy;
    memcpy(a->account, a->server->account.id, sizeof a->account);
    if (!name)
        return OK;
    struct registry r = {t, arena, bytes_from(a->account), bytes_from(a->server->settings->region)};
    status s = registry_policy_load(&r, bytes_from(name), &policy);
    if (s == E_NOT_FOUND)
        return FAIL(E_DENIED, "the policy %s that --mqtt-policy names does not exist", name);
    TRY(s);
    TRY(bind_policies(a, arena, &policy, 1, NULL));
    return check_policies(a);
}

static status decide(struct admission *a, struct arena *arena) {
    struct domain_configuration domain = {0};
    struct txn *t = NULL;
    if (a->custom)
        return decide_custom(a, arena);
    if (a->local && !a->server->settings->mqtt_policy)
        return decide_local(a, NULL, arena);
    TRY(store_begin_read(a->server->store, &t));
    status s = a->local ? decide_local(a, t, arena) : decide_principal(a, t, arena, &domain);
    store_rollback(t);
    return s == OK ? custom_auth_check_certificate(a, &domain, arena) : s;
}

void admission_decide(struct admission *a) {
    AUTO(arena) arena = {0};
    status s = decide(a, &arena);
    if (s == OK || a->event)
        return;
    char text[1024];
    (void)snprintf(text, sizeof text, "%s", failure_text());
    (void)refuse(a, s, "connect.refused", text);
}
