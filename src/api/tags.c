/* Tags [AWS control-plane 7]. */
#include "api/tags.h"

#include "api/handlers.h"

struct tags tags_in(const struct call *c) {
    const struct items *list = get_list(c->in, M_TAGS);
    struct tags tags = {.items = ARENA_ARRAY(c->arena, struct tag, list ? list->count : 0)};
    VALUES_EACH(v, list) {
        tags.items[tags.count++] =
            (struct tag){get_text(v->record, M_KEY), get_text(v->record, M_VALUE)};
    }
    return tags;
}

status put_new_tags(const struct call *c, bytes arn) {
    struct tags tags = tags_in(c);
    bytes resource;
    if (tags.count == 0)
        return OK;
    TRY(tags_resource_require(&c->registry, arn, &resource));
    return tags_set(&c->registry, resource, &tags);
}

status tag_resource(struct call *c) {
    struct tags tags = tags_in(c);
    bytes resource;
    TRY(tags_resource_require(&c->registry, get_text(c->in, M_RESOURCE_ARN), &resource));
    return tags_set(&c->registry, resource, &tags);
}

status untag_resource(struct call *c) {
    const struct items *list = get_list(c->in, M_TAG_KEYS);
    bytes *keys = ARENA_ARRAY(c->arena, bytes, list ? list->count : 0), resource;
    size_t count = 0;
    VALUES_EACH(v, list) {
        keys[count++] = v->text;
    }
    TRY(tags_resource_require(&c->registry, get_text(c->in, M_RESOURCE_ARN), &resource));
    return tags_unset(&c->registry, resource, keys, count);
}

/* All tags fit one page: the operation has no maxResults. */
status list_tags_for_resource(struct call *c) {
    struct page page = {.limit = TAGS_MAX, .token = get_text(c->in, M_NEXT_TOKEN)};
    struct tag_list list;
    bytes resource;
    TRY(tags_resource_require(&c->registry, get_text(c->in, M_RESOURCE_ARN), &resource));
    TRY(tags_list(&c->registry, resource, &page, &list));
    struct items *tags = put_list(c->out, M_TAGS);
    for (size_t i = 0; i < list.count; i++) {
        struct record *tag = add_record(tags);
        put_text(tag, M_KEY, list.items[i].key);
        put_text(tag, M_VALUE, list.items[i].value);
    }
    call_put_next(c, list.next);
    return OK;
}
