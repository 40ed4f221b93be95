/* What one run of the load generator was told; main.c reads it from the command line. */
#pragma once
#include "base/bytes.h"

struct options {
    const char *work; /* the first word: messages, connects, idle or storm */
    uint16_t port;
    int server; /* the process whose CPU and memory count */
    unsigned qos, publishers, subscribers, payload, window, rate, connections;
    double seconds, warm_up_s;
    bool fan; /* everybody meets on one topic */
    const char *ca, *certificate, *key, *host;
};

extern struct options o;
