/* Role aliases [AWS identity 11.3]. */
#include "api/handlers.h"
#include "api/tags.h"
#include "registry/role_alias.h"

static void put_names(struct call *c, bytes name) {
    put_text(c->out, M_ROLE_ALIAS, name);
    put_text(c->out, M_ROLE_ALIAS_ARN, role_alias_arn(&c->registry, name));
}

status create_role_alias(struct call *c) {
    const struct role_alias alias = {
        .name = get_text(c->in, M_ROLE_ALIAS),
        .role_arn = get_text(c->in, M_ROLE_ARN),
        .duration_s = get_number(c->in, M_CREDENTIAL_DURATION_SECONDS, ROLE_ALIAS_DURATION_S),
    };
    c->resource_id = alias.name;
    c->resource_arn = role_alias_arn(&c->registry, alias.name);
    TRY(role_alias_create(&c->registry, &alias));
    TRY(put_new_tags(c, c->resource_arn));
    put_names(c, alias.name);
    return OK;
}

status describe_role_alias(struct call *c) {
    struct role_alias alias;
    TRY(role_alias_load(&c->registry, get_text(c->in, M_ROLE_ALIAS), &alias));
    struct record *description = put_record(c->out, M_ROLE_ALIAS_DESCRIPTION);
    put_text(description, M_ROLE_ALIAS, alias.name);
    put_text(description, M_ROLE_ALIAS_ARN, role_alias_arn(&c->registry, alias.name));
    put_text(description, M_ROLE_ARN, alias.role_arn);
    put_text(description, M_OWNER, c->registry.account);
    put_number(description, M_CREDENTIAL_DURATION_SECONDS, alias.duration_s);
    put_time(description, M_CREATION_DATE, alias.created_ms);
    put_time(description, M_LAST_MODIFIED_DATE, alias.modified_ms);
    return OK;
}

status update_role_alias(struct call *c) {
    bytes name = get_text(c->in, M_ROLE_ALIAS);
    TRY(role_alias_update(&c->registry, name, get_text(c->in, M_ROLE_ARN),
                          get_number(c->in, M_CREDENTIAL_DURATION_SECONDS, 0)));
    put_names(c, name);
    return OK;
}

status delete_role_alias(struct call *c) {
    return role_alias_delete(&c->registry, get_text(c->in, M_ROLE_ALIAS));
}

status list_role_aliases(struct call *c) {
    struct page page = call_page(c);
    struct role_alias_list list;
    TRY(role_alias_list(&c->registry, &page, &list));
    struct items *names = put_list(c->out, M_ROLE_ALIASES);
    for (size_t i = 0; i < list.count; i++)
        add_text(names, list.names[i]);
    call_put_next(c, list.next);
    return OK;
}
