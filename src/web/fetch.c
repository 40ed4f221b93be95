#include "web/fetch.h"

#include "web/web.h"

enum { REDIRECTIONS_MAX = 3 };

bool fetch_is_url(bytes text) {
    return bytes_start_with(text, BYTES("http://")) || bytes_start_with(text, BYTES("https://"));
}

status fetch_url(const char *url, size_t bytes_max, const _Atomic bool *stop, struct buf *out) {
    AUTO(web_answer) answer = {0};
    struct web_request r = {.method = "GET",
                            .url = url,
                            .reach = REACH_ANY,
                            .timeout_ms = FETCH_TIMEOUT_S * 1000,
                            .redirects_max = REDIRECTIONS_MAX,
                            .answer_bytes_max = bytes_max,
                            .stop = stop};
    if (web_send(&r, &answer) != OK)
        return E_UNAVAILABLE;
    if (answer.status != 200)
        return FAIL(E_UNAVAILABLE, "%.300s answers with status %d", url, answer.status);
    buf_append(out, buf_bytes(&answer.body));
    return OK;
}
