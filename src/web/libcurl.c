#include "web/libcurl.h"

#include "base/library.h"
#include "base/memory.h"

struct libcurl libcurl;

static void start(void) {
    (void)libcurl.global_init(CURL_GLOBAL_DEFAULT);
}

status libcurl_load(void) {
    static const char *const names[] = {
#define NAME(name) "curl_" #name,
        LIBCURL_FUNCTIONS(NAME)};
    static struct library library = {"libcurl.so.4",    "libcurl4",      names,
                                     (void **)&libcurl, COUNT_OF(names), LIBRARY_NOT_LOADED};
    return library_load(&library, start);
}
