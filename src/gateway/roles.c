#include "gateway/roles.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "gateway/server.h"
#include "iam/acting.h"
#include "iam/trust.h"

enum { ROLES_TOLD_MAX = 1000 }; /* more are not told of */

struct told {
    struct map_node node;
    uint8_t arn[];
};

static struct {
    pthread_mutex_t lock;
    struct map told;
} roles = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Whether this is the first time. */
static bool note(bytes arn) {
    pthread_mutex_lock(&roles.lock);
    bool is_new = roles.told.count < ROLES_TOLD_MAX && !map_find(&roles.told, arn);
    if (is_new) {
        struct told *t = mem_new(sizeof *t + arn.len);
        memcpy(t->arn, arn.ptr, arn.len);
        t->node.key = bytes_of(t->arn, arn.len);
        map_add(&roles.told, &t->node);
    }
    pthread_mutex_unlock(&roles.lock);
    return is_new;
}

void role_is_unknown(const char *account, bytes role_arn) {
    struct log_line l;
    if (role_arn.len == 0 || !note(role_arn) || !log_begin(&l, LOG_WARN, "role.unknown"))
        return;
    log_text(&l, "accountId", account);
    log_bytes(&l, "role", role_arn);
    log_text(
        &l, "message",
        "this role is not in IAM, so what rules and templates do under it is allowed; with aws "
        "iam create-role its policies decide");
    log_end(&l);
}

/* "topic/a" of iot:Publish is arn:aws:iot:REGION:ACCOUNT:topic/a. */
static void in_full(const struct server *s, const struct iam_act *act, struct buf *out) {
    if (!bytes_start_with(act->resource, BYTES("arn:")))
        buf_printf(out, "arn:aws:%.*s:%s:%.*s:",
                   BYTES_ARG(bytes_slice(act->action, 0, bytes_find(act->action, ':'))),
                   s->settings->region, BYTES_ARG(act->account));
    buf_append(out, act->resource);
}

status role_may(struct server *s, bytes account, bytes role_arn, const char *action,
                bytes resource) {
    AUTO(buf) arn = {0};
    bool unknown;
    struct iam_act act = {.account = account,
                          .role_arn = role_arn,
                          .service = IAM_SERVICE_IOT,
                          .session = "rule",
                          .action = bytes_from(action),
                          .resource = resource};
    in_full(s, &act, &arn);
    act.resource = buf_bytes(&arn);
    TRY(iam_acting_may(s->acting, &act, clock_wall_ms(), &unknown));
    if (unknown) {
        char id[ACCOUNT_ID_LEN + 1];
        (void)snprintf(id, sizeof id, "%.*s", BYTES_ARG(account));
        role_is_unknown(id, role_arn);
    }
    return OK;
}
