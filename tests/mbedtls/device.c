/* A device as the ESP32 of the article does it: mbedTLS, TLS 1.2, SNI, an EC P-256 certificate, and
 * the few packets of MQTT 3.1.1 that a sensor needs.
 *
 *     mbedtls_device HOST PORT CA-FILE CERTIFICATE-FILE KEY-FILE CLIENT-ID TOPIC-FILTER
 *
 * Connects, subscribes (QoS 1) and says `subscribed`; then each line "TOPIC TEXT" of its input is
 * published (QoS 1), `acknowledged` is said for each PUBACK, and each message that arrives is said
 * as `message TOPIC TEXT`. Ends with 0 at the end of its input, with 3 and `closed` when the
 * server closes. */
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>

enum { PACKET_MAX = 4096, EXIT_CLOSED = 3, KEEP_ALIVE_S = 60 };
enum { CONNACK = 0x20, PUBLISH = 0x30, PUBACK = 0x40, SUBACK = 0x90 };

static struct {
    mbedtls_net_context socket;
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_x509_crt roots, certificate;
    mbedtls_pk_context key;
    mbedtls_ssl_config config;
    mbedtls_ssl_context tls;
    uint16_t packet_id;
} d;

static void must(int code, const char *what) {
    char text[200];
    if (code == 0)
        return;
    mbedtls_strerror(code, text, sizeof text);
    (void)fprintf(stderr, "%s: %s\n", what, text);
    exit(1);
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)putchar('\n');
    (void)fflush(stdout);
}

/* ---- TLS ---- */

static int parse_key(const char *file) {
#if MBEDTLS_VERSION_MAJOR >= 3
    return mbedtls_pk_parse_keyfile(&d.key, file, NULL, mbedtls_ctr_drbg_random, &d.random);
#else
    return mbedtls_pk_parse_keyfile(&d.key, file, NULL);
#endif
}

static void only_tls_1_2(void) {
    mbedtls_ssl_conf_min_version(&d.config, MBEDTLS_SSL_MAJOR_VERSION_3,
                                 MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_max_version(&d.config, MBEDTLS_SSL_MAJOR_VERSION_3,
                                 MBEDTLS_SSL_MINOR_VERSION_3);
}

static void configure(const char *host, char **files) {
    mbedtls_net_init(&d.socket);
    mbedtls_entropy_init(&d.entropy);
    mbedtls_ctr_drbg_init(&d.random);
    mbedtls_x509_crt_init(&d.roots);
    mbedtls_x509_crt_init(&d.certificate);
    mbedtls_pk_init(&d.key);
    mbedtls_ssl_config_init(&d.config);
    mbedtls_ssl_init(&d.tls);
    must(mbedtls_ctr_drbg_seed(&d.random, mbedtls_entropy_func, &d.entropy, NULL, 0), "random");
    must(mbedtls_x509_crt_parse_file(&d.roots, files[0]), files[0]);
    must(mbedtls_x509_crt_parse_file(&d.certificate, files[1]), files[1]);
    must(parse_key(files[2]), files[2]);
    must(mbedtls_ssl_config_defaults(&d.config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                     MBEDTLS_SSL_PRESET_DEFAULT),
         "defaults");
    only_tls_1_2();
    mbedtls_ssl_conf_authmode(&d.config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&d.config, &d.roots, NULL);
    mbedtls_ssl_conf_rng(&d.config, mbedtls_ctr_drbg_random, &d.random);
    must(mbedtls_ssl_conf_own_cert(&d.config, &d.certificate, &d.key), "certificate and key");
    must(mbedtls_ssl_setup(&d.tls, &d.config), "setup");
    must(mbedtls_ssl_set_hostname(&d.tls, host), "server name"); /* SNI, and what is verified */
}

static void open_connection(const char *host, const char *port) {
    must(mbedtls_net_connect(&d.socket, host, port, MBEDTLS_NET_PROTO_TCP), "connect");
    mbedtls_ssl_set_bio(&d.tls, &d.socket, mbedtls_net_send, mbedtls_net_recv, NULL);
    must(mbedtls_ssl_handshake(&d.tls), "handshake");
    say("%s %s", mbedtls_ssl_get_version(&d.tls), mbedtls_ssl_get_ciphersuite(&d.tls));
}

static void closed(void) {
    say("closed");
    exit(EXIT_CLOSED);
}

static void send_all(const uint8_t *data, size_t len) {
    while (len > 0) {
        int n = mbedtls_ssl_write(&d.tls, data, len);
        if (n <= 0)
            closed();
        data += n;
        len -= (size_t)n;
    }
}

static void receive_all(uint8_t *data, size_t len) {
    while (len > 0) {
        int n = mbedtls_ssl_read(&d.tls, data, len);
        if (n <= 0)
            closed();
        data += n;
        len -= (size_t)n;
    }
}

/* ---- MQTT 3.1.1 ---- */

struct packet {
    uint8_t bytes[PACKET_MAX];
    size_t len;
};

static void put(struct packet *p, const void *data, size_t len) {
    if (p->len + len > sizeof p->bytes)
        exit(2);
    memcpy(p->bytes + p->len, data, len);
    p->len += len;
}

static void put_byte(struct packet *p, unsigned byte) {
    uint8_t one = (uint8_t)byte;
    put(p, &one, 1);
}

static void put_u16(struct packet *p, unsigned value) {
    put_byte(p, value >> 8);
    put_byte(p, value & 0xff);
}

static void put_text(struct packet *p, const char *text) {
    put_u16(p, (unsigned)strlen(text));
    put(p, text, strlen(text));
}

static void send_packet(unsigned first, const struct packet *body) {
    struct packet head = {.len = 0};
    size_t left = body->len;
    put_byte(&head, first);
    do {
        put_byte(&head, (unsigned)(left & 0x7f) | (left > 0x7f ? 0x80U : 0));
        left >>= 7;
    } while (left > 0);
    put(&head, body->bytes, body->len);
    send_all(head.bytes, head.len);
}

static uint8_t receive_packet(struct packet *body) {
    uint8_t first, byte = 0x80;
    unsigned shift = 0;
    size_t len = 0;
    receive_all(&first, 1);
    for (; byte & 0x80 && shift < 28; shift += 7) {
        receive_all(&byte, 1);
        len |= (size_t)(byte & 0x7f) << shift;
    }
    if (len > sizeof body->bytes)
        exit(2);
    receive_all(body->bytes, len);
    body->len = len;
    return first;
}

static void expect(unsigned kind, struct packet *body, const char *what) {
    if ((receive_packet(body) & 0xf0) == kind)
        return;
    (void)fprintf(stderr, "there came no %s\n", what);
    exit(1);
}

static void connect_mqtt(const char *client_id) {
    struct packet p = {.len = 0}, answer;
    put_text(&p, "MQTT");
    put_byte(&p, 4);
    put_byte(&p, 2); /* clean session */
    put_u16(&p, KEEP_ALIVE_S);
    put_text(&p, client_id);
    send_packet(0x10, &p);
    expect(CONNACK, &answer, "CONNACK");
    if (answer.len != 2 || answer.bytes[1] != 0)
        exit(1);
}

static void subscribe(const char *filter) {
    struct packet p = {.len = 0}, answer;
    put_u16(&p, ++d.packet_id);
    put_text(&p, filter);
    put_byte(&p, 1);
    send_packet(0x82, &p);
    expect(SUBACK, &answer, "SUBACK");
    if (answer.len != 3 || answer.bytes[2] != 1)
        exit(1);
    say("subscribed");
}

static void publish(const char *topic, const char *text) {
    struct packet p = {.len = 0};
    put_text(&p, topic);
    put_u16(&p, ++d.packet_id);
    put(&p, text, strlen(text));
    send_packet(0x32, &p);
}

/* QoS 0 and 1 look alike but for the packet identifier. */
static void take_publish(uint8_t first, const struct packet *p) {
    size_t topic = (size_t)p->bytes[0] << 8 | p->bytes[1], at = 2 + topic;
    if (first & 0x06) {
        struct packet answer = {.len = 0};
        put(&answer, p->bytes + at, 2);
        send_packet(PUBACK, &answer);
        at += 2;
    }
    say("message %.*s %.*s", (int)topic, (const char *)p->bytes + 2, (int)(p->len - at),
        (const char *)p->bytes + at);
}

static void take_packet(void) {
    struct packet p;
    uint8_t first = receive_packet(&p);
    if ((first & 0xf0) == PUBLISH)
        take_publish(first, &p);
    if ((first & 0xf0) == PUBACK)
        say("acknowledged");
}

/* ---- */

/* False at the end of the input. */
static bool take_line(void) {
    char line[1024];
    if (!fgets(line, sizeof line, stdin))
        return false;
    line[strcspn(line, "\n")] = '\0';
    char *space = strchr(line, ' ');
    if (space) {
        *space = '\0';
        publish(line, space + 1);
    }
    return true;
}

static void run(void) {
    struct pollfd ready[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                              {.fd = d.socket.fd, .events = POLLIN}};
    for (;;) {
        while (mbedtls_ssl_get_bytes_avail(&d.tls) > 0)
            take_packet();
        if (poll(ready, 2, -1) < 0)
            exit(1);
        if (ready[1].revents)
            take_packet();
        if (ready[0].revents && !take_line())
            return;
    }
}

int main(int argc, char **argv) {
    if (argc != 8) {
        (void)fprintf(stderr,
                      "usage: mbedtls_device HOST PORT CA CERTIFICATE KEY CLIENT-ID FILTER\n");
        return 2;
    }
    (void)setvbuf(stdin, NULL, _IONBF, 0); /* poll sees all that is left */
    configure(argv[1], argv + 3);
    open_connection(argv[1], argv[2]);
    connect_mqtt(argv[6]);
    subscribe(argv[7]);
    run();
    send_all((const uint8_t[]){0xe0, 0}, 2);
    (void)mbedtls_ssl_close_notify(&d.tls);
    return 0;
}
