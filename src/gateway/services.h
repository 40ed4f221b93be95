/* Device services on reserved topics: shadows, jobs, fleet provisioning and the rest [AWS
 * device-gateway 8].
 *
 *     PUBLISH ─▶ row of the table ─▶ the client's line, in order ─▶ worker ─▶ loop ─▶ …/accepted
 *                                                                                   …/rejected
 *
 * A service is a row of the table in services.c: a topic filter, a function that runs on a worker,
 * how it words refusals and who hears its answer. A client's requests are done one after the other,
 * so their answers come in order and a client keeps one worker busy at most; it may have
 * SERVICE_REQUESTS_MAX of them, more are rejected at once. What was acknowledged is done even when
 * the client has left; then nobody hears the answer. A service that nobody wrote yet says so as it
 * would refuse, so that no device waits in vain. */
#pragma once
#include "base/arena.h"
#include "base/status.h"
#include "codec/json.h"

struct mqtt_client;
struct mqtt_publish;
struct server;
struct service_line; /* a client's requests */

enum { SERVICE_REQUESTS_MAX = 16 };

enum service_format { SERVICE_JSON, SERVICE_CBOR };

/* A request, as a service sees it on a worker. All lives as long as the call. */
struct service_call {
    struct server *server;
    struct arena *arena;
    bytes account, client_id;
    bytes certificate_id; /* none: a client of the plain listener */
    bytes topic, payload;
    enum service_format format;   /* by the last level of the topic */
    bytes template_name, made_id; /* for the log: what a service provisioned by, and made */
    struct buf answer;            /* JSON text, whatever the format; wiped when it is sent */
};
/* A service fills in `answer`, or fails: the status is what the rejection is made of. */
typedef status service_function(struct service_call *c);

/* service_read reads the payload as its format has it; NULL for an empty one. E_INVALID. */
NODISCARD
status service_read(const struct service_call *c, const struct json **out_request);

/* services_answer looks at a message just published to a topic that begins with '$'. */
void services_answer(struct mqtt_client *m, const struct mqtt_publish *p);
/* services_leave lets go of a client's line, with the client. */
void services_leave(struct mqtt_client *m);
