/* Whatever bytes come in: only names that stay inside come out, no more than a package may hold;
 * and what was unpacked once is unpacked alike again. */
#include <assert.h>

#include "function/package.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    uint64_t total, hash;
    bool open;
};

static void mix(struct seen *s, bytes b) {
    for (size_t i = 0; i < b.len; i++)
        s->hash = (s->hash ^ b.ptr[i]) * 1099511628211U;
}

static void check_name(struct seen *s, bytes name) {
    bytes rest = name, part;
    assert(!s->open && name.len > 0 && name.ptr[0] != '/');
    while (bytes_split(&rest, '/', &part))
        assert(part.len > 0 && !bytes_equal(part, BYTES("..")) && !bytes_equal(part, BYTES(".")));
    mix(s, name);
}

static status folder(void *context, bytes name) {
    check_name(context, name);
    return OK;
}
static status file(void *context, bytes name, bool executable) {
    struct seen *s = context;
    check_name(s, name);
    s->hash += executable;
    s->open = true;
    return OK;
}
static status content(void *context, bytes piece) {
    struct seen *s = context;
    s->total += piece.len;
    assert(s->open && s->total <= PACKAGE_BYTES_MAX);
    mix(s, piece);
    return s->total > 4 << 20 ? E_LIMIT : OK; /* enough for a fuzzer */
}
static status end(void *context) {
    ((struct seen *)context)->open = false;
    return OK;
}

static status unpack(bytes zip, struct seen *s) {
    const struct package_sink sink = {s, folder, file, content, end};
    return package_unpack(zip, &sink);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct seen one = {0}, two = {0};
    status s = unpack(bytes_of(data, size), &one);
    assert(unpack(bytes_of(data, size), &two) == s);
    assert(one.total == two.total && one.hash == two.hash);
    return 0;
}
