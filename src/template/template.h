/* Provisioning templates: the language in which AWS writes down what registering a device shall
 * make [AWS identity 7]: Parameters, Mappings, Resources, DeviceConfiguration; the functions Ref,
 * Fn::Join, Fn::Split, Fn::Select, Fn::Sub and Fn::FindInMap.
 *
 *     const struct template *t;
 *     struct plan plan;
 *     TRY(template_parse(&arena, body, TEMPLATE_FLEET, &t));      when it is stored
 *     TRY(template_evaluate(t, &parameters, &arena, &plan));      for each device
 *
 * Parsing checks all that can be known without parameters, evaluating the rest. Every failure is
 * E_INVALID with AWS's words first, where they are known, and ends with the place inside the
 * template: "(at Resources.thing.Properties.ThingName)". Pure; any thread. */
#pragma once
#include "template/plan.h"

enum {
    TEMPLATE_CHARACTERS_MAX = 10240,        /* [AWS identity 7] */
    TEMPLATE_VALUE_BYTES_MAX = 64 * 1024,   /* of one text that evaluation makes */
    TEMPLATE_OUTPUT_BYTES_MAX = 512 * 1024, /* of all texts that one evaluation makes */
};

/* For what a template is kept; the uses differ in what a certificate may be made from
 * [AWS identity 7.2], in parameters that need not be declared [AWS identity 7.4] and in what must
 * be there [AWS identity 2.4]. */
enum template_use {
    TEMPLATE_JITP,  /* of a CA, by its registrationConfig or a template of type JITP */
    TEMPLATE_FLEET, /* of type FLEET_PROVISIONING */
    TEMPLATE_THING, /* RegisterThing over REST, thing registration tasks */
};

struct template;

/* template_parse reads and checks `body`. The template lives in `a` and borrows from `body`. */
NODISCARD
status template_parse(struct arena *a, bytes body, enum template_use use,
                      const struct template **out_template);

/* Values for parameters. Those that the template does not declare are ignored; of two with the same
 * name the later counts (overrides of a hook go behind what the device sent). */
struct template_parameters {
    const struct plan_pair *items;
    size_t count;
};
/* template_evaluate fills in the parameters. A parameter that is used, has no value and no Default
 * fails; in TEMPLATE_JITP so does a declared AWS::IoT::Certificate::… without a value, Default or
 * not [AWS identity 6.1]. The plan lives in `a` and may borrow from template and parameters. */
NODISCARD
status template_evaluate(const struct template *t, const struct template_parameters *parameters,
                         struct arena *a, struct plan *out_plan);
