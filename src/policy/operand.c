#include "policy/operand.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base64.h"
#include "codec/date.h"

/* For sentences: hostile texts are long. */
#define SHOWN(text) (int)((text).len < 60 ? (text).len : 60), (const char *)(text).ptr

/* ---- addresses ---- */

static void unmap(struct policy_ip_range *r) {
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    if (r->is_v4 || r->prefix_bits < 96 || memcmp(r->address, mapped, sizeof mapped) != 0)
        return;
    memmove(r->address, r->address + 12, 4);
    r->prefix_bits = (uint8_t)(r->prefix_bits - 96);
    r->is_v4 = true;
}

static bool parse_address(bytes text, struct policy_ip_range *out) {
    char copy[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof copy || bytes_find(text, 0) != text.len)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    out->is_v4 = bytes_find(text, ':') == text.len;
    return inet_pton(out->is_v4 ? AF_INET : AF_INET6, copy, out->address) == 1;
}

status policy_ip_parse(bytes text, struct policy_ip_range *out_range) {
    struct policy_ip_range r = {0};
    size_t slash = bytes_find(text, '/');
    uint64_t bits = 0;
    bool good = parse_address(bytes_slice(text, 0, slash), &r);
    uint64_t most = r.is_v4 ? 32 : 128;
    if (good && slash < text.len)
        good = bytes_to_u64(bytes_skip(text, slash + 1), most, &bits) == OK;
    if (!good)
        return FAIL(E_INVALID,
                    "\"%.*s\" is not an IP address or range; write 192.0.2.0/24 or 2001:db8::/32",
                    SHOWN(text));
    r.prefix_bits = (uint8_t)(slash < text.len ? bits : most);
    unmap(&r);
    *out_range = r;
    return OK;
}

bool policy_ip_contains(const struct policy_ip_range *range,
                        const struct policy_ip_range *address) {
    size_t whole = range->prefix_bits / 8, rest = range->prefix_bits % 8;
    if (range->is_v4 != address->is_v4 || memcmp(range->address, address->address, whole) != 0)
        return false;
    return rest == 0 || (range->address[whole] ^ address->address[whole]) >> (8 - rest) == 0;
}

/* ---- numbers ---- */

static size_t skip_digits(bytes text, size_t at) {
    while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9')
        at++;
    return at;
}

static bool is_at(bytes text, size_t at, const char *any) {
    return at < text.len && text.ptr[at] && strchr(any, text.ptr[at]);
}

static bool is_number(bytes text) {
    size_t at = is_at(text, 0, "-") ? 1 : 0, from = at;
    at = skip_digits(text, at);
    if (at == from)
        return false;
    if (is_at(text, at, ".")) {
        from = at + 1;
        at = skip_digits(text, from);
        if (at == from)
            return false;
    }
    if (is_at(text, at, "eE")) {
        from = at + 1 + is_at(text, at + 1, "+-");
        at = skip_digits(text, from);
        if (at == from)
            return false;
    }
    return at == text.len;
}

status policy_number_parse(bytes text, double *out_number) {
    char copy[64];
    if (text.len >= sizeof copy || !is_number(text))
        return FAIL(E_INVALID, "\"%.*s\" is not a number; write 42 or 0.5", SHOWN(text));
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    *out_number = strtod(copy, NULL);
    return OK;
}

/* ---- dates ---- */

status policy_date_parse(bytes text, int64_t *out_ms) {
    char copy[40];
    double seconds;
    if (text.len == 10 && bytes_find(text, '-') == 4) { /* a day, from its midnight on */
        (void)snprintf(copy, sizeof copy, "%.*sT00:00:00Z", BYTES_ARG(text));
        text = bytes_from(copy);
    }
    if (date_parse_iso(text, out_ms) == OK)
        return OK;
    if (policy_number_parse(text, &seconds) != OK || seconds < -1e12 || seconds > 1e12)
        return FAIL(E_INVALID, "\"%.*s\" is not a date; write 2026-01-02T03:04:05Z", SHOWN(text));
    *out_ms = (int64_t)(seconds * 1000);
    return OK;
}

/* ---- others ---- */

status policy_bool_parse(bytes text, bool *out_truth) {
    bool truth = bytes_equal_nocase(text, BYTES("true"));
    if (!truth && !bytes_equal_nocase(text, BYTES("false")))
        return FAIL(E_INVALID, "\"%.*s\" is neither \"true\" nor \"false\"", SHOWN(text));
    *out_truth = truth;
    return OK;
}

status policy_base64_check(bytes text) {
    AUTO(arena) scratch = {0};
    bytes data;
    if (base64_decode(&scratch, text, &data) != OK)
        return FAIL(E_INVALID, "\"%.*s\" is not base64", SHOWN(text));
    return OK;
}
