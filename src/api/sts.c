/* Who am I, and who may I be for a while? [AWS control-plane 9] */
#include "api/iam.h"
#include "iam/evaluate.h"
#include "iam/grammar.h"
#include "iam/role.h"
#include "iam/session.h"
#include "iam/trust.h"
#include "store/record.h"

static status get_caller_identity(struct call *c) {
    put_text(c->out, M_USER_ID, c->caller->user_id);
    put_text(c->out, M_ACCOUNT, c->caller->account);
    put_text(c->out, M_ARN, c->caller->arn);
    return OK;
}

static void put_credentials(struct call *c, const struct iam_credentials *credentials) {
    struct record *r = put_record(c->out, M_CREDENTIALS);
    put_string(r, M_ACCESS_KEY_ID, credentials->access_key_id);
    put_string(r, M_SECRET_ACCESS_KEY, credentials->secret);
    put_text(r, M_SESSION_TOKEN, credentials->token);
    put_time(r, M_EXPIRATION, credentials->expires_ms);
    c->is_secret = true;
}

/* ---- AssumeRole ---- */

static status refuse(const struct call *c, bytes role_arn) {
    return FAIL(E_ACCESS_DENIED,
                "User: %.*s is not authorized to perform: sts:AssumeRole on resource: %.*s",
                BYTES_ARG(c->caller->arn), BYTES_ARG(bytes_slice(role_arn, 0, 200)));
}

/* A role that is not there looks like one that trusts nobody. */
static status check_trust(const struct call *c, bytes role_arn) {
    const struct iam_principal who = {.kind = IAM_PRINCIPAL_CALLER,
                                      .caller = c->caller,
                                      .external_id = get_text(c->in, M_EXTERNAL_ID)};
    const struct iam_circumstances by = {c->request->peer, c->request->is_secure, c->now_ms};
    bool by_account = false;
    status s = iam_may_assume(&c->registry, role_arn, &who, &by_account);
    if (s != OK)
        return s == E_NOT_FOUND || s == E_ACCESS_DENIED ? refuse(c, role_arn) : s;
    return iam_authorize(&c->registry, c->caller, &by,
                         &(struct iam_ask){.action = BYTES("sts:AssumeRole"),
                                           .resource = role_arn,
                                           .is_granted = !by_account});
}

static status check_duration(const struct call *c, const struct iam_role *role, int64_t seconds) {
    if (c->caller->kind == IAM_ROLE_SESSION && seconds > IAM_SESSION_S_DEFAULT)
        return FAIL(E_INVALID, "The requested DurationSeconds exceeds the 1 hour session limit for "
                               "roles assumed by role chaining");
    if (seconds > role->max_session_s)
        return FAIL(E_INVALID, "The requested DurationSeconds exceeds the MaxSessionDuration set "
                               "for this role.");
    return OK;
}

/* What narrows the session; how much of it there is, in percent of what may be. */
static status read_policies(struct call *c, struct iam_caller *session, int64_t *out_percent) {
    AUTO(buf) arns = {0};
    session->session_policy = get_text(c->in, M_POLICY);
    if (session->session_policy.len > IAM_SESSION_POLICY_MAX)
        return FAIL(E_INVALID, "The session policy is longer than %d characters",
                    IAM_SESSION_POLICY_MAX);
    if (session->session_policy.len > 0)
        TRY(iam_grammar_check(c->arena, IAM_GRAMMAR_IDENTITY, session->session_policy));
    VALUES_EACH(v, get_list(c->in, M_POLICY_ARNS)) {
        record_list_add(&arns, get_text(v->record, M_ARN));
    }
    session->session_policy_arns = arena_copy(c->arena, buf_bytes(&arns));
    *out_percent = (int64_t)(session->session_policy.len + arns.len) * 100 / IAM_SESSION_POLICY_MAX;
    return OK;
}

static status assume_role(struct call *c) {
    bytes role_arn = get_text(c->in, M_ROLE_ARN), name = get_text(c->in, M_ROLE_SESSION_NAME);
    int64_t seconds = get_number(c->in, M_DURATION_SECONDS, IAM_SESSION_S_DEFAULT), percent;
    struct iam_credentials credentials;
    struct iam_caller session;
    struct iam_role role;
    if (has(c->in, M_TAGS))
        return FAIL(E_NOT_IMPLEMENTED, "kedge does not implement session tags yet");
    TRY(check_trust(c, role_arn));
    TRY(iam_role_load_arn(&c->registry, role_arn, &role));
    TRY(check_duration(c, &role, seconds));
    TRY(iam_caller_role(&c->registry, role_arn, name, &session));
    TRY(read_policies(c, &session, &percent));
    TRY(iam_session_issue(&c->registry, &session, seconds, c->now_ms, &credentials));
    put_credentials(c, &credentials);
    struct record *user = put_record(c->out, M_ASSUMED_ROLE_USER);
    put_text(user, M_ASSUMED_ROLE_ID, session.user_id);
    put_text(user, M_ARN, session.arn);
    if (percent > 0)
        put_number(c->out, M_PACKED_POLICY_SIZE, percent);
    put_text(c->out, M_SOURCE_IDENTITY, get_text(c->in, M_SOURCE_IDENTITY));
    return OK;
}

/* ---- GetSessionToken, GetAccessKeyInfo ---- */

static status get_session_token(struct call *c) {
    int64_t most = c->caller->kind == IAM_ROOT ? IAM_SESSION_S_DEFAULT : IAM_SESSION_S_MAX;
    int64_t otherwise =
        c->caller->kind == IAM_ROOT ? IAM_SESSION_S_DEFAULT : IAM_ROLE_SESSION_S_MAX;
    int64_t seconds = get_number(c->in, M_DURATION_SECONDS, otherwise);
    struct iam_credentials credentials;
    if (c->caller->expires_ms > 0)
        return FAIL(E_ACCESS_DENIED, "Cannot call GetSessionToken with session credentials");
    TRY(iam_session_issue(&c->registry, c->caller, seconds < most ? seconds : most, c->now_ms,
                          &credentials));
    put_credentials(c, &credentials);
    return OK;
}

static status get_access_key_info(struct call *c) {
    bytes id = get_text(c->in, M_ACCESS_KEY_ID);
    AUTO(access_key) key = {0};
    if (bytes_equal(id, c->caller->access_key_id)) {
        put_text(c->out, M_ACCOUNT, c->caller->account);
        return OK;
    }
    if (access_key_load(c->registry.txn, id, &key) != OK)
        return FAIL(E_INVALID, "The access key %.*s is not known on this server",
                    BYTES_ARG(bytes_slice(id, 0, 128)));
    put_string(c->out, M_ACCOUNT, key.account);
    return OK;
}

const struct handler handlers_sts[STS_OPERATIONS] = {
    [STS_GET_CALLER_IDENTITY] = {get_caller_identity, NULL, NO_STORE},
    [STS_ASSUME_ROLE] = {assume_role, NULL, READ},
    [STS_GET_SESSION_TOKEN] = {get_session_token, NULL, READ},
    [STS_GET_ACCESS_KEY_INFO] = {get_access_key_info, NULL, READ},
};
