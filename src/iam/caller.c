#include "iam/caller.h"

#include "iam/role.h"
#include "iam/user.h"

struct iam_caller iam_caller_root(struct arena *a, bytes account) {
    account = arena_copy(a, account);
    return (struct iam_caller){
        .kind = IAM_ROOT,
        .account = account,
        .arn = bytes_from(arena_printf(a, "arn:aws:iam::%.*s:root", BYTES_ARG(account))),
        .user_id = account,
    };
}

status iam_caller_user(const struct registry *r, bytes name, struct iam_caller *out_caller) {
    struct iam_user user;
    status s = iam_user_load(r, name, &user);
    if (s == E_NOT_FOUND)
        return FAIL(E_TOKEN_INVALID, "The security token included in the request is invalid.");
    TRY(s);
    *out_caller = (struct iam_caller){.kind = IAM_USER,
                                      .account = r->account,
                                      .arn = iam_user_arn(r, &user),
                                      .user_id = user.id,
                                      .name = user.name};
    return OK;
}

/* The id of a role that is not there stays empty. */
status iam_caller_role(const struct registry *r, bytes role_arn, bytes session_name,
                       struct iam_caller *out_caller) {
    struct iam_arn_parts parts;
    struct iam_role role = {0};
    TRY(iam_arn_parse(role_arn, &parts));
    if (parts.kind != IAM_KIND_ROLE)
        return FAIL(E_INVALID, "%.*s is not the ARN of a role",
                    BYTES_ARG(bytes_slice(role_arn, 0, 200)));
    status s = iam_role_load_arn(r, role_arn, &role);
    if (s != OK && s != E_NOT_FOUND)
        return s;
    *out_caller = (struct iam_caller){
        .kind = IAM_ROLE_SESSION,
        .account = arena_copy(r->arena, parts.account),
        .arn = bytes_from(arena_printf(r->arena, "arn:aws:sts::%.*s:assumed-role/%.*s/%.*s",
                                       BYTES_ARG(parts.account), BYTES_ARG(parts.name),
                                       BYTES_ARG(session_name))),
        .user_id = bytes_from(
            arena_printf(r->arena, "%.*s:%.*s", BYTES_ARG(role.id), BYTES_ARG(session_name))),
        .name = arena_copy(r->arena, parts.name),
        .role_arn = arena_copy(r->arena, role_arn),
        .session_name = arena_copy(r->arena, session_name),
    };
    return OK;
}
