#include "web/reach.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "support/testing.h"

static const struct sockaddr *address(const char *text) {
    static struct sockaddr_in6 in6;
    static struct sockaddr_in in;
    in = (struct sockaddr_in){.sin_family = AF_INET};
    in6 = (struct sockaddr_in6){.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        return (const void *)&in;
    CHECK_INT(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return (const void *)&in6;
}

TEST(an_address_is_public_private_or_nobodys) { /* [RFC 6890] */
    static const struct {
        const char *address;
        enum neighbourhood whose;
    } rows[] = {
        {"8.8.8.8", NEIGHBOURHOOD_PUBLIC},
        {"1.0.0.1", NEIGHBOURHOOD_PUBLIC},
        {"100.63.255.255", NEIGHBOURHOOD_PUBLIC},
        {"100.128.0.0", NEIGHBOURHOOD_PUBLIC},
        {"172.15.255.255", NEIGHBOURHOOD_PUBLIC},
        {"172.32.0.0", NEIGHBOURHOOD_PUBLIC},
        {"192.167.255.255", NEIGHBOURHOOD_PUBLIC},
        {"198.17.255.255", NEIGHBOURHOOD_PUBLIC},
        {"198.20.0.0", NEIGHBOURHOOD_PUBLIC},
        {"223.255.255.255", NEIGHBOURHOOD_PUBLIC},
        {"10.0.0.1", NEIGHBOURHOOD_PRIVATE},
        {"100.64.0.1", NEIGHBOURHOOD_PRIVATE},
        {"127.0.0.1", NEIGHBOURHOOD_PRIVATE},
        {"127.255.255.254", NEIGHBOURHOOD_PRIVATE},
        {"172.16.0.1", NEIGHBOURHOOD_PRIVATE},
        {"172.31.255.255", NEIGHBOURHOOD_PRIVATE},
        {"192.168.1.1", NEIGHBOURHOOD_PRIVATE},
        {"198.19.255.255", NEIGHBOURHOOD_PRIVATE},
        {"0.0.0.0", NEIGHBOURHOOD_NOBODY},
        {"0.1.2.3", NEIGHBOURHOOD_NOBODY},
        {"169.254.169.254", NEIGHBOURHOOD_NOBODY},
        {"192.0.0.192", NEIGHBOURHOOD_NOBODY},
        {"224.0.0.1", NEIGHBOURHOOD_NOBODY},
        {"255.255.255.255", NEIGHBOURHOOD_NOBODY},
        {"2606:4700:4700::1111", NEIGHBOURHOOD_PUBLIC},
        {"::1", NEIGHBOURHOOD_PRIVATE},
        {"fd00:ec2::254", NEIGHBOURHOOD_PRIVATE},
        {"fc00::1", NEIGHBOURHOOD_PRIVATE},
        {"::", NEIGHBOURHOOD_NOBODY},
        {"fe80::1", NEIGHBOURHOOD_NOBODY},
        {"febf::1", NEIGHBOURHOOD_NOBODY},
        {"ff02::1", NEIGHBOURHOOD_NOBODY},
        {"2001::1", NEIGHBOURHOOD_NOBODY},
        {"2001:db8::1", NEIGHBOURHOOD_NOBODY},
        {"::127.0.0.1", NEIGHBOURHOOD_NOBODY},
        {"::ffff:8.8.8.8", NEIGHBOURHOOD_PUBLIC},
        {"::ffff:127.0.0.1", NEIGHBOURHOOD_PRIVATE},
        {"::ffff:10.1.2.3", NEIGHBOURHOOD_PRIVATE},
        {"::ffff:169.254.169.254", NEIGHBOURHOOD_NOBODY},
        {"::ffff:0:127.0.0.1", NEIGHBOURHOOD_PRIVATE},
        {"64:ff9b::127.0.0.1", NEIGHBOURHOOD_PRIVATE},
        {"64:ff9b::a9fe:a9fe", NEIGHBOURHOOD_NOBODY},
        {"2002:7f00:1::1", NEIGHBOURHOOD_PRIVATE},
        {"2002:a9fe:a9fe::", NEIGHBOURHOOD_NOBODY},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (address_neighbourhood(address(rows[i].address)) != rows[i].whose)
            CHECK_TEXT(rows[i].address, "is someone else's");
}

TEST(what_is_no_ip_address_is_nobodys) {
    struct sockaddr unix_socket = {.sa_family = AF_UNIX};
    CHECK_INT(address_neighbourhood(&unix_socket), NEIGHBOURHOOD_NOBODY);
}

TEST(the_setting_and_the_scheme_decide_who_is_reached) {
    static const struct {
        enum web_reach reach;
        bool is_https;
        const char *address;
        const char *refusal; /* NULL: none */
    } rows[] = {
        {REACH_PUBLIC, true, "8.8.8.8", NULL},
        {REACH_PUBLIC, false, "8.8.8.8",
         "8.8.8.8 is a public address, and those are reached by https"},
        {REACH_PUBLIC, true, "127.0.0.1",
         "127.0.0.1 is an address of this machine or of a private"},
        {REACH_PUBLIC, true, "::1", "--outbound private"},
        {REACH_PUBLIC, true, "169.254.169.254", "169.254.169.254 is a link-local"},
        {REACH_PRIVATE, true, "10.0.0.1", NULL},
        {REACH_PRIVATE, false, "10.0.0.1", NULL},
        {REACH_PRIVATE, false, "8.8.8.8", "by https only"},
        {REACH_PRIVATE, true, "8.8.8.8", NULL},
        {REACH_PRIVATE, true, "::ffff:169.254.169.254", "reserved address"},
        {REACH_ANY, false, "169.254.169.254", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].refusal)
            CHECK_FAILS(reach_check(rows[i].reach, rows[i].is_https, address(rows[i].address)),
                        E_DENIED, rows[i].refusal);
        else
            CHECK_OK(reach_check(rows[i].reach, rows[i].is_https, address(rows[i].address)));
    }
}

TEST_MAIN("web/reach")
