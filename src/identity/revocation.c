#include "identity/revocation.h"

#include <stdlib.h>

#include "base/clock.h"

enum { MINUTE_MS = 60000, FETCH_MS_MIN = 5 * MINUTE_MS, FETCH_MS_MAX = 24 * 60 * MINUTE_MS };

int64_t revocation_next_fetch(int64_t next_update_ms, int64_t now_ms) {
    int64_t wait_ms = next_update_ms > 0 ? next_update_ms - 60 * MINUTE_MS - now_ms : FETCH_MS_MAX;
    if (wait_ms < FETCH_MS_MIN)
        wait_ms = FETCH_MS_MIN;
    return now_ms + (wait_ms < FETCH_MS_MAX ? wait_ms : FETCH_MS_MAX);
}

static int compare_numbers(bytes a, bytes b) {
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return bytes_compare(a, b);
}

/* By number where both have one, else by date: an old list would bring back what was revoked. */
static status check_order(const struct crl *crl, const struct crl_record *present) {
    bool by_number = crl->number.len > 0 && present->number.len > 0;
    bool is_older = by_number ? compare_numbers(crl->number, present->number) < 0
                              : crl->this_update_ms < present->this_update_ms;
    if (!is_older)
        return OK;
    AUTO(buf) numbers = {0};
    crl_number_format(crl->number, &numbers);
    buf_text(&numbers, "; the present one has ");
    crl_number_format(present->number, &numbers);
    return FAIL(E_VERSION_CONFLICT,
                "The CRL is older than the one that is there (%s): kedge crl remove --ca ID first, "
                "if it is to count all the same",
                buf_string(&numbers));
}

static status load_ca(const struct registry *r, bytes id, struct x509_certificate *out_ca) {
    struct ca_record record;
    status s = ca_load(r, id, &record);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND,
                    "There is no CA certificate %.*s in account %.*s: aws iot list-ca-certificates "
                    "shows which there are",
                    BYTES_ARG(bytes_slice(id, 0, 80)), BYTES_ARG(r->account));
    TRY(s);
    return x509_parse_pem(record.pem, X509_CA_CERTIFICATE, out_ca);
}

static status save(const struct registry *r, const struct revocation *revocation,
                   const struct crl *crl, const struct crl_entry *entries, size_t count,
                   struct crl_record *out) {
    struct crl_record present,
        new = {.ca_certificate_id = revocation->ca_certificate_id,
               .number = crl->number,
               .this_update_ms = crl->this_update_ms,
               .next_update_ms = crl->next_update_ms,
               .url = revocation->url,
               .fetch_ms = revocation_next_fetch(crl->next_update_ms, clock_wall_ms())};
    struct ca_record ca;
    TRY(ca_load(r, revocation->ca_certificate_id, &ca)); /* it may have gone meanwhile */
    status s = crl_load(r, revocation->ca_certificate_id, &present);
    if (s == OK)
        TRY(check_order(crl, &present));
    else if (s != E_NOT_FOUND)
        return s;
    TRY(crl_replace(r, &new, entries, count));
    return crl_load(r, revocation->ca_certificate_id, out);
}

static status save_alone(const struct revocation *revocation, const struct crl *crl,
                         const struct crl_entry *entries, size_t count, struct arena *arena,
                         struct crl_record *out) {
    struct registry r = {
        .arena = arena, .account = revocation->account, .region = revocation->region};
    TRY(store_begin_write(revocation->store, &r.txn));
    status s = save(&r, revocation, crl, entries, count, out);
    if (s != OK) {
        store_rollback(r.txn);
        return s;
    }
    return store_commit(r.txn);
}

/* Without the store's turn to write: decoding, verifying and sorting take their time. */
static status verify(const struct revocation *revocation, bytes der, int64_t now_ms,
                     struct crl *out) {
    AUTO(arena) memory = {0};
    AUTO(x509_certificate) ca = {0};
    struct registry r = {
        .arena = &memory, .account = revocation->account, .region = revocation->region};
    TRY(store_begin_read(revocation->store, &r.txn));
    status s = load_ca(&r, revocation->ca_certificate_id, &ca);
    store_rollback(r.txn);
    TRY(s);
    TRY(crl_parse(der, out));
    TRY(crl_check_signed_by(out, &ca));
    return crl_check_time(out, now_ms);
}

status revocation_load(const struct revocation *revocation, int64_t now_ms, struct arena *arena,
                       struct crl_record *out_crl) {
    AUTO(buf) der = {0};
    struct crl crl;
    size_t count;
    TRY(crl_decode(revocation->file, &der));
    TRY(verify(revocation, buf_bytes(&der), now_ms, &crl));
    struct crl_entry *entries = mem_new((crl.entry_count + 1) * sizeof *entries);
    crl_entries(&crl, entries, &count);
    qsort(entries, count, sizeof *entries, crl_entry_compare);
    status s = save_alone(revocation, &crl, entries, count, arena, out_crl);
    mem_free(entries);
    return s;
}
