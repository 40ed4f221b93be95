#include "provisioning/first_connect.h"

#include <stdio.h>

#include <string.h>

#include "codec/json.h"
#include "identity/pem.h"
#include "provisioning/jitp.h"
#include "registry/ownership.h"

void first_connect_answer_done(struct first_connect_answer *a) {
    buf_done(&a->sentence);
}

/* One look at a newcomer, and what is done about it. */
struct visit {
    const struct first_connect *f;
    int64_t now_ms;
    char id[X509_ID_CHARACTERS + 1];
    bool is_registered;
    struct certificate_record certificate; /* when it is */
    struct stranger_verdict verdict;       /* when it is not */
    struct ca_record ca;                   /* that registered it, or does; without id when none */
    struct arena arena;
    struct first_connect_answer *answer;
};

static void visit_done(struct visit *v) {
    stranger_verdict_done(&v->verdict);
    arena_done(&v->arena);
}

static struct registry registry_of(struct visit *v, struct txn *t) {
    return (struct registry){t, &v->arena, bytes_from(v->answer->account), v->f->region};
}

/* ---- the event [AWS identity 5.4] ---- */

/* registered_ms is null when it happens now; on repeats it is text, as it is seen on AWS. */
static void compose_event(const struct visit *v, bytes ca_id, int64_t registered_ms,
                          struct buf *out) {
    struct json_writer w;
    AUTO(buf) since = {0};
    buf_printf(&since, "%lld", (long long)registered_ms);
    json_start(&w, out);
    json_object_begin(&w);
    json_name(&w, "certificateId");
    json_text(&w, v->id);
    json_name(&w, "caCertificateId");
    json_string(&w, ca_id);
    json_name(&w, "timestamp");
    json_i64(&w, v->now_ms);
    json_name(&w, "certificateStatus");
    json_text(&w, certificate_status_name(CERTIFICATE_PENDING_ACTIVATION));
    json_name(&w, "awsAccountId");
    json_text(&w, v->answer->account);
    json_name(&w, "certificateRegistrationTimestamp");
    if (registered_ms)
        json_string(&w, buf_bytes(&since));
    else
        json_null(&w);
    json_object_end(&w);
}

static void announce(const struct visit *v, struct txn *t, bytes ca_id, int64_t registered_ms) {
    AUTO(buf) topic = {0};
    AUTO(buf) payload = {0};
    buf_printf(&topic, "$aws/events/certificates/registered/%.*s", BYTES_ARG(ca_id));
    compose_event(v, ca_id, registered_ms, &payload);
    store_announce(t, bytes_from(v->answer->account), buf_bytes(&topic), buf_bytes(&payload));
}

/* ---- sentences ---- */

static void begin_sentence(struct visit *v, const char *event, enum identity_reason reason) {
    v->answer->event = event;
    buf_clear(&v->answer->sentence);
    buf_printf(&v->answer->sentence, "%s: ", identity_reason_name(reason));
}

static void say_registered(struct visit *v) {
    bytes ca_id = v->verdict.ca.id;
    begin_sentence(v, "connect.registered", IDENTITY_REGISTERED);
    buf_printf(&v->answer->sentence,
               "Certificate %s is registered now, by its CA %.*s, and PENDING_ACTIVATION; the "
               "event went to $aws/events/certificates/registered/%.*s. The device may come in "
               "when it is activated and has a policy: aws iot update-certificate "
               "--certificate-id %s --new-status ACTIVE",
               v->id, BYTES_ARG(ca_id), BYTES_ARG(ca_id), v->id);
}

/* Between the loop's question and now others were at work. */
static void say_activated(struct visit *v) {
    v->answer->event = "connect.refused";
    buf_printf(&v->answer->sentence, "Certificate %s was activated this moment: connect again",
               v->id);
}

/* ---- templates [AWS identity 6] ---- */

static void say_provisioned(struct visit *v, const struct provisioned *p) {
    begin_sentence(v, "connect.provisioned", IDENTITY_REGISTERED);
    buf_printf(&v->answer->sentence,
               "Certificate %s is registered by its CA %.*s and provisioned by that CA's template",
               v->id, BYTES_ARG(v->ca.id));
    (void)snprintf(v->answer->role_unknown, sizeof v->answer->role_unknown, "%.*s",
                   BYTES_ARG(p->role_unknown));
    if (p->thing_name.len)
        buf_printf(&v->answer->sentence, ", as the thing %.*s", BYTES_ARG(p->thing_name));
    buf_text(&v->answer->sentence, ": connect again");
}

/* The sentence of the template's failure has the place inside it. */
static void say_not_provisioned(struct visit *v, const char *why) {
    begin_sentence(v, "provisioning.failed", IDENTITY_PENDING_ACTIVATION);
    buf_printf(&v->answer->sentence,
               "The template of CA %.*s could not be run for certificate %s, which stays "
               "PENDING_ACTIVATION and is tried again when the device connects: %s",
               BYTES_ARG(v->ca.id), v->id, why);
}

/* Runs the template of the CA, if it has one, for what was registered now or earlier and is
 * pending; its failure is the device's answer, not ours. */
static void provision(struct visit *v) {
    struct registry r = registry_of(v, NULL);
    struct provisioning_options options = v->f->options;
    struct provisioned provisioned = {0};
    struct x509_names names;
    if (v->ca.registration_config.len == 0)
        return;
    struct jitp_device device = {bytes_from(v->id), &names, v->ca.registration_config};
    options.now_ms = v->now_ms;
    status s = x509_names_read(v->f->stranger.der, &v->arena, &names);
    if (s == OK)
        s = jitp_provision(v->f->store, &r, &device, &options, &provisioned);
    if (s == OK)
        say_provisioned(v, &provisioned);
    else
        say_not_provisioned(v, failure_text());
}

/* ---- registering ---- */

/* In the transaction that writes: the CA as it is now. */
static status check_ca(const struct registry *r, struct ca_record *ca) {
    TRY(ca_load(r, arena_copy(r->arena, ca->id), ca));
    if (!ca->auto_registration)
        return FAIL(E_CERTIFICATE_STATE, "Its CA %.*s has just stopped registering automatically",
                    BYTES_ARG(ca->id));
    return OK;
}

static status add(struct visit *v, struct txn *t) {
    struct registry r = registry_of(v, t);
    const struct x509_certificate *leaf = &v->verdict.leaf;
    struct certificate_new new = {.id = bytes_from(v->id),
                                  .ca_certificate_id = v->verdict.ca.id,
                                  .status = CERTIFICATE_PENDING_ACTIVATION,
                                  .by_service = true,
                                  .serial = leaf->names.serial,
                                  .not_before_ms = leaf->not_before_ms,
                                  .not_after_ms = leaf->not_after_ms};
    AUTO(buf) pem = {0};
    pem_encode("CERTIFICATE", leaf->der, &pem);
    new.pem = buf_bytes(&pem);
    v->ca = v->verdict.ca;
    TRY(check_ca(&r, &v->ca));
    TRY(certificate_register(&r, &new, NULL));
    announce(v, t, v->verdict.ca.id, 0);
    return OK;
}

static status in_writing(struct visit *v, status (*act)(struct visit *v, struct txn *t)) {
    struct txn *t;
    TRY(store_begin_write(v->f->store, &t));
    status s = act(v, t);
    if (s != OK) {
        store_rollback(t);
        return s;
    }
    return store_commit(t);
}

static bool is_of_the_store(status s) {
    return s == E_UNAVAILABLE || s == E_INTERNAL;
}

/* What happened meanwhile is told like any refusal. */
static status register_it(struct visit *v) {
    status s = in_writing(v, add);
    if (s == OK) {
        say_registered(v);
        provision(v);
    } else if (!is_of_the_store(s) && s != E_EXISTS) {
        begin_sentence(v, "connect.refused", IDENTITY_UNKNOWN_CERTIFICATE);
        buf_text(&v->answer->sentence, failure_text());
        s = OK;
    }
    return s;
}

/* ---- again, while pending ---- */

static status tell_again(struct visit *v, struct txn *t) {
    announce(v, t, v->certificate.ca_certificate_id, v->certificate.created_ms);
    return OK;
}

static bool is_due_for_event(const struct visit *v) {
    const struct certificate_record *c = &v->certificate;
    return c->status == CERTIFICATE_PENDING_ACTIVATION && c->ca_certificate_id.len > 0 &&
           c->not_after_ms >= v->now_ms;
}

static status repeat(struct visit *v) {
    struct identity_facts facts = {.has_certificate = true,
                                   .server_name = v->f->stranger.server_name,
                                   .server_name_known = true,
                                   .account = bytes_from(v->answer->account),
                                   .certificate_id = bytes_from(v->id),
                                   .certificate = &v->certificate};
    AUTO(buf) why = {0};
    enum identity_reason reason = identity_decide(&facts, v->now_ms, &why);
    if (reason == IDENTITY_ADMITTED) {
        say_activated(v);
        return OK;
    }
    begin_sentence(v, "connect.refused", reason);
    buf_append(&v->answer->sentence, buf_bytes(&why));
    if (reason != IDENTITY_PENDING_ACTIVATION || !is_due_for_event(v))
        return OK;
    TRY(in_writing(v, tell_again));
    buf_printf(&v->answer->sentence,
               ". The event went again to $aws/events/certificates/registered/%.*s",
               BYTES_ARG(v->certificate.ca_certificate_id));
    provision(v);
    return OK;
}

/* ---- looking ---- */

/* Without a server name the account is that of the CA in DEFAULT mode which the device sent along
 * [AWS identity 4.2, 5.2]. */
static status find_account(struct visit *v, struct txn *t) {
    const struct stranger *s = &v->f->stranger;
    for (size_t i = 0; s->server_name.len == 0 && i < s->chain_count; i++) {
        struct registry r = registry_of(v, t);
        struct ownership o;
        char id[X509_ID_CHARACTERS + 1];
        x509_id(s->chain[i], id);
        TRY(ca_ownership(&r, bytes_from(id), &o));
        if (!o.default_account[0])
            continue;
        memcpy(v->answer->account, o.default_account, sizeof v->answer->account);
        return OK;
    }
    return OK;
}

/* The CA of one that is registered may have been deleted since. */
static status look_at_ca(struct visit *v, const struct registry *r) {
    status s = v->certificate.ca_certificate_id.len
                   ? ca_load(r, v->certificate.ca_certificate_id, &v->ca)
                   : E_NOT_FOUND;
    return s == E_NOT_FOUND ? OK : s;
}

static status look(struct visit *v, struct txn *t) {
    AUTO(buf) why = {0};
    TRY(find_account(v, t));
    struct registry r = registry_of(v, t);
    status s = certificate_load(&r, bytes_from(v->id), &v->certificate);
    v->is_registered = s == OK;
    if (s == OK)
        return look_at_ca(v, &r);
    if (s != E_NOT_FOUND)
        return s;
    TRY(stranger_judge(&r, &v->f->stranger, v->now_ms, &v->verdict, &why));
    begin_sentence(v, "connect.refused", v->verdict.reason);
    buf_append(&v->answer->sentence, buf_bytes(&why));
    return OK;
}

static status visit(struct visit *v) {
    struct txn *t;
    TRY(store_begin_read(v->f->store, &t));
    status s = look(v, t);
    store_rollback(t);
    TRY(s);
    if (v->is_registered)
        return repeat(v);
    return v->verdict.reason == IDENTITY_REGISTERED ? register_it(v) : OK;
}

status first_connect(const struct first_connect *f, int64_t now_ms,
                     struct first_connect_answer *out_answer) {
    status s = E_EXISTS;
    memcpy(out_answer->account, f->account.ptr, sizeof out_answer->account - 1);
    /* registered by another connection between look and write: looked at again */
    for (int times = 0; times < 2 && s == E_EXISTS; times++) {
        struct visit v = {.f = f, .now_ms = now_ms, .answer = out_answer};
        x509_id(f->stranger.der, v.id);
        s = visit(&v);
        visit_done(&v);
    }
    return s;
}
