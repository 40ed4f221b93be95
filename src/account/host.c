/* The host names of an account [AWS identity 4.3]. */
#include "account/account.h"

#include <stdio.h>
#include <string.h>

/* Every name must fit: prefix, ".credentials.iot.", region and a dot go before it. */
enum { DOMAIN_MAX_LEN = 180, REGION_MAX_LEN = 32 };

static const struct {
    const char *endpoint_type, *middle; /* between prefix and region */
} host_kinds[] = {
#define HOST_ROW(name, type, middle) [HOST_##name] = {type, middle},
    ACCOUNT_HOSTS(HOST_ROW)
#undef HOST_ROW
};

static void format(const struct account *account, bytes region, enum account_host kind,
                   char out[HOST_NAME_MAX_LEN + 1]) {
    const char *domain = account->domain[0] ? account->domain : ACCOUNT_DOMAIN_DEFAULT;
    (void)snprintf(out, HOST_NAME_MAX_LEN + 1, "%s%s%.*s.%s", account->prefix,
                   host_kinds[kind].middle, BYTES_ARG(bytes_slice(region, 0, REGION_MAX_LEN)),
                   domain);
}

void account_hosts_format(const struct account *account, bytes region,
                          struct account_hosts *out_hosts) {
    for (enum account_host i = 0; i < ACCOUNT_HOST_COUNT; i++)
        format(account, region, i, out_hosts->names[i]);
}

static bool is_localhost(const struct account *account) {
    return account->is_default && account->domain[0] == '\0';
}

status account_endpoint(const struct account *account, bytes region, bytes endpoint_type,
                        char out_name[HOST_NAME_MAX_LEN + 1]) {
    enum account_host kind = HOST_DATA_LEGACY; /* when absent [AWS control-plane 1] */
    if (endpoint_type.len > 0)
        for (kind = 0; kind < ACCOUNT_HOST_COUNT; kind++)
            if (bytes_equal(endpoint_type, bytes_from(host_kinds[kind].endpoint_type)))
                break;
    if (kind == ACCOUNT_HOST_COUNT)
        return FAIL(E_INVALID, "Endpoint type %.*s not recognized.",
                    BYTES_ARG(bytes_slice(endpoint_type, 0, 128)));
    if (kind == HOST_DATA_ATS && is_localhost(account))
        (void)snprintf(out_name, HOST_NAME_MAX_LEN + 1, "localhost");
    else
        format(account, region, kind, out_name);
    return OK;
}

static bytes without_final_dot(bytes host) {
    return bytes_end_with(host, BYTES(".")) ? bytes_slice(host, 0, host.len - 1) : host;
}

bool account_has_host(const struct account *account, bytes region, bytes host,
                      enum account_host *out_kind) {
    char name[HOST_NAME_MAX_LEN + 1];
    bytes wanted = without_final_dot(host);
    if (account->is_default && bytes_equal_nocase(wanted, BYTES("localhost"))) {
        *out_kind = HOST_DATA_ATS;
        return true;
    }
    for (enum account_host i = 0; i < ACCOUNT_HOST_COUNT; i++) {
        format(account, region, i, name);
        if (bytes_equal_nocase(wanted, bytes_from(name))) {
            *out_kind = i;
            return true;
        }
    }
    return false;
}

/* The prefix a name starts with, in lower case; false when it cannot be one of ours. */
static bool prefix_of(bytes host, char out[ACCOUNT_PREFIX_LEN]) {
    bytes label = bytes_slice(host, 0, bytes_find(host, '.'));
    if (label.len != ACCOUNT_PREFIX_LEN && label.len != ACCOUNT_PREFIX_LEN + strlen("-ats"))
        return false;
    for (size_t i = 0; i < ACCOUNT_PREFIX_LEN; i++) {
        char c = (char)label.ptr[i];
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return true;
}

static status load_by_prefix(struct txn *t, bytes host, struct account *out_account) {
    char prefix[ACCOUNT_PREFIX_LEN];
    AUTO(arena) a = {0};
    bytes id;
    if (!prefix_of(host, prefix))
        return account_load_default(t, out_account); /* localhost, or none of ours */
    TRY(store_load(t, TABLE_ENDPOINT_PREFIXES, bytes_of(prefix, sizeof prefix), &a, &id));
    return account_load(t, id, out_account);
}

status account_find_by_host(struct txn *t, bytes region, bytes host, struct account *out_account,
                            enum account_host *out_kind) {
    struct account account;
    status s = load_by_prefix(t, host, &account);
    if (s != OK && s != E_NOT_FOUND)
        return s;
    if (s == E_NOT_FOUND || !account_has_host(&account, region, host, out_kind))
        return FAIL(E_NOT_FOUND,
                    "No account here answers to the name %.*s: kedge hosts lists the names",
                    BYTES_ARG(bytes_slice(host, 0, HOST_NAME_MAX_LEN)));
    *out_account = account;
    return OK;
}

static bool is_host_character(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static bool is_domain(bytes domain) {
    if (domain.len > DOMAIN_MAX_LEN || bytes_search(domain, BYTES("..")) != domain.len)
        return false;
    for (size_t i = 0; i < domain.len; i++)
        if (!is_host_character(domain.ptr[i]))
            return false;
    return !bytes_start_with(domain, BYTES(".")) && !bytes_end_with(domain, BYTES("."));
}

status account_domain_check(bytes domain) {
    if (domain.len == 0 || !is_domain(domain))
        return FAIL(E_INVALID,
                    "'%.*s' is not a domain for host names: it has lower-case letters, digits, "
                    "hyphens and single dots, at most %d characters",
                    BYTES_ARG(bytes_slice(domain, 0, DOMAIN_MAX_LEN)), DOMAIN_MAX_LEN);
    return OK;
}
