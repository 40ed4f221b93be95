#include "api/acm.h"

#include "api/call.h"
#include "api/generated/acm.h"
#include "base/clock.h"
#include "base/random.h"
#include "registry/domain_configuration.h"

enum { UUID_BYTES = 37 };

status acm_pair_load(const struct registry *r, bytes arn, struct server_pair **out_pair) {
    struct server_certificate c;
    bytes id, key;
    TRY(server_certificate_arn_parse(r, arn, &id));
    TRY(server_certificate_load(r, id, &c));
    TRY(server_certificate_key_load(r, id, &key));
    status s = server_pair_parse(c.certificate, c.chain, key, clock_wall_ms(), out_pair);
    mem_wipe((void *)key.ptr, key.len);
    return s;
}

/* ---- ImportCertificate ---- */

/* Before the transaction: decoding keys takes a while. */
static status check_import(struct call *c) {
    struct server_pair *pair;
    TRY(server_pair_parse(get_text(c->in, M_CERTIFICATE), get_text(c->in, M_CERTIFICATE_CHAIN),
                          get_text(c->in, M_PRIVATE_KEY), c->now_ms, &pair));
    server_pair_unref(pair);
    return OK;
}

/* A certificate is imported anew, or takes the place of the one that has the ARN. */
static status place(const struct call *c, struct server_certificate *new) {
    struct server_certificate old;
    char uuid[UUID_BYTES];
    bytes arn = get_text(c->in, M_CERTIFICATE_ARN);
    if (arn.len > 0) {
        TRY(server_certificate_arn_parse(&c->registry, arn, &new->id));
        TRY(server_certificate_load(&c->registry, new->id, &old));
        new->created_ms = old.created_ms;
        return OK;
    }
    random_uuid(uuid);
    new->id = arena_copy(c->arena, bytes_from(uuid));
    new->created_ms = new->imported_ms;
    return OK;
}

static status import_certificate(struct call *c) {
    struct server_certificate new = {.certificate = get_text(c->in, M_CERTIFICATE),
                                     .chain = get_text(c->in, M_CERTIFICATE_CHAIN),
                                     .imported_ms = c->now_ms};
    bytes key = get_text(c->in, M_PRIVATE_KEY);
    TRY(place(c, &new));
    TRY(server_certificate_save(&c->registry, &new, key));
    mem_wipe((void *)key.ptr, key.len);
    put_text(c->out, M_CERTIFICATE_ARN, server_certificate_arn(&c->registry, new.id));
    return OK;
}

/* ---- DescribeCertificate, GetCertificate ---- */

static status load(const struct call *c, struct server_certificate *out) {
    bytes id;
    TRY(server_certificate_arn_parse(&c->registry, get_text(c->in, M_CERTIFICATE_ARN), &id));
    return server_certificate_load(&c->registry, id, out);
}

static void put_names(struct record *r, unsigned member, const struct server_certificate_facts *f) {
    struct items *names = put_list(r, member);
    for (size_t i = 0; i < f->name_count; i++)
        add_text(names, f->names[i]);
}

/* What descriptions and listings both say. */
static void put_facts(struct record *r, const struct call *c, const struct server_certificate *k,
                      const struct server_certificate_facts *f) {
    put_text(r, M_CERTIFICATE_ARN, server_certificate_arn(&c->registry, k->id));
    put_text(r, M_DOMAIN_NAME, f->common_name);
    put_string(r, M_STATUS, f->not_after_ms <= c->now_ms ? "EXPIRED" : "ISSUED");
    put_string(r, M_TYPE, "IMPORTED");
    put_text(r, M_KEY_ALGORITHM, f->key_algorithm);
    put_time(r, M_NOT_BEFORE, f->not_before_ms);
    put_time(r, M_NOT_AFTER, f->not_after_ms);
    put_time(r, M_CREATED_AT, k->created_ms);
    put_time(r, M_IMPORTED_AT, k->imported_ms);
    put_string(r, M_RENEWAL_ELIGIBILITY, "INELIGIBLE");
}

static status put_users(struct record *r, const struct call *c, bytes arn) {
    struct items *users = put_list(r, M_IN_USE_BY);
    struct domain_configuration d;
    bytes name;
    TRY(domain_configuration_using(&c->registry, arn, &name));
    if (name.len == 0)
        return OK;
    TRY(domain_configuration_load(&c->registry, name, &d));
    add_text(users, domain_configuration_arn(&c->registry, &d));
    return OK;
}

static status describe_imported_certificate(struct call *c) {
    struct server_certificate k;
    struct server_certificate_facts f;
    TRY(load(c, &k));
    TRY(server_certificate_read(k.certificate, c->arena, &f));
    struct record *r = put_record(c->out, M_CERTIFICATE);
    put_facts(r, c, &k, &f);
    put_names(r, M_SUBJECT_ALTERNATIVE_NAMES, &f);
    put_text(r, M_SERIAL, f.serial);
    put_text(r, M_SUBJECT, f.subject);
    put_text(r, M_ISSUER, f.issuer);
    put_text(r, M_SIGNATURE_ALGORITHM, f.signature_algorithm);
    return put_users(r, c, server_certificate_arn(&c->registry, k.id));
}

static status get_imported_certificate(struct call *c) {
    struct server_certificate k;
    TRY(load(c, &k));
    put_text(c->out, M_CERTIFICATE, k.certificate);
    if (k.chain.len > 0)
        put_text(c->out, M_CERTIFICATE_CHAIN, k.chain);
    return OK;
}

/* ---- ListCertificates, DeleteCertificate ---- */

static status list_imported_certificates(struct call *c) {
    int64_t most = get_number(c->in, M_MAX_ITEMS, PAGE_LIMIT_MAX);
    struct page page = {.limit = (size_t)(most < PAGE_LIMIT_MAX ? most : PAGE_LIMIT_MAX),
                        .token = get_text(c->in, M_NEXT_TOKEN)};
    struct server_certificate_list list;
    struct server_certificate_facts f;
    TRY(server_certificate_list(&c->registry, &page, &list));
    struct items *all = put_list(c->out, M_CERTIFICATE_SUMMARY_LIST);
    for (size_t i = 0; i < list.count; i++) {
        TRY(server_certificate_read(list.items[i].certificate, c->arena, &f));
        struct record *r = add_record(all);
        put_facts(r, c, &list.items[i], &f);
        put_names(r, M_SUBJECT_ALTERNATIVE_NAME_SUMMARIES, &f);
    }
    if (list.next.len > 0)
        put_text(c->out, M_NEXT_TOKEN, list.next);
    return OK;
}

static status delete_imported_certificate(struct call *c) {
    struct server_certificate k;
    TRY(load(c, &k));
    return server_certificate_delete(&c->registry, k.id);
}

/* ---- the table ---- */

const struct handler handlers_acm[ACM_OPERATIONS] = {
    [ACM_IMPORT_CERTIFICATE] = {import_certificate, check_import, WRITE},
    [ACM_DESCRIBE_CERTIFICATE] = {describe_imported_certificate, NULL, READ},
    [ACM_GET_CERTIFICATE] = {get_imported_certificate, NULL, READ},
    [ACM_LIST_CERTIFICATES] = {list_imported_certificates, NULL, READ},
    [ACM_DELETE_CERTIFICATE] = {delete_imported_certificate, NULL, WRITE},
};

/* What ACM calls a failure, where that differs from IoT. */
const struct error_name errors_acm[] = {
    {E_INVALID, "ValidationException", 400},
    {E_VALIDATION, "ValidationException", 400},
    {E_CERTIFICATE_INVALID, "ValidationException", 400},
    {E_DELETE_CONFLICT, "ResourceInUseException", 400},
    {E_LIMIT, "LimitExceededException", 400},
    {OK, NULL, 0},
};
