#include "gateway/fetch.h"

#include <pthread.h>

#include <curl/curl.h>

enum { REDIRECTIONS_MAX = 3, CONNECT_TIMEOUT_S = 20 };

static void start_library(void) {
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

bool fetch_is_url(bytes text) {
    return bytes_start_with(text, BYTES("http://")) || bytes_start_with(text, BYTES("https://"));
}

struct answer {
    struct buf *out;
    size_t bytes_max;
    bool is_too_large;
    const _Atomic bool *stop;
};

/* curl's callback, several times a second: not 0 ends the transfer. */
static int is_to_stop(void *owner, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                      curl_off_t up) {
    const struct answer *a = owner;
    (void)down_total, (void)down, (void)up_total, (void)up;
    return a->stop && atomic_load(a->stop);
}

/* curl's callback: less than it was given ends the transfer. */
static size_t take(char *data, size_t size, size_t count, void *owner) {
    struct answer *a = owner;
    size_t len = size * count;
    if (len > a->bytes_max - a->out->len) {
        a->is_too_large = true;
        return 0;
    }
    buf_append(a->out, bytes_of(data, len));
    return len;
}

static status perform(CURL *curl, const char *url, struct answer *a) {
    char why[CURL_ERROR_SIZE] = "";
    long code = 0;
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTIONS_MAX);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)FETCH_TIMEOUT_S);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_to_stop);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, a);
    CURLcode result = curl_easy_perform(curl);
    if (a->is_too_large)
        return FAIL(E_UNAVAILABLE, "%.300s answers with more than %zu bytes", url, a->bytes_max);
    if (result != CURLE_OK)
        return FAIL(E_UNAVAILABLE, "%.300s: %s", url, why[0] ? why : curl_easy_strerror(result));
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    if (code != 200)
        return FAIL(E_UNAVAILABLE, "%.300s answers with status %ld", url, code);
    return OK;
}

status fetch_url(const char *url, size_t bytes_max, const _Atomic bool *stop, struct buf *out) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct answer a = {.out = out, .bytes_max = bytes_max, .stop = stop};
    (void)pthread_once(&once, start_library);
    CURL *curl = curl_easy_init();
    if (!curl)
        return FAIL(E_UNAVAILABLE, "libcurl cannot be started");
    status s = perform(curl, url, &a);
    curl_easy_cleanup(curl);
    return s;
}
