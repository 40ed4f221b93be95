#include "gateway/settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loop/address.h"

enum kind { TEXT, PROFILE, THREADS, SECONDS, LEVEL, REACH, PROCESSES, NETWORK, CONFIG };

struct option {
    const char *name, *takes, *standard; /* the default as shown in the help, or NULL */
    enum kind kind;
    size_t at; /* in struct settings */
    const char *sentence;
};

static const struct option options[] = {
    {"data", "DIR", "./kedge-data", TEXT, offsetof(struct settings, data),
     "where everything is kept; made when missing"},
    {"region", "REGION", "us-east-1", TEXT, offsetof(struct settings, region),
     "as it stands in ARNs and signatures"},
    {"account", "ID", NULL, TEXT, offsetof(struct settings, account),
     "12 digits of the default account; random on first start when not given"},
    {"buckets", "DIR", NULL, TEXT, offsetof(struct settings, buckets),
     "stands for S3: a folder in it is a bucket; DIR/buckets of --data when not given"},
    {"s3", "URL", NULL, TEXT, offsetof(struct settings, s3),
     "where rules put objects instead: a server that speaks S3"},
    {"s3-keys", "FILE", NULL, TEXT, offsetof(struct settings, s3_keys),
     "its keys, one line ACCESS_KEY_ID:SECRET, readable by you alone"},
    {"tables", "PLACE", NULL, TEXT, offsetof(struct settings, tables),
     "sqlite:FILE or postgresql://…: where rules write rows (dynamoDB, dynamoDBv2)"},
    {"domain", "DOMAIN", NULL, TEXT, offsetof(struct settings, domain),
     "under which the default account's endpoint names lie, instead of localhost"},
    {"api", "ADDR:PORT", "127.0.0.1:4566", TEXT, offsetof(struct settings, api),
     "control plane, plain HTTP: for loopback or behind a TLS proxy; port 0 takes a free one"},
    {"mqtts", "ADDR:PORT", "0.0.0.0:8883", TEXT, offsetof(struct settings, mqtts),
     "MQTT over mutual TLS"},
    {"https", "ADDR:PORT", "0.0.0.0:8443", TEXT, offsetof(struct settings, https),
     "HTTPS, and MQTT by ALPN x-amzn-mqtt-ca"},
    {"mqtt", "ADDR:PORT", "off", TEXT, offsetof(struct settings, mqtt),
     "plain MQTT for trusted use on loopback; its clients have every right"},
    {"mqtt-policy", "NAME", NULL, TEXT, offsetof(struct settings, mqtt_policy),
     "gives clients of --mqtt the rights of this policy instead"},
    {"certificate", "FILE", NULL, TEXT, offsetof(struct settings, certificate),
     "your own server certificate chain (PEM) for the ATS names"},
    {"key", "FILE", NULL, TEXT, offsetof(struct settings, key), "its private key (PEM)"},
    {"profile", "aws|standard", "aws", PROFILE, offsetof(struct settings, profile),
     "AWS's limits and deviations, or the MQTT standard without quotas"},
    {"outbound", "public|private", "public", REACH, offsetof(struct settings, outbound),
     "where rules may send to: public addresses by https, or loopback and private ones too, also "
     "by http and without confirmation"},
    {"outbound-ca", "FILE", NULL, TEXT, offsetof(struct settings, outbound_ca),
     "CAs (PEM) that certificates there are checked against, instead of the system's"},
    {"function-processes", "N", "64", PROCESSES, offsetof(struct settings, function_processes),
     "of functions at once, busy and idle, 1–500; beyond them invocations are throttled"},
    {"function-network", "server|open", "server", NETWORK,
     offsetof(struct settings, function_network_open),
     "what functions may connect to: this server alone, or anything"},
    {"python", "FILE", NULL, TEXT, offsetof(struct settings, python),
     "runs functions of python3.*; the best one on PATH when not given"},
    {"node", "FILE", NULL, TEXT, offsetof(struct settings, node),
     "runs functions of nodejs*; the one on PATH when not given"},
    {"threads", "N", "one per core", THREADS, offsetof(struct settings, threads),
     "loop threads, 1–64"},
    {"function-retry", "SECONDS", "60", SECONDS, offsetof(struct settings, function_retry_s),
     "before a function that failed on an event is tried again, 1–3600; the third time after "
     "twice"},
    {"log-level", "LEVEL", "info", LEVEL, offsetof(struct settings, log_level),
     "debug, info, warn, error or off"},
    {"config", "FILE", NULL, CONFIG, 0,
     "more options, one a line: NAME VALUE; the command line wins"},
};

static const struct option *option_find(bytes name) {
    for (size_t i = 0; i < COUNT_OF(options); i++)
        if (bytes_equal(name, bytes_from(options[i].name)))
            return &options[i];
    return NULL;
}

void settings_help(struct buf *out) {
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        const struct option *o = &options[i];
        char head[64];
        (void)snprintf(head, sizeof head, "--%s %s", o->name, o->takes);
        buf_printf(out, "  %-24s %s", head, o->sentence);
        if (o->standard)
            buf_printf(out, " [%s]", o->standard);
        buf_append_byte(out, '\n');
    }
}

/* ---- values ---- */

static void *place(struct settings *s, const struct option *o) {
    return (char *)s + o->at;
}

static status set_profile(enum profile *out, const char *value) {
    if (strcmp(value, "aws") == 0)
        *out = PROFILE_AWS;
    else if (strcmp(value, "standard") == 0)
        *out = PROFILE_STANDARD;
    else
        return FAIL(E_INVALID, "--profile takes aws or standard, not %s", value);
    return OK;
}

static status set_threads(unsigned *out, const char *value) {
    uint64_t n;
    if (bytes_to_u64(bytes_from(value), 64, &n) != OK || n == 0)
        return FAIL(E_INVALID, "--threads takes a number from 1 to 64, not %s", value);
    *out = (unsigned)n;
    return OK;
}

static status set_processes(unsigned *out, const char *value) {
    uint64_t n;
    if (bytes_to_u64(bytes_from(value), 500, &n) != OK || n == 0)
        return FAIL(E_INVALID, "--function-processes takes a number from 1 to 500, not %s", value);
    *out = (unsigned)n;
    return OK;
}

static status set_network(bool *out, const char *value) {
    *out = strcmp(value, "open") == 0;
    if (!*out && strcmp(value, "server") != 0)
        return FAIL(E_INVALID, "--function-network takes server or open, not %s", value);
    return OK;
}

static status set_reach(enum web_reach *out, const char *value) {
    if (strcmp(value, "public") == 0)
        *out = REACH_PUBLIC;
    else if (strcmp(value, "private") == 0)
        *out = REACH_PRIVATE;
    else
        return FAIL(E_INVALID, "--outbound takes public or private, not %s", value);
    return OK;
}

static status set_seconds(const struct option *o, unsigned *out, const char *value) {
    uint64_t n;
    if (bytes_to_u64(bytes_from(value), 3600, &n) != OK || n == 0)
        return FAIL(E_INVALID, "--%s takes a number from 1 to 3600, not %s", o->name, value);
    *out = (unsigned)n;
    return OK;
}

static status set_option(struct settings *s, const struct option *o, const char *value) {
    switch (o->kind) {
    case TEXT:
        *(const char **)place(s, o) = value;
        return OK;
    case PROFILE:
        return set_profile(place(s, o), value);
    case THREADS:
        return set_threads(place(s, o), value);
    case SECONDS:
        return set_seconds(o, place(s, o), value);
    case LEVEL:
        return log_level_parse(bytes_from(value), place(s, o));
    case REACH:
        return set_reach(place(s, o), value);
    case PROCESSES:
        return set_processes(place(s, o), value);
    case NETWORK:
        return set_network(place(s, o), value);
    case CONFIG:
        return OK;
    }
    return FAIL(E_INTERNAL, "option %s has no kind", o->name);
}

/* ---- a file of options ---- */

enum { CONFIG_BYTES_MAX = 64 << 10 };

static status set_line(struct settings *s, struct arena *memory, const char *file, int number,
                       bytes line) {
    line = bytes_trim(line);
    if (line.len == 0 || line.ptr[0] == '#')
        return OK;
    size_t space = bytes_find(line, ' ');
    const struct option *o = option_find(bytes_slice(line, 0, space));
    bytes value = bytes_trim(bytes_skip(line, space));
    if (!o || o->kind == CONFIG || value.len == 0)
        return FAIL(E_INVALID, "%s:%d: '%.*s' is no option with a value; see kedge serve --help",
                    file, number, BYTES_ARG(line));
    return set_option(s, o, arena_string(memory, value));
}

static status read_config(struct settings *s, struct arena *memory, const char *file) {
    FILE *f = fopen(file, "re");
    if (!f)
        return FAIL(E_INVALID, "--config %s cannot be read: %m", file);
    char *text = arena_alloc(memory, CONFIG_BYTES_MAX);
    bytes left = bytes_of(text, fread(text, 1, CONFIG_BYTES_MAX, f)), line;
    (void)fclose(f);
    if (left.len == CONFIG_BYTES_MAX)
        return FAIL(E_INVALID, "--config %s is longer than 64 KiB", file);
    for (int number = 1; bytes_split(&left, '\n', &line); number++)
        TRY(set_line(s, memory, file, number, line));
    return OK;
}

/* ---- the command line ---- */

/* Takes "--name value" or "--name=value" at words[*i]. */
static status take_option(int count, char *const *words, int *i, const struct option **out_option,
                          const char **out_value) {
    const char *word = words[*i];
    if (strncmp(word, "--", 2) != 0)
        return FAIL(E_INVALID, "'%s' is no option; see kedge serve --help", word);
    bytes name = bytes_from(word + 2);
    size_t equals = bytes_find(name, '=');
    *out_option = option_find(bytes_slice(name, 0, equals));
    if (!*out_option)
        return FAIL(E_INVALID, "there is no option %s; see kedge serve --help", word);
    if (equals < name.len) {
        *out_value = word + 2 + equals + 1;
        return OK;
    }
    if (*i + 1 >= count)
        return FAIL(E_INVALID, "%s takes %s", word, (*out_option)->takes);
    *out_value = words[++*i];
    return OK;
}

static status each_option(int count, char *const *words, struct arena *memory, struct settings *s,
                          bool files) {
    for (int i = 0; i < count; i++) {
        const struct option *o;
        const char *value;
        TRY(take_option(count, words, &i, &o, &value));
        if (files && o->kind == CONFIG)
            TRY(read_config(s, memory, value));
        if (!files)
            TRY(set_option(s, o, value));
    }
    return OK;
}

static status check(const struct settings *s) {
    if ((s->certificate == NULL) != (s->key == NULL))
        return FAIL(E_INVALID, "--certificate and --key go together");
    if ((s->s3 == NULL) != (s->s3_keys == NULL))
        return FAIL(E_INVALID, "--s3 and --s3-keys go together");
    if (s->mqtt_policy && !s->mqtt)
        return FAIL(E_INVALID, "--mqtt-policy is for clients of --mqtt, which is off");
    return OK;
}

/* "off" means none; anything else must be an address. */
static status check_address(const char *option, const char **address) {
    struct address parsed;
    if (*address && strcmp(*address, "off") == 0)
        *address = NULL;
    if (*address && address_parse(bytes_from(*address), &parsed) != OK)
        return FAIL(E_INVALID, "%s takes ADDR:PORT or off, not %s: %s", option, *address,
                    failure_text());
    return OK;
}

static status check_account(const char *id) {
    if (id && (strlen(id) != 12 || strspn(id, "0123456789") != 12))
        return FAIL(E_INVALID, "--account takes 12 digits, like 123456789012, not '%s'", id);
    return OK;
}

status settings_parse(int count, char *const *words, struct arena *memory, struct settings *out) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct settings s = {.data = "./kedge-data",
                         .region = "us-east-1",
                         .api = "127.0.0.1:4566",
                         .mqtts = "0.0.0.0:8883",
                         .https = "0.0.0.0:8443",
                         .threads = cores < 1    ? 1
                                    : cores > 64 ? 64
                                                 : (unsigned)cores,
                         .function_retry_s = 60,
                         .log_level = LOG_INFO};
    TRY(each_option(count, words, memory, &s, true));
    TRY(each_option(count, words, memory, &s, false));
    TRY(check_address("--api", &s.api));
    TRY(check_address("--mqtts", &s.mqtts));
    TRY(check_address("--https", &s.https));
    TRY(check_address("--mqtt", &s.mqtt));
    TRY(check_account(s.account));
    TRY(check(&s));
    *out = s;
    return OK;
}

/* ---- profiles ---- */

static const struct limits profiles[] = {
    [PROFILE_AWS] = {.broker = {.hash_matches_parent = false,
                                .inflight_max = 100,
                                .queue_messages_max = 1000,
                                .queue_bytes_max = 8 << 20,
                                .output_bytes_max = 2 << 20,
                                .subscriptions_max = 50,
                                .link_bytes_max = 32 << 20},
                     .client_id_bytes_max = 128,
                     .payload_bytes_max = 131072,
                     .packet_bytes_max = 149504,
                     .keep_alive_least_s = 30,
                     .keep_alive_most_s = 1200,
                     .filters_per_subscribe_max = 8,
                     .aws_topics = true},
    [PROFILE_STANDARD] = {.broker = {.hash_matches_parent = true,
                                     .inflight_max = 8192,
                                     .queue_messages_max = 100000,
                                     .queue_bytes_max = 64 << 20,
                                     .output_bytes_max = 8 << 20,
                                     .subscriptions_max = 1 << 20,
                                     .link_bytes_max = 32 << 20},
                          .client_id_bytes_max = 65535,
                          .payload_bytes_max = 16 << 20,
                          .packet_bytes_max = (16 << 20) + 65536 + 16,
                          .filters_per_subscribe_max = 1024,
                          .dollar_client_ids = true,
                          .answer_denied_3_1_1 = true},
};

const struct limits *limits_of(enum profile profile) {
    return &profiles[profile];
}
