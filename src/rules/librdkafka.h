/* librdkafka's functions, without their `rd_kafka_`; loaded when first needed. */
#pragma once
#include <librdkafka/rdkafka.h>

#include "base/status.h"

#define LIBRDKAFKA_FUNCTIONS(X) \
    X(conf_destroy)             \
    X(conf_new)                 \
    X(conf_set)                 \
    X(conf_set_connect_cb)      \
    X(conf_set_dr_msg_cb)       \
    X(conf_set_error_cb)        \
    X(conf_set_opaque)          \
    X(destroy)                  \
    X(err2str)                  \
    X(header_add)               \
    X(headers_destroy)          \
    X(headers_new)              \
    X(new)                      \
    X(poll)                     \
    X(producev)                 \
    X(purge)

struct librdkafka {
#define LIBRDKAFKA_MEMBER(name) __typeof__(rd_kafka_##name) *name;
    LIBRDKAFKA_FUNCTIONS(LIBRDKAFKA_MEMBER)
#undef LIBRDKAFKA_MEMBER
};
extern struct librdkafka librdkafka;

/* librdkafka_load is to be called before the functions are; E_UNAVAILABLE. */
NODISCARD
status librdkafka_load(void);
