/* The Lambda API: functions, as AWS's clients manage and invoke them [AWS rules 7].
 *
 * Changes that come with code unpack it first, then change records in a transaction of their own,
 * and only then let go of folders: so these handlers open transactions by themselves. */
#pragma once
#include "api/exchange.h"
#include "api/generated/lambda.h"
#include "function/code.h"
#include "function/host.h"
#include "registry/function_policy.h"

/*    operation, handler, what the engine does with the store */
#define HANDLERS_LAMBDA(X)                                                    \
    /* lambda_functions.c */                                                  \
    X(CREATE_FUNCTION, lambda_create_function, NO_STORE)                      \
    X(UPDATE_FUNCTION_CODE, lambda_update_code, NO_STORE)                     \
    X(UPDATE_FUNCTION_CONFIGURATION, lambda_update_configuration, WRITE)      \
    X(DELETE_FUNCTION, lambda_delete_function, NO_STORE)                      \
    X(GET_FUNCTION, lambda_get_function, READ)                                \
    X(GET_FUNCTION_CONFIGURATION, lambda_get_configuration, READ)             \
    X(LIST_FUNCTIONS, lambda_list_functions, READ)                            \
    /* lambda_versions.c */                                                   \
    X(PUBLISH_VERSION, lambda_publish_version, WRITE)                         \
    X(LIST_VERSIONS_BY_FUNCTION, lambda_list_versions, READ)                  \
    X(CREATE_ALIAS, lambda_create_alias, WRITE)                               \
    X(GET_ALIAS, lambda_get_alias, READ)                                      \
    X(UPDATE_ALIAS, lambda_update_alias, WRITE)                               \
    X(LIST_ALIASES, lambda_list_aliases, READ)                                \
    X(DELETE_ALIAS, lambda_delete_alias, WRITE)                               \
    /* lambda_permissions.c */                                                \
    X(ADD_PERMISSION, lambda_add_permission, WRITE)                           \
    X(REMOVE_PERMISSION, lambda_remove_permission, WRITE)                     \
    X(GET_POLICY, lambda_get_policy, READ)                                    \
    X(PUT_FUNCTION_CONCURRENCY, lambda_put_concurrency, WRITE)                \
    X(GET_FUNCTION_CONCURRENCY, lambda_get_concurrency, READ)                 \
    X(DELETE_FUNCTION_CONCURRENCY, lambda_delete_concurrency, WRITE)          \
    X(TAG_RESOURCE, lambda_tag_resource, WRITE)                               \
    X(UNTAG_RESOURCE, lambda_untag_resource, WRITE)                           \
    X(LIST_TAGS, lambda_list_tags, READ)                                      \
    X(GET_ACCOUNT_SETTINGS, lambda_get_account_settings, READ)                \
    X(GET_FUNCTION_RECURSION_CONFIG, lambda_get_recursion_config, READ)       \
    X(GET_RUNTIME_MANAGEMENT_CONFIG, lambda_get_runtime_management, READ)     \
    X(GET_FUNCTION_CODE_SIGNING_CONFIG, lambda_get_code_signing, READ)        \
    /* lambda_invoke.c */                                                     \
    X(INVOKE, lambda_invoke, NO_STORE)                                        \
    /* lambda_event_config.c */                                               \
    X(PUT_FUNCTION_EVENT_INVOKE_CONFIG, lambda_put_event_config, WRITE)       \
    X(UPDATE_FUNCTION_EVENT_INVOKE_CONFIG, lambda_update_event_config, WRITE) \
    X(DELETE_FUNCTION_EVENT_INVOKE_CONFIG, lambda_delete_event_config, WRITE) \
    X(GET_FUNCTION_EVENT_INVOKE_CONFIG, lambda_get_event_config, READ)        \
    X(LIST_FUNCTION_EVENT_INVOKE_CONFIGS, lambda_list_event_configs, READ)

/* What an account may have, as GetAccountSettings tells it [AWS Lambda quotas]. */
enum { LAMBDA_CONCURRENCY = 1000, LAMBDA_UNRESERVED = 100 };
#define LAMBDA_CODE_BYTES (INT64_C(75) << 30)

#define LAMBDA_DECLARE(operation, function, access) call_function function;
HANDLERS_LAMBDA(LAMBDA_DECLARE)
#undef LAMBDA_DECLARE

extern const struct handler handlers_lambda[LAMBDA_OPERATIONS];
extern const struct error_name errors_lambda[];

/* lambda_name takes FunctionName and Qualifier of the input. */
NODISCARD
status lambda_name(const struct call *c, struct function_name *out_name);

/* lambda_put_configuration writes a FunctionConfiguration; `qualifier` stands in its ARN. Listings
 * leave the state out. */
void lambda_put_configuration(const struct call *c, struct record *out,
                              const struct function_record *f, bytes qualifier, bool is_listed);

/* lambda_page reads Marker and MaxItems, which may ask for more than a page ever has. */
struct page lambda_page(const struct call *c);

/* lambda_put_tags writes what a function is tagged with. */
NODISCARD
status lambda_put_tags(const struct call *c, bytes function);

/* lambda_change runs `change` in a write transaction of its own. */
NODISCARD
status lambda_change(struct call *c, call_function *change);

/* lambda_data is the data directory; E_UNAVAILABLE when this server has no functions. */
NODISCARD
status lambda_data(const struct call *c, const char **out_data);
