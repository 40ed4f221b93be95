/* Users and their access keys. */
#include "api/iam.h"
#include "iam/tags.h"
#include "iam/user.h"

static bytes owner_of(const struct call *c, bytes name) {
    return iam_tags_owner(&c->registry, IAM_KIND_USER, name);
}

static void put_user(const struct call *c, const struct iam_user *user, struct record *r) {
    put_text(r, M_PATH, user->path);
    put_text(r, M_USER_NAME, user->name);
    put_text(r, M_USER_ID, user->id);
    put_text(r, M_ARN, iam_user_arn(&c->registry, user));
    put_time(r, M_CREATE_DATE, user->created_ms);
}

/* With what listings leave out. */
static status put_whole(const struct call *c, const struct iam_user *user, struct record *r) {
    put_user(c, user, r);
    iam_put_boundary(r, user->boundary);
    return iam_put_tags(c, owner_of(c, user->name), r);
}

status iam_create_user(struct call *c) {
    struct iam_user user = {
        .name = get_text(c->in, M_USER_NAME),
        .path = has(c->in, M_PATH) ? get_text(c->in, M_PATH) : BYTES("/"),
        .boundary = get_text(c->in, M_PERMISSIONS_BOUNDARY),
    };
    TRY(iam_check_boundary(c, user.boundary));
    TRY(iam_user_create(&c->registry, &user, &user));
    TRY(iam_keep_tags(c, owner_of(c, user.name)));
    return put_whole(c, &user, put_record(c->out, M_USER));
}

/* The root user has no name, and is as old as its account. */
static status put_root(struct call *c) {
    struct account account;
    TRY(account_load(c->registry.txn, c->registry.account, &account));
    struct record *r = put_record(c->out, M_USER);
    put_text(r, M_USER_ID, c->caller->user_id);
    put_text(r, M_ARN, iam_caller_root(c->arena, c->registry.account).arn);
    put_time(r, M_CREATE_DATE, account.created_ms);
    return OK;
}

status iam_get_user(struct call *c) {
    struct iam_user user;
    bytes name;
    TRY(iam_user_name(c, &name));
    if (name.len == 0)
        return put_root(c);
    TRY(iam_user_load(&c->registry, name, &user));
    return put_whole(c, &user, put_record(c->out, M_USER));
}

status iam_list_users(struct call *c) {
    struct iam_page page = iam_page_of(c);
    struct iam_user_list list;
    TRY(iam_user_list(&c->registry, &page, &list));
    struct items *users = put_list(c->out, M_USERS);
    for (size_t i = 0; i < list.count; i++)
        put_user(c, &list.items[i], add_record(users));
    iam_put_end(c, list.next);
    return OK;
}

status iam_update_user(struct call *c) {
    bytes name = get_text(c->in, M_USER_NAME);
    struct iam_user user;
    TRY(iam_user_load(&c->registry, name, &user));
    if (has(c->in, M_NEW_PATH)) {
        user.path = get_text(c->in, M_NEW_PATH);
        TRY(iam_user_save(&c->registry, &user));
    }
    if (has(c->in, M_NEW_USER_NAME))
        TRY(iam_user_rename(&c->registry, name, get_text(c->in, M_NEW_USER_NAME)));
    return OK;
}

status iam_delete_user(struct call *c) {
    return iam_user_delete(&c->registry, get_text(c->in, M_USER_NAME));
}

/* ---- tags, boundary ---- */

static status tagged(const struct call *c, bytes *out_owner) {
    const struct iam_entity user = {IAM_KIND_USER, get_text(c->in, M_USER_NAME)};
    *out_owner = owner_of(c, user.name);
    return iam_entity_require(&c->registry, &user);
}

status iam_tag_user(struct call *c) {
    bytes owner;
    TRY(tagged(c, &owner));
    return iam_keep_tags(c, owner);
}

status iam_untag_user(struct call *c) {
    bytes owner;
    TRY(tagged(c, &owner));
    return iam_untag(c, owner);
}

status iam_list_user_tags(struct call *c) {
    bytes owner;
    TRY(tagged(c, &owner));
    return iam_list_tags(c, owner);
}

static status set_boundary(struct call *c, bytes arn) {
    struct iam_user user;
    TRY(iam_user_load(&c->registry, get_text(c->in, M_USER_NAME), &user));
    TRY(iam_check_boundary(c, arn));
    user.boundary = arn;
    return iam_user_save(&c->registry, &user);
}

status iam_put_user_boundary(struct call *c) {
    return set_boundary(c, get_text(c->in, M_PERMISSIONS_BOUNDARY));
}

status iam_delete_user_boundary(struct call *c) {
    return set_boundary(c, (bytes){0});
}

/* ---- access keys ---- */

/* The user there is, or the root user. */
static status key_owner(const struct call *c, bytes *out_name) {
    TRY(iam_user_name(c, out_name));
    if (out_name->len == 0)
        return OK;
    return iam_entity_require(&c->registry, &(struct iam_entity){IAM_KIND_USER, *out_name});
}

static void put_key(struct record *r, const struct access_key *key) {
    if (key->user[0])
        put_string(r, M_USER_NAME, key->user);
    put_string(r, M_ACCESS_KEY_ID, key->id);
    put_string(r, M_STATUS, key->inactive ? "Inactive" : "Active");
    put_time(r, M_CREATE_DATE, key->created_ms);
}

status iam_create_access_key(struct call *c) {
    AUTO(access_key) key = {0};
    struct access_key *others;
    size_t count;
    bytes user;
    TRY(key_owner(c, &user));
    TRY(access_key_list(c->registry.txn, c->registry.account, user, c->arena, &others, &count));
    if (count >= IAM_USER_KEYS_MAX)
        return FAIL(E_LIMIT, "Cannot exceed quota for AccessKeysPerUser: %d", IAM_USER_KEYS_MAX);
    TRY(access_key_create(c->registry.txn, c->registry.account, user, c->now_ms, &key));
    struct record *r = put_record(c->out, M_ACCESS_KEY);
    put_key(r, &key);
    put_string(r, M_SECRET_ACCESS_KEY, key.secret);
    c->is_secret = true;
    return OK;
}

status iam_list_access_keys(struct call *c) {
    struct access_key *keys;
    size_t count;
    bytes user;
    TRY(key_owner(c, &user));
    TRY(access_key_list(c->registry.txn, c->registry.account, user, c->arena, &keys, &count));
    struct items *list = put_list(c->out, M_ACCESS_KEY_METADATA);
    for (size_t i = 0; i < count; i++)
        put_key(add_record(list), &keys[i]);
    iam_put_end(c, (bytes){0});
    return OK;
}

status iam_update_access_key(struct call *c) {
    bool inactive = bytes_equal(get_text(c->in, M_STATUS), BYTES("Inactive"));
    bytes user, id = get_text(c->in, M_ACCESS_KEY_ID);
    TRY(key_owner(c, &user));
    if (inactive && user.len == 0 && bytes_equal(id, c->caller->access_key_id))
        return FAIL(E_INVALID, "The root user's key cannot be made inactive by itself: nobody "
                               "could make it active again");
    return access_key_set_inactive(c->registry.txn, c->registry.account, user, id, inactive);
}

/* The last key of the root user stays: it is what `kedge env` gives. */
status iam_delete_access_key(struct call *c) {
    struct access_key *keys;
    size_t count;
    bytes user;
    TRY(key_owner(c, &user));
    TRY(access_key_list(c->registry.txn, c->registry.account, user, c->arena, &keys, &count));
    if (user.len == 0 && count == 1)
        return FAIL(E_DELETE_CONFLICT, "The root user of an account keeps one access key: kedge "
                                       "account rotate-key replaces it");
    return access_key_delete(c->registry.txn, c->registry.account, user,
                             get_text(c->in, M_ACCESS_KEY_ID));
}

static status load_key(const struct call *c, bytes id, struct access_key *out_key) {
    status s = access_key_load(c->registry.txn, id, out_key);
    if (s == E_TOKEN_INVALID ||
        (s == OK && !bytes_equal(bytes_from(out_key->account), c->registry.account)))
        return FAIL(E_NOT_FOUND, "The Access Key with id %.*s cannot be found.",
                    BYTES_ARG(bytes_slice(id, 0, 128)));
    return s;
}

status iam_get_access_key_last_used(struct call *c) {
    AUTO(access_key) key = {0};
    bytes id = get_text(c->in, M_ACCESS_KEY_ID);
    struct access_key_use use;
    TRY(load_key(c, id, &key));
    TRY(access_key_use_load(c->registry.txn, c->registry.account, id, c->arena, &use));
    if (key.user[0])
        put_string(c->out, M_USER_NAME, key.user);
    struct record *r = put_record(c->out, M_ACCESS_KEY_LAST_USED);
    if (use.time_ms > 0)
        put_time(r, M_LAST_USED_DATE, use.time_ms);
    put_text(r, M_SERVICE_NAME, use.service.len ? use.service : BYTES("N/A"));
    put_text(r, M_REGION, use.region.len ? use.region : BYTES("N/A"));
    return OK;
}

/* Accounts of this server have none. */
status iam_list_account_aliases(struct call *c) {
    (void)put_list(c->out, M_ACCOUNT_ALIASES);
    iam_put_end(c, (bytes){0});
    return OK;
}
