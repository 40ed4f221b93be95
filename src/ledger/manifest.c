#include "ledger/manifest.h"

#include <string.h>

#include "codec/base64.h"
#include "codec/json.h"
#include "ledger/pem_text.h"

/* ---- elements ---- */

static bool is_space(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void pass_space(bytes *rest, uint64_t *line) {
    size_t i = 0;
    for (; i < rest->len && is_space(rest->ptr[i]); i++)
        *line += rest->ptr[i] == '\n';
    *rest = bytes_skip(*rest, i);
}

/* How long the object at the front is: to the brace that closes it; 0 when none does. */
static size_t object_length(bytes text, uint64_t *lines) {
    size_t most = text.len < MANIFEST_ELEMENT_BYTES_MAX ? text.len : MANIFEST_ELEMENT_BYTES_MAX;
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < most; i++) {
        uint8_t c = text.ptr[i];
        *lines += c == '\n';
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && c == '{')
            depth++;
        else if (!quoted && c == '}' && --depth == 0)
            return i + 1;
    }
    return 0;
}

static status misplaced(const bytes *rest, uint64_t line) {
    if (rest->len == 0)
        return FAIL(E_MALFORMED, "the manifest is cut off at line %llu", (unsigned long long)line);
    return FAIL(E_MALFORMED,
                "the manifest has something at line %llu that is no element of its "
                "array",
                (unsigned long long)line);
}

status manifest_take(bytes *rest, uint64_t *line, bytes *out_element, uint64_t *out_line,
                     bool *out_taken) {
    pass_space(rest, line);
    if (rest->len == 0 || (rest->ptr[0] != '[' && rest->ptr[0] != ',' && rest->ptr[0] != ']'))
        return misplaced(rest, *line);
    bool first = rest->ptr[0] == '[', last = rest->ptr[0] == ']';
    *rest = bytes_skip(*rest, 1);
    pass_space(rest, line);
    if (first && rest->len > 0 && rest->ptr[0] == ']') {
        *rest = bytes_skip(*rest, 1);
        last = true;
    }
    *out_taken = !last;
    if (last)
        return OK;
    uint64_t lines = 0;
    size_t len = rest->len > 0 && rest->ptr[0] == '{' ? object_length(*rest, &lines) : 0;
    if (len == 0)
        return misplaced(rest, *line);
    *out_line = *line;
    *out_element = bytes_slice(*rest, 0, len);
    *line += lines;
    *rest = bytes_skip(*rest, len);
    return OK;
}

/* ---- base64url ---- */

/* base64url without padding [RFC 7515 2]. */
static status decode_url(bytes text, struct arena *memory, bytes *out) {
    size_t padded = (text.len + 3) / 4 * 4;
    uint8_t *plain = arena_alloc(memory, padded + 1);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (c == '+' || c == '/' || c == '=')
            return FAIL(E_MALFORMED, "it is not base64url");
        plain[i] = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    memset(plain + text.len, '=', padded - text.len);
    if (base64_decode(memory, bytes_of(plain, padded), out) != OK)
        return FAIL(E_MALFORMED, "it is not base64url");
    return OK;
}

static status decode_member(const struct json *object, const char *name, struct arena *memory,
                            bytes *out) {
    const struct json *member = json_member(object, bytes_from(name));
    if (!json_is_string(member))
        return FAIL(E_MALFORMED, "the element has no text \"%s\"", name);
    if (decode_url(member->text, memory, out) != OK)
        return FAIL(E_MALFORMED, "\"%s\" of the element is not base64url", name);
    return OK;
}

static status decode_object(bytes text, const char *name, struct arena *memory,
                            const struct json **out) {
    if (json_parse(memory, text, out) != OK || (*out)->type != JSON_OBJECT)
        return FAIL(E_MALFORMED, "\"%s\" of the element holds no JSON object", name);
    return OK;
}

/* ---- what both vendors have ---- */

/* Texts and numbers of the device, to name things by. */
static void keep_fields(const struct json *object, struct manifest_device *d) {
    JSON_EACH (member, object) {
        bool is_value = member->type == JSON_STRING || member->type == JSON_NUMBER;
        if (is_value && d->field_count < MANIFEST_FIELDS_MAX)
            d->fields[d->field_count++] = (struct ledger_field){member->name, member->text};
    }
}

static status append_certificate(const struct json *text, struct arena *memory, struct buf *pem) {
    bytes der;
    if (!json_is_string(text) || base64_decode(memory, text->text, &der) != OK || der.len == 0)
        return FAIL(E_MALFORMED, "a certificate of the element is not base64");
    pem_text_of(der, pem);
    return OK;
}

/* ---- Microchip ---- */

static status verify(const struct json *element, const struct vendor *vendor,
                     struct arena *memory) {
    const struct json *header;
    struct vendor_hint hint = {0};
    bytes head, signature;
    TRY(decode_member(element, "protected", memory, &head));
    TRY(decode_member(element, "signature", memory, &signature));
    TRY(decode_object(head, "protected", memory, &header));
    const struct json *algorithm = json_member(header, BYTES("alg"));
    if (!json_is_string(algorithm) || !bytes_equal(algorithm->text, BYTES("ES256")))
        return FAIL(E_DENIED, "it is not signed with ES256");
    if (json_member(header, BYTES("crit")))
        return FAIL(E_DENIED, "its header demands extensions that are not known here");
    if (json_member(header, BYTES("kid")))
        TRY(decode_member(header, "kid", memory, &hint.key_id));
    if (json_member(header, BYTES("x5t#S256")))
        TRY(decode_member(header, "x5t#S256", memory, &hint.thumbprint));
    bytes first = json_member(element, BYTES("protected"))->text;
    bytes second = json_member(element, BYTES("payload"))->text;
    char *text = arena_printf(memory, "%.*s.%.*s", BYTES_ARG(first), BYTES_ARG(second));
    return vendor_verify_jws(vendor, &hint, bytes_from(text), signature);
}

/* The first key with a certificate, or the one that was asked for [AWS identity 9.3]. */
static const struct json *find_chain(const struct json *payload, bytes label) {
    const struct json *keys =
        json_member(json_member(payload, BYTES("publicKeySet")), BYTES("keys"));
    JSON_EACH (key, keys) {
        const struct json *chain = json_member(key, BYTES("x5c"));
        const struct json *id = json_member(key, BYTES("kid"));
        bool is_meant = label.len == 0 || (json_is_string(id) && bytes_equal(id->text, label));
        if (is_meant && chain && chain->type == JSON_ARRAY && chain->count > 0)
            return chain;
    }
    return NULL;
}

/* The header repeats the identifier in the clear, unsigned; both must say the same. */
static status check_unique_id(const struct json *element, const struct json *payload) {
    const struct json *outer =
        json_member(json_member(element, BYTES("header")), BYTES("uniqueId"));
    const struct json *inner = json_member(payload, BYTES("uniqueId"));
    if (!json_is_string(outer))
        return OK;
    if (!json_is_string(inner) || !bytes_equal_nocase(outer->text, inner->text))
        return FAIL(E_DENIED, "the uniqueId of its header is not the signed one");
    return OK;
}

static status read_microchip(const struct json *element, const struct vendor *vendor, bytes label,
                             struct arena *memory, struct manifest_device *d) {
    const struct json *payload;
    bytes text;
    TRY(decode_member(element, "payload", memory, &text));
    if (vendor)
        TRY(verify(element, vendor, memory));
    TRY(decode_object(text, "payload", memory, &payload));
    TRY(check_unique_id(element, payload));
    keep_fields(payload, d);
    const struct json *chain = find_chain(payload, label);
    if (!chain)
        return FAIL(E_NOT_FOUND, "it has no %s with a certificate",
                    label.len ? "key of that kid" : "key");
    AUTO(buf) pem = {0};
    JSON_EACH (certificate, chain)
        TRY(append_certificate(certificate, memory, &pem));
    d->pem = arena_copy(memory, buf_bytes(&pem));
    return OK;
}

/* ---- NXP ---- */

static bool has_label(const struct json *certificate, bytes label) {
    const struct json *l = json_member(certificate, BYTES("certificateLabel"));
    return label.len == 0 || (json_is_string(l) && bytes_equal(l->text, label));
}

static status find_device_certificate(const struct json *element, bytes label,
                                      const struct json **out) {
    const struct json *found = NULL;
    size_t count = 0;
    JSON_EACH (certificate, json_member(element, BYTES("deviceCertificates"))) {
        if (!has_label(certificate, label))
            continue;
        found = found ? found : certificate;
        count++;
    }
    if (count == 0)
        return FAIL(E_NOT_FOUND, "it has no certificate%s", label.len ? " of that label" : "");
    if (count > 1)
        return FAIL(E_NOT_FOUND, "it has %zu certificates: say which with --label", count);
    *out = found;
    return OK;
}

static status read_nxp(const struct json *element, const struct vendor *vendor, bytes label,
                       struct arena *memory, struct manifest_device *d) {
    const struct json *certificate = NULL;
    AUTO(buf) pem = {0};
    keep_fields(element, d);
    TRY(find_device_certificate(element, label, &certificate));
    TRY(append_certificate(json_member(certificate, BYTES("certificate")), memory, &pem));
    JSON_EACH (ca, json_member(element, BYTES("intermediateCAs")))
        TRY(append_certificate(json_member(ca, BYTES("certificate")), memory, &pem));
    d->pem = arena_copy(memory, buf_bytes(&pem));
    return vendor ? vendor_verify_chain(vendor, d->pem) : OK;
}

status manifest_read(bytes element, const struct vendor *vendor, bytes label, struct arena *memory,
                     struct manifest_device *out_device) {
    const struct json *root;
    struct manifest_device d = {.field_count = 0};
    if (json_parse(memory, element, &root) != OK || root->type != JSON_OBJECT)
        return FAIL(E_MALFORMED, "the element is no JSON object");
    if (json_member(root, BYTES("payload")))
        TRY(read_microchip(root, vendor, label, memory, &d));
    else if (json_member(root, BYTES("deviceCertificates")))
        TRY(read_nxp(root, vendor, label, memory, &d));
    else
        return FAIL(E_MALFORMED, "the element is neither of Microchip's form (\"payload\", "
                                 "\"protected\", \"signature\") nor of NXP's "
                                 "(\"deviceCertificates\")");
    *out_device = d;
    return OK;
}
