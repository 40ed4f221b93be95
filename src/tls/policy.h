/* Security policies: which versions and suites a name speaks [AWS identity 4.5]. A table of AWS's
 * names; the first is what every name has unless told otherwise. */
#pragma once
#include "base/bytes.h"

enum tls_policy {
    TLS_POLICY_TLS13_1_2_2022_10,
    TLS_POLICY_TLS13_1_3_2022_10,
    TLS_POLICY_TLS12_1_2_2022_10,
    TLS_POLICY_TLS12_1_0_2016_01,
    TLS_POLICY_TLS12_1_0_2015_01,
    TLS_POLICY_TLS13_1_2_2022_01,
    TLS_POLICY_COUNT
};

const char *tls_policy_name(enum tls_policy policy); /* "IoTSecurityPolicy_TLS13_1_2_2022_10" */
/* tls_policy_find: E_INVALID for a name that is none and lists those that are; none means the
 * first. */
NODISCARD
status tls_policy_find(bytes name, enum tls_policy *out_policy);
