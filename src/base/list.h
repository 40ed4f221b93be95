/* An intrusive doubly linked list: the links live in the members, nothing is allocated.
 *
 * A `struct list` is both head and link. A head or a link outside any list points at itself. */
#pragma once
#include "base/memory.h"

struct list {
    struct list *next, *prev;
};

static inline void list_init(struct list *l) {
    l->next = l->prev = l;
}
static inline bool list_is_empty(const struct list *head) {
    return head->next == head;
}
static inline void list_push(struct list *head, struct list *link) { /* at the end */
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}
/* list_remove leaves the link pointing at itself: removing twice is fine. */
static inline void list_remove(struct list *link) {
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}
/* list_pop takes the first link, or NULL. */
static inline struct list *list_pop(struct list *head) {
    if (list_is_empty(head))
        return NULL;
    struct list *first = head->next;
    list_remove(first);
    return first;
}
/* Walks the links; the current one may be removed. */
#define LIST_EACH(link, head)                                                         \
    for (struct list *link = (head)->next, *next_##link = link->next; link != (head); \
         link = next_##link, next_##link = link->next)
