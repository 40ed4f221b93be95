/* What the operations of Secrets Manager ask of IAM, after AWS's Service Authorization Reference.
 */
#include "api/generated/secretsmanager.h"
#include "api/permission.h"

const struct permission permissions_secretsmanager[SECRETSMANAGER_OPERATIONS] = {
    // clang-format off
    [SECRETSMANAGER_BATCH_GET_SECRET_VALUE] = ON_ALL,
    [SECRETSMANAGER_CANCEL_ROTATE_SECRET] = ON("{secret}"),
    [SECRETSMANAGER_CREATE_SECRET] = ON("{newsecret}"),
    [SECRETSMANAGER_DELETE_RESOURCE_POLICY] = ON("{secret}"),
    [SECRETSMANAGER_DELETE_SECRET] = ON("{secret}"),
    [SECRETSMANAGER_DESCRIBE_SECRET] = ON("{secret}"),
    [SECRETSMANAGER_GET_RANDOM_PASSWORD] = ON_ALL,
    [SECRETSMANAGER_GET_RESOURCE_POLICY] = ON("{secret}"),
    [SECRETSMANAGER_GET_SECRET_VALUE] = ON("{secret}"),
    [SECRETSMANAGER_LIST_SECRET_VERSION_IDS] = ON("{secret}"),
    [SECRETSMANAGER_LIST_SECRETS] = ON_ALL,
    [SECRETSMANAGER_PUT_RESOURCE_POLICY] = ON("{secret}"),
    [SECRETSMANAGER_PUT_SECRET_VALUE] = ON("{secret}"),
    [SECRETSMANAGER_REMOVE_REGIONS_FROM_REPLICATION] = ON("{secret}"),
    [SECRETSMANAGER_REPLICATE_SECRET_TO_REGIONS] = ON("{secret}"),
    [SECRETSMANAGER_RESTORE_SECRET] = ON("{secret}"),
    [SECRETSMANAGER_ROTATE_SECRET] = ON("{secret}"),
    [SECRETSMANAGER_STOP_REPLICATION_TO_REPLICA] = ON("{secret}"),
    [SECRETSMANAGER_TAG_RESOURCE] = ON("{secret}"),
    [SECRETSMANAGER_UNTAG_RESOURCE] = ON("{secret}"),
    [SECRETSMANAGER_UPDATE_SECRET] = ON("{secret}"),
    [SECRETSMANAGER_UPDATE_SECRET_VERSION_STAGE] = ON("{secret}"),
    [SECRETSMANAGER_VALIDATE_RESOURCE_POLICY] = ON("{secret}"),
    // clang-format on
};
