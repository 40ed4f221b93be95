/* Accounts: who the control plane and the registry belong to, their access keys, their host names.
 *
 * One server keeps many accounts in one region. The first one made is the default account: it is
 * whose endpoint is `localhost`, and whose devices connect without a server name. All is read
 * through from the store, so an account that another process adds is seen at once. Functions on a
 * txn block and run on workers; those on a struct account are pure. */
#pragma once
#include "store/store.h"

enum {
    ACCOUNT_ID_LEN = 12,
    ACCOUNT_PREFIX_LEN = 14,
    ACCESS_KEY_ID_LEN = 20,
    ACCESS_KEY_SECRET_LEN = 40,
    HOST_NAME_MAX_LEN = 253,
    USER_NAME_MAX_LEN = 64,
};
#define ACCOUNT_DOMAIN_DEFAULT "kedge.test"

/* Copied by value; texts end in a zero. */
struct account {
    char id[ACCOUNT_ID_LEN + 1];
    char prefix[ACCOUNT_PREFIX_LEN +
                1]; /* of the endpoint names; never changes [AWS identity 4.3] */
    char domain[HOST_NAME_MAX_LEN + 1]; /* "" when none is set */
    bool is_default;
    int64_t created_ms;
};

struct access_key {
    char id[ACCESS_KEY_ID_LEN + 1];         /* AKIA and 16 of A–Z, 2–7 */
    char secret[ACCESS_KEY_SECRET_LEN + 1]; /* wipe with access_key_done; never log */
    char account[ACCOUNT_ID_LEN + 1];
    char user[USER_NAME_MAX_LEN + 1]; /* "" for the root user */
    bool inactive;                    /* its owner wants it refused */
    int64_t created_ms;
};
void access_key_done(struct access_key *k);

/* account_ensure_default makes the default account on first start: with `id`, or a random one when
 * `id` has no bytes. Later it loads it; E_INVALID when `id` names another one than the default. */
NODISCARD
status account_ensure_default(struct store *s, bytes id, struct account *out_account);
/* account_create adds an account with an access key of its own, with a random id when `id` has no
 * bytes; the first one is the default. Notes CHANGE_ACCOUNT. E_INVALID when `id` is not 12 digits,
 * E_EXISTS when it is taken. */
NODISCARD
status account_create(struct txn *t, bytes id, struct account *out_account);
/* account_delete removes an account: its names and keys at once, then all it holds, in several
 * transactions of its own. When it was interrupted the same call goes on. E_NOT_FOUND; E_INVALID
 * for the default account; E_DELETE_CONFLICT while transfers are under way, and unless `with_all`
 * while it holds anything, with what that is. */
NODISCARD
status account_delete(struct store *s, bytes id, bool with_all);
/* account_generation counts the changes of the accounts' names: with the same number a server's
 * certificates are for the right names. */
NODISCARD
status account_generation(struct txn *t, uint64_t *out_generation);
/* account_names_changed raises it, and notes CHANGE_ACCOUNT. For this folder. */
NODISCARD
status account_names_changed(struct txn *t, bytes id);
/* account_set_domain sets the domain of the endpoint names; no bytes unset it. */
NODISCARD
status account_set_domain(struct txn *t, bytes id, bytes domain);
/* account_domain_check: lower-case letters, digits, '-' and '.', at most 180 characters; E_INVALID.
 */
NODISCARD
status account_domain_check(bytes domain);
NODISCARD
status account_load(struct txn *t, bytes id, struct account *out_account); /* E_NOT_FOUND */
NODISCARD
status account_load_default(struct txn *t, struct account *out_account); /* E_NOT_FOUND */
/* account_list gives all accounts by id, in `a`. */
NODISCARD
status account_list(struct txn *t, struct arena *a, struct account **out_accounts,
                    size_t *out_count);

/* access_key_load finds a key pair by its id; E_TOKEN_INVALID in AWS's words when there is none
 * [AWS control-plane 3.2]. */
NODISCARD
status access_key_load(struct txn *t, bytes access_key_id, struct access_key *out_key);
/* access_key_create makes one more key pair, of the root user when `user` has no bytes; whether
 * there is such a user, and how many pairs one may have, is for the caller to know. */
NODISCARD
status access_key_create(struct txn *t, bytes account, bytes user, int64_t now_ms,
                         struct access_key *out_key);
/* access_key_list gives the key pairs of a user, oldest first, in `a`, without their secrets. */
NODISCARD
status access_key_list(struct txn *t, bytes account, bytes user, struct arena *a,
                       struct access_key **out_keys, size_t *out_count);
/* The next two answer E_NOT_FOUND for a key that is not this user's. */
NODISCARD
status access_key_set_inactive(struct txn *t, bytes account, bytes user, bytes id, bool inactive);
NODISCARD
status access_key_delete(struct txn *t, bytes account, bytes user, bytes id);
/* access_key_move gives the key pairs of one user, never the root user, to another name of it. */
NODISCARD
status access_key_move(struct txn *t, bytes account, bytes user, bytes new_user);
/* access_key_rotate replaces all key pairs of an account's root user by a new one; the old ones are
 * refused from the commit on. E_NOT_FOUND. */
NODISCARD
status access_key_rotate(struct txn *t, bytes account, struct access_key *out_key);
/* access_key_load_first gives the oldest key pair of an account's root user, for `kedge env`. */
NODISCARD
status access_key_load_first(struct txn *t, bytes account, struct access_key *out_key);

/* When a key pair was used last, to the hour: all zero when it never was. */
struct access_key_use {
    int64_t time_ms;
    bytes service, region; /* as signed for */
};
NODISCARD
status access_key_use_load(struct txn *t, bytes account, bytes id, struct arena *a,
                           struct access_key_use *out_use);
NODISCARD
status access_key_use_save(struct txn *t, bytes account, bytes id,
                           const struct access_key_use *use);

/* What a host name of ours is for. The legacy data name has a server chain of its own; the others
 * share one [AWS identity 4.3]. */
/*    endpoint type of DescribeEndpoint   what stands between prefix and region */
#define ACCOUNT_HOSTS(X)                     \
    X(DATA_ATS, "iot:Data-ATS", "-ats.iot.") \
    X(DATA_LEGACY, "iot:Data", ".iot.")      \
    X(JOBS, "iot:Jobs", ".jobs.iot.")        \
    X(CREDENTIALS, "iot:CredentialProvider", ".credentials.iot.")
enum account_host {
#define ACCOUNT_HOST_ENUM(name, type, form) HOST_##name,
    ACCOUNT_HOSTS(ACCOUNT_HOST_ENUM)
#undef ACCOUNT_HOST_ENUM
        ACCOUNT_HOST_COUNT
};
struct account_hosts {
    char names[ACCOUNT_HOST_COUNT][HOST_NAME_MAX_LEN + 1];
};
/* account_hosts_format writes the account's four names: "<prefix>-ats.iot.<region>.<domain>" …;
 * with ACCOUNT_DOMAIN_DEFAULT while no domain is set. */
void account_hosts_format(const struct account *account, bytes region,
                          struct account_hosts *out_hosts);
/* account_endpoint writes what DescribeEndpoint answers for an endpoint type; no bytes mean
 * iot:Data. iot:Data-ATS of a default account without a domain is "localhost". E_INVALID
 * `Endpoint type X not recognized.` */
NODISCARD
status account_endpoint(const struct account *account, bytes region, bytes endpoint_type,
                        char out_name[HOST_NAME_MAX_LEN + 1]);
/* account_has_host tells whether `host` (any case, a final dot allowed) is one of the account's
 * names and which; "localhost" is the default account's data name. */
bool account_has_host(const struct account *account, bytes region, bytes host,
                      enum account_host *out_kind);
/* account_find_by_host finds the account a server name belongs to. E_NOT_FOUND for foreign names.
 */
NODISCARD
status account_find_by_host(struct txn *t, bytes region, bytes host, struct account *out_account,
                            enum account_host *out_kind);
