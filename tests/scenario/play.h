/* A play: one scenario on a simulated server, from one seed. What the files of this folder share.
 *
 *     player.c   which files, seeds and numbers of loops; TAP
 *     words.c    a line of a scenario, cut into words
 *     stage.c    the server: settings, policies, time, what it has to say afterwards
 *     client.c   a client: its end of the network, the packets that came and were not spoken of yet
 *     acts.c     what a client does        sights.c   what a client sees
 *
 * A line that does not come true ends the process with its number and how to play it again. */
#pragma once
#include "gateway/fixture.h"
#include "mqtt/packet.h"
#include "mqtt/property.h"

/* ---- words.c ---- */

enum { WORDS_MAX = 64 };

struct words {
    char *list[WORDS_MAX]; /* a quoted one keeps its first quote, so that it is told apart */
    size_t count;
};

struct play;
/* words_cut cuts at blanks after {x*3} has become xxx; texts live until the play ends. */
void words_cut(struct play *p, const char *line, struct words *out);
/* words_value is what follows NAME=, or NULL. */
const char *words_value(const struct words *w, const char *name);
unsigned long words_number(const struct words *w, const char *name, unsigned long otherwise);
bool words_have(const struct words *w, const char *word); /* from the third word on */
/* words_quoted is the first "quoted text", or NULL. */
const char *words_quoted(const struct words *w);
/* words_bytes are those from the third on: 10 0c 00 04 "MQTT". */
void words_bytes(const struct play *p, const struct words *w, struct buf *out);
/* words_counted puts `number` where the text says %d. */
bytes words_counted(struct play *p, const char *text, unsigned long number);

/* ---- client.c ---- */

struct client {
    char name[64];
    struct sim_end *end; /* NULL before the first connection */
    enum mqtt_version version;
    bool does_not_read;
    bool end_came;                          /* the server ended the connection */
    bool end_was_seen;                      /* a line spoke of the end of this connection */
    struct buf in;                          /* came, and no line spoke of it yet */
    struct buf last;                        /* the packet the last line spoke of */
    struct mqtt_properties last_properties; /* of it */
    uint16_t packet_id;
    struct buf publishes, subscribes, unsubscribes; /* identifiers not answered yet, oldest first */
    struct buf to_acknowledge;                      /* identifiers received, oldest first */
};

/* client_find finds the client of this name or makes one that never connected. */
struct client *client_find(struct play *p, const char *name);
void client_dial(struct play *p, struct client *c); /* a fresh connection; the former is left */
void client_leave(struct play *p, struct client *c);
void clients_done(struct play *p);
/* client_send gives all of it to the network, and unless all is said at once, waits until nothing
 * moves. A closed connection is no failure: what comes next tells. */
void client_send(struct play *p, struct client *c, bytes packet);
/* client_next takes the oldest packet of this type that no line spoke of; PUBLISHes are passed over
 * when others are asked for. It becomes c->last. Fails the play without one. */
void client_next(struct play *p, struct client *c, enum mqtt_type type, struct mqtt_frame *out);
/* client_has tells what the oldest packet is that no line spoke of. */
bool client_has(struct play *p, struct client *c, struct mqtt_frame *out);
bool client_is_cut(const struct client *c); /* the server closed the connection */
uint16_t client_new_id(struct client *c, struct buf *unanswered);
uint16_t client_take_id(struct play *p, struct client *c, struct buf *unanswered, const char *what);
/* clients_read lets every client read what has come; true when anything had. */
bool clients_read(struct play *p);
/* clients_account fails the play when somebody got what no line spoke of. */
void clients_account(struct play *p);

/* ---- acts.c, sights.c ---- */

/* A verb: false when the line is not about one of these. */
bool act_play(struct play *p, struct client *c, const struct words *w);
bool sight_play(struct play *p, struct client *c, const struct words *w);
/* Seen at once by those who act, unless all is said at once. */
void see_connack(struct play *p, struct client *c, unsigned code);
void see_suback(struct play *p, struct client *c, const char *codes);
void see_unsuback(struct play *p, struct client *c, const char *codes);
void see_puback(struct play *p, struct client *c, unsigned reason);
void see_pingresp(struct play *p, struct client *c);
void see_end(struct play *p, struct client *c);

/* properties_from encodes every word NAME=VALUE whose name, after `prefix`, is a property of MQTT 5
 * in small letters: message_expiry_interval=10, user_property=name:value. */
void properties_from(struct play *p, const struct words *w, const char *prefix, struct buf *out);
/* properties_check wants the properties that such words name to be as they say; =none: absent. */
void properties_check(struct play *p, const struct client *c, const struct words *w);

/* ---- stage.c ---- */

enum { CLIENTS_MAX = 64 };

struct play {
    const char *file;
    int line;
    uint64_t seed;
    unsigned loops;
    struct gateway_fixture stage;
    struct sim *sim; /* its */
    struct client clients[CLIENTS_MAX];
    size_t client_count;
    bool running, at_once;
    struct arena memory;
};

void stage_open(struct play *p);
void stage_start(struct play *p); /* at the first client; twice is fine */
void stage_close(struct play *p);
/* stage_settle runs until nothing moves and everything has been read. */
void stage_settle(struct play *p);
/* stage_play plays a line that is not about a client; false when it is not one. */
bool stage_play(struct play *p, const struct words *w, const char *line);

void fail(const struct play *p, const char *format, ...) PRINTF(2, 3) __attribute__((noreturn));
void must(const struct play *p, status s);
