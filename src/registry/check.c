#include "registry/check.h"
#include "registry/billing_group.h"
#include "registry/ca_certificate.h"
#include "registry/certificate.h"
#include "registry/crl.h"
#include "registry/domain_configuration.h"
#include "registry/expiry.h"
#include "registry/function.h"
#include "registry/internal.h"
#include "registry/policy.h"
#include "registry/provisioning_template.h"
#include "registry/registration_task.h"
#include "registry/secret.h"
#include "registry/tags.h"
#include "registry/thing.h"
#include "registry/thing_group.h"
#include "registry/thing_type.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ACCOUNT_LEN = 12, PAGE_ROWS = 200, SENTENCE_BYTES = 700, SHOWN_BYTES_MAX = 200 };

/* A row under examination: `name` is its key without the account. */
struct look {
    struct registry_check *check;
    struct registry r;
    enum table table;
    struct row row;
    bytes name;
};

/* ---- what is told ---- */

/* Keys hold zero bytes and times; they are shown as '.'. */
static const char *shown(struct look *l, bytes key) {
    key = bytes_slice(key, 0, SHOWN_BYTES_MAX);
    char *text = arena_string(l->r.arena, key);
    for (size_t i = 0; i < key.len; i++)
        if (text[i] < ' ' || text[i] > '~')
            text[i] = '.';
    return text;
}

static void PRINTF(2, 3) tell(struct look *l, const char *format, ...) {
    char sentence[SENTENCE_BYTES], what[SENTENCE_BYTES / 2];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    (void)snprintf(sentence, sizeof sentence, "%s %s: %s", store_table_name(l->table),
                   shown(l, l->row.key), what);
    l->check->problems++;
    l->check->problem(l->check->context, sentence);
}

/* What a call of the registry answered for an object that should be there and whole: false, and it
 * was told, when it is not. Trouble with the disk goes on to the caller. */
static status is_whole(struct look *l, status s, const char *what, bool *out_whole) {
    *out_whole = s == OK;
    if (s == E_UNAVAILABLE)
        return s;
    if (s == E_NOT_FOUND)
        tell(l, "%s is not there", what);
    else if (s != OK)
        tell(l, "%s cannot be read: %s", what, failure_text());
    return OK;
}

static status expect(struct look *l, enum table table, bytes key) {
    bool present;
    TRY(object_has(&l->r, table, key, &present));
    if (!present)
        tell(l, "there is no %s %s", store_table_name(table), shown(l, key));
    return OK;
}

/* As expect, and the two have the same value. */
static status expect_same(struct look *l, enum table table, bytes key) {
    bytes value;
    status s = store_load(l->r.txn, table, key, l->r.arena, &value);
    if (s == E_NOT_FOUND)
        tell(l, "there is no %s %s", store_table_name(table), shown(l, key));
    else if (s == OK && !bytes_equal(value, l->row.value))
        tell(l, "%s %s says something else", store_table_name(table), shown(l, key));
    return s == E_NOT_FOUND ? OK : s;
}

/* An index row has to be the one that the object it names would have. */
static void expect_key(struct look *l, bytes key) {
    if (!bytes_equal(key, l->row.key))
        tell(l, "the object it leads to belongs elsewhere: %s", shown(l, key));
}

/* "first, 0, second" taken apart; false, and told, when there is no zero. */
static bool split(struct look *l, bytes *out_first, bytes *out_second) {
    size_t zero = bytes_find(l->name, 0);
    *out_first = bytes_slice(l->name, 0, zero);
    *out_second = bytes_skip(l->name, zero + 1);
    if (zero < l->name.len)
        return true;
    tell(l, "its key is damaged");
    return false;
}

static bool is_long(struct look *l, size_t least) {
    if (l->name.len >= least)
        return true;
    tell(l, "its key is too short");
    return false;
}

/* ---- certificates ---- */

static bytes last_id(const struct look *l) {
    return bytes_skip(l->name, l->name.len - CERTIFICATE_ID_LEN);
}

static status owner_of(struct look *l, enum table table) {
    uint8_t key[CERTIFICATE_ID_LEN + ACCOUNT_LEN];
    if (l->name.len != CERTIFICATE_ID_LEN) {
        tell(l, "its key is not a certificate id");
        return OK;
    }
    memcpy(key, l->name.ptr, CERTIFICATE_ID_LEN);
    memcpy(key + CERTIFICATE_ID_LEN, l->r.account.ptr, ACCOUNT_LEN);
    return expect(l, table, bytes_of(key, sizeof key));
}

static bytes ca_key(struct look *l, const struct certificate_record *c) {
    return key_with_time(&l->r, c->ca_certificate_id, c->created_ms, c->id);
}

/* A store of before has no index of what expires until a server has opened it. */
static status expect_expiry(struct look *l, enum table table, int64_t not_after_ms) {
    bool has_index;
    TRY(store_has(l->r.txn, TABLE_META, BYTES("expiry-index"), &has_index));
    return has_index ? expect(l, table, expiry_key(&l->r, not_after_ms, l->name)) : OK;
}

/* What is offered is known to both accounts. */
static status expect_offer(struct look *l, const struct certificate_record *c) {
    struct registry target = l->r;
    target.account = c->transfer.target;
    if (c->status != CERTIFICATE_PENDING_TRANSFER)
        return OK;
    TRY(expect(l, TABLE_TRANSFERS_OUTGOING, certificate_creation_key(&l->r, c)));
    TRY(expect(l, TABLE_TRANSFERS_INCOMING, key_of(&target, c->id)));
    return expect(l, TABLE_CERTIFICATES_BY_CREATION, certificate_creation_key(&target, c));
}

static status certificate(struct look *l) {
    struct certificate_record c;
    bool whole;
    TRY(is_whole(l, certificate_load_facts(&l->r, l->name, &c), "it", &whole));
    if (!whole)
        return OK;
    TRY(expect(l, TABLE_CERTIFICATE_PEMS, l->row.key));
    TRY(owner_of(l, TABLE_CERTIFICATE_OWNERS));
    TRY(expect(l, TABLE_CERTIFICATES_BY_CREATION,
               key_with_time(&l->r, (bytes){0}, c.created_ms, c.id)));
    TRY(expect_expiry(l, TABLE_CERTIFICATES_BY_EXPIRY, c.not_after_ms));
    TRY(expect_offer(l, &c));
    return c.ca_certificate_id.len ? expect(l, TABLE_CERTIFICATES_BY_CA, ca_key(l, &c)) : OK;
}

/* What goes with a certificate under the same key: its text, why it could not be provisioned. */
static status certificate_pem(struct look *l) {
    return expect(l, TABLE_CERTIFICATES, l->row.key);
}

typedef bytes certificate_key(struct look *l, const struct certificate_record *c);

/* A value names the account that has the certificate: it offers it to this one. */
static status indexed_certificate(struct look *l, certificate_key *key) {
    struct registry owner = l->r;
    struct certificate_record c;
    bool whole;
    if (!is_long(l, CERTIFICATE_ID_LEN))
        return OK;
    if (l->row.value.len > 0)
        owner.account = l->row.value;
    TRY(is_whole(l, certificate_load_facts(&owner, last_id(l), &c), "the certificate", &whole));
    if (!whole)
        return OK;
    expect_key(l, key(l, &c));
    if (l->row.value.len > 0 && !bytes_equal(c.transfer.target, l->r.account))
        tell(l, "the certificate is not offered to this account");
    return OK;
}

static bytes creation_key(struct look *l, const struct certificate_record *c) {
    return key_with_time(&l->r, (bytes){0}, c->created_ms, c->id);
}

static bytes certificate_expiry_key(struct look *l, const struct certificate_record *c) {
    return expiry_key(&l->r, c->not_after_ms, c->id);
}

static bytes incoming_key(struct look *l, const struct certificate_record *c) {
    return key_of(&l->r, c->id);
}

static status certificate_by_creation(struct look *l) {
    return indexed_certificate(l, creation_key);
}

static status certificate_by_ca(struct look *l) {
    return indexed_certificate(l, ca_key);
}

static status certificate_by_expiry(struct look *l) {
    return indexed_certificate(l, certificate_expiry_key);
}

static status transfer_outgoing(struct look *l) {
    return indexed_certificate(l, creation_key);
}

static status transfer_incoming(struct look *l) {
    return indexed_certificate(l, incoming_key);
}

/* The key is an id and an account: the account of l->r is not that of the row. */
static status owner(struct look *l, enum table table) {
    uint8_t key[CERTIFICATE_ID_LEN + ACCOUNT_LEN];
    if (l->row.key.len != sizeof key) {
        tell(l, "its key is not a certificate id and an account");
        return OK;
    }
    memcpy(key, l->row.key.ptr + CERTIFICATE_ID_LEN, ACCOUNT_LEN);
    memcpy(key + ACCOUNT_LEN, l->row.key.ptr, CERTIFICATE_ID_LEN);
    return expect(l, table, bytes_of(key, sizeof key));
}

static status certificate_owner(struct look *l) {
    return owner(l, TABLE_CERTIFICATES);
}

/* ---- CA certificates ---- */

static bytes subject_key(struct look *l, const struct ca_record *ca) {
    char group[17];
    (void)snprintf(group, sizeof group, "%016llx", (unsigned long long)stable_hash(ca->subject));
    return key_with_time(&l->r, bytes_from(group), ca->created_ms, ca->id);
}

static bytes ca_creation_key(struct look *l, const struct ca_record *ca) {
    return key_with_time(&l->r, (bytes){0}, ca->created_ms, ca->id);
}

static status ca_certificate(struct look *l) {
    struct ca_record ca;
    bool whole;
    TRY(is_whole(l, ca_load(&l->r, l->name, &ca), "it", &whole));
    if (!whole)
        return OK;
    TRY(owner_of(l, TABLE_CA_CERTIFICATE_OWNERS));
    TRY(expect(l, TABLE_CA_CERTIFICATES_BY_CREATION, ca_creation_key(l, &ca)));
    TRY(expect_expiry(l, TABLE_CA_CERTIFICATES_BY_EXPIRY, ca.not_after_ms));
    return expect(l, TABLE_CA_CERTIFICATES_BY_SUBJECT, subject_key(l, &ca));
}

static status indexed_ca(struct look *l, bytes (*key)(struct look *l, const struct ca_record *ca)) {
    struct ca_record ca;
    bool whole;
    if (!is_long(l, KEY_TIME_LEN + CERTIFICATE_ID_LEN))
        return OK;
    TRY(is_whole(l, ca_load(&l->r, last_id(l), &ca), "the CA certificate", &whole));
    if (whole)
        expect_key(l, key(l, &ca));
    return OK;
}

static status ca_by_subject(struct look *l) {
    return indexed_ca(l, subject_key);
}

static status ca_by_creation(struct look *l) {
    return indexed_ca(l, ca_creation_key);
}

/* ---- revocation lists ---- */

/* Its rows hold as many entries as it says. */
static status revocation_list(struct look *l) {
    struct crl_record crl;
    bool whole;
    TRY(is_whole(l, crl_load(&l->r, l->name, &crl), "it", &whole));
    if (!whole || crl.entry_count > CRL_ENTRIES_MAX)
        return OK;
    TRY(expect(l, TABLE_CA_CERTIFICATES, l->row.key));
    uint64_t *hashes = mem_new((crl.entry_count + 1) * sizeof *hashes);
    status s = crl_hashes(&l->r, &crl, hashes);
    mem_free(hashes);
    return is_whole(l, s, "the list of its entries", &whole);
}

static bytes ca_expiry_key(struct look *l, const struct ca_record *ca) {
    return expiry_key(&l->r, ca->not_after_ms, ca->id);
}

static status ca_by_expiry(struct look *l) {
    return indexed_ca(l, ca_expiry_key);
}

static status ca_owner(struct look *l) {
    return owner(l, TABLE_CA_CERTIFICATES);
}

/* ---- policies ---- */

static bytes policy_creation_key(struct look *l, const struct policy_record *p) {
    return key_with_time(&l->r, (bytes){0}, p->created_ms, p->name);
}

/* Loading a policy needs its default version. */
static status policy(struct look *l) {
    struct policy_record p;
    struct policy_version_record *versions;
    size_t count;
    bool whole;
    TRY(is_whole(l, policy_load(&l->r, l->name, &p), "its default version", &whole));
    if (!whole)
        return OK;
    TRY(is_whole(l, policy_version_list(&l->r, l->name, &versions, &count), "a version", &whole));
    if (whole && count > POLICY_VERSIONS_MAX)
        tell(l, "it has more than %d versions", POLICY_VERSIONS_MAX);
    return expect(l, TABLE_POLICIES_BY_CREATION, policy_creation_key(l, &p));
}

static status policy_by_creation(struct look *l) {
    struct policy_record p;
    bool whole;
    if (!is_long(l, KEY_TIME_LEN + 1))
        return OK;
    bytes name = bytes_skip(l->name, KEY_TIME_LEN);
    TRY(is_whole(l, policy_load(&l->r, name, &p), "the policy", &whole));
    if (whole)
        expect_key(l, policy_creation_key(l, &p));
    return OK;
}

static status policy_version(struct look *l) {
    bytes name, number;
    return split(l, &name, &number) ? expect(l, TABLE_POLICIES, key_of(&l->r, name)) : OK;
}

/* What "cert/…" or "thinggroup/…" stands for. */
static status target(struct look *l, bytes resource) {
    static const bytes group = BYTES("thinggroup/"), certificate = BYTES("cert/");
    if (bytes_start_with(resource, group))
        return expect(l, TABLE_THING_GROUPS, key_of(&l->r, bytes_skip(resource, group.len)));
    if (bytes_start_with(resource, certificate))
        return expect(l, TABLE_CERTIFICATES, key_of(&l->r, bytes_skip(resource, certificate.len)));
    tell(l, "its target is neither a certificate nor a group");
    return OK;
}

static status policy_of_target(struct look *l) {
    bytes resource, name;
    if (!split(l, &resource, &name))
        return OK;
    TRY(expect(l, TABLE_TARGETS_OF_POLICY, key_of_pair(&l->r, name, resource)));
    TRY(expect(l, TABLE_POLICIES, key_of(&l->r, name)));
    return target(l, resource);
}

static status target_of_policy(struct look *l) {
    bytes name, resource;
    if (!split(l, &name, &resource))
        return OK;
    return expect(l, TABLE_POLICIES_OF_TARGET, key_of_pair(&l->r, resource, name));
}

/* ---- things ---- */

static status thing(struct look *l) {
    struct thing_record t;
    bool whole;
    TRY(is_whole(l, thing_load(&l->r, l->name, &t), "it", &whole));
    if (!whole)
        return OK;
    if (t.type_name.len > 0) {
        TRY(expect(l, TABLE_THING_TYPES, key_of(&l->r, t.type_name)));
        TRY(expect(l, TABLE_THINGS_BY_TYPE, key_of_pair(&l->r, t.type_name, t.name)));
    }
    if (t.billing_group_name.len > 0) {
        TRY(expect(l, TABLE_BILLING_GROUPS, key_of(&l->r, t.billing_group_name)));
        TRY(expect(l, TABLE_THINGS_OF_BILLING_GROUP,
                   key_of_pair(&l->r, t.billing_group_name, t.name)));
    }
    return OK;
}

/* The thing of an index row, and whether it is whole. */
static status indexed_thing(struct look *l, bytes *out_group, struct thing_record *out_thing,
                            bool *out_whole) {
    bytes name;
    *out_whole = false;
    if (!split(l, out_group, &name))
        return OK;
    return is_whole(l, thing_load(&l->r, name, out_thing), "the thing", out_whole);
}

static status thing_by_type(struct look *l) {
    struct thing_record t;
    bytes type;
    bool whole;
    TRY(indexed_thing(l, &type, &t, &whole));
    if (whole && !bytes_equal(t.type_name, type))
        tell(l, "the thing is of another type");
    return OK;
}

static status thing_of_billing_group(struct look *l) {
    struct thing_record t;
    bytes group;
    bool whole;
    TRY(indexed_thing(l, &group, &t, &whole));
    if (whole && !bytes_equal(t.billing_group_name, group))
        tell(l, "the thing is not in this billing group");
    return OK;
}

static status thing_principal(struct look *l) {
    bytes name, resource;
    if (!split(l, &name, &resource))
        return OK;
    TRY(expect(l, TABLE_THINGS, key_of(&l->r, name)));
    TRY(target(l, resource));
    return expect_same(l, TABLE_PRINCIPAL_THINGS, key_of_pair(&l->r, resource, name));
}

/* An exclusive principal has one thing. */
static status principal_thing(struct look *l) {
    bytes resource, name;
    struct row *rows;
    size_t count;
    if (!split(l, &resource, &name))
        return OK;
    TRY(expect_same(l, TABLE_THING_PRINCIPALS, key_of_pair(&l->r, name, resource)));
    if (l->row.value.len == 0)
        return OK;
    struct scan scan = {.prefix = key_of_pair(&l->r, resource, (bytes){0}), .limit = 2};
    TRY(store_scan(l->r.txn, TABLE_PRINCIPAL_THINGS, &scan, l->r.arena, &rows, &count));
    if (count > 1)
        tell(l, "the principal is attached exclusively, and to more than one thing");
    return OK;
}

/* ---- groups ---- */

static bytes parent_of(const struct thing_group_record *g) {
    return g->ancestor_count ? g->ancestors[g->ancestor_count - 1] : (bytes){0};
}

static status thing_group(struct look *l) {
    struct thing_group_record g;
    bool whole;
    TRY(is_whole(l, thing_group_load(&l->r, l->name, &g), "it", &whole));
    if (!whole)
        return OK;
    TRY(expect(l, TABLE_THING_GROUPS_BY_PARENT, key_of_pair(&l->r, parent_of(&g), g.name)));
    TRY(expect(l, TABLE_THING_GROUPS_BY_PATH, key_of(&l->r, g.path)));
    for (size_t i = 0; i < g.ancestor_count; i++)
        TRY(expect(l, TABLE_THING_GROUPS, key_of(&l->r, g.ancestors[i])));
    return g.query.len ? expect(l, TABLE_DYNAMIC_GROUPS, l->row.key) : OK;
}

static status dynamic_group(struct look *l) {
    struct thing_group_record g;
    bool whole;
    TRY(is_whole(l, thing_group_load(&l->r, l->name, &g), "the group", &whole));
    if (whole && !bytes_equal(g.query, l->row.value))
        tell(l, "the group has another query");
    return OK;
}

static status group_by_parent(struct look *l) {
    struct thing_group_record g;
    bytes parent, name;
    bool whole;
    if (!split(l, &parent, &name))
        return OK;
    TRY(is_whole(l, thing_group_load(&l->r, name, &g), "the group", &whole));
    if (whole && !bytes_equal(parent_of(&g), parent))
        tell(l, "the group has another parent");
    return OK;
}

static status group_with_path(struct look *l, bytes name, bytes path) {
    struct thing_group_record g;
    bool whole;
    TRY(is_whole(l, thing_group_load(&l->r, name, &g), "the group", &whole));
    if (whole && !bytes_equal(g.path, path))
        tell(l, "the group has another path");
    return OK;
}

static status group_by_path(struct look *l) {
    return group_with_path(l, l->row.value, l->name);
}

static bytes member_key(struct look *l, bytes path, bytes thing) {
    AUTO(buf) name = {0};
    buf_append(&name, path);
    buf_append_byte(&name, '.');
    buf_append(&name, thing);
    return key_of(&l->r, buf_bytes(&name));
}

static status group_of_thing(struct look *l) {
    bytes thing, group;
    if (!split(l, &thing, &group))
        return OK;
    TRY(expect(l, TABLE_THINGS, key_of(&l->r, thing)));
    TRY(expect(l, TABLE_THINGS_OF_GROUP, member_key(l, l->row.value, thing)));
    return group_with_path(l, group, l->row.value);
}

/* The value of the other side is this one's path. */
static status thing_of_group(struct look *l) {
    size_t dot = bytes_find(l->name, '.');
    bytes path = bytes_slice(l->name, 0, dot), thing = bytes_skip(l->name, dot + 1), group, other;
    status s =
        store_load(l->r.txn, TABLE_THING_GROUPS_BY_PATH, key_of(&l->r, path), l->r.arena, &group);
    bool whole;
    TRY(is_whole(l, s, "the group", &whole));
    if (!whole)
        return OK;
    s = store_load(l->r.txn, TABLE_GROUPS_OF_THING, key_of_pair(&l->r, thing, group), l->r.arena,
                   &other);
    TRY(is_whole(l, s, "the thing's side", &whole));
    if (whole && !bytes_equal(other, path))
        tell(l, "the thing's side names another path");
    return OK;
}

/* ---- tags ---- */

static status tag(struct look *l) {
    bytes resource, key, found;
    bool whole;
    if (!split(l, &resource, &key))
        return OK;
    if (bytes_start_with(resource, BYTES("function/"))) /* not of the iot service */
        return expect(l, TABLE_FUNCTIONS, key_of(&l->r, bytes_skip(resource, strlen("function/"))));
    bytes arn =
        bytes_from(arena_printf(l->r.arena, "arn:aws:iot:%.*s:%.*s:%.*s", BYTES_ARG(l->r.region),
                                BYTES_ARG(l->r.account), BYTES_ARG(resource)));
    return is_whole(l, tags_resource_require(&l->r, arn, &found), "what it belongs to", &whole);
}

/* ---- functions ---- */

/* Versions, aliases and policies have a function; the first two of these are whole. */
static status part_of_function(struct look *l) {
    bytes name, part;
    if (!split(l, &name, &part))
        return OK;
    return expect(l, TABLE_FUNCTIONS, key_of(&l->r, name));
}

static status function(struct look *l) {
    struct function_record f;
    bool whole;
    return is_whole(l, function_load(&l->r, l->name, &f), "it", &whole);
}

static status function_version(struct look *l) {
    struct function_record f, latest;
    bool whole;
    TRY(part_of_function(l));
    bytes name = bytes_slice(l->name, 0, bytes_find(l->name, 0));
    if (!is_long(l, name.len + 1 + sizeof(uint64_t)))
        return OK;
    TRY(is_whole(l, function_version_load(&l->r, name, key_number(l->name), &f), "it", &whole));
    if (whole && function_load(&l->r, name, &latest) == OK && f.version > latest.last_version)
        tell(l, "it is later than the last one that was published");
    return OK;
}

static status function_alias(struct look *l) {
    struct function_alias a;
    struct function_record f;
    bytes function, name;
    bool whole;
    TRY(part_of_function(l));
    if (!split(l, &function, &name))
        return OK;
    TRY(is_whole(l, function_alias_load(&l->r, function, name, &a), "it", &whole));
    if (!whole)
        return OK;
    TRY(is_whole(l, function_resolve(&l->r, function, a.version, &f), "its version", &whole));
    if (a.other_version.len == 0)
        return OK;
    return is_whole(l, function_resolve(&l->r, function, a.other_version, &f), "its other version",
                    &whole);
}

/* ---- domains ---- */

static status domain_configuration(struct look *l) {
    struct domain_configuration d;
    bytes holder;
    bool whole;
    TRY(is_whole(l, domain_configuration_load(&l->r, l->name, &d), "it", &whole));
    if (!whole || d.domain_name.len == 0)
        return OK; /* one of the three has no name of its own */
    TRY(is_whole(l, store_load(l->r.txn, TABLE_DOMAIN_NAMES, d.domain_name, l->r.arena, &holder),
                 "its domain name", &whole));
    if (whole && !bytes_equal(holder, l->row.key))
        tell(l, "its domain name belongs to another one");
    return OK;
}

static status server_certificate(struct look *l) {
    return expect(l, TABLE_SERVER_CERTIFICATE_KEYS, l->row.key);
}

static status server_certificate_key(struct look *l) {
    return expect(l, TABLE_SERVER_CERTIFICATES, l->row.key);
}

static status secret(struct look *l) {
    struct secret s;
    bool whole;
    status found = secret_find(&l->r, l->name, &s);
    if (found == E_NOT_FOUND) /* its time came; the next one that is made clears it away */
        return OK;
    TRY(is_whole(l, found, "it", &whole));
    return whole && s.version_id.len ? expect(l, TABLE_SECRET_VALUES, l->row.key) : OK;
}

static status secret_of_value(struct look *l) {
    return expect(l, TABLE_SECRETS, l->row.key);
}

/* account, id, type, number of the row */
static status task_report(struct look *l) {
    return expect(l, TABLE_REGISTRATION_TASKS,
                  bytes_slice(l->row.key, 0, ACCOUNT_LEN + REGISTRATION_TASK_ID_LEN));
}

/* ---- provisioning templates ---- */

static status provisioning_template(struct look *l) {
    struct provisioning_template t;
    bool whole;
    return is_whole(l, provisioning_template_load(&l->r, l->name, &t), "its default version",
                    &whole);
}

static status provisioning_template_version(struct look *l) {
    bytes name, number;
    return split(l, &name, &number) ? expect(l, TABLE_PROVISIONING_TEMPLATES, key_of(&l->r, name))
                                    : OK;
}

/* ---- the walk ---- */

static const struct rule {
    enum table table;
    status (*look)(struct look *l);
} rules[] = {
    {TABLE_CERTIFICATES, certificate},
    {TABLE_CERTIFICATE_PEMS, certificate_pem},
    {TABLE_JITP_FAILURES, certificate_pem},
    {TABLE_CERTIFICATE_OWNERS, certificate_owner},
    {TABLE_CERTIFICATES_BY_CREATION, certificate_by_creation},
    {TABLE_CERTIFICATES_BY_CA, certificate_by_ca},
    {TABLE_CERTIFICATES_BY_EXPIRY, certificate_by_expiry},
    {TABLE_TRANSFERS_OUTGOING, transfer_outgoing},
    {TABLE_TRANSFERS_INCOMING, transfer_incoming},
    {TABLE_CA_CERTIFICATES, ca_certificate},
    {TABLE_CA_CERTIFICATES_BY_EXPIRY, ca_by_expiry},
    {TABLE_CRLS, revocation_list},
    {TABLE_CA_CERTIFICATE_OWNERS, ca_owner},
    {TABLE_CA_CERTIFICATES_BY_SUBJECT, ca_by_subject},
    {TABLE_CA_CERTIFICATES_BY_CREATION, ca_by_creation},
    {TABLE_POLICIES, policy},
    {TABLE_POLICIES_BY_CREATION, policy_by_creation},
    {TABLE_POLICY_VERSIONS, policy_version},
    {TABLE_POLICIES_OF_TARGET, policy_of_target},
    {TABLE_TARGETS_OF_POLICY, target_of_policy},
    {TABLE_THINGS, thing},
    {TABLE_THINGS_BY_TYPE, thing_by_type},
    {TABLE_THINGS_OF_BILLING_GROUP, thing_of_billing_group},
    {TABLE_THING_PRINCIPALS, thing_principal},
    {TABLE_PRINCIPAL_THINGS, principal_thing},
    {TABLE_THING_GROUPS, thing_group},
    {TABLE_THING_GROUPS_BY_PARENT, group_by_parent},
    {TABLE_THING_GROUPS_BY_PATH, group_by_path},
    {TABLE_DYNAMIC_GROUPS, dynamic_group},
    {TABLE_GROUPS_OF_THING, group_of_thing},
    {TABLE_THINGS_OF_GROUP, thing_of_group},
    {TABLE_TAGS, tag},
    {TABLE_FUNCTIONS, function},
    {TABLE_FUNCTION_VERSIONS, function_version},
    {TABLE_FUNCTION_ALIASES, function_alias},
    {TABLE_FUNCTION_POLICIES, part_of_function},
    {TABLE_DOMAIN_CONFIGURATIONS, domain_configuration},
    {TABLE_REGISTRATION_TASK_REPORTS, task_report},
    {TABLE_SERVER_CERTIFICATES, server_certificate},
    {TABLE_SERVER_CERTIFICATE_KEYS, server_certificate_key},
    {TABLE_SECRETS, secret},
    {TABLE_SECRET_VALUES, secret_of_value},
    {TABLE_PROVISIONING_TEMPLATES, provisioning_template},
    {TABLE_PROVISIONING_TEMPLATE_VERSIONS, provisioning_template_version},
};

static status look_at(struct txn *t, struct registry_check *check, const struct rule *rule,
                      struct arena *memory, struct row row) {
    struct look l = {check,
                     {t, memory, bytes_slice(row.key, 0, ACCOUNT_LEN), BYTES("-")},
                     rule->table,
                     row,
                     bytes_skip(row.key, ACCOUNT_LEN)};
    check->rows++;
    return rule->look(&l);
}

/* A page of rows, then from its last key on; the arena is of the page. */
static status walk_page(struct txn *t, struct registry_check *check, const struct rule *rule,
                        struct buf *from, bool *out_more) {
    AUTO(arena) memory = {0};
    struct scan scan = {.from = buf_bytes(from), .after = from->len > 0, .limit = PAGE_ROWS};
    struct row *rows;
    size_t count;
    TRY(store_scan(t, rule->table, &scan, &memory, &rows, &count));
    for (size_t i = 0; i < count; i++)
        TRY(look_at(t, check, rule, &memory, rows[i]));
    *out_more = count == PAGE_ROWS;
    if (*out_more) {
        buf_clear(from);
        buf_append(from, rows[count - 1].key);
    }
    return OK;
}

status registry_check(struct txn *t, struct registry_check *check) {
    check->rows = check->problems = 0;
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        AUTO(buf) from = {0};
        bool more = true;
        while (more)
            TRY(walk_page(t, check, &rules[i], &from, &more));
        if (check->progress)
            check->progress->at(check->progress->context, i + 1, COUNT_OF(rules));
    }
    return OK;
}
