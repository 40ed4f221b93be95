#include "iam/evaluate.h"

#include <stdio.h>

#include "codec/date.h"
#include "iam/kept.h"
#include "iam/tags.h"

/* ---- what is known of a request ---- */

static void know_list(struct iam_access *x, const char *key, const bytes *values, size_t count) {
    if (x->key_count < IAM_KEYS_MAX && count > 0)
        x->keys[x->key_count++] = (struct policy_request_value){bytes_from(key), values, count};
}

/* A value without bytes is not known. */
static void know(struct iam_access *x, const char *key, bytes value) {
    bytes *copy = ARENA_NEW(x->registry->arena, bytes);
    *copy = value;
    if (value.ptr)
        know_list(x, key, copy, 1);
}

static const char *type_of(const struct iam_caller *c) {
    return c->kind == IAM_ROOT ? "Account" : c->kind == IAM_USER ? "User" : "AssumedRole";
}

static bytes time_text(struct arena *a, int64_t ms) {
    char text[21];
    date_format_iso(ms, text);
    return arena_copy(a, bytes_from(text));
}

static void know_caller(struct iam_access *x) {
    const struct iam_caller *c = x->caller;
    know(x, "aws:PrincipalArn", c->kind == IAM_ROLE_SESSION ? c->role_arn : c->arn);
    know(x, "aws:PrincipalAccount", c->account);
    know(x, "aws:PrincipalType", bytes_from(type_of(c)));
    know(x, "aws:userid", c->user_id);
    if (c->kind == IAM_USER)
        know(x, "aws:username", c->name);
    if (c->issued_ms > 0)
        know(x, "aws:TokenIssueTime", time_text(x->registry->arena, c->issued_ms));
    know(x, "credentials-iot:ThingName", c->thing_name.len ? c->thing_name : (bytes){0});
    know(x, "credentials-iot:ThingTypeName",
         c->thing_type_name.len ? c->thing_type_name : (bytes){0});
    know(x, "credentials-iot:AwsCertificateId",
         c->certificate_id.len ? c->certificate_id : (bytes){0});
}

static void know_circumstances(struct iam_access *x, const struct iam_circumstances *by) {
    struct arena *a = x->registry->arena;
    know(x, "aws:SourceIp", by->source_ip);
    know(x, "aws:SecureTransport", by->is_secure ? BYTES("true") : BYTES("false"));
    know(x, "aws:RequestedRegion", x->registry->region);
    know(x, "aws:ResourceAccount", x->registry->account);
    know(x, "aws:CurrentTime", time_text(a, by->now_ms));
    know(x, "aws:EpochTime", bytes_from(arena_printf(a, "%lld", (long long)(by->now_ms / 1000))));
}

static status know_tags(struct iam_access *x) {
    const struct iam_caller *c = x->caller;
    enum iam_kind kind = c->kind == IAM_USER ? IAM_KIND_USER : IAM_KIND_ROLE;
    struct tags tags;
    TRY(iam_tags_load(x->registry, iam_tags_owner(x->registry, kind, c->name), &tags));
    for (size_t i = 0; i < tags.count; i++)
        know(
            x,
            arena_printf(x->registry->arena, "aws:PrincipalTag/%.*s", BYTES_ARG(tags.items[i].key)),
            tags.items[i].value);
    return OK;
}

/* ---- gathering ---- */

static status keep(struct iam_access *x, const struct iam_document *d) {
    if (policy_document_keep(POLICY_FORM_IDENTITY, d->name, d->text,
                             &x->documents[d->part][x->count[d->part]]) != OK) {
        const char *why = arena_string(x->registry->arena, bytes_from(failure_text()));
        return FAIL(E_INTERNAL, "the policy \"%.*s\" cannot be read: %s", BYTES_ARG(d->name), why);
    }
    x->count[d->part]++;
    return OK;
}

static bool speaks_of(const struct iam_documents *documents, const char *key) {
    bytes word = bytes_from(key);
    for (size_t i = 0; i < documents->count; i++)
        if (bytes_search(documents->items[i].text, word) < documents->items[i].text.len)
            return true;
    return false;
}

static status gather_anew(struct iam_access *x) {
    struct iam_documents found;
    TRY(iam_policies_of(x->registry, x->caller, &found));
    x->missing = found.missing;
    x->asks_resource_tags = speaks_of(&found, "ResourceTag/");
    for (size_t part = 0; part < IAM_PARTS; part++)
        x->documents[part] = ARENA_ARRAY(x->registry->arena, struct policy_document *, found.count);
    for (size_t i = 0; i < found.count; i++)
        TRY(keep(x, &found.items[i]));
    return speaks_of(&found, "PrincipalTag/") ? know_tags(x) : OK;
}

static status gather(struct iam_access *x) {
    size_t first_tag = x->key_count;
    uint64_t generation;
    TRY(iam_generation(x->registry, &generation));
    if (generation > 0 && iam_kept_find(x, generation))
        return OK;
    TRY(gather_anew(x));
    if (generation > 0)
        iam_kept_add(x, generation, first_tag);
    return OK;
}

status iam_access_open(struct iam_access *access, const struct registry *r,
                       const struct iam_caller *caller,
                       const struct iam_circumstances *circumstances) {
    *access = (struct iam_access){.registry = r, .caller = caller};
    access->keys = ARENA_ARRAY(r->arena, struct policy_request_value, IAM_KEYS_MAX);
    know_caller(access);
    know_circumstances(access, circumstances);
    return caller->kind == IAM_ROOT ? OK : gather(access);
}

void iam_access_done(struct iam_access *access) {
    for (size_t part = 0; part < IAM_PARTS; part++)
        while (access->count[part] > 0)
            policy_document_unref(access->documents[part][--access->count[part]]);
}

/* ---- deciding ---- */

/* The kinds of policy, as AWS calls them in its sentences. */
static const char *const part_names[IAM_PARTS] = {
    [IAM_IDENTITY] = "identity-based policy",
    [IAM_BOUNDARY] = "permissions boundary",
    [IAM_SESSION] = "session policy",
};

struct question {
    struct policy_question of;
    struct policy_request known;
    struct policy_asker asker;
};

/* All keys: the caller's, then those of the action. */
static void question_of(const struct iam_access *x, const struct iam_ask *ask,
                        struct question *out) {
    size_t count = x->key_count + ask->key_count;
    struct policy_request_value *keys =
        ARENA_ARRAY(x->registry->arena, struct policy_request_value, count);
    for (size_t i = 0; i < count; i++)
        keys[i] = i < x->key_count ? x->keys[i] : ask->keys[i - x->key_count];
    out->known = (struct policy_request){keys, count};
    out->asker = (struct policy_asker){
        .arn = x->caller->arn, .role_arn = x->caller->role_arn, .account = x->caller->account};
    out->of = (struct policy_question){
        .action = ask->action, .resource = ask->resource, .known = &out->known};
}

static struct policy_decision decide(const struct iam_access *x, size_t part,
                                     const struct question *q) {
    return policy_access_check(x->documents[part], x->count[part], &q->of, x->registry->arena);
}

/* Whether the policies of the resource allow this caller by name, and whether they deny. */
static struct policy_decision ask_resource(const struct iam_access *x, const struct iam_ask *ask,
                                           const struct question *q) {
    struct policy_question of = q->of;
    of.asker = &q->asker;
    of.reach = POLICY_ABOUT_ASKER;
    return policy_access_check(ask->resource_policies, ask->resource_policy_count, &of,
                               x->registry->arena);
}

#define SHOWN(text) BYTES_ARG(bytes_slice((text), 0, 1000))

static status refuse(const struct iam_access *x, const struct iam_ask *ask,
                     enum policy_verdict verdict, const char *kind) {
    char because[200];
    const char *article = kind[0] == 'i' ? "an" : "a";
    if (verdict == POLICY_EXPLICIT_DENY)
        (void)snprintf(because, sizeof because, "with an explicit deny in %s %s", article, kind);
    else
        (void)snprintf(because, sizeof because, "because no %s allows the %.*s action", kind,
                       SHOWN(ask->action));
    return FAIL(E_ACCESS_DENIED,
                "User: %.*s is not authorized to perform: %.*s on resource: %.*s %s",
                SHOWN(x->caller->arn), SHOWN(ask->action), SHOWN(ask->resource), because);
}

/* AWS has no word for that: there it cannot be. */
static status refuse_missing(const struct iam_access *x, const struct iam_ask *ask) {
    bytes who = x->caller->kind == IAM_ROLE_SESSION ? x->caller->role_arn : x->caller->arn;
    return FAIL(E_ACCESS_DENIED,
                "User: %.*s is not authorized to perform: %.*s on resource: %.*s because no "
                "identity-based policy allows the %.*s action: %.*s, or its permissions boundary, "
                "does not exist",
                SHOWN(x->caller->arn), SHOWN(ask->action), SHOWN(ask->resource), SHOWN(ask->action),
                SHOWN(who));
}

/* A boundary and a session's policies count when there are any. */
static bool is_bound_by(const struct iam_access *x, size_t part) {
    return part == IAM_IDENTITY || x->count[part] > 0;
}

/* Which part stands in the way; IAM_PARTS when none does. A Deny comes first, wherever it is; what
 * a resource's policy allows somebody by name needs no identity-based policy. */
static size_t obstacle(const struct iam_access *x, const struct question *q, bool by_resource,
                       struct policy_decision *out_decision) {
    size_t first = IAM_PARTS;
    for (size_t part = 0; part < IAM_PARTS; part++) {
        struct policy_decision d = decide(x, part, q);
        bool fails = d.verdict != POLICY_ALLOWED && is_bound_by(x, part) &&
                     !(part == IAM_IDENTITY && by_resource && d.verdict == POLICY_IMPLICIT_DENY);
        if (d.verdict == POLICY_EXPLICIT_DENY) {
            *out_decision = d;
            return part;
        }
        if (fails && first == IAM_PARTS) {
            *out_decision = d;
            first = part;
        }
    }
    return first;
}

status iam_access_check(const struct iam_access *access, const struct iam_ask *ask) {
    struct policy_decision d = {0};
    struct question q;
    if (access->caller->kind == IAM_ROOT && access->count[IAM_SESSION] == 0)
        return OK;
    question_of(access, ask, &q);
    struct policy_decision resource = ask_resource(access, ask, &q);
    if (resource.verdict == POLICY_EXPLICIT_DENY)
        return refuse(access, ask, resource.verdict, "resource-based policy");
    if (access->missing)
        return refuse_missing(access, ask);
    bool by_resource = ask->is_granted || resource.verdict == POLICY_ALLOWED;
    size_t part = obstacle(access, &q, by_resource, &d);
    return part == IAM_PARTS ? OK : refuse(access, ask, d.verdict, part_names[part]);
}

void iam_access_explain(const struct iam_access *access, const struct iam_ask *ask,
                        struct buf *out) {
    struct policy_decision d = {0};
    struct question q;
    if (access->caller->kind == IAM_ROOT) {
        buf_text(out, "the root user may do all in its account");
        return;
    }
    if (access->missing) {
        buf_text(out, "it, or its permissions boundary, does not exist in IAM");
        return;
    }
    question_of(access, ask, &q);
    size_t part = obstacle(access, &q, ask_resource(access, ask, &q).verdict == POLICY_ALLOWED, &d);
    if (part == IAM_PARTS) {
        part = IAM_IDENTITY;
        d = decide(access, part, &q);
    }
    buf_printf(out, "%s: ", part_names[part]);
    policy_access_explain(access->documents[part], access->count[part], d, &q.of, out);
}

status iam_authorize(const struct registry *r, const struct iam_caller *caller,
                     const struct iam_circumstances *circumstances, const struct iam_ask *ask) {
    AUTO(iam_access) access = {0};
    TRY(iam_access_open(&access, r, caller, circumstances));
    return iam_access_check(&access, ask);
}
