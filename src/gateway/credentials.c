#include "gateway/credentials.h"

#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "codec/date.h"
#include "codec/json.h"
#include "codec/percent.h"
#include "gateway/reasons.h"
#include "gateway/server.h"
#include "iam/role.h"
#include "iam/session.h"
#include "iam/trust.h"
#include "registry/role_alias.h"
#include "registry/thing.h"

static const bytes path_head = BYTES("/role-aliases/"), path_tail = BYTES("/credentials");

bool credentials_wanted(const struct http_request *r, struct arena *a, bytes *out_alias) {
    bytes path = r->path;
    if (!bytes_start_with(path, path_head) || !bytes_end_with(path, path_tail) ||
        path.len <= path_head.len + path_tail.len)
        return false;
    path = bytes_slice(path, path_head.len, path.len - path_head.len - path_tail.len);
    *out_alias = (bytes){0};
    return percent_decode(a, path, out_alias) == OK &&
           bytes_find(*out_alias, '/') == out_alias->len;
}

/* ---- answers ---- */

static struct api_response *begin(struct http_call *k, int code) {
    struct api_response *r = &k->answer;
    char *request_id = arena_alloc(&k->memory, 37);
    random_uuid(request_id);
    r->status = code;
    r->content_type = "application/json";
    r->headers[r->header_count++] =
        (struct http_header){BYTES("x-amzn-RequestId"), bytes_from(request_id)};
    return r;
}

void credentials_refuse(struct http_call *k, status s, const char *message) {
    const struct status_info *info = status_info(s);
    struct api_response *r = begin(k, info->http);
    struct json_writer w;
    r->headers[r->header_count++] =
        (struct http_header){BYTES("x-amzn-ErrorType"), bytes_from(info->aws_type)};
    json_start(&w, &r->body);
    json_object_begin(&w);
    json_name(&w, "message");
    json_text(&w, message);
    json_object_end(&w);
    http_answered(k);
}

static void write_member(struct json_writer *w, const char *name, bytes value) {
    json_name(w, name);
    json_string(w, value);
}

static void write_credentials(struct http_call *k, const struct iam_credentials *c) {
    struct api_response *r = begin(k, 200);
    struct json_writer w;
    char expiration[21];
    date_format_iso(c->expires_ms, expiration);
    r->is_secret = true;
    json_start(&w, &r->body);
    json_object_begin(&w);
    json_name(&w, "credentials");
    json_object_begin(&w);
    write_member(&w, "accessKeyId", bytes_from(c->access_key_id));
    write_member(&w, "secretAccessKey", bytes_from(c->secret));
    write_member(&w, "sessionToken", c->token);
    write_member(&w, "expiration", bytes_from(expiration));
    json_object_end(&w);
    json_object_end(&w);
}

/* ---- on a worker ---- */

/* In the call's memory. */
struct inquiry {
    struct job job;
    struct http_call *call;
    const char *account, *certificate_id;
    bytes alias;
    struct iam_credentials credentials;
    status result; /* OK, or what is answered, with AWS's words … */
    const char *message;
    char *why; /* … and a sentence for `kedge why` */
};

static status refuse(struct inquiry *q, status s, const char *message, const char *why) {
    q->result = s;
    q->message = message;
    q->why = arena_string(&q->call->memory, bytes_from(why));
    return FAIL(s, "%s", q->why);
}

/* The thing whose name the device gives must be its own. */
static status find_thing(struct inquiry *q, const struct registry *r, struct iam_caller *caller) {
    bytes name = http_header_find(&q->call->request, "x-amzn-iot-thingname");
    struct thing_record thing;
    bool attached;
    if (!name.ptr)
        return OK;
    TRY(thing_principal_is_attached(r, name, bytes_from(q->certificate_id), &attached));
    if (!attached)
        return refuse(q, E_ACCESS_DENIED, "Invalid thing name passed",
                      "the header x-amzn-iot-thingname names a thing that is not there or not "
                      "attached to the certificate: aws iot attach-thing-principal");
    TRY(thing_load(r, name, &thing));
    caller->thing_name = thing.name;
    caller->thing_type_name = thing.type_name;
    return OK;
}

static status find_alias(struct inquiry *q, const struct registry *r,
                         struct role_alias *out_alias) {
    status s = role_alias_load(r, q->alias, out_alias);
    if (s == E_NOT_FOUND)
        return refuse(q, s, "Role alias does not exist", failure_text());
    return s;
}

static status find_role(struct inquiry *q, const struct registry *r, const struct role_alias *alias,
                        struct iam_role *out_role) {
    status s = iam_service_may_assume(r, alias->role_arn, IAM_SERVICE_CREDENTIALS);
    if (s == E_NOT_FOUND || s == E_ACCESS_DENIED || s == E_INVALID)
        return refuse(q, E_INVALID,
                      "Unable to assume the role, or the role to assume does not exist",
                      failure_text());
    TRY(s);
    TRY(iam_role_load_arn(r, alias->role_arn, out_role));
    if (alias->duration_s <= out_role->max_session_s)
        return OK;
    return refuse(q, E_INVALID,
                  "The requested CredentialDurationSeconds exceeds the MaxSessionDuration set for "
                  "the role",
                  "the role alias gives credentials for longer than the role allows: aws iam "
                  "update-role --max-session-duration, or aws iot update-role-alias "
                  "--credential-duration-seconds");
}

static status issue(struct inquiry *q, const struct registry *r) {
    bytes certificate_id = bytes_from(q->certificate_id);
    struct iam_caller device = {0}, caller;
    struct role_alias alias;
    struct iam_role role;
    TRY(find_thing(q, r, &device));
    TRY(find_alias(q, r, &alias));
    TRY(find_role(q, r, &alias, &role));
    TRY(iam_caller_role(r, alias.role_arn, certificate_id, &caller));
    caller.certificate_id = certificate_id;
    caller.thing_name = device.thing_name;
    caller.thing_type_name = device.thing_type_name;
    return iam_session_issue(r, &caller, alias.duration_s, clock_wall_ms(), &q->credentials);
}

static status issue_in_transaction(struct inquiry *q) {
    struct server *s = q->call->connection->plane->server;
    struct registry r = {NULL, &q->call->memory, bytes_from(q->account),
                         bytes_from(s->settings->region)};
    TRY(store_begin_read(s->store, &r.txn));
    status result = issue(q, &r);
    store_rollback(r.txn);
    return result;
}

static void run(struct job *j) {
    struct inquiry *q = OWNER(j, struct inquiry, job);
    status s = issue_in_transaction(q);
    if (s != OK && q->result == OK)
        (void)refuse(q, s, "Internal failure", failure_text());
}

/* ---- on the loop ---- */

static void tell(const struct inquiry *q) {
    struct who who = {0};
    memcpy(who.account, q->account, strlen(q->account) + 1);
    memcpy(who.certificate_id, q->certificate_id, strlen(q->certificate_id) + 1);
    if (!q->call->connection->closed)
        reason_record(q->call->connection, &who, "credentials.refused", q->why);
}

static void done(struct job *j) {
    struct inquiry *q = OWNER(j, struct inquiry, job);
    struct http_call *k = q->call;
    if (q->result != OK) {
        tell(q);
        credentials_refuse(k, q->result, q->message);
        return;
    }
    write_credentials(k, &q->credentials);
    iam_credentials_done(&q->credentials);
    http_answered(k);
}

void credentials_issue(struct http_call *k, const char *account, const char *certificate_id) {
    struct inquiry *q = ARENA_NEW(&k->memory, struct inquiry);
    *q = (struct inquiry){.job = {.run = run, .done = done},
                          .call = k,
                          .account = account,
                          .certificate_id = certificate_id};
    (void)credentials_wanted(&k->request, &k->memory, &q->alias);
    struct plane *plane = k->connection->plane;
    if (workers_post(plane->server->workers[CREW_DEVICES], plane->loop, &q->job) != OK)
        credentials_refuse(k, E_UNAVAILABLE, "too many requests wait already; try again");
}
