/* A plan: what a provisioning template says shall exist, with all parameters filled in
 * [AWS identity 7.2]. template_evaluate makes one, provisioning/register_thing.h carries it out.
 *
 * A value: no pointers back to the template; everything lives in the arena it was made in. Texts
 * are as the template gave them: whether a thing may be called so is the registry's business. */
#pragma once
#include "base/arena.h"

/* What to do with a property of a resource that exists already [AWS identity 7.3]. */
#define OVERRIDES(X)                                                             \
    X(UNSET, "") /* nothing said: as FAIL, but only when the property differs */ \
    X(DO_NOTHING, "DO_NOTHING")                                                  \
    X(REPLACE, "REPLACE")                                                        \
    X(FAIL, "FAIL")                                                              \
    X(MERGE, "MERGE")
enum override {
#define OVERRIDE_ENUM(name, text) OVERRIDE_##name,
    OVERRIDES(OVERRIDE_ENUM)
#undef OVERRIDE_ENUM
        OVERRIDE_COUNT
};

struct plan_pair {
    bytes name, value;
};

/* A property that the template does not have is: no bytes with ptr NULL, a NULL list. */
struct plan_thing {
    bytes logical_id; /* the key under Resources */
    bytes name;
    const struct plan_pair *attributes; /* NULL: AttributePayload is absent */
    size_t attribute_count;
    bytes type_name;
    const bytes *groups; /* NULL: ThingGroups is absent */
    size_t group_count;
    bytes billing_group;
    enum override on_attributes, on_type, on_groups;
};

struct plan_certificate {
    bytes logical_id;
    /* exactly one of these three */
    bytes csr; /* PEM */
    bytes id;
    bytes pem;
    bytes ca_pem;         /* may go with pem */
    bool active;          /* Status: ACTIVE, which is the default, or INACTIVE */
    bool exclusive_thing; /* ThingPrincipalType EXCLUSIVE_THING */
    enum override on_status;
};

struct plan_policy {
    bytes logical_id;
    bytes name; /* of one that exists; or else: */
    bytes document;
};

struct plan {
    const struct plan_thing *thing;             /* NULL: none */
    const struct plan_certificate *certificate; /* NULL: none */
    struct plan_policy *policies;
    size_t policy_count;
    const struct plan_pair *device_configuration; /* flat, texts [AWS identity 7.5] */
    size_t device_configuration_count;
};
