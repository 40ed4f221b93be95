/* Results of calls that can fail, and the one sentence that says why.
 *
 * A function that can fail returns `status`. Where the failure is first known, FAIL records a
 * sentence for people; each TRY it passes adds a crumb of file and line. The sentence belongs to
 * the thread and lasts until the next FAIL there. What a status looks like to each kind of caller
 * (HTTP status, AWS error type, MQTT 5 reason code) is written once, in STATUS_TABLE. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF(text, first) __attribute__((format(printf, text, first)))

/*     status                HTTP  AWS error type                           MQTT 5 reason code  */
#define STATUS_TABLE(X)                                                    \
    X(INVALID, 400, "InvalidRequestException", 0x83)                       \
    X(VALIDATION, 400, "InvalidRequestException", 0x83)                    \
    X(REQUEST_CONTENT, 400, "InvalidRequestContentException", 0x83)        \
    X(EVENT_TOO_LARGE, 413, "RequestTooLargeException", 0x95)              \
    X(DENIED, 401, "UnauthorizedException", 0x87)                          \
    X(ACCESS_DENIED, 403, "AccessDeniedException", 0x87)                   \
    X(FORBIDDEN, 403, "ForbiddenException", 0x87)                          \
    X(METHOD, 405, "MethodNotAllowedException", 0x83)                      \
    X(NOT_FOUND, 404, "ResourceNotFoundException", 0x80)                   \
    X(NOT_CONFIGURED, 404, "NotConfiguredException", 0x80)                 \
    X(EXISTS, 409, "ResourceAlreadyExistsException", 0x80)                 \
    X(DELETE_CONFLICT, 409, "DeleteConflictException", 0x80)               \
    X(VERSION_CONFLICT, 409, "VersionConflictException", 0x80)             \
    X(VERSIONS_LIMIT, 409, "VersionsLimitExceededException", 0x97)         \
    X(UPDATE_CONFLICT, 409, "ConflictingResourceUpdateException", 0x80)    \
    X(REGISTRATION, 400, "ResourceRegistrationFailureException", 0x80)     \
    X(CERTIFICATE_INVALID, 400, "CertificateValidationException", 0x80)    \
    X(CERTIFICATE_STATE, 406, "CertificateStateException", 0x80)           \
    X(CERTIFICATE_CONFLICT, 409, "CertificateConflictException", 0x80)     \
    X(REGISTRATION_CODE, 400, "RegistrationCodeValidationException", 0x80) \
    X(OWNERSHIP_TOKEN, 400, "InvalidCertificateOwnershipToken", 0x80)      \
    X(TRANSFER_CONFLICT, 409, "TransferConflictException", 0x80)           \
    X(TRANSFER_COMPLETED, 410, "TransferAlreadyCompletedException", 0x80)  \
    X(POLICY_MALFORMED, 400, "MalformedPolicyException", 0x80)             \
    X(QUERY_INVALID, 400, "InvalidQueryException", 0x80)                   \
    X(RESPONSE_INVALID, 400, "InvalidResponseException", 0x87)             \
    X(SQL_PARSE, 400, "SqlParseException", 0x83)                           \
    X(AGGREGATION_INVALID, 400, "InvalidAggregationException", 0x80)       \
    X(INDEX_NOT_READY, 400, "IndexNotReadyException", 0x80)                \
    X(LIMIT, 410, "LimitExceededException", 0x97)                          \
    X(THROTTLED, 400, "ThrottlingException", 0x97)                         \
    X(TOO_LARGE, 413, "RequestEntityTooLargeException", 0x95)              \
    X(TOKEN_MISSING, 403, "MissingAuthenticationTokenException", 0x87)     \
    X(TOKEN_INVALID, 403, "UnrecognizedClientException", 0x87)             \
    X(TOKEN_EXPIRED, 403, "ExpiredTokenException", 0x87)                   \
    X(SIGNATURE_INCOMPLETE, 400, "IncompleteSignatureException", 0x87)     \
    X(SIGNATURE_INVALID, 403, "InvalidSignatureException", 0x87)           \
    X(PROTOCOL, 400, "InvalidRequestException", 0x82)                      \
    X(MALFORMED, 400, "InvalidRequestException", 0x81)                     \
    X(SERIALIZATION, 400, "SerializationException", 0x83)                  \
    X(UNKNOWN_OPERATION, 404, "UnknownOperationException", 0x83)           \
    X(NOT_IMPLEMENTED, 501, "NotImplementedException", 0x83)               \
    X(UNAVAILABLE, 503, "ServiceUnavailableException", 0x88)               \
    X(INTERNAL, 500, "InternalFailureException", 0x80)

typedef enum status {
    OK = 0,
#define STATUS_ENUM(name, http, type, reason) E_##name,
    STATUS_TABLE(STATUS_ENUM)
#undef STATUS_ENUM
        STATUS_COUNT
} status;

/* How a status reads to the outside; status_info of OK gives HTTP 200 and an empty type. */
struct status_info {
    const char *name; /* "NOT_FOUND" */
    int http;
    const char *aws_type;
    uint8_t mqtt_reason;
};
const struct status_info *status_info(status s);

/* Records why and yields the code; the compiler still sees the constant. */
#define FAIL(code, ...) (failure_set(__FILE__, __LINE__, __VA_ARGS__), (code))

#define TRY(call)                              \
    do {                                       \
        status try_ = (call);                  \
        if (try_ != OK) {                      \
            failure_trail(__FILE__, __LINE__); \
            return try_;                       \
        }                                      \
    } while (0)

/* failure_set records the sentence (at most 1,023 bytes, cut at a whole character; control
 * characters become question marks) and starts a new trail. */
void failure_set(const char *file, int line, const char *format, ...) PRINTF(3, 4);
void failure_trail(const char *file, int line);

/* failure_text is this thread's last sentence, "" before any; valid until the next FAIL here. */
const char *failure_text(void);

/* failure_where is "file:line < file:line …", innermost first: for logs, never for peers. */
const char *failure_where(void);
