/* Why a TLS connection failed, as a sentence that says what to do. */
#pragma once
#include "tls/connection.h"

struct tls_trouble {
    unsigned long openssl;          /* code of OpenSSL's error queue, 0 for none */
    int alert_sent, alert_received; /* -1 for none */
    enum tls_chain chain;           /* shown to the client */
    bool ended, nothing_came;       /* the client closed; before it sent anything */
};

/* reason_fail records the sentence of a failed handshake and returns its status: E_DENIED when the
 * client did not prove who it is, else E_PROTOCOL. */
NODISCARD
status reason_fail(const struct tls_trouble *t);

/* reason_of_plain tells what arrives instead of TLS: NULL when `first` begins like TLS. */
const char *reason_of_plain(bytes first);
