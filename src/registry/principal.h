/* What the device plane needs to know of a certificate that connects, in one read. */
#pragma once
#include "registry/certificate.h"
#include "registry/policy.h"
#include "registry/propagation.h"
#include "registry/thing.h"
#include "registry/thing_group.h"

/* The most that can apply to one connection. */
enum {
    PRINCIPAL_GROUPS_MAX = THING_GROUPS_PER_THING_MAX * THING_GROUP_DEPTH_MAX,
    PRINCIPAL_POLICIES_MAX = POLICIES_PER_TARGET_MAX + PRINCIPAL_GROUPS_MAX * POLICIES_PER_GROUP_MAX
};

/* principal_require reads a principal's ARN; the certificate id borrows from it. E_INVALID when it
 * is none of this account and region, E_NOT_FOUND when the certificate is not registered. */
NODISCARD
status principal_require(const struct registry *r, bytes text, bytes *out_certificate_id);

struct policy_facts {
    bytes name;
    uint64_t version; /* (name, generation_id, version) names a document that never changes */
    bytes generation_id;
    bytes document;
};

struct principal_facts {
    struct certificate_record certificate; /* without pem */
    /* Default versions of what is attached to the certificate and, when there is a thing, to its
     * groups and their ancestors; each once, by name [AWS policy 7]. */
    struct policy_facts *policies;
    size_t policy_count;
    bytes *groups; /* those groups' names; their number is bounded as that of policies is */
    size_t group_count;
    /* The thing the policy variables of this connection speak of: the one the certificate is
     * attached to exclusively, else the one named like the client identifier, if the certificate
     * is attached to it [AWS identity 10.2, policy 5.2]. */
    bool has_thing;
    bool thing_is_exclusive;
    struct thing_record thing;
    struct propagation propagation; /* of the thing's type */
};

/* registry_principal_load reads it for a certificate id (64 hex digits) and a client identifier (no
 * bytes: HTTPS). E_NOT_FOUND when the certificate is not registered in this account, nor a claim by
 * a trusted user (provisioning_claim.h); its status and validity are for the caller to judge. */
NODISCARD
status registry_principal_load(const struct registry *r, bytes certificate_id, bytes client_id,
                               struct principal_facts *out_facts);
/* registry_policy_load reads the default version of one policy. E_NOT_FOUND. */
NODISCARD
status registry_policy_load(const struct registry *r, bytes name, struct policy_facts *out_policy);
