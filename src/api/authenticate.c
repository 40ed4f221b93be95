#include <string.h>

#include "api/exchange.h"
#include "api/signers.h"
#include "base/log.h"
#include "iam/session.h"
#include "identity/sigv4.h"

enum { USE_NOTED_EVERY_MS = 3600 * 1000 };

static status refuse_unknown(void) {
    return FAIL(E_TOKEN_INVALID, "The security token included in the request is invalid.");
}

/* The root user, or another user of the account. */
static status bearer_of_key(const struct registry *r, const struct access_key *key,
                            struct iam_caller *out_caller) {
    struct registry own = *r;
    if (key->inactive)
        return refuse_unknown();
    own.account = bytes_from(key->account);
    *out_caller = iam_caller_root(r->arena, own.account);
    if (key->user[0])
        TRY(iam_caller_user(&own, bytes_from(key->user), out_caller));
    out_caller->account = arena_copy(r->arena, own.account);
    out_caller->access_key_id = arena_copy(r->arena, bytes_from(key->id));
    return OK;
}

static status find_by_key(const struct registry *r, bytes access_key_id,
                          struct iam_caller *out_caller,
                          char out_secret[ACCESS_KEY_SECRET_LEN + 1]) {
    AUTO(access_key) key = {0};
    TRY(access_key_load(r->txn, access_key_id, &key));
    TRY(bearer_of_key(r, &key, out_caller));
    memcpy(out_secret, key.secret, sizeof key.secret);
    return OK;
}

/* Whom the credentials belong to, if the signature is right: [AWS control-plane 3.1]. */
static status find_bearer(struct exchange *x, const struct sigv4 *signature,
                          char out_secret[ACCESS_KEY_SECRET_LEN + 1]) {
    struct registry r = {NULL, x->arena, {0}, x->api->config.region};
    TRY(store_begin_read(x->api->config.store, &r.txn));
    status s = signature->token.ptr
                   ? iam_session_open(&r, signature->token, signature->access_key_id, x->now_ms,
                                      &x->caller, out_secret)
                   : find_by_key(&r, signature->access_key_id, &x->caller, out_secret);
    if (s != OK)
        x->message = arena_copy(x->arena, bytes_from(failure_text()));
    store_rollback(r.txn);
    return s;
}

static status verify(struct exchange *x, const struct sigv4 *signature, bytes secret) {
    const struct sigv4_rules rules = {.region = x->api->config.region, .now_ms = x->now_ms};
    struct sigv4_signer *signer = signers_take(x->api->signers);
    status s = sigv4_verify(signer, signature, x->request, secret, &rules, x->arena);
    signers_return(x->api->signers, signer);
    return s;
}

static status check_signature(struct exchange *x, const struct sigv4 *signature) {
    char secret[ACCESS_KEY_SECRET_LEN + 1];
    TRY(find_bearer(x, signature, secret));
    status s = verify(x, signature, bytes_from(secret));
    mem_wipe(secret, sizeof secret);
    return s;
}

static status is_due(struct exchange *x, bool *out_due) {
    struct access_key_use last = {0};
    struct txn *t;
    TRY(store_begin_read(x->api->config.store, &t));
    status s = access_key_use_load(t, x->caller.account, x->caller.access_key_id, x->arena, &last);
    store_rollback(t);
    *out_due = x->now_ms - last.time_ms >= USE_NOTED_EVERY_MS;
    return s;
}

static status note_use(struct exchange *x, const struct sigv4 *signature) {
    const struct access_key_use use = {x->now_ms, signature->service, signature->region};
    struct txn *t;
    bool due;
    TRY(is_due(x, &due));
    if (!due)
        return OK;
    TRY(store_begin_write(x->api->config.store, &t));
    status s = access_key_use_save(t, x->caller.account, x->caller.access_key_id, &use);
    if (s == OK)
        return store_commit(t);
    store_rollback(t);
    return s;
}

/* When a user's key was used, to the hour (GetAccessKeyLastUsed). A store that cannot be written
 * keeps nobody out. */
static void note_key(struct exchange *x, const struct sigv4 *signature) {
    struct log_line l;
    if (x->caller.kind != IAM_USER || signature->token.ptr || note_use(x, signature) == OK ||
        !log_begin(&l, LOG_WARN, "api.key_use_not_noted"))
        return;
    log_text(&l, "message", failure_text());
    log_end(&l);
}

status authenticate_claim(struct exchange *x) {
    struct sigv4 signature;
    char secret[ACCESS_KEY_SECRET_LEN + 1];
    TRY(sigv4_parse(x->request, x->arena, &signature));
    int64_t age_ms = x->now_ms - signature.time_ms;
    if (!bytes_equal(signature.region, x->api->config.region) || age_ms > SIGV4_SKEW_MS ||
        age_ms < -SIGV4_SKEW_MS || signature.presigned)
        return FAIL(E_SIGNATURE_INVALID, "A body of this size is taken from a request that is "
                                         "signed in its header, for this region and now");
    TRY(find_bearer(x, &signature, secret));
    mem_wipe(secret, sizeof secret);
    return OK;
}

status authenticate(struct exchange *x) {
    struct sigv4 signature;
    TRY(sigv4_parse(x->request, x->arena, &signature));
    const struct service *service = service_find(signature.service);
    if (service)
        x->service = service; /* refusals are worded in its protocol from here on */
    TRY(check_signature(x, &signature));
    if (!service) /* [AWS control-plane 3.2] */
        return FAIL(E_SIGNATURE_INVALID, "Credential should be scoped to correct service: '%s'.",
                    x->service->signing_name);
    memcpy(x->account, x->caller.account.ptr, ACCOUNT_ID_LEN);
    note_key(x, &signature);
    return OK;
}
