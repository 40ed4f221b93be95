/* Secrets: what AWS Secrets Manager keeps, for rules (get_secret) and for whoever asks its API.
 *
 * A secret has one version, the current one, which is a text or binary. Its value lies apart from
 * the record and is read only for who is to have it; who got it wipes it. */
#pragma once
#include "registry/registry.h"

enum {
    SECRETS_MAX = 1000, /* per account */
    SECRET_NAME_MAX = 512,
    SECRET_VALUE_MAX = 65536,
    SECRET_SUFFIX_LEN = 6, /* random, behind the name in the ARN */
};

struct secret {
    bytes name, suffix, description;
    bytes tags;       /* key, value, key, value, … (record_list_next) */
    bytes version_id; /* of the value; none: it has no value yet */
    bool is_binary;
    int64_t created_ms, changed_ms, version_ms;
    int64_t deletion_ms; /* when it goes; 0: it stays */
};

bytes secret_arn(const struct registry *r, const struct secret *s);
/* secret_resource is the ARN that policies speak of, from a name or an ARN: that of the secret, or
 * with six question marks behind the name while there is none. */
bytes secret_resource(const struct registry *r, bytes id);

/* secret_create adds one of this name, description and tags, without a value; its suffix and times
 * are filled in. Secrets of the account whose time to go has come go. E_EXISTS; E_LIMIT;
 * E_VALIDATION for a name of other characters than AWS takes. */
NODISCARD
status secret_create(const struct registry *r, struct secret *io_secret);
/* secret_find finds it by name, by ARN, or by ARN without its last seven characters. E_NOT_FOUND in
 * AWS's words. */
NODISCARD
status secret_find(const struct registry *r, bytes id, struct secret *out_secret);
/* secret_load is secret_find of one that stays: E_INVALID while it waits for its deletion. */
NODISCARD
status secret_load(const struct registry *r, bytes id, struct secret *out_secret);
/* secret_update keeps what changed of the record and when it did. */
NODISCARD
status secret_update(const struct registry *r, struct secret *s);
/* secret_set_value gives it a value and notes its version; s->is_binary says what it is. */
NODISCARD
status secret_set_value(const struct registry *r, struct secret *s, bytes version_id, bytes value);
/* secret_value gives the value, in the arena: for the caller to wipe. E_NOT_FOUND without one. */
NODISCARD
status secret_value(const struct registry *r, const struct secret *s, bytes *out_value);
/* secret_delete removes it for good. */
NODISCARD
status secret_delete(const struct registry *r, const struct secret *s);

struct secret_list {
    struct secret *items;
    size_t count;
    bytes next;
};
/* By name; those that wait for their deletion only when asked for. */
NODISCARD
status secret_list(const struct registry *r, const struct page *page, bool with_deleted,
                   struct secret_list *out_list);
