/* What TLS costs the server: CPU of a full mutual handshake, and memory of an idle connection.
 *
 *     bench_tls_handshake [handshakes] [connections]
 *
 * Both ends run in memory; only what the server's side does is timed (CPU of this thread), and only
 * what it keeps is counted (bytes in use after the clients are gone). */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "report.h"
#include "tls/certificate.h"
#include "tls/testing_client.h"

static double cpu_s(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One full handshake; the server's CPU seconds. */
static double timed_meeting(struct client *c, struct tls *t) {
    struct buf wire = {0}, answer = {0};
    enum tls_state state = TLS_WANTS_INPUT;
    double spent = 0;
    while (state != TLS_READY) {
        (void)SSL_do_handshake(c->ssl);
        client_send(c, &wire);
        double from = cpu_s();
        tls_feed(t, buf_bytes(&wire));
        CHECK_OK(tls_handshake(t, &answer, &state));
        tls_keep_rest(t);
        spent += cpu_s() - from;
        buf_clear(&wire);
        client_receive(c, &answer);
    }
    buf_done(&wire);
    buf_done(&answer);
    return spent;
}

static struct tls *connect_one(struct tls_context *context, const struct client_wish *w,
                               double *spent) {
    struct client c = client_new(w);
    double from = cpu_s();
    struct tls *t = tls_new(context, TLS_MQTTS);
    *spent += cpu_s() - from;
    *spent += timed_meeting(&c, t);
    client_free(&c);
    return t;
}

static void time_handshakes(struct tls_context *context, const char *name,
                            const struct client_wish *w, unsigned count) {
    double spent = 0, ignored = 0;
    for (unsigned i = 0; i < count / 10 + 1; i++)
        tls_free(connect_one(context, w, &ignored));
    for (unsigned i = 0; i < count; i++) {
        struct tls *t = connect_one(context, w, &spent);
        double from = cpu_s();
        tls_free(t);
        spent += cpu_s() - from;
    }
    report(spent / count * 1e3, "ms CPU", "handshake, %s", name);
}

static size_t heap_bytes(void) {
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

static void measure_memory(struct tls_context *context, const char *name,
                           const struct client_wish *w, unsigned count) {
    struct tls **all = NEW_ARRAY(struct tls *, count);
    double ignored = 0;
    tls_free(connect_one(context, w, &ignored));
    size_t before = heap_bytes();
    for (unsigned i = 0; i < count; i++)
        all[i] = connect_one(context, w, &ignored);
    report((double)(heap_bytes() - before) / count / 1024, "KiB", "idle connection, %s", name);
    for (unsigned i = 0; i < count; i++)
        tls_free(all[i]);
    mem_free(all);
}

int main(int argc, char **argv) {
    unsigned handshakes = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;
    unsigned connections = argc > 2 ? (unsigned)atoi(argv[2]) : 500;
    const bytes name = BYTES("localhost");
    const struct server_request request = {.names = {[TLS_ATS] = {&name, 1}}};
    char directory[] = "/tmp/kedge-bench-XXXXXX";
    struct authority *authority;
    struct server_identity *identity;
    int64_t look_again_ms;
    if (!mkdtemp(directory))
        return 1;
    CHECK_OK(authority_open(directory, &authority));
    CHECK_OK(authority_load_identity(authority, &request, &identity, &look_again_ms));
    struct tls_context *context = tls_context_new(identity);
    struct device ec = device_new((struct device_wish){.key = key_new(LEAF_EC)});
    struct device rsa = device_new((struct device_wish){.key = key_new(LEAF_RSA)});
    struct client_wish ec13 = {.device = &ec, .version = TLS1_3_VERSION};
    struct client_wish ec12 = {.device = &ec, .version = TLS1_2_VERSION};
    struct client_wish rsa13 = {.device = &rsa, .version = TLS1_3_VERSION};
    struct client_wish old = {.device = &rsa, .version = TLS1_2_VERSION};
    old.signatures = "RSA+SHA256";
    time_handshakes(context, "TLS 1.3, EC client", &ec13, handshakes);
    time_handshakes(context, "TLS 1.2, EC client", &ec12, handshakes);
    time_handshakes(context, "TLS 1.3, RSA-2048 client", &rsa13, handshakes);
    time_handshakes(context, "TLS 1.2, RSA-2048 both ends", &old, handshakes);
    measure_memory(context, "TLS 1.3, EC client", &ec13, connections);
    measure_memory(context, "TLS 1.2, EC client", &ec12, connections);
    measure_memory(context, "TLS 1.3, RSA-2048 client", &rsa13, connections);
    device_free(&ec);
    device_free(&rsa);
    tls_context_free(context);
    server_identity_unref(identity);
    authority_free(authority);
    return system("rm -rf /tmp/kedge-bench-*") == 0 ? 0 : 1;
}
