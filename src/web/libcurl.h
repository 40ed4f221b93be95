/* libcurl's functions, without their `curl_`; loaded when first needed. */
#pragma once
#define CURL_DISABLE_TYPECHECK /* it knows functions by their own names only */
#include <curl/curl.h>

#include "base/status.h"

#define LIBCURL_FUNCTIONS(X) \
    X(easy_cleanup)          \
    X(easy_getinfo)          \
    X(easy_init)             \
    X(easy_perform)          \
    X(easy_reset)            \
    X(easy_setopt)           \
    X(easy_strerror)         \
    X(free)                  \
    X(global_init)           \
    X(slist_append)          \
    X(slist_free_all)        \
    X(url)                   \
    X(url_cleanup)           \
    X(url_get)               \
    X(url_set)

struct libcurl {
#define LIBCURL_MEMBER(name) __typeof__(curl_##name) *name;
    LIBCURL_FUNCTIONS(LIBCURL_MEMBER)
#undef LIBCURL_MEMBER
};
extern struct libcurl libcurl;

/* libcurl_load is to be called before the functions are; E_UNAVAILABLE. */
NODISCARD
status libcurl_load(void);
