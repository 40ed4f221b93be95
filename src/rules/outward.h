/* What deliveries of rules reach, lent by whoever runs them; all borrowed for as long as the outbox
 * works. */
#pragma once
#include <stdatomic.h>

#include "store/store.h"
#include "web/reach.h"

struct producers;
struct rule_delivery;
struct tables;

struct outward {
    struct store *store;
    bytes region;
    enum web_reach reach;
    const char *ca_file; /* trusted instead of the system's CAs; or NULL */
    const char *buckets; /* the folder that stands for S3 */
    const char *s3_url;  /* the server that is asked instead; or NULL */
    bytes s3_key_id, s3_secret;
    struct producers *producers; /* rules/producers.h */
    struct tables *tables;       /* rules/tables.h; NULL: no rule writes rows */
    const _Atomic bool *stop;    /* true ends what is under way */
    void *context;
    /* failed tells of a delivery that failed for good: for logs, and the rule's error action. */
    void (*failed)(void *context, bytes account, const struct rule_delivery *d,
                   const char *sentence);
};
