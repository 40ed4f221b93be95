/* What all TLS connections of one loop thread share: certificates, ciphers, protocol names.
 *
 * One per loop thread, owned by it; it outlives the thread's connections. Versions and suites are
 * those of IoTSecurityPolicy_TLS13_1_2_2022_10 [AWS identity 4.5]. No resumption of any kind: no
 * tickets [AWS identity 4.2], no session cache. Client certificates are asked for with an empty
 * list of CA names and not checked against anything: TLS proves possession of the key, the registry
 * decides at CONNECT [AWS identity 4.6]. */
#pragma once
#include "tls/identity.h"

/* What a listener speaks; with the ALPN name the client offers it decides about the client
 * certificate [AWS device-gateway 1.1]. A name that is not in the table counts as none: the
 * handshake finishes without selecting one.
 *
 *     client certificate     no ALPN    x-amzn-mqtt-ca  mqtt       x-amzn-http-ca  http/1.1
 *     TLS_MQTTS  (8883)      required   required        required   –               –
 *     TLS_HTTPS  (8443)      optional   required        optional   required        optional
 *     TLS_WEB    (443)       none       required        none       required        none
 *     TLS_API    (control)   none       –               –          –               none        */
enum tls_kind { TLS_MQTTS, TLS_HTTPS, TLS_WEB, TLS_API, TLS_KIND_COUNT };

struct tls_context;

/* tls_context_new takes its own reference on the identity. */
struct tls_context *tls_context_new(struct server_identity *identity);
/* tls_context_replace has new connections use another identity; established ones keep theirs. */
void tls_context_replace(struct tls_context *c, struct server_identity *identity);
void tls_context_free(struct tls_context *c); /* NULL does nothing */
