/* CA certificates:
 *
 *     CA_CERTIFICATES              account, id
 *     CA_CERTIFICATE_OWNERS        id, account                     who else holds it
 *     CA_CERTIFICATES_BY_SUBJECT   account, hash of subject, time, id
 *     CA_CERTIFICATES_BY_CREATION  account, time, id
 *     CA_CERTIFICATES_BY_EXPIRY    account, notAfter, id           registry/expiry.h
 *
 * Subjects can be longer than keys may be, so a hash stands for them; whoever reads the index
 * compares the subjects themselves. */
#include "registry/ca_certificate.h"
#include "base/clock.h"
#include "registry/crl.h"
#include "registry/event.h"
#include "registry/expiry.h"
#include "registry/internal.h"
#include "registry/tags.h"

#include <assert.h>

static const struct field fields[] = {
    FIELD(1, struct ca_record, pem),
    FIELD(2, struct ca_record, active),
    FIELD(3, struct ca_record, auto_registration),
    FIELD_BELOW(4, struct ca_record, mode, CERTIFICATE_MODE_SNI_ONLY + 1),
    FIELD(5, struct ca_record, subject),
    FIELD(6, struct ca_record, created_ms),
    FIELD(7, struct ca_record, modified_ms),
    FIELD(8, struct ca_record, not_before_ms),
    FIELD(9, struct ca_record, not_after_ms),
    FIELD(10, struct ca_record, customer_version),
    FIELD(11, struct ca_record, generation_id),
    FIELD(12, struct ca_record, registration_config),
    FIELD(13, struct ca_record, template_name),
}; /* 14 was used for tags */

bytes ca_arn(const struct registry *r, bytes id) {
    return arn_format(r->arena, r->region, r->account, ARN_CA_CERTIFICATE, id);
}

static status save(const struct registry *r, const struct ca_record *ca) {
    return object_save(r, TABLE_CA_CERTIFICATES, key_of(r, ca->id), fields, COUNT_OF(fields), ca);
}

status ca_load(const struct registry *r, bytes id, struct ca_record *out_ca) {
    struct ca_record ca = {.id = arena_copy(r->arena, id), .owned_by = r->account};
    TRY(object_load(r, TABLE_CA_CERTIFICATES, key_of(r, id), fields, COUNT_OF(fields), &ca));
    *out_ca = ca;
    return OK;
}

status ca_is_registered(const struct registry *r, bytes id, bool *out_registered) {
    return object_has(r, TABLE_CA_CERTIFICATES, key_of(r, id), out_registered);
}

/* What the keys of one subject begin with, after the account. */
static bytes subject_group(const struct registry *r, bytes subject) {
    return bytes_from(arena_printf(r->arena, "%016llx", (unsigned long long)stable_hash(subject)));
}

static bytes subject_key(const struct registry *r, const struct ca_record *ca) {
    return key_with_time(r, subject_group(r, ca->subject), ca->created_ms, ca->id);
}

static bytes creation_key(const struct registry *r, const struct ca_record *ca) {
    return key_with_time(r, (bytes){0}, ca->created_ms, ca->id);
}

static bytes id_of(bytes index_key) {
    return bytes_skip(index_key, index_key.len - CERTIFICATE_ID_LEN);
}

status ca_find_by_subject(const struct registry *r, bytes subject, struct ca_record **out_cas,
                          size_t *out_count) {
    struct scan scan = {.prefix = key_of(r, subject_group(r, subject)),
                        .limit = STORE_SCAN_ROWS_MAX};
    struct ca_record *cas = ARENA_ARRAY(r->arena, struct ca_record, CA_SAME_SUBJECT_MAX);
    struct row *rows;
    size_t row_count, count = 0;
    TRY(store_scan(r->txn, TABLE_CA_CERTIFICATES_BY_SUBJECT, &scan, r->arena, &rows, &row_count));
    for (size_t i = 0; i < row_count && count < CA_SAME_SUBJECT_MAX; i++) {
        TRY(ca_load(r, id_of(rows[i].key), &cas[count]));
        if (bytes_equal(cas[count].subject, subject))
            count++;
    }
    *out_cas = cas;
    *out_count = count;
    return OK;
}

static status check_new(const struct registry *r, const struct ca_record *ca) {
    struct ca_record *same;
    size_t count;
    bool registered;
    TRY(ca_is_registered(r, ca->id, &registered));
    if (registered)
        return FAIL(E_EXISTS, "The CA certificate is already registered. Id: %.*s",
                    BYTES_ARG(ca->id));
    TRY(ownership_check(r, TABLE_CA_CERTIFICATE_OWNERS, ca->id));
    TRY(ca_find_by_subject(r, ca->subject, &same, &count));
    if (count == CA_SAME_SUBJECT_MAX)
        return FAIL(
            E_LIMIT,
            "%d CA certificates with this subject are registered already, which is the most "
            "an account may have: delete one of them first",
            CA_SAME_SUBJECT_MAX);
    return OK;
}

static status add(const struct registry *r, const struct ca_record *ca) {
    TRY(save(r, ca));
    TRY(ownership_save(r, TABLE_CA_CERTIFICATE_OWNERS, ca->id,
                       ca->mode == CERTIFICATE_MODE_DEFAULT));
    TRY(mark_save(r, TABLE_CA_CERTIFICATES_BY_SUBJECT, subject_key(r, ca)));
    TRY(mark_save(r, TABLE_CA_CERTIFICATES_BY_CREATION, creation_key(r, ca)));
    TRY(expiry_add(r, EXPIRY_CA, ca->id, ca->not_after_ms));
    note(r, CHANGE_CA_CERTIFICATE, ca->id);
    return OK;
}

status ca_register(const struct registry *r, const struct ca_record *ca, struct ca_record *out_ca) {
    assert(ca->id.len == CERTIFICATE_ID_LEN && ca->pem.len > 0);
    struct ca_record new = *ca;
    TRY(check_new(r, ca));
    new.owned_by = r->account;
    new.created_ms = new.modified_ms = clock_wall_ms();
    new.customer_version = 1;
    new.generation_id = generation_new(r);
    TRY(add(r, &new));
    TRY(event_ca_certificate(r, EVENT_CREATED, &new));
    if (out_ca)
        *out_ca = new;
    return OK;
}

static void apply(const struct ca_changes *changes, struct ca_record *ca) {
    if (changes->active)
        ca->active = *changes->active;
    if (changes->auto_registration)
        ca->auto_registration = *changes->auto_registration;
    if (changes->registration_config.len > 0) {
        ca->registration_config = changes->registration_config;
        ca->template_name = changes->template_name;
    }
    if (changes->remove_auto_registration) { /* [AWS identity 2.6] */
        ca->auto_registration = false;
        ca->registration_config = ca->template_name = (bytes){0};
    }
}

static bool differ(const struct ca_record *a, const struct ca_record *b) {
    return a->active != b->active || a->auto_registration != b->auto_registration ||
           !bytes_equal(a->registration_config, b->registration_config) ||
           !bytes_equal(a->template_name, b->template_name);
}

status ca_update(const struct registry *r, bytes id, const struct ca_changes *changes) {
    struct ca_record before, after;
    TRY(ca_load(r, id, &before));
    after = before;
    apply(changes, &after);
    if (!differ(&before, &after))
        return OK;
    after.customer_version++;
    after.modified_ms = clock_wall_ms();
    TRY(save(r, &after));
    note(r, CHANGE_CA_CERTIFICATE, id);
    return event_ca_certificate(r, EVENT_UPDATED, &after);
}

status ca_delete(const struct registry *r, bytes id) {
    struct ca_record ca;
    TRY(ca_load(r, id, &ca));
    if (ca.active)
        return FAIL(E_CERTIFICATE_STATE,
                    "CA certificate must be deactivated (not ACTIVE) before deletion. Id: %.*s",
                    BYTES_ARG(id));
    TRY(tags_remove_all(r, resource_of(r, ARN_CA_CERTIFICATE, id)));
    TRY(crl_remove(r, id));
    TRY(store_remove(r->txn, TABLE_CA_CERTIFICATES, key_of(r, id)));
    TRY(ownership_remove(r, TABLE_CA_CERTIFICATE_OWNERS, id));
    TRY(store_remove(r->txn, TABLE_CA_CERTIFICATES_BY_SUBJECT, subject_key(r, &ca)));
    TRY(store_remove(r->txn, TABLE_CA_CERTIFICATES_BY_CREATION, creation_key(r, &ca)));
    TRY(expiry_remove(r, EXPIRY_CA, ca.id, ca.not_after_ms));
    note(r, CHANGE_CA_CERTIFICATE, id);
    return event_ca_certificate(r, EVENT_DELETED, &ca);
}

status ca_list(const struct registry *r, bytes template_name, const struct page *page,
               struct ca_list *out_list) {
    struct ca_list l = {0};
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, TABLE_CA_CERTIFICATES_BY_CREATION, r->account, !page->ascending, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct ca_record, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        struct ca_record *ca = &l.items[l.count];
        TRY(ca_load(r, id_of(row.key), ca));
        if (template_name.len == 0 || bytes_equal(template_name, ca->template_name))
            l.count++;
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}
