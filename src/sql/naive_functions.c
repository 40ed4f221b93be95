/* The functions of the naive evaluator [AWS rules 4]. */
#include <locale.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "base/random.h"
#include "codec/base64.h"
#include "codec/utf8.h"
#include "sql/md2.h"
#include "sql/naive_value.h"
#include "sql/regexp.h"
#include "sql/time_text.h"

/* Arguments, converted; one that does not fit makes the whole call Undefined. */
static bool text_at(const struct naive_call *c, size_t i, bytes *out) {
    return naive_to_text(&c->arguments[i], out);
}

static bool number_at(const struct naive_call *c, size_t i, struct decimal *out) {
    return naive_to_decimal(&c->arguments[i], out);
}

/* A number cut to 64 bits: what is larger counts as the largest. */
static int64_t clamped(struct decimal d, int64_t least, int64_t most) {
    int64_t n;
    if (!decimal_to_i64(decimal_round(d, 0, DECIMAL_DOWN), &n))
        return d.negative ? least : most;
    return n < least ? least : n > most ? most : n;
}

static struct naive made(struct naive_call *c, const struct buf *out) {
    return naive_string(arena_copy(c->world->a, buf_bytes(out)));
}

static struct naive whole_number(struct naive_call *c, int64_t n) {
    return naive_number(c->world, decimal_from_i64(n));
}

/* ---- numbers ---- */

static struct naive of_double(struct naive_call *c, double d) {
    struct decimal n;
    return decimal_from_double(d, &n) ? naive_number(c->world, n) : naive_undefined;
}

static double double_at(struct naive_call *c, size_t i) {
    bytes text;
    struct decimal d;
    if (!number_at(c, i, &d) || !text_at(c, i, &text))
        return NAN;
    return strtod(arena_string(c->world->a, text), NULL);
}

static const struct {
    const char *name;
    double (*f)(double);
} doubles[] = {{"acos", acos}, {"asin", asin}, {"atan", atan}, {"cos", cos}, {"cosh", cosh},
               {"exp", exp},   {"ln", log},    {"log", log10}, {"sin", sin}, {"sinh", sinh},
               {"sqrt", sqrt}, {"tan", tan},   {"tanh", tanh}};

static struct naive rounded(struct naive_call *c, int places, enum decimal_rounding how) {
    struct decimal d;
    return number_at(c, 0, &d) ? naive_number(c->world, decimal_round(d, places, how))
                               : naive_undefined;
}

static struct naive f_abs(struct naive_call *c) {
    struct decimal d, zero = {0};
    if (!number_at(c, 0, &d))
        return naive_undefined;
    return naive_number(c->world, naive_order(d, zero) < 0 ? decimal_negate(d) : d);
}

static struct naive f_sign(struct naive_call *c) {
    struct decimal d, zero = {0};
    return number_at(c, 0, &d) ? whole_number(c, naive_order(d, zero) < 0   ? -1
                                                 : naive_order(d, zero) > 0 ? 1
                                                                            : 0)
                               : naive_undefined;
}

static struct naive f_mod(struct naive_call *c) {
    struct decimal a, b, rest;
    if (!number_at(c, 0, &a) || !number_at(c, 1, &b) || !decimal_remainder(a, b, &rest))
        return naive_undefined;
    return naive_number(c->world, rest);
}

static struct naive f_trunc(struct naive_call *c) {
    struct decimal n;
    if (!naive_to_int(&c->arguments[1], &n))
        return naive_undefined;
    return rounded(c, (int)clamped(n, 0, 34), DECIMAL_DOWN);
}

static struct naive bits(struct naive_call *c, char op) {
    struct decimal a, b = {0};
    int64_t x, y = 0;
    if (!number_at(c, 0, &a) || !decimal_to_i64(decimal_round(a, 0, DECIMAL_DOWN), &x))
        return naive_undefined;
    if (op != '~' &&
        (!number_at(c, 1, &b) || !decimal_to_i64(decimal_round(b, 0, DECIMAL_DOWN), &y)))
        return naive_undefined;
    return whole_number(c, op == '&' ? x & y : op == '|' ? x | y : op == '^' ? x ^ y : ~x);
}

#define SHORT(name, ...)                             \
    static struct naive name(struct naive_call *c) { \
        return __VA_ARGS__;                          \
    }
SHORT(f_atan2, of_double(c, atan2(double_at(c, 0), double_at(c, 1))))
SHORT(f_bitand, bits(c, '&'))
SHORT(f_bitnot, bits(c, '~'))
SHORT(f_bitor, bits(c, '|'))
SHORT(f_bitxor, bits(c, '^'))
SHORT(f_ceil, rounded(c, 0, DECIMAL_CEILING))
SHORT(f_floor, rounded(c, 0, DECIMAL_FLOOR))
SHORT(f_rand, of_double(c, (double)(random_u64() >> 11) * 0x1p-53))
SHORT(f_round, rounded(c, 0, DECIMAL_HALF_UP))

/* A text that is no number makes NaN, and what pow makes of NaN may be a number. */
static struct naive f_power(struct naive_call *c) {
    struct decimal a, b;
    if (!number_at(c, 0, &a) || !number_at(c, 1, &b))
        return naive_undefined;
    return of_double(c, pow(double_at(c, 0), double_at(c, 1)));
}

/* ---- texts, as arrays of characters ---- */

struct characters {
    bytes *at;
    size_t count;
};

static struct characters split(struct naive_call *c, bytes text) {
    struct characters all = {ARENA_ARRAY(c->world->a, bytes, text.len + 1), 0};
    while (text.len) {
        size_t len = utf8_length(text);
        all.at[all.count++] = bytes_slice(text, 0, len ? len : 1);
        text = bytes_skip(text, len ? len : 1);
    }
    return all;
}

static struct naive put_together(struct naive_call *c, struct characters all, size_t from,
                                 size_t to) {
    AUTO(buf) out = {0};
    for (size_t i = from; i < to; i++)
        buf_append(&out, all.at[i]);
    return made(c, &out);
}

static struct naive f_length(struct naive_call *c) {
    bytes t;
    return text_at(c, 0, &t) ? whole_number(c, (int64_t)split(c, t).count) : naive_undefined;
}

static struct naive f_numbytes(struct naive_call *c) {
    bytes t;
    return text_at(c, 0, &t) ? whole_number(c, (int64_t)t.len) : naive_undefined;
}

static struct naive f_chr(struct naive_call *c) {
    struct decimal d;
    if (!number_at(c, 0, &d))
        return naive_undefined;
    int64_t n = clamped(d, -1, 128);
    char byte = (char)n;
    return n < 0 || n > 127 ? naive_undefined
                            : naive_string(arena_copy(c->world->a, bytes_of(&byte, 1)));
}

/* As the C library has it, which knows more letters than the real one. */
static struct naive recased(struct naive_call *c, bool up) {
    bytes t;
    AUTO(buf) out = {0};
    if (!text_at(c, 0, &t))
        return naive_undefined;
    locale_t all_letters = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    struct characters all = split(c, t);
    for (size_t i = 0; i < all.count; i++) {
        static const uint8_t first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
        wint_t letter = *all.at[i].ptr & first_bits[all.at[i].len];
        for (size_t j = 1; j < all.at[i].len; j++)
            letter = letter << 6 | (all.at[i].ptr[j] & 0x3f);
        utf8_append(&out, up ? towupper_l(letter, all_letters) : towlower_l(letter, all_letters));
    }
    freelocale(all_letters);
    return made(c, &out);
}

static struct naive trimmed(struct naive_call *c, bool left, bool right) {
    bytes t;
    if (!text_at(c, 0, &t))
        return naive_undefined;
    struct characters all = split(c, t);
    size_t from = 0, to = all.count;
    for (; left && from < to && (*all.at[from].ptr == ' ' || *all.at[from].ptr == '\t'); from++)
        continue;
    for (; right && to > from && (*all.at[to - 1].ptr == ' ' || *all.at[to - 1].ptr == '\t'); to--)
        continue;
    return put_together(c, all, from, to);
}

static struct naive padded(struct naive_call *c, bool left) {
    bytes t;
    struct decimal n;
    AUTO(buf) blanks = {0};
    AUTO(buf) out = {0};
    if (!text_at(c, 0, &t) || !naive_to_int(&c->arguments[1], &n))
        return naive_undefined;
    buf_printf(&blanks, "%*s", (int)clamped(n, 0, 1000), "");
    buf_append(&out, left ? buf_bytes(&blanks) : t);
    buf_append(&out, left ? t : buf_bytes(&blanks));
    return made(c, &out);
}

/* Where `what` stands in `text`, from `from` on; text.len: nowhere. */
static size_t place_of(bytes text, bytes what, size_t from) {
    for (; from + what.len <= text.len; from++)
        if (bytes_equal(bytes_slice(text, from, what.len), what))
            return from;
    return text.len;
}

static struct naive f_indexof(struct naive_call *c) {
    bytes t, what;
    if (!text_at(c, 0, &t) || !text_at(c, 1, &what))
        return naive_undefined;
    size_t at = what.len ? place_of(t, what, 0) : 0;
    if (what.len && at == t.len)
        return whole_number(c, -1);
    return whole_number(c, (int64_t)split(c, bytes_slice(t, 0, at)).count);
}

static struct naive has_end(struct naive_call *c, bool start) {
    bytes t, part;
    if (!text_at(c, 0, &t) || !text_at(c, 1, &part))
        return naive_undefined;
    return naive_boolean(part.len <= t.len &&
                         place_of(bytes_skip(t, start ? 0 : t.len - part.len), part, 0) == 0 &&
                         (part.len == 0 || t.len > 0));
}

static struct naive f_replace(struct naive_call *c) {
    bytes t, what, with;
    AUTO(buf) out = {0};
    if (!text_at(c, 0, &t) || !text_at(c, 1, &what) || !text_at(c, 2, &with))
        return naive_undefined;
    for (size_t at = 0; at < t.len;) {
        bool here = what.len && place_of(bytes_slice(t, at, what.len), what, 0) == 0 &&
                    t.len - at >= what.len;
        if (here)
            buf_append(&out, with);
        else
            buf_append_byte(&out, t.ptr[at]);
        at += here ? what.len : 1;
    }
    return made(c, &out);
}

static struct naive f_substring(struct naive_call *c) {
    bytes t;
    struct decimal from, to;
    if (!text_at(c, 0, &t) || !number_at(c, 1, &from))
        return naive_undefined;
    struct characters all = split(c, t);
    int64_t count = (int64_t)all.count, start = clamped(from, 0, count), end = count;
    if (c->count == 3 && !number_at(c, 2, &to))
        return naive_undefined;
    if (c->count == 3)
        end = clamped(to, 0, count);
    return put_together(c, all, (size_t)start, (size_t)(end < start ? start : end));
}

static struct naive f_concat(struct naive_call *c) {
    AUTO(buf) out = {0};
    size_t total = 1, count = 0, more;
    bool arrays = false;
    if (c->count < 2)
        return c->count ? c->arguments[0] : naive_undefined;
    for (size_t i = 0; i < c->count; i++) {
        arrays = arrays || c->arguments[i].type == SQL_ARRAY;
        (void)naive_members(c->world, &c->arguments[i], &more);
        total += more + 1;
    }
    struct naive_member *items = ARENA_ARRAY(c->world->a, struct naive_member, total);
    for (size_t i = 0; i < c->count && arrays; i++) {
        struct naive_member *own = naive_members(c->world, &c->arguments[i], &more);
        for (size_t j = 0; j < more && c->arguments[i].type == SQL_ARRAY; j++)
            items[count++] = own[j];
        if (c->arguments[i].type != SQL_ARRAY)
            items[count++].value = c->arguments[i];
    }
    if (arrays)
        return naive_array(c->world, items, count);
    for (size_t i = 0; i < c->count; i++) {
        bytes t;
        if (!text_at(c, i, &t))
            return naive_undefined;
        buf_append(&out, t);
    }
    return made(c, &out);
}

SHORT(f_lower, recased(c, false))
SHORT(f_upper, recased(c, true))
SHORT(f_ltrim, trimmed(c, true, false))
SHORT(f_rtrim, trimmed(c, false, true))
SHORT(f_trim, trimmed(c, true, true))
SHORT(f_lpad, padded(c, true))
SHORT(f_rpad, padded(c, false))
SHORT(f_startswith, has_end(c, true))
SHORT(f_endswith, has_end(c, false))

static bool says_base64(const struct naive_call *c) {
    return c->arguments[1].type == SQL_STRING &&
           bytes_equal_nocase(c->arguments[1].text, BYTES("base64"));
}

static struct naive f_encode(struct naive_call *c) {
    bytes t;
    AUTO(buf) out = {0};
    bool raw = c->star && !c->world->element;
    if (!says_base64(c) || (!raw && !text_at(c, 0, &t)))
        return naive_undefined;
    base64_encode(raw ? c->world->message->payload : t, &out);
    return made(c, &out);
}

static struct naive f_decode(struct naive_call *c) {
    bytes t, decoded;
    const struct json *root;
    if (!says_base64(c) || !text_at(c, 0, &t))
        return naive_undefined;
    if (base64_decode(c->world->a, t, &decoded) != OK || !bytes_are_utf8(decoded))
        return naive_null;
    return json_parse(c->world->a, decoded, &root) == OK ? naive_read(c->world, decoded)
                                                         : naive_string(decoded);
}

static struct naive digest(struct naive_call *c, const EVP_MD *kind) {
    uint8_t out[EVP_MAX_MD_SIZE];
    unsigned len = MD2_BYTES;
    bytes t;
    AUTO(buf) hex = {0};
    if (!text_at(c, 0, &t))
        return naive_undefined;
    if (kind)
        (void)EVP_Digest(t.ptr, t.len, out, &len, kind, NULL);
    else
        md2(t, out);
    for (unsigned i = 0; i < len; i++)
        buf_printf(&hex, "%02x", out[i]);
    return made(c, &hex);
}

SHORT(f_md2, digest(c, NULL))
SHORT(f_md5, digest(c, EVP_md5()))
SHORT(f_sha1, digest(c, EVP_sha1()))
SHORT(f_sha224, digest(c, EVP_sha224()))
SHORT(f_sha256, digest(c, EVP_sha256()))
SHORT(f_sha384, digest(c, EVP_sha384()))
SHORT(f_sha512, digest(c, EVP_sha512()))

static struct naive f_regexp_matches(struct naive_call *c) {
    bytes t, pattern, found;
    if (!text_at(c, 0, &t) || !text_at(c, 1, &pattern))
        return naive_undefined;
    enum regexp_result r = regexp_find(pattern, t, &found);
    return r <= REGEXP_NOT_FOUND ? naive_boolean(r == REGEXP_FOUND) : naive_undefined;
}

static struct naive f_regexp_substr(struct naive_call *c) {
    bytes t, pattern, found;
    if (!text_at(c, 0, &t) || !text_at(c, 1, &pattern) ||
        regexp_find(pattern, t, &found) != REGEXP_FOUND)
        return naive_undefined;
    return naive_string(found);
}

static struct naive f_regexp_replace(struct naive_call *c) {
    bytes t, pattern, with;
    AUTO(buf) out = {0};
    if (!text_at(c, 0, &t) || !text_at(c, 1, &pattern) || !text_at(c, 2, &with) ||
        regexp_replace(pattern, t, with, SQL_RESULT_BYTES_MAX, &out) != REGEXP_FOUND)
        return naive_undefined;
    return made(c, &out);
}

/* ---- the message ---- */

static struct naive given(bytes t) {
    return t.ptr ? naive_string(t) : naive_undefined;
}

static struct naive f_topic(struct naive_call *c) {
    bytes topic = c->world->message->topic;
    struct decimal d;
    int64_t n, segment = 1;
    AUTO(buf) out = {0};
    if (c->count == 0)
        return naive_string(topic);
    if (!naive_to_int(&c->arguments[0], &d) || (n = clamped(d, 0, INT64_MAX)) < 1)
        return naive_undefined;
    for (size_t i = 0; i < topic.len; i++)
        if (topic.ptr[i] == '/')
            segment++;
        else if (segment == n)
            buf_append_byte(&out, topic.ptr[i]);
    return n > segment ? naive_undefined : made(c, &out);
}

static struct naive f_clientid(struct naive_call *c) {
    bytes id = c->world->message->client_id;
    return naive_string(id.ptr ? id : BYTES("n/a"));
}

static struct naive f_traceid(struct naive_call *c) {
    const struct sql_message *m = c->world->message;
    return m->client_id.ptr ? given(m->trace_id) : naive_undefined;
}

static struct naive f_get_mqtt_property(struct naive_call *c) {
    const struct sql_message *m = c->world->message;
    AUTO(buf) text = {0};
    bytes name;
    if (!text_at(c, 0, &name))
        return naive_undefined;
    base64_encode(m->correlation_data, &text);
    const struct {
        const char *name;
        struct naive value;
    } all[] = {{"content_type", given(m->content_type)},
               {"response_topic", given(m->response_topic)},
               {"correlation_data", m->correlation_data.ptr ? made(c, &text) : naive_undefined},
               {"format_indicator", m->payload_format < 0 ? naive_undefined
                                    : m->payload_format == 0
                                        ? naive_string(BYTES("UNSPECIFIED_BYTES"))
                                        : naive_string(BYTES("UTF8_DATA"))}};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (bytes_equal(name, bytes_from(all[i].name)))
            return all[i].value;
    return naive_undefined;
}

static struct naive f_get_user_properties(struct naive_call *c) {
    size_t count = 0, at = 0;
    bytes key = {0};
    const struct sql_item *first = c->world->message->user_properties;
    if (c->count && !text_at(c, 0, &key))
        return naive_undefined;
    for (const struct sql_item *i = first; i; i = i->next)
        count++;
    struct naive_member *items = ARENA_ARRAY(c->world->a, struct naive_member, count + 1);
    for (const struct sql_item *i = first; i; i = i->next) {
        struct naive_member one = {i->name, naive_string(i->value.text)};
        if (c->count == 0)
            items[at++].value = naive_object(c->world, &one, 1);
        else if (bytes_equal(i->name, key))
            items[at++] = (struct naive_member){(bytes){0}, one.value};
    }
    return c->count && at == 0 ? naive_undefined : naive_array(c->world, items, at);
}

SHORT(f_accountid, given(c->world->message->account))
SHORT(f_principal, given(c->world->message->principal))
SHORT(f_sourceip, given(c->world->message->source_ip))
SHORT(f_timestamp, whole_number(c, c->world->message->now_ms))
SHORT(f_sql_version, naive_string(bytes_from(sql_version_name(c->world->statement->version))))

/* ---- values of any type ---- */

static struct naive f_get(struct naive_call *c) {
    const struct naive *of = &c->arguments[0], *key = &c->arguments[1];
    struct decimal d;
    size_t count;
    int64_t n;
    if (of->type == SQL_OBJECT)
        return key->type == SQL_STRING ? naive_member_of(c->world, of, key->text) : naive_undefined;
    if (!naive_to_int(key, &d) || (n = clamped(d, -1, INT64_MAX)) < 0)
        return naive_undefined;
    if (of->type == SQL_ARRAY) {
        struct naive_member *items = naive_members(c->world, of, &count);
        return (uint64_t)n < count ? items[n].value : naive_undefined;
    }
    struct characters all = split(c, of->type == SQL_STRING ? of->text : (bytes){0});
    return (uint64_t)n < all.count ? naive_string(all.at[n]) : naive_undefined;
}

/* On equal keys the element's member stays; an element that is no object stays as it is. */
static struct naive enriched(struct naive_call *c, struct naive element) {
    size_t own, more, count;
    struct naive_member *members = naive_members(c->world, &element, &own),
                        *added = naive_members(c->world, &c->arguments[1], &more);
    if (element.type != SQL_OBJECT)
        return element;
    struct naive_member *all = ARENA_ARRAY(c->world->a, struct naive_member, own + more + 1);
    for (count = 0; count < own; count++)
        all[count] = members[count];
    for (size_t i = 0; i < more; i++) {
        size_t at = 0;
        while (at < own && !bytes_equal(members[at].name, added[i].name))
            at++;
        if (at == own)
            naive_put(all, &count, added[i].name, added[i].value);
    }
    return naive_object(c->world, all, count);
}

static struct naive f_transform(struct naive_call *c) {
    const struct naive *a = c->arguments;
    size_t count;
    if (a[0].type != SQL_STRING || !bytes_equal(a[0].text, BYTES("enrichArray")) ||
        a[1].type != SQL_OBJECT || a[2].type != SQL_ARRAY)
        return naive_undefined;
    struct naive_member *each = naive_members(c->world, &a[2], &count);
    for (size_t i = 0; i < count; i++)
        each[i].value = enriched(c, each[i].value);
    struct naive all = naive_array(c->world, each, count);
    return all.text.len <= 128 * 1024 ? all : naive_undefined;
}

static struct naive f_nanvl(struct naive_call *c) {
    bool nothing = c->arguments[0].type == SQL_UNDEFINED || c->arguments[0].type == SQL_NULL;
    return c->arguments[nothing ? 1 : 0];
}

static struct naive f_newuuid(struct naive_call *c) {
    char text[37];
    random_uuid(text);
    return naive_string(arena_copy(c->world->a, bytes_from(text)));
}

static struct naive f_parse_time(struct naive_call *c) {
    bytes pattern, zone = {0};
    struct decimal d;
    int64_t ms;
    AUTO(buf) out = {0};
    if (!text_at(c, 0, &pattern) || !naive_to_int(&c->arguments[1], &d) ||
        !decimal_to_i64(d, &ms) || (c->count == 3 && !text_at(c, 2, &zone)))
        return naive_undefined;
    return time_text_format(ms, pattern, zone, &out) ? made(c, &out) : naive_undefined;
}

static struct naive f_time_to_epoch(struct naive_call *c) {
    bytes text, pattern;
    int64_t ms;
    if (!text_at(c, 0, &text) || !text_at(c, 1, &pattern) || !time_text_parse(text, pattern, &ms))
        return naive_undefined;
    return whole_number(c, ms);
}

SHORT(f_isnull, naive_boolean(c->arguments[0].type == SQL_NULL))
SHORT(f_isundefined, naive_boolean(c->arguments[0].type == SQL_UNDEFINED))

/* Functions that ask others: nobody to ask here. */
static struct naive f_outside(struct naive_call *c) {
    UNUSED(c);
    return naive_undefined;
}

static const struct {
    const char *name;
    uint8_t least, most;
    struct naive (*call)(struct naive_call *c);
} functions[] = {
    {"abs", 1, 1, f_abs},
    {"accountid", 0, 0, f_accountid},
    {"atan2", 2, 2, f_atan2},
    {"aws_lambda", 2, 2, f_outside},
    {"bitand", 2, 2, f_bitand},
    {"bitnot", 1, 1, f_bitnot},
    {"bitor", 2, 2, f_bitor},
    {"bitxor", 2, 2, f_bitxor},
    {"ceil", 1, 1, f_ceil},
    {"chr", 1, 1, f_chr},
    {"clientid", 0, 0, f_clientid},
    {"concat", 0, 64, f_concat},
    {"decode", 2, 2, f_decode},
    {"encode", 2, 2, f_encode},
    {"endswith", 2, 2, f_endswith},
    {"floor", 1, 1, f_floor},
    {"get", 2, 2, f_get},
    {"get_dynamodb", 4, 6, f_outside},
    {"get_mqtt_property", 1, 1, f_get_mqtt_property},
    {"get_or_default", 2, 2, f_nanvl},
    {"get_registry_data", 3, 3, f_outside},
    {"get_secret", 3, 4, f_outside},
    {"get_user_properties", 0, 1, f_get_user_properties},
    {"indexof", 2, 2, f_indexof},
    {"isnull", 1, 1, f_isnull},
    {"isundefined", 1, 1, f_isundefined},
    {"length", 1, 1, f_length},
    {"lower", 1, 1, f_lower},
    {"lpad", 2, 2, f_lpad},
    {"ltrim", 1, 1, f_ltrim},
    {"md2", 1, 1, f_md2},
    {"md5", 1, 1, f_md5},
    {"mod", 2, 2, f_mod},
    {"nanvl", 2, 2, f_nanvl},
    {"newuuid", 0, 0, f_newuuid},
    {"numbytes", 1, 1, f_numbytes},
    {"parse_time", 2, 3, f_parse_time},
    {"power", 2, 2, f_power},
    {"principal", 0, 0, f_principal},
    {"rand", 0, 0, f_rand},
    {"regexp_matches", 2, 2, f_regexp_matches},
    {"regexp_replace", 3, 3, f_regexp_replace},
    {"regexp_substr", 2, 2, f_regexp_substr},
    {"remainder", 2, 2, f_mod},
    {"replace", 3, 3, f_replace},
    {"round", 1, 1, f_round},
    {"rpad", 2, 2, f_rpad},
    {"rtrim", 1, 1, f_rtrim},
    {"sha1", 1, 1, f_sha1},
    {"sha224", 1, 1, f_sha224},
    {"sha256", 1, 1, f_sha256},
    {"sha384", 1, 1, f_sha384},
    {"sha512", 1, 1, f_sha512},
    {"sign", 1, 1, f_sign},
    {"sourceip", 0, 0, f_sourceip},
    {"sql_version", 0, 0, f_sql_version},
    {"startswith", 2, 2, f_startswith},
    {"substring", 2, 3, f_substring},
    {"time_to_epoch", 2, 2, f_time_to_epoch},
    {"timestamp", 0, 0, f_timestamp},
    {"topic", 0, 1, f_topic},
    {"traceid", 0, 0, f_traceid},
    {"transform", 3, 3, f_transform},
    {"trim", 1, 1, f_trim},
    {"trunc", 2, 2, f_trunc},
    {"upper", 1, 1, f_upper},
};

struct naive naive_function(bytes name, struct naive_call *c, bool *out_known) {
    *out_known = true;
    for (size_t i = 0; i < COUNT_OF(functions); i++)
        if (bytes_equal_nocase(name, bytes_from(functions[i].name)))
            return c->count < functions[i].least || c->count > functions[i].most
                       ? naive_undefined
                       : functions[i].call(c);
    for (size_t i = 0; i < COUNT_OF(doubles); i++)
        if (bytes_equal_nocase(name, bytes_from(doubles[i].name)))
            return c->count == 1 ? of_double(c, doubles[i].f(double_at(c, 0))) : naive_undefined;
    *out_known = false;
    return naive_undefined;
}
