#include "template/resources.h"

enum property_kind { TEXT, LIST, PAIRS, DOCUMENT };

struct property {
    const char *name;
    enum property_kind kind;
};
/* A key of OverrideSettings, which has two spellings [AWS identity 7.3]. */
struct setting {
    const char *name, *other;
    unsigned values;
};

struct resource_type {
    const char *name;
    const struct property *properties;
    size_t property_count;
    const struct setting *settings;
    size_t setting_count;
    /* what properties mean together */
    status (*check)(const struct template *t, const struct json *properties,
                    const struct place *at);
    status (*evaluate)(struct evaluation *e, const struct json *resource, const struct place *at,
                       struct plan *plan);
};

#define VALUE(name) (1U << OVERRIDE_##name)
enum { KEEP_REPLACE_FAIL = VALUE(DO_NOTHING) | VALUE(REPLACE) | VALUE(FAIL) };

static const struct property thing_properties[] = {{"ThingName", TEXT},
                                                   {"AttributePayload", PAIRS},
                                                   {"ThingTypeName", TEXT},
                                                   {"ThingGroups", LIST},
                                                   {"BillingGroup", TEXT}};
static const struct setting thing_settings[] = {
    {"AttributePayload", "ATTRIBUTE_PAYLOAD", KEEP_REPLACE_FAIL | VALUE(MERGE)},
    {"ThingTypeName", "THING_TYPE_NAME", KEEP_REPLACE_FAIL},
    {"ThingGroups", "THING_GROUPS", KEEP_REPLACE_FAIL | VALUE(MERGE)}};
static const struct property certificate_properties[] = {
    {"CertificateSigningRequest", TEXT}, {"CertificateId", TEXT}, {"CertificatePem", TEXT},
    {"CACertificatePem", TEXT},          {"Status", TEXT},        {"ThingPrincipalType", TEXT}};
static const struct setting certificate_settings[] = {{"Status", "STATUS", KEEP_REPLACE_FAIL}};
static const struct property policy_properties[] = {{"PolicyName", TEXT},
                                                    {"PolicyDocument", DOCUMENT}};

static const char *const override_names[] = {
#define OVERRIDE_NAME(name, text) [OVERRIDE_##name] = (text),
    OVERRIDES(OVERRIDE_NAME)
#undef OVERRIDE_NAME
};

/* ---- what properties mean together ---- */

static status check_thing(const struct template *t, const struct json *properties,
                          const struct place *at) {
    UNUSED(t);
    if (json_member(properties, BYTES("ThingName")))
        return OK;
    return template_refuse(at, "A thing needs a ThingName");
}

/* NULL for what is no word of the language; without letter case [AWS identity 7.2]. */
static const bool *find_status(bytes text) {
    static const bool yes = true, no = false;
    if (bytes_equal_nocase(text, BYTES("ACTIVE")))
        return &yes;
    return bytes_equal_nocase(text, BYTES("INACTIVE")) ? &no : NULL;
}

static status refuse_status(const struct place *at, bytes text) {
    struct place status_at = {at, BYTES("Status"), 0};
    return template_refuse(&status_at,
                           "'%.*s' is not a status to register with: ACTIVE or INACTIVE",
                           BYTES_ARG(bytes_slice(text, 0, 40)));
}

static status refuse_principal_type(const struct place *at, bytes text) {
    struct place type_at = {at, BYTES("ThingPrincipalType"), 0};
    return template_refuse(&type_at,
                           "'%.*s' is not a thing principal type: EXCLUSIVE_THING or "
                           "NON_EXCLUSIVE_THING",
                           BYTES_ARG(bytes_slice(text, 0, 40)));
}

static const bool *find_principal_type(bytes text) {
    static const bool yes = true, no = false;
    if (bytes_equal(text, BYTES("EXCLUSIVE_THING")))
        return &yes;
    return bytes_equal(text, BYTES("NON_EXCLUSIVE_THING")) ? &no : NULL;
}

/* Only what is written out can be judged before evaluation. */
static status check_words(const struct json *properties, const struct place *at) {
    const struct json *wanted = json_member(properties, BYTES("Status"));
    const struct json *type = json_member(properties, BYTES("ThingPrincipalType"));
    if (wanted && !expression_is_function(wanted) && !find_status(wanted->text))
        return refuse_status(at, wanted->text);
    if (type && !expression_is_function(type) && !find_principal_type(type->text))
        return refuse_principal_type(at, type->text);
    return OK;
}

/* Which of the three sources of a certificate a use allows [AWS identity 7.2]. */
static status check_certificate(const struct template *t, const struct json *properties,
                                const struct place *at) {
    bool csr = json_member(properties, BYTES("CertificateSigningRequest"));
    bool id = json_member(properties, BYTES("CertificateId"));
    bool pem = json_member(properties, BYTES("CertificatePem"));
    if (csr + id + pem != 1)
        return template_refuse(at, "A certificate needs exactly one of CertificateSigningRequest, "
                                   "CertificateId and CertificatePem");
    if (t->use != TEMPLATE_THING && !id)
        return template_refuse(at, "In this kind of template a certificate is given by its "
                                   "CertificateId: {\"Ref\": \"AWS::IoT::Certificate::Id\"}");
    if (json_member(properties, BYTES("CACertificatePem")) && !pem)
        return template_refuse(at, "CACertificatePem goes with CertificatePem only");
    return check_words(properties, at);
}

static const char no_policy[] = /* [AWS identity 2.4] */
    "Neither policyName nor policyDocument is present in the Template.";

static status check_policy(const struct template *t, const struct json *properties,
                           const struct place *at) {
    bool name = json_member(properties, BYTES("PolicyName"));
    bool document = json_member(properties, BYTES("PolicyDocument"));
    UNUSED(t);
    if (!name && !document)
        return template_refuse(at, no_policy);
    if (name && document)
        return template_refuse(at, "A policy has either a PolicyName or a PolicyDocument");
    return OK;
}

/* ---- evaluating ---- */

/* Evaluates a property; without it the text stays as it is. */
static status property_text(struct evaluation *e, const struct json *properties, const char *name,
                            const struct place *at, bytes *out_text) {
    const struct json *v = json_member(properties, bytes_from(name));
    struct place inside = {at, bytes_from(name), 0};
    return v ? expression_text(e, v, &inside, out_text) : OK;
}

static enum override find_override(bytes text) {
    for (unsigned i = OVERRIDE_DO_NOTHING; i < OVERRIDE_COUNT; i++)
        if (bytes_equal(text, bytes_from(override_names[i])))
            return (enum override)i;
    return OVERRIDE_UNSET;
}

static enum override override_of(const struct json *resource, const struct setting *setting) {
    const struct json *settings = json_member(resource, BYTES("OverrideSettings"));
    const struct json *v = json_member(settings, bytes_from(setting->name));
    if (!v)
        v = json_member(settings, bytes_from(setting->other));
    return v ? find_override(v->text) : OVERRIDE_UNSET;
}

static status evaluate_attributes(struct evaluation *e, const struct json *payload,
                                  const struct place *at, struct plan_thing *thing) {
    if (!payload)
        return OK;
    struct place inside = {at, BYTES("AttributePayload"), 0};
    struct plan_pair *pairs = ARENA_ARRAY(e->arena, struct plan_pair, payload->count + 1);
    JSON_EACH (attribute, payload) {
        struct place attribute_at = {&inside, attribute->name, 0};
        struct plan_pair *pair = &pairs[thing->attribute_count++];
        pair->name = attribute->name;
        TRY(expression_text(e, attribute, &attribute_at, &pair->value));
    }
    thing->attributes = pairs;
    return OK;
}

static status evaluate_groups(struct evaluation *e, const struct json *groups,
                              const struct place *at, struct plan_thing *thing) {
    struct place inside = {at, BYTES("ThingGroups"), 0};
    struct text_list list;
    if (!groups)
        return OK;
    TRY(expression_list(e, groups, &inside, &list));
    thing->groups = list.items;
    thing->group_count = list.count;
    return OK;
}

static status evaluate_thing(struct evaluation *e, const struct json *resource,
                             const struct place *at, struct plan *plan) {
    const struct json *properties = json_member(resource, BYTES("Properties"));
    struct plan_thing *thing = ARENA_NEW(e->arena, struct plan_thing);
    thing->logical_id = resource->name;
    thing->on_attributes = override_of(resource, &thing_settings[0]);
    thing->on_type = override_of(resource, &thing_settings[1]);
    thing->on_groups = override_of(resource, &thing_settings[2]);
    TRY(property_text(e, properties, "ThingName", at, &thing->name));
    TRY(property_text(e, properties, "ThingTypeName", at, &thing->type_name));
    TRY(property_text(e, properties, "BillingGroup", at, &thing->billing_group));
    TRY(evaluate_attributes(e, json_member(properties, BYTES("AttributePayload")), at, thing));
    TRY(evaluate_groups(e, json_member(properties, BYTES("ThingGroups")), at, thing));
    plan->thing = thing;
    return OK;
}

static status evaluate_certificate(struct evaluation *e, const struct json *resource,
                                   const struct place *at, struct plan *plan) {
    const struct json *properties = json_member(resource, BYTES("Properties"));
    struct plan_certificate *c = ARENA_NEW(e->arena, struct plan_certificate);
    bytes wanted = BYTES("ACTIVE"), type = BYTES("NON_EXCLUSIVE_THING");
    c->logical_id = resource->name;
    c->on_status = override_of(resource, &certificate_settings[0]);
    TRY(property_text(e, properties, "CertificateSigningRequest", at, &c->csr));
    TRY(property_text(e, properties, "CertificateId", at, &c->id));
    TRY(property_text(e, properties, "CertificatePem", at, &c->pem));
    TRY(property_text(e, properties, "CACertificatePem", at, &c->ca_pem));
    TRY(property_text(e, properties, "Status", at, &wanted));
    TRY(property_text(e, properties, "ThingPrincipalType", at, &type));
    if (!find_status(wanted))
        return refuse_status(at, wanted);
    if (!find_principal_type(type))
        return refuse_principal_type(at, type);
    c->active = *find_status(wanted);
    c->exclusive_thing = *find_principal_type(type);
    plan->certificate = c;
    return OK;
}

static status evaluate_policy(struct evaluation *e, const struct json *resource,
                              const struct place *at, struct plan *plan) {
    const struct json *properties = json_member(resource, BYTES("Properties"));
    const struct json *document = json_member(properties, BYTES("PolicyDocument"));
    struct place document_at = {at, BYTES("PolicyDocument"), 0};
    struct plan_policy policy = {.logical_id = resource->name};
    TRY(property_text(e, properties, "PolicyName", at, &policy.name));
    if (document)
        TRY(expression_document(e, document, &document_at, &policy.document));
    plan->policies[plan->policy_count++] = policy;
    return OK;
}

/* ---- the types ---- */

#define TABLE(t) (t), COUNT_OF(t)
static const struct resource_type types[] = {
    {"AWS::IoT::Thing", TABLE(thing_properties), TABLE(thing_settings), check_thing,
     evaluate_thing},
    {"AWS::IoT::Certificate", TABLE(certificate_properties), TABLE(certificate_settings),
     check_certificate, evaluate_certificate},
    {"AWS::IoT::Policy", TABLE(policy_properties), NULL, 0, check_policy, evaluate_policy},
};
enum { THING, CERTIFICATE, POLICY, TYPE_COUNT };
_Static_assert(COUNT_OF(types) == TYPE_COUNT, "the types are in the order of their constants");

static const struct resource_type *find_type(const struct json *resource) {
    const struct json *type = json_member(resource, BYTES("Type"));
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (json_is_string(type) && bytes_equal(type->text, bytes_from(types[i].name)))
            return &types[i];
    return NULL;
}

static const struct property *find_property(const struct resource_type *type, bytes name) {
    for (size_t i = 0; i < type->property_count; i++)
        if (bytes_equal(name, bytes_from(type->properties[i].name)))
            return &type->properties[i];
    return NULL;
}

/* A flat map: AttributePayload is not {"attributes": {…}} as in CreateThing [AWS identity 7.2]. */
static status check_pairs(const struct template *t, const struct json *v, const struct place *at) {
    if (v->type != JSON_OBJECT || expression_is_function(v))
        return template_refuse(at, "An object of names and values is expected here");
    JSON_EACH (pair, v) {
        struct place inside = {at, pair->name, 0};
        TRY(expression_check_text(t, pair, &inside));
    }
    return OK;
}

static status check_property(const struct template *t, const struct property *property,
                             const struct json *v, const struct place *at) {
    switch (property->kind) {
    case TEXT:
        return expression_check_text(t, v, at);
    case LIST:
        return expression_check_list(t, v, at);
    case PAIRS:
        return check_pairs(t, v, at);
    case DOCUMENT:
        if (v->type == JSON_OBJECT && !expression_is_function(v))
            return expression_check_document(t, v, at);
        return expression_check_text(t, v, at);
    }
    return OK;
}

static status check_properties(const struct template *t, const struct resource_type *type,
                               const struct json *properties, const struct place *at) {
    if (!properties || properties->type != JSON_OBJECT)
        return template_refuse(at, "An object of properties is expected here");
    JSON_EACH (v, properties) {
        struct place inside = {at, v->name, 0};
        const struct property *property = find_property(type, v->name);
        if (!property)
            return template_refuse(&inside, "%s has no property of this name", type->name);
        if (json_member(properties, v->name) != v)
            return template_refuse(&inside, "It is given twice");
        TRY(check_property(t, property, v, &inside));
    }
    return type->check(t, properties, at);
}

static const struct setting *find_setting(const struct resource_type *type, bytes name) {
    for (size_t i = 0; i < type->setting_count; i++)
        if (bytes_equal(name, bytes_from(type->settings[i].name)) ||
            bytes_equal(name, bytes_from(type->settings[i].other)))
            return &type->settings[i];
    return NULL;
}

static status check_settings(const struct resource_type *type, const struct json *settings,
                             const struct place *at) {
    if (settings && settings->type != JSON_OBJECT)
        return template_refuse(at, "An object of settings is expected here");
    JSON_EACH (v, settings) {
        struct place inside = {at, v->name, 0};
        const struct setting *setting = find_setting(type, v->name);
        if (!setting)
            return template_refuse(&inside, "%s has no such setting", type->name);
        if (!json_is_string(v) || !(setting->values & 1U << find_override(v->text)))
            return template_refuse(&inside, "DO_NOTHING, REPLACE%s or FAIL is expected here",
                                   setting->values & VALUE(MERGE) ? ", MERGE" : "");
    }
    return OK;
}

static status check_resource(const struct template *t, const struct json *resource,
                             const struct place *at) {
    struct place properties_at = {at, BYTES("Properties"), 0};
    struct place settings_at = {at, BYTES("OverrideSettings"), 0};
    struct place type_at = {at, BYTES("Type"), 0};
    const struct resource_type *type = find_type(resource);
    if (resource->type != JSON_OBJECT)
        return template_refuse(at, "An object is expected here");
    if (!type)
        return template_refuse(&type_at, "AWS::IoT::Thing, AWS::IoT::Certificate or "
                                         "AWS::IoT::Policy is expected here");
    JSON_EACH (v, resource) {
        struct place inside = {at, v->name, 0};
        if (!bytes_equal(v->name, type_at.name) && !bytes_equal(v->name, properties_at.name) &&
            !bytes_equal(v->name, settings_at.name))
            return template_refuse(&inside,
                                   "A resource has Type, Properties and OverrideSettings only");
    }
    TRY(check_properties(t, type, json_member(resource, BYTES("Properties")), &properties_at));
    return check_settings(type, json_member(resource, BYTES("OverrideSettings")), &settings_at);
}

/* How many there are of each type: one thing, one certificate, any number of policies. */
static status check_counts(const struct template *t, const size_t counts[TYPE_COUNT],
                           const struct place *at) {
    if (counts[THING] > 1 || counts[CERTIFICATE] > 1)
        return template_refuse(at, "A template makes one thing and one certificate at most");
    if (t->use != TEMPLATE_JITP)
        return OK;
    if (counts[POLICY] == 0)
        return template_refuse(at, no_policy);
    if (counts[CERTIFICATE] == 0)
        return template_refuse(at, "The template of a CA needs an AWS::IoT::Certificate: the one "
                                   "that connects, {\"CertificateId\": {\"Ref\": "
                                   "\"AWS::IoT::Certificate::Id\"}}");
    return OK;
}

status resources_check(const struct template *t, const struct place *at) {
    size_t counts[TYPE_COUNT] = {0};
    if (!t->resources || t->resources->type != JSON_OBJECT)
        return template_refuse(at, "A template needs an object of Resources");
    JSON_EACH (resource, t->resources) {
        struct place inside = {at, resource->name, 0};
        if (json_member(t->resources, resource->name) != resource)
            return template_refuse(&inside, "It is given twice");
        TRY(check_resource(t, resource, &inside));
        counts[find_type(resource) - types]++;
    }
    return check_counts(t, counts, at);
}

status resources_evaluate(struct evaluation *e, const struct place *at, struct plan *out_plan) {
    const struct json *resources = e->template->resources;
    out_plan->policies = ARENA_ARRAY(e->arena, struct plan_policy, resources->count);
    JSON_EACH (resource, resources) {
        struct place inside = {at, resource->name, 0};
        struct place properties = {&inside, BYTES("Properties"), 0};
        TRY(find_type(resource)->evaluate(e, resource, &properties, out_plan));
    }
    return OK;
}
