/* Numeric socket addresses as text: "127.0.0.1:8883", "[::1]:8883". For loop/ and its tests. */
#pragma once
#include <sys/socket.h>

#include "base/bytes.h"

struct address {
    struct sockaddr_storage storage;
    socklen_t len;
};

/* address_parse reads "ADDR:PORT"; "localhost" is 127.0.0.1. E_INVALID with a sentence. */
NODISCARD
status address_parse(bytes text, struct address *out_address);
uint16_t address_port(const struct address *a);
void address_set_port(struct address *a, uint16_t port);
/* address_host writes the numeric host; an IPv4 peer of an IPv6 socket reads as IPv4. */
void address_host(const struct address *a, char out_host[46]);
/* address_format writes it as address_parse reads it. */
void address_format(const struct address *a, char out_text[64]);
