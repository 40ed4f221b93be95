#include "broker/publisher.h"

status publisher_publish(struct publisher *p, bytes account, const struct publication *m) {
    if (!p)
        return FAIL(E_UNAVAILABLE, "this server has no broker to publish with");
    return p->ops->publish(p, account, m);
}
