#include "gateway/custom_auth.h"

#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "gateway/domains.h"
#include "gateway/mqtt.h"
#include "gateway/principals.h"
#include "gateway/server.h"
#include "store/record.h"

/* ---- who needs it? ---- */

static bool offers_mqtt(const struct connection *c) {
    return c->entrance == ENTRANCE_HTTPS &&
           bytes_equal(tls_facts(c->tls)->alpn, BYTES("mqtt")); /* [AWS device-gateway 1.1] */
}

static bool names_authorizer(const struct mqtt_connect *k) {
    static const bytes sign = BYTES("x-amz-customauthorizer-");
    return bytes_search(k->user_name, sign) < k->user_name.len;
}

static bool is_wanted(const struct connection *c, const struct mqtt_connect *k,
                      bool *out_with_certificate) {
    if (!c->tls)
        return false;
    const struct tls_facts *facts = tls_facts(c->tls);
    enum domain_authentication how = domain_mark_authentication(facts->mark);
    *out_with_certificate = how == DOMAIN_AUTHENTICATION_CUSTOM_AUTH_X509;
    if (how == DOMAIN_AUTHENTICATION_DEFAULT)
        return offers_mqtt(c) && (!facts->has_certificate || names_authorizer(k));
    return *out_with_certificate || how == DOMAIN_AUTHENTICATION_CUSTOM_AUTH;
}

struct custom_auth *custom_auth_new(const struct connection *c, const struct mqtt_connect *k) {
    bool with_certificate;
    if (!is_wanted(c, k, &with_certificate))
        return NULL;
    struct custom_auth *custom = NEW(struct custom_auth);
    custom->with_certificate = with_certificate;
    buf_append(&custom->user_name, k->user_name);
    buf_append(&custom->password, k->password);
    random_uuid(custom->connection_id);
    return custom;
}

struct custom_auth *custom_auth_copy(const struct custom_auth *custom) {
    if (!custom)
        return NULL;
    struct custom_auth *copy = NEW(struct custom_auth);
    copy->with_certificate = custom->with_certificate;
    buf_append(&copy->user_name, buf_bytes(&custom->user_name));
    buf_append(&copy->password, buf_bytes(&custom->password));
    buf_append(&copy->policies, buf_bytes(&custom->policies));
    memcpy(copy->connection_id, custom->connection_id, sizeof copy->connection_id);
    memcpy(copy->principal_id, custom->principal_id, sizeof copy->principal_id);
    return copy;
}

static void wipe(struct buf *b) {
    if (b->ptr)
        mem_wipe(b->ptr, b->capacity);
    buf_done(b);
}

void custom_auth_free(struct custom_auth *custom) {
    if (!custom)
        return;
    wipe(&custom->user_name);
    wipe(&custom->password);
    buf_done(&custom->policies);
    mem_free(custom);
}

/* ---- which authorizer? ---- */

/* What stands behind the '?' of the user name; SDKs put things there that say who they are. */
static status read_credentials(const struct registry *r, const struct custom_auth *custom,
                               struct authorizer_credentials *out) {
    bytes name = buf_bytes(&custom->user_name);
    bytes query = bytes_skip(name, bytes_find(name, '?') + 1);
    if (authorizer_credentials_read(r->arena, query, out) == OK)
        return OK;
    return FAIL(E_DENIED, "CREDENTIALS_MALFORMED: what stands behind the '?' of the user name "
                          "cannot be decoded: its values are to be URL-encoded");
}

static status choose_name(const struct registry *r, const struct domain_configuration *domain,
                          bytes named, bytes *out_name) {
    bool fixed = domain->has_authorizer_config && !domain->allow_authorizer_override;
    *out_name = named;
    if (named.len > 0 && fixed && !bytes_equal(named, domain->default_authorizer))
        return FAIL(E_DENIED,
                    "AUTHORIZER_OVERRIDE: the client names the authorizer %.*s, which the domain "
                    "configuration %.*s does not let it choose (allowAuthorizerOverride)",
                    BYTES_ARG(bytes_slice(named, 0, 128)), BYTES_ARG(domain->name));
    if (named.len == 0)
        *out_name = domain->default_authorizer;
    if (out_name->len > 0 || authorizer_default(r, out_name) == OK)
        return OK;
    return FAIL(E_DENIED,
                "NO_AUTHORIZER: the client names none, as x-amz-customauthorizer-name in its user "
                "name, and neither the domain nor the account has a default one");
}

status custom_auth_choose(const struct registry *r, const struct custom_auth *custom,
                          const struct domain_configuration *domain,
                          struct custom_choice *out_choice) {
    struct custom_choice choice = {0};
    bytes name;
    TRY(read_credentials(r, custom, &choice.credentials));
    TRY(choose_name(r, domain, choice.credentials.name, &name));
    status s = authorizer_load(r, name, &choice.authorizer);
    if (s == E_NOT_FOUND)
        return FAIL(E_DENIED, "AUTHORIZER_UNKNOWN: there is no authorizer %.*s",
                    BYTES_ARG(bytes_slice(name, 0, 128)));
    TRY(s);
    if (choice.authorizer.inactive)
        return FAIL(E_DENIED, "AUTHORIZER_INACTIVE: the authorizer %.*s is INACTIVE",
                    BYTES_ARG(name));
    choice.arn = authorizer_arn(r, name);
    *out_choice = choice;
    return OK;
}

/* ---- asking it ---- */

static bytes pem_of(struct arena *arena, bytes der) {
    AUTO(buf) text = {0};
    AUTO(buf) pem = {0};
    base64_encode(der, &text);
    buf_text(&pem, "-----BEGIN CERTIFICATE-----\n");
    for (bytes left = buf_bytes(&text); left.len > 0; left = bytes_skip(left, 64)) {
        buf_append(&pem, bytes_slice(left, 0, 64));
        buf_append_byte(&pem, '\n');
    }
    buf_text(&pem, "-----END CERTIFICATE-----\n");
    return arena_copy(arena, buf_bytes(&pem));
}

static struct authorizer_request
request_of(const struct admission *a, const struct custom_choice *choice, struct arena *arena) {
    const struct custom_auth *custom = a->custom;
    struct authorizer_request r = {
        .token = authorizer_token(arena, &choice->authorizer, &choice->credentials),
        .has_tls = a->server_name.len > 0 || custom->with_certificate,
        .has_mqtt = true,
        .server_name = buf_bytes(&a->server_name),
        .user_name = buf_bytes(&custom->user_name),
        .password = buf_bytes(&custom->password),
        .client_id = buf_bytes(&a->client_id),
        .connection_id = custom->connection_id};
    if (custom->with_certificate) {
        r.certificate_pem = pem_of(arena, buf_bytes(&a->der));
        r.certificate_id = bytes_from(a->certificate_id);
    }
    return r;
}

/* Keeps what was answered: for this admission, and for the client's later ones. */
static void keep(struct custom_auth *custom, const struct authorizer_answer *answer) {
    memcpy(custom->principal_id, answer->principal_id.ptr, answer->principal_id.len);
    custom->principal_id[answer->principal_id.len] = 0;
    custom->disconnect_after_s = answer->disconnect_after_s;
    custom->refresh_after_s = answer->refresh_after_s;
    buf_clear(&custom->policies);
    for (size_t i = 0; i < answer->policy_count; i++)
        record_list_add(&custom->policies, answer->policies[i]);
}

static status check_answer(const struct admission *a, bytes authorizer,
                           const struct authorizer_answer *answer) {
    if (!answer->is_authenticated)
        return FAIL(E_DENIED,
                    "NOT_AUTHENTICATED: the function of the authorizer %.*s said isAuthenticated "
                    "false",
                    BYTES_ARG(authorizer));
    if (a->custom->with_certificate &&
        !bytes_equal(answer->principal_id, bytes_from(a->certificate_id)))
        return FAIL(E_DENIED,
                    "PRINCIPAL_MISMATCH: beside a certificate the function has to answer the "
                    "certificate's id as principalId, and it answered %.*s",
                    BYTES_ARG(answer->principal_id));
    return OK;
}

/* The sentence again, behind the word that tells what kind of trouble it is. */
static status fail_as(const char *word, status s) {
    char text[900];
    (void)snprintf(text, sizeof text, "%s", failure_text());
    return FAIL(s, "%s: %s", word, text);
}

status custom_auth_call(struct admission *a, const struct custom_choice *choice,
                        struct arena *arena) {
    struct authorizer_request request = request_of(a, choice, arena);
    struct authorizer_answer answer;
    if (authorizer_check_token(&choice->authorizer, choice->credentials.signature, &request) != OK)
        return fail_as("TOKEN_REFUSED", E_DENIED);
    status s = authorizer_call(a->server->functions, bytes_from(a->account), choice->arn,
                               &choice->authorizer, &request, arena, &answer);
    if (s != OK)
        return fail_as("AUTHORIZER_FAILED", s == E_UNAVAILABLE ? s : E_DENIED);
    TRY(check_answer(a, choice->authorizer.name, &answer));
    keep(a->custom, &answer);
    return OK;
}

status custom_auth_documents(const struct custom_auth *custom,
                             struct policy_document *out_documents[AUTHORIZER_POLICIES_MAX],
                             size_t *out_count) {
    bytes rest = buf_bytes(&custom->policies), text;
    char name[64];
    *out_count = 0;
    while (record_list_next(&rest, &text)) {
        (void)snprintf(name, sizeof name, "%zu of the authorizer's", *out_count + 1);
        if (policy_document_parse(bytes_from(name), text, AUTHORIZER_POLICY_CHARACTERS_MAX,
                                  &out_documents[*out_count]) != OK)
            return fail_as("AUTHORIZER_FAILED", E_DENIED);
        (*out_count)++;
    }
    return OK;
}

/* ---- a domain's function for client certificates ---- */

static void compose_question(const struct admission *a, struct arena *arena, struct buf *out) {
    struct json_writer w;
    char uuid[37];
    bytes rest = buf_bytes(&a->issuers), der;
    random_uuid(uuid);
    json_start(&w, out);
    json_object_begin(&w);
    json_name(&w, "connectionMetadata");
    json_object_begin(&w);
    json_name(&w, "id");
    json_text(&w, uuid);
    json_object_end(&w);
    json_name(&w, "principalId");
    json_text(&w, a->certificate_id);
    json_name(&w, "serverName");
    json_string(&w, buf_bytes(&a->server_name));
    json_name(&w, "clientCertificateChain");
    json_array_begin(&w);
    json_string(&w, pem_of(arena, buf_bytes(&a->der)));
    while (record_list_next(&rest, &der))
        json_string(&w, pem_of(arena, der));
    json_array_end(&w);
    json_object_end(&w);
}

static status read_verdict(struct arena *arena, bytes result) {
    const struct json *root;
    if (json_parse(arena, result, &root) != OK)
        root = NULL;
    const struct json *verdict = json_member(root, BYTES("isAuthenticated"));
    if (verdict && verdict->type == JSON_TRUE)
        return OK;
    if (verdict && verdict->type == JSON_FALSE)
        return FAIL(E_DENIED, "it said isAuthenticated false");
    return FAIL(E_DENIED, "its answer has no isAuthenticated, true or false");
}

status custom_auth_check_certificate(struct admission *a, const struct domain_configuration *domain,
                                     struct arena *arena) {
    AUTO(buf) event = {0};
    bytes result;
    struct registry r = {NULL, arena, bytes_from(a->account),
                         bytes_from(a->server->settings->region)};
    if (domain->client_certificate_function.len == 0 || !a->has_fingerprint || a->again)
        return OK;
    compose_question(a, arena, &event);
    const struct function_request request = {.account = r.account,
                                             .function = domain->client_certificate_function,
                                             .event = buf_bytes(&event),
                                             .principal = "iot.amazonaws.com",
                                             .source_arn = domain_configuration_arn(&r, domain),
                                             .timeout_ms = AUTHORIZER_TIMEOUT_MS};
    status s = function_invoke(a->server->functions, &request, arena, &result);
    if (s == OK)
        s = read_verdict(arena, result);
    return s == OK ? OK : fail_as("CERTIFICATE_FUNCTION", s == E_UNAVAILABLE ? s : E_DENIED);
}

/* ---- on the loop: its time ---- */

enum { RENEW_RETRY_MS = 100 };

static void on_disconnect(struct timer *t) {
    struct custom_auth *custom = OWNER(t, struct custom_auth, disconnect);
    (void)FAIL(E_DENIED,
               "CUSTOMAUTH_TTL_EXPIRATION: the %lld s are over that the authorizer's function "
               "allowed (disconnectAfterInSeconds)",
               (long long)custom->disconnect_after_s);
    mqtt_fail(custom->client, "connection.expired", MQTT_REASON_MAXIMUM_CONNECT_TIME);
}

/* False when it has to be tried again: somebody looks at the client just now, or the crew is busy.
 */
static bool renew(struct mqtt_client *m) {
    if (m->admission)
        return false;
    struct admission *a = admission_new(m);
    a->again = a->renews = true;
    a->custom = custom_auth_copy(m->custom);
    memcpy(a->account, m->who.account, sizeof a->account);
    if (admission_start(a))
        return true;
    admission_free(a);
    return false;
}

static void on_refresh(struct timer *t) {
    struct custom_auth *custom = OWNER(t, struct custom_auth, refresh);
    if (!renew(custom->client))
        timer_start(custom->client->connection->plane->loop, t, RENEW_RETRY_MS);
}

static void start_refresh(struct mqtt_client *m, int64_t after_s) {
    m->custom->refresh.on_time = on_refresh;
    timer_start(m->connection->plane->loop, &m->custom->refresh, (uint64_t)after_s * 1000);
}

void custom_auth_start(struct mqtt_client *m, struct admission *a) {
    if (!a->custom)
        return;
    m->custom = TAKE(a->custom);
    m->custom->client = m;
    m->custom->disconnect.on_time = on_disconnect;
    timer_start(m->connection->plane->loop, &m->custom->disconnect,
                (uint64_t)m->custom->disconnect_after_s * 1000);
    start_refresh(m, m->custom->refresh_after_s);
}

void custom_auth_stop(struct mqtt_client *m) {
    if (!m->custom)
        return;
    timer_stop(m->connection->plane->loop, &m->custom->disconnect);
    timer_stop(m->connection->plane->loop, &m->custom->refresh);
}

static void take_answer(struct mqtt_client *m, struct admission *a) {
    struct buf policies = m->custom->policies;
    m->custom->policies = a->custom->policies;
    a->custom->policies = policies;
    mqtt_set_policies(m, TAKE(a->policies));
    start_refresh(m, a->custom->refresh_after_s);
}

void custom_auth_renewed(struct admission *a) {
    struct mqtt_client *m = a->client;
    struct plane *p = a->connection->plane;
    if (m) {
        m->admission = NULL;
        if (a->result == OK) {
            take_answer(m, a);
        } else {
            (void)FAIL(a->result, "%s", a->text);
            mqtt_fail(m, "connection.revoked", MQTT_REASON_ADMINISTRATIVE_ACTION);
        }
    }
    principals_go_on(p);
}
