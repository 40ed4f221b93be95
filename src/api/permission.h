/* Permissions: what a call needs to be allowed, by service and operation.
 *
 * A row names the resources a caller needs the action on, as templates whose braces hold members of
 * the operation's input; the action is the operation's own name unless the row says otherwise:
 *
 *     [IOT_CREATE_THING] = ON("thing/{thingName}", "billinggroup/{billingGroupName}"),
 *
 *     {thingName}            the member's text; a template whose member is absent does not count
 *     {indexName|AWS_Things} … or what stands behind the bar
 *     {targets[]}            every element of a list
 *     "{target}" alone       the member is an ARN itself
 *     {function}             one of the names in permission.c that take more than a member
 *
 * What stands before a template is arn:aws:SERVICE:REGION:ACCOUNT: of the row's service. An
 * operation without a row, or of which no template counts, asks on "*". */
#pragma once
#include "api/record.h"
#include "iam/caller.h"

enum permission_kind {
    PERMISSION_UNKNOWN, /* no row */
    PERMISSION_ASKED,
    PERMISSION_OPEN,  /* whoever has credentials may */
    PERMISSION_TRUST, /* the trust policy decides: the handler asks it */
};

enum { PERMISSION_TEMPLATES_MAX = 5 };

struct permission {
    enum permission_kind kind;
    const char *action;    /* NULL: the operation's name */
    const char *passes_to; /* the service that roles named in the input are handed to; or NULL */
    const char *flag;      /* a member that, when it is true, … */
    const char *flagged;   /* … takes this action, too; or both NULL */
    const char *on[PERMISSION_TEMPLATES_MAX]; /* up to the first NULL */
};

// clang-format off
#define ON(...) {PERMISSION_ASKED, NULL, NULL, NULL, NULL, {__VA_ARGS__}}
#define ON_ALL {PERMISSION_ASKED, NULL, NULL, NULL, NULL, {NULL}}
#define ON_AND(flag, action, ...) {PERMISSION_ASKED, NULL, NULL, flag, action, {__VA_ARGS__}}
#define AS(action, ...) {PERMISSION_ASKED, action, NULL, NULL, NULL, {__VA_ARGS__}}
/* Roles of the input are handed to a service, which takes iam:PassRole. */
#define PASSES(service, ...) {PERMISSION_ASKED, NULL, service, NULL, NULL, {__VA_ARGS__}}
#define NEEDS_NONE {PERMISSION_OPEN, NULL, NULL, NULL, NULL, {NULL}}
#define NEEDS_TRUST {PERMISSION_TRUST, NULL, NULL, NULL, NULL, {NULL}}
// clang-format on

/* One row per operation of the model (generated/…). */
extern const struct permission permissions_iot[], permissions_iot_data[], permissions_lambda[],
    permissions_logs[], permissions_iam[], permissions_acm[], permissions_sts[],
    permissions_secretsmanager[];

/* One question: an action on a resource. */
struct permission_need {
    bytes action, resource;
    bytes passed_to; /* of iam:PassRole */
};
enum { PERMISSION_NEEDS_MAX = 200 };
struct permission_needs {
    struct permission_need *items;
    size_t count;
};

/* permission_needs lists what a call needs, in the registry's arena. `service` is what IAM calls it
 * ("iot" for iot-data, too). `in` may be NULL. IAM's users
 * and roles have paths in their ARNs, which are looked up in the registry's transaction. E_LIMIT
 * for an input that names more than PERMISSION_NEEDS_MAX resources. */
NODISCARD
status permission_needs(const struct permission *row, const char *service, bytes operation,
                        const struct record *in, const struct registry *r,
                        const struct iam_caller *caller, struct permission_needs *out_needs);

/* permission_check_row: every name in the row's templates is a member of the operation's input, or
 * one of those that permission.c knows. For tests; the sentence says which is not. */
NODISCARD
status permission_check_row(const struct permission *row, const struct model *m,
                            const struct model_operation *o);
