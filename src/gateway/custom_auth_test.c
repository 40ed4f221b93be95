/* Admissions that a function decides, with a stand-in for the function. */
#include "gateway/custom_auth.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gateway/documents.h"
#include "gateway/mqtt.h"
#include "gateway/presence.h"
#include "gateway/server.h"
#include "identity/material.h"
#include "identity/x509.h"
#include "loop/simulated.h"
#include "registry/certificate.h"
#include "registry/policy.h"
#include "store/record.h"
#include "support/testing.h"

#define ACCOUNT "111122223333"
#define REGION "eu-west-1"
#define MAY_CONNECT                                                                  \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"" \
    "iot:Connect\",\"Resource\":\"*\"}]}"

static struct {
    struct server server;
    struct settings settings;
    struct functions functions;
    struct arena memory;
    const char *answer; /* of the function; NULL: it takes too long */
    char event[4096];   /* asked last */
    int calls;
} the;

static status invoke(struct functions *f, const struct function_request *request, struct arena *a,
                     bytes *out_result) {
    UNUSED(f), UNUSED(a);
    the.calls++;
    (void)snprintf(the.event, sizeof the.event, "%.*s", BYTES_ARG(request->event));
    if (!the.answer)
        return FAIL(E_UNAVAILABLE, "the function did not answer within 5 s");
    *out_result = bytes_from(the.answer);
    return OK;
}

static struct registry begin_write(void) {
    struct registry r = {NULL, &the.memory, BYTES(ACCOUNT), BYTES(REGION)};
    CHECK_OK(store_begin_write(the.server.store, &r.txn));
    return r;
}

static void begin(void) {
    static const struct function_ops ops = {invoke};
    memset(&the, 0, sizeof the);
    the.functions.ops = &ops;
    the.settings.region = REGION;
    the.server.settings = &the.settings;
    the.server.functions = &the.functions;
    CHECK_OK(store_open(&store_memory, "", &the.server.store));
    CHECK_OK(account_ensure_default(the.server.store, BYTES(ACCOUNT), &the.server.account));
    the.server.documents = documents_new();
    struct registry r = begin_write();
    CHECK_OK(authorizer_create(&r, &(struct authorizer){.name = BYTES("door"),
                                                        .function_arn = BYTES("arn:aws:lambda:f"),
                                                        .token_key = BYTES("ticket"),
                                                        .signing_disabled = true}));
    CHECK_OK(store_commit(r.txn));
    the.answer =
        "{\"isAuthenticated\":true,\"principalId\":\"lamp1\",\"policyDocuments\":[" MAY_CONNECT
        "],\"disconnectAfterInSeconds\":300,\"refreshAfterInSeconds\":400}";
}

static void end(void) {
    documents_free(the.server.documents);
    store_close(the.server.store);
    arena_done(&the.memory);
}

static struct admission *comes(const char *user_name) {
    struct admission *a = NEW(struct admission);
    a->server = &the.server;
    a->custom = NEW(struct custom_auth);
    buf_text(&a->custom->user_name, user_name);
    buf_text(&a->custom->password, "secret");
    buf_text(&a->client_id, "lamp");
    return a;
}

static void check_let_in(const char *user_name) {
    struct admission *a = comes(user_name);
    admission_decide(a);
    CHECK_TEXT(a->text, "");
    CHECK_INT(a->result, OK);
    CHECK(a->policies != NULL);
    CHECK_TEXT(a->custom->principal_id, "lamp1");
    CHECK_INT(a->custom->disconnect_after_s, 300);
    CHECK_INT(a->custom->refresh_after_s, 400);
    admission_free(a);
}

static void check_refused(const char *user_name, const char *part) {
    struct admission *a = comes(user_name);
    admission_decide(a);
    CHECK(a->result != OK);
    test_check_contains(a->text, part, __FILE__, __LINE__);
    admission_free(a);
}

TEST(a_client_is_let_in_with_the_policies_its_function_answered) { /* [AWS device-gateway 11] */
    begin();
    check_let_in("me?x-amz-customauthorizer-name=door&ticket=t%2D1&SDK=Python");
    CHECK(strstr(the.event, "\"token\":\"t-1\""));
    CHECK(strstr(the.event, "\"password\":\"c2VjcmV0\",\"clientId\":\"lamp\""));
    CHECK(strstr(the.event, "\"username\":\"me?x-amz-customauthorizer-name=door&"));
    CHECK(strstr(the.event, "\"signatureVerified\":false"));
    end();
}

TEST(without_a_name_the_accounts_default_authorizer_decides) {
    begin();
    check_refused("me", "NO_AUTHORIZER");
    struct registry r = begin_write();
    CHECK_OK(authorizer_set_default(&r, BYTES("door")));
    CHECK_OK(store_commit(r.txn));
    check_let_in("me");
    end();
}

TEST(a_client_is_refused_with_the_reason) {
    begin();
    check_refused("?x-amz-customauthorizer-name=gate", "AUTHORIZER_UNKNOWN");
    check_refused("?x-amz-customauthorizer-name=%G", "CREDENTIALS_MALFORMED");
    CHECK_INT(the.calls, 0);
    const char *named = "?x-amz-customauthorizer-name=door";
    the.answer = "{\"isAuthenticated\":false}";
    check_refused(named, "NOT_AUTHENTICATED");
    the.answer = "{\"isAuthenticated\":true,\"principalId\":\"-\"}";
    check_refused(named, "AUTHORIZER_FAILED");
    the.answer = "{\"isAuthenticated\":true,\"principalId\":\"a\",\"policyDocuments\":[\"{\"]}";
    check_refused(named, "AUTHORIZER_FAILED");
    the.answer = "{\"isAuthenticated\":true,\"principalId\":\"a\"}";
    check_refused(named, "iot:Connect");
    the.answer = NULL;
    check_refused(named, "AUTHORIZER_FAILED: the function did not answer within 5 s");
    end();
}

TEST(an_inactive_authorizer_lets_nobody_in) {
    begin();
    struct authorizer a;
    struct registry r = begin_write();
    CHECK_OK(authorizer_load(&r, BYTES("door"), &a));
    a.inactive = true;
    CHECK_OK(authorizer_save(&r, &a));
    CHECK_OK(store_commit(r.txn));
    check_refused("?x-amz-customauthorizer-name=door", "AUTHORIZER_INACTIVE");
    CHECK_INT(the.calls, 0);
    end();
}

TEST(a_token_that_must_be_signed_and_is_not_never_reaches_the_function) {
    begin();
    struct registry r = begin_write();
    CHECK_OK(authorizer_create(&r, &(struct authorizer){.name = BYTES("gate"),
                                                        .function_arn = BYTES("arn:aws:lambda:f"),
                                                        .token_key = BYTES("ticket"),
                                                        .signing_keys = BYTES("\1k\1k")}));
    CHECK_OK(store_commit(r.txn));
    check_refused("?x-amz-customauthorizer-name=gate&ticket=t", "TOKEN_REFUSED");
    check_refused(
        "?x-amz-customauthorizer-name=gate&ticket=t&x-amz-customauthorizer-signature=AA==",
        "TOKEN_REFUSED");
    CHECK_INT(the.calls, 0);
    end();
}

/* ---- through a domain ---- */

static void make_domain(struct domain_configuration d) {
    struct registry r = begin_write();
    d.name = BYTES("mine");
    d.domain_name = BYTES("iot.example.com");
    CHECK_OK(domain_configuration_create(&r, &d));
    CHECK_OK(store_commit(r.txn));
}

static void check_through_domain(const char *user_name, const char *part) {
    struct admission *a = comes(user_name);
    buf_text(&a->server_name, "iot.example.com");
    admission_decide(a);
    test_check_contains(a->text, part, __FILE__, __LINE__);
    CHECK((a->result == OK) == (*part == 0));
    admission_free(a);
}

TEST(a_domain_has_its_authorizer_and_may_insist_on_it) { /* [AWS identity 11.4] */
    begin();
    make_domain((struct domain_configuration){.has_authorizer_config = true,
                                              .default_authorizer = BYTES("door")});
    check_through_domain("me", "");
    CHECK(strstr(the.event, "\"tls\":{\"serverName\":\"iot.example.com\"}"));
    check_through_domain("me?x-amz-customauthorizer-name=door", "");
    check_through_domain("me?x-amz-customauthorizer-name=gate", "AUTHORIZER_OVERRIDE");
    end();
}

TEST(a_domain_may_let_the_client_choose) {
    begin();
    make_domain((struct domain_configuration){.has_authorizer_config = true,
                                              .allow_authorizer_override = true,
                                              .default_authorizer = BYTES("door")});
    check_through_domain("me?x-amz-customauthorizer-name=gate", "AUTHORIZER_UNKNOWN");
    end();
}

/* ---- beside a certificate ---- */

static void register_certificate(struct admission *a, const char *policy) {
    struct recipe recipe = {.subject = "CN=lamp", .key = "P-256"};
    struct registry r = begin_write();
    struct x509_certificate x;
    buf_append(&a->der, material_der(&recipe, &the.memory));
    CHECK_OK(x509_parse_der(buf_bytes(&a->der), &x));
    CHECK_OK(hex_decode(bytes_from(x.id), a->fingerprint));
    a->has_fingerprint = true;
    struct certificate_new c = {.id = bytes_from(x.id),
                                .pem = material_pem(&recipe, &the.memory),
                                .mode = CERTIFICATE_MODE_SNI_ONLY,
                                .status = CERTIFICATE_ACTIVE,
                                .not_before_ms = x.not_before_ms,
                                .not_after_ms = x.not_after_ms};
    CHECK_OK(certificate_register(&r, &c, NULL));
    if (policy) {
        CHECK_OK(policy_create(&r, BYTES("own"), bytes_from(policy), NULL));
        CHECK_OK(policy_attach(&r, BYTES("own"), certificate_arn(&r, c.id)));
    }
    CHECK_OK(store_commit(r.txn));
    x509_certificate_done(&x);
}

/* What the function answers for this certificate: its id, and these policies. */
static void answer_for(const struct admission *a, const char *policies) {
    char id[65] = "";
    hex_encode(bytes_of(a->fingerprint, 32), id);
    the.answer = arena_printf(&the.memory,
                              "{\"isAuthenticated\":true,\"principalId\":\"%s\","
                              "\"policyDocuments\":[%s]}",
                              id, policies);
}

TEST(certificate_and_function_decide_together) { /* [AWS identity 11.2] */
    begin();
    make_domain((struct domain_configuration){.has_authorizer_config = true,
                                              .default_authorizer = BYTES("door")});
    struct admission *a = comes("me");
    a->custom->with_certificate = true;
    buf_text(&a->server_name, "iot.example.com");
    register_certificate(a, MAY_CONNECT);
    answer_for(a, "");
    admission_decide(a);
    CHECK_TEXT(a->text, "");
    CHECK_INT(policy_set_document_count(a->policies), 1);
    CHECK(strstr(the.event, "\"x509CertificatePem\":\"-----BEGIN CERTIFICATE-----\\n"));
    CHECK(strstr(the.event, a->certificate_id));
    admission_free(a);
    end();
}

TEST(beside_a_certificate_the_answer_must_name_it) {
    begin();
    make_domain((struct domain_configuration){.has_authorizer_config = true,
                                              .default_authorizer = BYTES("door")});
    struct admission *a = comes("me");
    a->custom->with_certificate = true;
    buf_text(&a->server_name, "iot.example.com");
    register_certificate(a, NULL);
    admission_decide(a);
    test_check_contains(a->text, "PRINCIPAL_MISMATCH", __FILE__, __LINE__);
    admission_free(a);
    end();
}

TEST(a_live_client_is_looked_at_again_without_asking_its_function) {
    begin();
    struct admission *a = comes("me?x-amz-customauthorizer-name=door"), *again;
    admission_decide(a);
    CHECK_INT(the.calls, 1);
    again = comes("me?x-amz-customauthorizer-name=door");
    custom_auth_free(again->custom);
    again->custom = custom_auth_copy(a->custom);
    again->again = true;
    memcpy(again->account, a->account, sizeof a->account);
    admission_decide(again);
    CHECK_INT(again->result, OK);
    CHECK_INT(policy_set_document_count(again->policies), 1);
    CHECK_INT(the.calls, 1);
    again->renews = true;
    policy_set_unref(TAKE(again->policies));
    the.answer = "{\"isAuthenticated\":true,\"principalId\":\"lamp1\"}";
    admission_decide(again);
    CHECK_INT(the.calls, 2);
    CHECK_INT(policy_set_document_count(again->policies), 0);
    admission_free(a);
    admission_free(again);
    end();
}

TEST(a_domains_function_is_asked_about_each_certificate) { /* [AWS identity 11.4] */
    begin();
    make_domain(
        (struct domain_configuration){.client_certificate_function = BYTES("arn:aws:lambda:crl")});
    static const struct {
        const char *answer, *part;
    } rows[] = {{"{\"isAuthenticated\":true}", ""},
                {"{\"isAuthenticated\":false}", "CERTIFICATE_FUNCTION: it said"},
                {"[]", "CERTIFICATE_FUNCTION: its answer"},
                {NULL, "CERTIFICATE_FUNCTION: the function did not answer"}};
    struct admission *first = comes("me"), *a;
    register_certificate(first, MAY_CONNECT);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        a = comes("me");
        custom_auth_free(TAKE(a->custom));
        a->has_fingerprint = true;
        memcpy(a->fingerprint, first->fingerprint, sizeof a->fingerprint);
        buf_append(&a->der, buf_bytes(&first->der));
        buf_text(&a->server_name, "iot.example.com");
        record_list_add(&a->issuers, buf_bytes(&first->der));
        the.answer = rows[i].answer;
        admission_decide(a);
        test_check_contains(a->text, rows[i].part, __FILE__, __LINE__);
        CHECK((a->result == OK) == (i == 0));
        CHECK(strstr(the.event, "\"serverName\":\"iot.example.com\",\"clientCertificateChain\":["));
        CHECK(strstr(the.event, "-----\\n\",\"-----BEGIN CERTIFICATE")); /* two of them */
        CHECK(strstr(the.event, a->certificate_id));
        admission_free(a);
    }
    CHECK_INT(the.calls, 4);
    admission_free(first);
    end();
}

/* ---- its time ---- */

static struct {
    struct sim *sim;
    struct sim_end *end;
    struct mqtt_client *client;
    struct buf in;
} live;

/* A client of the plain listener, as if it had come by this authorizer. */
static void connect_live(void) {
    static const uint8_t packet[] = "\x10\x11\0\4MQTT\5\2\0\0\0\0\4lamp";
    memset(&live, 0, sizeof live);
    live.sim = sim_new(1);
    the.settings.mqtt = "127.0.0.1:1883";
    the.server.directory = directory_new();
    the.server.presence = presence_new();
    for (int crew = 0; crew < CREW_COUNT; crew++)
        the.server.workers[crew] = sim_workers_new(live.sim);
    CHECK_OK(server_add_plane(&the.server, sim_loop_new(live.sim), 1));
    server_connect_planes(&the.server);
    live.end = sim_connect(live.sim, BYTES("127.0.0.1:1883"));
    CHECK(sim_write(live.end, bytes_of(packet, sizeof packet - 1)) > 0);
    sim_run_until_idle(live.sim);
    CHECK(sim_read(live.end, &live.in) > 0 && live.in.ptr[0] == 0x20);
    struct list *link = the.server.planes[0]->connections.next;
    live.client = OWNER(link, struct connection, link)->mqtt;
    struct admission *a = comes("me?x-amz-customauthorizer-name=door");
    admission_decide(a);
    CHECK_TEXT(a->text, "");
    custom_auth_start(live.client, a);
    mqtt_set_policies(live.client, TAKE(a->policies));
    admission_free(a);
}

static void end_live(void) {
    sim_end_free(live.end);
    sim_run_until_idle(live.sim);
    plane_drain(the.server.planes[0]);
    sim_pass(live.sim, 10000);
    buf_done(&live.in);
    server_close(&the.server);
    sim_free(live.sim);
    arena_done(&the.memory);
}

static bool is_closed(void) {
    buf_clear(&live.in);
    return sim_read(live.end, &live.in) != -EAGAIN;
}

TEST(a_connection_ends_when_its_time_is_over) { /* [AWS device-gateway 11] */
    begin();
    connect_live();
    sim_pass(live.sim, 299000);
    CHECK(!is_closed());
    sim_pass(live.sim, 2000);
    CHECK(is_closed());
    CHECK_INT(live.in.ptr[0], 0xE0);
    CHECK_INT(live.in.ptr[2], 0xA0); /* maximum connect time */
    test_check_contains(arena_string(&the.memory, buf_bytes(&live.in)) + 7,
                        "CUSTOMAUTH_TTL_EXPIRATION", __FILE__, __LINE__);
    CHECK_INT(the.calls, 1);
    end_live();
}

#define REFRESHED(policies)                                                              \
    "{\"isAuthenticated\":true,\"principalId\":\"lamp1\",\"refreshAfterInSeconds\":300," \
    "\"policyDocuments\":[" policies "]}"

TEST(a_function_is_asked_again_in_time_and_its_policies_replace_the_former) {
    begin();
    the.answer = REFRESHED(MAY_CONNECT);
    connect_live();
    the.answer = REFRESHED(MAY_CONNECT "," MAY_CONNECT);
    sim_pass(live.sim, 299000);
    CHECK_INT(the.calls, 1);
    sim_pass(live.sim, 2000);
    CHECK_INT(the.calls, 2);
    CHECK_INT(policy_set_document_count(live.client->policies), 2);
    sim_pass(live.sim, 300000);
    CHECK_INT(the.calls, 3);
    CHECK(!is_closed());
    the.answer = "{\"isAuthenticated\":false}";
    sim_pass(live.sim, 300000);
    CHECK(is_closed());
    end_live();
}

TEST_MAIN("gateway/custom_auth")
