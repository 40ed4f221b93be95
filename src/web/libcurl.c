#include "web/libcurl.h"

#include <pthread.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/library.h"

struct libcurl libcurl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static status loaded;
static char why[256];

static void load(void) {
    static const char *const names[] = {
#define NAME(name) "curl_" #name,
        LIBCURL_FUNCTIONS(NAME)};
    loaded = library_load("libcurl.so.4", "libcurl4", names, (void **)&libcurl, COUNT_OF(names));
    if (loaded == OK)
        (void)libcurl.global_init(CURL_GLOBAL_DEFAULT);
    else
        (void)snprintf(why, sizeof why, "%s", failure_text());
}

status libcurl_load(void) {
    (void)pthread_once(&once, load);
    return loaded == OK ? OK : FAIL(loaded, "%s", why);
}
