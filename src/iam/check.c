#include "iam/check.h"

#include <stdio.h>

#include "account/account.h"
#include "iam/internal.h"
#include "iam/policy.h"

enum { PAGE_ROWS = 200, SENTENCE_BYTES = 700 };

/* A row under examination: `name` is its key without the account, of two parts or one. */
struct look {
    struct registry_check *check;
    struct registry r;
    enum table table;
    bytes key, name, first, second;
};

static void tell(struct look *l, const char *what) {
    char sentence[SENTENCE_BYTES];
    bytes key = bytes_slice(l->key, 0, 200);
    char *shown = arena_string(l->r.arena, key);
    for (size_t i = 0; i < key.len; i++)
        if (shown[i] < ' ' || shown[i] > '~')
            shown[i] = '.';
    (void)snprintf(sentence, sizeof sentence, "%s %s: %s", store_table_name(l->table), shown, what);
    l->check->problems++;
    l->check->problem(l->check->context, sentence);
}

static status expect(struct look *l, enum table table, bytes key, const char *otherwise) {
    bool present;
    TRY(iam_has(&l->r, table, key, &present));
    if (!present)
        tell(l, otherwise);
    return OK;
}

/* "role/NAME" names somebody. */
static status expect_owner(struct look *l, bytes owner) {
    static const struct {
        bytes prefix;
        enum table table;
    } kinds[] = {{BYTES("user/"), TABLE_IAM_USERS},
                 {BYTES("group/"), TABLE_IAM_GROUPS},
                 {BYTES("role/"), TABLE_IAM_ROLES},
                 {BYTES("policy/"), TABLE_IAM_POLICIES}};
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (bytes_start_with(owner, kinds[i].prefix))
            return expect(l, kinds[i].table, iam_key(&l->r, bytes_skip(owner, kinds[i].prefix.len)),
                          "whom it belongs to is not there");
    tell(l, "it belongs to nobody that can be");
    return OK;
}

static status owned(struct look *l) {
    return expect_owner(l, l->first);
}

static status attachment(struct look *l) {
    struct iam_policy policy;
    TRY(expect_owner(l, l->first));
    TRY(expect(l, TABLE_IAM_ATTACHED_TO, iam_key_pair(&l->r, l->second, l->first),
               "the policy's side is not there"));
    status s = iam_policy_load(&l->r, l->second, &policy);
    if (s == E_UNAVAILABLE)
        return s;
    if (s != OK)
        tell(l, "the policy is not there");
    return OK;
}

static status attached_to(struct look *l) {
    return expect(l, TABLE_IAM_ATTACHMENTS, iam_key_pair(&l->r, l->second, l->first),
                  "the other side is not there");
}

static status member(struct look *l) {
    TRY(expect(l, TABLE_IAM_GROUPS, iam_key(&l->r, l->first), "the group is not there"));
    TRY(expect(l, TABLE_IAM_USERS, iam_key(&l->r, l->second), "the user is not there"));
    return expect(l, TABLE_IAM_GROUPS_OF_USER, iam_key_pair(&l->r, l->second, l->first),
                  "the user's side is not there");
}

static status group_of_user(struct look *l) {
    return expect(l, TABLE_IAM_GROUP_MEMBERS, iam_key_pair(&l->r, l->second, l->first),
                  "the group's side is not there");
}

static status user_key(struct look *l) {
    bytes id = bytes_skip(l->key, l->key.len - ACCESS_KEY_ID_LEN);
    TRY(expect(l, TABLE_IAM_USERS, iam_key(&l->r, l->first), "the user is not there"));
    return expect(l, TABLE_ACCESS_KEYS, id, "the key is not there");
}

static status policy(struct look *l) {
    AUTO(buf) version = {0};
    struct iam_policy p;
    struct iam_policy_version v;
    bytes arn;
    TRY(iam_policy_arn(&l->r, l->name, &arn));
    TRY(iam_policy_load(&l->r, arn, &p));
    buf_printf(&version, "v%llu", (unsigned long long)p.default_version);
    status s = iam_policy_version_load(&l->r, arn, buf_bytes(&version), &v);
    if (s == E_NOT_FOUND)
        tell(l, "its default version is not there");
    return s == E_NOT_FOUND ? OK : s;
}

static status policy_version(struct look *l) {
    return expect(l, TABLE_IAM_POLICIES, iam_key(&l->r, l->first), "the policy is not there");
}

static const struct rule {
    enum table table;
    status (*look)(struct look *l);
} rules[] = {
    {TABLE_USER_ACCESS_KEYS, user_key},
    {TABLE_IAM_GROUP_MEMBERS, member},
    {TABLE_IAM_GROUPS_OF_USER, group_of_user},
    {TABLE_IAM_POLICIES, policy},
    {TABLE_IAM_POLICY_VERSIONS, policy_version},
    {TABLE_IAM_INLINE_POLICIES, owned},
    {TABLE_IAM_ATTACHMENTS, attachment},
    {TABLE_IAM_ATTACHED_TO, attached_to},
    {TABLE_IAM_TAGS, owned},
};

static status look_at(struct txn *t, struct registry_check *check, const struct rule *rule,
                      struct arena *memory, bytes key) {
    bytes name = bytes_skip(key, ACCOUNT_ID_LEN);
    size_t zero = bytes_find(name, 0);
    struct look l = {check,
                     {t, memory, bytes_slice(key, 0, ACCOUNT_ID_LEN), BYTES("-")},
                     rule->table,
                     key,
                     name,
                     bytes_slice(name, 0, zero),
                     bytes_skip(name, zero + 1)};
    check->rows++;
    return rule->look(&l);
}

static status walk_page(struct txn *t, struct registry_check *check, const struct rule *rule,
                        struct buf *from, bool *out_more) {
    AUTO(arena) memory = {0};
    struct scan scan = {.from = buf_bytes(from), .after = from->len > 0, .limit = PAGE_ROWS};
    struct row *rows;
    size_t count;
    TRY(store_scan(t, rule->table, &scan, &memory, &rows, &count));
    for (size_t i = 0; i < count; i++)
        TRY(look_at(t, check, rule, &memory, rows[i].key));
    *out_more = count == PAGE_ROWS;
    if (*out_more) {
        buf_clear(from);
        buf_append(from, rows[count - 1].key);
    }
    return OK;
}

status iam_check(struct txn *t, struct registry_check *check) {
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        AUTO(buf) from = {0};
        bool more = true;
        while (more)
            TRY(walk_page(t, check, &rules[i], &from, &more));
    }
    return OK;
}
