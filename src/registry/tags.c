/* Tags:
 *
 *     TAGS  account, "<type>/<name>" of the resource, 0, tag key → tag value */
#include "registry/tags.h"
#include "registry/internal.h"

/* Longest key and value: 128 and 256 characters, which the API counts [AWS model TagKey, TagValue].
 */
enum { KEY_BYTES_MAX = 128 * 4, VALUE_BYTES_MAX = 256 * 4 };

/* What may have tags, and where it is kept: a row per kind of resource. */
static const struct {
    enum arn_type type;
    enum table table;
} taggable[] = {
    {ARN_CA_CERTIFICATE, TABLE_CA_CERTIFICATES},
    {ARN_POLICY, TABLE_POLICIES},
    {ARN_ROLE_ALIAS, TABLE_ROLE_ALIASES},
    {ARN_THING_TYPE, TABLE_THING_TYPES},
    {ARN_THING_GROUP, TABLE_THING_GROUPS},
    {ARN_BILLING_GROUP, TABLE_BILLING_GROUPS},
    {ARN_PROVISIONING_TEMPLATE, TABLE_PROVISIONING_TEMPLATES},
    {ARN_CERTIFICATE_PROVIDER, TABLE_CERTIFICATE_PROVIDERS},
    {ARN_AUTHORIZER, TABLE_AUTHORIZERS},
    {ARN_RULE, TABLE_TOPIC_RULES},
    {ARN_DOMAIN_CONFIGURATION, TABLE_DOMAIN_CONFIGURATIONS},
};

/* The ARN of a domain configuration goes on after its name. */
static bytes name_of(const struct arn *arn) {
    if (arn->type != ARN_DOMAIN_CONFIGURATION)
        return arn->name;
    return bytes_slice(arn->name, 0, bytes_find(arn->name, '/'));
}

status tags_resource_require(const struct registry *r, bytes arn, bytes *out_resource) {
    struct arn parsed;
    bool exists;
    TRY(arn_parse(arn, &parsed));
    TRY(arn_check_ours(r, &parsed, arn));
    for (size_t i = 0; i < COUNT_OF(taggable); i++) {
        if (taggable[i].type != parsed.type)
            continue;
        TRY(object_has(r, taggable[i].table, key_of(r, name_of(&parsed)), &exists));
        if (!exists)
            return FAIL(E_NOT_FOUND, "The specified resource does not exist");
        *out_resource = resource_of(r, parsed.type, name_of(&parsed));
        return OK;
    }
    return FAIL(E_INVALID, "%.*s cannot have tags", BYTES_ARG(bytes_slice(arn, 0, 200)));
}

static status check_key(const struct tags *tags, size_t index) {
    bytes key = tags->items[index].key;
    if (key.len == 0 || key.len > KEY_BYTES_MAX)
        return FAIL(E_INVALID, "A tag key has 1 to 128 characters");
    if (bytes_start_with(key, BYTES("aws:")))
        return FAIL(E_INVALID, "Tag keys that begin with aws: are reserved: %.*s", BYTES_ARG(key));
    if (tags->items[index].value.len > VALUE_BYTES_MAX)
        return FAIL(E_INVALID, "The value of tag %.*s has more than 256 characters",
                    BYTES_ARG(key));
    for (size_t i = 0; i < index; i++)
        if (bytes_equal(tags->items[i].key, key))
            return FAIL(E_INVALID, "The tag key %.*s is given twice", BYTES_ARG(key));
    return OK;
}

static status too_many(bytes resource) {
    return FAIL(E_LIMIT, "%.*s would have more than %d tags: remove some first",
                BYTES_ARG(resource), TAGS_MAX);
}

static status tag_rows(const struct registry *r, bytes resource, struct row **out_rows,
                       size_t *out_count) {
    struct scan scan = {.prefix = key_of_pair(r, resource, (bytes){0}), .limit = TAGS_MAX + 1};
    return store_scan(r->txn, TABLE_TAGS, &scan, r->arena, out_rows, out_count);
}

status tags_set(const struct registry *r, bytes resource, const struct tags *tags) {
    struct row *rows;
    size_t count;
    if (tags->count > TAGS_MAX)
        return too_many(resource);
    for (size_t i = 0; i < tags->count; i++) {
        TRY(check_key(tags, i));
        TRY(store_save(r->txn, TABLE_TAGS, key_of_pair(r, resource, tags->items[i].key),
                       tags->items[i].value));
    }
    TRY(tag_rows(r, resource, &rows, &count));
    return count > TAGS_MAX ? too_many(resource) : OK;
}

status tags_unset(const struct registry *r, bytes resource, const bytes *keys, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (keys[i].len <= KEY_BYTES_MAX)
            TRY(store_remove(r->txn, TABLE_TAGS, key_of_pair(r, resource, keys[i])));
    return OK;
}

status tags_remove_all(const struct registry *r, bytes resource) {
    struct row *rows;
    size_t count;
    TRY(tag_rows(r, resource, &rows, &count));
    for (size_t i = 0; i < count; i++)
        TRY(store_remove(r->txn, TABLE_TAGS, rows[i].key));
    return OK;
}

status tags_list(const struct registry *r, bytes resource, const struct page *page,
                 struct tag_list *out_list) {
    struct tag_list l = {0};
    struct cursor c;
    struct row row;
    bool taken = true;
    bytes prefix = key_of_pair(r, resource, (bytes){0});
    TRY(cursor_start(r, TABLE_TAGS, prefix, false, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct tag, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        l.items[l.count++] = (struct tag){bytes_skip(row.key, prefix.len), row.value};
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}
