#include "api/subject.h"

#include "identity/names.h"

/* identity/ and policy/ name the same things. */
static const enum policy_certificate_name policy_names[X509_NAME_COUNT] = {
#define POLICY_NAME(name, text) [X509_NAME_##name] = POLICY_NAME_##name,
    X509_NAMES(POLICY_NAME)
#undef POLICY_NAME
};

static void add_values(struct policy_certificate_value *out, enum policy_certificate_side side,
                       const struct x509_name_values *values) {
    for (size_t i = 0; i < values->count; i++)
        out[i] = (struct policy_certificate_value){side, policy_names[values->items[i].name],
                                                   values->items[i].value};
}

struct policy_certificate subject_certificate(struct arena *a, bytes id, bytes der) {
    struct policy_certificate certificate = {.id = id};
    struct x509_names names;
    if (x509_names_read(der, a, &names) != OK)
        return certificate;
    size_t count = names.subject.count + names.issuer.count;
    struct policy_certificate_value *values =
        ARENA_ARRAY(a, struct policy_certificate_value, count);
    add_values(values, POLICY_SUBJECT, &names.subject);
    add_values(values + names.subject.count, POLICY_ISSUER, &names.issuer);
    certificate.values = values;
    certificate.value_count = count;
    certificate.serial = names.serial;
    return certificate;
}

struct policy_thing subject_thing(struct arena *a, const struct thing_record *thing) {
    struct policy_thing_attribute *attributes =
        ARENA_ARRAY(a, struct policy_thing_attribute, thing->attribute_count);
    for (size_t i = 0; i < thing->attribute_count; i++)
        attributes[i] =
            (struct policy_thing_attribute){thing->attributes[i].name, thing->attributes[i].value};
    return (struct policy_thing){thing->name, thing->type_name, attributes, thing->attribute_count};
}
