#include "template/template.h"
#include "template/resources.h"

static const struct place parsing = {
    .name = {(const uint8_t *)"Invalid registration template. ", 31}}; /* [AWS identity 2.4] */
static const struct place evaluating = {.name = {(const uint8_t *)"", 0}};

static size_t count_characters(bytes text) {
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += (text.ptr[i] & 0xC0) != 0x80;
    return count;
}

static status check_object(const struct json *v, const struct place *at) {
    if (!v || v->type == JSON_OBJECT)
        return OK;
    return template_refuse(at, "An object is expected here");
}

/* {"Name": {"Type": "String", "Default": "…"}} [AWS identity 7.1]. Other keys say nothing. */
static status check_parameter(const struct json *parameter, const struct place *at) {
    struct place type_at = {at, BYTES("Type"), 0}, default_at = {at, BYTES("Default"), 0};
    const struct json *type = json_member(parameter, BYTES("Type"));
    const struct json *otherwise = json_member(parameter, BYTES("Default"));
    TRY(check_object(parameter, at));
    if (type && !(json_is_string(type) && bytes_equal(type->text, BYTES("String"))))
        return template_refuse(&type_at, "Every parameter has the type \"String\"");
    if (otherwise && !json_is_string(otherwise))
        return template_refuse(&default_at, "A text is expected here");
    return OK;
}

static status check_parameters(const struct json *parameters, const struct place *at) {
    TRY(check_object(parameters, at));
    JSON_EACH (parameter, parameters) {
        struct place parameter_at = {at, parameter->name, 0};
        TRY(check_parameter(parameter, &parameter_at));
    }
    return OK;
}

/* Flat: values, no objects in objects [AWS identity 7.5]. */
static status check_device_configuration(const struct template *t, const struct place *at) {
    TRY(check_object(t->device_configuration, at));
    JSON_EACH (value, t->device_configuration) {
        struct place value_at = {at, value->name, 0};
        TRY(expression_check_text(t, value, &value_at));
    }
    return OK;
}

static status check(const struct template *t) {
    struct place parameters = {&parsing, BYTES("Parameters"), 0};
    struct place mappings = {&parsing, BYTES("Mappings"), 0};
    struct place resources = {&parsing, BYTES("Resources"), 0};
    struct place configuration = {&parsing, BYTES("DeviceConfiguration"), 0};
    TRY(check_parameters(t->parameters, &parameters));
    if (t->mappings)
        TRY(expression_check_mappings(t->mappings, &mappings));
    TRY(resources_check(t, &resources));
    return check_device_configuration(t, &configuration);
}

static status parse_json(struct arena *a, bytes body, const struct json **out_root) {
    size_t characters = count_characters(body);
    if (characters > TEMPLATE_CHARACTERS_MAX)
        return template_refuse(&parsing, "It has %zu characters, and %d are the most", characters,
                               TEMPLATE_CHARACTERS_MAX);
    if (json_parse(a, body, out_root) != OK)
        return template_refuse(&parsing,
                               "Template format error: JSON not well-formed with location of [%s]",
                               arena_string(a, bytes_from(failure_text())));
    if ((*out_root)->type != JSON_OBJECT)
        return template_refuse(&parsing, "Template format error: it is not a JSON object");
    return OK;
}

status template_parse(struct arena *a, bytes body, enum template_use use,
                      const struct template **out_template) {
    struct template *t = ARENA_NEW(a, struct template);
    const struct json *root;
    TRY(parse_json(a, body, &root));
    *t = (struct template){
        .use = use,
        .parameters = json_member(root, BYTES("Parameters")),
        .mappings = json_member(root, BYTES("Mappings")),
        .resources = json_member(root, BYTES("Resources")),
        .device_configuration = json_member(root, BYTES("DeviceConfiguration")),
    };
    TRY(check(t));
    *out_template = t;
    return OK;
}

/* Every parameter that stands for the certificate must come from it [AWS identity 6.1]. */
static status check_given(const struct template *t, const struct template_parameters *parameters) {
    struct place at = {&evaluating, BYTES("Parameters"), 0};
    JSON_EACH (declared, t->parameters) {
        struct place declared_at = {&at, declared->name, 0};
        bool given = !bytes_start_with(declared->name, BYTES("AWS::IoT::Certificate::"));
        for (size_t i = 0; i < parameters->count && !given; i++)
            given = bytes_equal(parameters->items[i].name, declared->name);
        if (!given)
            return template_refuse(&declared_at,
                                   "The certificate gives no value for the parameter %.*s: its "
                                   "subject has no such attribute, and a Default does not count",
                                   BYTES_ARG(bytes_slice(declared->name, 0, 100)));
    }
    return OK;
}

static status evaluate_device_configuration(struct evaluation *e, struct plan *plan) {
    const struct json *values = e->template->device_configuration;
    struct place at = {&evaluating, BYTES("DeviceConfiguration"), 0};
    struct plan_pair *pairs = ARENA_ARRAY(e->arena, struct plan_pair, values ? values->count : 0);
    JSON_EACH (value, values) {
        struct place value_at = {&at, value->name, 0};
        struct plan_pair *pair = &pairs[plan->device_configuration_count++];
        pair->name = value->name;
        TRY(expression_text(e, value, &value_at, &pair->value));
    }
    plan->device_configuration = pairs;
    return OK;
}

status template_evaluate(const struct template *t, const struct template_parameters *parameters,
                         struct arena *a, struct plan *out_plan) {
    struct place at = {&evaluating, BYTES("Resources"), 0};
    struct evaluation e = {t, parameters, a, TEMPLATE_OUTPUT_BYTES_MAX};
    struct plan plan = {0};
    if (t->use == TEMPLATE_JITP)
        TRY(check_given(t, parameters));
    TRY(resources_evaluate(&e, &at, &plan));
    TRY(evaluate_device_configuration(&e, &plan));
    *out_plan = plan;
    return OK;
}
