/* Tokens: base64 of
 *
 *     version (1)  nonce (12)  sealed record  tag (16)
 *
 * sealed with AES-256-GCM under META "iam_session_key"; the access key id is bound to it as
 * additional data. A nonce is random: at 2^32 tokens it might repeat with a chance of 2^-33. */
#include "iam/session.h"

#include <assert.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/random.h"
#include "codec/base64.h"
#include "iam/name.h"
#include "store/record.h"

enum {
    VERSION = 1,
    KEY_BYTES = 32,
    NONCE_BYTES = 12,
    TAG_BYTES = 16,
    HEAD_BYTES = 1 + NONCE_BYTES,
    TOKEN_BYTES_MAX = 16384
};

static const bytes key_name = BYTES("iam_session_key");

/* What is sealed. */
struct session {
    struct iam_caller caller;
    unsigned kind;
    bytes secret;
};
static const struct field fields[] = {
    FIELD_BELOW(1, struct session, kind, IAM_ROLE_SESSION + 1),
    FIELD(2, struct session, caller.account),
    FIELD(3, struct session, caller.arn),
    FIELD(4, struct session, caller.user_id),
    FIELD(5, struct session, caller.name),
    FIELD(6, struct session, caller.role_arn),
    FIELD(7, struct session, caller.session_name),
    FIELD(8, struct session, caller.session_policy),
    FIELD(9, struct session, caller.session_policy_arns),
    FIELD(10, struct session, caller.expires_ms),
    FIELD(11, struct session, caller.issued_ms),
    FIELD(12, struct session, caller.thing_name),
    FIELD(13, struct session, caller.thing_type_name),
    FIELD(14, struct session, caller.certificate_id),
    FIELD(15, struct session, secret),
};

void iam_credentials_done(struct iam_credentials *c) {
    if (c->token.len > 0)
        mem_wipe((void *)(uintptr_t)c->token.ptr, c->token.len); /* the arena's, made here */
    mem_wipe(c, sizeof *c);
}

/* ---- the key ---- */

static status load_key(struct txn *t, uint8_t out_key[KEY_BYTES]) {
    AUTO(arena) a = {0};
    bytes key;
    status s = store_load(t, TABLE_META, key_name, &a, &key);
    if (s == E_NOT_FOUND || (s == OK && key.len != KEY_BYTES))
        return FAIL(E_INTERNAL, "the key of temporary credentials is not there: it is made when "
                                "the server starts");
    TRY(s);
    memcpy(out_key, key.ptr, KEY_BYTES);
    arena_wipe(&a);
    return OK;
}

static status make_key(struct txn *t) {
    uint8_t key[KEY_BYTES];
    bool present;
    TRY(store_has(t, TABLE_META, key_name, &present));
    if (present)
        return OK;
    random_fill(key, sizeof key);
    status s = store_save(t, TABLE_META, key_name, bytes_of(key, sizeof key));
    mem_wipe(key, sizeof key);
    return s;
}

status iam_sessions_prepare(struct store *store) {
    struct txn *t;
    TRY(store_begin_write(store, &t));
    status s = make_key(t);
    if (s == OK)
        return store_commit(t);
    store_rollback(t);
    return s;
}

/* ---- sealing; these calls fail only when memory ends ---- */

static void must(int done) {
    assert(done == 1);
}

static void seal(const uint8_t key[KEY_BYTES], bytes access_key_id, bytes text, struct buf *out) {
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    uint8_t nonce[NONCE_BYTES], *at;
    int len = 0;
    assert(c);
    random_fill(nonce, sizeof nonce);
    buf_append_byte(out, VERSION);
    buf_append(out, bytes_of(nonce, sizeof nonce));
    at = buf_reserve(out, text.len + TAG_BYTES);
    must(EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce));
    must(EVP_EncryptUpdate(c, NULL, &len, access_key_id.ptr, (int)access_key_id.len));
    must(EVP_EncryptUpdate(c, at, &len, text.ptr, (int)text.len));
    must(EVP_EncryptFinal_ex(c, at + text.len, &len));
    must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, at + text.len));
    out->len += text.len + TAG_BYTES;
    EVP_CIPHER_CTX_free(c);
}

/* False for what was not sealed here, or was changed, or is for another key id. */
static bool unseal(const uint8_t key[KEY_BYTES], bytes access_key_id, bytes sealed, uint8_t *out) {
    bytes text = bytes_slice(sealed, HEAD_BYTES, sealed.len - HEAD_BYTES - TAG_BYTES);
    uint8_t tag[TAG_BYTES];
    int len = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    assert(c);
    memcpy(tag, sealed.ptr + sealed.len - TAG_BYTES, TAG_BYTES);
    must(EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, sealed.ptr + 1));
    bool good = EVP_DecryptUpdate(c, NULL, &len, access_key_id.ptr, (int)access_key_id.len) == 1 &&
                EVP_DecryptUpdate(c, out, &len, text.ptr, (int)text.len) == 1 &&
                EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1 &&
                EVP_DecryptFinal_ex(c, out + len, &len) == 1;
    EVP_CIPHER_CTX_free(c);
    return good;
}

/* ---- issuing ---- */

static status seal_session(const struct registry *r, const struct session *session,
                           bytes access_key_id, bytes *out_token) {
    AUTO(buf) text = {0}, sealed = {0}, token = {0};
    uint8_t key[KEY_BYTES];
    TRY(load_key(r->txn, key));
    record_encode(fields, COUNT_OF(fields), session, &text);
    seal(key, access_key_id, buf_bytes(&text), &sealed);
    mem_wipe(key, sizeof key);
    mem_wipe(text.ptr, text.len);
    base64_encode(buf_bytes(&sealed), &token);
    if (token.len > TOKEN_BYTES_MAX)
        return FAIL(E_LIMIT,
                    "The session would need a token of %zu bytes, more than %d: give it a "
                    "shorter policy",
                    token.len, TOKEN_BYTES_MAX);
    *out_token = arena_copy(r->arena, buf_bytes(&token));
    return OK;
}

status iam_session_issue(const struct registry *r, const struct iam_caller *caller, int64_t seconds,
                         int64_t now_ms, struct iam_credentials *out_credentials) {
    struct iam_credentials c = {.access_key_id = "ASIA", .expires_ms = now_ms + seconds * 1000};
    struct session session = {.caller = *caller, .kind = caller->kind};
    random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", c.access_key_id + 4, ACCESS_KEY_ID_LEN - 4);
    random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", c.secret,
                ACCESS_KEY_SECRET_LEN);
    session.secret = bytes_from(c.secret);
    session.caller.issued_ms = now_ms;
    session.caller.expires_ms = c.expires_ms;
    status s = seal_session(r, &session, bytes_from(c.access_key_id), &c.token);
    if (s == OK)
        *out_credentials = c;
    mem_wipe(&c, sizeof c);
    return s;
}

/* [\w+=,.@-]{2,64} */
static bytes clean_name(struct arena *a, bytes name) {
    char *text = arena_string(a, bytes_slice(name, 0, IAM_SESSION_NAME_MAX_LEN));
    for (char *at = text; *at; at++)
        if (!(*at >= 'a' && *at <= 'z') && !(*at >= 'A' && *at <= 'Z') &&
            !(*at >= '0' && *at <= '9') && !strchr("_+=,.@-", *at))
            *at = '-';
    return strlen(text) >= 2 ? bytes_from(text) : bytes_from(arena_printf(a, "kedge-%s", text));
}

status iam_session_issue_role(const struct registry *r, bytes role_arn, bytes session_name,
                              int64_t seconds, int64_t now_ms,
                              struct iam_credentials *out_credentials) {
    struct iam_caller caller;
    TRY(iam_caller_role(r, role_arn, clean_name(r->arena, session_name), &caller));
    return iam_session_issue(r, &caller, seconds, now_ms, out_credentials);
}

/* ---- opening ---- */

static status unknown(void) { /* [AWS control-plane 3.2] */
    return FAIL(E_TOKEN_INVALID, "The security token included in the request is invalid.");
}

static status open_token(const struct registry *r, bytes token, bytes access_key_id,
                         struct session *out_session) {
    uint8_t key[KEY_BYTES];
    bytes sealed;
    if (token.len > TOKEN_BYTES_MAX || base64_decode(r->arena, token, &sealed) != OK ||
        sealed.len < HEAD_BYTES + TAG_BYTES || sealed.ptr[0] != VERSION)
        return unknown();
    uint8_t *text = arena_alloc(r->arena, sealed.len);
    TRY(load_key(r->txn, key));
    bool good = unseal(key, access_key_id, sealed, text);
    mem_wipe(key, sizeof key);
    if (!good)
        return unknown();
    bytes record = bytes_of(text, sealed.len - HEAD_BYTES - TAG_BYTES);
    TRY(record_decode(fields, COUNT_OF(fields), record, out_session));
    out_session->caller.kind = (enum iam_caller_kind)out_session->kind;
    return out_session->secret.len == ACCESS_KEY_SECRET_LEN ? OK : unknown();
}

/* Deleting the account, or the user a session is of, ends it. */
static status check_bearer(const struct registry *r, const struct iam_caller *caller) {
    struct registry own = *r;
    struct iam_caller now;
    bool present;
    TRY(store_has(r->txn, TABLE_ACCOUNTS, caller->account, &present));
    if (!present)
        return unknown();
    own.account = caller->account;
    if (caller->kind != IAM_USER)
        return OK;
    TRY(iam_caller_user(&own, caller->name, &now));
    return bytes_equal(now.user_id, caller->user_id) ? OK : unknown();
}

status iam_session_open(const struct registry *r, bytes token, bytes access_key_id, int64_t now_ms,
                        struct iam_caller *out_caller, char out_secret[ACCESS_KEY_SECRET_LEN + 1]) {
    struct session session = {0};
    TRY(open_token(r, token, access_key_id, &session));
    if (now_ms >= session.caller.expires_ms)
        return FAIL(E_TOKEN_EXPIRED, "The security token included in the request is expired");
    TRY(check_bearer(r, &session.caller));
    session.caller.access_key_id = arena_copy(r->arena, access_key_id);
    memcpy(out_secret, session.secret.ptr, ACCESS_KEY_SECRET_LEN);
    out_secret[ACCESS_KEY_SECRET_LEN] = 0;
    mem_wipe((void *)(uintptr_t)session.secret.ptr, session.secret.len); /* the arena's */
    *out_caller = session.caller;
    return OK;
}
