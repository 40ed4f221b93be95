/* The operations that are written. Each row: operation, handler, what it does with the store; a row
 * of HANDLERS_PREPARED also names what is done before the transaction begins. All others answer 501
 * by themselves. `kedge api --coverage` reads this table. */
#pragma once
#include "api/call.h"

#define HANDLERS_PREPARED(X)                                                             \
    X(CREATE_KEYS_AND_CERTIFICATE, issue_keys, register_issued_certificate, WRITE)       \
    X(CREATE_CERTIFICATE_FROM_CSR, issue_csr, register_issued_certificate, WRITE)        \
    X(CREATE_POLICY, check_policy_document, create_policy, WRITE)                        \
    X(CREATE_POLICY_VERSION, check_policy_document, create_policy_version, WRITE)        \
    X(REGISTER_THING, plan_thing, register_thing, WRITE)                                 \
    X(START_THING_REGISTRATION_TASK, check_task, start_task, NO_STORE)                   \
    X(CREATE_PROVISIONING_CLAIM, issue_keys, create_provisioning_claim, WRITE)           \
    X(CREATE_DOMAIN_CONFIGURATION, check_new_domain, create_domain_configuration, WRITE) \
    X(CREATE_TOPIC_RULE, check_rule_destinations, create_topic_rule, WRITE)              \
    X(REPLACE_TOPIC_RULE, check_rule_destinations, replace_topic_rule, WRITE)            \
    X(CREATE_TOPIC_RULE_DESTINATION, check_destination, create_topic_rule_destination, WRITE)

#define HANDLERS(X)                                                            \
    /* certificates.c */                                                       \
    X(REGISTER_CERTIFICATE, register_certificate_with_ca, WRITE)               \
    X(REGISTER_CERTIFICATE_WITHOUT_CA, register_certificate_alone, WRITE)      \
    X(DESCRIBE_CERTIFICATE, describe_certificate, READ)                        \
    X(LIST_CERTIFICATES, list_certificates, READ)                              \
    X(LIST_CERTIFICATES_BY_CA, list_certificates_by_ca, READ)                  \
    X(UPDATE_CERTIFICATE, update_certificate, WRITE)                           \
    X(DELETE_CERTIFICATE, delete_certificate, WRITE)                           \
    /* transfers.c */                                                          \
    X(TRANSFER_CERTIFICATE, transfer_certificate, WRITE)                       \
    X(ACCEPT_CERTIFICATE_TRANSFER, accept_transfer, WRITE)                     \
    X(REJECT_CERTIFICATE_TRANSFER, reject_transfer, WRITE)                     \
    X(CANCEL_CERTIFICATE_TRANSFER, cancel_transfer, WRITE)                     \
    X(LIST_OUTGOING_CERTIFICATES, list_outgoing_certificates, READ)            \
    /* ca_certificates.c */                                                    \
    X(GET_REGISTRATION_CODE, get_registration_code, WRITE)                     \
    X(DELETE_REGISTRATION_CODE, delete_registration_code, WRITE)               \
    X(REGISTER_CA_CERTIFICATE, register_ca, WRITE)                             \
    X(DESCRIBE_CA_CERTIFICATE, describe_ca, READ)                              \
    X(LIST_CA_CERTIFICATES, list_cas, READ)                                    \
    X(UPDATE_CA_CERTIFICATE, update_ca, WRITE)                                 \
    X(DELETE_CA_CERTIFICATE, delete_ca, WRITE)                                 \
    /* policies.c */                                                           \
    X(GET_POLICY, get_policy, READ)                                            \
    X(LIST_POLICIES, list_policies, READ)                                      \
    X(DELETE_POLICY, delete_policy, WRITE)                                     \
    X(GET_POLICY_VERSION, get_policy_version, READ)                            \
    X(LIST_POLICY_VERSIONS, list_policy_versions, READ)                        \
    X(SET_DEFAULT_POLICY_VERSION, set_default_policy_version, WRITE)           \
    X(DELETE_POLICY_VERSION, delete_policy_version, WRITE)                     \
    /* attachments.c */                                                        \
    X(ATTACH_POLICY, attach_policy, WRITE)                                     \
    X(DETACH_POLICY, detach_policy, WRITE)                                     \
    X(LIST_ATTACHED_POLICIES, list_attached_policies, READ)                    \
    X(LIST_TARGETS_FOR_POLICY, list_targets_for_policy, READ)                  \
    X(ATTACH_PRINCIPAL_POLICY, attach_principal_policy, WRITE)                 \
    X(DETACH_PRINCIPAL_POLICY, detach_principal_policy, WRITE)                 \
    X(LIST_PRINCIPAL_POLICIES, list_principal_policies, READ)                  \
    X(LIST_POLICY_PRINCIPALS, list_policy_principals, READ)                    \
    /* authorization.c */                                                      \
    X(TEST_AUTHORIZATION, test_authorization, READ)                            \
    X(GET_EFFECTIVE_POLICIES, get_effective_policies, READ)                    \
    /* domain_configurations.c */                                              \
    X(DESCRIBE_DOMAIN_CONFIGURATION, describe_domain_configuration, READ)      \
    X(LIST_DOMAIN_CONFIGURATIONS, list_domain_configurations, READ)            \
    X(UPDATE_DOMAIN_CONFIGURATION, update_domain_configuration, WRITE)         \
    X(DELETE_DOMAIN_CONFIGURATION, delete_domain_configuration, WRITE)         \
    /* authorizers.c */                                                        \
    X(CREATE_AUTHORIZER, create_authorizer, WRITE)                             \
    X(DESCRIBE_AUTHORIZER, describe_authorizer, READ)                          \
    X(LIST_AUTHORIZERS, list_authorizers, READ)                                \
    X(UPDATE_AUTHORIZER, update_authorizer, WRITE)                             \
    X(DELETE_AUTHORIZER, delete_authorizer, WRITE)                             \
    X(SET_DEFAULT_AUTHORIZER, set_default_authorizer, WRITE)                   \
    X(DESCRIBE_DEFAULT_AUTHORIZER, describe_default_authorizer, READ)          \
    X(CLEAR_DEFAULT_AUTHORIZER, clear_default_authorizer, WRITE)               \
    X(TEST_INVOKE_AUTHORIZER, test_invoke_authorizer, NO_STORE)                \
    /* things.c */                                                             \
    X(CREATE_THING, create_thing, WRITE)                                       \
    X(DESCRIBE_THING, describe_thing, READ)                                    \
    X(LIST_THINGS, list_things, READ)                                          \
    X(UPDATE_THING, update_thing, WRITE)                                       \
    X(DELETE_THING, delete_thing, WRITE)                                       \
    X(ATTACH_THING_PRINCIPAL, attach_thing_principal, WRITE)                   \
    X(DETACH_THING_PRINCIPAL, detach_thing_principal, WRITE)                   \
    X(LIST_THING_PRINCIPALS, list_thing_principals, READ)                      \
    X(LIST_THING_PRINCIPALS_V2, list_thing_principals_v2, READ)                \
    X(LIST_PRINCIPAL_THINGS, list_principal_things, READ)                      \
    X(LIST_PRINCIPAL_THINGS_V2, list_principal_things_v2, READ)                \
    /* thing_types.c */                                                        \
    X(CREATE_THING_TYPE, create_thing_type, WRITE)                             \
    X(DESCRIBE_THING_TYPE, describe_thing_type, READ)                          \
    X(LIST_THING_TYPES, list_thing_types, READ)                                \
    X(UPDATE_THING_TYPE, update_thing_type, WRITE)                             \
    X(DEPRECATE_THING_TYPE, deprecate_thing_type, WRITE)                       \
    X(DELETE_THING_TYPE, delete_thing_type, WRITE)                             \
    /* billing_groups.c */                                                     \
    X(CREATE_BILLING_GROUP, create_billing_group, WRITE)                       \
    X(DESCRIBE_BILLING_GROUP, describe_billing_group, READ)                    \
    X(UPDATE_BILLING_GROUP, update_billing_group, WRITE)                       \
    X(DELETE_BILLING_GROUP, delete_billing_group, WRITE)                       \
    X(LIST_BILLING_GROUPS, list_billing_groups, READ)                          \
    X(ADD_THING_TO_BILLING_GROUP, add_thing_to_billing_group, WRITE)           \
    X(REMOVE_THING_FROM_BILLING_GROUP, remove_thing_from_billing_group, WRITE) \
    X(LIST_THINGS_IN_BILLING_GROUP, list_things_in_billing_group, READ)        \
    /* thing_groups.c */                                                       \
    X(CREATE_THING_GROUP, create_thing_group, WRITE)                           \
    X(DESCRIBE_THING_GROUP, describe_thing_group, READ)                        \
    X(UPDATE_THING_GROUP, update_thing_group, WRITE)                           \
    X(DELETE_THING_GROUP, delete_thing_group, WRITE)                           \
    X(CREATE_DYNAMIC_THING_GROUP, create_dynamic_thing_group, WRITE)           \
    X(UPDATE_DYNAMIC_THING_GROUP, update_dynamic_thing_group, WRITE)           \
    X(DELETE_DYNAMIC_THING_GROUP, delete_dynamic_thing_group, WRITE)           \
    X(LIST_THING_GROUPS, list_thing_groups, READ)                              \
    X(ADD_THING_TO_THING_GROUP, add_thing_to_thing_group, WRITE)               \
    X(REMOVE_THING_FROM_THING_GROUP, remove_thing_from_thing_group, WRITE)     \
    X(UPDATE_THING_GROUPS_FOR_THING, update_thing_groups_for_thing, WRITE)     \
    X(LIST_THINGS_IN_THING_GROUP, list_things_in_thing_group, READ)            \
    X(LIST_THING_GROUPS_FOR_THING, list_thing_groups_for_thing, READ)          \
    /* tags.c */                                                               \
    X(TAG_RESOURCE, tag_resource, WRITE)                                       \
    X(UNTAG_RESOURCE, untag_resource, WRITE)                                   \
    X(LIST_TAGS_FOR_RESOURCE, list_tags_for_resource, READ)                    \
    /* role_aliases.c */                                                       \
    X(CREATE_ROLE_ALIAS, create_role_alias, WRITE)                             \
    X(DESCRIBE_ROLE_ALIAS, describe_role_alias, READ)                          \
    X(UPDATE_ROLE_ALIAS, update_role_alias, WRITE)                             \
    X(DELETE_ROLE_ALIAS, delete_role_alias, WRITE)                             \
    X(LIST_ROLE_ALIASES, list_role_aliases, READ)                              \
    /* events.c */                                                             \
    X(DESCRIBE_EVENT_CONFIGURATIONS, describe_event_configurations, READ)      \
    X(UPDATE_EVENT_CONFIGURATIONS, update_event_configurations, WRITE)         \
    /* indexing.c */                                                           \
    X(GET_INDEXING_CONFIGURATION, get_indexing_configuration, READ)            \
    X(UPDATE_INDEXING_CONFIGURATION, update_indexing_configuration, WRITE)     \
    X(DESCRIBE_INDEX, describe_index, READ)                                    \
    X(LIST_INDICES, list_indices, READ)                                        \
    /* search.c */                                                             \
    X(SEARCH_INDEX, search_index, READ)                                        \
    X(GET_THING_CONNECTIVITY_DATA, get_thing_connectivity_data, READ)          \
    /* aggregation.c */                                                        \
    X(GET_STATISTICS, get_statistics, READ)                                    \
    X(GET_CARDINALITY, get_cardinality, READ)                                  \
    X(GET_PERCENTILES, get_percentiles, READ)                                  \
    X(GET_BUCKETS_AGGREGATION, get_buckets_aggregation, READ)                  \
    /* provisioning_templates.c */                                             \
    X(CREATE_PROVISIONING_TEMPLATE, create_template, WRITE)                    \
    X(DESCRIBE_PROVISIONING_TEMPLATE, describe_template, READ)                 \
    X(LIST_PROVISIONING_TEMPLATES, list_templates, READ)                       \
    X(UPDATE_PROVISIONING_TEMPLATE, update_template, WRITE)                    \
    X(DELETE_PROVISIONING_TEMPLATE, delete_template, WRITE)                    \
    X(CREATE_PROVISIONING_TEMPLATE_VERSION, create_template_version, WRITE)    \
    X(DESCRIBE_PROVISIONING_TEMPLATE_VERSION, describe_template_version, READ) \
    X(LIST_PROVISIONING_TEMPLATE_VERSIONS, list_template_versions, READ)       \
    X(DELETE_PROVISIONING_TEMPLATE_VERSION, delete_template_version, WRITE)    \
    /* certificate_providers.c */                                              \
    X(CREATE_CERTIFICATE_PROVIDER, create_certificate_provider, WRITE)         \
    X(DESCRIBE_CERTIFICATE_PROVIDER, describe_certificate_provider, READ)      \
    X(LIST_CERTIFICATE_PROVIDERS, list_certificate_providers, READ)            \
    X(UPDATE_CERTIFICATE_PROVIDER, update_certificate_provider, WRITE)         \
    X(DELETE_CERTIFICATE_PROVIDER, delete_certificate_provider, WRITE)         \
    /* registration_tasks.c */                                                 \
    X(STOP_THING_REGISTRATION_TASK, stop_registration_task, WRITE)             \
    X(DESCRIBE_THING_REGISTRATION_TASK, describe_registration_task, READ)      \
    X(LIST_THING_REGISTRATION_TASKS, list_registration_tasks, READ)            \
    X(LIST_THING_REGISTRATION_TASK_REPORTS, list_task_reports, READ)           \
    /* topic_rules.c */                                                        \
    X(GET_TOPIC_RULE, get_topic_rule, READ)                                    \
    X(LIST_TOPIC_RULES, list_topic_rules, READ)                                \
    X(ENABLE_TOPIC_RULE, enable_topic_rule, WRITE)                             \
    X(DISABLE_TOPIC_RULE, disable_topic_rule, WRITE)                           \
    X(DELETE_TOPIC_RULE, delete_topic_rule, WRITE)                             \
    /* topic_rule_destinations.c */                                            \
    X(GET_TOPIC_RULE_DESTINATION, get_topic_rule_destination, READ)            \
    X(LIST_TOPIC_RULE_DESTINATIONS, list_topic_rule_destinations, READ)        \
    X(UPDATE_TOPIC_RULE_DESTINATION, update_topic_rule_destination, WRITE)     \
    X(DELETE_TOPIC_RULE_DESTINATION, delete_topic_rule_destination, WRITE)     \
    X(CONFIRM_TOPIC_RULE_DESTINATION, confirm_topic_rule_destination, WRITE)   \
    /* logging.c */                                                            \
    X(SET_V2_LOGGING_OPTIONS, set_v2_logging_options, WRITE)                   \
    X(GET_V2_LOGGING_OPTIONS, get_v2_logging_options, READ)                    \
    X(SET_V2_LOGGING_LEVEL, set_v2_logging_level, WRITE)                       \
    X(DELETE_V2_LOGGING_LEVEL, delete_v2_logging_level, WRITE)                 \
    X(LIST_V2_LOGGING_LEVELS, list_v2_logging_levels, READ)                    \
    X(SET_LOGGING_OPTIONS, set_logging_options, WRITE)                         \
    X(GET_LOGGING_OPTIONS, get_logging_options, READ)                          \
    /* endpoint.c */                                                           \
    X(DESCRIBE_ENDPOINT, describe_endpoint, READ)

#define HANDLER_DECLARE_PREPARED(operation, before, function, access) \
    call_function before, function;
#define HANDLER_DECLARE(operation, function, access) call_function function;
HANDLERS_PREPARED(HANDLER_DECLARE_PREPARED)
HANDLERS(HANDLER_DECLARE)
#undef HANDLER_DECLARE_PREPARED
#undef HANDLER_DECLARE

extern const struct handler handlers_iot[IOT_OPERATIONS];
