/* A client of the broker under test: a socket, TLS on it or not, MQTT 3.1.1 over that.
 *
 * Everything that fails ends the program with a sentence: a figure from half a run is no figure. */
#pragma once
#include <openssl/ssl.h>

#include "mqtt/publish.h"

struct client {
    int fd;
    SSL *tls;
    unsigned number;
    bool wants_write;
    struct buf in, out;
    uint64_t sent, received, acknowledged;
    uint16_t next_id;
};

_Noreturn void die(const char *what);

/* client_tls_start reads certificate, key and roots of the options; needed once, and only with
 * --tls. */
void client_tls_start(void);
bool client_uses_tls(void);

/* client_open connects and waits for CONNACK; `kind` and `number` make the client identifier. */
void client_open(struct client *c, char kind, unsigned number);
/* client_subscribe subscribes with the QoS of the options, and waits for SUBACK. */
void client_subscribe(struct client *c, const char *topic);
/* client_watch makes it non-blocking and adds it to an epoll. */
void client_watch(struct client *c, int poller);
void client_close(struct client *c); /* with DISCONNECT, as far as it goes out at once */

/* client_dial opens a TCP connection; client_start_tls only prepares one, for SSL_connect. */
int client_dial(bool blocking);
SSL *client_start_tls(int fd);

/* client_hello appends CONNECT. */
void client_hello(struct buf *out, char kind, unsigned number);

/* client_flush writes what waits in `out`; the rest goes when the socket takes it. */
void client_flush(struct client *c, int poller);
/* client_read takes in what has come, acknowledges QoS 1 and counts; `on_message` may be NULL. */
void client_read(struct client *c, int poller,
                 void (*on_message)(struct client *c, const struct mqtt_publish *p));
