/* Inside ledger/: signed manifests for its tests, made as the vendors make them. */
#pragma once
#include "base/arena.h"

/* fixture_device_pem is a certificate of `common_name` that VENDOR_CA has signed. */
bytes fixture_device_der(const char *common_name, struct arena *a);
bytes fixture_device_pem(const char *common_name, struct arena *a);
/* fixture_vendor_ca and fixture_vendor_signer are the vendor's: the one signs certificates, the
 * other (subject key identifier 01:02:03) manifests. PEM. */
bytes fixture_vendor_ca(struct arena *a);
bytes fixture_vendor_signer(struct arena *a);

/* fixture_jws is one element of Microchip's manifest. */
bytes fixture_jws(const char *unique_id, const char *common_name, struct arena *a);
/* fixture_sign is a flattened JWS over any texts. */
bytes fixture_sign(const char *header, const char *payload, const char *unprotected,
                   struct arena *a);
/* fixture_nxp is one element of what EdgeLock 2GO answers. */
bytes fixture_nxp(const char *device_id, const char *common_name, struct arena *a);
