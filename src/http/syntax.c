#include "http/internal.h"

enum {
    TOKEN = 1,    /* tchar [RFC 9110 5.6.2] */
    PATH = 2,     /* pchar, '/' and '%' [RFC 3986 3.3] */
    QUERY = 4,    /* path and '?' [RFC 3986 3.4] */
    HOST = 8,     /* a registered name or an IPv4 address: unreserved only */
    LITERAL = 16, /* inside the brackets of an IPv6 address */
};

static uint8_t classes[256];

static void add(const char *characters, uint8_t class) {
    for (const char *c = characters; *c; c++)
        classes[(uint8_t)*c] |= class;
}

__attribute__((constructor)) static void fill_classes(void) {
    for (int c = 'a'; c <= 'z'; c++) {
        char both[] = {(char)c, (char)(c - 'a' + 'A'), 0};
        add(both, TOKEN | PATH | QUERY | HOST);
    }
    add("0123456789", TOKEN | PATH | QUERY | HOST);
    add("0123456789abcdefABCDEF:.", LITERAL);
    add("!#$%&'*+-.^_`|~", TOKEN);
    add("-._~", PATH | QUERY | HOST);
    add("!$&'()*+,;=:@/%", PATH | QUERY);
    add("?{|}^`\\", QUERY);
}

static bool all_of(bytes b, uint8_t class) {
    for (size_t i = 0; i < b.len; i++)
        if (!(classes[b.ptr[i]] & class))
            return false;
    return true;
}

bool http_is_token(bytes b) {
    return b.len > 0 && all_of(b, TOKEN);
}

bool http_is_path(bytes b) {
    return all_of(b, PATH);
}

bool http_is_query(bytes b) {
    return all_of(b, QUERY);
}

/* What may stand behind the host: nothing, or a colon and at most five digits. */
static bool is_port(bytes b) {
    if (b.len == 0)
        return true;
    if (b.ptr[0] != ':' || b.len > 6)
        return false;
    for (size_t i = 1; i < b.len; i++)
        if (b.ptr[i] < '0' || b.ptr[i] > '9')
            return false;
    return true;
}

bool http_is_authority(bytes b) {
    if (bytes_start_with(b, BYTES("["))) {
        size_t end = bytes_find(b, ']');
        return end < b.len && end > 1 && all_of(bytes_slice(b, 1, end - 1), LITERAL) &&
               is_port(bytes_skip(b, end + 1));
    }
    size_t colon = bytes_find(b, ':');
    return colon > 0 && all_of(bytes_slice(b, 0, colon), HOST) && is_port(bytes_skip(b, colon));
}
