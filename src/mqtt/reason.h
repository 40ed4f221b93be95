/* Reason codes of MQTT 5 [MQTT5 2.4] and return codes of 3.1.1's CONNACK [MQTT311 3.2.2.3]. */
#pragma once
#include "mqtt/property.h"

#define MQTT_IN_ACK_ERRORS (MQTT_IN(MQTT_PUBACK) | MQTT_IN(MQTT_PUBREC))
#define MQTT_IN_SUB_ERRORS (MQTT_IN(MQTT_SUBACK) | MQTT_IN(MQTT_UNSUBACK))
#define MQTT_IN_CONNACK MQTT_IN(MQTT_CONNACK)
#define MQTT_IN_DISCONNECT MQTT_IN(MQTT_DISCONNECT)
#define MQTT_IN_BOTH_ENDS (MQTT_IN_CONNACK | MQTT_IN_DISCONNECT)

/*    name                           code  text   packets   */
#define MQTT_REASON_TABLE(X)                                                                       \
    X(SUCCESS, 0x00, "Success",                                                                    \
      MQTT_IN_BOTH_ENDS | MQTT_IN_ACKS | MQTT_IN_SUB_ERRORS | MQTT_IN(MQTT_AUTH))                  \
    X(GRANTED_QOS_1, 0x01, "Granted QoS 1", MQTT_IN(MQTT_SUBACK))                                  \
    X(GRANTED_QOS_2, 0x02, "Granted QoS 2", MQTT_IN(MQTT_SUBACK))                                  \
    X(DISCONNECT_WITH_WILL, 0x04, "Disconnect with Will Message", MQTT_IN_DISCONNECT)              \
    X(NO_MATCHING_SUBSCRIBERS, 0x10, "No matching subscribers", MQTT_IN_ACK_ERRORS)                \
    X(NO_SUBSCRIPTION_EXISTED, 0x11, "No subscription existed", MQTT_IN(MQTT_UNSUBACK))            \
    X(CONTINUE_AUTHENTICATION, 0x18, "Continue authentication", MQTT_IN(MQTT_AUTH))                \
    X(RE_AUTHENTICATE, 0x19, "Re-authenticate", MQTT_IN(MQTT_AUTH))                                \
    X(UNSPECIFIED_ERROR, 0x80, "Unspecified error",                                                \
      MQTT_IN_BOTH_ENDS | MQTT_IN_ACK_ERRORS | MQTT_IN_SUB_ERRORS)                                 \
    X(MALFORMED_PACKET, 0x81, "Malformed Packet", MQTT_IN_BOTH_ENDS)                               \
    X(PROTOCOL_ERROR, 0x82, "Protocol Error", MQTT_IN_BOTH_ENDS)                                   \
    X(IMPLEMENTATION_SPECIFIC, 0x83, "Implementation specific error",                              \
      MQTT_IN_BOTH_ENDS | MQTT_IN_ACK_ERRORS | MQTT_IN_SUB_ERRORS)                                 \
    X(UNSUPPORTED_PROTOCOL_VERSION, 0x84, "Unsupported Protocol Version", MQTT_IN_CONNACK)         \
    X(CLIENT_IDENTIFIER_NOT_VALID, 0x85, "Client Identifier not valid", MQTT_IN_CONNACK)           \
    X(BAD_USER_NAME_OR_PASSWORD, 0x86, "Bad User Name or Password", MQTT_IN_CONNACK)               \
    X(NOT_AUTHORIZED, 0x87, "Not authorized",                                                      \
      MQTT_IN_BOTH_ENDS | MQTT_IN_ACK_ERRORS | MQTT_IN_SUB_ERRORS)                                 \
    X(SERVER_UNAVAILABLE, 0x88, "Server unavailable", MQTT_IN_CONNACK)                             \
    X(SERVER_BUSY, 0x89, "Server busy", MQTT_IN_BOTH_ENDS)                                         \
    X(BANNED, 0x8A, "Banned", MQTT_IN_CONNACK)                                                     \
    X(SERVER_SHUTTING_DOWN, 0x8B, "Server shutting down", MQTT_IN_DISCONNECT)                      \
    X(BAD_AUTHENTICATION_METHOD, 0x8C, "Bad authentication method", MQTT_IN_BOTH_ENDS)             \
    X(KEEP_ALIVE_TIMEOUT, 0x8D, "Keep Alive timeout", MQTT_IN_DISCONNECT)                          \
    X(SESSION_TAKEN_OVER, 0x8E, "Session taken over", MQTT_IN_DISCONNECT)                          \
    X(TOPIC_FILTER_INVALID, 0x8F, "Topic Filter invalid", MQTT_IN_SUB_ERRORS | MQTT_IN_DISCONNECT) \
    X(TOPIC_NAME_INVALID, 0x90, "Topic Name invalid", MQTT_IN_BOTH_ENDS | MQTT_IN_ACK_ERRORS)      \
    X(PACKET_IDENTIFIER_IN_USE, 0x91, "Packet Identifier in use",                                  \
      MQTT_IN_ACK_ERRORS | MQTT_IN_SUB_ERRORS)                                                     \
    X(PACKET_IDENTIFIER_NOT_FOUND, 0x92, "Packet Identifier not found",                            \
      MQTT_IN(MQTT_PUBREL) | MQTT_IN(MQTT_PUBCOMP))                                                \
    X(RECEIVE_MAXIMUM_EXCEEDED, 0x93, "Receive Maximum exceeded", MQTT_IN_DISCONNECT)              \
    X(TOPIC_ALIAS_INVALID, 0x94, "Topic Alias invalid", MQTT_IN_DISCONNECT)                        \
    X(PACKET_TOO_LARGE, 0x95, "Packet too large", MQTT_IN_BOTH_ENDS)                               \
    X(MESSAGE_RATE_TOO_HIGH, 0x96, "Message rate too high", MQTT_IN_DISCONNECT)                    \
    X(QUOTA_EXCEEDED, 0x97, "Quota exceeded",                                                      \
      MQTT_IN_BOTH_ENDS | MQTT_IN_ACK_ERRORS | MQTT_IN(MQTT_SUBACK))                               \
    X(ADMINISTRATIVE_ACTION, 0x98, "Administrative action", MQTT_IN_DISCONNECT)                    \
    X(PAYLOAD_FORMAT_INVALID, 0x99, "Payload format invalid",                                      \
      MQTT_IN_BOTH_ENDS | MQTT_IN_ACK_ERRORS)                                                      \
    X(RETAIN_NOT_SUPPORTED, 0x9A, "Retain not supported", MQTT_IN_BOTH_ENDS)                       \
    X(QOS_NOT_SUPPORTED, 0x9B, "QoS not supported", MQTT_IN_BOTH_ENDS)                             \
    X(USE_ANOTHER_SERVER, 0x9C, "Use another server", MQTT_IN_BOTH_ENDS)                           \
    X(SERVER_MOVED, 0x9D, "Server moved", MQTT_IN_BOTH_ENDS)                                       \
    X(SHARED_SUBSCRIPTIONS_NOT_SUPPORTED, 0x9E, "Shared Subscriptions not supported",              \
      MQTT_IN(MQTT_SUBACK) | MQTT_IN_DISCONNECT)                                                   \
    X(CONNECTION_RATE_EXCEEDED, 0x9F, "Connection rate exceeded", MQTT_IN_BOTH_ENDS)               \
    X(MAXIMUM_CONNECT_TIME, 0xA0, "Maximum connect time", MQTT_IN_DISCONNECT)                      \
    X(SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED, 0xA1, "Subscription Identifiers not supported",      \
      MQTT_IN(MQTT_SUBACK) | MQTT_IN_DISCONNECT)                                                   \
    X(WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED, 0xA2, "Wildcard Subscriptions not supported",          \
      MQTT_IN(MQTT_SUBACK) | MQTT_IN_DISCONNECT)

enum mqtt_reason {
#define MQTT_REASON_CODE(name, code, ...) MQTT_REASON_##name = (code),
    MQTT_REASON_TABLE(MQTT_REASON_CODE)
#undef MQTT_REASON_CODE
};

/* Return codes of CONNACK in 3.1.1; the same bytes mean other things in 5. */
#define MQTT_RETURN_TABLE(X)                                             \
    X(ACCEPTED, 0, "Connection accepted")                                \
    X(UNACCEPTABLE_PROTOCOL_VERSION, 1, "unacceptable protocol version") \
    X(IDENTIFIER_REJECTED, 2, "identifier rejected")                     \
    X(SERVER_UNAVAILABLE, 3, "Server unavailable")                       \
    X(BAD_USER_NAME_OR_PASSWORD, 4, "bad user name or password")         \
    X(NOT_AUTHORIZED, 5, "not authorized")

enum mqtt_return {
#define MQTT_RETURN_CODE(name, code, ...) MQTT_RETURN_##name = (code),
    MQTT_RETURN_TABLE(MQTT_RETURN_CODE)
#undef MQTT_RETURN_CODE
};

enum { MQTT_SUBACK_FAILURE_3_1_1 = 0x80 }; /* the one failure code there [MQTT311-3.9.3-2] */

/* mqtt_reason_text is the specification's name, "Not authorized"; "unknown reason code" else. */
const char *mqtt_reason_text(uint8_t code);
const char *mqtt_return_text(uint8_t code);
/* mqtt_reason_is_allowed: may `code` stand in a packet of this type in MQTT 5? */
bool mqtt_reason_is_allowed(enum mqtt_type packet, uint8_t code);
/* mqtt_return_from_reason is the nearest 3.1.1 CONNACK code for a MQTT 5 reason. */
uint8_t mqtt_return_from_reason(uint8_t reason);
