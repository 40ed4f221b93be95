#include "policy/variables.h"

#include <string.h>

enum {
    CERTIFICATE_VALUES_MAX = 5, /* further ones are ignored [AWS policy 5.3] */
    SUBSTITUTED_CHARACTERS_MAX = 1024,
    SERIAL_BYTES_MAX = 64, /* RFC 5280 has 20; what is longer is not shown */
};

/* ---- keys ---- */

static const struct {
    const char *name;
    enum policy_key_kind kind;
} plain_keys[] = {
    {"iot:ClientId", POLICY_KEY_CLIENT_ID},
    {"aws:SourceIp", POLICY_KEY_SOURCE_IP},
    {"iot:DomainName", POLICY_KEY_DOMAIN_NAME},
    {"iot:Connection.Thing.ThingName", POLICY_KEY_THING_NAME},
    {"iot:Connection.Thing.ThingTypeName", POLICY_KEY_THING_TYPE},
    {"iot:Connection.Thing.IsAttached", POLICY_KEY_THING_ATTACHED},
    {"iot:CertificateId", POLICY_KEY_CERTIFICATE_ID},
    {"iot:Certificate.SerialNumber", POLICY_KEY_CERTIFICATE_SERIAL},
    {"iot:Certificate.AvailableKeys", POLICY_KEY_CERTIFICATE_KEYS},
    {"iot:ConnectAttributes", POLICY_KEY_CONNECT_ATTRIBUTES},
    {"iot:LastWillTopic", POLICY_KEY_LAST_WILL_TOPIC},
};

static const char *const certificate_names[POLICY_CERTIFICATE_NAME_COUNT] = {
#define NAME_ROW(name, text) [POLICY_NAME_##name] = text,
    POLICY_CERTIFICATE_NAMES(NAME_ROW)
#undef NAME_ROW
};

static const char *const certificate_sides[] = {
    [POLICY_SUBJECT] = "iot:Certificate.Subject.",
    [POLICY_ISSUER] = "iot:Certificate.Issuer.",
};

/* Takes `prefix`, in any case, off the front. */
static bool skip_prefix(bytes *text, const char *prefix) {
    bytes p = bytes_from(prefix);
    if (!bytes_equal_nocase(bytes_slice(*text, 0, p.len), p))
        return false;
    *text = bytes_skip(*text, p.len);
    return true;
}

/* What follows a certificate name: nothing, ".List", or ".1" for the second value. */
static bool parse_index(bytes rest, uint16_t *out_index) {
    uint16_t index = 0;
    if (rest.len == 0)
        return *out_index = 0, true;
    if (bytes_equal_nocase(rest, BYTES(".List")))
        return *out_index = POLICY_INDEX_LIST, true;
    if (rest.len < 2 || rest.len > 4 || rest.ptr[0] != '.' || rest.ptr[1] == '0')
        return false;
    for (size_t i = 1; i < rest.len; i++) {
        if (rest.ptr[i] < '0' || rest.ptr[i] > '9')
            return false;
        index = (uint16_t)(index * 10 + rest.ptr[i] - '0');
    }
    return *out_index = index, true;
}

static bool parse_certificate_key(struct policy_key *key) {
    for (unsigned side = 0; side < COUNT_OF(certificate_sides); side++) {
        bytes rest = key->text;
        if (!skip_prefix(&rest, certificate_sides[side]))
            continue;
        for (unsigned n = 0; n < POLICY_CERTIFICATE_NAME_COUNT; n++) {
            bytes suffix = rest;
            if (skip_prefix(&suffix, certificate_names[n]) && parse_index(suffix, &key->index)) {
                key->kind = POLICY_KEY_CERTIFICATE_VALUE;
                key->side = (enum policy_certificate_side)side;
                key->name = (enum policy_certificate_name)n;
                return true;
            }
        }
    }
    return false;
}

static bool parse_thing_attribute(struct policy_key *key) {
    bytes rest = key->text;
    if (!skip_prefix(&rest, "iot:Connection.Thing.Attributes[") ||
        !bytes_end_with(rest, BYTES("]")))
        return false;
    key->kind = POLICY_KEY_THING_ATTRIBUTE;
    key->attribute = bytes_slice(rest, 0, rest.len - 1);
    return true;
}

struct policy_key policy_key_parse(bytes text) {
    struct policy_key key = {.kind = POLICY_KEY_OTHER, .text = text};
    for (size_t i = 0; i < COUNT_OF(plain_keys); i++)
        if (bytes_equal_nocase(text, bytes_from(plain_keys[i].name)))
            return key.kind = plain_keys[i].kind, key;
    if (!parse_thing_attribute(&key))
        (void)parse_certificate_key(&key);
    return key;
}

bool policy_key_is_of_connection(const struct policy_key *key) {
    return key->kind != POLICY_KEY_OTHER;
}

bool policy_key_is_list(const struct policy_key *key) {
    return key->kind == POLICY_KEY_CONNECT_ATTRIBUTES || key->kind == POLICY_KEY_CERTIFICATE_KEYS ||
           (key->kind == POLICY_KEY_CERTIFICATE_VALUE && key->index == POLICY_INDEX_LIST);
}

bool policy_key_is_of_connect(const struct policy_key *key) {
    return key->kind == POLICY_KEY_CONNECT_ATTRIBUTES || key->kind == POLICY_KEY_LAST_WILL_TOPIC;
}

bool policy_key_is_variable(const struct policy_key *key) {
    return policy_key_is_of_connection(key) && !policy_key_is_list(key) &&
           !policy_key_is_of_connect(key);
}

bool policy_key_is_of_certificate(const struct policy_key *key) {
    return key->kind == POLICY_KEY_CERTIFICATE_ID || key->kind == POLICY_KEY_CERTIFICATE_SERIAL ||
           key->kind == POLICY_KEY_CERTIFICATE_VALUE || key->kind == POLICY_KEY_CERTIFICATE_KEYS;
}

/* ---- values ---- */

static struct policy_values one(bytes value, struct arena *a) {
    if (!value.ptr)
        return (struct policy_values){0};
    bytes *item = ARENA_NEW(a, bytes);
    *item = value;
    return (struct policy_values){true, item, 1};
}

static bytes thing_attribute(const struct policy_thing *t, bytes name) {
    for (size_t i = 0; i < t->attribute_count; i++)
        if (bytes_equal(t->attributes[i].name, name))
            return t->attributes[i].value;
    return (bytes){0};
}

/* The thing variables exist for connections whose thing resolves [AWS policy 5.2]. */
static bytes thing_value(const struct policy_context *c, const struct policy_key *key) {
    if (key->kind == POLICY_KEY_THING_ATTACHED)
        return !c->client_id.ptr ? (bytes){0} : c->thing ? BYTES("true") : BYTES("false");
    if (!c->thing)
        return (bytes){0};
    if (key->kind == POLICY_KEY_THING_NAME)
        return c->thing->name;
    if (key->kind == POLICY_KEY_THING_TYPE)
        return c->thing->type.len ? c->thing->type : (bytes){0};
    return thing_attribute(c->thing, key->attribute);
}

static bool is_special(uint8_t c) {
    return memchr(",\"\\+=<>;", c, 8) != NULL;
}

/* Special characters come with a backslash before them [AWS policy 5.3]. */
static bytes escaped(bytes value, struct arena *a) {
    size_t special = 0, n = 0;
    for (size_t i = 0; i < value.len; i++)
        special += is_special(value.ptr[i]);
    if (special == 0)
        return value;
    uint8_t *out = arena_alloc(a, value.len + special);
    for (size_t i = 0; i < value.len; i++) {
        if (is_special(value.ptr[i]))
            out[n++] = '\\';
        out[n++] = value.ptr[i];
    }
    return (bytes){out, n};
}

static size_t certificate_values(const struct policy_certificate *cert,
                                 const struct policy_key *key, struct arena *a,
                                 bytes out[CERTIFICATE_VALUES_MAX]) {
    size_t n = 0;
    for (size_t i = 0; i < cert->value_count && n < CERTIFICATE_VALUES_MAX; i++) {
        const struct policy_certificate_value *v = &cert->values[i];
        if (v->side == key->side && v->name == key->name && v->value.ptr)
            out[n++] = v->name == POLICY_NAME_ALT_DIRECTORY ? v->value : escaped(v->value, a);
    }
    return n;
}

static struct policy_values certificate_value(const struct policy_certificate *cert,
                                              const struct policy_key *key, struct arena *a) {
    bytes *values = ARENA_ARRAY(a, bytes, CERTIFICATE_VALUES_MAX);
    size_t n = certificate_values(cert, key, a, values);
    if (key->index == POLICY_INDEX_LIST)
        return (struct policy_values){n > 0, values, n};
    if (key->index >= n)
        return (struct policy_values){0};
    return (struct policy_values){true, values + key->index, 1};
}

/* Divides a big-endian number by ten and returns the remainder. */
static uint8_t divide_by_ten(uint8_t *number, size_t len) {
    unsigned rest = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned v = rest << 8 | number[i];
        number[i] = (uint8_t)(v / 10);
        rest = v % 10;
    }
    return (uint8_t)rest;
}

static bool is_zero(const uint8_t *number, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (number[i])
            return false;
    return true;
}

/* 92:12:85:cb:b7:a5:e0:86 is shown as 10525622389124227206 [AWS policy 5.1]. */
static bytes serial_decimal(bytes serial, struct arena *a) {
    uint8_t number[SERIAL_BYTES_MAX], digits[SERIAL_BYTES_MAX * 3];
    size_t at = sizeof digits;
    if (serial.len == 0 || serial.len > sizeof number)
        return (bytes){0};
    memcpy(number, serial.ptr, serial.len);
    do
        digits[--at] = (uint8_t)('0' + divide_by_ten(number, serial.len));
    while (!is_zero(number, serial.len));
    return arena_copy(a, (bytes){digits + at, sizeof digits - at});
}

/* The bare name of every certificate variable that has a value. */
static struct policy_values certificate_keys(const struct policy_certificate *cert,
                                             struct arena *a) {
    bool seen[COUNT_OF(certificate_sides)][POLICY_CERTIFICATE_NAME_COUNT] = {0};
    bytes *keys = ARENA_ARRAY(a, bytes, 1 + sizeof seen);
    size_t n = 0;
    if (cert->serial.len)
        keys[n++] = BYTES("iot:Certificate.SerialNumber");
    for (size_t i = 0; i < cert->value_count; i++) {
        const struct policy_certificate_value *v = &cert->values[i];
        if (!v->value.ptr || seen[v->side][v->name])
            continue;
        seen[v->side][v->name] = true;
        keys[n++] = bytes_from(
            arena_printf(a, "%s%s", certificate_sides[v->side], certificate_names[v->name]));
    }
    return (struct policy_values){n > 0, keys, n};
}

static struct policy_values from_certificate(const struct policy_certificate *cert,
                                             const struct policy_key *key, struct arena *a) {
    if (!cert)
        return (struct policy_values){0};
    if (key->kind == POLICY_KEY_CERTIFICATE_ID)
        return one(cert->id, a);
    if (key->kind == POLICY_KEY_CERTIFICATE_SERIAL)
        return one(serial_decimal(cert->serial, a), a);
    if (key->kind == POLICY_KEY_CERTIFICATE_KEYS)
        return certificate_keys(cert, a);
    return certificate_value(cert, key, a);
}

static struct policy_values connect_attributes(const struct policy_context *c) {
    if (!c->client_id.ptr)
        return (struct policy_values){0};
    return (struct policy_values){true, c->connect_attributes, c->connect_attribute_count};
}

static struct policy_values last_will_topic(const struct policy_context *c,
                                            const struct policy_scope *scope, struct arena *a) {
    if (!c->last_will_topic.ptr)
        return (struct policy_values){0};
    struct buf arn = {0};
    buf_text(&arn, "arn:");
    buf_append(&arn, scope->partition.len ? scope->partition : BYTES("aws"));
    buf_text(&arn, ":iot:");
    buf_append(&arn, scope->region);
    buf_append_byte(&arn, ':');
    buf_append(&arn, scope->account);
    buf_text(&arn, ":topic/");
    buf_append(&arn, c->last_will_topic);
    bytes text = arena_copy(a, buf_bytes(&arn));
    buf_done(&arn);
    return one(text, a);
}

struct policy_values policy_context_find(const struct policy_context *c,
                                         const struct policy_scope *scope,
                                         const struct policy_key *key, struct arena *a) {
    switch (key->kind) {
    case POLICY_KEY_CLIENT_ID:
        return one(c->client_id, a);
    case POLICY_KEY_SOURCE_IP:
        return one(c->source_ip, a);
    case POLICY_KEY_DOMAIN_NAME:
        return one(c->domain_name, a);
    case POLICY_KEY_THING_NAME:
    case POLICY_KEY_THING_TYPE:
    case POLICY_KEY_THING_ATTRIBUTE:
    case POLICY_KEY_THING_ATTACHED:
        return one(thing_value(c, key), a);
    case POLICY_KEY_CERTIFICATE_ID:
    case POLICY_KEY_CERTIFICATE_SERIAL:
    case POLICY_KEY_CERTIFICATE_VALUE:
    case POLICY_KEY_CERTIFICATE_KEYS:
        return from_certificate(c->certificate, key, a);
    case POLICY_KEY_CONNECT_ATTRIBUTES:
        return connect_attributes(c);
    case POLICY_KEY_LAST_WILL_TOPIC:
        return last_will_topic(c, scope, a);
    case POLICY_KEY_OTHER:
        break;
    }
    return (struct policy_values){0};
}

struct policy_values policy_request_find(const struct policy_request *r, bytes key) {
    for (size_t i = 0; r && i < r->value_count; i++)
        if (bytes_equal_nocase(r->values[i].key, key))
            return (struct policy_values){true, r->values[i].values, r->values[i].value_count};
    return (struct policy_values){0};
}

static size_t count_characters(bytes text) {
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += (text.ptr[i] & 0xC0) != 0x80;
    return n;
}

bool policy_value_is_substitutable(const struct policy_key *key, bytes value) {
    if (!bytes_are_utf8(value))
        return false;
    if (!policy_key_is_of_certificate(key))
        return true;
    for (size_t i = 0; i < value.len; i++)
        if (memchr("*$+?#", value.ptr[i], 5))
            return false;
    return count_characters(value) <= SUBSTITUTED_CHARACTERS_MAX;
}
