/* Certificate providers [AWS identity 11.1]. */
#include "registry/certificate_provider.h"

#include "api/handlers.h"
#include "api/tags.h"

static void put_names(struct call *c, bytes name) {
    put_text(c->out, M_CERTIFICATE_PROVIDER_NAME, name);
    put_text(c->out, M_CERTIFICATE_PROVIDER_ARN, certificate_provider_arn(&c->registry, name));
}

status create_certificate_provider(struct call *c) {
    struct certificate_provider p = {.name = get_text(c->in, M_CERTIFICATE_PROVIDER_NAME),
                                     .function_arn = get_text(c->in, M_LAMBDA_FUNCTION_ARN),
                                     .client_token = get_text(c->in, M_CLIENT_TOKEN)};
    struct tags tags = tags_in(c);
    c->resource_id = p.name;
    c->resource_arn = certificate_provider_arn(&c->registry, p.name);
    TRY(certificate_provider_create(&c->registry, &p, &tags));
    put_names(c, p.name);
    return OK;
}

status describe_certificate_provider(struct call *c) {
    struct certificate_provider p;
    TRY(certificate_provider_load(&c->registry, get_text(c->in, M_CERTIFICATE_PROVIDER_NAME), &p));
    put_names(c, p.name);
    put_text(c->out, M_LAMBDA_FUNCTION_ARN, p.function_arn);
    add_text(put_list(c->out, M_ACCOUNT_DEFAULT_FOR_OPERATIONS),
             BYTES(CERTIFICATE_PROVIDER_OPERATION));
    put_time(c->out, M_CREATION_DATE, p.created_ms);
    put_time(c->out, M_LAST_MODIFIED_DATE, p.modified_ms);
    return OK;
}

/* One at most, so there is one page. */
status list_certificate_providers(struct call *c) {
    struct certificate_provider p;
    bool found;
    TRY(certificate_provider_find(&c->registry, &found, &p));
    struct items *providers = put_list(c->out, M_CERTIFICATE_PROVIDERS);
    if (!found)
        return OK;
    struct record *one = add_record(providers);
    put_text(one, M_CERTIFICATE_PROVIDER_NAME, p.name);
    put_text(one, M_CERTIFICATE_PROVIDER_ARN, certificate_provider_arn(&c->registry, p.name));
    return OK;
}

status update_certificate_provider(struct call *c) {
    bytes name = get_text(c->in, M_CERTIFICATE_PROVIDER_NAME);
    TRY(certificate_provider_update(&c->registry, name, get_text(c->in, M_LAMBDA_FUNCTION_ARN)));
    put_names(c, name);
    return OK;
}

status delete_certificate_provider(struct call *c) {
    return certificate_provider_delete(&c->registry, get_text(c->in, M_CERTIFICATE_PROVIDER_NAME));
}
