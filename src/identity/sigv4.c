/* What a request says about its signature. */
#include "identity/sigv4.h"

#include "codec/date.h"
#include "http/query.h"
#include "identity/sigv4_internal.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

const char *const sigv4_services[] = {
    "iot", "execute-api", "iotdata", "iot-jobs-data", "iotdevicegateway", "sts",
    "iam", "lambda",      "logs",    "acm",           "secretsmanager",   NULL};

status sigv4_refuse_unknown(void) {
    return FAIL(E_TOKEN_INVALID, "The security token included in the request is invalid.");
}

status sigv4_refuse_expired(void) {
    return FAIL(E_TOKEN_EXPIRED, "The security token included in the request is expired");
}

/* The parts of a signature as text, wherever they stand. */
struct parts {
    bytes credential, signed_headers, signature, date;
};

/* "<keyid>/<date>/<region>/<service>/aws4_request" */
static status read_credential(bytes credential, struct sigv4 *s) {
    bytes rest = credential, terminator, extra;
    bool five = bytes_split(&rest, '/', &s->access_key_id) && bytes_split(&rest, '/', &s->date) &&
                bytes_split(&rest, '/', &s->region) && bytes_split(&rest, '/', &s->service) &&
                bytes_split(&rest, '/', &terminator) && !bytes_split(&rest, '/', &extra);
    if (!five)
        return FAIL(E_SIGNATURE_INCOMPLETE,
                    "Credential must have exactly 5 slash-delimited elements, e.g. "
                    "keyid/date/region/service/term, got '%.*s'",
                    SIGV4_QUOTE(credential));
    if (!bytes_equal(terminator, BYTES("aws4_request")))
        return FAIL(E_SIGNATURE_INVALID,
                    "Credential should be scoped with a valid terminator: 'aws4_request', not "
                    "'%.*s'.",
                    SIGV4_QUOTE(terminator));
    return OK;
}

static status read_basic_date(bytes text, struct sigv4 *s) {
    if (text.len != 16 || date_parse_iso(text, &s->time_ms) != OK)
        return FAIL(E_SIGNATURE_INCOMPLETE,
                    "Date must be in ISO-8601 'basic format'. Got '%.*s'. See "
                    "http://en.wikipedia.org/wiki/ISO_8601",
                    SIGV4_QUOTE(text));
    date_format_basic(s->time_ms, s->timestamp);
    return OK;
}

/* The key of a session comes with its token, a lasting key without [AWS control-plane 3.1]. */
static status check_token(const struct sigv4 *s) {
    bool has_token = s->token.ptr != NULL;
    if (has_token && bytes_start_with(s->access_key_id, BYTES("AKIA")))
        return sigv4_refuse_unknown();
    if (!has_token && bytes_start_with(s->access_key_id, BYTES("ASIA")))
        return sigv4_refuse_unknown();
    return OK;
}

/* Says, one sentence for each, which of `names` are missing; OK when none is. */
static status check_missing(const char *format, const char *const *names, const bytes *values,
                            size_t count) {
    AUTO(buf) text = {0};
    for (size_t i = 0; i < count; i++) {
        if (values[i].ptr && values[i].len > 0)
            continue;
        buf_text(&text, text.len ? " " : "");
        size_t mark = bytes_find(bytes_from(format), '@');
        buf_append(&text, bytes_slice(bytes_from(format), 0, mark));
        buf_text(&text, names[i]);
        buf_append(&text, bytes_skip(bytes_from(format), mark + 1));
    }
    if (text.len > 0)
        return FAIL(E_SIGNATURE_INCOMPLETE, "%s", buf_string(&text));
    return OK;
}

static status read_header_date(const struct http_request *r, struct sigv4 *s) {
    bytes text = http_header_find(r, "x-amz-date");
    if (text.ptr)
        return read_basic_date(text, s);
    text = http_header_find(r, "date");
    if (!text.ptr)
        return FAIL(E_SIGNATURE_INCOMPLETE, "Authorization header requires existence of either a "
                                            "'X-Amz-Date' or a 'Date' header.");
    if (text.len == 16)
        return read_basic_date(text, s);
    if (date_parse_http(text, &s->time_ms) != OK)
        return read_basic_date(text, s); /* for its sentence */
    date_format_basic(s->time_ms, s->timestamp);
    return OK;
}

/* "Credential=…, SignedHeaders=…, Signature=…" in any order. */
static void split_authorization(bytes text, struct parts *out_parts) {
    const struct {
        bytes name;
        bytes *value;
    } known[] = {{BYTES("Credential="), &out_parts->credential},
                 {BYTES("SignedHeaders="), &out_parts->signed_headers},
                 {BYTES("Signature="), &out_parts->signature}};
    for (bytes part; bytes_split(&text, ',', &part);) {
        part = bytes_trim(part);
        for (size_t i = 0; i < COUNT_OF(known); i++)
            if (bytes_start_with(part, known[i].name))
                *known[i].value = bytes_skip(part, known[i].name.len);
    }
}

static status parse_header(const struct http_request *r, bytes authorization, struct sigv4 *s) {
    static const char *const names[] = {"Credential", "Signature", "SignedHeaders"};
    size_t space = bytes_find(authorization, ' ');
    bytes algorithm = bytes_slice(authorization, 0, space);
    struct parts parts = {0};
    if (bytes_start_with(algorithm, BYTES("AWS4-")) && !bytes_equal(algorithm, BYTES(ALGORITHM)))
        return FAIL(E_SIGNATURE_INCOMPLETE, "Unsupported AWS 'algorithm': '%.*s'.",
                    SIGV4_QUOTE(algorithm));
    if (bytes_equal(algorithm, BYTES(ALGORITHM)))
        split_authorization(bytes_skip(authorization, space + 1), &parts);
    const bytes values[] = {parts.credential, parts.signature, parts.signed_headers};
    TRY(check_missing("Authorization header requires '@' parameter.", names, values, 3));
    TRY(read_credential(parts.credential, s));
    TRY(read_header_date(r, s));
    s->signed_headers = parts.signed_headers;
    s->signature = parts.signature;
    s->token = http_header_find(r, "x-amz-security-token");
    return OK;
}

static status read_expires(bytes text, struct sigv4 *s) {
    uint64_t seconds;
    if (!text.ptr)
        return OK;
    if (bytes_to_u64(text, SIGV4_EXPIRES_S_MAX, &seconds) != OK || seconds == 0)
        return FAIL(E_SIGNATURE_INCOMPLETE,
                    "X-Amz-Expires must be a number of seconds from 1 to %d; got '%.*s'.",
                    SIGV4_EXPIRES_S_MAX, SIGV4_QUOTE(text));
    s->expires_s = (int64_t)seconds;
    return OK;
}

static status parse_query(const struct http_query *q, struct sigv4 *s) {
    static const char *const names[] = {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature",
                                        "X-Amz-SignedHeaders", "X-Amz-Date"};
    bytes values[COUNT_OF(names)];
    for (size_t i = 0; i < COUNT_OF(names); i++)
        values[i] = http_query_find(q, names[i]);
    TRY(check_missing("AWS query-string parameters must include '@'. Re-examine the query-string "
                      "parameters.",
                      names, values, COUNT_OF(names)));
    if (!bytes_equal(values[0], BYTES(ALGORITHM)))
        return FAIL(E_SIGNATURE_INCOMPLETE, "Unsupported AWS 'algorithm': '%.*s'.",
                    SIGV4_QUOTE(values[0]));
    TRY(read_credential(values[1], s));
    TRY(read_basic_date(values[4], s));
    TRY(read_expires(http_query_find(q, "X-Amz-Expires"), s));
    s->presigned = true;
    s->signature = values[2];
    s->signed_headers = values[3];
    s->token = http_query_find(q, "X-Amz-Security-Token");
    return OK;
}

/* Whether the query claims a signature; gives the parameters then. */
static status find_presigned(const struct http_request *r, struct arena *a,
                             struct http_query *out_query, bool *out_presigned) {
    *out_presigned = false;
    if (bytes_search(r->query, BYTES("X-Amz-")) == r->query.len)
        return OK; /* nearly all requests */
    if (http_query_parse(a, r->query, out_query) != OK)
        return FAIL(E_SIGNATURE_INCOMPLETE, "The query string cannot be read: %s", failure_text());
    *out_presigned = http_query_find(out_query, "X-Amz-Algorithm").ptr ||
                     http_query_find(out_query, "X-Amz-Credential").ptr ||
                     http_query_find(out_query, "X-Amz-Signature").ptr;
    return OK;
}

status sigv4_parse(const struct http_request *r, struct arena *a, struct sigv4 *out_signature) {
    struct sigv4 s = {0};
    struct http_query query = {0};
    bool presigned;
    bytes authorization = http_header_joined(r, "authorization", a);
    TRY(find_presigned(r, a, &query, &presigned));
    if (presigned && authorization.len > 0)
        return FAIL(E_SIGNATURE_INCOMPLETE, "Only one of an Authorization header and a signature "
                                            "in the query string is allowed.");
    if (!presigned && authorization.len == 0)
        return FAIL(E_TOKEN_MISSING, "Missing Authentication Token");
    if (presigned)
        TRY(parse_query(&query, &s));
    else
        TRY(parse_header(r, authorization, &s));
    TRY(check_token(&s));
    *out_signature = s;
    return OK;
}
