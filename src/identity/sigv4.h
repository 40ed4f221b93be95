/* Signature Version 4: who signed this HTTP request, and is it untouched? [AWS control-plane 3]
 *
 *     sigv4_parse(request) ─▶ access key id ─▶ the caller finds the secret ─▶ sigv4_verify
 *
 * Both forms: the Authorization header, and the query of a presigned URL (which also opens MQTT
 * over WebSocket). Failures are what AWS answers, in its words: E_TOKEN_MISSING,
 * E_SIGNATURE_INCOMPLETE, E_SIGNATURE_INVALID, E_TOKEN_INVALID, E_TOKEN_EXPIRED; the sentence may
 * go to the client as it is. No I/O. The signer keeps OpenSSL's contexts and derived keys: one per
 * worker thread. */
#pragma once
#include "http/request.h"

enum {
    SIGV4_SKEW_MS = 15 * 60 * 1000,      /* how far the clocks may differ */
    SIGV4_EXPIRES_S_MAX = 7 * 24 * 3600, /* how long a presigned URL may live */
};

/* A signature as claimed, nothing verified. Borrows from the request and the arena. */
struct sigv4 {
    bytes access_key_id;
    bytes date; /* of the credential scope: YYYYMMDD */
    bytes region;
    bytes service;
    bytes signed_headers; /* "host;x-amz-date", as sent */
    bytes signature;
    bytes token;        /* X-Amz-Security-Token; ptr is NULL without one */
    char timestamp[17]; /* 20260102T030405Z */
    int64_t time_ms;    /* the same */
    bool presigned;
    int64_t expires_s; /* of a presigned URL; 0 when it does not say */
};

/* sigv4_parse reads what the request says about its signature. E_TOKEN_MISSING when it says
 * nothing; E_SIGNATURE_INCOMPLETE when it lacks a part; E_TOKEN_INVALID for a key of a session
 * (ASIA…) without its token or a lasting one (AKIA…) with one. */
NODISCARD
status sigv4_parse(const struct http_request *r, struct arena *a, struct sigv4 *out_signature);

/* What this server takes. */
struct sigv4_rules {
    bytes region;
    const char *const *services; /* ends with NULL; NULL: sigv4_services */
    int64_t now_ms;
};
/* iot, execute-api, iotdata, iot-jobs-data, iotdevicegateway, sts, iam, lambda, logs
 * [AWS control-plane 1]. */
extern const char *const sigv4_services[];

/* sigv4_signer_new makes what verifying needs; NULL does not come back. sigv4_signer_free wipes the
 * derived keys; NULL does nothing. */
struct sigv4_signer;
struct sigv4_signer *sigv4_signer_new(void);
void sigv4_signer_free(struct sigv4_signer *g);

/* sigv4_verify decides whether `secret` made the signature and whether scope and time are right.
 * The request must be the one parsed. Derived keys are remembered by secret and scope, so a changed
 * secret counts at once. */
NODISCARD
status sigv4_verify(struct sigv4_signer *g, const struct sigv4 *s, const struct http_request *r,
                    bytes secret, const struct sigv4_rules *rules, struct arena *a);

/* What signs a request to another server. */
struct sigv4_credentials {
    bytes access_key_id, secret;
    bytes token; /* of a session; or no bytes */
};
struct sigv4_scope {
    bytes region, service;
    int64_t now_ms;
};
enum { SIGV4_HEADERS_MAX = 4 };
/* sigv4_sign gives the headers to add to a request: Authorization, X-Amz-Date and, when they are
 * needed, X-Amz-Security-Token and X-Amz-Content-Sha256. The request has its method, path and query
 * as they go out, host, body and its other headers, which are all signed. The headers live in `a`.
 * E_INVALID when it cannot be signed. */
NODISCARD
status sigv4_sign(struct sigv4_signer *g, const struct sigv4_credentials *c,
                  const struct sigv4_scope *scope, const struct http_request *r, struct arena *a,
                  struct http_header out[SIGV4_HEADERS_MAX], size_t *out_count);

/* The two refusals that only the keeper of credentials can decide, in AWS's words. */
NODISCARD
status sigv4_refuse_unknown(void); /* no such access key, or not this token: E_TOKEN_INVALID */
NODISCARD
status sigv4_refuse_expired(void); /* the session is over: E_TOKEN_EXPIRED */
