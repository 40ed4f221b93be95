/* What `kedge serve` was told, and what follows from the profile.
 *
 * The options are one table (settings.c): name, what it takes, default and a sentence; it makes the
 * parser, the help text and the reference page. */
#pragma once
#include "base/arena.h"
#include "base/log.h"
#include "broker/broker.h"
#include "web/reach.h"

enum profile { PROFILE_AWS, PROFILE_STANDARD };

struct settings {
    const char *data; /* directory */
    const char *region;
    const char *account;      /* 12 digits, or NULL: as it is, or a random one on first start */
    const char *buckets;      /* the folder that stands for S3; NULL: DIR/buckets */
    const char *s3, *s3_keys; /* "https://host": objects of rules go there; or NULL */
    const char *tables;       /* the database that rules write rows to, or NULL */
    const char *domain;       /* of endpoint names, or NULL */
    const char *api, *mqtts, *https, *mqtt; /* "ADDR:PORT"; NULL or "off": none */
    const char *mqtt_policy;       /* binds the plain listener's clients, or NULL: every right */
    const char *certificate, *key; /* the operator's server certificate and key, or NULL */
    enum web_reach outbound;       /* where rules may send to */
    const char *outbound_ca;       /* CAs (PEM) trusted there instead of the system's, or NULL */
    const char *python, *node;     /* interpreters of functions; NULL: looked for */
    unsigned function_processes;   /* of all functions together */
    bool function_network_open;    /* they may connect anywhere */
    enum profile profile;
    unsigned threads;          /* loop threads */
    unsigned function_retry_s; /* before a failed asynchronous invocation is tried again */
    enum log_level log_level;
};

/* settings_parse reads the words after `kedge serve`; texts are borrowed from them, or from
 * `memory` for what a --config FILE holds. E_INVALID names the option and what it takes. */
NODISCARD
status settings_parse(int count, char *const *words, struct arena *memory, struct settings *out);
/* settings_help appends the options, one a line. */
void settings_help(struct buf *out);

/* What a profile allows [AWS device-gateway 6, 19]. */
struct limits {
    struct broker_limits broker;
    size_t client_id_bytes_max;
    uint32_t payload_bytes_max;
    uint32_t packet_bytes_max;
    unsigned keep_alive_least_s, keep_alive_most_s; /* 0 as most: as asked; 0 asked means none */
    unsigned filters_per_subscribe_max;             /* and per UNSUBSCRIBE */
    bool aws_topics;          /* 256 bytes, 7 slashes, reserved topics by table */
    bool dollar_client_ids;   /* may a client identifier begin with '$'? */
    bool answer_denied_3_1_1; /* CONNACK 5 and SUBACK 0x80 instead of closing */
};
const struct limits *limits_of(enum profile profile);
