/* Rows:
 *
 *     CRLS         account, CA id
 *     CRL_ENTRIES  account, CA id, edition, length and bytes of the first serial ─▶ entries
 *
 * An entry is the length of the serial, its bytes, seconds since 1970 (4 bytes), the reason. The
 * row that may hold a serial is the last one whose key is not greater. */
#include "registry/crl.h"
#include "base/clock.h"
#include "registry/internal.h"

#include <string.h>

enum { ENTRIES_PER_ROW = 256 };

static const struct field fields[] = {
    FIELD(1, struct crl_record, number),
    FIELD(2, struct crl_record, this_update_ms),
    FIELD(3, struct crl_record, next_update_ms),
    FIELD(4, struct crl_record, entry_count),
    FIELD(5, struct crl_record, edition),
    FIELD(6, struct crl_record, loaded_ms),
    FIELD(7, struct crl_record, url),
    FIELD(8, struct crl_record, fetch_ms),
    FIELD(9, struct crl_record, failure),
};

static const char *const reasons[] = {
    "no reason given",
    "key compromise",
    "CA compromise",
    "affiliation changed",
    "superseded",
    "cessation of operation",
    "certificate on hold",
    NULL,
    NULL,
    "privilege withdrawn",
    "AA compromise",
};

const char *crl_reason_name(uint8_t reason) {
    return reason < COUNT_OF(reasons) && reasons[reason] ? reasons[reason] : "unknown reason";
}

int crl_entry_compare(const void *a, const void *b) {
    const struct crl_entry *x = a, *y = b;
    if (x->serial.len != y->serial.len)
        return x->serial.len < y->serial.len ? -1 : 1;
    return bytes_compare(x->serial, y->serial);
}

status crl_save(const struct registry *r, const struct crl_record *crl) {
    return object_save(r, TABLE_CRLS, key_of(r, crl->ca_certificate_id), fields, COUNT_OF(fields),
                       crl);
}

status crl_load(const struct registry *r, bytes ca_certificate_id, struct crl_record *out_crl) {
    struct crl_record crl = {.ca_certificate_id = arena_copy(r->arena, ca_certificate_id)};
    TRY(object_load(r, TABLE_CRLS, key_of(r, ca_certificate_id), fields, COUNT_OF(fields), &crl));
    *out_crl = crl;
    return OK;
}

/* ---- rows of entries ---- */

static void append_u64(struct buf *out, uint64_t value) {
    buf_append_u32(out, (uint32_t)(value >> 32));
    buf_append_u32(out, (uint32_t)value);
}

static void append_edition_key(struct buf *out, const struct registry *r, bytes ca_id,
                               uint64_t edition) {
    buf_append(out, r->account);
    buf_append(out, ca_id);
    append_u64(out, edition);
}

static void append_serial(struct buf *out, bytes serial) {
    buf_append_byte(out, (uint8_t)serial.len);
    buf_append(out, serial);
}

static status save_row(const struct registry *r, const struct crl_record *crl,
                       const struct crl_entry *entries, size_t count) {
    AUTO(buf) key = {0};
    AUTO(buf) value = {0};
    append_edition_key(&key, r, crl->ca_certificate_id, crl->edition);
    append_serial(&key, entries[0].serial);
    for (size_t i = 0; i < count; i++) {
        append_serial(&value, entries[i].serial);
        int64_t revoked_s = entries[i].revoked_ms / 1000;
        buf_append_u32(&value, revoked_s > 0 ? (uint32_t)revoked_s : 0);
        buf_append_byte(&value, entries[i].reason);
    }
    return store_save(r->txn, TABLE_CRL_ENTRIES, buf_bytes(&key), buf_bytes(&value));
}

/* Takes the next entry off *row; false at the end. */
static bool take_entry(struct reader *row, struct crl_entry *out) {
    uint8_t len;
    uint32_t seconds;
    struct crl_entry e = {0};
    if (read_u8(row, &len) != OK || read_bytes(row, len, &e.serial) != OK ||
        read_u32(row, &seconds) != OK || read_u8(row, &e.reason) != OK)
        return false;
    e.revoked_ms = (int64_t)seconds * 1000;
    *out = e;
    return true;
}

static status remove_entries(const struct registry *r, bytes ca_id) {
    size_t count;
    do {
        AUTO(arena) memory = {0};
        struct scan scan = {.prefix = key_of(r, ca_id), .limit = 100};
        struct row *rows;
        TRY(store_scan(r->txn, TABLE_CRL_ENTRIES, &scan, &memory, &rows, &count));
        for (size_t i = 0; i < count; i++)
            TRY(store_remove(r->txn, TABLE_CRL_ENTRIES, rows[i].key));
    } while (count > 0);
    return OK;
}

status crl_replace(const struct registry *r, struct crl_record *crl,
                   const struct crl_entry *entries, size_t count) {
    struct crl_record before = {0};
    status s = crl_load(r, crl->ca_certificate_id, &before);
    if (s != OK && s != E_NOT_FOUND)
        return s;
    crl->entry_count = count;
    crl->loaded_ms = clock_wall_ms();
    crl->edition = (uint64_t)crl->loaded_ms; /* also after one that was removed */
    if (crl->edition <= before.edition)
        crl->edition = before.edition + 1;
    TRY(remove_entries(r, crl->ca_certificate_id));
    for (size_t i = 0; i < count; i += ENTRIES_PER_ROW)
        TRY(save_row(r, crl, entries + i,
                     count - i < ENTRIES_PER_ROW ? count - i : ENTRIES_PER_ROW));
    TRY(crl_save(r, crl));
    note(r, CHANGE_CA_CERTIFICATE, crl->ca_certificate_id);
    return OK;
}

status crl_remove(const struct registry *r, bytes ca_certificate_id) {
    TRY(remove_entries(r, ca_certificate_id));
    return store_remove(r->txn, TABLE_CRLS, key_of(r, ca_certificate_id));
}

status crl_list(const struct registry *r, struct crl_record **out_crls, size_t *out_count) {
    struct scan scan = {.prefix = r->account, .limit = STORE_SCAN_ROWS_MAX};
    struct row *rows;
    TRY(store_scan(r->txn, TABLE_CRLS, &scan, r->arena, &rows, out_count));
    *out_crls = ARENA_ARRAY(r->arena, struct crl_record, *out_count);
    for (size_t i = 0; i < *out_count; i++)
        TRY(crl_load(r, bytes_skip(rows[i].key, r->account.len), &(*out_crls)[i]));
    return OK;
}

/* ---- asking ---- */

static status find_entry(const struct registry *r, const struct crl_record *crl, bytes serial,
                         struct crl_finding *out) {
    AUTO(buf) prefix = {0};
    AUTO(buf) from = {0};
    struct crl_entry e;
    struct row *rows;
    size_t count;
    append_edition_key(&prefix, r, crl->ca_certificate_id, crl->edition);
    buf_append(&from, buf_bytes(&prefix));
    append_serial(&from, serial);
    struct scan scan = {
        .prefix = buf_bytes(&prefix), .from = buf_bytes(&from), .descending = true, .limit = 1};
    TRY(store_scan(r->txn, TABLE_CRL_ENTRIES, &scan, r->arena, &rows, &count));
    for (struct reader row = {count ? rows[0].value : (bytes){0}}; take_entry(&row, &e);)
        if (bytes_equal(e.serial, serial))
            *out = (struct crl_finding){true, *crl, e};
    return OK;
}

status crl_find(const struct registry *r, bytes ca_certificate_id, bytes serial,
                struct crl_finding *out_finding) {
    struct crl_record crl;
    *out_finding = (struct crl_finding){0};
    if (ca_certificate_id.len != CERTIFICATE_ID_LEN || serial.len > CRL_SERIAL_BYTES_MAX)
        return OK;
    status s = crl_load(r, ca_certificate_id, &crl);
    if (s == E_NOT_FOUND)
        return OK;
    TRY(s);
    return find_entry(r, &crl, serial, out_finding);
}

void crl_number_format(bytes number, struct buf *out) {
    uint64_t value = 0;
    if (number.len == 0) {
        buf_text(out, "without number");
        return;
    }
    buf_text(out, "number ");
    for (size_t i = 0; i < number.len && number.len <= sizeof value; i++)
        value = value << 8 | number.ptr[i];
    if (number.len <= sizeof value)
        buf_printf(out, "%llu", (unsigned long long)value);
    for (size_t i = 0; i < number.len && number.len > sizeof value; i++)
        buf_printf(out, "%02x", number.ptr[i]);
}

void crl_finding_explain(const struct crl_finding *finding, struct buf *out) {
    char date[25];
    clock_format(finding->entry.revoked_ms, date);
    buf_printf(out, "was revoked by its CA on %s (%s), says the CRL ", date,
               crl_reason_name(finding->entry.reason));
    crl_number_format(finding->crl.number, out);
    buf_printf(out, " of CA %.*s", BYTES_ARG(finding->crl.ca_certificate_id));
}

status crl_check(const struct registry *r, bytes ca_certificate_id, bytes serial) {
    AUTO(buf) why = {0};
    struct crl_finding finding;
    TRY(crl_find(r, ca_certificate_id, serial, &finding));
    if (!finding.listed)
        return OK;
    crl_finding_explain(&finding, &why);
    return FAIL(E_CERTIFICATE_INVALID, "The certificate %s", buf_string(&why));
}

/* ---- hashes ---- */

static uint64_t hash_more(uint64_t hash, bytes b) {
    for (size_t i = 0; i < b.len; i++)
        hash = (hash ^ b.ptr[i]) * 1099511628211U;
    return hash;
}

static uint64_t hash_end(uint64_t hash, bytes serial) {
    hash = hash_more(hash, serial);
    hash ^= hash >> 32; /* FNV is weak in its low bits' spread */
    hash *= 0xD6E8FEB86659FD93U;
    hash ^= hash >> 32;
    return hash ? hash : 1;
}

uint64_t crl_hash(bytes account, bytes ca_certificate_id, bytes serial) {
    return hash_end(hash_more(stable_hash(account), ca_certificate_id), serial);
}

status crl_hashes(const struct registry *r, const struct crl_record *crl, uint64_t *out) {
    uint64_t begun = hash_more(stable_hash(r->account), crl->ca_certificate_id);
    AUTO(buf) prefix = {0};
    AUTO(buf) last = {0};
    size_t count, done = 0;
    append_edition_key(&prefix, r, crl->ca_certificate_id, crl->edition);
    do {
        AUTO(arena) memory = {0};
        struct scan scan = {.prefix = buf_bytes(&prefix),
                            .from = buf_bytes(&last),
                            .after = last.len > 0,
                            .limit = 64};
        struct row *rows;
        struct crl_entry e;
        TRY(store_scan(r->txn, TABLE_CRL_ENTRIES, &scan, &memory, &rows, &count));
        for (size_t i = 0; i < count; i++)
            for (struct reader row = {rows[i].value};
                 done < crl->entry_count && take_entry(&row, &e);)
                out[done++] = hash_end(begun, e.serial);
        if (count > 0) {
            buf_clear(&last);
            buf_append(&last, rows[count - 1].key);
        }
    } while (count > 0);
    if (done != crl->entry_count)
        return FAIL(E_INTERNAL, "The CRL of CA %.*s has %zu entries instead of %llu",
                    BYTES_ARG(crl->ca_certificate_id), done, (unsigned long long)crl->entry_count);
    return OK;
}
