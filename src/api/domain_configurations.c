/* Domain configurations: names of servers, and what devices see there [AWS identity 11.4]. */
#include "account/account.h"
#include "api/acm.h"
#include "api/handlers.h"
#include "api/tags.h"
#include "base/clock.h"
#include "base/random.h"
#include "registry/authorizer.h"
#include "registry/domain_configuration.h"
#include "tls/policy.h"

#include <stdio.h>
#include <string.h>

/* ---- what comes in ---- */

static bytes lower_case(struct arena *a, bytes text) {
    char *lower = arena_string(a, text);
    for (char *c = lower; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
    return bytes_from(lower);
}

static bytes domain_name_in(const struct call *c) {
    bytes name = lower_case(c->arena, get_text(c->in, M_DOMAIN_NAME));
    return bytes_end_with(name, BYTES(".")) ? bytes_slice(name, 0, name.len - 1) : name;
}

/* The one ARN in the list, or none. */
static status certificate_in(const struct call *c, bytes *out_arn) {
    const struct items *arns = get_list(c->in, M_SERVER_CERTIFICATE_ARNS);
    *out_arn = (bytes){0};
    if (arns && arns->count > 1)
        return FAIL(E_INVALID, "serverCertificateArns names %zu certificates; a domain has one",
                    arns->count);
    if (arns && arns->first)
        *out_arn = arns->first->text;
    return OK;
}

static status read_authorizer(const struct record *config, struct domain_configuration *d) {
    if (!config)
        return OK;
    d->has_authorizer_config = true;
    d->default_authorizer = get_text(config, M_DEFAULT_AUTHORIZER_NAME);
    d->allow_authorizer_override = get_flag(config, M_ALLOW_AUTHORIZER_OVERRIDE);
    return OK;
}

static status read_tls(const struct call *c, struct domain_configuration *d) {
    enum tls_policy policy;
    const struct record *tls = get_record(c->in, M_TLS_CONFIG);
    if (!tls)
        return OK;
    TRY(tls_policy_find(get_text(tls, M_SECURITY_POLICY), &policy));
    d->security_policy = bytes_from(tls_policy_name(policy));
    return OK;
}

/* OCSP answers to be stapled would have to be fetched, kept and renewed. */
static status check_ocsp(const struct call *c) {
    const struct record *config = get_record(c->in, M_SERVER_CERTIFICATE_CONFIG);
    if (config && get_flag(config, M_ENABLE_OCSP_CHECK))
        return FAIL(E_NOT_IMPLEMENTED, "kedge does not staple OCSP responses yet: leave "
                                       "serverCertificateConfig.enableOCSPCheck out");
    return OK;
}

/* What goes with what, of the table of protocols [AWS device-gateway 1.1]. */
static status check_combination(const struct domain_configuration *d) {
    bool clash = (d->authentication == DOMAIN_AUTHENTICATION_AWS_SIGV4 &&
                  d->protocol == DOMAIN_PROTOCOL_SECURE_MQTT) ||
                 ((d->authentication == DOMAIN_AUTHENTICATION_AWS_X509 ||
                   d->authentication == DOMAIN_AUTHENTICATION_CUSTOM_AUTH_X509) &&
                  d->protocol == DOMAIN_PROTOCOL_MQTT_WSS);
    if (clash)
        return FAIL(E_INVALID, "The authentication type %s does not go with the protocol %s",
                    domain_authentication_name(d->authentication),
                    domain_protocol_name(d->protocol));
    return OK;
}

/* What may be said when a configuration is made and later. */
static status read_wishes(const struct call *c, struct domain_configuration *d) {
    const struct record *client = get_record(c->in, M_CLIENT_CERTIFICATE_CONFIG);
    TRY(read_authorizer(get_record(c->in, M_AUTHORIZER_CONFIG), d));
    TRY(read_tls(c, d));
    TRY(check_ocsp(c));
    if (has(c->in, M_AUTHENTICATION_TYPE))
        TRY(domain_authentication_find(get_text(c->in, M_AUTHENTICATION_TYPE), &d->authentication));
    if (has(c->in, M_APPLICATION_PROTOCOL))
        TRY(domain_protocol_find(get_text(c->in, M_APPLICATION_PROTOCOL), &d->protocol));
    if (client)
        d->client_certificate_function = get_text(client, M_CLIENT_CERTIFICATE_CALLBACK_ARN);
    return check_combination(d);
}

/* ---- CreateDomainConfiguration ---- */

static status check_pair(const struct registry *r, bytes arn, bytes name) {
    struct server_pair *pair;
    TRY(acm_pair_load(r, arn, &pair));
    status s = server_pair_serves(pair, name, clock_wall_ms());
    server_pair_unref(pair);
    return s;
}

static status check_name(const struct call *c, const struct registry *r, bytes name) {
    struct account account;
    enum account_host kind;
    uint64_t number;
    bytes last = name, part;
    while (bytes_split(&last, '.', &part))
        if (!last.ptr)
            break;
    if (account_domain_check(name) != OK || bytes_find(name, '.') == name.len ||
        bytes_to_u64(part, UINT64_MAX, &number) == OK)
        return FAIL(E_INVALID, "%.*s is not a full host name, such as iot.example.com",
                    BYTES_ARG(bytes_slice(name, 0, 253)));
    if (account_find_by_host(r->txn, c->config->region, name, &account, &kind) == OK)
        return FAIL(E_INVALID, "%.*s is the name of an endpoint already", BYTES_ARG(name));
    return OK;
}

static status check_own_domain(const struct call *c, const struct registry *r, bytes name,
                               bytes certificate) {
    bytes validation = get_text(c->in, M_VALIDATION_CERTIFICATE_ARN);
    if (name.len == 0 && certificate.len > 0)
        return FAIL(E_INVALID, "serverCertificateArns needs a domainName");
    if (name.len == 0)
        return OK;
    if (certificate.len == 0)
        return FAIL(E_INVALID,
                    "The domain %.*s needs a server certificate: import one (aws acm "
                    "import-certificate) and name it in serverCertificateArns",
                    BYTES_ARG(name));
    TRY(check_name(c, r, name));
    TRY(check_pair(r, certificate, name));
    return validation.len > 0 ? check_pair(r, validation, name) : OK;
}

/* Certificates are read and checked before the write transaction begins. */
status check_new_domain(struct call *c) {
    struct registry r = c->registry;
    bytes certificate;
    TRY(certificate_in(c, &certificate));
    TRY(store_begin_read(c->config->store, &r.txn));
    status s = check_own_domain(c, &r, domain_name_in(c), certificate);
    store_rollback(r.txn);
    return s;
}

/* A name of ours for a configuration that brings none: <prefix>-ats.iot.<region>.<domain> */
static status managed_name(const struct call *c, bytes *out_name) {
    struct account account;
    struct account_hosts hosts;
    TRY(account_load(c->registry.txn, c->registry.account, &account));
    random_text("abcdefghijklmnopqrstuvwxyz0123456789", account.prefix, ACCOUNT_PREFIX_LEN);
    account_hosts_format(&account, c->registry.region, &hosts);
    *out_name = arena_copy(c->arena, bytes_from(hosts.names[HOST_DATA_ATS]));
    return OK;
}

static status check_authorizer(const struct call *c, const struct domain_configuration *d) {
    struct authorizer a;
    if (d->default_authorizer.len == 0)
        return OK;
    status s = authorizer_load(&c->registry, d->default_authorizer, &a);
    if (s == E_NOT_FOUND)
        return FAIL(E_INVALID, "There is no authorizer %.*s: create it first",
                    BYTES_ARG(d->default_authorizer));
    return s;
}

static void put_names(struct call *c, const struct domain_configuration *d) {
    put_text(c->out, M_DOMAIN_CONFIGURATION_NAME, d->name);
    put_text(c->out, M_DOMAIN_CONFIGURATION_ARN, domain_configuration_arn(&c->registry, d));
}

static bool begins_reserved(bytes name) {
    return bytes_equal_nocase(bytes_slice(name, 0, 4), BYTES("iot:"));
}

static status read_new(struct call *c, struct domain_configuration *d) {
    d->name = get_text(c->in, M_DOMAIN_CONFIGURATION_NAME);
    d->domain_name = domain_name_in(c);
    d->validation_certificate_arn = get_text(c->in, M_VALIDATION_CERTIFICATE_ARN);
    if (begins_reserved(d->name))
        return FAIL(E_INVALID, "Names that begin with iot: are reserved: %.*s", BYTES_ARG(d->name));
    TRY(certificate_in(c, &d->certificate_arn));
    TRY(domain_service_find(get_text(c->in, M_SERVICE_TYPE), &d->service));
    if (d->service != DOMAIN_SERVICE_DATA)
        return FAIL(E_INVALID, "Domain configurations of your own serve DATA only");
    TRY(read_wishes(c, d));
    TRY(check_authorizer(c, d));
    d->type = d->domain_name.len > 0 ? DOMAIN_CUSTOMER_MANAGED : DOMAIN_AWS_MANAGED;
    return d->domain_name.len > 0 ? OK : managed_name(c, &d->domain_name);
}

status create_domain_configuration(struct call *c) {
    struct domain_configuration d = {0};
    c->resource_id = get_text(c->in, M_DOMAIN_CONFIGURATION_NAME);
    c->resource_arn = domain_configuration_arn(
        &c->registry, &(struct domain_configuration){.name = c->resource_id});
    TRY(read_new(c, &d));
    TRY(domain_configuration_create(&c->registry, &d));
    TRY(put_new_tags(c, domain_configuration_arn(&c->registry, &d)));
    put_names(c, &d);
    return OK;
}

/* ---- DescribeDomainConfiguration ---- */

static status domain_name_of(const struct call *c, const struct domain_configuration *d,
                             bytes *out_name) {
    static const char *const types[DOMAIN_SERVICE_COUNT] = {[DOMAIN_SERVICE_DATA] = "iot:Data-ATS",
                                                            [DOMAIN_SERVICE_CREDENTIAL_PROVIDER] =
                                                                "iot:CredentialProvider",
                                                            [DOMAIN_SERVICE_JOBS] = "iot:Jobs"};
    struct account account;
    char name[HOST_NAME_MAX_LEN + 1];
    *out_name = d->domain_name;
    if (d->type != DOMAIN_ENDPOINT)
        return OK;
    TRY(account_load(c->registry.txn, c->registry.account, &account));
    TRY(account_endpoint(&account, c->registry.region, bytes_from(types[d->service]), name));
    *out_name = arena_copy(c->arena, bytes_from(name));
    return OK;
}

static void put_certificate(struct call *c, const struct domain_configuration *d) {
    struct items *all = put_list(c->out, M_SERVER_CERTIFICATES);
    if (d->certificate_arn.len == 0)
        return;
    struct record *one = add_record(all);
    status s = check_pair(&c->registry, d->certificate_arn, d->domain_name);
    put_text(one, M_SERVER_CERTIFICATE_ARN, d->certificate_arn);
    put_string(one, M_SERVER_CERTIFICATE_STATUS, s == OK ? "VALID" : "INVALID");
    if (s != OK)
        put_string(one, M_SERVER_CERTIFICATE_STATUS_DETAIL, failure_text());
}

static void put_authorizer(struct call *c, const struct domain_configuration *d) {
    if (!d->has_authorizer_config)
        return;
    struct record *config = put_record(c->out, M_AUTHORIZER_CONFIG);
    if (d->default_authorizer.len > 0)
        put_text(config, M_DEFAULT_AUTHORIZER_NAME, d->default_authorizer);
    put_flag(config, M_ALLOW_AUTHORIZER_OVERRIDE, d->allow_authorizer_override);
}

static bytes security_policy_of(const struct domain_configuration *d) {
    return d->security_policy.len > 0 ? d->security_policy : bytes_from(tls_policy_name(0));
}

static void put_wishes(struct call *c, const struct domain_configuration *d) {
    put_authorizer(c, d);
    put_text(put_record(c->out, M_TLS_CONFIG), M_SECURITY_POLICY, security_policy_of(d));
    put_flag(put_record(c->out, M_SERVER_CERTIFICATE_CONFIG), M_ENABLE_OCSP_CHECK, false);
    put_string(c->out, M_AUTHENTICATION_TYPE, domain_authentication_name(d->authentication));
    put_string(c->out, M_APPLICATION_PROTOCOL, domain_protocol_name(d->protocol));
    if (d->client_certificate_function.len > 0)
        put_text(put_record(c->out, M_CLIENT_CERTIFICATE_CONFIG), M_CLIENT_CERTIFICATE_CALLBACK_ARN,
                 d->client_certificate_function);
}

status describe_domain_configuration(struct call *c) {
    struct domain_configuration d;
    bytes name;
    TRY(domain_configuration_load(&c->registry, get_text(c->in, M_DOMAIN_CONFIGURATION_NAME), &d));
    TRY(domain_name_of(c, &d, &name));
    put_names(c, &d);
    put_text(c->out, M_DOMAIN_NAME, name);
    put_certificate(c, &d);
    put_string(c->out, M_DOMAIN_CONFIGURATION_STATUS, d.disabled ? "DISABLED" : "ENABLED");
    put_string(c->out, M_SERVICE_TYPE, domain_service_name(d.service));
    put_string(c->out, M_DOMAIN_TYPE, domain_type_name(d.type));
    if (d.status_changed_ms)
        put_time(c->out, M_LAST_STATUS_CHANGE_DATE, d.status_changed_ms);
    put_wishes(c, &d);
    return OK;
}

/* ---- the others ---- */

status list_domain_configurations(struct call *c) {
    struct page page = call_page(c);
    struct domain_configuration_list list;
    enum domain_service service = DOMAIN_SERVICE_COUNT;
    if (has(c->in, M_SERVICE_TYPE))
        TRY(domain_service_find(get_text(c->in, M_SERVICE_TYPE), &service));
    TRY(domain_configuration_list(&c->registry, service, &page, &list));
    struct items *all = put_list(c->out, M_DOMAIN_CONFIGURATIONS);
    for (size_t i = 0; i < list.count; i++) {
        struct record *one = add_record(all);
        put_text(one, M_DOMAIN_CONFIGURATION_NAME, list.items[i].name);
        put_text(one, M_DOMAIN_CONFIGURATION_ARN,
                 domain_configuration_arn(&c->registry, &list.items[i]));
        put_string(one, M_SERVICE_TYPE, domain_service_name(list.items[i].service));
    }
    call_put_next(c, list.next);
    return OK;
}

static void change_status(const struct call *c, struct domain_configuration *d) {
    bytes wanted = get_text(c->in, M_DOMAIN_CONFIGURATION_STATUS);
    bool disabled = bytes_equal(wanted, BYTES("DISABLED"));
    if (wanted.len == 0 || disabled == d->disabled)
        return;
    d->disabled = disabled;
    d->status_changed_ms = c->now_ms;
}

status update_domain_configuration(struct call *c) {
    struct domain_configuration d;
    TRY(domain_configuration_load(&c->registry, get_text(c->in, M_DOMAIN_CONFIGURATION_NAME), &d));
    if (get_flag(c->in, M_REMOVE_AUTHORIZER_CONFIG)) {
        if (has(c->in, M_AUTHORIZER_CONFIG))
            return FAIL(E_INVALID,
                        "authorizerConfig and removeAuthorizerConfig exclude each other");
        d.has_authorizer_config = d.allow_authorizer_override = false;
        d.default_authorizer = (bytes){0};
    }
    TRY(read_wishes(c, &d));
    TRY(check_authorizer(c, &d));
    change_status(c, &d);
    TRY(domain_configuration_save(&c->registry, &d));
    put_names(c, &d);
    return OK;
}

status delete_domain_configuration(struct call *c) {
    return domain_configuration_delete(&c->registry, get_text(c->in, M_DOMAIN_CONFIGURATION_NAME),
                                       c->config->without_quotas);
}
