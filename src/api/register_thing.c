/* RegisterThing: a template with its parameters, at once [AWS identity 9.1]. */
#include "provisioning/register_thing.h"
#include "api/handlers.h"
#include "template/template.h"

static struct template_parameters parameters_in(const struct call *c) {
    const struct items *given = get_list(c->in, M_PARAMETERS);
    struct plan_pair *pairs = ARENA_ARRAY(c->arena, struct plan_pair, given ? given->count : 0);
    size_t count = 0;
    VALUES_EACH(v, given)
    pairs[count++] = (struct plan_pair){v->key, v->text};
    return (struct template_parameters){pairs, count};
}

static struct provisioning_options options_of(const struct call *c) {
    return (struct provisioning_options){.issuer = c->config->issuer,
                                         .now_ms = c->now_ms,
                                         .without_quotas = c->config->without_quotas};
}

/* Templates are read and certificates signed before the transaction. */
status plan_thing(struct call *c) {
    struct template_parameters parameters = parameters_in(c);
    struct provisioning_options options = options_of(c);
    const struct template *template;
    TRY(template_parse(c->arena, get_text(c->in, M_TEMPLATE_BODY), TEMPLATE_THING, &template));
    TRY(template_evaluate(template, &parameters, c->arena, &c->plan));
    return provisioning_prepare(&c->plan, &options, &c->issued);
}

status register_thing(struct call *c) {
    struct provisioning_options options = options_of(c);
    struct provisioned done;
    TRY(provisioning_register_thing(&c->registry, &c->plan, &c->issued, &options, &done));
    put_text(c->out, M_CERTIFICATE_PEM, done.certificate_pem);
    struct items *arns = put_list(c->out, M_RESOURCE_ARNS);
    for (size_t i = 0; i < done.resource_count; i++)
        add_entry(arns, done.resources[i].logical_id, done.resources[i].arn);
    return OK;
}
