/* Domain configurations:
 *
 *     DOMAIN_CONFIGURATIONS  account, name
 *     DOMAIN_NAMES           domain name → account, name; spans accounts */
#include "registry/domain_configuration.h"
#include "base/clock.h"
#include "base/random.h"
#include "registry/internal.h"
#include "registry/tags.h"

#include <string.h>

enum { ACCOUNT_LEN = 12, SUFFIX_LEN = 5, ALL_MAX = DOMAIN_CONFIGURATIONS_MAX + 3 };

static const struct field fields[] = {
    FIELD(1, struct domain_configuration, suffix),
    FIELD(2, struct domain_configuration, domain_name),
    FIELD(3, struct domain_configuration, certificate_arn),
    FIELD(4, struct domain_configuration, validation_certificate_arn),
    FIELD(5, struct domain_configuration, default_authorizer),
    FIELD(6, struct domain_configuration, allow_authorizer_override),
    FIELD(7, struct domain_configuration, has_authorizer_config),
    FIELD(8, struct domain_configuration, disabled),
    FIELD_BELOW(9, struct domain_configuration, type, DOMAIN_TYPE_COUNT),
    FIELD_BELOW(10, struct domain_configuration, service, DOMAIN_SERVICE_COUNT),
    FIELD(11, struct domain_configuration, security_policy),
    FIELD_BELOW(12, struct domain_configuration, authentication, DOMAIN_AUTHENTICATION_COUNT),
    FIELD_BELOW(13, struct domain_configuration, protocol, DOMAIN_PROTOCOL_COUNT),
    FIELD(14, struct domain_configuration, client_certificate_function),
    FIELD(15, struct domain_configuration, status_changed_ms),
};

/* ---- names of things ---- */

#define NAME_ROW(name) #name,
static const char *const types[] = {DOMAIN_TYPES(NAME_ROW)};
static const char *const services[] = {DOMAIN_SERVICES(NAME_ROW)};
static const char *const authentications[] = {DOMAIN_AUTHENTICATIONS(NAME_ROW)};
static const char *const protocols[] = {DOMAIN_PROTOCOLS(NAME_ROW)};
static const char *const endpoints[] = {[DOMAIN_SERVICE_DATA] = "iot:Data-ATS",
                                        [DOMAIN_SERVICE_CREDENTIAL_PROVIDER] =
                                            "iot:CredentialProvider",
                                        [DOMAIN_SERVICE_JOBS] = "iot:Jobs"};

const char *domain_type_name(enum domain_type type) {
    return types[type];
}
const char *domain_service_name(enum domain_service service) {
    return services[service];
}
const char *domain_authentication_name(enum domain_authentication authentication) {
    return authentications[authentication];
}
const char *domain_protocol_name(enum domain_protocol protocol) {
    return protocols[protocol];
}
const char *domain_configuration_endpoint(enum domain_service service) {
    return endpoints[service];
}

static status find_name(const char *const *names, size_t count, const char *what, bytes name,
                        unsigned *out_index) {
    *out_index = 0;
    for (size_t i = 0; name.len > 0 && i <= count; i++) {
        if (i == count)
            return FAIL(E_INVALID, "%.*s is no %s", BYTES_ARG(bytes_slice(name, 0, 100)), what);
        *out_index = (unsigned)i;
        if (bytes_equal(name, bytes_from(names[i])))
            break;
    }
    return OK;
}

status domain_service_find(bytes name, enum domain_service *out_service) {
    unsigned index;
    TRY(find_name(services, COUNT_OF(services), "service type", name, &index));
    *out_service = (enum domain_service)index;
    return OK;
}

status domain_authentication_find(bytes name, enum domain_authentication *out_authentication) {
    unsigned index;
    TRY(find_name(authentications, COUNT_OF(authentications), "authentication type", name, &index));
    *out_authentication = (enum domain_authentication)index;
    return OK;
}

status domain_protocol_find(bytes name, enum domain_protocol *out_protocol) {
    unsigned index;
    TRY(find_name(protocols, COUNT_OF(protocols), "application protocol", name, &index));
    *out_protocol = (enum domain_protocol)index;
    return OK;
}

bytes domain_configuration_arn(const struct registry *r, const struct domain_configuration *d) {
    bytes name = d->name;
    if (d->suffix.len > 0)
        name = bytes_from(
            arena_printf(r->arena, "%.*s/%.*s", BYTES_ARG(d->name), BYTES_ARG(d->suffix)));
    return arn_format(r->arena, r->region, r->account, ARN_DOMAIN_CONFIGURATION, name);
}

/* ---- one ---- */

static bool is_endpoint(bytes name, enum domain_service *out_service) {
    for (enum domain_service i = 0; i < DOMAIN_SERVICE_COUNT; i++)
        if (bytes_equal(name, bytes_from(endpoints[i]))) {
            *out_service = i;
            return true;
        }
    return false;
}

static status load(const struct registry *r, bytes name, struct domain_configuration *d) {
    return object_load(r, TABLE_DOMAIN_CONFIGURATIONS, key_of(r, name), fields, COUNT_OF(fields),
                       d);
}

status domain_configuration_load(const struct registry *r, bytes name,
                                 struct domain_configuration *out_domain) {
    struct domain_configuration d = {.name = arena_copy(r->arena, name)};
    status s = load(r, name, &d);
    if (s == E_NOT_FOUND && is_endpoint(name, &d.service))
        s = OK; /* as it always was */
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "The specified resource does not exist: domain configuration %.*s",
                    BYTES_ARG(bytes_slice(name, 0, 128)));
    TRY(s);
    *out_domain = d;
    return OK;
}

status domain_configuration_save(const struct registry *r, const struct domain_configuration *d) {
    note(r, CHANGE_DOMAIN, (bytes){0});
    return object_save(r, TABLE_DOMAIN_CONFIGURATIONS, key_of(r, d->name), fields, COUNT_OF(fields),
                       d);
}

/* All rows of the account: those created, and those of the three that were changed. */
static status scan_all(const struct registry *r, struct row **out_rows, size_t *out_count) {
    struct scan scan = {.prefix = r->account, .limit = ALL_MAX};
    return store_scan(r->txn, TABLE_DOMAIN_CONFIGURATIONS, &scan, r->arena, out_rows, out_count);
}

static status check_room(const struct registry *r) {
    struct row *rows;
    size_t count, created = 0;
    enum domain_service service;
    TRY(scan_all(r, &rows, &count));
    for (size_t i = 0; i < count; i++)
        created += !is_endpoint(bytes_skip(rows[i].key, r->account.len), &service);
    if (created >= DOMAIN_CONFIGURATIONS_MAX)
        return FAIL(E_LIMIT,
                    "The account has %d domain configurations already, which is the most: delete "
                    "one first",
                    DOMAIN_CONFIGURATIONS_MAX);
    return OK;
}

static status take_domain_name(const struct registry *r, const struct domain_configuration *d) {
    bool taken;
    TRY(object_has(r, TABLE_DOMAIN_NAMES, d->domain_name, &taken));
    if (taken)
        return FAIL(E_EXISTS, "Another domain configuration has the domain name %.*s",
                    BYTES_ARG(d->domain_name));
    return store_save(r->txn, TABLE_DOMAIN_NAMES, d->domain_name, key_of(r, d->name));
}

status domain_configuration_create(const struct registry *r, struct domain_configuration *d) {
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    char suffix[SUFFIX_LEN + 1];
    enum domain_service service;
    bool exists;
    TRY(object_has(r, TABLE_DOMAIN_CONFIGURATIONS, key_of(r, d->name), &exists));
    if (exists || is_endpoint(d->name, &service)) /* [AWS control-plane 6.2] */
        return FAIL(E_EXISTS, "Domain configuration with given name already exists.");
    TRY(check_room(r));
    TRY(take_domain_name(r, d));
    random_text(alphabet, suffix, SUFFIX_LEN);
    d->suffix = arena_copy(r->arena, bytes_from(suffix));
    d->status_changed_ms = clock_wall_ms();
    return domain_configuration_save(r, d);
}

static status check_deletable(const struct domain_configuration *d, bool at_once) {
    int64_t settled_ms = d->status_changed_ms + INT64_C(86400000) * DOMAIN_SETTLES_DAYS;
    if (d->type == DOMAIN_ENDPOINT)
        return FAIL(E_INVALID, "%.*s belongs to the account and cannot be deleted",
                    BYTES_ARG(d->name));
    if (!d->disabled)
        return FAIL(E_INVALID,
                    "The domain configuration %.*s is ENABLED: set domainConfigurationStatus to "
                    "DISABLED before you delete it",
                    BYTES_ARG(d->name));
    if (d->type == DOMAIN_AWS_MANAGED && !at_once && clock_wall_ms() < settled_ms)
        return FAIL(E_INVALID,
                    "The domain configuration %.*s is AWS_MANAGED: it can be deleted %d days after "
                    "it was DISABLED",
                    BYTES_ARG(d->name), DOMAIN_SETTLES_DAYS);
    return OK;
}

status domain_configuration_delete(const struct registry *r, bytes name, bool at_once) {
    struct domain_configuration d;
    TRY(domain_configuration_load(r, name, &d));
    TRY(check_deletable(&d, at_once));
    TRY(tags_remove_all(r, resource_of(r, ARN_DOMAIN_CONFIGURATION, name)));
    TRY(store_remove(r->txn, TABLE_DOMAIN_NAMES, d.domain_name));
    note(r, CHANGE_DOMAIN, (bytes){0});
    return store_remove(r->txn, TABLE_DOMAIN_CONFIGURATIONS, key_of(r, name));
}

/* ---- several ---- */

static size_t place(struct domain_configuration *all, size_t count, bytes name) {
    size_t at = count;
    while (at > 0 && bytes_compare(all[at - 1].name, name) > 0)
        at--;
    memmove(all + at + 1, all + at, (count - at) * sizeof *all);
    all[at] = (struct domain_configuration){.name = name};
    return at;
}

/* All of the account, the three included, by name. */
static status load_all(const struct registry *r, struct domain_configuration all[ALL_MAX],
                       size_t *out_count) {
    struct row *rows;
    size_t row_count, count = 0;
    TRY(scan_all(r, &rows, &row_count));
    for (size_t i = 0; i < row_count; i++) {
        struct domain_configuration *d = &all[count++];
        *d = (struct domain_configuration){.name = bytes_skip(rows[i].key, r->account.len)};
        TRY(record_decode(fields, COUNT_OF(fields), rows[i].value, d));
    }
    for (enum domain_service s = 0; s < DOMAIN_SERVICE_COUNT; s++) {
        bool there = false;
        for (size_t i = 0; i < count; i++)
            there |= bytes_equal(all[i].name, bytes_from(endpoints[s]));
        if (!there && count < ALL_MAX)
            all[place(all, count++, bytes_from(endpoints[s]))].service = s;
    }
    *out_count = count;
    return OK;
}

status domain_configuration_list(const struct registry *r, enum domain_service service,
                                 const struct page *page,
                                 struct domain_configuration_list *out_list) {
    struct domain_configuration *all = ARENA_ARRAY(r->arena, struct domain_configuration, ALL_MAX);
    struct domain_configuration_list l = {0};
    struct cursor c;
    size_t count;
    TRY(cursor_start(r, TABLE_DOMAIN_CONFIGURATIONS, r->account, false, page, &c));
    TRY(load_all(r, all, &count));
    bytes after = bytes_skip(c.scan.from, r->account.len);
    l.items = ARENA_ARRAY(r->arena, struct domain_configuration, ALL_MAX);
    for (size_t i = 0; i < count; i++) {
        if (bytes_compare(all[i].name, after) <= 0 ||
            (service != DOMAIN_SERVICE_COUNT && all[i].service != service))
            continue;
        if (l.count == c.limit) {
            l.next = cursor_token_after(&c, key_of(r, l.items[l.count - 1].name));
            break;
        }
        l.items[l.count++] = all[i];
    }
    *out_list = l;
    return OK;
}

status domain_configuration_using(const struct registry *r, bytes certificate_arn,
                                  bytes *out_name) {
    struct domain_configuration *all = ARENA_ARRAY(r->arena, struct domain_configuration, ALL_MAX);
    size_t count;
    TRY(load_all(r, all, &count));
    *out_name = (bytes){0};
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(all[i].certificate_arn, certificate_arn) ||
            bytes_equal(all[i].validation_certificate_arn, certificate_arn))
            *out_name = all[i].name;
    return OK;
}

status domain_find(struct txn *t, struct arena *a, bytes domain_name, bytes *out_account,
                   bytes *out_configuration) {
    bytes value;
    if (domain_name.len == 0 || domain_name.len > STORE_KEY_BYTES_MAX)
        return FAIL(E_NOT_FOUND, "The specified resource does not exist");
    TRY(store_load(t, TABLE_DOMAIN_NAMES, domain_name, a, &value));
    *out_account = bytes_slice(value, 0, ACCOUNT_LEN);
    *out_configuration = bytes_skip(value, ACCOUNT_LEN);
    return OK;
}
