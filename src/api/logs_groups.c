#include "api/logs.h"

#include "store/record.h"

enum { PAGE_DEFAULT = 50 };

/* ---- tags ---- */

struct tag_pair {
    bytes key, value;
};

static size_t tags_read(bytes list, struct tag_pair out[LOG_TAGS_MAX]) {
    size_t count = 0;
    while (count < LOG_TAGS_MAX && record_list_next(&list, &out[count].key) &&
           record_list_next(&list, &out[count].value))
        count++;
    return count;
}

static bytes tags_write(struct arena *a, const struct tag_pair *tags, size_t count) {
    AUTO(buf) list = {0};
    for (size_t i = 0; i < count; i++) {
        if (!tags[i].key.ptr)
            continue;
        record_list_add(&list, tags[i].key);
        record_list_add(&list, tags[i].value);
    }
    return arena_copy(a, buf_bytes(&list));
}

static status tag_put(struct tag_pair tags[LOG_TAGS_MAX], size_t *io_count, bytes key,
                      bytes value) {
    if (bytes_start_with(key, BYTES("aws:")))
        return FAIL(E_INVALID, "Tag keys that begin with aws: are reserved: %.*s", BYTES_ARG(key));
    for (size_t i = 0; i < *io_count; i++)
        if (bytes_equal(tags[i].key, key)) {
            tags[i].value = value;
            return OK;
        }
    if (*io_count == LOG_TAGS_MAX)
        return FAIL(E_INVALID, "A log group has at most %d tags: remove some first", LOG_TAGS_MAX);
    tags[(*io_count)++] = (struct tag_pair){key, value};
    return OK;
}

static status tags_add(const struct call *c, bytes old, bytes *out_list) {
    struct tag_pair tags[LOG_TAGS_MAX];
    size_t count = tags_read(old, tags);
    VALUES_EACH(v, get_list(c->in, M_TAGS))
    TRY(tag_put(tags, &count, v->key, v->text));
    *out_list = tags_write(c->arena, tags, count);
    return OK;
}

static bytes tags_less(const struct call *c, bytes old, const struct items *keys) {
    struct tag_pair tags[LOG_TAGS_MAX];
    size_t count = tags_read(old, tags);
    VALUES_EACH(v, keys)
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(tags[i].key, v->text))
            tags[i].key = (bytes){0};
    return tags_write(c->arena, tags, count);
}

/* The ARN of a group; streams and the rest have no tags here. */
static status tagged_group(const struct call *c, const struct log_book *b, struct log_group *out) {
    bytes arn = get_text(c->in, M_RESOURCE_ARN), prefix = bytes_from(logs_group_arn(c, (bytes){0}));
    if (!bytes_start_with(arn, prefix))
        return FAIL(E_NOT_FOUND, "The specified resource does not exist.");
    bytes name = bytes_skip(arn, prefix.len);
    return log_group_load(b, bytes_slice(name, 0, bytes_find(name, ':')), out);
}

static status add_to(const struct call *c, const struct log_book *b, struct log_group *g) {
    TRY(tags_add(c, g->tags, &g->tags));
    return log_group_save(b, g);
}

static void list_of(struct call *c, const struct log_group *g) {
    struct tag_pair tags[LOG_TAGS_MAX];
    size_t count = tags_read(g->tags, tags);
    struct items *out = put_list(c->out, M_TAGS);
    for (size_t i = 0; i < count; i++)
        add_entry(out, tags[i].key, tags[i].value);
}

status logs_tag_group(struct call *c, const struct log_book *b) {
    struct log_group g;
    TRY(logs_group(c, b, &g));
    return add_to(c, b, &g);
}

status logs_tag_resource(struct call *c, const struct log_book *b) {
    struct log_group g;
    TRY(tagged_group(c, b, &g));
    return add_to(c, b, &g);
}

status logs_untag_group(struct call *c, const struct log_book *b) {
    struct log_group g;
    TRY(logs_group(c, b, &g));
    g.tags = tags_less(c, g.tags, get_list(c->in, M_TAGS));
    return log_group_save(b, &g);
}

status logs_untag_resource(struct call *c, const struct log_book *b) {
    struct log_group g;
    TRY(tagged_group(c, b, &g));
    g.tags = tags_less(c, g.tags, get_list(c->in, M_TAG_KEYS));
    return log_group_save(b, &g);
}

status logs_list_group_tags(struct call *c, const struct log_book *b) {
    struct log_group g;
    TRY(logs_group(c, b, &g));
    list_of(c, &g);
    return OK;
}

status logs_list_resource_tags(struct call *c, const struct log_book *b) {
    struct log_group g;
    TRY(tagged_group(c, b, &g));
    list_of(c, &g);
    return OK;
}

/* ---- groups ---- */

status logs_create_group(struct call *c, const struct log_book *b) {
    struct log_group g;
    bytes tags;
    TRY(tags_add(c, (bytes){0}, &tags));
    return log_group_create(b, get_text(c->in, M_LOG_GROUP_NAME), tags, c->now_ms, &g);
}

status logs_delete_group(struct call *c, const struct log_book *b) {
    return log_group_delete(b, get_text(c->in, M_LOG_GROUP_NAME));
}

/* The periods there are [AWS logs PutRetentionPolicy]. */
static bool is_period(int64_t days) {
    static const int periods[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                  365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
    for (size_t i = 0; i < COUNT_OF(periods); i++)
        if (periods[i] == days)
            return true;
    return false;
}

status logs_put_retention(struct call *c, const struct log_book *b) {
    struct log_group g;
    int64_t days = get_number(c->in, M_RETENTION_IN_DAYS, 0);
    if (!is_period(days))
        return FAIL(E_INVALID,
                    "1 validation error detected: Value '%lld' at 'retentionInDays' failed to "
                    "satisfy constraint: Member must satisfy enum value set: [1, 3, 5, 7, 14, 30, "
                    "60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, "
                    "3288, 3653]",
                    (long long)days);
    TRY(logs_group(c, b, &g));
    g.retention_days = (uint64_t)days;
    return log_group_save(b, &g);
}

status logs_delete_retention(struct call *c, const struct log_book *b) {
    struct log_group g;
    TRY(logs_group(c, b, &g));
    g.retention_days = 0;
    return log_group_save(b, &g);
}

static void put_group(struct call *c, struct items *list, const struct log_group *g) {
    struct record *r = add_record(list);
    const char *arn = logs_group_arn(c, g->name);
    put_text(r, M_LOG_GROUP_NAME, g->name);
    put_number(r, M_CREATION_TIME, g->created_ms);
    if (g->retention_days)
        put_number(r, M_RETENTION_IN_DAYS, (int64_t)g->retention_days);
    put_number(r, M_METRIC_FILTER_COUNT, 0);
    put_string(r, M_ARN, arena_printf(c->arena, "%s:*", arn));
    put_string(r, M_LOG_GROUP_ARN, arn);
    put_number(r, M_STORED_BYTES, (int64_t)g->size);
    put_text(r, M_LOG_GROUP_CLASS, BYTES("STANDARD"));
}

/* Goes through the groups until the page is full; *out_last is the last one given when there may be
 * more. */
static status put_groups(struct call *c, const struct log_book *b, bytes from, bytes *out_last) {
    struct items *list = put_list(c->out, M_LOG_GROUPS);
    bytes pattern = get_text(c->in, M_LOG_GROUP_NAME_PATTERN), given = from;
    size_t limit = (size_t)get_number(c->in, M_LIMIT, PAGE_DEFAULT);
    struct log_group_list groups;
    do {
        TRY(log_groups_list(b, get_text(c->in, M_LOG_GROUP_NAME_PREFIX), from, PAGE_DEFAULT,
                            &groups));
        for (size_t i = 0; i < groups.count; i++) {
            from = groups.items[i].name;
            if (pattern.len && bytes_search(from, pattern) == from.len)
                continue;
            if (list->count == limit) {
                *out_last = given;
                return OK;
            }
            put_group(c, list, &groups.items[i]);
            given = from;
        }
    } while (groups.count == PAGE_DEFAULT);
    return OK;
}

status logs_describe_groups(struct call *c, const struct log_book *b) {
    bytes after = {0}, last = {0};
    if (has(c->in, M_LOG_GROUP_NAME_PREFIX) && has(c->in, M_LOG_GROUP_NAME_PATTERN))
        return FAIL(E_INVALID, "LogGroup name prefix and LogGroup name pattern are mutually "
                               "exclusive parameters.");
    if (has(c->in, M_NEXT_TOKEN))
        TRY(logs_token_open(c->arena, get_text(c->in, M_NEXT_TOKEN), &after));
    TRY(put_groups(c, b, after, &last));
    if (last.len)
        put_text(c->out, M_NEXT_TOKEN, logs_token(c->arena, last));
    return OK;
}
