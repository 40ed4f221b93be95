#include "loop/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static status not_an_address(bytes text) {
    return FAIL(E_INVALID,
                "'%.*s' is not an address to listen on: write ADDR:PORT, such as 127.0.0.1:8883, "
                "0.0.0.0:8883 or [::1]:8883",
                (int)(text.len < 100 ? text.len : 100), (const char *)text.ptr);
}

/* The last colon parts host and port; what stands in brackets is IPv6. */
static bool cut(bytes text, bytes *out_host, bytes *out_port) {
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return false;
    *out_host = bytes_slice(text, 0, colon - 1);
    *out_port = bytes_skip(text, colon);
    return true;
}

static bool parse_host(bytes host, struct address *out) {
    char name[INET6_ADDRSTRLEN + 1] = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&out->storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->storage;
    bool bracketed = bytes_start_with(host, BYTES("[")) && bytes_end_with(host, BYTES("]"));
    if (bytes_equal(host, BYTES("localhost")))
        host = BYTES("127.0.0.1");
    if (bracketed)
        host = bytes_slice(host, 1, host.len - 2);
    if (host.len == 0 || host.len >= sizeof name)
        return false;
    memcpy(name, host.ptr, host.len);
    out->storage.ss_family = bracketed ? AF_INET6 : AF_INET;
    out->len = bracketed ? sizeof *v6 : sizeof *v4;
    return bracketed ? inet_pton(AF_INET6, name, &v6->sin6_addr) == 1
                     : inet_pton(AF_INET, name, &v4->sin_addr) == 1;
}

status address_parse(bytes text, struct address *out_address) {
    struct address a = {0};
    bytes host, port_text;
    uint64_t port;
    if (!cut(text, &host, &port_text) || !parse_host(host, &a))
        return not_an_address(text);
    if (bytes_to_u64(port_text, UINT16_MAX, &port) != OK)
        return not_an_address(text);
    address_set_port(&a, (uint16_t)port);
    *out_address = a;
    return OK;
}

uint16_t address_port(const struct address *a) {
    if (a->storage.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&a->storage)->sin6_port);
    return ntohs(((const struct sockaddr_in *)&a->storage)->sin_port);
}

void address_set_port(struct address *a, uint16_t port) {
    if (a->storage.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&a->storage)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)&a->storage)->sin_port = htons(port);
}

void address_host(const struct address *a, char out_host[46]) {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->storage;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->storage;
    out_host[0] = 0;
    if (a->storage.ss_family == AF_INET)
        (void)inet_ntop(AF_INET, &v4->sin_addr, out_host, 46);
    else if (a->storage.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        (void)inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], out_host, 46);
    else if (a->storage.ss_family == AF_INET6)
        (void)inet_ntop(AF_INET6, &v6->sin6_addr, out_host, 46);
}

void address_format(const struct address *a, char out_text[64]) {
    char host[46];
    address_host(a, host);
    bool v6 = strchr(host, ':') != NULL;
    (void)snprintf(out_text, 64, v6 ? "[%s]:%u" : "%s:%u", host, address_port(a));
}
