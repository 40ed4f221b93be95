/* Which policies are attached to what [AWS identity 10.3]. The current calls and the deprecated
 * "principal" ones differ in where the target travels and share one store. */
#include "api/handlers.h"
#include "api/policies.h"

status attach_policy(struct call *c) {
    return policy_attach(&c->registry, get_text(c->in, M_POLICY_NAME), get_text(c->in, M_TARGET));
}

status detach_policy(struct call *c) {
    return policy_detach(&c->registry, get_text(c->in, M_POLICY_NAME), get_text(c->in, M_TARGET));
}

status attach_principal_policy(struct call *c) {
    return policy_attach(&c->registry, get_text(c->in, M_POLICY_NAME),
                         get_text(c->in, M_PRINCIPAL));
}

status detach_principal_policy(struct call *c) {
    return policy_detach(&c->registry, get_text(c->in, M_POLICY_NAME),
                         get_text(c->in, M_PRINCIPAL));
}

typedef status policies_function(const struct registry *r, bytes target, const struct page *page,
                                 struct policy_list *out_list);

static status list_policies_of(struct call *c, policies_function *list_of, bytes target) {
    struct page page = call_page(c);
    struct policy_list list;
    TRY(list_of(&c->registry, target, &page, &list));
    put_policies(c, &list);
    return OK;
}

status list_attached_policies(struct call *c) {
    return list_policies_of(
        c, get_flag(c->in, M_RECURSIVE) ? policy_list_inherited : policy_list_attached,
        get_text(c->in, M_TARGET));
}

status list_principal_policies(struct call *c) {
    return list_policies_of(c, policy_list_attached, get_text(c->in, M_PRINCIPAL));
}

typedef status targets_function(const struct registry *r, bytes name, const struct page *page,
                                struct target_list *out_list);

static status list_targets(struct call *c, targets_function *list_of, unsigned member) {
    struct page page = call_page(c);
    struct target_list list;
    TRY(list_of(&c->registry, get_text(c->in, M_POLICY_NAME), &page, &list));
    struct items *targets = put_list(c->out, member);
    for (size_t i = 0; i < list.count; i++)
        add_text(targets, list.items[i]);
    call_put_next(c, list.next);
    return OK;
}

status list_targets_for_policy(struct call *c) {
    return list_targets(c, policy_list_targets, M_TARGETS);
}

status list_policy_principals(struct call *c) {
    return list_targets(c, policy_list_principals, M_PRINCIPALS);
}
