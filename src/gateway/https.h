/* Devices that publish by HTTPS [AWS device-gateway 12]:
 *
 *     POST /topics/TOPIC?qos=1  ─▶ the message, read whole ─▶ admission, on a worker: whose
 *     certificate, may it? ─▶ broker and rules ─▶ kept, with retain ─▶ 200 {"message":"OK",…}
 *
 * The client certificate says who it is, as at CONNECT, and is asked about at each request: a
 * change in the registry counts from the next one on. Nobody connects, so iot:Connect does not
 * count. An unknown certificate is a newcomer here too (gateway/newcomers.h), and is answered 403
 * with what was done about it. All of it on the connection's loop. */
#pragma once
#include "broker/message.h"
#include "gateway/admission.h"
#include "gateway/http.h"

/* https_start begins to answer a device's request; http_answered ends it. Fails with what is to be
 * answered instead, after which the connection ends. */
NODISCARD
status https_start(struct http_call *k);

/* https_write_message appends the body of every answer: {"message":…,"traceId":…}. */
void https_write_message(struct buf *out, const char *message);
/* https_reason tells of the certificate that came on the connection, if one did. */
void https_reason(struct connection *c, const char *event, const char *sentence);

/* ---- for those who are asked ---- */

/* https_message_of is what is to be published; any thread while the admission is under way. */
const struct publication *https_message_of(const struct https_publish *p);
/* https_role_alias_of is set where no message is published, but credentials of this role alias are
 * asked for (gateway/credentials.h); NULL for a message. */
const bytes *https_role_alias_of(const struct https_publish *p);
/* https_admitted continues when the worker has decided, https_kept when the message is on disk. */
void https_admitted(struct https_publish *p, const struct admission *a);
void https_kept(struct https_publish *p, status s, const char *text);
