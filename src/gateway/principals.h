/* Live principals: which connections came with which certificate, so that a change in the registry
 * acts on them at once.
 *
 * After a commit every loop is told what changed; it marks the clients concerned, and a few at a
 * time are looked at again by a worker: a certificate that is no longer ACTIVE closes them, changed
 * policies are bound anew, and what the thing's type adds to messages is found anew. A certificate
 * that expires meanwhile closes them, too: within a second. */
#pragma once
#include "gateway/mqtt.h"

/* principal_join enters an admitted client; when the registry has changed since it was asked about,
 * it is looked at again. */
void principal_join(struct mqtt_client *m, const struct admission *a);
void principal_leave(struct mqtt_client *m); /* fine when it has not joined */

/* refresh_done continues with the answer about a live client. */
void refresh_done(struct admission *a);

/* principals_go_on looks at those that had to wait, because they were looked at already. */
void principals_go_on(struct plane *p);

/* principals_told is the store's listener: posts the changes to every loop. */
void principals_told(void *server, const struct change *changes, size_t count);
/* principals_look_again looks at every live client again: another process has changed what it did
 * not say. Any thread. */
void principals_look_again(struct server *server);
void principals_free(struct plane *p);

/* principals_revoked has those looked at again whose certificates are in the set; on the loop. */
struct revoked_set;
void principals_revoked(struct plane *p, const struct revoked_set *set);
