/* What the operations of ACM ask of IAM, after AWS's Service Authorization Reference. */
#include "api/generated/acm.h"
#include "api/permission.h"

const struct permission permissions_acm[ACM_OPERATIONS] = {
    // clang-format off
    [ACM_ADD_TAGS_TO_CERTIFICATE] = ON("{CertificateArn}"),
    [ACM_DELETE_CERTIFICATE] = ON("{CertificateArn}"),
    [ACM_DESCRIBE_CERTIFICATE] = ON("{CertificateArn}"),
    [ACM_EXPORT_CERTIFICATE] = ON("{CertificateArn}"),
    [ACM_GET_ACCOUNT_CONFIGURATION] = ON_ALL,
    [ACM_GET_CERTIFICATE] = ON("{CertificateArn}"),
    [ACM_IMPORT_CERTIFICATE] = ON("{CertificateArn}"),
    [ACM_LIST_CERTIFICATES] = ON_ALL,
    [ACM_LIST_TAGS_FOR_CERTIFICATE] = ON("{CertificateArn}"),
    [ACM_PUT_ACCOUNT_CONFIGURATION] = ON_ALL,
    [ACM_REMOVE_TAGS_FROM_CERTIFICATE] = ON("{CertificateArn}"),
    [ACM_RENEW_CERTIFICATE] = ON("{CertificateArn}"),
    [ACM_REQUEST_CERTIFICATE] = ON_ALL,
    [ACM_RESEND_VALIDATION_EMAIL] = ON("{CertificateArn}"),
    [ACM_REVOKE_CERTIFICATE] = ON("{CertificateArn}"),
    [ACM_SEARCH_CERTIFICATES] = ON_ALL,
    [ACM_UPDATE_CERTIFICATE_OPTIONS] = ON("{CertificateArn}"),
    // clang-format on
};
