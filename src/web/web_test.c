#include "web/web.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/testing.h"

TEST(urls_are_judged_before_any_name_is_looked_up) { /* [AWS rules 6.2] */
    static const struct {
        enum web_reach reach;
        const char *url;
        const char *refusal; /* NULL: none */
    } rows[] = {
        {REACH_PUBLIC, "https://example.com/hook?a=b", NULL},
        {REACH_PUBLIC, "https://8.8.8.8:8443/", NULL},
        {REACH_PUBLIC, "HTTPS://example.com", NULL},
        {REACH_PUBLIC, "http://example.com/", "must use HTTPS; plain http is there for private"},
        {REACH_PRIVATE, "http://example.com/", NULL}, /* its addresses will tell */
        {REACH_PRIVATE, "http://127.0.0.1:9/x", NULL},
        {REACH_PRIVATE, "ftp://10.0.0.1/", "must use HTTPS"},
        {REACH_PUBLIC, "file:///etc/passwd", ""},
        {REACH_PUBLIC, "gopher://example.com/", ""},
        {REACH_PUBLIC, "example.com/hook", "is not a URL"},
        {REACH_PUBLIC, "", "1 to 2000"},
        {REACH_PUBLIC, "https://", "is not a URL"},
        {REACH_PUBLIC, "https://a b/", "no blanks"},
        {REACH_PUBLIC, "https://a/\r\nX: y", "no blanks"},
        {REACH_PUBLIC, "https://user:word@example.com/", "a user or a password"},
        {REACH_PUBLIC, "https://user@127.0.0.1/", "a user or a password"},
        {REACH_PUBLIC, "https://[::1]/", "name or an IPv4 address"},
        {REACH_PRIVATE, "https://[::ffff:127.0.0.1]/", "name or an IPv4 address"},
        {REACH_PUBLIC, "https://127.0.0.1/", "127.0.0.1 is an address of this machine"},
        {REACH_PUBLIC, "https://2130706433/", "127.0.0.1 is an address of this machine"},
        {REACH_PUBLIC, "https://0x7f000001/", "127.0.0.1 is an address of this machine"},
        {REACH_PUBLIC, "https://0177.0.0.1/", "127.0.0.1 is an address of this machine"},
        {REACH_PUBLIC, "https://127.1/", "127.0.0.1 is an address of this machine"},
        {REACH_PUBLIC, "https://0/", "0.0.0.0 is a link-local, multicast or reserved"},
        {REACH_PRIVATE, "https://0/", "0.0.0.0 is a link-local, multicast or reserved"},
        {REACH_PRIVATE, "http://169.254.169.254/latest/", "169.254.169.254 is a link-local"},
        {REACH_PRIVATE, "http://2852039166/latest/", "169.254.169.254 is a link-local"},
        {REACH_PRIVATE, "http://8.8.8.8/", "by https only"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].refusal)
            CHECK_FAILS(web_url_check(bytes_from(rows[i].url), rows[i].reach), E_INVALID,
                        rows[i].refusal);
        else
            CHECK_OK(web_url_check(bytes_from(rows[i].url), rows[i].reach));
    }
}

TEST(a_url_may_not_hold_a_zero) {
    CHECK_FAILS(web_url_check(BYTES("https://a\0b/"), REACH_PUBLIC), E_INVALID, "1 to 2000");
}

TEST(who_is_called_is_scheme_host_and_port) {
    AUTO(arena) memory = {0};
    bytes authority;
    CHECK_OK(web_url_authority(&memory, BYTES("HTTPS://Example.COM/Path?Q"), &authority));
    CHECK_BYTES(authority, BYTES("https://example.com:443"));
    CHECK_OK(web_url_authority(&memory, BYTES("http://127.1:8080"), &authority));
    CHECK_BYTES(authority, BYTES("http://127.0.0.1:8080"));
}

TEST(this_machine_is_private_by_any_of_its_names) {
    CHECK(web_url_is_private(BYTES("http://localhost:1/")));
    CHECK(web_url_is_private(BYTES("http://127.0.0.1/")));
    CHECK(!web_url_is_private(BYTES("https://8.8.8.8/")));
    CHECK(!web_url_is_private(BYTES("https://169.254.169.254/")));
}

/* ---- a server that answers each connection with the same bytes ---- */

struct peer {
    int listener;
    unsigned port;
    const char *answer; /* NULL: never answers */
    char asked[4096];
    pthread_t thread;
    _Atomic unsigned connections;
    _Atomic bool ends;
};

static void answer_one(struct peer *p, int fd) {
    size_t len = 0;
    while (len + 1 < sizeof p->asked) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, 200) <= 0)
            break;
        ssize_t got = read(fd, p->asked + len, sizeof p->asked - 1 - len);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    p->asked[len] = 0;
    if (p->answer)
        (void)!write(fd, p->answer, strlen(p->answer));
    else
        while (!atomic_load(&p->ends))
            (void)usleep(1000);
    (void)close(fd);
}

static void *serve(void *context) {
    struct peer *p = context;
    while (!atomic_load(&p->ends)) {
        struct pollfd ready = {.fd = p->listener, .events = POLLIN};
        if (poll(&ready, 1, 10) <= 0)
            continue;
        int fd = accept(p->listener, NULL, NULL);
        atomic_fetch_add(&p->connections, 1);
        answer_one(p, fd);
    }
    return NULL;
}

static void peer_start(struct peer *p, const char *answer) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof here;
    memset(p, 0, sizeof *p);
    p->answer = answer;
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(p->listener, (void *)&here, sizeof here), 0);
    CHECK_INT(listen(p->listener, 8), 0);
    CHECK_INT(getsockname(p->listener, (void *)&here, &len), 0);
    p->port = ntohs(here.sin_port);
    CHECK_INT(pthread_create(&p->thread, NULL, serve, p), 0);
}

static void peer_stop(struct peer *p) {
    atomic_store(&p->ends, true);
    (void)pthread_join(p->thread, NULL);
    (void)close(p->listener);
}

static status ask(const struct peer *p, const char *host, enum web_reach reach,
                  struct web_answer *out) {
    char url[100];
    (void)snprintf(url, sizeof url, "http://%s:%u/hook?x=1", host, p->port);
    const struct http_header headers[] = {{BYTES("content-type"), BYTES("application/json")},
                                          {BYTES("x-empty"), {0}}};
    struct web_request r = {.method = "POST",
                            .url = url,
                            .headers = headers,
                            .header_count = 2,
                            .body = BYTES("{\"t\":1}"),
                            .reach = reach,
                            .timeout_ms = 1000,
                            .answer_bytes_max = 100};
    return web_send(&r, out);
}

TEST(a_request_goes_out_with_its_headers_and_its_answer_comes_back) {
    AUTO(web_answer) answer = {0};
    struct peer p;
    peer_start(&p, "HTTP/1.1 503 Later\r\nContent-Length: 4\r\n\r\nwait");
    CHECK_OK(ask(&p, "127.0.0.1", REACH_PRIVATE, &answer));
    peer_stop(&p);
    CHECK_INT(answer.status, 503);
    CHECK_BYTES(buf_bytes(&answer.body), BYTES("wait"));
    CHECK(bytes_start_with(bytes_from(p.asked),
                           BYTES("POST /hook?x=1 HTTP/1.1\r\nHost: 127.0.0.1:")));
    CHECK(strstr(p.asked, "\r\ncontent-type: application/json\r\n"));
    CHECK(strstr(p.asked, "\r\nx-empty:"));
    CHECK(strstr(p.asked, "\r\n\r\n{\"t\":1}"));
    CHECK(!strstr(p.asked, "Expect"));
}

TEST(an_address_out_of_reach_is_not_even_connected_to) {
    static const char *const names[] = {"127.0.0.1", "localhost", "2130706433", "0177.1", "127.1"};
    struct peer p;
    peer_start(&p, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO(web_answer) answer = {0};
        CHECK_FAILS(ask(&p, names[i], REACH_PUBLIC, &answer), E_DENIED, "of this machine");
    }
    peer_stop(&p);
    CHECK_INT(p.connections, 0);
}

TEST(a_redirection_is_an_answer_and_not_followed) {
    AUTO(web_answer) answer = {0};
    struct peer p;
    peer_start(&p,
               "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    CHECK_OK(ask(&p, "127.0.0.1", REACH_PRIVATE, &answer));
    peer_stop(&p);
    CHECK_INT(answer.status, 302);
    CHECK_INT(p.connections, 1);
}

TEST(answers_are_bounded_in_size_and_time) {
    static char large[400];
    struct web_answer answer;
    struct peer p;
    (void)snprintf(large, sizeof large, "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n%0101d", 0);
    peer_start(&p, large);
    CHECK_FAILS(ask(&p, "127.0.0.1", REACH_PRIVATE, &answer), E_INVALID, "more than 100 bytes");
    peer_stop(&p);
    peer_start(&p, NULL);
    CHECK_FAILS(ask(&p, "127.0.0.1", REACH_PRIVATE, &answer), E_INVALID, "timed out");
    peer_stop(&p);
}

TEST(trouble_with_the_connection_may_pass) {
    struct web_answer answer;
    struct peer p;
    peer_start(&p, "");
    CHECK_FAILS(ask(&p, "127.0.0.1", REACH_PRIVATE, &answer), E_UNAVAILABLE, "127.0.0.1");
    peer_stop(&p);
    CHECK_FAILS(ask(&p, "127.0.0.1", REACH_PRIVATE, &answer), E_UNAVAILABLE, "connect");
}

TEST_MAIN("web/web")
