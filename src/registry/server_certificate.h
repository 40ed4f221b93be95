/* Server certificates that were imported for domain configurations: what stands here for AWS
 * Certificate Manager [AWS identity 11.4]. Whether certificate and key are any good is for those
 * who import them to find out (tls/pair.h); the private key is a file of mode 0600 beside the store
 * and only its name is kept here. */
#pragma once
#include "registry/registry.h"

enum { SERVER_CERTIFICATES_MAX = 1000 }; /* per account */

struct server_certificate {
    bytes id;                 /* a UUID, the end of its ARN */
    bytes certificate, chain; /* PEM; the chain may be none */
    int64_t created_ms, imported_ms;
};

bytes server_certificate_arn(const struct registry *r, bytes id);
/* server_certificate_arn_parse takes the id off arn:aws:acm:<region>:<account>:certificate/<id>;
 * E_INVALID unless it is one of this account and region. */
NODISCARD
status server_certificate_arn_parse(const struct registry *r, bytes arn, bytes *out_id);

/* server_certificate_save adds it with its private key (PEM), or replaces the one of that id.
 * E_LIMIT when full. Notes CHANGE_DOMAIN. */
NODISCARD
status server_certificate_save(const struct registry *r, const struct server_certificate *c,
                               bytes private_key);
/* server_certificate_key_load gives the private key: in the arena, for the caller to wipe. */
NODISCARD
status server_certificate_key_load(const struct registry *r, bytes id, bytes *out_key);
/* E_NOT_FOUND in ACM's words. */
NODISCARD
status server_certificate_load(const struct registry *r, bytes id,
                               struct server_certificate *out_certificate);
/* server_certificate_delete: E_DELETE_CONFLICT while a domain configuration uses it. */
NODISCARD
status server_certificate_delete(const struct registry *r, bytes id);

struct server_certificate_list {
    struct server_certificate *items;
    size_t count;
    bytes next;
};
/* By id. */
NODISCARD
status server_certificate_list(const struct registry *r, const struct page *page,
                               struct server_certificate_list *out_list);
