/* Server names with a certificate, a policy and wishes of their own. */
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "tls/certificate.h"
#include "tls/testing_client.h"

static struct {
    char directory[64];
    struct authority *authority;
    struct server_identity *identity;
    struct signer root;
    EVP_PKEY *key;
    struct buf certificate, chain, key_pem;
} the;

static void append_pem(struct buf *out, X509 *x, EVP_PKEY *key) {
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    CHECK(x ? PEM_write_bio_X509(bio, x)
            : PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
    long len = BIO_get_mem_data(bio, &text);
    buf_append(out, bytes_of(text, (size_t)len));
    BIO_free(bio);
}

static void append_leaf(struct buf *out, const char *name, EVP_PKEY *key) {
    X509 *x;
    struct server_names names = {&(bytes){(const uint8_t *)name, strlen(name)}, 1};
    CHECK_OK(leaf_new(&the.root, key, &names, &x));
    append_pem(out, x, NULL);
    X509_free(x);
}

TEST(the_server_begins) {
    static const bytes names[] = {{(const uint8_t *)"localhost", 9}},
                       legacy[] = {{(const uint8_t *)"a1.iot.test", 11}};
    const struct server_request request = {
        .names = {[TLS_ATS] = {names, 1}, [TLS_LEGACY] = {legacy, 1}}};
    int64_t look_again_ms;
    (void)snprintf(the.directory, sizeof the.directory, "/tmp/kedge-tls-XXXXXX");
    CHECK(mkdtemp(the.directory));
    CHECK_OK(authority_open(the.directory, &the.authority));
    CHECK_OK(authority_load_identity(the.authority, &request, &the.identity, &look_again_ms));
    the.root.key = key_new(LEAF_EC);
    the.root.certificate = root_new(the.root.key, "a root of their own");
    the.key = key_new(LEAF_EC);
    append_leaf(&the.certificate, "*.example.com", the.key);
    append_pem(&the.chain, the.root.certificate, NULL);
    append_pem(&the.key_pem, NULL, the.key);
}

static struct server_pair *pair(void) {
    struct server_pair *p;
    CHECK_OK(server_pair_parse(buf_bytes(&the.certificate), buf_bytes(&the.chain),
                               buf_bytes(&the.key_pem), clock_wall_ms(), &p));
    return p;
}

static status parse(bytes certificate, bytes chain, bytes key) {
    struct server_pair *p = NULL;
    status s = server_pair_parse(certificate, chain, key, clock_wall_ms(), &p);
    server_pair_unref(p);
    return s;
}

TEST(a_pair_is_checked_when_it_is_taken_in) { /* [AWS identity 11.4] */
    AUTO(buf) other_key = {0};
    AUTO(buf) two = {0};
    EVP_PKEY *key = key_new(LEAF_EC);
    bytes certificate = buf_bytes(&the.certificate), chain = buf_bytes(&the.chain),
          own = buf_bytes(&the.key_pem);
    append_pem(&other_key, NULL, key);
    buf_append(&two, certificate);
    buf_append(&two, chain);
    CHECK_OK(parse(certificate, chain, own));
    CHECK_OK(parse(certificate, (bytes){0}, own));
    CHECK_FAILS(parse(BYTES("file.pem"), chain, own), E_CERTIFICATE_INVALID, "fileb://");
    CHECK_FAILS(parse(buf_bytes(&two), chain, own), E_CERTIFICATE_INVALID, "holds 2");
    CHECK_FAILS(parse(certificate, chain, buf_bytes(&other_key)), E_CERTIFICATE_INVALID,
                "not that of the certificate");
    CHECK_FAILS(parse(certificate, certificate, own), E_CERTIFICATE_INVALID, "did not sign");
    CHECK_FAILS(parse(certificate, chain, BYTES("-----BEGIN ENCRYPTED PRIVATE KEY-----")),
                E_CERTIFICATE_INVALID, "password");
    CHECK_FAILS(parse(certificate, chain, chain), E_CERTIFICATE_INVALID, "private key");
    EVP_PKEY_free(key);
}

TEST(a_pair_that_is_cut_anywhere_is_refused) {
    bytes own = buf_bytes(&the.key_pem);
    for (size_t len = 0; len < the.certificate.len - 2; len += 7)
        CHECK(parse(bytes_slice(buf_bytes(&the.certificate), 0, len), (bytes){0}, own) != OK);
}

TEST(a_pair_serves_the_names_it_is_for_while_it_is_valid) {
    struct server_pair *p = pair();
    int64_t now_ms = clock_wall_ms();
    CHECK_OK(server_pair_serves(p, BYTES("iot.example.com"), now_ms));
    CHECK_FAILS(server_pair_serves(p, BYTES("iot.example.org"), now_ms), E_CERTIFICATE_INVALID,
                "not for the name iot.example.org");
    CHECK_FAILS(server_pair_serves(p, BYTES("a.b.example.com"), now_ms), E_CERTIFICATE_INVALID,
                "not for the name");
    CHECK_FAILS(server_pair_serves(p, BYTES("iot.example.com"), now_ms + INT64_C(86400000) * 500),
                E_CERTIFICATE_INVALID, "expired");
    server_pair_unref(p);
}

TEST(a_certificate_says_what_listings_show) {
    AUTO(arena) a = {0};
    struct server_certificate_facts f;
    CHECK_OK(server_certificate_read(buf_bytes(&the.certificate), &a, &f));
    CHECK_BYTES(f.common_name, BYTES("*.example.com"));
    CHECK_INT(f.name_count, 1);
    CHECK_BYTES(f.names[0], BYTES("*.example.com"));
    CHECK_BYTES(f.key_algorithm, BYTES("EC_prime256v1"));
    CHECK_BYTES(f.signature_algorithm, BYTES("SHA256WITHECDSA"));
    CHECK_BYTES(f.issuer, BYTES("CN=a root of their own,O=Kedge"));
    CHECK(f.not_before_ms < clock_wall_ms() && f.not_after_ms > clock_wall_ms());
}

/* ---- handshakes ---- */

struct outcome {
    struct meeting meeting;
    struct tls_facts facts; /* without what it borrows */
    bool shows_own;         /* a certificate for example.com */
};

static struct outcome meet_domain(const struct server_domain *domain, enum tls_kind kind,
                                  const struct client_wish *w) {
    struct server_identity *i = server_identity_with(the.identity, domain, 1);
    struct tls_context *context = tls_context_new(i);
    struct client c = client_new(w);
    struct tls *t = tls_new(context, kind);
    struct outcome o = {.meeting = meet(&c, t, 0)};
    o.facts = *tls_facts(t);
    X509 *shown = SSL_get0_peer_certificate(c.ssl);
    o.shows_own = shown && X509_check_host(shown, "iot.example.com", 0, 0, NULL) == 1;
    tls_free(t);
    client_free(&c);
    tls_context_free(context);
    server_identity_unref(i);
    return o;
}

TEST(a_server_name_selects_its_certificate) { /* [AWS identity 4.2] */
    struct device ec = device_new((struct device_wish){.key = EVP_EC_gen("P-256")});
    struct server_pair *p = pair();
    struct server_domain d = {.name = BYTES("iot.example.com"), .pair = p, .mark = 7};
    struct client_wish w = {.server_name = "IoT.example.com", .device = &ec};
    struct outcome o = meet_domain(&d, TLS_MQTTS, &w);
    CHECK(o.meeting.server_is_ready && o.meeting.client_is_ready && o.shows_own);
    CHECK_INT(o.facts.mark, 7);
    w.server_name = "localhost";
    o = meet_domain(&d, TLS_MQTTS, &w);
    CHECK(o.meeting.server_is_ready && !o.shows_own);
    CHECK_INT(o.facts.mark, 0);
    w.server_name = "a1.iot.test";
    o = meet_domain(&d, TLS_MQTTS, &w);
    CHECK_INT(o.facts.chain, TLS_LEGACY);
    w.server_name = NULL;
    CHECK(!meet_domain(&d, TLS_MQTTS, &w).shows_own);
    server_pair_unref(p);
    device_free(&ec);
}

TEST(a_security_policy_is_enforced_by_name) { /* [AWS identity 4.5] */
    static const struct {
        enum tls_policy policy;
        bool speaks_12, speaks_13;
    } rows[] = {
        {TLS_POLICY_TLS13_1_2_2022_10, true, true},  {TLS_POLICY_TLS13_1_3_2022_10, false, true},
        {TLS_POLICY_TLS12_1_2_2022_10, true, false}, {TLS_POLICY_TLS12_1_0_2016_01, true, false},
        {TLS_POLICY_TLS12_1_0_2015_01, true, false}, {TLS_POLICY_TLS13_1_2_2022_01, true, true}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct server_domain d = {.name = BYTES("localhost"), .policy = rows[i].policy};
        struct client_wish w = {.server_name = "localhost", .version = TLS1_2_VERSION};
        CHECK_INT(meet_domain(&d, TLS_API, &w).meeting.server_is_ready, rows[i].speaks_12);
        w.version = TLS1_3_VERSION;
        CHECK_INT(meet_domain(&d, TLS_API, &w).meeting.server_is_ready, rows[i].speaks_13);
    }
}

static bool speaks(enum tls_policy policy, enum tls_kind kind, const char *suite) {
    struct device rsa = device_new((struct device_wish){.key = EVP_RSA_gen(2048)});
    struct server_domain d = {.name = BYTES("localhost"), .policy = policy};
    struct client_wish w = {
        .server_name = "localhost", .version = TLS1_2_VERSION, .ciphers = suite, .device = &rsa};
    bool ready = meet_domain(&d, kind, &w).meeting.server_is_ready;
    device_free(&rsa);
    return ready;
}

TEST(suites_differ_as_the_table_of_policies_says) { /* [AWS identity 4.5] */
    CHECK(speaks(TLS_POLICY_TLS12_1_0_2015_01, TLS_HTTPS, "DHE-RSA-AES256-SHA"));
    CHECK(!speaks(TLS_POLICY_TLS12_1_0_2016_01, TLS_HTTPS, "DHE-RSA-AES256-SHA"));
    CHECK(!speaks(TLS_POLICY_TLS13_1_2_2022_10, TLS_HTTPS, "DHE-RSA-AES256-SHA"));
    CHECK(speaks(TLS_POLICY_TLS12_1_0_2016_01, TLS_HTTPS, "AES128-SHA256"));
    CHECK(!speaks(TLS_POLICY_TLS12_1_0_2016_01, TLS_MQTTS, "AES128-SHA256"));
    CHECK(speaks(TLS_POLICY_TLS13_1_2_2022_10, TLS_MQTTS, "AES128-SHA256"));
}

TEST(a_domain_says_whether_it_wants_a_client_certificate) { /* [AWS device-gateway 1.3] */
    struct server_domain d = {.name = BYTES("localhost"), .certificate = CERTIFICATE_NONE};
    struct client_wish w = {.server_name = "localhost"};
    CHECK(meet_domain(&d, TLS_MQTTS, &w).meeting.server_is_ready);
    w.alpn = "\4mqtt";
    CHECK(meet_domain(&d, TLS_MQTTS, &w).meeting.server_is_ready);
    d.certificate = CERTIFICATE_REQUIRED;
    w.version = TLS1_2_VERSION;
    CHECK(!meet_domain(&d, TLS_HTTPS, &w).meeting.server_is_ready);
    d.certificate = CERTIFICATE_BY_PORT;
    CHECK(meet_domain(&d, TLS_HTTPS, &w).meeting.server_is_ready);
    CHECK(!meet_domain(&d, TLS_MQTTS, &w).meeting.server_is_ready);
}

TEST(policies_have_names) {
    enum tls_policy p;
    CHECK_OK(tls_policy_find((bytes){0}, &p));
    CHECK_TEXT(tls_policy_name(p), "IoTSecurityPolicy_TLS13_1_2_2022_10");
    CHECK_FAILS(tls_policy_find(BYTES("TLS"), &p), E_INVALID, "there are IoTSecurityPolicy_");
}

TEST(the_server_ends) {
    char command[128];
    server_identity_unref(the.identity);
    authority_free(the.authority);
    X509_free(the.root.certificate);
    EVP_PKEY_free(the.root.key);
    EVP_PKEY_free(the.key);
    buf_done(&the.certificate);
    buf_done(&the.chain);
    buf_done(&the.key_pem);
    (void)snprintf(command, sizeof command, "rm -rf %s", the.directory);
    CHECK_INT(system(command), 0);
}

TEST_MAIN("tls/domain")
