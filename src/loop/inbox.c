#include "loop/inbox.h"

static struct task asleep; /* only its address counts */

static struct task *reversed(struct task *first) {
    struct task *turned = NULL;
    while (first) {
        struct task *next = first->next;
        first->next = turned;
        turned = first;
        first = next;
    }
    return turned;
}

bool inbox_push(struct inbox *in, struct task *first, struct task *last) {
    (void)reversed(first); /* now last … first, as the inbox keeps them */
    struct task *head = atomic_load_explicit(&in->head, memory_order_relaxed);
    do
        first->next = head == &asleep ? NULL : head;
    while (!atomic_compare_exchange_weak_explicit(&in->head, &head, last, memory_order_acq_rel,
                                                  memory_order_relaxed));
    return head == &asleep;
}

struct task *inbox_take(struct inbox *in) {
    struct task *head = atomic_exchange_explicit(&in->head, NULL, memory_order_acq_rel);
    return head == &asleep ? NULL : reversed(head);
}

bool inbox_sleep(struct inbox *in) {
    struct task *none = NULL;
    return atomic_compare_exchange_strong_explicit(&in->head, &none, &asleep, memory_order_acq_rel,
                                                   memory_order_relaxed);
}

bool inbox_is_empty(struct inbox *in) {
    struct task *head = atomic_load_explicit(&in->head, memory_order_relaxed);
    return !head || head == &asleep;
}
