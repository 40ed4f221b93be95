#include "identity/names.h"

#include <arpa/inet.h>
#include <string.h>

#include <openssl/sha.h>

#include "identity/der.h"

/* ---- the attributes that policies know, and the keys of a DirectoryName ---- */

static const struct attribute {
    bytes oid;
    enum x509_name name; /* X509_NAME_COUNT: policies do not know it [AWS policy 5.1] */
    const char *key;     /* in a DirectoryName: lower case */
} attributes[] = {
    {BYTES("\x55\x04\x2e"), X509_NAME_DN_QUALIFIER, "dnqualifier"},
    {BYTES("\x55\x04\x06"), X509_NAME_COUNTRY, "c"},
    {BYTES("\x55\x04\x0a"), X509_NAME_ORGANIZATION, "o"},
    {BYTES("\x55\x04\x0b"), X509_NAME_ORGANIZATIONAL_UNIT, "ou"},
    {BYTES("\x55\x04\x08"), X509_NAME_STATE, "st"},
    {BYTES("\x55\x04\x03"), X509_NAME_COMMON_NAME, "cn"},
    {BYTES("\x55\x04\x05"), X509_NAME_SERIAL_NUMBER, "serialnumber"},
    {BYTES("\x55\x04\x0c"), X509_NAME_TITLE, "title"},
    {BYTES("\x55\x04\x04"), X509_NAME_SURNAME, "sn"},
    {BYTES("\x55\x04\x2a"), X509_NAME_GIVEN_NAME, "givenname"},
    {BYTES("\x55\x04\x2b"), X509_NAME_INITIALS, "initials"},
    {BYTES("\x55\x04\x41"), X509_NAME_PSEUDONYM, "pseudonym"},
    {BYTES("\x55\x04\x2c"), X509_NAME_GENERATION_QUALIFIER, "generationqualifier"},
    {BYTES("\x55\x04\x07"), X509_NAME_COUNT, "l"},
    {BYTES("\x55\x04\x09"), X509_NAME_COUNT, "street"},
    {BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"), X509_NAME_COUNT, "emailaddress"},
    {BYTES("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"), X509_NAME_COUNT, "dc"},
    {BYTES("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01"), X509_NAME_COUNT, "uid"},
};

/* The choices of GeneralName that are variables, by their number [RFC 5280 4.2.1.6]. */
enum { CHOICE_DIRECTORY = 4, CHOICE_ADDRESS = 7 };
static const struct {
    enum x509_name name;
    uint8_t tag; /* 0: no variable */
} choices[] = {
    [1] = {X509_NAME_ALT_EMAIL, 0x81},
    [2] = {X509_NAME_ALT_DNS, 0x82},
    [CHOICE_DIRECTORY] = {X509_NAME_ALT_DIRECTORY, 0xA4},
    [6] = {X509_NAME_ALT_URI, 0x86},
    [CHOICE_ADDRESS] = {X509_NAME_ALT_IP, 0x87},
};

static const char *const texts[] = {
#define X509_NAME_STRING(name, text) [X509_NAME_##name] = (text),
    X509_NAMES(X509_NAME_STRING)
#undef X509_NAME_STRING
};

const char *x509_name_text(enum x509_name name) {
    return texts[name];
}

static const struct attribute *find_attribute(bytes oid) {
    for (size_t i = 0; i < COUNT_OF(attributes); i++)
        if (bytes_equal(attributes[i].oid, oid))
            return &attributes[i];
    return NULL;
}

/* ---- gathering ---- */

enum { VALUES_MAX = X509_VALUES_MAX * X509_NAME_COUNT };

struct gathered {
    struct x509_name_value items[VALUES_MAX];
    size_t count;
};

/* Beyond X509_VALUES_MAX of one name a value is not seen; so the array cannot overflow. */
static void gather(struct gathered *g, enum x509_name name, bytes value) {
    size_t same = 0;
    for (size_t i = 0; i < g->count; i++)
        same += g->items[i].name == name;
    if (same < X509_VALUES_MAX)
        g->items[g->count++] = (struct x509_name_value){name, value};
}

static struct x509_name_values keep(const struct gathered *g, struct arena *memory) {
    if (g->count == 0)
        return (struct x509_name_values){0};
    struct x509_name_value *items = ARENA_ARRAY(memory, struct x509_name_value, g->count);
    memcpy(items, g->items, g->count * sizeof *items);
    return (struct x509_name_values){items, g->count};
}

/* One AttributeTypeAndValue of a name; `out_oid` holds the contents of the identifier. */
static status read_attribute(struct reader *rdn, struct der *out_oid, struct der *out_value) {
    struct reader pair;
    TRY(der_enter(rdn, DER_SEQUENCE, &pair));
    TRY(der_take(&pair, DER_OID, out_oid));
    return der_next(&pair, out_value);
}

/* A Name: a sequence of sets of attributes. Values that are no text are passed over. */
static status gather_name(bytes name_der, struct arena *memory, struct gathered *g) {
    struct reader in = {name_der}, name, rdn;
    TRY(der_enter(&in, DER_SEQUENCE, &name));
    while (name.left.len) {
        TRY(der_enter(&name, DER_SET, &rdn));
        while (rdn.left.len) {
            struct der oid, value;
            bytes text;
            TRY(read_attribute(&rdn, &oid, &value));
            const struct attribute *a = find_attribute(oid.value);
            if (a && a->name != X509_NAME_COUNT && der_text(&value, memory, &text) == OK)
                gather(g, a->name, text);
        }
    }
    return OK;
}

/* ---- alternative names ---- */

/* Escapes what RFC 4514 2.4 wants escaped inside a value. */
static void append_escaped(struct buf *out, bytes value) {
    for (size_t i = 0; i < value.len; i++) {
        bool edge = i == 0 || i + 1 == value.len;
        uint8_t c = value.ptr[i];
        if ((c && strchr("\"+,;<>\\=", c)) || (edge && c == ' ') || (i == 0 && c == '#'))
            buf_append_byte(out, '\\');
        buf_append_byte(out, c);
    }
}

/* An identifier nobody gave a key: the hexadecimal of its contents after "oid.". */
static void append_key(struct buf *out, bytes oid) {
    const struct attribute *a = find_attribute(oid);
    if (a) {
        buf_text(out, a->key);
        return;
    }
    buf_text(out, "oid.");
    hex_encode(oid, (char *)buf_reserve(out, 2 * oid.len));
    out->len += 2 * oid.len;
}

static status append_rdn(struct reader rdn, struct arena *memory, struct buf *out) {
    while (rdn.left.len) {
        struct der oid, value;
        bytes text;
        TRY(read_attribute(&rdn, &oid, &value));
        TRY(der_text(&value, memory, &text));
        append_key(out, oid.value);
        buf_append_byte(out, '=');
        append_escaped(out, text);
        if (rdn.left.len)
            buf_append_byte(out, '+');
    }
    return OK;
}

enum { RDNS_MAX = 64 };

/* "cn=…,ou=…,c=…": keys in lower case, the most specific (last encoded) first [AWS policy 5.1]. */
static status directory_name(bytes inside, struct arena *memory, bytes *out_text) {
    struct reader in = {inside}, name, rdns[RDNS_MAX];
    size_t count = 0;
    TRY(der_enter(&in, DER_SEQUENCE, &name));
    for (; name.left.len && count < RDNS_MAX; count++)
        TRY(der_enter(&name, DER_SET, &rdns[count]));
    AUTO(buf) text = {0};
    while (count > 0) {
        TRY(append_rdn(rdns[--count], memory, &text));
        if (count > 0)
            buf_append_byte(&text, ',');
    }
    *out_text = arena_copy(memory, buf_bytes(&text));
    return OK;
}

static status address_text(bytes address, struct arena *memory, bytes *out_text) {
    char text[INET6_ADDRSTRLEN];
    if (address.len != 4 && address.len != 16)
        return FAIL(E_MALFORMED, "an alternative name is an address of %zu bytes", address.len);
    if (!inet_ntop(address.len == 4 ? AF_INET : AF_INET6, address.ptr, text, sizeof text))
        return FAIL(E_INTERNAL, "an address cannot be written as text");
    *out_text = arena_copy(memory, bytes_from(text));
    return OK;
}

static status alternative_text(unsigned choice, bytes value, struct arena *memory,
                               bytes *out_text) {
    if (choice == CHOICE_DIRECTORY)
        return directory_name(value, memory, out_text);
    if (choice == CHOICE_ADDRESS)
        return address_text(value, memory, out_text);
    struct der as_ia5 = {DER_IA5_STRING, value, value};
    return der_text(&as_ia5, memory, out_text);
}

/* GeneralNames; a name that cannot be read is passed over, for nothing depends on it. */
static status gather_alternatives(bytes extension, struct arena *memory, struct gathered *g) {
    struct reader in = {extension}, names;
    TRY(der_enter(&in, DER_SEQUENCE, &names));
    while (names.left.len) {
        struct der e;
        bytes text;
        TRY(der_next(&names, &e));
        unsigned choice = e.tag & 0x1F;
        bool known = choice < COUNT_OF(choices) && choices[choice].tag == e.tag;
        if (known && alternative_text(choice, e.value, memory, &text) == OK)
            gather(g, choices[choice].name, text);
    }
    return OK;
}

/* ---- the certificate ---- */

struct both {
    struct gathered subject, issuer;
};

/* One Extension: identifier, whether critical, value [RFC 5280 4.1]. */
static status gather_extension(struct reader *extensions, struct arena *memory, struct both *g) {
    struct reader extension;
    struct der oid, critical, value;
    TRY(der_enter(extensions, DER_SEQUENCE, &extension));
    TRY(der_take(&extension, DER_OID, &oid));
    if (der_is_next(&extension, DER_BOOLEAN))
        TRY(der_take(&extension, DER_BOOLEAN, &critical));
    TRY(der_take(&extension, DER_OCTET_STRING, &value));
    if (bytes_equal(oid.value, BYTES("\x55\x1d\x11")))
        (void)gather_alternatives(value.value, memory, &g->subject);
    if (bytes_equal(oid.value, BYTES("\x55\x1d\x12")))
        (void)gather_alternatives(value.value, memory, &g->issuer);
    return OK;
}

static status gather_extensions(struct reader *tbs, struct arena *memory, struct both *g) {
    struct der passed;
    struct reader outer, extensions;
    while (tbs->left.len && !der_is_next(tbs, DER_CONTEXT_CONSTRUCTED + 3))
        TRY(der_next(tbs, &passed)); /* unique identifiers, which nobody uses */
    if (tbs->left.len == 0)
        return OK;
    TRY(der_enter(tbs, DER_CONTEXT_CONSTRUCTED + 3, &outer));
    TRY(der_enter(&outer, DER_SEQUENCE, &extensions));
    while (extensions.left.len)
        TRY(gather_extension(&extensions, memory, g));
    return OK;
}

/* TBSCertificate ::= [0] version, serialNumber, signature, issuer, validity, subject,
 * subjectPublicKeyInfo, [1], [2], [3] extensions [RFC 5280 4.1]. */
static status read_tbs(struct reader *tbs, struct arena *memory, struct x509_names *out,
                       struct both *g) {
    struct der version, serial, algorithm, issuer, validity, subject, key;
    if (der_is_next(tbs, DER_CONTEXT_CONSTRUCTED + 0))
        TRY(der_next(tbs, &version));
    TRY(der_take(tbs, DER_INTEGER, &serial));
    TRY(der_take(tbs, DER_SEQUENCE, &algorithm));
    TRY(der_take(tbs, DER_SEQUENCE, &issuer));
    TRY(der_take(tbs, DER_SEQUENCE, &validity));
    TRY(der_take(tbs, DER_SEQUENCE, &subject));
    TRY(der_take(tbs, DER_SEQUENCE, &key));
    bool padded = serial.value.len > 1 && serial.value.ptr[0] == 0;
    out->serial = bytes_skip(serial.value, padded ? 1 : 0);
    TRY(gather_name(subject.whole, memory, &g->subject));
    TRY(gather_name(issuer.whole, memory, &g->issuer));
    return gather_extensions(tbs, memory, g);
}

status x509_names_read(bytes der, struct arena *memory, struct x509_names *out_names) {
    struct reader in = {der}, certificate, tbs;
    struct x509_names names;
    struct both g;
    g.subject.count = g.issuer.count = 0;
    TRY(der_enter(&in, DER_SEQUENCE, &certificate));
    TRY(der_enter(&certificate, DER_SEQUENCE, &tbs));
    TRY(read_tbs(&tbs, memory, &names, &g));
    names.subject = keep(&g.subject, memory);
    names.issuer = keep(&g.issuer, memory);
    *out_names = names;
    return OK;
}

status x509_serial_read(bytes der, bytes *out_serial) {
    struct reader in = {der}, certificate, tbs;
    struct der version, serial;
    TRY(der_enter(&in, DER_SEQUENCE, &certificate));
    TRY(der_enter(&certificate, DER_SEQUENCE, &tbs));
    if (der_is_next(&tbs, DER_CONTEXT_CONSTRUCTED))
        TRY(der_take(&tbs, DER_CONTEXT_CONSTRUCTED, &version));
    TRY(der_take(&tbs, DER_INTEGER, &serial));
    while (serial.value.len > 0 && serial.value.ptr[0] == 0)
        serial.value = bytes_skip(serial.value, 1);
    *out_serial = serial.value;
    return OK;
}

bytes x509_names_find(const struct x509_name_values *values, enum x509_name name, size_t index) {
    for (size_t i = 0; i < values->count; i++)
        if (values->items[i].name == name && index-- == 0)
            return values->items[i].value;
    return (bytes){0};
}

/* ---- comparing names ---- */

static bool is_space(uint8_t c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Lower-case ASCII, no white space on the ends, one space for each run of it. */
static void append_folded(struct buf *out, bytes text) {
    bool gap = false, begun = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (is_space(c)) {
            gap = begun;
            continue;
        }
        if (gap)
            buf_append_byte(out, ' ');
        buf_append_byte(out, c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c);
        gap = false;
        begun = true;
    }
}

/* An attribute by itself: what text it is does not matter, so all text counts as UTF8String. */
static status append_attribute(struct reader *rdn, struct arena *memory, struct buf *out) {
    struct der oid, value;
    bytes text;
    AUTO(buf) folded = {0};
    TRY(read_attribute(rdn, &oid, &value));
    bool is_text = der_is_text(value.tag) && der_text(&value, memory, &text) == OK;
    if (is_text)
        append_folded(&folded, text);
    else
        buf_append(&folded, value.value);
    buf_append(out, oid.whole);
    buf_append_byte(out, is_text ? DER_UTF8_STRING : value.tag);
    buf_append_u32(out, (uint32_t)folded.len);
    buf_append(out, buf_bytes(&folded));
    return OK;
}

static status fold_name(bytes name_der, struct arena *memory, struct buf *out) {
    struct reader in = {name_der}, name, rdn;
    TRY(der_enter(&in, DER_SEQUENCE, &name));
    while (name.left.len) {
        TRY(der_enter(&name, DER_SET, &rdn));
        buf_append_byte(out, DER_SET);
        while (rdn.left.len)
            TRY(append_attribute(&rdn, memory, out));
    }
    return OK;
}

status x509_name_hash(bytes name_der, struct x509_name_hash *out_hash) {
    AUTO(arena) memory = {0};
    AUTO(buf) folded = {0};
    TRY(fold_name(name_der, &memory, &folded));
    (void)SHA256(buf_bytes(&folded).ptr, folded.len, out_hash->sha256);
    return OK;
}

bool x509_name_hash_equal(const struct x509_name_hash *a, const struct x509_name_hash *b) {
    return memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0;
}
