#include "registry/internal.h"

#include <string.h>

enum { ACCOUNT_DIGITS = 12 };

static const char *const type_names[] = {
#define ARN_TYPE_NAME(name, text) [ARN_##name] = (text),
    ARN_TYPES(ARN_TYPE_NAME)
#undef ARN_TYPE_NAME
};

const char *arn_type_name(enum arn_type type) {
    return type_names[type];
}

static status bad_arn(bytes text) {
    return FAIL(E_INVALID,
                "'%.*s' is not a resource name like arn:aws:iot:us-east-1:123456789012:cert/…",
                BYTES_ARG(bytes_slice(text, 0, 200)));
}

static bool find_type(bytes text, enum arn_type *out_type) {
    for (enum arn_type i = 0; i < ARN_TYPE_COUNT; i++)
        if (bytes_equal(text, bytes_from(type_names[i]))) {
            *out_type = i;
            return true;
        }
    return false;
}

status arn_parse(bytes text, struct arn *out_arn) {
    struct arn arn;
    bytes rest = text, part;
    if (!bytes_start_with(text, BYTES("arn:aws:iot:")))
        return bad_arn(text);
    rest = bytes_skip(rest, strlen("arn:aws:iot:"));
    if (!bytes_split(&rest, ':', &arn.region) || !bytes_split(&rest, ':', &arn.account) ||
        !rest.ptr)
        return bad_arn(text);
    arn.resource = rest;
    if (!bytes_split(&rest, '/', &part) || !rest.ptr || rest.len == 0 || arn.region.len == 0 ||
        arn.account.len == 0 || !find_type(part, &arn.type))
        return bad_arn(text);
    arn.name = rest;
    *out_arn = arn;
    return OK;
}

bytes arn_format(struct arena *a, bytes region, bytes account, enum arn_type type, bytes name) {
    char *text = arena_printf(a, "arn:aws:iot:%.*s:%.*s:%s/%.*s", BYTES_ARG(region),
                              BYTES_ARG(account), type_names[type], BYTES_ARG(name));
    return bytes_from(text);
}

status arn_check_ours(const struct registry *r, const struct arn *arn, bytes text) {
    if (bytes_equal(arn->region, r->region) && bytes_equal(arn->account, r->account))
        return OK;
    return FAIL(E_INVALID, "%.*s belongs to another region or account: this is %.*s, account %.*s",
                BYTES_ARG(bytes_slice(text, 0, 200)), BYTES_ARG(r->region), BYTES_ARG(r->account));
}

/* "us-east-1:4a5b…": a Cognito identity; an ARN that lost its head looks otherwise. */
static bool is_cognito_identity(bytes text) {
    size_t colon = bytes_find(text, ':');
    return !bytes_start_with(text, BYTES("arn:")) && colon < text.len &&
           bytes_find(bytes_skip(text, colon + 1), ':') == text.len - colon - 1;
}

status arn_require(const struct registry *r, bytes text, enum arn_type type, bytes *out_name) {
    struct arn arn;
    TRY(arn_parse(text, &arn));
    TRY(arn_check_ours(r, &arn, text));
    if (arn.type != type)
        return FAIL(E_INVALID, "%.*s is not the ARN of a %s", BYTES_ARG(bytes_slice(text, 0, 200)),
                    type_names[type]);
    *out_name = arn.name;
    return OK;
}

/* "arn", a partition, then the service, and so on: `count` parts; what follows is left in *rest. */
static bool split_foreign_arn(bytes arn, bytes *part, size_t count, bytes *rest) {
    *rest = arn;
    for (size_t i = 0; i < count; i++)
        if (!bytes_split(rest, ':', &part[i]))
            return false;
    return bytes_equal(part[0], BYTES("arn")) && part[1].len > 0;
}

status role_arn_check(bytes arn) { /* arn:<partition>:iam::<account>:role/<path and name> */
    bytes part[5], rest;
    if (split_foreign_arn(arn, part, COUNT_OF(part), &rest) && bytes_equal(part[2], BYTES("iam")) &&
        part[3].len == 0 && part[4].len == ACCOUNT_DIGITS &&
        bytes_start_with(rest, BYTES("role/")) && rest.len > strlen("role/"))
        return OK;
    return FAIL(E_INVALID,
                "'%.*s' is not the ARN of a role: write arn:aws:iam::123456789012:role/NAME",
                BYTES_ARG(bytes_slice(arn, 0, 200)));
}

status function_arn_check(bytes arn) { /* arn:<partition>:lambda:<region>:<account>:function:… */
    bytes part[6], rest;
    if (split_foreign_arn(arn, part, COUNT_OF(part), &rest) &&
        bytes_equal(part[2], BYTES("lambda")) && part[3].len > 0 && part[4].len == ACCOUNT_DIGITS &&
        bytes_equal(part[5], BYTES("function")) && rest.len > 0)
        return OK;
    return FAIL(E_INVALID,
                "'%.*s' is not the ARN of a function: write "
                "arn:aws:lambda:us-east-1:123456789012:function:NAME",
                BYTES_ARG(bytes_slice(arn, 0, 200)));
}

bytes resource_of(const struct registry *r, enum arn_type type, bytes name) {
    char *text = arena_printf(r->arena, "%s/%.*s", type_names[type], BYTES_ARG(name));
    return bytes_from(text);
}

status principal_parse(const struct registry *r, bytes text, bytes *out_certificate_id) {
    struct arn arn;
    if (is_cognito_identity(text))
        return FAIL(E_NOT_IMPLEMENTED,
                    "Cognito identities are not supported yet: use a certificate ARN");
    TRY(arn_parse(text, &arn));
    TRY(arn_check_ours(r, &arn, text));
    if (arn.type != ARN_CERTIFICATE)
        return FAIL(E_INVALID, "%.*s is not a principal: use a certificate ARN",
                    BYTES_ARG(bytes_slice(text, 0, 200)));
    *out_certificate_id = arn.name;
    return OK;
}

status principal_require(const struct registry *r, bytes text, bytes *out_certificate_id) {
    bool present;
    bytes id;
    TRY(principal_parse(r, text, &id));
    TRY(object_has(r, TABLE_CERTIFICATES, key_of(r, id), &present));
    if (!present)
        return FAIL(E_NOT_FOUND, "The specified resource does not exist");
    *out_certificate_id = id;
    return OK;
}
