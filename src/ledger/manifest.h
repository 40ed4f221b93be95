/* Manifests: what makers of secure elements deliver with the chips.
 *
 * Microchip (Trust&GO, TrustFLEX) [AWS identity 9.3; Microchip DS "Trust Platform Manifest File"]:
 * an array of flattened JWS [RFC 7515 7.2.2], signed ES256 with Microchip's manifest signing key:
 *
 *     [{"payload": B64URL, "protected": B64URL, "header": {"uniqueId": HEX}, "signature": B64URL},
 * …] protected  {"typ": "JWT", "alg": "ES256", "kid": B64URL, "x5t#S256": B64URL} payload
 * {"version", "uniqueId", …, "publicKeySet": {"keys": [{"kid", …, "x5c": [B64, …]}]}}
 *
 * NXP (EdgeLock 2GO): no signed file is documented; its API answers download-device-certificates
 * with an array of devices and their certificates in base64 DER. So it is the chain of each
 * certificate that is verified, up to NXP's CA:
 *
 *     [{"deviceId": …, "deviceCertificates": [{"certificateLabel": …, "certificate": B64}],
 *       "intermediateCAs": [{"certificateLabel": …, "certificate": B64}]}, …]
 *
 * An array is cut into its elements first, which costs little, and each is read by itself, on
 * whichever thread. */
#pragma once
#include "ledger/placeholder.h"
#include "ledger/vendor.h"

/* manifest_take takes the next element of a JSON array off *rest, by its braces only; *line is
 * moved on. False at the end of the array; E_MALFORMED elsewhere than between elements, and for an
 * element of more than MANIFEST_ELEMENT_BYTES_MAX. Begin with rest = the whole text. */
enum { MANIFEST_ELEMENT_BYTES_MAX = 1 << 20 };
NODISCARD
status manifest_take(bytes *rest, uint64_t *line, bytes *out_element, uint64_t *out_line,
                     bool *out_taken);

enum { MANIFEST_FIELDS_MAX = 24 };
struct manifest_device {
    bytes pem;                                       /* the chain, the device's own first */
    struct ledger_field fields[MANIFEST_FIELDS_MAX]; /* texts: uniqueId, model, partNumber … */
    size_t field_count;
};

/* manifest_read reads one element and verifies it with `vendor`. `label` (or no bytes) chooses one
 * of several certificates: a certificateLabel at NXP, the kid of a key at Microchip. E_MALFORMED,
 * E_DENIED when the signature is not the vendor's, E_CERTIFICATE_INVALID, E_NOT_FOUND when it has
 * no (such) certificate. */
NODISCARD
status manifest_read(bytes element, const struct vendor *vendor, bytes label, struct arena *memory,
                     struct manifest_device *out_device);
