/* Where requests that others ask for may go: rules name URLs, and a URL may name this machine, its
 * network or the cloud's metadata service. What counts is the address that is connected to, not the
 * name: names may be written in many ways and resolve differently the next time. Pure; any
 * thread. */
#pragma once
#include "base/bytes.h"

struct sockaddr;

enum web_reach {
    REACH_PUBLIC,  /* public addresses, by https only */
    REACH_PRIVATE, /* loopback and private ones too; those also by http */
    REACH_ANY      /* what the operator himself has named */
};

enum neighbourhood {
    NEIGHBOURHOOD_PUBLIC,
    NEIGHBOURHOOD_PRIVATE, /* this machine, or the networks it is in */
    NEIGHBOURHOOD_NOBODY   /* link-local (metadata services), multicast, reserved, unspecified */
};

/* address_neighbourhood tells of an IPv4 or IPv6 address; IPv4 inside IPv6 (mapped, translated,
 * 6to4) counts as itself. Other families are nobody's. */
enum neighbourhood address_neighbourhood(const struct sockaddr *address);

/* reach_check decides about an address that is about to be connected to. E_DENIED says why not. */
NODISCARD
status reach_check(enum web_reach reach, bool is_https, const struct sockaddr *address);
