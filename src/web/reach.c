#include "web/reach.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

struct network {
    uint8_t prefix[16];
    unsigned bits;
    enum neighbourhood whose;
};

/* The special-purpose registries [RFC 6890]; what is in none of them is public. */
static const struct network networks4[] = {
    {{0}, 8, NEIGHBOURHOOD_NOBODY},
    {{10}, 8, NEIGHBOURHOOD_PRIVATE},
    {{100, 64}, 10, NEIGHBOURHOOD_PRIVATE}, /* carriers' */
    {{127}, 8, NEIGHBOURHOOD_PRIVATE},
    {{169, 254}, 16, NEIGHBOURHOOD_NOBODY}, /* 169.254.169.254 hands out credentials */
    {{172, 16}, 12, NEIGHBOURHOOD_PRIVATE},
    {{192, 0, 0}, 24, NEIGHBOURHOOD_NOBODY},
    {{192, 0, 2}, 24, NEIGHBOURHOOD_NOBODY},
    {{192, 88, 99}, 24, NEIGHBOURHOOD_NOBODY},
    {{192, 168}, 16, NEIGHBOURHOOD_PRIVATE},
    {{198, 18}, 15, NEIGHBOURHOOD_PRIVATE},
    {{198, 51, 100}, 24, NEIGHBOURHOOD_NOBODY},
    {{203, 0, 113}, 24, NEIGHBOURHOOD_NOBODY},
    {{224}, 4, NEIGHBOURHOOD_NOBODY},
    {{240}, 4, NEIGHBOURHOOD_NOBODY},
};
static const struct network networks6[] = {
    {{[15] = 1}, 128, NEIGHBOURHOOD_PRIVATE},
    {{0x00, 0x64, 0xff, 0x9b, 0, 1}, 48, NEIGHBOURHOOD_PRIVATE},
    {{0x01}, 8, NEIGHBOURHOOD_NOBODY},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, NEIGHBOURHOOD_NOBODY},
    {{0x20, 0x01, 0, 0}, 23, NEIGHBOURHOOD_NOBODY}, /* Teredo and others */
    {{0xfc}, 7, NEIGHBOURHOOD_PRIVATE},
    {{0xfe, 0x80}, 10, NEIGHBOURHOOD_NOBODY},
    {{0xfe, 0xc0}, 10, NEIGHBOURHOOD_PRIVATE},
    {{0xff}, 8, NEIGHBOURHOOD_NOBODY},
    {{0}, 8, NEIGHBOURHOOD_NOBODY},
};
/* Where an IPv4 address stands in an IPv6 one. */
static const struct {
    uint8_t prefix[16];
    unsigned bits, at;
} wrappings[] = {
    {{[10] = 0xff, [11] = 0xff}, 96, 12}, /* ::ffff:a.b.c.d */
    {{0x00, 0x64, 0xff, 0x9b}, 96, 12},   /* 64:ff9b::a.b.c.d */
    {{[8] = 0xff, [9] = 0xff}, 96, 12},   /* ::ffff:0:a.b.c.d */
    {{0x20, 0x02}, 16, 2},                /* 6to4 */
};

static bool begins_with(const uint8_t *address, const uint8_t *prefix, unsigned bits) {
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(address, prefix, whole) != 0)
        return false;
    return rest == 0 || (address[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

static enum neighbourhood find(const struct network *networks, size_t count,
                               const uint8_t *address) {
    for (size_t i = 0; i < count; i++)
        if (begins_with(address, networks[i].prefix, networks[i].bits))
            return networks[i].whose;
    return NEIGHBOURHOOD_PUBLIC;
}

static enum neighbourhood find4(const uint8_t *address) {
    return find(networks4, COUNT_OF(networks4), address);
}

static enum neighbourhood find6(const uint8_t *address) {
    for (size_t i = 0; i < COUNT_OF(wrappings); i++)
        if (begins_with(address, wrappings[i].prefix, wrappings[i].bits))
            return find4(address + wrappings[i].at);
    return find(networks6, COUNT_OF(networks6), address);
}

enum neighbourhood address_neighbourhood(const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;
        return find4((const uint8_t *)&in->sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)address;
        return find6(in6->sin6_addr.s6_addr);
    }
    return NEIGHBOURHOOD_NOBODY;
}

static void name_address(const struct sockaddr *address, char out[NI_MAXHOST]) {
    socklen_t len =
        address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (getnameinfo(address, len, out, NI_MAXHOST, NULL, 0, NI_NUMERICHOST) != 0)
        memcpy(out, "?", 2);
}

status reach_check(enum web_reach reach, bool is_https, const struct sockaddr *address) {
    char name[NI_MAXHOST];
    if (reach == REACH_ANY)
        return OK;
    enum neighbourhood whose = address_neighbourhood(address);
    if (whose == NEIGHBOURHOOD_PUBLIC && is_https)
        return OK;
    if (whose == NEIGHBOURHOOD_PRIVATE && reach == REACH_PRIVATE)
        return OK;
    name_address(address, name);
    if (whose == NEIGHBOURHOOD_PUBLIC)
        return FAIL(E_DENIED, "%s is a public address, and those are reached by https only", name);
    if (whose == NEIGHBOURHOOD_PRIVATE)
        return FAIL(E_DENIED,
                    "%s is an address of this machine or of a private network, which rules reach "
                    "only when the server runs with --outbound private",
                    name);
    return FAIL(E_DENIED,
                "%s is a link-local, multicast or reserved address, which rules do not "
                "reach",
                name);
}
