#include "ledger/placeholder.h"

#include <string.h>

enum letters { AS_THEY_ARE, UPPER, LOWER };

struct placeholder {
    bytes name;
    enum letters letters;
};

static status parse(bytes inside, struct placeholder *out) {
    size_t colon = bytes_find(inside, ':');
    bytes filter = bytes_skip(inside, colon < inside.len ? colon + 1 : inside.len);
    struct placeholder p = {bytes_slice(inside, 0, colon), AS_THEY_ARE};
    if (bytes_equal(filter, BYTES("upper")))
        p.letters = UPPER;
    else if (bytes_equal(filter, BYTES("lower")))
        p.letters = LOWER;
    else if (colon < inside.len)
        return FAIL(E_INVALID, "{%.*s}: behind the colon stands upper or lower", BYTES_ARG(inside));
    *out = p;
    return OK;
}

/* Takes literal text, then what stands in braces (if any). */
static status take(bytes *rest, bytes *out_literal, bool *out_more, struct placeholder *out) {
    size_t open = bytes_find(*rest, '{');
    *out_literal = bytes_slice(*rest, 0, open);
    *out_more = open < rest->len;
    if (bytes_find(*out_literal, '}') < out_literal->len)
        return FAIL(E_INVALID, "there is a } without its {");
    if (!*out_more) {
        *rest = (bytes){0};
        return OK;
    }
    bytes inside = bytes_skip(*rest, open + 1);
    size_t close = bytes_find(inside, '}');
    if (close == inside.len)
        return FAIL(E_INVALID, "there is a { without its }");
    *rest = bytes_skip(inside, close + 1);
    return parse(bytes_slice(inside, 0, close), out);
}

status placeholder_check(bytes pattern) {
    bytes rest = pattern, literal;
    struct placeholder p;
    bool more = true;
    while (more)
        TRY(take(&rest, &literal, &more, &p));
    return OK;
}

static const struct {
    const char *name;
    enum x509_name attribute;
} attributes[] = {
    {"CN", X509_NAME_COMMON_NAME},
    {"O", X509_NAME_ORGANIZATION},
    {"OU", X509_NAME_ORGANIZATIONAL_UNIT},
    {"C", X509_NAME_COUNTRY},
    {"ST", X509_NAME_STATE},
    {"serialNumber", X509_NAME_SERIAL_NUMBER},
    {"dnQualifier", X509_NAME_DN_QUALIFIER},
};

static bytes of_certificate(bytes name, const struct x509_summary *c, struct arena *memory) {
    for (size_t i = 0; i < COUNT_OF(attributes); i++)
        if (bytes_equal_nocase(name, bytes_from(attributes[i].name)))
            return x509_names_find(&c->names.subject, attributes[i].attribute, 0);
    if (bytes_equal_nocase(name, BYTES("id")))
        return bytes_from(c->id);
    if (!bytes_equal_nocase(name, BYTES("serial")))
        return (bytes){0};
    char *hex = arena_alloc(memory, 2 * c->names.serial.len + 1);
    hex_encode(c->names.serial, hex);
    return bytes_of(hex, 2 * c->names.serial.len);
}

static bytes find(bytes name, const struct placeholder_source *source, struct arena *memory) {
    for (size_t i = 0; i < source->field_count; i++)
        if (bytes_equal_nocase(source->fields[i].name, name) && source->fields[i].value.len > 0)
            return source->fields[i].value;
    return of_certificate(name, source->certificate, memory);
}

static void append(struct buf *out, bytes value, enum letters letters) {
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.ptr[i];
        if (letters == UPPER && c >= 'a' && c <= 'z')
            c = (uint8_t)(c - 32);
        if (letters == LOWER && c >= 'A' && c <= 'Z')
            c = (uint8_t)(c + 32);
        buf_append_byte(out, c);
    }
}

status placeholder_expand(bytes pattern, const struct placeholder_source *source,
                          struct arena *memory, bytes *out_text) {
    AUTO(buf) text = {0};
    bytes rest = pattern, literal;
    struct placeholder p = {.letters = AS_THEY_ARE};
    bool more = true;
    while (more) {
        TRY(take(&rest, &literal, &more, &p));
        buf_append(&text, literal);
        if (!more)
            break;
        bytes value = find(p.name, source, memory);
        if (value.len == 0)
            return FAIL(E_NOT_FOUND, "there is no %.*s for {%.*s}", BYTES_ARG(p.name),
                        BYTES_ARG(p.name));
        append(&text, value, p.letters);
    }
    *out_text = arena_copy(memory, buf_bytes(&text));
    return OK;
}
