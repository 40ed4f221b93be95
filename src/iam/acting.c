#include "iam/acting.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/map.h"
#include "iam/trust.h"

/* What is known of one role: made once, then read only, counted. */
struct acting_role {
    struct map_node node; /* account, a space, ARN, a space, service */
    atomic_uint refs;
    int64_t until_ms;
    struct arena memory;
    struct registry registry; /* without a transaction */
    struct iam_caller caller;
    struct iam_access access;
    status trust; /* and why not: */
    char *sentence;
};

struct iam_acting {
    struct store *store;
    struct arena memory;
    bytes region;
    pthread_mutex_t lock;
    struct map roles;
};

struct iam_acting *iam_acting_new(struct store *store, bytes region) {
    struct iam_acting *acting = NEW(struct iam_acting);
    acting->store = store;
    acting->region = arena_copy(&acting->memory, region);
    pthread_mutex_init(&acting->lock, NULL);
    return acting;
}

static void role_unref(struct acting_role *role) {
    if (!role || atomic_fetch_sub_explicit(&role->refs, 1, memory_order_acq_rel) != 1)
        return;
    iam_access_done(&role->access);
    arena_done(&role->memory);
    mem_free(role);
}

static void forget_all(struct iam_acting *acting) {
    size_t at = 0;
    for (struct map_node *n; (n = map_next(&acting->roles, &at));)
        role_unref(OWNER(n, struct acting_role, node));
    map_done(&acting->roles);
    acting->roles = (struct map){0};
}

void iam_acting_free(struct iam_acting *acting) {
    if (!acting)
        return;
    forget_all(acting);
    pthread_mutex_destroy(&acting->lock);
    arena_done(&acting->memory);
    mem_free(acting);
}

/* ---- gathering ---- */

/* The role of an act, as it stands in this transaction: what it may, and whether the service may
 * act for it. */
status iam_acting_open(const struct registry *r, const struct iam_act *act, int64_t now_ms,
                       struct iam_caller *caller, struct iam_access *access) {
    const struct iam_circumstances by = {.is_secure = true, .now_ms = now_ms};
    TRY(iam_caller_role(r, act->role_arn, bytes_from(act->session), caller));
    TRY(iam_access_open(access, r, caller, &by));
    return access->missing ? OK : iam_service_may_assume(r, act->role_arn, act->service);
}

static bool is_of_store(status s) {
    return s == E_UNAVAILABLE || s == E_INTERNAL;
}

/* Takes the key. What fails inside the store is not kept. */
static status role_make(struct iam_acting *acting, const struct iam_act *act, bytes key,
                        int64_t now_ms, struct acting_role **out_role) {
    struct acting_role *role = NEW(struct acting_role);
    atomic_init(&role->refs, 1);
    role->until_ms = now_ms + IAM_ACTING_MS;
    role->node.key = arena_copy(&role->memory, key);
    role->registry = (struct registry){NULL, &role->memory, arena_copy(&role->memory, act->account),
                                       acting->region};
    struct iam_act own = *act;
    own.role_arn = arena_copy(&role->memory, act->role_arn);
    status s = store_begin_read(acting->store, &role->registry.txn);
    if (s == OK) {
        s = iam_acting_open(&role->registry, &own, now_ms, &role->caller, &role->access);
        store_rollback(TAKE(role->registry.txn));
    }
    role->trust = s;
    role->sentence = s == OK ? NULL : arena_string(&role->memory, bytes_from(failure_text()));
    *out_role = role;
    return is_of_store(s) ? s : OK;
}

static struct acting_role *find(struct iam_acting *acting, bytes key, int64_t now_ms) {
    struct acting_role *role = NULL;
    pthread_mutex_lock(&acting->lock);
    struct map_node *n = map_find(&acting->roles, key);
    if (n) {
        role = OWNER(n, struct acting_role, node);
        if (now_ms < role->until_ms && role->until_ms - now_ms <= IAM_ACTING_MS)
            atomic_fetch_add_explicit(&role->refs, 1, memory_order_relaxed);
        else
            role = NULL;
    }
    pthread_mutex_unlock(&acting->lock);
    return role;
}

/* Replaces what was known of the same role. */
static void keep(struct iam_acting *acting, struct acting_role *role) {
    pthread_mutex_lock(&acting->lock);
    struct map_node *old = map_find(&acting->roles, role->node.key);
    if (old) {
        map_remove(&acting->roles, old);
        role_unref(OWNER(old, struct acting_role, node));
    }
    if (acting->roles.count >= IAM_ACTING_ROLES_MAX)
        forget_all(acting);
    atomic_fetch_add_explicit(&role->refs, 1, memory_order_relaxed);
    map_add(&acting->roles, &role->node);
    pthread_mutex_unlock(&acting->lock);
}

/* ---- asking ---- */

/* With memory of its own: what is known of a role is shared. */
static status ask(const struct iam_access *access, const struct iam_act *act) {
    AUTO(arena) scratch = {0};
    struct registry view = *access->registry;
    struct iam_access own = *access;
    view.arena = &scratch;
    own.registry = &view;
    return iam_access_check(&own,
                            &(struct iam_ask){.action = act->action, .resource = act->resource});
}

status iam_acting_may(struct iam_acting *acting, const struct iam_act *act, int64_t now_ms,
                      bool *out_unknown) {
    AUTO(arena) a = {0};
    bytes key = bytes_from(arena_printf(&a, "%.*s %.*s %s", BYTES_ARG(act->account),
                                        BYTES_ARG(act->role_arn), act->service));
    struct acting_role *role = find(acting, key, now_ms);
    *out_unknown = false;
    if (!role) {
        status made = role_make(acting, act, key, now_ms, &role);
        if (made != OK) {
            role_unref(role);
            return made;
        }
        keep(acting, role);
    }
    status s = role->trust;
    if (s != OK)
        s = FAIL(s, "%s", role->sentence);
    else if (role->access.missing)
        *out_unknown = true;
    else
        s = ask(&role->access, act);
    role_unref(role);
    return s;
}
