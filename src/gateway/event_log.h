/* The log of the service: what happens to devices and rules, as lines of AWS's form in the log
 * group AWSIotLogsV2, at the levels the account has set [AWS device-gateway 18, rules 6.7].
 *
 * What of a client is logged is one set of bits, worked out when it connects and again when levels
 * change; an event that is not wanted costs one look at it. Lines are appended to the logs, which
 * never wait (logs/logs.h). */
#pragma once
#include <stdatomic.h>

#include "base/bytes.h"
#include "store/store.h"

struct connection;
struct event_log;
struct mqtt_client;
struct server;

/*    event, its name, level when it went well; failures are ERROR */
#define LOGGED_EVENTS(X)                              \
    X(CONNECT, "Connect", INFO)                       \
    X(AUTHN_ERROR, "Connection.AuthNError", ERROR)    \
    X(DISCONNECT, "Disconnect", INFO)                 \
    X(PING, "Ping", DEBUG)                            \
    X(PUBLISH_IN, "Publish-In", INFO)                 \
    X(PUBLISH_OUT, "Publish-Out", INFO)               \
    X(SUBSCRIBE, "Subscribe", INFO)                   \
    X(UNSUBSCRIBE, "Unsubscribe", INFO)               \
    X(RULE_MATCH, "RuleMatch", INFO)                  \
    X(RULE_START, "StartingRuleExecution", DEBUG)     \
    X(RULE_EXECUTION, "RuleExecution", INFO)          \
    X(FUNCTION_EXECUTION, "FunctionExecution", DEBUG) \
    X(RULE_NOT_FOUND, "RuleNotFound", ERROR)          \
    X(RULE_THROTTLED, "RuleMessageThrottled", ERROR)  \
    X(PROVISION_DEVICE, "ProvisionDevice", INFO)      \
    X(GET_DEVICE_CREDENTIALS, "GetDeviceCredentials", INFO)

enum logged {
#define LOGGED_ENUM(event, name, level) LOGGED_##event,
    LOGGED_EVENTS(LOGGED_ENUM)
#undef LOGGED_ENUM
        LOGGED_COUNT
};

/* A set of events that are wanted: bit i when it went well, bit 32 + i when it failed. */
typedef uint64_t logged_set;
static inline bool is_logged(logged_set set, enum logged event) {
    return set >> event & 1;
}
static inline bool is_failure_logged(logged_set set, enum logged event) {
    return set >> (32 + event) & 1;
}

/* event_log_open reads the levels of all accounts; after the store and the logs. */
NODISCARD
status event_log_open(struct server *s);
void event_log_close(struct server *s);
/* event_log_told takes in changed levels; part of the store's listener. Live clients have them when
 * their loop gets to it. */
void event_log_told(struct server *s, const struct change *changes, size_t count);

/* Of whom an event tells; what is not known has no bytes. All borrowed. */
struct logged_subject {
    bytes account, client_id, principal, source_ip;
    bytes groups; /* names, each ended by a zero */
    uint16_t source_port;
    const char *protocol; /* "MQTT", "HTTP"; NULL: none */
};
/* event_log_wants gives what is logged of a subject: the level of its client identifier, else of
 * its principal, its address, the most talkative of its groups, else the default. Any thread. */
logged_set event_log_wants(struct server *s, const struct logged_subject *subject);

/* What happened; members that are NULL or without bytes stay out of the line. */
struct logged_event {
    enum logged event;
    bool failed;
    bytes topic;
    const char *reason, *details, *disconnect_reason;
    bytes rule_name, resource, template_name, certificate_id;
    const char *rule_action; /* "republish": told as "RepublishAction" */
    const char *trace_id;    /* NULL: a new one */
};
/* event_log_write appends the line; whether it is wanted was asked before. Any thread. */
void event_log_write(struct server *s, const struct logged_subject *subject,
                     const struct logged_event *e);

/* ---- of clients; on their loop ---- */

/* event_log_mark works out what is wanted of a client. */
void event_log_mark(struct mqtt_client *m);
/* event_log_client writes of a client what is wanted. */
void event_log_client(struct mqtt_client *m, const struct logged_event *e);
/* event_log_refused tells of a client that was not let in: nothing was worked out for it yet. */
void event_log_refused(struct mqtt_client *m, const char *event, const char *sentence);
