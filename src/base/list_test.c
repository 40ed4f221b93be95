#include "base/list.h"

#include "support/testing.h"

struct item {
    struct list link;
    int value;
};

TEST(keeps_order_and_survives_removal_while_walking) {
    struct list head;
    struct item items[5];
    list_init(&head);
    for (int i = 0; i < 5; i++) {
        items[i].value = i;
        list_push(&head, &items[i].link);
    }
    LIST_EACH (link, &head) {
        if (OWNER(link, struct item, link)->value % 2)
            list_remove(link);
    }
    int sum = 0, count = 0;
    LIST_EACH (link, &head) {
        sum = sum * 10 + OWNER(link, struct item, link)->value;
        count++;
    }
    CHECK_INT(sum, 24); /* 0, 2, 4 */
    CHECK_INT(count, 3);
    list_remove(&items[1].link); /* twice is fine */
    CHECK(list_pop(&head) == &items[0].link);
    CHECK(list_pop(&head) && list_pop(&head));
    CHECK(!list_pop(&head) && list_is_empty(&head));
}

TEST_MAIN("base/list")
