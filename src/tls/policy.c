#include "tls/policy.h"

#include "tls/connection_internal.h"

/* Suites of TLS 1.2 in the order of our preference [AWS identity 4.5]. */
#define SUITES_BEFORE_AES128_SHA256                                             \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                \
    "ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:" \
    "ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:"   \
    "ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:AES128-GCM-SHA256:AES256-GCM-SHA384:"
#define SUITES_AFTER "AES256-SHA256:AES128-SHA:AES256-SHA"
#define SUITES SUITES_BEFORE_AES128_SHA256 "AES128-SHA256:" SUITES_AFTER

/* `direct` is for a listener that only speaks MQTT: port 8883 knows one suite less. TLS 1.0 and 1.1
 * are not served although two of the names speak of them. */
static const struct {
    const char *name;
    int least, most;
    const char *suites, *direct;
    bool dhe;
} policies[TLS_POLICY_COUNT] = {
    [TLS_POLICY_TLS13_1_2_2022_10] = {"IoTSecurityPolicy_TLS13_1_2_2022_10", TLS1_2_VERSION,
                                      TLS1_3_VERSION, SUITES, SUITES, false},
    [TLS_POLICY_TLS13_1_3_2022_10] = {"IoTSecurityPolicy_TLS13_1_3_2022_10", TLS1_3_VERSION,
                                      TLS1_3_VERSION, SUITES, SUITES, false},
    [TLS_POLICY_TLS12_1_2_2022_10] = {"IoTSecurityPolicy_TLS12_1_2_2022_10", TLS1_2_VERSION,
                                      TLS1_2_VERSION, SUITES, SUITES, false},
    [TLS_POLICY_TLS12_1_0_2016_01] = {"IoTSecurityPolicy_TLS12_1_0_2016_01", TLS1_2_VERSION,
                                      TLS1_2_VERSION, SUITES,
                                      SUITES_BEFORE_AES128_SHA256 SUITES_AFTER, false},
    [TLS_POLICY_TLS12_1_0_2015_01] = {"IoTSecurityPolicy_TLS12_1_0_2015_01", TLS1_2_VERSION,
                                      TLS1_2_VERSION, SUITES ":DHE-RSA-AES256-SHA",
                                      SUITES_BEFORE_AES128_SHA256 SUITES_AFTER
                                      ":DHE-RSA-AES256-SHA",
                                      true},
    [TLS_POLICY_TLS13_1_2_2022_01] = {"IoTSecurityPolicy_TLS13_1_2_2022_01", TLS1_2_VERSION,
                                      TLS1_3_VERSION, SUITES, SUITES, false},
};

const char *tls_policy_name(enum tls_policy policy) {
    return policies[policy].name;
}

const char *tls_policy_suites(enum tls_policy policy) {
    return policies[policy].suites;
}

status tls_policy_find(bytes name, enum tls_policy *out_policy) {
    AUTO(buf) names = {0};
    *out_policy = 0;
    if (name.len == 0)
        return OK;
    for (enum tls_policy i = 0; i < TLS_POLICY_COUNT; i++) {
        *out_policy = i;
        if (bytes_equal(name, bytes_from(policies[i].name)))
            return OK;
        buf_printf(&names, " %s", policies[i].name);
    }
    return FAIL(E_INVALID, "%.*s is no security policy; there are%s",
                BYTES_ARG(bytes_slice(name, 0, 128)), buf_string(&names));
}

bool tls_policy_apply(enum tls_policy policy, enum tls_kind kind, SSL *ssl) {
    const char *suites = kind == TLS_MQTTS ? policies[policy].direct : policies[policy].suites;
    if (policy == TLS_POLICY_TLS13_1_2_2022_10)
        return true; /* what every connection begins with */
    return SSL_set_min_proto_version(ssl, policies[policy].least) == 1 &&
           SSL_set_max_proto_version(ssl, policies[policy].most) == 1 &&
           SSL_set_cipher_list(ssl, suites) == 1 &&
           (!policies[policy].dhe || SSL_set_dh_auto(ssl, 1) == 1);
}
