/* Where devices connect [AWS identity 4.3]. */
#include "account/account.h"
#include "api/handlers.h"

status describe_endpoint(struct call *c) {
    struct account account;
    char name[HOST_NAME_MAX_LEN + 1];
    TRY(account_load(c->registry.txn, c->registry.account, &account));
    TRY(account_endpoint(&account, c->registry.region, get_text(c->in, M_ENDPOINT_TYPE), name));
    put_string(c->out, M_ENDPOINT_ADDRESS, name);
    return OK;
}
