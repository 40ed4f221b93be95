/* What the operations of STS ask of IAM, after AWS's Service Authorization Reference. */
#include "api/generated/sts.h"
#include "api/permission.h"

const struct permission permissions_sts[STS_OPERATIONS] = {
    // clang-format off
    [STS_ASSUME_ROLE] = NEEDS_TRUST,
    [STS_ASSUME_ROLE_WITH_SAML] = ON("{RoleArn}"),
    [STS_ASSUME_ROLE_WITH_WEB_IDENTITY] = ON("{RoleArn}"),
    [STS_DECODE_AUTHORIZATION_MESSAGE] = ON_ALL,
    [STS_GET_ACCESS_KEY_INFO] = ON_ALL,
    [STS_GET_CALLER_IDENTITY] = NEEDS_NONE,
    [STS_GET_DELEGATED_ACCESS_TOKEN] = ON_ALL,
    [STS_GET_FEDERATION_TOKEN] = ON_ALL,
    [STS_GET_SESSION_TOKEN] = NEEDS_NONE,
    [STS_GET_WEB_IDENTITY_TOKEN] = ON_ALL,
    // clang-format on
};
