#include "provisioning/fleet.h"

#include "account/account.h"
#include "identity/key_pool.h"
#include "provisioning/hook.h"
#include "registry/provisioning_claim.h"
#include "registry/unclaimed.h"
#include "template/template.h"

enum { SWEEP_ROWS = 100 };

void fleet_certificate_done(struct fleet_certificate *c) {
    issued_done(&c->issued);
    mem_wipe(c->token, sizeof c->token);
}

static struct registry registry_of(const struct fleet *f, const struct fleet_caller *who,
                                   struct arena *a) {
    return (struct registry){.arena = a, .account = who->account, .region = f->source.region};
}

/* A claim by a trusted user ends, for who is connected with it too [AWS identity 8.3]; any other
 * certificate may ask as long as its policies let it. */
static status check_caller(const struct registry *r, const struct fleet_caller *who,
                           int64_t now_ms) {
    struct provisioning_claim claim;
    if (who->certificate_id.len == 0)
        return OK;
    status s = provisioning_claim_load(r, who->certificate_id, &claim);
    if (s == E_NOT_FOUND)
        return OK;
    TRY(s);
    if (now_ms <= claim.expires_ms + PROVISIONING_CLAIM_MS)
        return OK;
    return FAIL(E_ACCESS_DENIED,
                "The provisioning claim has ended: a trusted user has to create a new one "
                "(create-provisioning-claim)");
}

static status check_caller_now(const struct fleet *f, const struct fleet_caller *who,
                               int64_t now_ms, struct arena *a) {
    struct registry r = registry_of(f, who, a);
    TRY(store_begin_read(f->source.store, &r.txn));
    status s = check_caller(&r, who, now_ms);
    store_rollback(r.txn);
    return s;
}

/* ---- a certificate ---- */

static status keep_certificate(const struct registry *r, int64_t now_ms,
                               struct fleet_certificate *c) {
    struct registered registered;
    size_t swept;
    TRY(unclaimed_sweep(r, now_ms, SWEEP_ROWS, &swept));
    TRY(register_unclaimed(r, &c->issued, &registered));
    return ownership_issue(r, registered.id, now_ms, c->token);
}

/* What was issued goes to the caller, or is wiped. */
static status finish_certificate(const struct fleet *f, const struct fleet_caller *who,
                                 int64_t now_ms, struct arena *a, struct fleet_certificate *c,
                                 struct fleet_certificate *out_certificate) {
    struct registry r = registry_of(f, who, a);
    status s = store_begin_write(f->source.store, &r.txn);
    if (s == OK) {
        s = keep_certificate(&r, now_ms, c);
        if (s == OK)
            s = store_commit(r.txn);
        else
            store_rollback(r.txn);
    }
    if (s == OK)
        *out_certificate = *c;
    else
        fleet_certificate_done(c);
    return s;
}

status fleet_make_certificate(const struct fleet *f, const struct fleet_caller *who, int64_t now_ms,
                              struct arena *a, struct fleet_certificate *out_certificate) {
    struct fleet_certificate c = {0};
    TRY(check_caller_now(f, who, now_ms, a));
    TRY(issuer_issue_keys(f->source.issuer, f->keys, now_ms, &c.issued));
    return finish_certificate(f, who, now_ms, a, &c, out_certificate);
}

status fleet_certify(const struct fleet *f, const struct fleet_caller *who, bytes csr,
                     int64_t now_ms, struct arena *a, struct fleet_certificate *out_certificate) {
    struct fleet_certificate c = {0};
    struct certificate_request request = {who->account, csr, who->certificate_id, who->client_id};
    TRY(check_caller_now(f, who, now_ms, a));
    TRY(certificate_source_issue(&f->source, &request, now_ms, a, &c.issued));
    return finish_certificate(f, who, now_ms, a, &c, out_certificate);
}

/* ---- a device ---- */

/* What is looked up before anything is asked or done. */
struct preparation {
    struct provisioning_template template;
    bytes template_arn;
    struct certificate_record certificate;
    struct template_parameters parameters;
};

static status check_template(const struct provisioning_template *t) {
    if (t->type != PROVISIONING_TEMPLATE_FLEET)
        return FAIL(E_INVALID,
                    "The provisioning template %.*s is of type JITP: devices provision themselves "
                    "by templates of type FLEET_PROVISIONING",
                    BYTES_ARG(t->name));
    if (!t->enabled)
        return FAIL(E_ACCESS_DENIED,
                    "The provisioning template %.*s is disabled: "
                    "update-provisioning-template --enabled",
                    BYTES_ARG(t->name));
    return OK;
}

static status look_up(const struct registry *r, const struct fleet_caller *who,
                      const struct fleet_provisioning *p, int64_t now_ms, struct preparation *out) {
    bytes id;
    TRY(check_caller(r, who, now_ms));
    TRY(provisioning_template_load(r, p->template_name, &out->template));
    TRY(check_template(&out->template));
    TRY(ownership_find(r, p->token, now_ms, &id));
    out->template_arn = provisioning_template_arn(r, p->template_name);
    status s = certificate_load(r, id, &out->certificate);
    if (s == E_NOT_FOUND)
        return FAIL(E_OWNERSHIP_TOKEN,
                    "The certificate of the ownership token was deleted: ask for a new one");
    return s;
}

/* The device's, then the hook's, then what only we know: later ones count. */
static status gather_parameters(const struct fleet *f, const struct fleet_caller *who,
                                const struct fleet_provisioning *p, struct arena *a,
                                struct preparation *prepared) {
    struct plan_pair *own, *overrides;
    size_t own_count, override_count, count = 0;
    TRY(pairs_read(p->parameters, "parameters", a, &own, &own_count));
    struct hook_question question = {&prepared->template,
                                     prepared->template_arn,
                                     prepared->certificate.id,
                                     prepared->certificate.pem,
                                     own,
                                     own_count};
    TRY(hook_ask(f, who, &question, a, &overrides, &override_count));
    struct plan_pair *all = ARENA_ARRAY(a, struct plan_pair, own_count + override_count + 1);
    for (size_t i = 0; i < own_count; i++)
        all[count++] = own[i];
    for (size_t i = 0; i < override_count; i++)
        all[count++] = overrides[i];
    all[count++] = (struct plan_pair){BYTES("AWS::IoT::Certificate::Id"), prepared->certificate.id};
    prepared->parameters = (struct template_parameters){all, count};
    return OK;
}

static status check_plan(const struct plan *plan, bytes certificate_id) {
    if (!plan->certificate)
        return FAIL(E_INVALID, "The template has no AWS::IoT::Certificate resource: the device's "
                               "certificate would stay PENDING_ACTIVATION");
    if (!bytes_equal(plan->certificate->id, certificate_id))
        return FAIL(E_INVALID,
                    "Resources.%.*s: CertificateId must be {\"Ref\": "
                    "\"AWS::IoT::Certificate::Id\"}, the certificate that the token is for",
                    BYTES_ARG(plan->certificate->logical_id));
    return OK;
}

static status make_plan(const struct preparation *prepared, const struct registry *r,
                        struct plan *out_plan) {
    const struct template *template;
    TRY(template_parse(r->arena, prepared->template.body, TEMPLATE_FLEET, &template));
    TRY(template_evaluate(template, &prepared->parameters, r->arena, out_plan));
    return check_plan(out_plan, prepared->certificate.id);
}

/* In the write transaction: of two requests with one token the second finds it spent. */
static status run_plan(const struct registry *r, const struct plan *plan,
                       const struct provisioning_options *options,
                       const struct fleet_provisioning *p, struct provisioned *out) {
    struct issued none = {0};
    TRY(ownership_spend(r, p->token, options->now_ms));
    return provisioning_register_thing(r, plan, &none, options, out);
}

static status carry_out(const struct fleet *f, struct registry *r, const struct plan *plan,
                        const struct fleet_provisioning *p,
                        const struct provisioning_options *options, struct provisioned *out) {
    struct issued none = {0};
    TRY(provisioning_prepare(plan, options, &none));
    TRY(store_begin_write(f->source.store, &r->txn));
    status s = run_plan(r, plan, options, p, out);
    if (s == OK)
        return store_commit(TAKE(r->txn));
    store_rollback(TAKE(r->txn));
    return s;
}

status fleet_provision(const struct fleet *f, const struct fleet_caller *who,
                       const struct fleet_provisioning *p, int64_t now_ms, struct arena *a,
                       struct fleet_provisioned *out_provisioned) {
    struct registry r = registry_of(f, who, a);
    struct preparation prepared = {0};
    struct provisioned done = {0};
    struct plan plan;
    TRY(store_begin_read(f->source.store, &r.txn));
    status s = look_up(&r, who, p, now_ms, &prepared);
    store_rollback(TAKE(r.txn));
    TRY(s);
    TRY(gather_parameters(f, who, p, a, &prepared));
    TRY(make_plan(&prepared, &r, &plan));
    const struct provisioning_options options = {.issuer = f->source.issuer,
                                                 .now_ms = now_ms,
                                                 .without_quotas = f->without_quotas,
                                                 .role_arn = prepared.template.role_arn};
    TRY(carry_out(f, &r, &plan, p, &options, &done));
    *out_provisioned = (struct fleet_provisioned){
        .certificate_id = done.certificate_id,
        .thing_name = done.thing_name,
        .device_configuration = plan.device_configuration,
        .device_configuration_count = plan.device_configuration_count,
        .role_unknown = done.role_unknown,
    };
    return OK;
}

/* ---- what nobody came back for ---- */

static status sweep_account(struct store *store, struct registry *r, int64_t now_ms,
                            size_t *out_count) {
    TRY(store_begin_write(store, &r->txn));
    status s = unclaimed_sweep(r, now_ms, SWEEP_ROWS, out_count);
    if (s == OK)
        s = provisioning_claim_sweep(r, now_ms);
    if (s == OK)
        return store_commit(TAKE(r->txn));
    store_rollback(TAKE(r->txn));
    return s;
}

status fleet_sweep(struct store *store, bytes region, int64_t now_ms) {
    AUTO(arena) memory = {0};
    struct account *accounts;
    struct txn *t;
    size_t count, swept;
    TRY(store_begin_read(store, &t));
    status s = account_list(t, &memory, &accounts, &count);
    store_rollback(t);
    TRY(s);
    for (size_t i = 0; i < count; i++) {
        struct registry r = {
            .arena = &memory, .account = bytes_from(accounts[i].id), .region = region};
        do
            TRY(sweep_account(store, &r, now_ms, &swept));
        while (swept == SWEEP_ROWS);
    }
    return OK;
}
