/* Any bytes as a template, in each use. What is accepted evaluates to a plan with all that must be
 * in it, or says in which place it does not; a second, naive evaluator finds the same thing name
 * and the same device configuration. */
#include <assert.h>
#include <string.h>

#include "template/naive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct plan_pair values[] = {
    {{(const uint8_t *)"A", 1}, {(const uint8_t *)"alpha", 5}},
    {{(const uint8_t *)"AWS::IoT::Certificate::Id", 25}, {(const uint8_t *)"0123", 4}},
    {{(const uint8_t *)"AWS::IoT::Certificate::CommonName", 33}, {(const uint8_t *)"lamp 1", 6}},
};
static const struct template_parameters parameters = {values, COUNT_OF(values)};

static const struct json *property(const struct json *root, bytes resource, const char *name) {
    const struct json *r = json_member(json_member(root, BYTES("Resources")), resource);
    return json_member(json_member(r, BYTES("Properties")), bytes_from(name));
}

static void check_same(struct arena *a, const struct json *root, const struct json *v, bytes text) {
    bytes naive;
    assert(naive_text(a, root, &parameters, v, &naive));
    assert(bytes_equal(naive, text));
}

static void check_plan(const struct plan *plan, enum template_use use) {
    const struct plan_certificate *c = plan->certificate;
    assert(!plan->thing || plan->thing->name.ptr);
    if (c) {
        int sources = (c->csr.ptr != NULL) + (c->id.ptr != NULL) + (c->pem.ptr != NULL);
        assert(sources == 1 && (use == TEMPLATE_THING || c->id.ptr));
    }
    for (size_t i = 0; i < plan->policy_count; i++)
        assert((plan->policies[i].name.ptr != NULL) != (plan->policies[i].document.ptr != NULL));
    assert(use != TEMPLATE_JITP || (c && plan->policy_count > 0));
}

static void try_use(bytes body, enum template_use use) {
    AUTO(arena) a = {0};
    const struct template *t;
    const struct json *root;
    struct plan plan;
    if (template_parse(&a, body, use, &t) != OK) {
        assert(strncmp(failure_text(), "Invalid registration template. ", 31) == 0);
        return;
    }
    if (template_evaluate(t, &parameters, &a, &plan) != OK) {
        assert(strstr(failure_text(), " (at "));
        return;
    }
    check_plan(&plan, use);
    assert(json_parse(&a, body, &root) == OK);
    if (plan.thing)
        check_same(&a, root, property(root, plan.thing->logical_id, "ThingName"), plan.thing->name);
    const struct json *configuration = json_member(root, BYTES("DeviceConfiguration"));
    size_t i = 0;
    JSON_EACH (v, configuration)
        check_same(&a, root, v, plan.device_configuration[i++].value);
    assert(i == plan.device_configuration_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    try_use(bytes_of(data, size), TEMPLATE_JITP);
    try_use(bytes_of(data, size), TEMPLATE_FLEET);
    try_use(bytes_of(data, size), TEMPLATE_THING);
    return 0;
}
