#include "gateway/https.h"

#include <string.h>

#include "api/https_message.h"
#include "base/random.h"
#include "codec/json.h"
#include "gateway/credentials.h"
#include "gateway/domains.h"
#include "gateway/reasons.h"
#include "gateway/retained.h"
#include "gateway/rules.h"
#include "gateway/server.h"

/* In the call's memory, and gone with it. */
struct https_publish {
    struct http_call *call;
    struct publication message;
    bool wants_credentials; /* … of this role alias, and has no message */
    bytes role_alias;
    struct who who;
};

const struct publication *https_message_of(const struct https_publish *p) {
    return &p->message;
}

const bytes *https_role_alias_of(const struct https_publish *p) {
    return p->wants_credentials ? &p->role_alias : NULL;
}

/* ---- answers ---- */

void https_write_message(struct buf *out, const char *message) {
    struct json_writer w;
    char trace_id[37];
    random_uuid(trace_id);
    json_start(&w, out);
    json_object_begin(&w);
    json_name(&w, "message");
    json_text(&w, message);
    json_name(&w, "traceId");
    json_text(&w, trace_id);
    json_object_end(&w);
}

static void answer(struct https_publish *p, status s, const char *message) {
    const struct status_info *info = status_info(s);
    struct api_response *r = &p->call->answer;
    r->status = info->http;
    r->content_type = "application/json";
    if (s != OK)
        r->headers[r->header_count++] =
            (struct http_header){BYTES("x-amzn-ErrorType"), bytes_from(info->aws_type)};
    https_write_message(&r->body, message);
    http_answered(p->call);
}

static void refuse(struct https_publish *p, const char *event, status s, const char *text) {
    struct connection *c = p->call->connection;
    if (!c->closed)
        reason_record(c, &p->who, event, text);
    answer(p, s, text);
}

void https_reason(struct connection *c, const char *event, const char *sentence) {
    struct who who = {0};
    const struct tls_facts *facts = tls_facts(c->tls);
    if (facts->has_certificate)
        hex_encode(bytes_of(facts->fingerprint, sizeof facts->fingerprint), who.certificate_id);
    reason_record(c, &who, event, sentence);
}

/* ---- a message that may be published ---- */

void https_kept(struct https_publish *p, status s, const char *text) {
    AUTO(buf) why = {0};
    if (s == OK) {
        answer(p, OK, "OK");
        return;
    }
    buf_printf(&why, "a retained message could not be kept: %s", text);
    refuse(p, "publish.refused", s, buf_string(&why));
}

static void offer_to_rules(const struct https_publish *p, const struct admission *a) {
    struct rule_source from = {.account = bytes_from(p->who.account),
                               .principal = bytes_from(p->who.certificate_id),
                               .source_ip = bytes_from(a->peer_address)};
    if (rules_want(a->server, from.account, p->message.topic))
        rules_offer(a->connection->plane, &from, &p->message);
}

static void publish(struct https_publish *p, const struct admission *a) {
    struct connection *c = p->call->connection;
    struct plane *plane = c->plane;
    (void)broker_publish(broker_space(plane->broker, bytes_from(p->who.account)), &p->message,
                         NULL);
    offer_to_rules(p, a);
    if (broker_is_congested(plane->broker))
        connection_pause(c);
    if (!p->message.retain) {
        answer(p, OK, "OK");
        return;
    }
    status s = retained_keep_published(p, c, p->who.account, &p->message);
    if (s != OK)
        https_kept(p, s, failure_text());
}

/* What AWS says of a certificate that is not good, and of a policy that does not allow. */
static void answer_credentials(struct https_publish *p, const struct admission *a) {
    bool by_policy = a->result != OK && strcmp(a->event, "credentials.denied") == 0;
    if (a->result == OK) {
        credentials_issue(p->call, p->who.account, p->who.certificate_id);
        return;
    }
    if (!p->call->connection->closed)
        reason_record(p->call->connection, &p->who,
                      by_policy ? "credentials.denied" : "credentials.refused", a->text);
    credentials_refuse(p->call, a->result == E_DENIED ? E_ACCESS_DENIED : a->result,
                       by_policy ? "Access Denied" : "Certificate is invalid on this endpoint");
}

void https_admitted(struct https_publish *p, const struct admission *a) {
    memcpy(p->who.account, a->account, sizeof p->who.account);
    memcpy(p->who.certificate_id, a->certificate_id, sizeof p->who.certificate_id);
    if (p->wants_credentials)
        answer_credentials(p, a);
    else if (a->result == OK)
        publish(p, a);
    else
        refuse(p, a->event, a->result == E_DENIED ? E_FORBIDDEN : a->result, a->text);
}

/* ---- a request ---- */

/* Who may come here: by certificate alone. */
static status check_client(const struct tls_facts *facts) {
    enum domain_authentication how = domain_mark_authentication(facts->mark);
    if (how != DOMAIN_AUTHENTICATION_DEFAULT && how != DOMAIN_AUTHENTICATION_AWS_X509)
        return FAIL(E_NOT_IMPLEMENTED,
                    "publishing by HTTPS is for client certificates; by an authorizer or Signature "
                    "Version 4, as the domain configuration of this server name wants it, it is "
                    "not there yet");
    if (!facts->has_certificate)
        return FAIL(E_DENIED, "publishing by HTTPS needs a client certificate, and none came; by "
                              "an authorizer or Signature Version 4 it is not there yet");
    return OK;
}

status https_start(struct http_call *k) {
    struct connection *c = k->connection;
    struct https_publish *p = ARENA_NEW(&k->memory, struct https_publish);
    const struct limits *limits = limits_of(c->plane->server->settings->profile);
    p->call = k;
    p->wants_credentials = credentials_wanted(&k->request, &k->memory, &p->role_alias);
    if (!p->wants_credentials)
        TRY(https_message_check_target(&k->request));
    else if (!bytes_equal(k->request.method, BYTES("GET")))
        return FAIL(E_METHOD, "credentials are there for GET");
    TRY(check_client(tls_facts(c->tls)));
    if (!p->wants_credentials)
        TRY(https_message_read(&k->memory, &k->request, limits->aws_topics, &p->message));
    struct admission *a = admission_new_for_publish(c, p);
    if (admission_start(a))
        return OK;
    admission_free(a);
    return FAIL(E_UNAVAILABLE, "too many requests wait already; try again");
}
