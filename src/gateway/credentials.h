/* The credentials provider: temporary credentials of a role for a device that shows its certificate
 * [AWS identity 11.3]:
 *
 *     GET /role-aliases/ALIAS/credentials ─▶ admission, which asks the certificate's policies for
 *     iot:AssumeRoleWithCertificate ─▶ here, on a worker: thing, alias, role ─▶ 200
 * {"credentials":…}
 *
 * On the --https listener, whatever the server name; the endpoint iot:CredentialProvider leads to
 * it. Which account it is says the server name, as for all that devices do. */
#pragma once
#include "gateway/http.h"

/* credentials_wanted tells whether it is such a request, and takes the alias out of its path; no
 * bytes for a path that has none. */
bool credentials_wanted(const struct http_request *r, struct arena *a, bytes *out_alias);

/* credentials_issue answers a request whose certificate may have them; on the loop. Both texts have
 * a zero and live as long as the call. */
void credentials_issue(struct http_call *k, const char *account, const char *certificate_id);
/* credentials_refuse answers one that may not: in AWS's words, which say little; the reason is for
 * the log. */
void credentials_refuse(struct http_call *k, status s, const char *message);
