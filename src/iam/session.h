/* Temporary credentials: an access key that begins with ASIA, its secret, and a token that says
 * whose they are.
 *
 * The token is sealed (AES-256-GCM under a key of this server, kept in the store) and holds all
 * there is to know, the secret too: nothing is stored per session, and sessions survive restarts
 * and restored backups. They end by time, and when the role or user they are of is gone. Blocks, as
 * all that reads the store; any worker. */
#pragma once
#include "iam/caller.h"

enum {
    IAM_SESSION_S_MIN = 900,
    IAM_SESSION_S_DEFAULT = 3600,
    IAM_SESSION_S_MAX = 129600,     /* GetSessionToken of a user [AWS sts GetSessionToken] */
    IAM_ROLE_SESSION_S_MAX = 43200, /* whatever the role says */
    IAM_SESSION_NAME_MAX_LEN = 64,
    IAM_SESSION_POLICY_MAX = 2048, /* characters */
};

/* What wipes itself: secret and token. */
struct iam_credentials {
    char access_key_id[ACCESS_KEY_ID_LEN + 1];
    char secret[ACCESS_KEY_SECRET_LEN + 1];
    bytes token; /* base64, in the arena it was issued in */
    int64_t expires_ms;
};
void iam_credentials_done(struct iam_credentials *c);

/* iam_sessions_prepare makes the server's key on first use: at start, before anything is issued. */
NODISCARD
status iam_sessions_prepare(struct store *s);

/* iam_session_issue gives credentials that make their bearer `caller` (of iam_caller_…) for
 * `seconds`. Whether that may be is not asked here: iam_may_assume (trust.h). The caller's key,
 * times and nothing else of it are ignored. */
NODISCARD
status iam_session_issue(const struct registry *r, const struct iam_caller *caller, int64_t seconds,
                         int64_t now_ms, struct iam_credentials *out_credentials);

/* iam_session_issue_role does so for a role by its ARN, which need not exist: what it may is
 * decided when it is used. Session names are cut and cleaned to what AWS allows. */
NODISCARD
status iam_session_issue_role(const struct registry *r, bytes role_arn, bytes session_name,
                              int64_t seconds, int64_t now_ms,
                              struct iam_credentials *out_credentials);

/* iam_session_open tells who bears this token, and the secret he signs with. E_TOKEN_INVALID when
 * it is none of ours, was tampered with, belongs to another key id or its user is gone;
 * E_TOKEN_EXPIRED. Fills all of the caller but what the store would tell. */
NODISCARD
status iam_session_open(const struct registry *r, bytes token, bytes access_key_id, int64_t now_ms,
                        struct iam_caller *out_caller, char out_secret[ACCESS_KEY_SECRET_LEN + 1]);
