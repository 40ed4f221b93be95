#include <stdio.h>
#include <string.h>

#include "api/exchange.h"
#include "api/signers.h"
#include "identity/sigv4.h"

static status load_key(struct exchange *x, bytes access_key_id, struct access_key *out_key) {
    struct txn *t;
    TRY(store_begin_read(x->api->config.store, &t));
    status s = access_key_load(t, access_key_id, out_key);
    if (s != OK)
        x->message = arena_copy(x->arena, bytes_from(failure_text()));
    store_rollback(t);
    return s;
}

static status verify(struct exchange *x, const struct sigv4 *signature, bytes secret) {
    const struct sigv4_rules rules = {.region = x->api->config.region, .now_ms = x->now_ms};
    struct sigv4_signer *signer = signers_take(x->api->signers);
    status s = sigv4_verify(signer, signature, x->request, secret, &rules, x->arena);
    signers_return(x->api->signers, signer);
    return s;
}

status authenticate(struct exchange *x) {
    struct sigv4 signature;
    AUTO(access_key) key = {0};
    TRY(sigv4_parse(x->request, x->arena, &signature));
    const struct service *service = service_find(signature.service);
    if (service)
        x->service = service; /* refusals are worded in its protocol from here on */
    TRY(load_key(x, signature.access_key_id, &key));
    TRY(verify(x, &signature, bytes_from(key.secret)));
    if (!service) /* [AWS control-plane 3.2] */
        return FAIL(E_SIGNATURE_INVALID, "Credential should be scoped to correct service: '%s'.",
                    x->service->signing_name);
    memcpy(x->account, key.account, sizeof x->account);
    memcpy(x->caller_arn, key.user_arn, sizeof x->caller_arn);
    memcpy(x->access_key_id, key.id, sizeof x->access_key_id);
    return OK;
}
