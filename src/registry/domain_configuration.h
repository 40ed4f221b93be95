/* Domain configurations: what a server name of an account shows and asks for
 * [AWS identity 11.4], [AWS device-gateway 1.3].
 *
 * Every account has three that were never created, one for each kind of endpoint; they can be
 * changed and not deleted. Those that were created either bring a name and a certificate of their
 * own (CUSTOMER_MANAGED) or get a name of ours (AWS_MANAGED). */
#pragma once
#include "registry/registry.h"

enum {
    DOMAIN_CONFIGURATIONS_MAX = 10, /* per account, beside the three */
    DOMAIN_SETTLES_DAYS = 7,        /* an AWS-managed one is DISABLED so long before it may go */
};

#define DOMAIN_TYPES(X) X(ENDPOINT) X(AWS_MANAGED) X(CUSTOMER_MANAGED)
#define DOMAIN_SERVICES(X) X(DATA) X(CREDENTIAL_PROVIDER) X(JOBS)
#define DOMAIN_AUTHENTICATIONS(X) \
    X(DEFAULT) X(AWS_X509) X(CUSTOM_AUTH) X(CUSTOM_AUTH_X509) X(AWS_SIGV4)
#define DOMAIN_PROTOCOLS(X) X(DEFAULT) X(SECURE_MQTT) X(MQTT_WSS) X(HTTPS)

#define DOMAIN_TYPE_ENUM(name) DOMAIN_##name,
#define DOMAIN_SERVICE_ENUM(name) DOMAIN_SERVICE_##name,
#define DOMAIN_AUTHENTICATION_ENUM(name) DOMAIN_AUTHENTICATION_##name,
#define DOMAIN_PROTOCOL_ENUM(name) DOMAIN_PROTOCOL_##name,
enum domain_type { DOMAIN_TYPES(DOMAIN_TYPE_ENUM) DOMAIN_TYPE_COUNT };
enum domain_service { DOMAIN_SERVICES(DOMAIN_SERVICE_ENUM) DOMAIN_SERVICE_COUNT };
enum domain_authentication {
    DOMAIN_AUTHENTICATIONS(DOMAIN_AUTHENTICATION_ENUM) DOMAIN_AUTHENTICATION_COUNT
};
enum domain_protocol { DOMAIN_PROTOCOLS(DOMAIN_PROTOCOL_ENUM) DOMAIN_PROTOCOL_COUNT };

const char *domain_type_name(enum domain_type type);          /* "AWS_MANAGED" */
const char *domain_service_name(enum domain_service service); /* "DATA" */
const char *domain_authentication_name(enum domain_authentication authentication);
const char *domain_protocol_name(enum domain_protocol protocol);
/* E_INVALID for a text that is none of the names; none means the first of them. */
NODISCARD
status domain_service_find(bytes name, enum domain_service *out_service);
NODISCARD
status domain_authentication_find(bytes name, enum domain_authentication *out_authentication);
NODISCARD
status domain_protocol_find(bytes name, enum domain_protocol *out_protocol);

struct domain_configuration {
    bytes name;
    bytes suffix;      /* ends its ARN; none of the three */
    bytes domain_name; /* lower case; of the three it is not kept here but the account's */
    bytes certificate_arn, validation_certificate_arn;
    bytes default_authorizer;
    bool allow_authorizer_override;
    bool has_authorizer_config;
    bool disabled;
    enum domain_type type;
    enum domain_service service;
    bytes security_policy; /* none: the default one */
    enum domain_authentication authentication;
    enum domain_protocol protocol;
    bytes client_certificate_function; /* ARN; asked about each client certificate */
    int64_t status_changed_ms;
};
bytes domain_configuration_arn(const struct registry *r, const struct domain_configuration *d);

/* domain_configuration_endpoint is the name of the configuration that every account has for
 * this service: "iot:Data-ATS" … */
const char *domain_configuration_endpoint(enum domain_service service);

/* domain_configuration_create adds one and sets its suffix. E_EXISTS also for a domain name that
 * another one has, in any account; E_LIMIT. All calls that change something note CHANGE_DOMAIN. */
NODISCARD
status domain_configuration_create(const struct registry *r, struct domain_configuration *d);
/* The calls below answer E_NOT_FOUND. The three endpoints are always found. */
NODISCARD
status domain_configuration_load(const struct registry *r, bytes name,
                                 struct domain_configuration *out_domain);
/* domain_configuration_save replaces it; name, domain name and type stay. */
NODISCARD
status domain_configuration_save(const struct registry *r, const struct domain_configuration *d);
/* domain_configuration_delete: E_INVALID for one of the three, for one that is not DISABLED, and
 * unless `at_once` for an AWS-managed one that was DISABLED less than 7 days ago. */
NODISCARD
status domain_configuration_delete(const struct registry *r, bytes name, bool at_once);

struct domain_configuration_list {
    struct domain_configuration *items;
    size_t count;
    bytes next;
};
/* By name, the three included; of one service, unless `service` is DOMAIN_SERVICE_COUNT. */
NODISCARD
status domain_configuration_list(const struct registry *r, enum domain_service service,
                                 const struct page *page,
                                 struct domain_configuration_list *out_list);
/* domain_configuration_using finds a configuration that shows this certificate; no bytes when there
 * is none. */
NODISCARD
status domain_configuration_using(const struct registry *r, bytes certificate_arn, bytes *out_name);

/* domain_find says which account and configuration a server name (in lower case, without a final
 * dot) belongs to, in any account. E_NOT_FOUND for names that no configuration brought: those of
 * the three are found by account/account.h. */
NODISCARD
status domain_find(struct txn *t, struct arena *a, bytes domain_name, bytes *out_account,
                   bytes *out_configuration);
