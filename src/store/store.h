/* The store: ordered tables of keys and values, in transactions.
 *
 * The seam between what Kedge keeps and where it keeps it. Keys and values are bytes; keys sort by
 * byte order. store_memory is for tests, store_sqlite is the default; nothing here is peculiar to
 * either. Every call may block: workers and command-line tools use it, loop threads never do.
 *
 *     struct txn *t;
 *     TRY(store_begin_write(store, &t));
 *     status s = change_things(t);
 *     if (s != OK) {
 *         store_rollback(t);
 *         return s;
 *     }
 *     return store_commit(t);
 *
 * Any number of read transactions run beside one write transaction; each sees one commit and
 * nothing of what is under way. Write transactions wait for each other, so keep them short: no key
 * generation, no network between begin and commit. Commits of several threads share one fsync. */
#pragma once
#include "base/arena.h"

/* The tables. A table of LARGE values (PEM text, documents) may be laid out differently from one of
 * SMALL ones; it behaves the same. Adding a table needs a migration (sqlite/schema.c). */
#define STORE_TABLES(X)                                                        \
    X(META, "meta", SMALL)                                                     \
    X(ACCOUNTS, "accounts", SMALL)                                             \
    X(ACCESS_KEYS, "access_keys", SMALL)                                       \
    X(ACCOUNT_ACCESS_KEYS, "account_access_keys", SMALL)                       \
    X(ENDPOINT_PREFIXES, "endpoint_prefixes", SMALL)                           \
    X(REGISTRATION_CODES, "registration_codes", SMALL)                         \
    X(CA_CERTIFICATES, "ca_certificates", LARGE)                               \
    X(CA_CERTIFICATE_OWNERS, "ca_certificate_owners", SMALL)                   \
    X(CA_CERTIFICATES_BY_SUBJECT, "ca_certificates_by_subject", SMALL)         \
    X(CA_CERTIFICATES_BY_CREATION, "ca_certificates_by_creation", SMALL)       \
    X(CERTIFICATES, "certificates", SMALL)                                     \
    X(CERTIFICATE_PEMS, "certificate_pems", LARGE)                             \
    X(CERTIFICATE_OWNERS, "certificate_owners", SMALL)                         \
    X(CERTIFICATES_BY_CREATION, "certificates_by_creation", SMALL)             \
    X(CERTIFICATES_BY_CA, "certificates_by_ca", SMALL)                         \
    X(TRANSFERS_OUTGOING, "transfers_outgoing", SMALL)                         \
    X(TRANSFERS_INCOMING, "transfers_incoming", SMALL)                         \
    X(CERTIFICATES_BY_EXPIRY, "certificates_by_expiry", SMALL)                 \
    X(CA_CERTIFICATES_BY_EXPIRY, "ca_certificates_by_expiry", SMALL)           \
    X(CRLS, "crls", SMALL)                                                     \
    X(CRL_ENTRIES, "crl_entries", LARGE)                                       \
    X(POLICIES, "policies", SMALL)                                             \
    X(POLICIES_BY_CREATION, "policies_by_creation", SMALL)                     \
    X(POLICY_VERSIONS, "policy_versions", LARGE)                               \
    X(POLICIES_OF_TARGET, "policies_of_target", SMALL)                         \
    X(TARGETS_OF_POLICY, "targets_of_policy", SMALL)                           \
    X(THINGS, "things", SMALL)                                                 \
    X(THING_TYPES, "thing_types", SMALL)                                       \
    X(THING_PRINCIPALS, "thing_principals", SMALL)                             \
    X(PRINCIPAL_THINGS, "principal_things", SMALL)                             \
    X(ROLE_ALIASES, "role_aliases", SMALL)                                     \
    X(ACCOUNT_SETTINGS, "account_settings", SMALL)                             \
    X(REASONS, "reasons", SMALL)                                               \
    X(BACKUP_FILES, "backup_files", LARGE)                                     \
    X(RETAINED, "retained", LARGE)                                             \
    X(THINGS_BY_TYPE, "things_by_type", SMALL)                                 \
    X(TAGS, "tags", SMALL)                                                     \
    X(BILLING_GROUPS, "billing_groups", SMALL)                                 \
    X(THINGS_OF_BILLING_GROUP, "things_of_billing_group", SMALL)               \
    X(THING_GROUPS, "thing_groups", SMALL)                                     \
    X(THING_GROUPS_BY_PARENT, "thing_groups_by_parent", SMALL)                 \
    X(THING_GROUPS_BY_PATH, "thing_groups_by_path", SMALL)                     \
    X(THINGS_OF_GROUP, "things_of_group", SMALL)                               \
    X(GROUPS_OF_THING, "groups_of_thing", SMALL)                               \
    X(PROVISIONING_TEMPLATES, "provisioning_templates", SMALL)                 \
    X(PROVISIONING_TEMPLATE_VERSIONS, "provisioning_template_versions", LARGE) \
    X(CERTIFICATE_PROVIDERS, "certificate_providers", SMALL)                   \
    X(OWNERSHIP_TOKENS, "ownership_tokens", SMALL)                             \
    X(PROVISIONING_CLAIMS, "provisioning_claims", SMALL)                       \
    X(JITP_FAILURES, "jitp_failures", SMALL)                                   \
    X(REGISTRATION_TASKS, "registration_tasks", LARGE)                         \
    X(REGISTRATION_TASK_REPORTS, "registration_task_reports", LARGE)           \
    X(SERVER_CERTIFICATES, "server_certificates", LARGE)                       \
    X(SERVER_CERTIFICATE_KEYS, "server_certificate_keys", LARGE)               \
    X(DOMAIN_CONFIGURATIONS, "domain_configurations", SMALL)                   \
    X(DOMAIN_NAMES, "domain_names", SMALL)                                     \
    X(AUTHORIZERS, "authorizers", LARGE)                                       \
    X(DYNAMIC_GROUPS, "dynamic_groups", SMALL)                                 \
    X(TOPIC_RULES, "topic_rules", LARGE)                                       \
    X(OUTBOX, "outbox", SMALL)                                                 \
    X(OUTBOX_PAYLOADS, "outbox_payloads", LARGE)                               \
    X(FUNCTIONS, "functions", LARGE)                                           \
    X(FUNCTION_VERSIONS, "function_versions", LARGE)                           \
    X(FUNCTION_ALIASES, "function_aliases", SMALL)                             \
    X(FUNCTION_POLICIES, "function_policies", LARGE)                           \
    X(FUNCTION_EVENT_CONFIGS, "function_event_configs", SMALL)                 \
    X(LOGGING_LEVELS, "logging_levels", SMALL)                                 \
    /* of the logs' own store (logs/book.h) */                                 \
    X(LOG_GROUPS, "log_groups", SMALL)                                         \
    X(LOG_STREAMS, "log_streams", SMALL)                                       \
    X(LOG_NAMES, "log_names", SMALL)                                           \
    X(LOG_EVENTS, "log_events", LARGE)                                         \
    X(LOG_BY_STREAM, "log_by_stream", SMALL)                                   \
    X(LOG_DOOMED, "log_doomed", SMALL)                                         \
    X(USER_ACCESS_KEYS, "user_access_keys", SMALL)                             \
    X(ACCESS_KEY_USES, "access_key_uses", SMALL)                               \
    X(IAM_USERS, "iam_users", SMALL)                                           \
    X(IAM_ROLES, "iam_roles", LARGE)                                           \
    X(IAM_GROUPS, "iam_groups", SMALL)                                         \
    X(IAM_GROUP_MEMBERS, "iam_group_members", SMALL)                           \
    X(IAM_GROUPS_OF_USER, "iam_groups_of_user", SMALL)                         \
    X(IAM_POLICIES, "iam_policies", SMALL)                                     \
    X(IAM_POLICY_VERSIONS, "iam_policy_versions", LARGE)                       \
    X(IAM_INLINE_POLICIES, "iam_inline_policies", LARGE)                       \
    X(IAM_ATTACHMENTS, "iam_attachments", SMALL)                               \
    X(IAM_ATTACHED_TO, "iam_attached_to", SMALL)                               \
    X(IAM_TAGS, "iam_tags", SMALL)                                             \
    X(TOPIC_RULE_DESTINATIONS, "topic_rule_destinations", SMALL)               \
    X(SECRETS, "secrets", SMALL)                                               \
    X(SECRET_VALUES, "secret_values", LARGE)

enum table {
#define STORE_TABLE_ENUM(name, text, size) TABLE_##name,
    STORE_TABLES(STORE_TABLE_ENUM)
#undef STORE_TABLE_ENUM
        TABLE_COUNT
};

/* store_table_name is a table's name as it stands on disk, for people. */
const char *store_table_name(enum table table);

enum { STORE_KEY_BYTES_MAX = 1024, STORE_VALUE_BYTES_MAX = 1 << 20, STORE_SCAN_ROWS_MAX = 1000 };

struct store;
struct txn;
struct store_ops;
extern const struct store_ops store_memory, store_sqlite;

/* store_open opens what lies in `directory`, which must exist (store_memory ignores it), and makes
 * an empty store on first use. E_UNAVAILABLE when the disk refuses; E_INVALID when the data was
 * written by a newer Kedge. */
NODISCARD
status store_open(const struct store_ops *ops, const char *directory, struct store **out_store);
/* store_close needs every transaction ended; NULL does nothing. */
void store_close(struct store *s);

/* store_expect_much prepares this handle for writing very much (an import): it keeps far more pages
 * in memory and copies the log into the file less often. Between open and the first transaction. */
void store_expect_much(struct store *s);

/* A transaction belongs to one thread until it ends; ending it frees it. Read transactions are
 * ended by store_rollback. store_begin_write waits for its turn; E_UNAVAILABLE when another process
 * holds the store for more than 5 s or the disk is full or read-only. */
NODISCARD
status store_begin_read(struct store *s, struct txn **out_txn);
NODISCARD
status store_begin_write(struct store *s, struct txn **out_txn);
/* store_commit makes the changes durable and visible, then tells the listener, then returns OK. Any
 * other status: nothing of this transaction was kept. */
NODISCARD
status store_commit(struct txn *t);
void store_rollback(struct txn *t); /* NULL does nothing */

/* store_load copies the value of `key` into `a`; E_NOT_FOUND without one. */
NODISCARD
status store_load(struct txn *t, enum table table, bytes key, struct arena *a, bytes *out_value);
/* store_has is store_load for those who only want to know. */
NODISCARD
status store_has(struct txn *t, enum table table, bytes key, bool *out_present);
/* store_save adds or replaces; store_remove of a missing key is fine. Write transactions only.
 * After a failure the transaction can only be rolled back. */
NODISCARD
status store_save(struct txn *t, enum table table, bytes key, bytes value);
NODISCARD
status store_remove(struct txn *t, enum table table, bytes key);

/* A stretch of a table, read a page at a time: nothing stays open between pages, and rows may be
 * saved or removed meanwhile. */
struct scan {
    bytes prefix;    /* only keys that start with it; none: all */
    bytes from;      /* start at this key; none: at the end that comes first */
    bool after;      /* … but leave `from` itself out: how the next page starts */
    bool descending; /* from the greatest key down */
    size_t limit;    /* rows, 1 – STORE_SCAN_ROWS_MAX */
};
struct row {
    bytes key, value;
};
/* store_scan copies up to scan->limit rows in key order into `a`; fewer mean the end was reached.
 */
NODISCARD
status store_scan(struct txn *t, enum table table, const struct scan *scan, struct arena *a,
                  struct row **out_rows, size_t *out_count);

/* What a transaction changed, in the words of those above: a note for whoever holds copies. */
enum change_kind {
    CHANGE_ACCOUNT,         /* key: none */
    CHANGE_CA_CERTIFICATE,  /* key: CA certificate id */
    CHANGE_CERTIFICATE,     /* key: certificate id */
    CHANGE_POLICY,          /* key: policy name; its default version changed, or it came or went */
    CHANGE_ATTACHMENT,      /* key: the target, "cert/<id>" or "thinggroup/<name>" */
    CHANGE_THING,           /* key: thing name; it, or the groups it is in, changed */
    CHANGE_THING_PRINCIPAL, /* key: the principal, "cert/<id>" */
    CHANGE_DOMAIN,          /* key: none; a domain configuration or a certificate for one */
    CHANGE_TOPIC_RULE,      /* key: rule name */
    CHANGE_THING_TYPE,      /* key: type name; what it adds to messages changed */
    CHANGE_OUTBOX,          /* key: outbox/internal.h; something was put in */
    CHANGE_LOGGING,         /* key: none; what is logged of the account's devices */
    CHANGE_KIND_COUNT
};
struct change {
    enum change_kind kind;
    bytes account, key;
};
/* store_note adds a note; it is told after the commit, forgotten with a rollback. */
void store_note(struct txn *t, enum change_kind kind, bytes account, bytes key);
/* store_note_count is how many notes a transaction has: whether a call changed anything. */
size_t store_note_count(const struct txn *t);
/* store_on_change sets who is told, once, before the first transaction. `told` is called after each
 * durable commit that has notes, on some committing thread, one commit at a time in commit order.
 * It must be brief, borrows the changes, and may read the store but not write it. Changes made by
 * other processes are not told. */
typedef void store_listener(void *context, const struct change *changes, size_t count);
void store_on_change(struct store *s, store_listener *told, void *context);

/* A message to an account's devices: published on `topic` once the commit is durable. */
struct announcement {
    bytes account, topic, payload;
};
/* store_announce adds one; it goes out after the commit, forgotten with a rollback. Of a server
 * that dies between the two nobody learns: announcements tell of what is, and are not what is. */
void store_announce(struct txn *t, bytes account, bytes topic, bytes payload);
/* store_on_announcement sets who sends them, as store_on_change does and with the same promises; a
 * transaction's changes are told before its announcements. */
typedef void store_announcer(void *context, const struct announcement *announcements, size_t count);
void store_on_announcement(struct store *s, store_announcer *send, void *context);

/* How far a long operation is; called now and then on the caller's thread. `total` may change. */
struct store_progress {
    void (*at)(void *context, uint64_t done, uint64_t total);
    void *context;
};

/* store_copy makes a new store in `directory`, which must exist and hold none, of all that one
 * commit left behind: writers go on meanwhile, in this process and others. `progress` may be NULL.
 * E_INVALID when the store keeps nothing in files. */
NODISCARD
status store_copy(struct store *s, const char *directory, const struct store_progress *progress);
/* store_verify reads all of the file and tells whether its structure is sound: E_INTERNAL says
 * what is not. What the rows mean is for those who wrote them (registry/check.h). */
NODISCARD
status store_verify(struct store *s);

/* store_lock_directory makes `directory` (0700, parents too) when missing and holds it until the
 * lock is closed or the process ends. E_UNAVAILABLE names the process that holds it already. */
NODISCARD
status store_lock_directory(const char *directory, int *out_lock);
void store_unlock_directory(int lock);
/* store_directory_holder is the process id of who holds the lock of `directory` now, or 0. */
int64_t store_directory_holder(const char *directory);
