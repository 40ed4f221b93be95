#include "tls/connection.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "tls/certificate.h"
#include "tls/testing_client.h"

/* ---- one server for all tests ---- */

static struct {
    char directory[64];
    struct authority *authority;
    struct server_identity *identity;
    struct tls_context *context;
    struct device ec, rsa;
} the;

static const bytes ats_names[] = {{(const uint8_t *)"localhost", 9},
                                  {(const uint8_t *)"a1-ats.iot.test", 15},
                                  {(const uint8_t *)"127.0.0.1", 9}};
static const bytes legacy_names[] = {{(const uint8_t *)"a1.iot.test", 11}};
static const struct server_request request = {
    .names = {[TLS_ATS] = {ats_names, COUNT_OF(ats_names)},
              [TLS_LEGACY] = {legacy_names, COUNT_OF(legacy_names)}}};

TEST(the_server_begins) {
    int64_t look_again_ms;
    (void)snprintf(the.directory, sizeof the.directory, "/tmp/kedge-tls-XXXXXX");
    CHECK(mkdtemp(the.directory));
    CHECK_OK(authority_open(the.directory, &the.authority));
    CHECK_OK(authority_load_identity(the.authority, &request, &the.identity, &look_again_ms));
    the.context = tls_context_new(the.identity);
    the.ec = device_new((struct device_wish){.key = EVP_EC_gen("P-256")});
    the.rsa = device_new((struct device_wish){.key = EVP_RSA_gen(2048)});
}

static const char *ats_root(void) {
    return authority_root_file(the.authority, TLS_ATS);
}

static struct meeting handshake(enum tls_kind kind, const struct client_wish *w) {
    struct client c = client_new(w);
    struct tls *t = tls_new(the.context, kind);
    struct meeting m = meet(&c, t, 0);
    tls_free(t);
    client_free(&c);
    return m;
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

/* ---- any client certificate completes the handshake ---- */

static void check_fingerprint(const struct tls_facts *f, X509 *certificate) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    CHECK(X509_digest(certificate, EVP_sha256(), digest, &len) == 1);
    CHECK(f->has_certificate);
    CHECK_BYTES(bytes_of(f->fingerprint, 32), bytes_of(digest, len));
}

static void check_der(const struct tls *t, size_t index, X509 *certificate) {
    AUTO(buf) der = {0};
    uint8_t *wanted = NULL;
    int len = i2d_X509(certificate, &wanted);
    tls_peer_certificate(t, index, &der);
    CHECK(bytes_equal(buf_bytes(&der), bytes_of(wanted, (size_t)len)));
    OPENSSL_free(wanted);
}

static void check_device_connects(const struct device *d) { /* [AWS identity 4.6] */
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        struct client_wish w = {.root_file = ats_root(), .server_name = "localhost", .device = d};
        w.version = versions[v];
        struct client c = client_new(&w);
        struct tls *t = tls_new(the.context, TLS_MQTTS);
        struct meeting m = meet(&c, t, 0);
        CHECK_OK(m.server);
        CHECK(m.server_is_ready && m.client_is_ready);
        const struct tls_facts *f = tls_facts(t);
        check_fingerprint(f, d->certificate);
        CHECK_INT(tls_peer_certificates(t), 1 + (d->issuers ? sk_X509_num(d->issuers) : 0));
        check_der(t, 0, d->certificate);
        CHECK_TEXT(f->version, v ? "TLSv1.3" : "TLSv1.2");
        CHECK_TEXT(f->cipher, v ? "TLS_AES_128_GCM_SHA256" : "ECDHE-ECDSA-AES128-GCM-SHA256");
        CHECK(EVP_PKEY_is_a(X509_get0_pubkey(SSL_get0_peer_certificate(c.ssl)), "EC"));
        CHECK_BYTES(f->server_name, BYTES("localhost"));
        CHECK_INT(f->alpn.len, 0);
        tls_free(t);
        client_free(&c);
    }
}

TEST(devices_with_ec_and_rsa_keys_connect_by_both_versions) {
    check_device_connects(&the.ec);
    check_device_connects(&the.rsa);
}

TEST(a_version_1_certificate_connects) {
    struct device d =
        device_new((struct device_wish){.key = EVP_PKEY_dup(the.rsa.key), .version = 1});
    check_device_connects(&d);
    device_free(&d);
}

TEST(an_expired_certificate_connects_and_is_judged_later) {
    struct device d =
        device_new((struct device_wish){.key = EVP_PKEY_dup(the.ec.key), .expired = true});
    check_device_connects(&d);
    device_free(&d);
}

TEST(keys_of_other_curves_and_weak_ones_connect_and_are_judged_later) {
    EVP_PKEY *keys[] = {EVP_EC_gen("P-384"), EVP_EC_gen("P-521"), EVP_RSA_gen(1024),
                        EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)3072)};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct device d = device_new((struct device_wish){.key = keys[i]});
        check_device_connects(&d);
        device_free(&d);
    }
}

static struct device device_with_issuers(int count, size_t padding) {
    struct device d = device_new(
        (struct device_wish){.key = EVP_PKEY_dup(the.ec.key), .by = &the.rsa, .padding = padding});
    d.issuers = sk_X509_new_null();
    for (int i = 0; i < count; i++) {
        CHECK(X509_up_ref(the.rsa.certificate));
        CHECK(sk_X509_push(d.issuers, the.rsa.certificate));
    }
    return d;
}

TEST(issuers_may_follow_the_certificate) {
    struct device one = device_with_issuers(1, 0), four = device_with_issuers(4, 0);
    check_device_connects(&one);
    check_device_connects(&four);
    device_free(&one);
    device_free(&four);
}

TEST(more_than_five_certificates_or_16_kb_are_refused) { /* [AWS identity 1.3] */
    struct device many = device_with_issuers(5, 0), large = device_with_issuers(0, 17000);
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        struct client_wish w = {.device = &many, .version = versions[v]};
        CHECK_FAILS(handshake(TLS_MQTTS, &w).server, E_PROTOCOL, "more than five certificates");
        w.device = &large;
        CHECK_FAILS(handshake(TLS_MQTTS, &w).server, E_PROTOCOL, "larger than 16 KB");
    }
    struct device fits = device_with_issuers(0, 15000);
    check_device_connects(&fits);
    device_free(&many);
    device_free(&large);
    device_free(&fits);
}

TEST(no_ca_names_are_sent_so_that_clients_offer_any_certificate) { /* [AWS identity 4.6] */
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        struct client_wish w = {.device = &the.ec, .version = versions[v]};
        struct client c = client_new(&w);
        struct tls *t = tls_new(the.context, TLS_MQTTS);
        CHECK(meet(&c, t, 0).client_is_ready);
        CHECK(sk_X509_NAME_num(SSL_get0_peer_CA_list(c.ssl)) <= 0);
        tls_free(t);
        client_free(&c);
    }
}

/* ---- no certificate ---- */

TEST(without_a_certificate_a_listener_that_requires_one_sends_the_alert) {
    struct client_wish w = {.version = TLS1_2_VERSION}; /* [AWS identity 4.6], last row */
    struct meeting m = handshake(TLS_MQTTS, &w);
    CHECK_FAILS(m.server, E_DENIED, "sent no certificate");
    CHECK_FAILS(m.server, E_DENIED, "--cert");
    CHECK_INT(m.client_alert, SSL_AD_HANDSHAKE_FAILURE);
    w.version = TLS1_3_VERSION;
    m = handshake(TLS_MQTTS, &w);
    CHECK_FAILS(m.server, E_DENIED, "alert 116");
    CHECK_INT(m.client_alert, SSL_AD_CERTIFICATE_REQUIRED);
}

/* A key that looks like the certificate's but is another one: its public half is a lie. */
static EVP_PKEY *stolen_key(const EVP_PKEY *victim) {
    uint8_t public[200];
    size_t len = 0;
    BIGNUM *private = NULL;
    EVP_PKEY *own = EVP_EC_gen("P-256"), *stolen = NULL;
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM_BLD *parts = OSSL_PARAM_BLD_new();
    CHECK(EVP_PKEY_get_octet_string_param(victim, "pub", public, sizeof public, &len) == 1);
    CHECK(EVP_PKEY_get_bn_param(own, "priv", &private) == 1);
    CHECK(OSSL_PARAM_BLD_push_utf8_string(parts, "group", "P-256", 0) == 1);
    CHECK(OSSL_PARAM_BLD_push_octet_string(parts, "pub", public, len) == 1);
    CHECK(OSSL_PARAM_BLD_push_BN(parts, "priv", private) == 1);
    OSSL_PARAM *all = OSSL_PARAM_BLD_to_param(parts);
    CHECK(EVP_PKEY_fromdata_init(maker) == 1);
    CHECK(EVP_PKEY_fromdata(maker, &stolen, EVP_PKEY_KEYPAIR, all) == 1);
    OSSL_PARAM_free(all);
    OSSL_PARAM_BLD_free(parts);
    EVP_PKEY_CTX_free(maker);
    EVP_PKEY_free(own);
    BN_free(private);
    return stolen;
}

TEST(the_client_must_hold_the_key_of_its_certificate) { /* [AWS identity 4.6] */
    struct device thief = {the.ec.certificate, stolen_key(the.ec.key), NULL};
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        struct client_wish w = {.device = &thief, .version = versions[v]};
        struct meeting m = handshake(TLS_MQTTS, &w);
        CHECK_FAILS(m.server, E_DENIED, "do not belong together");
        CHECK(!m.server_is_ready);
        CHECK_INT(m.client_alert, SSL_AD_DECRYPT_ERROR);
    }
    EVP_PKEY_free(thief.key);
}

/* ---- protocol names ---- */

struct expectation {
    enum tls_kind kind;
    const char *offer, *selected;
    bool required, asked;
};

static const struct expectation expectations[] = {
    /* the table of tls/context.h [AWS device-gateway 1.1] */
    {TLS_MQTTS, NULL, "", true, true},
    {TLS_MQTTS, "\16x-amzn-mqtt-ca", "x-amzn-mqtt-ca", true, true},
    {TLS_MQTTS, "\4mqtt", "mqtt", true, true},
    {TLS_MQTTS, "\16x-amzn-http-ca", "", true, true},
    {TLS_MQTTS, "\10http/1.1", "", true, true},
    {TLS_HTTPS, NULL, "", false, true},
    {TLS_HTTPS, "\16x-amzn-mqtt-ca", "x-amzn-mqtt-ca", true, true},
    {TLS_HTTPS, "\4mqtt", "mqtt", false, true},
    {TLS_HTTPS, "\16x-amzn-http-ca", "x-amzn-http-ca", true, true},
    {TLS_HTTPS, "\2h2\10http/1.1", "http/1.1", false, true},
    {TLS_HTTPS, "\10http/1.1\16x-amzn-mqtt-ca", "x-amzn-mqtt-ca", true, true},
    {TLS_WEB, NULL, "", false, false},
    {TLS_WEB, "\16x-amzn-mqtt-ca", "x-amzn-mqtt-ca", true, true},
    {TLS_WEB, "\4mqtt", "mqtt", false, false},
    {TLS_WEB, "\16x-amzn-http-ca", "x-amzn-http-ca", true, true},
    {TLS_WEB, "\10http/1.1", "http/1.1", false, false},
    {TLS_API, NULL, "", false, false},
    {TLS_API, "\10http/1.1", "http/1.1", false, false},
    {TLS_API, "\4mqtt", "", false, false},
};

static void check_expectation(const struct expectation *e, int version) {
    struct client_wish w = {.alpn = e->offer, .version = version};
    CHECK_INT(handshake(e->kind, &w).server, e->required ? E_DENIED : OK);
    w.device = &the.ec;
    struct client c = client_new(&w);
    struct tls *t = tls_new(the.context, e->kind);
    struct meeting m = meet(&c, t, 0);
    CHECK_OK(m.server);
    CHECK(m.client_is_ready); /* an unknown name does not end the handshake [AWS device-gateway 1.1]
                               */
    CHECK_BYTES(tls_facts(t)->alpn, bytes_from(e->selected));
    CHECK_INT(tls_facts(t)->has_certificate, e->asked);
    CHECK_INT(tls_peer_certificates(t), e->asked ? 1 : 0);
    tls_free(t);
    client_free(&c);
}

TEST(listener_and_protocol_name_decide_about_the_client_certificate) {
    for (size_t i = 0; i < COUNT_OF(expectations); i++)
        for (size_t v = 0; v < COUNT_OF(versions); v++)
            check_expectation(&expectations[i], versions[v]);
}

/* ---- server names and chains ---- */

static struct meeting meet_by_name(const char *root, const char *name, struct tls_facts *out) {
    struct client_wish w = {.root_file = root, .server_name = name, .device = &the.ec};
    struct client c = client_new(&w);
    struct tls *t = tls_new(the.context, TLS_MQTTS);
    struct meeting m = meet(&c, t, 0);
    *out = *tls_facts(t);
    tls_free(t);
    client_free(&c);
    return m;
}

TEST(the_server_name_picks_the_chain) { /* [AWS identity 4.2, 4.3] */
    const char *legacy_root = authority_root_file(the.authority, TLS_LEGACY);
    struct tls_facts f;
    CHECK(meet_by_name(ats_root(), "a1-ats.iot.test", &f).client_is_ready);
    CHECK_INT(f.chain, TLS_ATS);
    CHECK(meet_by_name(ats_root(), "localhost", &f).client_is_ready);
    CHECK(meet_by_name(legacy_root, "a1.iot.test", &f).client_is_ready);
    CHECK_INT(f.chain, TLS_LEGACY);
    CHECK(meet_by_name(legacy_root, "A1.IoT.test", &f).client_is_ready);
    CHECK(meet_by_name(ats_root(), NULL, &f).client_is_ready); /* no SNI: ATS */
    CHECK_INT(f.server_name.len, 0);
}

TEST(the_wrong_root_is_refused_by_the_client_and_the_server_says_which_is_right) {
    const char *legacy_root = authority_root_file(the.authority, TLS_LEGACY);
    struct tls_facts f;
    struct meeting m = meet_by_name(ats_root(), "a1.iot.test", &f);
    CHECK(!m.client_is_ready);
    CHECK_FAILS(m.server, E_PROTOCOL, "ca/legacy-root.pem");
    m = meet_by_name(legacy_root, "localhost", &f);
    CHECK(!m.client_is_ready);
    CHECK_FAILS(m.server, E_PROTOCOL, "ca/ats-root.pem");
    m = meet_by_name(ats_root(), "other.test",
                     &f); /* an unknown name: ATS chain, kept for CONNECT */
    CHECK(!m.client_is_ready);
    CHECK_FAILS(m.server, E_PROTOCOL, "name");
}

TEST(an_unknown_server_name_is_kept_for_whoever_decides) {
    struct client_wish w = {.server_name = "b2-ats.iot.test", .device = &the.ec};
    struct client c = client_new(&w);
    struct tls *t = tls_new(the.context, TLS_MQTTS);
    CHECK(meet(&c, t, 0).client_is_ready);
    CHECK_BYTES(tls_facts(t)->server_name, BYTES("b2-ats.iot.test"));
    CHECK_INT(tls_facts(t)->chain, TLS_ATS);
    tls_free(t);
    client_free(&c);
}

/* ---- suites ---- */

static const char *const suites[] = {
    /* [AWS identity 4.5] */
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
    "AES128-GCM-SHA256",
    "AES128-SHA256",
    "AES128-SHA",
    "AES256-GCM-SHA384",
    "AES256-SHA256",
    "AES256-SHA"};

TEST(every_suite_of_the_default_policy_works) {
    for (size_t i = 0; i < COUNT_OF(suites); i++) {
        struct client_wish w = {.root_file = ats_root(), .server_name = "localhost"};
        w.device = &the.ec;
        w.ciphers = suites[i];
        w.version = TLS1_2_VERSION;
        struct client c = client_new(&w);
        struct tls *t = tls_new(the.context, TLS_MQTTS);
        struct meeting m = meet(&c, t, 0);
        CHECK_OK(m.server);
        CHECK(m.client_is_ready);
        CHECK_TEXT(tls_facts(t)->cipher, suites[i]);
        tls_free(t);
        client_free(&c);
    }
}

TEST(clients_without_ecdsa_get_the_rsa_certificate) { /* [AWS identity 4.4] */
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        struct client_wish w = {.root_file = ats_root(), .server_name = "localhost"};
        w.signatures = "rsa_pss_rsae_sha256:RSA+SHA256";
        w.version = versions[v];
        w.device = &the.rsa;
        struct client c = client_new(&w);
        struct tls *t = tls_new(the.context, TLS_MQTTS);
        struct meeting m = meet(&c, t, 0);
        CHECK_OK(m.server);
        CHECK(m.client_is_ready);
        X509 *shown = SSL_get0_peer_certificate(c.ssl);
        CHECK(EVP_PKEY_is_a(X509_get0_pubkey(shown), "RSA"));
        tls_free(t);
        client_free(&c);
    }
}

TEST(what_does_not_fit_is_said) {
    struct client_wish w = {.device = &the.ec, .version = TLS1_1_VERSION};
    w.ciphers = "ALL:@SECLEVEL=0";
    CHECK_FAILS(handshake(TLS_MQTTS, &w).server, E_PROTOCOL, "TLS 1.2");
    w.version = TLS1_2_VERSION;
    w.ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305";
    struct meeting m = handshake(TLS_MQTTS, &w);
    CHECK_FAILS(m.server, E_PROTOCOL, "no cipher suite in common");
    CHECK_INT(m.client_alert, SSL_AD_HANDSHAKE_FAILURE);
    w = (struct client_wish){.device = &the.ec, .version = TLS1_3_VERSION, .groups = "X448"};
    CHECK_FAILS(handshake(TLS_MQTTS, &w).server, E_PROTOCOL, "curve");
}

TEST(nothing_can_be_resumed) { /* [AWS identity 4.2] */
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        struct client_wish w = {.device = &the.ec, .version = versions[v]};
        struct client c = client_new(&w);
        struct tls *t = tls_new(the.context, TLS_MQTTS);
        CHECK(meet(&c, t, 0).client_is_ready);
        SSL_SESSION *session = SSL_get1_session(c.ssl);
        CHECK(!SSL_SESSION_has_ticket(session));
        tls_free(t);
        struct client again = client_new(&w);
        CHECK(SSL_set_session(again.ssl, session));
        t = tls_new(the.context, TLS_MQTTS);
        CHECK_OK(meet(&again, t, 0).server);
        CHECK(!SSL_session_reused(again.ssl));
        SSL_SESSION_free(session);
        tls_free(t);
        client_free(&again);
        client_free(&c);
    }
}

/* ---- bytes ---- */

static void send_plain(struct client *c, bytes plain, struct buf *wire) {
    size_t written;
    CHECK(SSL_write_ex(c->ssl, plain.ptr, plain.len, &written) == 1);
    client_send(c, wire);
}

TEST(a_megabyte_goes_both_ways_in_odd_fragments) {
    static const size_t fragments[] = {1, 7, 1000, 4096, 16389, 100000};
    uint8_t *plain = mem_new(1 << 20), scratch[3000];
    for (size_t i = 0; i < 1 << 20; i++)
        plain[i] = (uint8_t)(i * 31 + (i >> 9));
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        struct client_wish w = {.device = &the.ec, .version = versions[v]};
        struct client c = client_new(&w);
        struct tls *t = tls_new(the.context, TLS_MQTTS);
        AUTO(buf) wire = {0};
        AUTO(buf) got = {0};
        AUTO(buf) out = {0};
        CHECK(meet(&c, t, 3).client_is_ready); /* the handshake in fragments, too */
        send_plain(&c, bytes_of(plain, 1 << 20), &wire);
        size_t turn = 0;
        for (bytes left = buf_bytes(&wire); left.len; turn++) {
            bytes part = bytes_slice(left, 0, fragments[turn % COUNT_OF(fragments)]);
            uint8_t *copy = mem_new(part.len); /* gone as soon as the rest is kept */
            memcpy(copy, part.ptr, part.len);
            left = bytes_skip(left, part.len);
            tls_feed(t, bytes_of(copy, part.len));
            ssize_t n = 1;
            for (int reads = 0; reads < 3 && n > 0; reads++) /* not always all of it */
                if ((n = tls_read(t, scratch, sizeof scratch, &out)) > 0)
                    buf_append(&got, bytes_of(scratch, (size_t)n));
            tls_keep_rest(t);
            mem_free(copy);
        }
        for (ssize_t n; (n = tls_read(t, scratch, sizeof scratch, &out)) > 0;)
            buf_append(&got, bytes_of(scratch, (size_t)n));
        CHECK(!tls_has_input(t));
        CHECK(bytes_equal(buf_bytes(&got), bytes_of(plain, 1 << 20)));
        CHECK_INT(out.len, 0);

        CHECK_OK(tls_write(t, bytes_of(plain, 1 << 20), &out));
        client_receive(&c, &out);
        buf_clear(&got);
        for (int n; (n = SSL_read(c.ssl, scratch, sizeof scratch)) > 0;)
            buf_append(&got, bytes_of(scratch, (size_t)n));
        CHECK(bytes_equal(buf_bytes(&got), bytes_of(plain, 1 << 20)));
        tls_free(t);
        client_free(&c);
    }
    mem_free(plain);
}

TEST(what_comes_with_the_end_of_the_handshake_is_read_after_it) {
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        struct client_wish w = {.version = versions[v]};
        struct client c = client_new(&w);
        struct tls *t = tls_new(the.context, TLS_WEB);
        AUTO(buf) wire = {0};
        AUTO(buf) out = {0};
        enum tls_state state = TLS_WANTS_INPUT;
        uint8_t scratch[100];
        while (state != TLS_READY) {
            if (SSL_do_handshake(c.ssl) == 1)
                CHECK(SSL_write(c.ssl, "CONNECT", 7) == 7);
            client_send(&c, &wire);
            tls_feed(t, buf_bytes(&wire));
            CHECK_OK(tls_handshake(t, &out, &state));
            tls_keep_rest(t);
            buf_clear(&wire);
            client_receive(&c, &out);
        }
        if (v == 0) { /* in TLS 1.2 the server is done last */
            CHECK(SSL_do_handshake(c.ssl) == 1 && SSL_write(c.ssl, "CONNECT", 7) == 7);
            client_send(&c, &wire);
            tls_feed(t, buf_bytes(&wire));
        }
        CHECK_INT(tls_read(t, scratch, sizeof scratch, &out), 7);
        CHECK_INT(tls_read(t, scratch, sizeof scratch, &out), -EAGAIN);
        tls_free(t);
        client_free(&c);
    }
}

TEST(ends_are_told_from_pauses) {
    struct client_wish w = {.device = &the.ec};
    uint8_t scratch[10];
    AUTO(buf) wire = {0};
    AUTO(buf) out = {0};
    struct client c = client_new(&w);
    struct tls *t = tls_new(the.context, TLS_MQTTS);
    CHECK(meet(&c, t, 0).client_is_ready);
    CHECK_INT(tls_read(t, scratch, sizeof scratch, &out), -EAGAIN);
    (void)SSL_shutdown(c.ssl); /* close_notify */
    client_send(&c, &wire);
    tls_feed(t, buf_bytes(&wire));
    CHECK_INT(tls_read(t, scratch, sizeof scratch, &out), 0);
    tls_shutdown(t, &out);
    CHECK(out.len > 0);
    client_receive(&c, &out);
    CHECK(SSL_shutdown(c.ssl) == 1);
    tls_shutdown(t, &out);
    CHECK_INT(out.len, 0);
    tls_free(t);
    client_free(&c);

    c = client_new(&w);
    t = tls_new(the.context, TLS_MQTTS);
    CHECK(meet(&c, t, 0).client_is_ready);
    tls_feed_end(t); /* without close_notify */
    CHECK_INT(tls_read(t, scratch, sizeof scratch, &out), 0);
    tls_free(t);
    client_free(&c);
}

TEST(a_damaged_record_breaks_the_connection_with_a_reason) {
    struct client_wish w = {.device = &the.ec};
    uint8_t scratch[100];
    AUTO(buf) wire = {0};
    AUTO(buf) out = {0};
    struct client c = client_new(&w);
    struct tls *t = tls_new(the.context, TLS_MQTTS);
    CHECK(meet(&c, t, 0).client_is_ready);
    send_plain(&c, BYTES("hello"), &wire);
    wire.ptr[wire.len - 1] ^= 1;
    tls_feed(t, buf_bytes(&wire));
    CHECK_INT(tls_read(t, scratch, sizeof scratch, &out), -EPROTO);
    CHECK(strstr(failure_text(), "damaged"));
    CHECK(out.len > 0); /* the alert */
    CHECK_INT(tls_read(t, scratch, sizeof scratch, &out), -EPROTO);
    CHECK_FAILS(tls_write(t, BYTES("x"), &out), E_PROTOCOL, "failed already");
    tls_shutdown(t, &out);
    tls_free(t);
    client_free(&c);
}

/* Renews the client's keys `count` times, after each of which the server is to renew its own. */
static ssize_t renew_keys(struct client *c, struct tls *t, int count) {
    uint8_t scratch[100];
    AUTO(buf) wire = {0};
    AUTO(buf) out = {0};
    for (int i = 0; i < count; i++) {
        CHECK(SSL_key_update(c->ssl, SSL_KEY_UPDATE_REQUESTED) == 1);
        CHECK(SSL_do_handshake(c->ssl) == 1);
        client_send(c, &wire);
    }
    tls_feed(t, buf_bytes(&wire));
    ssize_t n = tls_read(t, scratch, sizeof scratch, &out);
    tls_keep_rest(t);
    return n;
}

TEST(keys_may_be_renewed_but_not_without_end) { /* [RFC 8446 4.6.3] */
    struct client_wish w = {.device = &the.ec, .version = TLS1_3_VERSION};
    uint8_t scratch[100];
    AUTO(buf) wire = {0};
    AUTO(buf) out = {0};
    struct client c = client_new(&w);
    struct tls *t = tls_new(the.context, TLS_MQTTS);
    CHECK(meet(&c, t, 0).client_is_ready);
    for (int i = 0; i < 30; i++) { /* with data in between */
        CHECK_INT(renew_keys(&c, t, 10), -EAGAIN);
        send_plain(&c, BYTES("hello"), &wire);
        tls_feed(t, buf_bytes(&wire));
        CHECK_INT(tls_read(t, scratch, sizeof scratch, &out), 5);
        tls_keep_rest(t);
        buf_clear(&wire);
    }
    CHECK_INT(renew_keys(&c, t, 3000), -EPROTO);
    CHECK(strstr(failure_text(), "renews its keys again and again"));
    tls_free(t);
    client_free(&c);
}

/* ---- bad beginnings ---- */

static status begin_with(bytes first, struct buf *out) {
    enum tls_state state;
    struct tls *t = tls_new(the.context, TLS_MQTTS);
    tls_feed(t, first);
    status s = tls_handshake(t, out, &state);
    tls_free(t);
    return s;
}

TEST(other_protocols_are_recognised) {
    AUTO(buf) out = {0};
    CHECK_FAILS(begin_with(BYTES("\x10\x0e\0\4MQTT\4\2\0\x3c\0\2me"), &out), E_PROTOCOL,
                "plain MQTT: this port speaks TLS");
    CHECK_INT(out.len, 0);
    CHECK_FAILS(begin_with(BYTES("GET / HTTP/1.1\r\n\r\n"), &out), E_PROTOCOL, "https://");
    CHECK(bytes_start_with(buf_bytes(&out), BYTES("HTTP/1.1 400 ")));
    size_t body = bytes_search(buf_bytes(&out), BYTES("\r\n\r\n")) + 4;
    CHECK_INT(out.len - body, 41); /* as Content-Length says */
    CHECK_FAILS(begin_with(BYTES("PROXY TCP4 1.2.3.4"), &out), E_PROTOCOL, "PROXY");
    CHECK_FAILS(begin_with(BYTES("SSH-2.0-OpenSSH"), &out), E_PROTOCOL, "SSH");
    CHECK_FAILS(begin_with(BYTES("\x80\x2e\1\3\1"), &out), E_PROTOCOL, "SSL 2");
    CHECK_FAILS(begin_with(BYTES("Hello"), &out), E_PROTOCOL, "not TLS");
    CHECK_FAILS(begin_with(BYTES("\x16\x07\x07\0\1x"), &out), E_PROTOCOL, "not TLS");
}

static bytes client_hello(void) {
    static struct buf wire;
    struct client_wish w = {.server_name = "localhost", .alpn = "\4mqtt"};
    struct client c = client_new(&w);
    buf_done(&wire);
    (void)SSL_do_handshake(c.ssl);
    client_send(&c, &wire);
    client_free(&c);
    return buf_bytes(&wire);
}

static void begin_with_prefix(bytes prefix) {
    AUTO(buf) out = {0};
    enum tls_state state = TLS_READY;
    struct tls *t = tls_new(the.context, TLS_MQTTS);
    tls_feed(t, prefix);
    CHECK_OK(tls_handshake(t, &out, &state));
    CHECK_INT(state, TLS_WANTS_INPUT);
    CHECK(!tls_has_input(t));
    tls_feed_end(t);
    CHECK_FAILS(tls_handshake(t, &out, &state), E_PROTOCOL, "closed the connection");
    CHECK_FAILS(tls_handshake(t, &out, &state), E_PROTOCOL, "failed already");
    tls_free(t);
}

TEST(waits_at_every_truncation_of_a_client_hello_and_explains_its_end) {
    test_each_truncation(client_hello(), begin_with_prefix);
}

TEST(a_client_that_leaves_silently_is_explained) {
    AUTO(buf) out = {0};
    enum tls_state state;
    struct tls *t = tls_new(the.context, TLS_MQTTS);
    tls_feed(t, client_hello());
    CHECK_OK(tls_handshake(t, &out, &state));
    tls_feed_end(t);
    CHECK_FAILS(tls_handshake(t, &out, &state), E_PROTOCOL, "ca/ats-root.pem");
    tls_free(t);
    t = tls_new(the.context, TLS_MQTTS);
    tls_feed_end(t);
    CHECK_FAILS(tls_handshake(t, &out, &state), E_PROTOCOL, "before it sent anything");
    tls_free(t);
}

/* ---- replacing the identity ---- */

TEST(a_new_identity_is_for_new_connections_and_old_ones_go_on) {
    struct client_wish w = {.device = &the.ec};
    struct client old = client_new(&w), between = client_new(&w), fresh = client_new(&w);
    struct tls *t = tls_new(the.context, TLS_MQTTS), *u = tls_new(the.context, TLS_MQTTS);
    AUTO(buf) wire = {0};
    AUTO(buf) out = {0};
    enum tls_state state;
    uint8_t scratch[10];
    int64_t look_again_ms;
    struct server_identity *next;
    CHECK(meet(&old, t, 0).client_is_ready);
    (void)SSL_do_handshake(between.ssl); /* half-way when the identity changes */
    client_send(&between, &wire);
    tls_feed(u, buf_bytes(&wire));
    CHECK_OK(tls_handshake(u, &out, &state));
    client_receive(&between, &out);

    static const bytes names[] = {{(const uint8_t *)"next.test", 9}};
    struct server_request r = {.names = {[TLS_ATS] = {names, 1}}};
    CHECK_OK(authority_load_identity(the.authority, &r, &next, &look_again_ms));
    tls_context_replace(the.context, next);
    server_identity_unref(next);

    CHECK_OK(tls_write(t, BYTES("hi"), &out));
    client_receive(&old, &out);
    CHECK_INT(SSL_read(old.ssl, scratch, sizeof scratch), 2);
    CHECK(meet(&between, u, 0).client_is_ready);
    struct tls *v = tls_new(the.context, TLS_MQTTS);
    CHECK(meet(&fresh, v, 0).client_is_ready);
    X509 *shown = SSL_get0_peer_certificate(fresh.ssl);
    CHECK(X509_check_host(shown, "next.test", 0, 0, NULL) == 1);
    CHECK(X509_check_host(SSL_get0_peer_certificate(old.ssl), "localhost", 0, 0, NULL) == 1);
    tls_free(t);
    tls_free(u);
    tls_free(v);
    client_free(&old);
    client_free(&between);
    client_free(&fresh);
}

/* ---- threads ---- */

static void *connect_devices(void *failures) {
    struct tls_context *context = tls_context_new(the.identity); /* each thread its own */
    for (int i = 0; i < 20; i++) {
        struct client_wish w = {.device = i % 2 ? &the.ec : &the.rsa};
        struct client c = client_new(&w);
        struct tls *t = tls_new(context, TLS_MQTTS);
        if (meet(&c, t, 0).server != OK)
            ++*(int *)failures;
        tls_free(t);
        client_free(&c);
        tls_context_replace(context, the.identity);
    }
    tls_context_free(context);
    return NULL;
}

TEST(threads_share_an_identity) {
    pthread_t threads[3];
    int failures[3] = {0};
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        CHECK(pthread_create(&threads[i], NULL, connect_devices, &failures[i]) == 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK_INT(failures[i], 0);
    }
}

TEST(the_server_ends) {
    char command[128];
    tls_context_free(the.context);
    server_identity_unref(the.identity);
    authority_free(the.authority);
    device_free(&the.ec);
    device_free(&the.rsa);
    (void)snprintf(command, sizeof command, "rm -rf %s", the.directory);
    CHECK_INT(system(command), 0);
    CHECK_INT(ERR_peek_error(), 0); /* nothing is left in OpenSSL's queue */
}

TEST_MAIN("tls/connection")
