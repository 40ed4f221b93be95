#include "web/web.h"

#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "web/libcurl.h"

enum { CONNECT_TIMEOUT_MS = 20000, CONNECTIONS_KEPT = 4 };

/* ---- the library, and what a thread keeps of it ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t handles_key;

/* A handle for each reach: a connection that was checked for one is no use to another. */
struct handles {
    CURL *by_reach[REACH_ANY + 1];
};

static void free_handles(void *of_thread) {
    struct handles *h = of_thread;
    for (size_t i = 0; i < COUNT_OF(h->by_reach); i++)
        libcurl.easy_cleanup(h->by_reach[i]);
    mem_free(h);
}

static void make_key(void) {
    (void)pthread_key_create(&handles_key, free_handles);
}

static CURL *handle_of(enum web_reach reach) {
    (void)pthread_once(&once, make_key);
    struct handles *h = pthread_getspecific(handles_key);
    if (!h) {
        h = NEW(struct handles);
        (void)pthread_setspecific(handles_key, h);
    }
    if (h->by_reach[reach])
        libcurl.easy_reset(h->by_reach[reach]); /* its open connections stay */
    else
        h->by_reach[reach] = libcurl.easy_init();
    return h->by_reach[reach];
}

/* ---- URLs, read as the library will read them ---- */

struct url {
    CURLU *parsed;
    char *scheme, *host, *port;
};

static void url_done(struct url *u) {
    if (!u->parsed)
        return;
    libcurl.free(u->scheme);
    libcurl.free(u->host);
    libcurl.free(u->port);
    libcurl.url_cleanup(u->parsed);
}

static bool has_part(CURLU *u, CURLUPart part) {
    char *text = NULL;
    bool has = libcurl.url_get(u, part, &text, 0) == CURLUE_OK;
    libcurl.free(text);
    return has;
}

static status url_parse(bytes text, struct url *out) {
    AUTO(buf) copy = {0};
    if (text.len == 0 || text.len > WEB_URL_BYTES_MAX || memchr(text.ptr, 0, text.len))
        return FAIL(E_INVALID, "A URL has 1 to %d characters", WEB_URL_BYTES_MAX);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
            return FAIL(E_INVALID, "A URL has no blanks and no control characters");
    buf_append(&copy, text);
    TRY(libcurl_load());
    out->parsed = libcurl.url();
    if (!out->parsed ||
        libcurl.url_set(out->parsed, CURLUPART_URL, buf_string(&copy), 0) != CURLUE_OK ||
        libcurl.url_get(out->parsed, CURLUPART_SCHEME, &out->scheme, 0) != CURLUE_OK ||
        libcurl.url_get(out->parsed, CURLUPART_HOST, &out->host, 0) != CURLUE_OK ||
        libcurl.url_get(out->parsed, CURLUPART_PORT, &out->port, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return FAIL(E_INVALID, "%.*s is not a URL like https://host/path",
                    BYTES_ARG(bytes_slice(text, 0, 200)));
    return OK;
}

/* Addresses of the host; literals only unless `look_up`. NULL: none. */
static struct addrinfo *resolve(const struct url *u, bool look_up) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = look_up ? 0 : AI_NUMERICHOST},
                    *found = NULL;
    return getaddrinfo(u->host, u->port, &hints, &found) == 0 ? found : NULL;
}

status web_url_check(bytes text, enum web_reach reach) {
    AUTO(url) u = {0};
    TRY(url_parse(text, &u));
    bool is_https = strcmp(u.scheme, "https") == 0;
    if (!is_https && (strcmp(u.scheme, "http") != 0 || reach == REACH_PUBLIC))
        return FAIL(E_INVALID, "The URL %.*s must use HTTPS%s",
                    BYTES_ARG(bytes_slice(text, 0, 200)),
                    reach == REACH_PUBLIC ? "; plain http is there for private addresses, when "
                                            "the server runs with --outbound private"
                                          : "");
    if (has_part(u.parsed, CURLUPART_USER) || has_part(u.parsed, CURLUPART_PASSWORD))
        return FAIL(E_INVALID, "The URL holds a user or a password; use a header instead");
    if (u.host[0] == '[')
        return FAIL(E_INVALID, "The URL's host must be a name or an IPv4 address");
    struct addrinfo *literal = resolve(&u, false);
    status s = literal ? reach_check(reach, is_https, literal->ai_addr) : OK;
    if (literal)
        freeaddrinfo(literal);
    return s == OK ? OK : E_INVALID;
}

bool web_url_is_private(bytes text) {
    AUTO(url) u = {0};
    if (url_parse(text, &u) != OK)
        return false;
    struct addrinfo *all = resolve(&u, true);
    bool is_private = all != NULL;
    for (const struct addrinfo *one = all; one; one = one->ai_next)
        is_private = is_private && address_neighbourhood(one->ai_addr) == NEIGHBOURHOOD_PRIVATE;
    if (all)
        freeaddrinfo(all);
    return is_private;
}

status web_url_authority(struct arena *a, bytes text, bytes *out) {
    AUTO(url) u = {0};
    TRY(url_parse(text, &u));
    char *authority = arena_printf(a, "%s://%s:%s", u.scheme, u.host, u.port);
    for (char *c = authority; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    *out = bytes_from(authority);
    return OK;
}

/* ---- a request ---- */

struct exchange {
    const struct web_request *request;
    struct buf body;
    bool is_too_large, is_out_of_reach;
    char why[CURL_ERROR_SIZE];
};

/* Several times a second: not 0 ends the transfer. */
static int is_to_stop(void *owner, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                      curl_off_t up) {
    const struct exchange *x = owner;
    (void)down_total, (void)down, (void)up_total, (void)up;
    return x->request->stop && atomic_load(x->request->stop);
}

/* Less than it was given ends the transfer. */
static size_t take(char *data, size_t size, size_t count, void *owner) {
    struct exchange *x = owner;
    size_t len = size * count;
    if (len > x->request->answer_bytes_max - x->body.len) {
        x->is_too_large = true;
        return 0;
    }
    buf_append(&x->body, bytes_of(data, len));
    return len;
}

/* The one place where an address is known for certain: whatever the name was, and whatever it
 * resolved to before, this is what gets connected to. */
static curl_socket_t open_socket(void *owner, curlsocktype purpose, struct curl_sockaddr *to) {
    struct exchange *x = owner;
    bool is_https = strncmp(x->request->url, "https:", 6) == 0;
    (void)purpose;
    if (reach_check(x->request->reach, is_https, &to->addr) != OK) {
        x->is_out_of_reach = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static struct curl_slist *header_lines(const struct web_request *r) {
    struct curl_slist *lines = libcurl.slist_append(NULL, "Expect:"); /* never waits for 100 */
    for (size_t i = 0; i < r->header_count; i++) {
        AUTO(buf) line = {0};
        buf_append(&line, r->headers[i].name);
        /* libcurl's way to say "present, and empty" is a semicolon */
        buf_text(&line, r->headers[i].value.len ? ": " : ";");
        buf_append(&line, r->headers[i].value);
        lines = libcurl.slist_append(lines, buf_string(&line));
    }
    return lines;
}

static void set_request(CURL *curl, const struct web_request *r, struct exchange *x) {
    bool is_any = r->reach == REACH_ANY;
    (void)libcurl.easy_setopt(curl, CURLOPT_URL, r->url);
    (void)libcurl.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)libcurl.easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    (void)libcurl.easy_setopt(curl, CURLOPT_FOLLOWLOCATION, r->redirects_max > 0 ? 1L : 0L);
    (void)libcurl.easy_setopt(curl, CURLOPT_MAXREDIRS, (long)r->redirects_max);
    (void)libcurl.easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    (void)libcurl.easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)libcurl.easy_setopt(curl, CURLOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    if (strcmp(r->method, "GET") != 0) {
        (void)libcurl.easy_setopt(curl, CURLOPT_POST, 1L);
        (void)libcurl.easy_setopt(curl, CURLOPT_CUSTOMREQUEST, r->method);
        (void)libcurl.easy_setopt(curl, CURLOPT_POSTFIELDS,
                                  r->body.len ? (const char *)r->body.ptr : "");
        (void)libcurl.easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
    }
    if (!is_any)
        (void)libcurl.easy_setopt(curl, CURLOPT_PROXY, "");
    if (r->ca_file)
        (void)libcurl.easy_setopt(curl, CURLOPT_CAINFO, r->ca_file);
    (void)libcurl.easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)libcurl.easy_setopt(curl, CURLOPT_OPENSOCKETDATA, x);
}

static void set_answer(CURL *curl, const struct web_request *r, struct exchange *x) {
    long connect_ms = r->timeout_ms < CONNECT_TIMEOUT_MS ? (long)r->timeout_ms : CONNECT_TIMEOUT_MS;
    (void)libcurl.easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    (void)libcurl.easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)r->timeout_ms);
    (void)libcurl.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)libcurl.easy_setopt(curl, CURLOPT_ERRORBUFFER, x->why);
    (void)libcurl.easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    (void)libcurl.easy_setopt(curl, CURLOPT_WRITEDATA, x);
    (void)libcurl.easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)libcurl.easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_to_stop);
    (void)libcurl.easy_setopt(curl, CURLOPT_XFERINFODATA, x);
}

static bool may_pass(CURLcode code) {
    switch ((int)code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_ABORTED_BY_CALLBACK: /* the server stops */
        return true;
    default:
        return false;
    }
}

static status explain(const struct web_request *r, const struct exchange *x, CURLcode code) {
    const char *why = x->why[0] ? x->why : libcurl.easy_strerror(code);
    if (x->is_out_of_reach)
        return E_DENIED; /* its sentence is there already */
    if (x->is_too_large)
        return FAIL(E_INVALID, "%.300s answers with more than %zu bytes", r->url,
                    r->answer_bytes_max);
    return FAIL(may_pass(code) ? E_UNAVAILABLE : E_INVALID, "%.300s: %s", r->url, why);
}

void web_answer_done(struct web_answer *a) {
    buf_done(&a->body);
}

status web_send(const struct web_request *r, struct web_answer *out) {
    struct exchange x = {.request = r};
    long code = 0;
    TRY(libcurl_load());
    CURL *curl = handle_of(r->reach);
    if (!curl)
        return FAIL(E_UNAVAILABLE, "libcurl cannot be started");
    struct curl_slist *headers = header_lines(r);
    set_request(curl, r, &x);
    set_answer(curl, r, &x);
    (void)libcurl.easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    CURLcode result = libcurl.easy_perform(curl);
    (void)libcurl.easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    (void)libcurl.easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
    (void)libcurl.easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    libcurl.slist_free_all(headers);
    if (result != CURLE_OK) {
        status s = explain(r, &x, result);
        buf_done(&x.body);
        return s;
    }
    *out = (struct web_answer){.status = (int)code, .body = x.body};
    return OK;
}
